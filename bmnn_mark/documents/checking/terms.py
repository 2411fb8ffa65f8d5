# SPDX-License-Identifier: Apache-2.0
"""Thời hạn bảo vệ: whether page 1 states one; without it the law's own term runs.

Only a shorter term than the law's must stand on the document (Luật 29/2018 Điều 19 khoản 2; the
text of 2025 was not read), so that none is stated is no fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.documents.pdf.text import TextLine
from bmnn_mark.rules import Level, RulePack, StampId

_TERM = re.compile(r"thời\s+hạn\s+bảo\s+vệ", re.IGNORECASE)
_DECLASSIFIED = re.compile(r"^\W*giải\s+mật\W*$", re.IGNORECASE)


def term_findings(
    lines: Sequence[TextLine], level: Level | None, pack: RulePack
) -> Iterator[Finding]:
    """What page 1 says of how long its content stays secret.

    Args:
        lines: the lines of text of page 1.
        level: the document's level; None where it is not known.
        pack: the rules.
    """
    declassified = next((line for line in lines if _DECLASSIFIED.match(line.text)), None)
    if declassified is not None:
        yield Finding(
            code="finding.declassified",
            severity=Severity.NOTE,
            basis=pack.stamps[StampId.DECLASSIFICATION].wording.basis,
            page=1,
            box=declassified.box,
        )
    elif level is not None and not any(_TERM.search(line.text) for line in lines):
        term = pack.terms[level]
        yield Finding(
            code="finding.term_not_stated",
            severity=Severity.NOTE,
            basis=term.basis,
            page=1,
            detail={"level": level.value, "years": term.value},
        )

# SPDX-License-Identifier: Apache-2.0
"""The urgency mark of NĐ 30/2020, where a document bears one: form, once, directly below 10a."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bmnn_mark.documents.checking.form import form_findings, severity_of
from bmnn_mark.documents.checking.stamps import SeenStamp
from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.rules import RulePack

_BELOW_MM = 30.0  # a mark between the two, such as thời hạn, may keep them apart
_ASIDE_MM = 10.0


def urgency_findings(stamps: Sequence[SeenStamp], pack: RulePack) -> Iterator[Finding]:
    """Findings about the urgency marks among the stamps of page 1."""
    marks = [one for one in stamps if one.urgency is not None]
    level = next((one for one in stamps if one.level is not None), None)
    place = pack.slots.urgency_place
    for number, one in enumerate(marks):
        if number:
            yield Finding(
                code="finding.urgency_double",
                severity=Severity.FAULT,
                basis=place.basis,
                page=1,
                box=one.box,
                detail={"marks": len(marks)},
            )
        yield from form_findings(one, pack, 1)
        if level is not None and not _is_below(one, level):
            yield Finding(
                code="finding.urgency_place",
                severity=severity_of(place.provenance.value),
                basis=place.basis,
                page=1,
                box=one.box,
                detail={"mark": one.stamp},
            )


def _is_below(mark: SeenStamp, level: SeenStamp) -> bool:
    down = mark.box.y - level.box.bottom
    aside = abs((mark.box.x + mark.box.width / 2) - (level.box.x + level.box.width / 2))
    flush = abs(mark.box.x - level.box.x)
    return 0 <= down <= _BELOW_MM and min(aside, flush) <= _ASIDE_MM

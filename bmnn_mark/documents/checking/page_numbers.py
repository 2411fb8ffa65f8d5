# SPDX-License-Identifier: Apache-2.0
"""Page numbers by NĐ 30/2020 (Phụ lục I): from page 2 on, centred in the top margin.

The numbers of an annex may begin anew, so which number stands there is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.text import TextLine
from bmnn_mark.rules import RulePack
from bmnn_mark.units import Rect

_NUMBER = re.compile(r"^[-–—\s]*(?:trang\s+)?\d{1,4}(?:\s*/\s*\d{1,4})?[-–—\s]*$", re.IGNORECASE)
_MARGIN_MM = 30.0
_CENTRE_MM = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    box: Rect
    in_place: bool


def page_number_findings(
    frames: Sequence[PageFrame], lines: Sequence[tuple[TextLine, ...]], pack: RulePack
) -> Iterator[Finding]:
    """Findings about the numbers of all pages; a page without text is passed over.

    Args:
        frames: the pages.
        lines: the lines of text of each.
        pack: the rules.
    """
    found = [_number_on(frame, on) for frame, on in zip(frames, lines, strict=True)]
    absent, elsewhere = [], []
    for at in range(1, len(frames)):
        one = found[at]
        if one is None and lines[at] and not _begins_annex(found, at):
            absent.append(at + 1)
        elif one is not None and not one.in_place:
            elsewhere.append(at + 1)
    basis = pack.margins.top.basis  # read in the same restatements of the same annex
    if absent:
        yield Finding(
            code="finding.page_number_missing",
            severity=Severity.WARNING,
            basis=basis,
            page=absent[0],
            detail={"pages": len(absent)},
        )
    if elsewhere:
        first = found[elsewhere[0] - 1]
        yield Finding(
            code="finding.page_number_place",
            severity=Severity.WARNING,
            basis=basis,
            page=elsewhere[0],
            box=first.box if first else None,
            detail={"pages": len(elsewhere)},
        )


def _begins_annex(found: Sequence[_Number | None], at: int) -> bool:
    """Whether only this page of several lacks a number, as the first of an annex does."""
    return found[at - 1 : at] != [None] and at + 1 < len(found) and found[at + 1] is not None


def _number_on(frame: PageFrame, lines: Sequence[TextLine]) -> _Number | None:
    """The page's number: in the top margin if there is one, else in the bottom margin."""
    wide, high = frame.size.width, frame.size.height
    numbers = [line.box for line in lines if _NUMBER.match(line.text)]
    for box in numbers:
        if box.bottom <= _MARGIN_MM:
            centred = abs(box.x + box.width / 2 - wide / 2) <= _CENTRE_MM
            return _Number(box=box, in_place=bool(centred))
    low = next((box for box in numbers if box.y >= high - _MARGIN_MM), None)
    return _Number(box=low, in_place=False) if low is not None else None

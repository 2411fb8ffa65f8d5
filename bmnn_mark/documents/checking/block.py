# SPDX-License-Identifier: Apache-2.0
"""The block Nơi nhận: is it there, with its four statements, in agreement with the copy's number?

What must stand there is read from NĐ 26/2020 Điều 2 khoản 1; the exact sentences were read nowhere,
so any line that says it counts. What is said in a way that leaves a doubt is shown to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.documents.noi_nhan import stated
from bmnn_mark.documents.pdf.noi_nhan import Block
from bmnn_mark.documents.pdf.text import TextLine
from bmnn_mark.errors import Scalar
from bmnn_mark.rules import COPY_NUMBER, Figure, RulePack
from bmnn_mark.units import Rect

_FILED = re.compile(r"lưu\s*:.*?\b(\d{1,4})\s*(?:b|bản)\b", re.IGNORECASE)
_IS_FILED = re.compile(r"^[\s\-–—•*+]*lưu\s*:", re.IGNORECASE)
#: Ô 12 of NĐ 30/2020: who typed it, and how many copies: ``PL.(300)``.
_SIGN = re.compile(r"^[A-ZĐ]{1,6}\.?\s*\(?(\d{1,4})\)?\s*$")
_COPY_NUMBER = re.compile(r"^\W*bản\s+số\s*:?\s*0*(\d{1,4})\W*$", re.IGNORECASE)
_OF = re.compile(r"^Bản\s+0*(\d{1,4})/0*(\d{1,4})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyNumber:
    """Copy ``number`` of ``copies``, as page 1 says; ``copies`` is None where only k stands."""

    number: int
    copies: int | None
    box: Rect


def block_findings(
    block: Block | None, lines: Sequence[tuple[TextLine, ...]], pack: RulePack
) -> Iterator[Finding]:
    """Findings about the block of a document.

    Args:
        block: the block; None where no text reads like one.
        lines: the lines of text of each page.
        pack: the rules.
    """
    rule = pack.noi_nhan
    if block is None:
        scanned = not any(lines)
        yield Finding(
            code="finding.noi_nhan_unread" if scanned else "finding.noi_nhan_missing",
            severity=Severity.WARNING if scanned else Severity.FAULT,
            basis=rule.content.basis,
        )
        return
    items = list(block.items())
    said = _statements(items)
    place = _Place(page=block.page, box=_block_box(block))
    if not any(_is_recipient(item) for item in items):
        yield place.found("finding.noi_nhan_recipients", rule.content)
    short = _short_form(items, lines)
    if "copies" not in said:
        yield place.found("finding.noi_nhan_copies", rule.content, doubtful=short)
    if "drafter" not in said:
        yield place.found("finding.noi_nhan_drafter", rule.content, doubtful=short)
    if "copying" not in said:
        yield place.found("finding.noi_nhan_copying", rule.content)
    elif len(said["copying"]) > 1 or "unclear" in said["copying"]:
        yield place.found("finding.noi_nhan_unclear", rule.content, doubtful=True)
    yield from _number_findings(said.get("copies", set()), items, lines, place, pack)


def _statements(items: Sequence[str]) -> dict[str, set[str]]:
    """What the entries state: values by name."""
    said: dict[str, set[str]] = {}
    for item in items:
        if (one := stated(item)) is not None:
            said.setdefault(one[0], set()).add(one[1])
    return said


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    page: int
    box: Rect

    def found(
        self,
        code: str,
        figure: Figure,
        *,
        doubtful: bool = False,
        detail: dict[str, Scalar] | None = None,
    ) -> Finding:
        """A finding here; what may be meant otherwise, a person has to look at."""
        return Finding(
            code=code,
            severity=Severity.WARNING if doubtful else Severity.FAULT,
            basis=figure.basis,
            page=self.page,
            box=self.box,
            detail=detail or {},
        )


def copy_number(lines: Sequence[tuple[TextLine, ...]]) -> CopyNumber | None:
    """The copy number that page 1 bears; None where no text of it says one."""
    if not lines:
        return None
    copies = next((int(of[2]) for one in lines[0] if (of := _OF.match(one.text))), None)
    for line in lines[0]:
        if (number := _COPY_NUMBER.match(line.text)) is not None:
            return CopyNumber(number=int(number[1]), copies=copies, box=line.box)
    return None


def _number_findings(
    stated_numbers: set[str],
    items: Sequence[str],
    lines: Sequence[tuple[TextLine, ...]],
    place: _Place,
    pack: RulePack,
) -> Iterator[Finding]:
    """Whether the numbers of copies that a document names agree."""
    if not stated_numbers:
        return
    content = pack.noi_nhan.content
    numbers = {int(one) for one in stated_numbers if one.isdigit() and int(one)}
    if len(stated_numbers) > 1 or not numbers:
        yield place.found("finding.copies_unclear", content)
        return
    n, mark = numbers.pop(), copy_number(lines)
    if mark is None:
        yield Finding(
            code="finding.copy_number_missing",
            severity=Severity.WARNING,
            basis=pack.stamps[COPY_NUMBER].wording.basis,
            page=1,
            detail={"copies": n},
        )
    elif not 1 <= mark.number <= n or mark.copies not in {None, n}:
        yield Finding(
            code="finding.copies_disagree",
            severity=Severity.FAULT,
            basis=content.basis,
            page=1,
            box=mark.box,
            detail={"number": mark.number, "of": mark.copies or n, "stated": n},
        )
    filed = next((int(found[1]) for item in items if (found := _FILED.search(item))), None)
    if filed is not None and filed > n:
        yield place.found(
            "finding.filed_number", content, doubtful=True, detail={"filed": filed, "stated": n}
        )


def _is_recipient(item: str) -> bool:
    return not _IS_FILED.match(item) and stated(item) is None and not _SIGN.match(item)


def _short_form(items: Sequence[str], lines: Sequence[tuple[TextLine, ...]]) -> bool:
    """Whether the line Lưu, or the sign in ô 12, may say the number and the drafter in short."""
    last = lines[-1] if lines else ()
    return any(_FILED.search(item) for item in items) or any(
        _SIGN.match(line.text) for line in last
    )


def _block_box(block: Block) -> Rect:
    boxes = [block.heading.box, *(line.box for line in block.lines)]
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Rect(x, y, right - x, bottom - y)

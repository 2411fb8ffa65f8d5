# SPDX-License-Identifier: Apache-2.0
"""The độ mật mark: is it there, once, of its level, in its place, and nowhere contradicted?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bmnn_mark.documents.checking.form import form_findings, severity_of
from bmnn_mark.documents.checking.stamps import ReadBy, SeenStamp
from bmnn_mark.documents.colouring import Tint
from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.text import TextLine
from bmnn_mark.documents.pdf.wording import is_number_row, level_read
from bmnn_mark.errors import Scalar
from bmnn_mark.rules import Figure, Level, RulePack
from bmnn_mark.units import Rect

#: Share of the page's height above which a line may be meant for a mark.
_MARK_ABOVE = 0.40
#: Slot 10a is in the left half of the upper half; NĐ 30/2020 gives no distances.
_LEFT, _UPPER = 0.5, 0.5
_STATED = re.compile(r"^[\s(\[-]*độ\s+mật\s*:\s*(tuyệt\s+mật|tối\s+mật|mật)\b", re.IGNORECASE)
_CHANGED = re.compile(r"^\W*điều\s+chỉnh\s+độ\s+mật\W*$", re.IGNORECASE)
_SLACK_MM = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What the check of a level looks at.

    Attributes:
        frames: every page as displayed.
        lines: the lines of text of each page.
        stamps: the framed stamps of page 1.
        kept_free: corners of ours keep the mark's place free for the hand stamp.
        by_colour: page 1 shows some colour, so it is no copy in grey.
    """

    frames: Sequence[PageFrame]
    lines: Sequence[tuple[TextLine, ...]]
    stamps: tuple[SeenStamp, ...]
    kept_free: bool
    by_colour: bool


def level_findings(pages: Pages, asked: Level | None, pack: RulePack) -> Iterator[Finding]:
    """Findings about the độ mật mark of a document.

    Args:
        pages: what is looked at.
        asked: the level it should bear; None takes the one it states.
        pack: the rules.
    """
    marks = [one for one in pages.stamps if one.level is not None]
    words = _words_only(pages, marks)
    place = pack.slots.level_place
    if not marks:
        yield from _absent(pages, words, pack.slots.level_shown)
    for one in marks[1:]:
        detail: dict[str, Scalar] = {"marks": len(marks)}
        yield _found("finding.level_double", Severity.FAULT, place, one.box, detail)
    for one in marks:
        yield from _grey_or(form_findings(one, pack, 1), one, pages)
        yield from _place_findings(one, pages, place)
    stated = [(1, one.level, one.box) for one in marks]
    stated += [(1, level, box) for level, box in words]
    stated += list(_elsewhere(pages))
    yield from _disagreements(stated, asked, changed=_is_changed(pages), pack=pack)


def level_of(pages: Pages) -> Level | None:
    """The level that the first mark of page 1 states, else its words; None where none is stated."""
    marks = [one.level for one in pages.stamps if one.level is not None]
    words = [level for level, _ in _words_only(pages, [])]
    return next(iter((*marks, *words)), None)


def _absent(pages: Pages, words: Sequence[tuple[Level, Rect]], shown: Figure) -> Iterator[Finding]:
    unread = [one for one in pages.stamps if one.read_by is ReadBy.NOTHING]
    red = next((one for one in unread if one.tint is not Tint.NOT_RED), None)
    if words:
        yield _found("finding.level_words_only", Severity.FAULT, shown, words[0][1])
    elif pages.kept_free:
        yield _found("finding.level_by_hand", Severity.WARNING, shown, None)
    elif red is not None:
        yield _found("finding.level_unreadable", Severity.WARNING, shown, red.box)
    else:
        yield _found("finding.level_missing", Severity.FAULT, shown, None)


def _words_only(pages: Pages, marks: Sequence[SeenStamp]) -> list[tuple[Level, Rect]]:
    """Lines in the upper part of page 1 that state a level as a mark does, without a frame."""
    if not pages.frames:
        return []
    lowest = _MARK_ABOVE * pages.frames[0].size.height
    return [
        (level, line.box)
        for line in pages.lines[0]
        if line.box.bottom <= lowest
        and (level := level_read(line.text)) is not None
        and not any(mark.box.grown(_SLACK_MM).contains(line.box) for mark in marks)
    ]


def _elsewhere(pages: Pages) -> Iterator[tuple[int, Level, Rect]]:
    """Lines of any page that say ``Độ mật: …``, and of later pages that read as a mark does."""
    for frame, lines in zip(pages.frames, pages.lines, strict=True):
        for line in lines:
            level = level_read(line.text) if frame.page > 1 else None
            said = _STATED.match(line.text)
            if said is not None:
                level = level_read(said[1].upper())
            if level is not None:
                yield frame.page, level, line.box


def _disagreements(
    stated: Sequence[tuple[int, Level | None, Rect]],
    asked: Level | None,
    *,
    changed: bool,
    pack: RulePack,
) -> Iterator[Finding]:
    """Levels that are not the one asked for, or not the one that page 1 states."""
    if changed or not stated:  # what the mark điều chỉnh độ mật says takes the place of both
        return
    first = asked or stated[0][1]
    for number, (page, level, box) in enumerate(stated):
        if level is None or level is first:
            continue
        wording = pack.stamps[level.value].wording
        wrong = asked is not None and number == 0
        yield Finding(
            code="finding.level_wrong" if wrong else "finding.level_contradicted",
            severity=Severity.FAULT,
            basis=wording.basis,
            page=page,
            box=box,
            detail={"found": level.value, "asked": first.value if first else ""},
        )


def _is_changed(pages: Pages) -> bool:
    return any(_CHANGED.match(line.text) for line in pages.lines[0]) if pages.lines else False


def _grey_or(found: Iterator[Finding], mark: SeenStamp, pages: Pages) -> Iterator[Finding]:
    """What was found; of a picture on a page all in grey, the colour is not known."""
    for one in found:
        grey = mark.read_by is not ReadBy.TEXT and not pages.by_colour
        if one.code == "finding.mark_colour" and grey:
            detail: dict[str, Scalar] = {**one.detail, "what": "COLOUR"}
            yield Finding(
                code="finding.mark_unmeasured", severity=Severity.WARNING, basis=one.basis,
                page=one.page, box=one.box, detail=detail,
            )  # fmt: skip
        else:
            yield one


def _place_findings(mark: SeenStamp, pages: Pages, place: Figure) -> Iterator[Finding]:
    """Whether a mark stands upper left, below the row of số, ký hiệu (slot 10a)."""
    size, box = pages.frames[0].size, mark.box
    row = next((line for line in pages.lines[0] if is_number_row(line.text)), None)
    above = row is not None and box.bottom <= row.box.y + _SLACK_MM and row.box.y < box.bottom + 60
    if box.x + box.width / 2 > _LEFT * size.width:
        why = "RIGHT"
    elif box.bottom > _UPPER * size.height:
        why = "LOW"
    elif above:
        why = "ABOVE_NUMBER"
    else:
        return
    yield Finding(
        code="finding.level_place",
        severity=severity_of(place.provenance.value),
        basis=place.basis,
        page=1,
        box=box,
        detail={
            "mark": mark.stamp, "why": why,
            "x": round(float(box.x), 1), "y": round(float(box.y), 1),
        },
    )  # fmt: skip


def _found(
    code: str,
    severity: Severity,
    figure: Figure,
    box: Rect | None,
    detail: dict[str, Scalar] | None = None,
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        basis=figure.basis,
        page=1,
        box=box,
        detail=detail or {},
    )

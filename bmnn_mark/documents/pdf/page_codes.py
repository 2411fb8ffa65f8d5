# SPDX-License-Identifier: Apache-2.0
"""A page code with its caption on every page of a numbered copy."""

from __future__ import annotations

from functools import lru_cache, reduce

from bmnn_mark.documents.captions import page_caption, widest_copy_caption
from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest, Notice
from bmnn_mark.documents.pdf import code_place
from bmnn_mark.documents.pdf.code_place import CodePlace
from bmnn_mark.documents.pdf.draft import Draft, no_room, too_small
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.room import Hit, Room
from bmnn_mark.documents.slots import CAPTION_SLOT, code_slot
from bmnn_mark.stamps.compose import page_code_mark
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.stamps.qr import TEXT_LENGTH
from bmnn_mark.units import Mm, Rect, Size
from bmnn_mark.worker import OnProgress, Progress

#: Stands for every page's code in a template; no key ever sealed it.
_TEMPLATE = "BM1:".ljust(TEXT_LENGTH, "0")


def code_template(request: MarkRequest) -> str | None:
    """What stands for the codes of a template; None where the request asks for none."""
    return _TEMPLATE if request.copies is not None and request.page_code else None


def place_codes(
    draft: Draft, code_template: str, on_progress: OnProgress, *, one_place: bool = False
) -> None:
    """Place the code of every page; only the page's own corner is surveyed where that is free.

    Args:
        draft: the plan in the making.
        code_template: stands for each page's own code.
        on_progress: called for each page.
        one_place: all pages shall have it in the same place, if there is such a place.

    Raises:
        DocumentRefused: ``marks.no_room``, ``page.too_small``, ``document.not_rendered``.
    """
    for_copy = widest_copy_caption(draft.request.copies or 1)
    frames = draft.opened.frames
    displaced = 0
    shared = _shared_place(draft, for_copy.size) if one_place else None
    for frame in frames:
        for_page = page_caption(frame.page, len(frames))
        place = shared or _place_on(draft, frame, for_copy.size, for_page.size)
        displaced += place.displaced
        symbol = _symbol(code_template, place.symbol.width)
        for mark in _marks(frame.page, place, (symbol, for_copy, for_page)):
            draft.marks.append(mark)
        on_progress(Progress(phase="survey", page=frame.page, pages=len(frames)))
    if displaced:
        draft.notices.append(Notice(code="marks.codes_displaced", detail={"pages": displaced}))


def _place_on(draft: Draft, frame: PageFrame, for_copy: Size, for_page: Size) -> CodePlace:
    rule = draft.pack.page_code
    least = rule.floor.value + 2 * rule.edge.value
    if min(frame.size.width, frame.size.height) < least:
        raise too_small(frame)
    caption = Size(max(for_copy.width, for_page.width), for_copy.height + for_page.height)
    corner = code_place.first_region(frame.sheet, rule, caption)
    if frame.sheet.contains(corner):
        room = _room(draft, frame, corner)
        place = code_place.first_place(room, rule, for_copy, for_page)
        if place is not None:
            return place
    room = _room(draft, frame, None)
    place = code_place.next_place(room, rule, for_copy, for_page)
    if place is None:
        box = code_place.preferred(frame.sheet, rule)
        hit = room.hit(box, edge=rule.edge.value) or Hit.INK
        raise no_room("page-code", frame.page, box, hit)
    return place


def _shared_place(draft: Draft, for_copy: Size) -> CodePlace | None:
    """A place that is free on every page; None where pages differ in size or there is none."""
    frames, rule = draft.opened.frames, draft.pack.page_code
    if len({frame.size for frame in frames}) != 1:
        return None
    room = reduce(Room.with_all_of, (_room(draft, frame, None) for frame in frames))
    for_page = page_caption(len(frames), len(frames)).size
    return code_place.first_place(room, rule, for_copy, for_page) or code_place.next_place(
        room, rule, for_copy, for_page, upright=True
    )


def _room(draft: Draft, frame: PageFrame, part: Rect | None) -> Room:
    holes = code_place.holes(frame.sheet, draft.pack.page_code)
    return draft.room(frame.page, part).keeping([(holes, Hit.HOLE)])


@lru_cache(maxsize=16)
def _symbol(code_template: str, side: Mm) -> StampDrawing:
    return page_code_mark(code_template, side)


def _marks(
    page: int, place: CodePlace, drawings: tuple[StampDrawing, StampDrawing, StampDrawing]
) -> tuple[PlannedMark, ...]:
    symbol, for_copy, for_page = drawings
    parts = (
        (MarkKind.PAGE_CODE, symbol, place.symbol, 0, code_slot(page)),
        (MarkKind.CAPTION, for_copy, place.copy_lines, place.turn, CAPTION_SLOT),
        (MarkKind.CAPTION, for_page, place.page_line, place.turn, None),
    )
    return tuple(
        PlannedMark(
            kind=kind,
            drawing=drawing,
            page=page,
            box=box,
            turn=turn,
            slot=slot,
            displaced=place.displaced,
        )
        for kind, drawing, box, turn, slot in parts
    )

# SPDX-License-Identifier: Apache-2.0
"""The marks of page 1: độ mật at 10a, urgency below it, the copy number in the upper right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import MarkKind, Notice
from bmnn_mark.documents.pdf.draft import EDGE_MM, Draft, no_room, shown_mm, too_small
from bmnn_mark.documents.pdf.room import CLEARANCE_MM, Hit, Room, about, down_column
from bmnn_mark.documents.slots import COPY_NUMBER_SLOT
from bmnn_mark.errors import DocumentRefused, Scalar
from bmnn_mark.stamps.compose import copy_number_mark, level_mark, urgency_mark
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.units import Mm, Point, Rect

#: How far down from the page's upper edge a copy number may go when its place is taken.
_COPY_NUMBER_REACH = 27.0
_STEP = 2.0
_SETTLE_STEPS, _SETTLE_STEP = 7, 0.5
_CLEAN = 0.0002


def check_foreign(draft: Draft) -> None:
    """A paper that states a level is not stamped a second time without a reason.

    Raises:
        DocumentRefused: ``marks.foreign_level``, ``marks.foreign_double``.
    """
    asked = draft.request.level
    for found in draft.first.foreign:
        if found is not asked:
            raise DocumentRefused("marks.foreign_level", found=found.value, asked=asked.value)
    if not draft.first.foreign:
        if (shape := draft.first.red_shape) is not None:
            where = {"x": shown_mm(shape.x), "y": shown_mm(shape.y)}
            draft.notices.append(Notice(code="marks.red_ink", detail={**where}))
        return
    if draft.request.allow_overlap is None:
        raise DocumentRefused("marks.foreign_double", found=asked.value)
    detail: dict[str, Scalar] = {"found": asked.value, "reason": draft.request.allow_overlap}
    draft.notices.append(Notice(code="marks.foreign_mark", detail=detail))


def place_level(draft: Draft) -> None:
    """Độ mật at 10a or where the request says, urgency directly below it.

    Raises:
        DocumentRefused: ``marks.no_room``, ``page.too_small``.
    """
    request, pack = draft.request, draft.pack
    level = level_mark(pack, request.level, request.ink)
    start = Rect.at(request.at or _slot_10a(draft), level.size)
    if request.at is None:
        box = _place(draft, level, start, _upper_left(draft, start))
    else:
        box = _place(draft, level, start, (), edge=0.0)
    _put(draft, MarkKind.LEVEL, level, box, start)
    if request.urgency is None:
        return
    urgency = urgency_mark(pack, request.urgency, request.ink)
    start = Rect.at(Point(box.x, box.bottom + pack.slots.stack_gap.value), urgency.size)
    below = (corner for corner in _upper_left(draft, start) if corner.y >= box.bottom)
    box = _place(draft, urgency, start, below)
    _put(draft, MarkKind.URGENCY, urgency, box, start)


def place_copy_number(draft: Draft) -> None:
    """The copy number in the upper right margin, as wide as the last copy's.

    Raises:
        DocumentRefused: ``marks.no_room``, ``page.too_small``.
    """
    copies = draft.request.copies
    if copies is None:
        return
    drawing = copy_number_mark(draft.pack, copies, copies, draft.request.ink)
    size, slots = draft.frame(1).size, draft.pack.slots
    left = size.width - slots.copy_number_right.value - drawing.size.width
    start = Rect.at(Point(Mm(left), slots.copy_number_top.value), drawing.size)
    half = size.width / 2
    nearby = Rect.of(half, EDGE_MM, half - EDGE_MM, _COPY_NUMBER_REACH - EDGE_MM)
    box = _place(draft, drawing, start, about(start.corner, start.size, nearby))
    _put(draft, MarkKind.COPY_NUMBER, drawing, box, start, slot=COPY_NUMBER_SLOT)


def _slot_10a(draft: Draft) -> Point:
    """Left margin, below the row of số, ký hiệu; the pack's place where there is no such row."""
    slots, row = draft.pack.slots, draft.first.number_row
    if row is None:
        return Point(slots.level_x.value, slots.level_y.value)
    left = draft.first.left_margin or min(slots.level_x.value, row.x)
    return Point(Mm(left), row.bottom + slots.level_below_number.value)


def _upper_left(draft: Draft, start: Rect) -> Iterator[Rect]:
    """Where a displaced mark goes: down its column, the upper left quarter, the upper third."""
    yield from down_column(start, draft.pack.slots.level_reach.value)
    sheet = draft.frame(1).sheet
    inside = sheet.grown(-EDGE_MM)
    quarter = Rect(inside.x, inside.y, sheet.width / 2 - EDGE_MM, sheet.height / 2 - EDGE_MM)
    yield from about(start.corner, start.size, quarter, _STEP)
    third = Rect(inside.x, inside.y, inside.width, sheet.height / 3 - EDGE_MM)
    yield from about(start.corner, start.size, third, _STEP)


def _place(
    draft: Draft,
    drawing: StampDrawing,
    start: Rect,
    others: Iterable[Rect],
    *,
    edge: float = EDGE_MM,
) -> Rect:
    """The slot, or the first free one of the other places.

    The slot is taken all the same where stamping over ink is allowed.
    """
    draft.check_fits(drawing)
    room = draft.room(1)
    hit = room.hit(start, edge=edge)
    if hit is None:
        return start
    if draft.request.allow_overlap is not None and hit in {Hit.INK, Hit.ANNOTATION}:
        draft.notices.append(
            Notice(
                code="marks.over_ink",
                detail={"mark": drawing.name, "page": 1, "reason": draft.request.allow_overlap},
            )
        )
        return start
    reasons = [hit]
    for box in others:
        reason = room.hit(box, edge=edge)
        if reason is None:
            return _settled(room, box, edge)
        reasons.append(reason)
    inside = [reason for reason in reasons if reason is not Hit.EDGE]
    if not inside and len(reasons) > 1:
        raise too_small(draft.frame(1))
    raise no_room(drawing.name, 1, start, inside[0] if inside else hit)


def _settled(room: Room, box: Rect, edge: float) -> Rect:
    """A free place a little further down where the ink that free places may have is gone."""
    for down in range(_SETTLE_STEPS):
        lower = box.moved(0, down * _SETTLE_STEP)
        if room.share(lower.grown(CLEARANCE_MM)) < _CLEAN and room.hit(lower, edge=edge) is None:
            return lower
    return box


def _put(
    draft: Draft,
    kind: MarkKind,
    drawing: StampDrawing,
    box: Rect,
    wanted: Rect,
    slot: str | None = None,
) -> None:
    draft.put(
        PlannedMark(kind=kind, drawing=drawing, page=1, box=box, slot=slot, displaced=box != wanted)
    )

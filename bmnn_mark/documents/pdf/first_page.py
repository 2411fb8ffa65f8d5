# SPDX-License-Identifier: Apache-2.0
"""The marks of page 1: độ mật at 10a, urgency below it, a number in the upper right."""

from __future__ import annotations

from bmnn_mark.documents.model import MarkKind, MarkRequest, Notice
from bmnn_mark.documents.pdf.draft import EDGE_MM, Draft, shown_mm
from bmnn_mark.documents.pdf.placing import place, put, upper_left
from bmnn_mark.documents.pdf.room import about
from bmnn_mark.documents.slots import COPY_NUMBER_SLOT
from bmnn_mark.errors import DocumentRefused, Scalar
from bmnn_mark.stamps.compose import copy_number_mark, level_mark, urgency_mark
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.stamps.reproductions import reproduction_number_mark
from bmnn_mark.stamps.symbols import corner_guide
from bmnn_mark.units import Mm, Point, Rect

#: How far down from the page's upper edge a copy number may go when its place is taken.
_COPY_NUMBER_REACH = 27.0


def check_foreign(draft: Draft) -> bool:
    """A paper that states a level is not stamped with it a second time without a reason.

    A later act's marks go on such a paper; its độ mật mark stays the one it bears.

    Returns:
        Whether the paper bears the độ mật mark that it needs.

    Raises:
        DocumentRefused: ``marks.foreign_level``, ``marks.foreign_double``.
    """
    request = draft.request
    expected = {request.level}
    if request.relevelling is not None:
        expected.add(request.relevelling.old)
    for found in draft.first.foreign:
        if found not in expected:
            detail = {"found": found.value, "asked": request.level.value}
            raise DocumentRefused("marks.foreign_level", **detail)
    if request.level_there:
        return True
    if not draft.first.foreign:
        if (shape := draft.first.red_shape) is not None:
            where = {"x": shown_mm(shape.x), "y": shown_mm(shape.y)}
            draft.notices.append(Notice(code="marks.red_ink", detail={**where}))
        return False
    if _is_later_act(request):
        return True
    found = draft.first.foreign[0]
    if request.allow_overlap is None:
        raise DocumentRefused("marks.foreign_double", found=found.value)
    told: dict[str, Scalar] = {"found": found.value, "reason": request.allow_overlap}
    draft.notices.append(Notice(code="marks.foreign_mark", detail=told))
    return False


def place_level(draft: Draft, *, there: bool) -> Rect:
    """Độ mật at 10a or where the request says, urgency directly below it.

    Args:
        draft: the plan in the making.
        there: the paper bears its độ mật mark; what follows stands from 10a on downwards.

    Returns:
        The lowest box so far, under which the other marks are stacked.

    Raises:
        DocumentRefused: ``marks.no_room``, ``page.too_small``.
    """
    request, pack = draft.request, draft.pack
    if there:
        slot = _slot_10a(draft)
        box = Rect(slot.x, slot.y - pack.slots.stack_gap.value, Mm(0), Mm(0))
        _tell_of_old_level(draft)
    else:
        box = _place_new_level(draft)
    if request.urgency is None:
        return box
    urgency = urgency_mark(pack, request.urgency, request.ink)
    start = Rect.at(Point(box.x, box.bottom + pack.slots.stack_gap.value), urgency.size)
    below = (corner for corner in upper_left(draft, start) if corner.y >= box.bottom)
    box = place(draft, urgency, start, below)
    put(draft, MarkKind.URGENCY, urgency, box, start)
    return box


def place_number(draft: Draft) -> None:
    """The number of a copy or of a bản sao in the upper right margin, as wide as the last one's.

    Numbered bản sao have their number there and no other.

    Raises:
        DocumentRefused: ``marks.no_room``, ``page.too_small``.
    """
    request = draft.request
    slot = None if request.copies is None else COPY_NUMBER_SLOT
    if (made := request.reproduction) is not None:
        drawing = reproduction_number_mark(
            draft.act_pack, made.number, made.quantity, red=request.ink
        )
        _place_upper_right(draft, MarkKind.REPRODUCTION_NUMBER, drawing, slot)
    elif request.copies is not None:
        drawing = copy_number_mark(draft.pack, request.copies, request.copies, request.ink)
        _place_upper_right(draft, MarkKind.COPY_NUMBER, drawing, slot)


def _place_new_level(draft: Draft) -> Rect:
    request = draft.request
    level = level_mark(draft.pack, request.level, request.ink)
    kind = MarkKind.LEVEL
    if request.frame:
        kind, level = MarkKind.LEVEL_GUIDE, corner_guide(level.size)
        detail: dict[str, Scalar] = {"level": request.level.value}
        draft.notices.append(Notice(code="marks.by_hand", detail=detail))
    start = Rect.at(request.at or _slot_10a(draft), level.size)
    if request.at is None:
        box = place(draft, level, start, upper_left(draft, start))
    else:
        box = place(draft, level, start, (), edge=0.0)
    put(draft, kind, level, box, start)
    return box


def _is_later_act(request: MarkRequest) -> bool:
    """Whether the request is about a paper that is a secret of its level already."""
    return any(
        act is not None
        for act in (
            request.extended,
            request.relevelling,
            request.declassified,
            request.recall,
            request.reproduction,
        )
    )


def _tell_of_old_level(draft: Draft) -> None:
    """No text that was read says what becomes of the mark that no longer holds."""
    if draft.request.declassified is not None or draft.request.relevelling is not None:
        draft.notices.append(Notice(code="marks.old_level_stays"))


def _place_upper_right(
    draft: Draft, kind: MarkKind, drawing: StampDrawing, slot: str | None
) -> None:
    size, slots = draft.frame(1).size, draft.pack.slots
    left = size.width - slots.copy_number_right.value - drawing.size.width
    start = Rect.at(Point(Mm(left), slots.copy_number_top.value), drawing.size)
    half = size.width / 2
    nearby = Rect.of(half, EDGE_MM, half - EDGE_MM, _COPY_NUMBER_REACH - EDGE_MM)
    box = place(draft, drawing, start, about(start.corner, start.size, nearby), free_first=True)
    put(draft, kind, drawing, box, start, slot=slot)


def _slot_10a(draft: Draft) -> Point:
    """Left margin, below the row of số, ký hiệu; the pack's place where there is no such row."""
    slots, row = draft.pack.slots, draft.first.number_row
    if row is None:
        return Point(slots.level_x.value, slots.level_y.value)
    left = draft.first.left_margin or min(slots.level_x.value, row.x)
    return Point(Mm(left), row.bottom + slots.level_below_number.value)

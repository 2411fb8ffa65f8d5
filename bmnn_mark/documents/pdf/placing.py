# SPDX-License-Identifier: Apache-2.0
"""A drawing's place on a page: its own slot, else the first free one of others, else a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import MarkKind, Notice
from bmnn_mark.documents.pdf.draft import EDGE_MM, Draft, no_room, too_small
from bmnn_mark.documents.pdf.room import CLEARANCE_MM, Hit, Room, about, down_column
from bmnn_mark.errors import Scalar
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.units import Rect

_STEP = 2.0
_SETTLE_STEPS, _SETTLE_STEP = 7, 0.5
_CLEAN = 0.0002


def upper_left(draft: Draft, start: Rect) -> Iterator[Rect]:
    """Where a displaced mark goes: down its column, the upper left quarter, the upper third."""
    yield from down_column(start, draft.pack.slots.level_reach.value)
    yield from beside_column(draft, start)


def beside_column(draft: Draft, start: Rect) -> Iterator[Rect]:
    """The upper left quarter, then the upper third of page 1, nearest to ``start`` first."""
    sheet = draft.frame(1).sheet
    inside = sheet.grown(-EDGE_MM)
    quarter = Rect(inside.x, inside.y, sheet.width / 2 - EDGE_MM, sheet.height / 2 - EDGE_MM)
    yield from about(start.corner, start.size, quarter, _STEP)
    third = Rect(inside.x, inside.y, inside.width, sheet.height / 3 - EDGE_MM)
    yield from about(start.corner, start.size, third, _STEP)


def place(
    draft: Draft,
    drawing: StampDrawing,
    start: Rect,
    others: Iterable[Rect],
    *,
    page: int = 1,
    edge: float = EDGE_MM,
    free_first: bool = False,
) -> Rect:
    """The slot, or the first of the other places that is clean, else the first that is free.

    A free place may show a little ink, and of a large mark's place a little is a whole letter: who
    has to move a mark moves it to where it cuts none.

    The slot is taken all the same where stamping over ink is allowed; with ``free_first`` only
    when no other place is free, as for a black mark, which nobody can read on black.

    Raises:
        DocumentRefused: ``marks.no_room``, ``page.too_small``.
    """
    draft.check_fits(drawing, page)
    room = draft.room(page)
    hit = room.hit(start, edge=edge)
    if hit is None:
        return start
    may_overlap = draft.request.allow_overlap is not None and hit in {Hit.INK, Hit.ANNOTATION}
    if may_overlap and not free_first:
        return _over_ink(draft, drawing, start, page)
    reasons, free = [hit], None
    for box in others:
        reason = room.hit(box, edge=edge)
        if reason is not None:
            reasons.append(reason)
        elif (clean := _settled(room, box, edge)) is not None:
            return clean
        else:
            free = free or box
    if free is not None:
        return free
    if may_overlap:
        return _over_ink(draft, drawing, start, page)
    inside = [reason for reason in reasons if reason is not Hit.EDGE]
    if not inside and len(reasons) > 1:
        raise too_small(draft.frame(page))
    raise no_room(drawing.name, page, start, inside[0] if inside else hit)


def _over_ink(draft: Draft, drawing: StampDrawing, box: Rect, page: int) -> Rect:
    detail: dict[str, Scalar] = {
        "mark": drawing.name,
        "page": page,
        "reason": draft.request.allow_overlap or "",
    }
    draft.notices.append(Notice(code="marks.over_ink", detail=detail))
    return box


def put(
    draft: Draft,
    kind: MarkKind,
    drawing: StampDrawing,
    box: Rect,
    wanted: Rect,
    *,
    page: int = 1,
    slot: str | None = None,
) -> None:
    """Take a placed drawing into the plan; displaced where it is not where it was wanted."""
    draft.put(
        PlannedMark(
            kind=kind, drawing=drawing, page=page, box=box, slot=slot, displaced=box != wanted
        )
    )


def _settled(room: Room, box: Rect, edge: float) -> Rect | None:
    """A free place, or one a little further down, without the ink that free places may have."""
    for down in range(_SETTLE_STEPS):
        lower = box.moved(0, down * _SETTLE_STEP)
        if room.share(lower.grown(CLEARANCE_MM)) < _CLEAN and room.hit(lower, edge=edge) is None:
            return lower
    return None

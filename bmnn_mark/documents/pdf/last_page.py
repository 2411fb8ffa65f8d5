# SPDX-License-Identifier: Apache-2.0
"""Bản sao bí mật nhà nước on the last page, below all that is printed there.

What was read (TT 104/2021 Điều 4, for the police forces) names the page, not the place. Below the
lowest ink is below the signature, so the signature's own blank room is never taken for free.
"""

from __future__ import annotations

from collections.abc import Iterator

from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.draft import EDGE_MM, Draft
from bmnn_mark.documents.pdf.placing import place, put
from bmnn_mark.documents.pdf.room import about
from bmnn_mark.stamps.reproductions import reproduction_mark
from bmnn_mark.units import Mm, Point, Rect


def place_reproduction(draft: Draft) -> None:
    """Place the stamp of a bản sao.

    Raises:
        DocumentRefused: ``marks.no_room`` where the last page has none below its content,
            ``page.too_small``.
        RulesRefused: the stamp cannot be composed.
    """
    made = draft.request.reproduction
    if made is None:
        return
    drawing = reproduction_mark(
        draft.act_pack,
        kind=made.kind.value,
        made_on=made.made_on,
        quantity=made.quantity,
        recipient=made.recipient,
        authority=made.authority,
        signer=made.signer,
        red=draft.request.ink,
    )
    page = len(draft.opened.frames)
    sheet, slots = draft.frame(page).sheet, draft.pack.slots
    top = _content_end(draft, page) + slots.stack_gap.value
    start = Rect.at(Point(slots.level_x.value, Mm(top)), drawing.size)
    if draft.request.allow_overlap is not None:
        lowest = max(EDGE_MM, sheet.bottom - EDGE_MM - start.height)
        start = Rect.at(Point(start.x, Mm(min(start.y, lowest))), drawing.size)
    box = place(draft, drawing, start, _below(start, sheet), page=page)
    put(draft, MarkKind.REPRODUCTION, drawing, box, start, page=page)


def _content_end(draft: Draft, page: int) -> float:
    """Lower edge of the content, mm; a footer in the bottom margin is none of it."""
    room = draft.room(page)
    foot = room.sheet.bottom - draft.pack.margins.bottom.value.least
    return room.lowest_ink(above=foot)


def _below(start: Rect, sheet: Rect) -> Iterator[Rect]:
    inside = sheet.grown(-EDGE_MM)
    if start.y < inside.bottom:
        free = Rect(inside.x, start.y, inside.width, inside.bottom - start.y)
        yield from about(start.corner, start.size, free)

# SPDX-License-Identifier: Apache-2.0
"""The marks below 10a and 10b, one under the other: term, extension, change, end, recall.

No text that was read gives their places (Mẫu 19); the order is that of a document's life. The độ
mật mark and urgency have places of their own and are never moved for these.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.draft import EDGE_MM, Draft
from bmnn_mark.documents.pdf.placing import beside_column, place, put
from bmnn_mark.documents.pdf.room import down_column, up_column
from bmnn_mark.stamps.life import (
    declassification_mark,
    extension_mark,
    recall_mark,
    relevelling_mark,
    term_mark,
)
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.units import Point, Rect


def place_stack(draft: Draft, above: Rect) -> None:
    """Stack the marks that the request asks for, with the pack's gap between them.

    A mark that does not go in where it belongs goes alone to the nearest free place: its column,
    the upper left quarter, the upper third. The next one follows the last that stands in the
    column.

    Args:
        draft: the plan in the making.
        above: the lowest box of the column so far.

    Raises:
        DocumentRefused: ``marks.no_room``, ``page.too_small``.
        RulesRefused: a stamp cannot be composed.
    """
    left, gap = above.x, draft.pack.slots.stack_gap.value
    for kind, drawing in _drawings(draft):
        start = Rect.at(Point(left, above.bottom + gap), drawing.size)
        box = place(draft, drawing, start, _elsewhere(draft, start))
        put(draft, kind, drawing, box, start)
        if box.x == left and box.y >= above.bottom:
            above = box


def _elsewhere(draft: Draft, start: Rect) -> Iterator[Rect]:
    """As any displaced mark, but above in its column before it leaves that."""
    down = down_column(start, draft.pack.slots.level_reach.value)
    return chain(down, up_column(start, EDGE_MM), beside_column(draft, start))


def _drawings(draft: Draft) -> Iterator[tuple[MarkKind, StampDrawing]]:
    """The marks of the request in their order from above."""
    request, red = draft.request, draft.request.ink
    act = draft.act_pack
    if request.term is not None:
        yield MarkKind.TERM, term_mark(draft.pack, request.term, red=red)
    if request.extended is not None:
        yield MarkKind.EXTENSION, extension_mark(act, request.extended, red=red)
    if (change := request.relevelling) is not None:
        drawing = relevelling_mark(act, change.old, request.level, change.since, red=red)
        yield MarkKind.RELEVELLING, drawing
    if request.declassified is not None:
        drawing = declassification_mark(act, request.declassified, red=red)
        yield MarkKind.DECLASSIFICATION, drawing
    if request.recall is not None:
        yield MarkKind.RECALL, recall_mark(act, request.recall, red=red)

# SPDX-License-Identifier: Apache-2.0
"""Where the ink of a planned mark must be seen, computed from its drawing and its place alone."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.stamps.fonts import measure
from bmnn_mark.stamps.model import BitMatrix, CircleStroke, Operation, RectStroke, TextRun
from bmnn_mark.units import Mm, Rect


def operation_ink(operation: Operation) -> Rect:
    """The ink box of one operation in its drawing's frame, mm."""
    match operation:
        case RectStroke() | BitMatrix():
            return operation.box
        case CircleStroke():
            radius = operation.diameter / 2
            centre = operation.centre
            return Rect(
                centre.x - radius, centre.y - radius, operation.diameter, operation.diameter
            )
        case TextRun():
            ink = measure(operation.text, operation.face, operation.size_pt).ink
            return _turned_about_start(ink, operation.rotation).moved(
                operation.start.x, operation.start.y
            )


def union(boxes: Iterable[Rect]) -> Rect:
    """The smallest box that holds all of ``boxes``, at least one."""
    every = list(boxes)
    left, top = min(one.x for one in every), min(one.y for one in every)
    right, bottom = max(one.right for one in every), max(one.bottom for one in every)
    return Rect(left, top, right - left, bottom - top)


def on_page(mark: PlannedMark, inside: Rect) -> Rect:
    """A box of the mark's drawing as a box of the displayed page."""
    width, height = mark.drawing.size.width, mark.drawing.size.height
    seen = {
        0: inside,
        90: Rect(inside.y, width - inside.right, inside.height, inside.width),
        180: Rect(width - inside.right, height - inside.bottom, inside.width, inside.height),
        270: Rect(height - inside.bottom, inside.x, inside.height, inside.width),
    }[mark.turn % 360]
    return seen.moved(mark.box.x, mark.box.y)


def mark_ink(mark: PlannedMark) -> Rect:
    """The ink box of the whole mark on its displayed page, mm."""
    return on_page(mark, union(operation_ink(one) for one in mark.drawing.operations))


def _turned_about_start(ink: Rect, degrees: int) -> Rect:
    """The box that holds ``ink`` after a turn counter-clockwise about the origin, y down."""
    if degrees % 360 == 0:
        return ink
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [(x, y) for x in (ink.x, ink.right) for y in (ink.y, ink.bottom)]
    across = [x * cosine + y * sine for x, y in corners]
    down = [y * cosine - x * sine for x, y in corners]
    return Rect(
        Mm(min(across)), Mm(min(down)), Mm(max(across) - min(across)), Mm(max(down) - min(down))
    )

# SPDX-License-Identifier: Apache-2.0
"""What stands on envelopes (A, B, C; who may open it), and corners that keep a place free."""

from __future__ import annotations

import math

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules.model import RulePack, StampId
from bmnn_mark.stamps import fonts
from bmnn_mark.stamps.circles import smallest_circle
from bmnn_mark.stamps.frames import CLEARANCE, Shade, first_row, framed, ink_colour
from bmnn_mark.stamps.model import BLACK, CircleStroke, Face, RectStroke, StampDrawing, TextRun
from bmnn_mark.units import Mm, Point, Rect, Size

#: Distance of a letter's ink from the inner circle that is aimed at.
_AIM = 2 * CLEARANCE
#: Length of a guide's arms and the width of its lines.
_ARM, _HAIRLINE = Mm(4), Mm(0.2)


def symbol_mark(pack: RulePack, symbol: str, *, red: Shade | None = None) -> StampDrawing:
    """The sign A, B or C in its two circles.

    The letter stands in the middle, moved only as far as its corners need to keep clear of the
    inner circle.

    Args:
        pack: the rules.
        symbol: ``ky-hieu-a``, ``ky-hieu-b`` or ``ky-hieu-c``.
        red: the red to draw with instead of the pack's; a stamp in black ink stays black.

    Raises:
        RulesRefused: ``rules.no_stamp``, ``stamps.does_not_fit``, ``stamps.glyph_missing``.
    """
    rule = pack.stamp(symbol)
    if rule.circle is None or not rule.circle.value or rule.size.value.width is None:
        raise RulesRefused("rules.no_stamp", stamp=symbol, pack=pack.id)
    line, gap = pack.border.line.value, rule.gap.value if rule.gap else Mm(0)
    diameter = rule.size.value.width
    middle = Point(diameter / 2, diameter / 2)
    circles = [
        CircleStroke(middle, diameter - 2 * index * (line + gap), line)
        for index in range(rule.lines.value)
    ]
    row = first_row(rule, rule.wording.value)
    free = circles[-1].diameter / 2 - line
    x, y = _start(symbol, row.text, (row.face, row.size_pt), free)
    run = TextRun(
        row.text, row.face, row.size_pt, Point(middle.x + x, middle.y + y), row.measure.advance
    )
    size = Size(diameter, diameter)
    return StampDrawing(symbol, size, (*circles, run), ink_colour(pack, rule, red))


def opening_mark(pack: RulePack, *, red: Shade | None = None) -> StampDrawing:
    """Chỉ người có tên mới được bóc bì; arguments and refusals as of :func:`symbol_mark`."""
    rule = pack.stamp(StampId.OPENING)
    return framed(pack, StampId.OPENING, (first_row(rule, rule.wording.value),), red)


def corner_guide(size: Size) -> StampDrawing:
    """Four hairline corners that keep the place of a stamp of ``size`` free for the hand."""
    across, up = Mm(min(_ARM, size.width / 3)), Mm(min(_ARM, size.height / 3))
    far_x, far_y = size.width - _HAIRLINE, size.height - _HAIRLINE
    bars = [
        box
        for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))
        for box in (
            Rect(x * (size.width - across), y * far_y, across, _HAIRLINE),
            Rect(x * far_x, y * (size.height - up), _HAIRLINE, up),
        )
    ]
    # a frame whose line is half as wide as the box is a bar
    strokes = tuple(RectStroke(bar, _HAIRLINE / 2) for bar in bars)
    return StampDrawing("level-guide", size, strokes, BLACK)


def _start(symbol: str, text: str, typed: tuple[Face, float], free: float) -> tuple[float, float]:
    """Where the baseline starts, from the middle of a circle of the radius ``free``, mm."""
    ink = fonts.measure(text, *typed).ink
    points = fonts.outline(text, *typed)
    middle_x, middle_y = ink.x + ink.width / 2, ink.y + ink.height / 2
    best_x, best_y, _ = smallest_circle(points)

    def centre(share: float) -> tuple[float, float]:
        return middle_x + share * (best_x - middle_x), middle_y + share * (best_y - middle_y)

    def reach(share: float) -> float:
        return max(math.dist(centre(share), point) for point in points)

    low, high = 0.0, 1.0
    if reach(low) + _AIM <= free:
        high = low
    while high - low > 1e-9:
        half = (low + high) / 2
        low, high = (low, half) if reach(half) + _AIM <= free else (half, high)
    if reach(high) + CLEARANCE > free:
        raise RulesRefused("stamps.does_not_fit", stamp=symbol)
    x, y = centre(high)
    return -x, -y

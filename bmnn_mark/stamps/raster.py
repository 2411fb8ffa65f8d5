# SPDX-License-Identifier: Apache-2.0
"""A drawing as pixels, for previews: true geometry, smooth edges, white paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.stamps import fonts
from bmnn_mark.stamps.model import (
    BitMatrix,
    CircleStroke,
    Face,
    RectStroke,
    StampDrawing,
    TextRun,
)
from bmnn_mark.units import Mm, Rect

#: Fine dots along each side of a pixel; edges are smoothed over them. Large pictures get fewer.
_FINENESS = (4, 2, 1)

_INK = 255


def render(drawing: StampDrawing, dpi: float) -> Image.Image:
    """The drawing in its own box on white paper, RGB.

    Args:
        drawing: what to show.
        dpi: pixels an inch.

    Raises:
        ValueError: the picture would have more than the bound of pixels.
    """
    width = max(1, math.ceil(round(drawing.size.width.px(dpi), 6)))
    height = max(1, math.ceil(round(drawing.size.height.px(dpi), 6)))
    most = DEFAULT_LIMITS.raster_pixels
    fine = next((one for one in _FINENESS if width * height * one**2 <= most), None)
    if fine is None:
        raise ValueError("too many pixels")
    coverage = _coverage(drawing, (width * fine, height * fine), dpi * fine).reduce(fine)
    ink = (drawing.ink.red, drawing.ink.green, drawing.ink.blue)
    picture = Image.new("RGB", (width, height), "white")
    picture.paste(ink, (0, 0), coverage)
    return picture


def _coverage(drawing: StampDrawing, size: tuple[int, int], dpi: float) -> Image.Image:
    """Where there is ink, on a fine raster of ``dpi``."""
    sheet = Image.new("L", size, 0)
    for operation in drawing.operations:
        match operation:
            case RectStroke(box, line):
                _frame(sheet, box, line, dpi)
            case CircleStroke():
                _circle(sheet, operation, dpi)
            case TextRun():
                _text(sheet, operation, dpi)
            case BitMatrix():
                _matrix(sheet, operation, dpi)
    for hole in drawing.holes:
        sheet.paste(0, _dots(hole, dpi))
    return sheet


def _dots(box: Rect, dpi: float) -> tuple[int, int, int, int]:
    """The box in dots; right and bottom lie outside, as Pillow's boxes have it."""
    return (
        round(box.x.px(dpi)),
        round(box.y.px(dpi)),
        round(box.right.px(dpi)),
        round(box.bottom.px(dpi)),
    )


def _frame(sheet: Image.Image, box: Rect, line: Mm, dpi: float) -> None:
    inner = box.grown(-line)
    left, top, right, bottom = _dots(box, dpi)
    inner_left, inner_top, inner_right, inner_bottom = _dots(inner, dpi)
    for bar in (
        (left, top, right, inner_top),
        (left, inner_bottom, right, bottom),
        (left, inner_top, inner_left, inner_bottom),
        (inner_right, inner_top, right, inner_bottom),
    ):
        sheet.paste(_INK, bar)


def _circle(sheet: Image.Image, circle: CircleStroke, dpi: float) -> None:
    radius = circle.diameter / 2
    x, y = circle.centre.x, circle.centre.y
    box = Rect(x - radius, y - radius, circle.diameter, circle.diameter)
    left, top, right, bottom = _dots(box, dpi)
    width = max(1, round(circle.line.px(dpi)))
    ImageDraw.Draw(sheet).ellipse((left, top, right - 1, bottom - 1), outline=_INK, width=width)


def _matrix(sheet: Image.Image, matrix: BitMatrix, dpi: float) -> None:
    """Each module as the box of dots between the edges it shares with its neighbours."""
    side = matrix.modules
    step = Mm(matrix.box.width / side)
    row_bytes = -(-side // 8)
    columns = _edges(matrix.box.x, step, side, dpi)
    rows = _edges(matrix.box.y, step, side, dpi)
    for index, (top, bottom) in enumerate(pairwise(rows)):
        row = matrix.rows[index * row_bytes : (index + 1) * row_bytes]
        for column, (left, right) in enumerate(pairwise(columns)):
            if row[column // 8] & (0x80 >> column % 8):
                sheet.paste(_INK, (left, top, right, bottom))


def _edges(start: Mm, step: Mm, count: int, dpi: float) -> Sequence[int]:
    return [round((start + step * index).px(dpi)) for index in range(count + 1)]


def _text(sheet: Image.Image, run: TextRun, dpi: float) -> None:
    """The run letter by letter, each where the metrics of the face put it."""
    font = _font(run.face, run.size_pt / 72 * dpi)
    height = math.ceil(fonts.line_height(run.face, run.size_pt).px(dpi)) + 2
    tile = Image.new("L", (math.ceil(run.width.px(dpi)) + 2 * height, 2 * height), 0)
    pen = ImageDraw.Draw(tile)
    advance = Mm(0)
    for char in run.text:
        pen.text((height + advance.px(dpi), height), char, fill=_INK, font=font, anchor="ls")
        advance += fonts.measure(char, run.face, run.size_pt).advance
    corner = _turned_corner(tile, run, dpi, height)
    turned = tile.rotate(run.rotation, Image.Resampling.BICUBIC, expand=True)
    sheet.paste(_INK, corner, turned)


def _turned_corner(tile: Image.Image, run: TextRun, dpi: float, height: int) -> tuple[int, int]:
    """Where the tile's corner goes so that, once turned, the baseline starts at its place."""
    turn = math.radians(run.rotation)
    cosine, sine = math.cos(turn), math.sin(turn)
    width, tall = tile.size
    expanded_width = abs(width * cosine) + abs(tall * sine)
    expanded_height = abs(width * sine) + abs(tall * cosine)
    from_middle_x, from_middle_y = height - width / 2, height - tall / 2
    x = expanded_width / 2 + from_middle_x * cosine + from_middle_y * sine
    y = expanded_height / 2 - from_middle_x * sine + from_middle_y * cosine
    return round(run.start.x.px(dpi) - x), round(run.start.y.px(dpi) - y)


@cache
def _font(face: Face, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts.path_of(face)), size, layout_engine=_BASIC)


_BASIC = ImageFont.Layout.BASIC

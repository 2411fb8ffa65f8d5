# SPDX-License-Identifier: Apache-2.0
"""Bars as a picture (PNG), drawn with the bundled face: same figures, same bytes.

Shades of grey tell the parts apart and each part bears its number: a photocopy tells them too.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from bmnn_mark.stamps import fonts
from bmnn_mark.stamps.model import Face

_WIDTH, _HEIGHT = 2000, 1150
_LEFT, _RIGHT, _TOP, _BOTTOM = 150, 60, 190, 170
_TITLE, _TEXT, _SMALL = 54, 40, 34
_INK, _GRID, _PAPER = (0, 0, 0), (205, 205, 205), (255, 255, 255)
#: From the highest level down; light enough for black letters but the first, which has white ones.
_SHADES = ((60, 60, 60), (140, 140, 140), (205, 205, 205), (238, 238, 238))
_FIRST_LIGHT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar: what stands below it, and its parts from the bottom up."""

    label: str
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Bars that belong together, with what stands below all of them."""

    label: str
    bars: tuple[Bar, ...]


def bar_chart(title: str, parts: Sequence[str], groups: Sequence[Group]) -> bytes:
    """A chart of stacked bars.

    Args:
        title: above it.
        parts: what the parts of each bar are called, from the bottom up; at most four.
        groups: from left to right.

    Returns:
        A PNG picture, 2000 x 1150 dots.
    """
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    pen = ImageDraw.Draw(picture)
    pen.text((_WIDTH / 2, 50), title, _INK, _font(Face.BOLD, _TITLE), anchor="mm")
    _legend(pen, parts)
    highest = max((sum(bar.parts) for group in groups for bar in group.bars), default=0)
    step = _step(highest)
    top = max(step, -(-highest // step) * step)
    scale = (_HEIGHT - _TOP - _BOTTOM) / top
    base = _HEIGHT - _BOTTOM
    for mark in range(0, top + 1, step):
        y = base - mark * scale
        pen.line(
            (_LEFT, y, _WIDTH - _RIGHT, y), _INK if mark == 0 else _GRID, 3 if mark == 0 else 2
        )
        pen.text((_LEFT - 18, y), str(mark), _INK, _font(Face.REGULAR, _SMALL), anchor="rm")
    _groups(pen, groups, scale)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _step(highest: int) -> int:
    """The distance of the lines: 1, 2 or 5 times a power of ten, so that there are at most six.

    >>> [_step(one) for one in (0, 6, 7, 23, 310)]
    [1, 1, 2, 5, 100]
    """
    power = 1
    while True:
        for factor in (1, 2, 5):
            if highest <= 6 * factor * power:
                return factor * power
        power *= 10


def _legend(pen: ImageDraw.ImageDraw, parts: Sequence[str]) -> None:
    font = _font(Face.REGULAR, _TEXT)
    widths = [70 + pen.textlength(part, font) + 50 for part in parts]
    x = (_WIDTH - sum(widths)) / 2
    for part, shade, width in zip(parts, _SHADES, widths, strict=False):
        pen.rectangle((x, 112, x + 50, 148), shade, _INK, 2)
        pen.text((x + 65, 130), part, _INK, font, anchor="lm")
        x += width


def _groups(pen: ImageDraw.ImageDraw, groups: Sequence[Group], scale: float) -> None:
    places = sum(len(group.bars) + 1 for group in groups)
    step = (_WIDTH - _LEFT - _RIGHT) / max(places, 1)
    width = min(step * 0.8, 160.0)
    label_size = max(10, min(_SMALL, round(step * 0.24)))
    x = _LEFT + step
    for group in groups:
        first = x
        for bar in group.bars:
            _bar(pen, bar, x, width, scale)
            below = (x, _HEIGHT - _BOTTOM + 40)
            pen.text(below, bar.label, _INK, _font(Face.REGULAR, label_size), anchor="mm")
            x += step
        middle = (first + x - step) / 2
        label = (middle, _HEIGHT - _BOTTOM + 110)
        pen.text(label, group.label, _INK, _font(Face.BOLD, _TEXT), anchor="mm")
        x += step


def _bar(pen: ImageDraw.ImageDraw, bar: Bar, x: float, width: float, scale: float) -> None:
    y = float(_HEIGHT - _BOTTOM)
    left, right = x - width / 2, x + width / 2
    for index, (part, shade) in enumerate(zip(bar.parts, _SHADES, strict=False)):
        if not part:
            continue
        upper = y - part * scale
        pen.rectangle((left, upper, right, y), shade, _INK, 2)
        if y - upper > _SMALL + 4:
            ink = _PAPER if index < _FIRST_LIGHT else _INK
            middle = (x, (upper + y) / 2)
            pen.text(middle, str(part), ink, _font(Face.REGULAR, _SMALL), anchor="mm")
        y = upper
    pen.text((x, y - 10), str(sum(bar.parts)), _INK, _font(Face.BOLD, _TEXT), anchor="mb")


@cache
def _font(face: Face, size: int) -> ImageFont.FreeTypeFont:
    path = str(fonts.path_of(face))
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)

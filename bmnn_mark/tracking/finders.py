# SPDX-License-Identifier: Apache-2.0
"""Finder patterns of QR symbols: dark, light, dark, light, dark in the ratio 1:1:3:1:1.

The ratio holds along any line through the middle, so at any rotation. A pattern that is hurt along
the rows may be whole along the columns; either is enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageChops, ImageFilter

_MOST = 12
#: Grey levels darker than the surroundings that count as ink, and fixed thresholds beside: the low
#: one passes over the mid grey of a seal.
_DARKER_BY = 10
_THRESHOLDS = (70, 110)
_SURROUNDINGS = 6  # modules
_WHOLE = 1000  # weight of a pattern seen along rows and columns, above any number of lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """A finder pattern.

    Attributes:
        x: of its middle, pixels.
        y: of its middle, pixels.
        module: pixels of one of its modules along a row or a column.
        weight: in how many lines it was seen, and far more where both along rows and columns.
    """

    x: float
    y: float
    module: float
    weight: int


def black_and_white(square: Image.Image, module_px: int) -> tuple[Image.Image, ...]:
    """A grey square in black and white, by several thresholds."""
    around = square.filter(ImageFilter.BoxBlur(_SURROUNDINGS * module_px))
    relative = ImageChops.subtract(square, around, 1, 128)
    return (
        _bilevel(relative, 128 - _DARKER_BY),
        *(_bilevel(square, threshold) for threshold in _THRESHOLDS),
    )


def _bilevel(grey: Image.Image, threshold: int) -> Image.Image:
    return grey.point([0 if value < threshold else 255 for value in range(256)])


def find_finders(pictures: tuple[Image.Image, ...], module_px: int) -> tuple[Finder, ...]:
    """The finder patterns in pictures of one square, surest first; 12 at most."""
    seen: list[Finder] = []
    for picture in pictures:
        turned = picture.transpose(Image.Transpose.TRANSPOSE)
        rows = _groups(_lines(picture, module_px), module_px)
        columns = [
            Finder(x=one.y, y=one.x, module=one.module, weight=one.weight)
            for one in _groups(_lines(turned, module_px), module_px)
        ]
        seen += _crossed(rows, columns, 1.5 * module_px)
    apart: list[Finder] = []
    for one in sorted(seen, key=lambda finder: -finder.weight):
        if all(_distance(one, other) > 2 * module_px for other in apart):
            apart.append(one)
    return tuple(apart[:_MOST])


def _distance(one: Finder, other: Finder) -> float:
    return abs(complex(one.x - other.x, one.y - other.y))


def _crossed(rows: list[Finder], columns: list[Finder], near: float) -> list[Finder]:
    """Those seen along both, with the surer number of each; then those seen along one."""
    crossed = [
        Finder(
            x=row.x,
            y=column.y,
            module=(row.module + column.module) / 2,
            weight=_WHOLE + row.weight + column.weight,
        )
        for row in rows
        for column in columns
        if abs(row.x - column.x) < near and abs(row.y - column.y) < near
    ]
    return crossed + rows + columns


@cache
def _runs(module_px: int) -> re.Pattern[bytes]:
    """Five runs of pixels about as long as a finder pattern's, at any place."""
    one = b"{%d,%d}" % (max(1, round(0.4 * module_px)), round(1.9 * module_px))
    three = b"{%d,%d}" % (round(2 * module_px), round(4.8 * module_px))
    return re.compile(
        b"(?=(?<!\x00)(\x00" + one + b")(\xff" + one + b")(\x00" + three + b")"
        b"(\xff" + one + b")(\x00" + one + b")(?!\x00))"
    )


def _lines(picture: Image.Image, module_px: int) -> list[Finder]:
    """One for each row in which a finder pattern seems to lie."""
    width, pixels = picture.width, picture.tobytes()
    runs = _runs(module_px)
    found = []
    for y in range(picture.height):
        for match in runs.finditer(pixels[y * width : (y + 1) * width]):
            lengths = [match.end(run) - match.start(run) for run in range(1, 6)]
            module = sum(lengths) / 7
            single = (lengths[0], lengths[1], lengths[3], lengths[4])
            if all(abs(length - module) <= 0.75 * module for length in single) and (
                abs(lengths[2] - 3 * module) <= 1.2 * module
            ):
                x = (match.start(3) + match.end(3)) / 2
                found.append(Finder(x=x, y=y + 0.5, module=module, weight=1))
    return found


def _groups(lines: list[Finder], module_px: int) -> list[Finder]:
    """Lines through one pattern, brought together; single ones are chance."""
    groups: list[Finder] = []
    for line in lines:
        for at, group in enumerate(groups):
            if (
                abs(group.x - line.x) < 1.2 * module_px
                and abs(group.y - line.y) < 1.9 * module_px
                and abs(group.module - line.module) < 0.4 * group.module
            ):
                groups[at] = _joined(group, line)
                break
        else:
            groups.append(line)
    return [group for group in groups if group.weight >= 0.6 * module_px]


def _joined(group: Finder, line: Finder) -> Finder:
    weight = group.weight + 1
    share = 1 / weight
    return Finder(
        x=group.x + (line.x - group.x) * share,
        y=group.y + (line.y - group.y) * share,
        module=group.module + (line.module - group.module) * share,
        weight=weight,
    )

# SPDX-License-Identifier: Apache-2.0
"""Drawing a damaged page code anew: how it lies is told by what of its fixed modules is left.

Two finder patterns of three are enough. The lie they suggest is bettered step by step until the
fixed modules fit best; then each module is drawn black or white, the fixed ones as they must be,
and an engine reads the clean symbol. What it reads is held by the symbol's error correction and by
the code's seal, as with any other.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, combinations

from PIL import Image, ImageFilter, ImageStat

from bmnn_mark.tracking.finders import Finder, find_finders
from bmnn_mark.tracking.symbol import (
    BOTTOM_LEFT,
    DARK,
    LIGHT,
    MODULES,
    TOP_LEFT,
    TOP_RIGHT,
    known_modules,
    redraw,
)

Point = tuple[float, float]
#: How a symbol lies: its corners in pixels, from the upper left one clockwise.
Lie = tuple[Point, Point, Point, Point]

_CORNERS: Lie = ((0, 0), (MODULES, 0), (MODULES, MODULES), (0, MODULES))
#: Modules between finder patterns along a side and across.
_SIDE = TOP_RIGHT[0] - TOP_LEFT[0]
_ACROSS = _SIDE * math.sqrt(2)
_EIGHTH_TURN = complex(1, 1) / math.sqrt(2)
_LIES_TRIED = 3
#: Share of the square's range of grey by which fixed modules must fit before a lie is bettered;
#: right lies have 0.6 to 1, text by chance up to 0.35.
_LEAST_FIT = 0.3
_STEPS = (0.6, 0.3, 0.15)  # modules
_ROUNDS = 2
_QUIET = 2  # modules of the quiet zone that must fit too
#: Where between dark and light the threshold is; the low ones leave out the mid grey of a seal.
_THRESHOLDS = (0.5, 0.35, 0.25, 0.65, 0.15)


def mended(
    square: Image.Image, pictures: tuple[Image.Image, ...], module_px: int
) -> Iterator[Image.Image]:
    """Clean drawings of the code that may be in a square, likeliest first.

    Args:
        square: grey.
        pictures: the same in black and white, by several thresholds.
        module_px: pixels of a module, roughly.
    """
    soft = square.filter(ImageFilter.BoxBlur(0.3 * module_px))
    lies = sorted(
        ((_fit(soft, lie), lie) for lie in _lies(find_finders(pictures, module_px))), reverse=True
    )
    least = _LEAST_FIT * _spread(square)
    for fit, lie in lies[:_LIES_TRIED]:
        if fit < least:
            break
        better = _bettered(soft, lie, fit, module_px)
        modules = _modules(soft, better, 0)
        for threshold in _levels(soft, better):
            yield redraw(modules, threshold)


def _lies(finders: tuple[Finder, ...]) -> Iterator[Lie]:
    """All ways a symbol can lie that has two of these as finder patterns."""
    for one, other in combinations(finders, 2):
        module = (one.module + other.module) / 2
        if abs(one.module - other.module) > 0.5 * module:
            continue
        a, b = complex(one.x, one.y), complex(other.x, other.y)
        ends: list[tuple[Point, Point]] = []
        if _are_apart(b - a, module, along=_SIDE):
            ends += [(TOP_LEFT, TOP_RIGHT), (BOTTOM_LEFT, TOP_LEFT)]
        if _are_apart((b - a) * _EIGHTH_TURN, module, along=_ACROSS):
            ends.append((TOP_RIGHT, BOTTOM_LEFT))
        for first, second in ends:
            yield _square(a, b, first, second)
            yield _square(b, a, first, second)


def _are_apart(way: complex, module: float, *, along: float) -> bool:
    """Whether two finder patterns are so many modules apart, a fifth more or less.

    Args:
        way: from one to the other, pixels; turned so that the symbol's sides lie as it does.
        module: pixels of a module along a row or a column, more where the symbol lies askew.
        along: modules.
    """
    straight = module * max(abs(way.real), abs(way.imag)) / abs(way)
    return 0.8 * along < abs(way) / straight < 1.2 * along


def _square(a: complex, b: complex, first: Point, second: Point) -> Lie:
    """The symbol whose points ``first`` and ``second`` (modules) are at ``a`` and ``b``."""
    turn = (b - a) / (complex(*second) - complex(*first))
    corners = [a + turn * (complex(*corner) - complex(*first)) for corner in _CORNERS]
    upper_left, upper_right, lower_right, lower_left = ((at.real, at.imag) for at in corners)
    return upper_left, upper_right, lower_right, lower_left


def _bettered(soft: Image.Image, lie: Lie, fit: float, module_px: int) -> Lie:
    """The lie with its corners moved, one at a time, as long as the fixed modules fit better."""
    corners = list(lie)
    for step in (step * module_px for step in _STEPS):
        for _ in range(_ROUNDS):
            before = fit
            for corner in range(4):
                for dx, dy in ((step, 0), (-step, 0), (0, step), (0, -step)):
                    x, y = corners[corner]
                    moved = corners.copy()
                    moved[corner] = (x + dx, y + dy)
                    new_fit = _fit(soft, (moved[0], moved[1], moved[2], moved[3]))
                    if new_fit > fit:
                        corners, fit = moved, new_fit
            if fit <= before:
                break
    return corners[0], corners[1], corners[2], corners[3]


def _spread(square: Image.Image) -> int:
    """Grey levels between its darkest twentieth and its lightest."""
    shares = list(accumulate(square.histogram()))
    dark, light = (bisect_left(shares, share * shares[-1]) for share in (0.05, 0.95))
    return light - dark


def _fit(soft: Image.Image, lie: Lie) -> float:
    """Grey levels by which the modules that must be light are lighter than the dark ones."""
    modules = _modules(soft, lie, _QUIET)
    dark, light = _masks()
    return ImageStat.Stat(modules, light).mean[0] - ImageStat.Stat(modules, dark).mean[0]


def _levels(soft: Image.Image, lie: Lie) -> list[float]:
    """Thresholds between the fixed modules' dark and light."""
    modules = _modules(soft, lie, _QUIET)
    dark, light = (ImageStat.Stat(modules, mask).median[0] for mask in _masks())
    return [dark + (light - dark) * share for share in _THRESHOLDS]


@cache
def _masks() -> tuple[Image.Image, Image.Image]:
    """The fixed modules that are dark, and those that are light with some of the quiet zone."""
    whole = Image.new("L", (MODULES + 2 * _QUIET,) * 2, LIGHT)
    whole.paste(known_modules(), (_QUIET, _QUIET))
    dark, light = (
        whole.point([255 if value == wanted else 0 for value in range(256)])
        for wanted in (DARK, LIGHT)
    )
    return dark, light


def _modules(soft: Image.Image, lie: Lie, quiet: int) -> Image.Image:
    """One pixel a module, with ``quiet`` modules of the quiet zone round the symbol."""
    side = MODULES + 2 * quiet
    return soft.transform(
        (side, side),
        Image.Transform.PERSPECTIVE,
        _projection(lie, quiet),
        Image.Resampling.BILINEAR,
        fillcolor=LIGHT,
    )


def _projection(lie: Lie, quiet: int) -> tuple[float, ...]:
    """Coefficients that take modules to pixels (a square to any quadrilateral).

    After Heckbert, *Fundamentals of Texture Mapping and Image Warping* (1989), 2.2.3.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = lie
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    cross = dx1 * dy2 - dx2 * dy1
    if math.isclose(cross, 0):  # no area: nothing can be read from it
        return (0, 0, x0, 0, 0, y0, 0, 0)
    g = (dx3 * dy2 - dx2 * dy3) / cross / MODULES
    h = (dx1 * dy3 - dx3 * dy1) / cross / MODULES
    a, b = (x1 - x0) / MODULES + g * x1, (x3 - x0) / MODULES + h * x3
    d, e = (y1 - y0) / MODULES + g * y1, (y3 - y0) / MODULES + h * y3
    # The output begins ``quiet`` modules before the symbol.
    c, f, i = x0 - (a + b) * quiet, y0 - (d + e) * quiet, 1 - (g + h) * quiet
    return (a / i, b / i, c / i, d / i, e / i, f / i, g / i, h / i)

# SPDX-License-Identifier: Apache-2.0
"""The colour of a mark's ink, and the mark's ink told apart from other ink by its colour.

The law asks for red and names no shade. Red here is a hue within 25 degrees of pure red that is
neither pale nor nearly black; grey and other hues are not red; what lies between is not known.
"""

from __future__ import annotations

import colorsys
from enum import StrEnum

from PIL import Image, ImageChops, ImageFilter, ImageStat

Shade = tuple[int, int, int]

_RED_LEVEL = 60  # of 255, red above the brighter of the other two
_RED_SHARE = 0.004  # of a clip
_DARK_LEVEL = 60  # of 255, darker than the paper
_COLOURED, _COLOURED_PIXELS = 70, 40  # of 255, and how many pixels of a page at 100 dpi
_CORE = 224
_CORE_SHARE = 0.15  # of ink pixels, those that are ink through and through even on a blurred scan


class Tint(StrEnum):
    """Whether an ink is red."""

    RED = "red"
    NOT_RED = "not-red"
    UNKNOWN = "unknown"


def tint(shade: Shade) -> Tint:
    """Whether a shade is red.

    >>> tint((208, 2, 27)), tint((0, 0, 0)), tint((20, 40, 160)), tint((120, 85, 85))
    (<Tint.RED: 'red'>, <Tint.NOT_RED: 'not-red'>, <Tint.NOT_RED: 'not-red'>, <Tint.UNKNOWN: 'unknown'>)
    """  # noqa: E501 - one line of output
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in shade))
    off = min(hue, 1 - hue) * 360
    if saturation <= 0.2 or value < 0.2 or (off > 40 and saturation > 0.25):
        return Tint.NOT_RED
    return Tint.RED if off <= 25 and saturation >= 0.4 and value >= 0.35 else Tint.UNKNOWN


def redness(image: Image.Image) -> Image.Image:
    """How far red stands above the other colours, ``L``."""
    red, green, blue = image.split()
    return ImageChops.subtract(red, ImageChops.lighter(green, blue))


def ink_cover(image: Image.Image) -> Image.Image:
    """How much of each pixel is ink, ``L``: the red ink where a clip has any, else all ink.

    So black text beside a red stamp, or under it, does not count as a part of it.
    """
    red = redness(image)
    strong = sum(red.histogram()[_RED_LEVEL:])
    if strong >= _RED_SHARE * image.width * image.height:
        return _stretched(red, _RED_LEVEL)
    grey = image.convert("L")
    counts = grey.histogram()
    paper = max(range(128, 256), key=counts.__getitem__)
    darker = grey.point([max(0, paper - level) for level in range(256)])
    return _stretched(darker, _DARK_LEVEL)


def full_cover(difference: Image.Image) -> Image.Image:
    """The same of a difference of two renderings, between which only a mark came or went."""
    return _stretched(difference, _DARK_LEVEL)


def _stretched(levels: Image.Image, least: int) -> Image.Image:
    """Levels with that of full ink as 255."""
    counts = levels.histogram()
    above = sum(counts[least:])
    passed, core = 0, 255
    for level in range(255, least - 1, -1):
        passed += counts[level]
        if passed >= _CORE_SHARE * above:
            core = level
            break
    return levels.point([min(255, round(level * 255 / core)) for level in range(256)])


def shade_of(image: Image.Image, cover: Image.Image) -> Shade | None:
    """Mean sRGB of what is ink through and through; None where nothing is."""
    core = cover.point([0] * _CORE + [255] * (256 - _CORE))
    inner = core.filter(ImageFilter.MinFilter(3))
    mask = inner if inner.getbbox() else core
    if mask.getbbox() is None:
        return None
    red, green, blue = ImageStat.Stat(image, mask).mean
    return round(red), round(green), round(blue)


def has_colour(image: Image.Image) -> bool:
    """Whether any of a page is in colour; a copy in grey has none."""
    hue = image.convert("HSV").getchannel("S")
    dark = image.convert("L").point([255] * 240 + [0] * 16)
    seen = ImageChops.darker(hue, dark)  # the tint of nearly white paper does not count
    return sum(seen.histogram()[_COLOURED:]) >= _COLOURED_PIXELS

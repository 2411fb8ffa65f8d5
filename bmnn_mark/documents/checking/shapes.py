# SPDX-License-Identifier: Apache-2.0
"""Shapes on a page that may be stamps: frames in any ink, and what is red, of about their size.

Found on a rendering, so it does not matter whether they are lines, a picture or part of a scan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PIL import Image, ImageFilter

from bmnn_mark.documents.colouring import redness
from bmnn_mark.units import Mm, Rect

_RED_LEVEL = 40  # a scanner's compression pales thin lines
_DARK_LEVEL = 96  # of 255, darker than the paper
_RED_GROWN, _DARK_GROWN = 2, 1  # pixels; half the gap that a broken frame may have
_WIDTH_MM = (12.0, 52.0)
_HEIGHT_MM = (5.0, 13.0)
_RUN = re.compile(rb"\xff+")
_MOST_RUNS = 400_000  # of a page that is noise all over
_MOST = 200  # shapes of a page that is all cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One shape.

    Attributes:
        box: its outer box, mm, within half a millimetre.
        red: it was found by its colour.
    """

    box: Rect
    red: bool


def shapes(image: Image.Image, dpi: float) -> tuple[Shape, ...]:
    """The shapes of a page that may be stamps, from the top.

    Args:
        image: the displayed page, RGB.
        dpi: its pixels an inch; 100 is enough.
    """
    reds = redness(image).point([0] * _RED_LEVEL + [255] * (256 - _RED_LEVEL))
    found = [Shape(box=box, red=True) for box in _like_stamps(reds, _RED_GROWN, dpi)]
    grey = image.convert("L")
    counts = grey.histogram()
    paper = max(range(128, 256), key=counts.__getitem__)
    dark = grey.point([255 if paper - level >= _DARK_LEVEL else 0 for level in range(256)])
    for box in _like_stamps(dark, _DARK_GROWN, dpi):
        if not any(one.box.overlaps(box) for one in found):
            found.append(Shape(box=box, red=False))
    found.sort(key=lambda one: (one.box.y, one.box.x))
    return tuple(_outermost(found))


def _thick(mask: Image.Image, by: int) -> Image.Image:
    """Lines grown by so many pixels, so that they join where they are broken."""
    return mask.filter(ImageFilter.MaxFilter(2 * by + 1)) if mask.getbbox() else mask


def _like_stamps(mask: Image.Image, grown: int, dpi: float) -> list[Rect]:
    """Boxes of connected parts of about a stamp's size."""
    boxes = _boxes(_thick(mask, grown), grown, dpi)
    return [box for box in boxes if _like_a_stamp(box)][:_MOST]


def _like_a_stamp(box: Rect) -> bool:
    return (
        _WIDTH_MM[0] <= box.width <= _WIDTH_MM[1]
        and _HEIGHT_MM[0] <= box.height <= _HEIGHT_MM[1]
        and box.width > 1.2 * box.height
    )


def _outermost(found: Iterable[Shape]) -> Iterator[Shape]:
    """Not the inner line of a frame, nor what stands in it."""
    every = list(found)
    for one in every:
        if not any(
            other is not one and other.box.contains(one.box) and other.box != one.box
            for other in every
        ):
            yield one


def _boxes(mask: Image.Image, grown: int, dpi: float) -> Iterator[Rect]:
    """The boxes of the mask's connected parts without what they were grown by, mm."""
    for left, top, right, bottom in _parts(mask):
        yield Rect(
            Mm.from_px(left + grown, dpi),
            Mm.from_px(top + grown, dpi),
            Mm.from_px(right - left - 2 * grown, dpi),
            Mm.from_px(bottom - top - 2 * grown, dpi),
        )


def _parts(mask: Image.Image) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom of connected parts: runs of rows, joined where they touch."""
    data, wide = mask.tobytes(), mask.width
    parent: list[int] = []
    extent: list[list[int]] = []

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    above: list[tuple[int, int, int]] = []
    for top in range(mask.height):
        row: list[tuple[int, int, int]] = []
        at = 0
        for run in _RUN.finditer(data, top * wide, (top + 1) * wide):
            begin, end = run.start() - top * wide, run.end() - top * wide
            number = len(parent)
            if number >= _MOST_RUNS:
                return []
            parent.append(number)
            extent.append([begin, top, end, top + 1])
            while at < len(above) and above[at][1] < begin:
                at += 1
            touching = at
            while touching < len(above) and above[touching][0] <= end:
                _merge(root(above[touching][2]), root(number), parent, extent)
                touching += 1
            row.append((begin, end, number))
        above = row
    return [tuple(extent[one]) for one in range(len(parent)) if parent[one] == one]  # type: ignore[misc]  # four numbers each


def _merge(one: int, other: int, parent: list[int], extent: list[list[int]]) -> None:
    if one == other:
        return
    parent[other] = one
    mine, its = extent[one], extent[other]
    mine[:] = min(mine[0], its[0]), min(mine[1], its[1]), max(mine[2], its[2]), max(mine[3], its[3])

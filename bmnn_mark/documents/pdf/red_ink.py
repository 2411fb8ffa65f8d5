# SPDX-License-Identifier: Apache-2.0
"""Red shapes of the size of a độ mật stamp, as on a scan of a paper stamped by hand.

What such a shape reads is not known; a person is told where to look.
"""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image, ImageChops

from bmnn_mark.units import Mm, Rect

_CELL_MM = 2.0
_REDNESS = 70  # of 255, red above the brighter of the other two
_CELL_LEVEL = 20  # of 255, mean of a cell
_WIDTH_MM = (14.0, 52.0)
_HEIGHT_MM = (6.0, 18.0)
_RIGHT_PART, _LOWER_PART = 0.6, 0.4


def stamp_like(image: Image.Image, dpi: float) -> Rect | None:
    """The first red shape like a stamp in the upper left part of a page; None without one.

    Args:
        image: the displayed page, RGB.
        dpi: its pixels an inch.
    """
    part = image.crop((0, 0, round(image.width * _RIGHT_PART), round(image.height * _LOWER_PART)))
    red, green, blue = part.split()
    redness = ImageChops.subtract(red, ImageChops.lighter(green, blue))
    mask = redness.point([255 if level >= _REDNESS else 0 for level in range(256)])
    if mask.getbbox() is None:
        return None
    across = max(1, round(Mm.from_px(part.width, dpi) / _CELL_MM))
    down = max(1, round(Mm.from_px(part.height, dpi) / _CELL_MM))
    cells = mask.resize((across, down), Image.Resampling.BOX)
    taken = {
        (index % across, index // across)
        for index, level in enumerate(cells.tobytes())
        if level >= _CELL_LEVEL
    }
    for left, top, right, bottom in _clusters(taken):
        wide, high = (right - left + 1) * _CELL_MM, (bottom - top + 1) * _CELL_MM
        if _WIDTH_MM[0] <= wide <= _WIDTH_MM[1] and _HEIGHT_MM[0] <= high <= _HEIGHT_MM[1]:
            return Rect.of(left * _CELL_MM, top * _CELL_MM, wide, high)
    return None


def _clusters(taken: set[tuple[int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """Boxes (left, top, right, bottom) of cells that touch, from the top."""
    left_over = set(taken)
    for start in sorted(taken, key=lambda cell: (cell[1], cell[0])):
        if start not in left_over:
            continue
        left_over.remove(start)
        waiting, group = [start], [start]
        while waiting:
            column, row = waiting.pop()
            near = {(column + x, row + y) for x in (-1, 0, 1) for y in (-1, 0, 1)} & left_over
            left_over -= near
            waiting += near
            group += near
        columns, rows = [cell[0] for cell in group], [cell[1] for cell in group]
        yield min(columns), min(rows), max(columns), max(rows)

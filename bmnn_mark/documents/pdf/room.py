# SPDX-License-Identifier: Apache-2.0
"""Where a page is free: its ink at 100 dpi, and boxes that must be kept clear.

Ink is what is darker than 60 % of the luminance of the page's modal background. A page whose
background itself is dark (below half of white) counts as ink all over: a red or black mark could
not be read on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageChops

from bmnn_mark.documents.rendering import pixel_box
from bmnn_mark.units import Mm, Point, Rect, Size

SURVEY_DPI = 100
INK_BELOW = 0.60
INK_SHARE = 0.005
CLEARANCE_MM = 1.0
_WHITE = 255
_HALF = 128


class Hit(StrEnum):
    """What stands in the way of a mark."""

    EDGE = "edge"
    """The box reaches over the page, or too near to its edge."""
    INK = "ink"
    """Something is printed there."""
    ANNOTATION = "annotation"
    """A form field or comment lies there and would be drawn over the mark."""
    MARK = "mark"
    """Another mark of ours stands there."""
    HOLE = "hole"
    """The sheet is punched there."""


def ink_of(image: Image.Image) -> Image.Image:
    """The ink of a rendered page or part of one: an ``L`` image, 255 where there is ink."""
    grey = image.convert("L")
    counts = grey.histogram()
    background = counts.index(max(counts))
    limit = INK_BELOW * (background if background >= _HALF else _WHITE)
    return grey.point([_WHITE if level < limit else 0 for level in range(256)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What one displayed page, or the surveyed part of it, has free.

    Attributes:
        sheet: the whole displayed page.
        surveyed: the part of it that ``ink`` shows.
        ink: see :func:`ink_of`, at :data:`SURVEY_DPI`; its first pixel is ``surveyed``'s.
        kept: boxes that no mark may touch, with what they are.
    """

    sheet: Rect
    surveyed: Rect
    ink: Image.Image
    kept: tuple[tuple[Rect, Hit], ...] = ()

    def keeping(self, boxes: Iterable[tuple[Rect, Hit]]) -> Room:
        """The same page with more boxes to keep clear."""
        return Room(
            sheet=self.sheet,
            surveyed=self.surveyed,
            ink=self.ink,
            kept=(*self.kept, *boxes),
        )

    def with_all_of(self, other: Room) -> Room:
        """What is free on both of two pages of one size, each surveyed as a whole."""
        return Room(
            sheet=self.sheet,
            surveyed=self.surveyed,
            ink=ImageChops.lighter(self.ink, other.ink),
            kept=(*self.kept, *other.kept),
        )

    def share(self, box: Rect) -> float:
        """Share of ink in a box, from 0 to 1; a part off the page counts as free."""
        left, top, _, _ = pixel_box(self.surveyed, SURVEY_DPI)
        x0, y0, x1, y1 = pixel_box(box, SURVEY_DPI)
        part = self.ink.crop(
            (
                max(0, x0 - left),
                max(0, y0 - top),
                min(self.ink.width, max(x0 + 1, x1) - left),
                min(self.ink.height, max(y0 + 1, y1) - top),
            )
        )
        return part.histogram()[_WHITE] / max(1, (x1 - x0) * (y1 - y0))

    def lowest_ink(self, *, above: float) -> Mm:
        """Lower edge of the lowest ink or kept box that begins above ``above`` mm, mm.

        Ink that reaches over that line without a gap counts whole; the upper edge of the surveyed
        part where there is none.
        """
        _, first, _, _ = pixel_box(self.surveyed, SURVEY_DPI)
        end = min(self.ink.height, max(0, round(Mm(above).px(SURVEY_DPI)) - first))
        while 0 < end < self.ink.height and self._inked(end - 1) and self._inked(end):
            end += 1
        found = self.ink.crop((0, 0, self.ink.width, end)).getbbox()
        lowest = self.surveyed.y + Mm.from_px(found[3] if found else 0, SURVEY_DPI)
        ends = [box.bottom for box, reason in self.kept if box.y < above and reason is not Hit.HOLE]
        return max(lowest, *ends, key=float) if ends else lowest

    def _inked(self, row: int) -> bool:
        return self.ink.crop((0, row, self.ink.width, row + 1)).getbbox() is not None

    def hit(self, box: Rect, *, clear: float = CLEARANCE_MM, edge: float = 0.0) -> Hit | None:
        """What stands in the way of a mark in ``box``; None when the place is free.

        Args:
            box: the mark's outer box, mm.
            clear: mm about the box that must be free of ink as well.
            edge: least distance of the box from the page's edge, mm.
        """
        if not self.sheet.grown(-edge).contains(box):
            return Hit.EDGE
        for kept, reason in self.kept:
            if kept.overlaps(box if reason is Hit.HOLE else box.grown(clear)):
                return reason
        if self.share(box.grown(clear)) >= INK_SHARE:
            return Hit.INK
        return None


def down_column(start: Rect, reach: float, step: float = 1.0) -> Iterator[Rect]:
    """The box moved down by one step at a time until ``reach`` mm."""
    for number in range(1, int(reach / step) + 1):
        yield start.moved(0, number * step)


def up_column(start: Rect, top: float, step: float = 1.0) -> Iterator[Rect]:
    """The box moved up by one step at a time while its upper edge is not above ``top`` mm."""
    for number in range(1, int((start.y - top) / step) + 1):
        yield start.moved(0, -number * step)


def about(start: Point, size: Size, within: Rect, step: float = 1.0) -> Iterator[Rect]:
    """Boxes of ``size`` inside ``within``, nearest to ``start`` first, whole steps away from it."""
    corners = [
        Point(Mm(x), Mm(y))
        for x in _steps(start.x, within.x, within.right - size.width, step)
        for y in _steps(start.y, within.y, within.bottom - size.height, step)
    ]
    corners.sort(key=lambda one: ((one.x - start.x) ** 2 + (one.y - start.y) ** 2, one.y, one.x))
    return (Rect.at(one, size) for one in corners)


def _steps(start: float, least: float, most: float, step: float) -> list[float]:
    """Numbers from ``least`` to ``most`` that lie whole steps from ``start``."""
    first = math.ceil((least - start) / step - 1e-6)
    last = math.floor((most - start) / step + 1e-6)
    return [start + number * step for number in range(first, last + 1)]

# SPDX-License-Identifier: Apache-2.0
"""What two renderings of a page differ in, and whether that is a planned mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PIL import Image, ImageChops, ImageDraw

from bmnn_mark.documents.ink import mark_ink, on_page, operation_ink
from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import MarkKind, PlacedMark
from bmnn_mark.documents.rendering import PixelBox, pixel_box
from bmnn_mark.stamps.model import BitMatrix, RectStroke, TextRun
from bmnn_mark.units import Mm, Rect

PAGE_SLACK_MM = 0.5
"""How far ink may be seen from where it was planned, on whole pages."""
_BORDERED = frozenset({MarkKind.LEVEL, MarkKind.URGENCY})
_NOISE = 12
"""Differences of luminance (of 255) up to this are rounding in a rewritten number."""
_MODULES_WRONG = 0.08
"""Share of modules that a coarse raster may turn: an engine stretches an image to whole pixels and
so moves a row or two. Of another symbol, a quarter of the modules would differ."""
_OVERLAY_SHARE = 0.001
"""Least share of a page's pixels that a rehearsal overlay must have changed."""

_CHANGED = [0] * (_NOISE + 1) + [255] * (255 - _NOISE)


class Difference:
    """Where two images of the same page, or of the same clip of it, differ.

    Args:
        one: before.
        other: after; of the same size.
        dpi: pixels an inch of both.
        clip: the part of the displayed page they show, mm; None is all of it.
    """

    def __init__(
        self, one: Image.Image, other: Image.Image, dpi: float, clip: Rect | None = None
    ) -> None:
        self.dpi = dpi
        self.left, self.top = pixel_box(clip, dpi)[:2] if clip else (0, 0)
        self._any = one.tobytes() != other.tobytes()
        self.image = ImageChops.difference(one, other).convert("L") if self._any else None
        self.changed = self.image.point(_CHANGED) if self.image else Image.new("L", one.size)

    def __bool__(self) -> bool:
        return self._any

    def pixels(self, box: Rect) -> PixelBox:
        """The pixels of these images that a box of the page touches, inside the images."""
        left, top, right, bottom = pixel_box(box, self.dpi)
        wide, high = self.changed.size
        return (
            min(max(left - self.left, 0), wide),
            min(max(top - self.top, 0), high),
            min(max(right - self.left, 0), wide),
            min(max(bottom - self.top, 0), high),
        )

    def ink_box(self, inside: Rect) -> Rect | None:
        """The box of what differs within a box of the page, mm; None where nothing does."""
        return self.own_ink_box(inside, inside, ())

    def own_ink_box(self, inside: Rect, own: Rect, others: Iterable[Rect]) -> Rect | None:
        """The same, not counting what lies in ``others`` and outside ``own``, a part of it."""
        left, top, right, bottom = self.pixels(inside)
        if right <= left or bottom <= top:
            return None
        part = self.changed.crop((left, top, right, bottom))
        pixel = Mm.from_px(1, self.dpi)  # engines shade a pixel beyond the ink
        # Whole pixels are cut out, so a box a pixel farther off still touches what is looked at.
        near = [box.grown(pixel) for box in others if box.grown(2 * pixel).overlaps(inside)]
        if near:
            kept = self.pixels(own)
            mine = self.changed.crop(kept)
            drawing = ImageDraw.Draw(part)
            for box in near:
                x0, y0, x1, y1 = self.pixels(box)
                drawing.rectangle((x0 - left, y0 - top, x1 - left, y1 - top), fill=0)
            part.paste(mine, (kept[0] - left, kept[1] - top))
        found = part.getbbox()
        if found is None:
            return None
        x, y = left + found[0] + self.left, top + found[1] + self.top
        return Rect(
            Mm.from_px(x, self.dpi),
            Mm.from_px(y, self.dpi),
            Mm.from_px(found[2] - found[0], self.dpi),
            Mm.from_px(found[3] - found[1], self.dpi),
        )

    def outside(self, boxes: Iterable[Rect]) -> bool:
        """Whether anything differs outside all of ``boxes``."""
        rest = self.changed.copy()
        drawing = ImageDraw.Draw(rest)
        for box in boxes:
            left, top, right, bottom = self.pixels(box)
            if right > left and bottom > top:
                drawing.rectangle((left, top, right - 1, bottom - 1), fill=0)
        return rest.getbbox() is not None

    def inked(self, x: float, y: float) -> bool:
        """Whether the pixel at a point of the page (mm), or one beside it, clearly differs."""
        column = int(Mm(x).px(self.dpi)) - self.left
        row = int(Mm(y).px(self.dpi)) - self.top
        part = self.changed.crop((column - 1, row - 1, column + 2, row + 2))
        return part.getbbox() is not None


def shows(
    difference: Difference, mark: PlannedMark, slack: float, others: Sequence[PlannedMark] = ()
) -> Rect | None:
    """The box in which a mark's ink is seen, or None when that is not as planned.

    Every edge of the mark's ink, and of each of its texts, lies within ``slack`` mm (and a pixel)
    of its place; borders are closed; the modules of a page code are as drawn. ``others`` are the
    page's other marks, which may stand close by.
    """
    reach = slack + float(Mm.from_px(1, difference.dpi))
    planned = mark_ink(mark)
    near = [
        mark_ink(one) for one in others if one is not mark and one.kind is not MarkKind.REHEARSAL
    ]
    seen = difference.own_ink_box(planned.grown(reach), planned, near)
    if seen is None or not _agree(seen, planned, reach):
        return None
    for operation in mark.drawing.operations:
        place = on_page(mark, operation_ink(operation))
        match operation:
            case TextRun():
                text = difference.ink_box(place)
                if place.width > 0 and (text is None or not _agree(text, place, reach)):
                    return None
            case RectStroke():
                if not _closed(difference, place, operation.line / 2):
                    return None
            case BitMatrix():
                if not _modules_shown(difference, mark, operation, place):
                    return None
            case _:
                pass
    return seen


def fills(difference: Difference, mark: PlacedMark) -> bool:
    """Whether what differs fills the box of a mark; of one without a border, is in it at all."""
    reach = PAGE_SLACK_MM + float(Mm.from_px(1, difference.dpi))
    seen = difference.ink_box(mark.box.grown(reach))
    if seen is None:
        return False
    return mark.kind not in _BORDERED or _agree(seen, mark.box, reach)


def overlay_shows(
    difference: Difference, overlay: PlannedMark, marks: Sequence[PlannedMark]
) -> Rect | None:
    """The box of a rehearsal overlay's ink outside the other marks; None when it is not seen."""
    rest = Difference.__new__(Difference)
    rest.dpi, rest.left, rest.top = difference.dpi, difference.left, difference.top
    rest.changed = difference.changed.copy()
    drawing = ImageDraw.Draw(rest.changed)
    for mark in marks:
        if mark is not overlay:
            left, top, right, bottom = rest.pixels(mark.box)
            drawing.rectangle((left, top, right, bottom), fill=0)
    wide, high = rest.changed.size
    if rest.changed.histogram()[255] < _OVERLAY_SHARE * wide * high:
        return None
    return rest.ink_box(overlay.box)


def _agree(seen: Rect, planned: Rect, reach: float) -> bool:
    return (
        abs(seen.x - planned.x) <= reach
        and abs(seen.y - planned.y) <= reach
        and abs(seen.right - planned.right) <= reach
        and abs(seen.bottom - planned.bottom) <= reach
    )


def _closed(difference: Difference, box: Rect, inset: float) -> bool:
    """Whether the line around ``box`` is seen at seven points of each side."""
    middle = box.grown(-inset)
    for step in range(1, 8):
        x = middle.x + middle.width * step / 8
        y = middle.y + middle.height * step / 8
        points = ((x, middle.y), (x, middle.bottom), (middle.x, y), (middle.right, y))
        if not all(difference.inked(*point) for point in points):
            return False
    return True


_UPRIGHT = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


def _modules_shown(
    difference: Difference, mark: PlannedMark, matrix: BitMatrix, place: Rect
) -> bool:
    """Whether the middles of the modules are dark and light as drawn."""
    # An engine may draw an image from whole pixel to whole pixel: sample where it is seen.
    seen_at = difference.ink_box(place.grown(Mm.from_px(1, difference.dpi)))
    if difference.image is None or seen_at is None:
        return False
    count = matrix.modules
    drawn = Image.frombytes("1", (count, count), matrix.rows).convert("L")
    if mark.turn % 360:
        drawn = drawn.transpose(_UPRIGHT[mark.turn % 360])
    dpi = difference.dpi
    across = (seen_at.width.px(dpi) / count, 0.0, seen_at.x.px(dpi) - difference.left)
    down = (0.0, seen_at.height.px(dpi) / count, seen_at.y.px(dpi) - difference.top)
    middles = difference.image.transform(
        (count, count), Image.Transform.AFFINE, (*across, *down), Image.Resampling.NEAREST
    )
    darkest = middles.histogram()[::-1]
    half = (255 - next(level for level, pixels in enumerate(darkest) if pixels)) // 2
    seen = middles.point([0] * (half + 1) + [255] * (255 - half))
    wrong = ImageChops.difference(seen, drawn).histogram()[255]
    return wrong <= _MODULES_WRONG * count * count

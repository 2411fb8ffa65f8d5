# SPDX-License-Identifier: Apache-2.0
"""A page drawn with its text, without it, and without one text alone, by the first engine."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import pypdfium2
from PIL import Image, ImageChops
from pypdfium2 import raw

from bmnn_mark.documents.hidden.paint_order import Painted
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.units import Rect

#: Resolution at which pages are looked at.
DPI = 100
_PT_PER_INCH = 72
_SEEN_LEVELS = 10
"""Differences of a colour channel (of 255) up to this are seen by nobody."""
_SCAN_SHARE = 0.4
"""Share of the page that pictures cover where text behind or in them is a reading of a scan."""
_COVERS = 4_000
_ALONE = 60
"""Most texts of a page that are looked at one by one; more would be no ordinary page."""
_SEEN_TABLE = [0] * (_SEEN_LEVELS + 1) + [255] * (255 - _SEEN_LEVELS)


class Views:
    """A page drawn with and without its text.

    Attributes:
        shown: the page.
        ink: 255 where it looks different without its text.
        covers: what hides all that lies under it, the largest ones where there are very many.
        scan: pictures cover so much of the page that text under or over them is their reading.
    """

    def __init__(
        self, sheet: pypdfium2.PdfPage, frame: PageFrame, order: Sequence[Painted]
    ) -> None:
        self._sheet = sheet
        self._texts = [one for one in order if one.is_text]
        self._alone: dict[int, Image.Image] = {}
        self.images = [one for one in order if one.is_image]
        opaque = [one for one in order if one.opaque]
        self.covers = sorted(opaque, key=_area, reverse=True)[:_COVERS]
        self.scan = _is_scan(self.images, frame)
        self.shown = self._draw()
        self._put_out(self._texts)
        self.ink = _difference(self.shown, self._draw())

    def ink_of(self, text: Painted) -> Image.Image:
        """255 where the page looks different without this one text."""
        if text.address not in self._alone:
            if len(self._alone) >= _ALONE:
                return Image.new("L", self.shown.size)
            for one in self._texts:
                raw.FPDFPageObj_SetIsActive(one.handle, True)  # noqa: FBT003 - the engine's interface
            self._put_out([text])
            self._alone[text.address] = _difference(self.shown, self._draw())
        return self._alone[text.address]

    def _draw(self) -> Image.Image:
        image = self._sheet.render(scale=DPI / _PT_PER_INCH, may_draw_forms=False).to_pil()
        drawn: Image.Image = image.convert("RGB")
        return drawn

    @staticmethod
    def _put_out(texts: Sequence[Painted]) -> None:
        for one in texts:
            raw.FPDFPageObj_SetIsActive(one.handle, False)  # noqa: FBT003 - the engine's interface


def _difference(one: Image.Image, other: Image.Image) -> Image.Image:
    """255 where a channel differs by more than an eye sees."""
    red, green, blue = ImageChops.difference(one, other).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue).point(_SEEN_TABLE)


def _area(one: Painted) -> float:
    return (one.box[2] - one.box[0]) * (one.box[3] - one.box[1])


def _is_scan(images: Sequence[Painted], frame: PageFrame) -> bool:
    left, bottom, right, top = frame.visible
    pictures = sum(
        max(0.0, min(one.box[2], right) - max(one.box[0], left))
        * max(0.0, min(one.box[3], top) - max(one.box[1], bottom))
        for one in images
    )
    return pictures >= _SCAN_SHARE * (right - left) * (top - bottom)


def is_plain(image: Image.Image, box: Rect) -> bool:
    """Whether an image of a page, at :data:`DPI`, shows one colour and nothing else in a box."""
    part = image.crop(pixels(box, image.size))
    if not part.width or not part.height:
        return True
    return all(_spread(band.histogram()) <= _SEEN_LEVELS for band in part.split())


def _spread(histogram: list[int]) -> int:
    """From the darkest to the lightest level that is there."""
    levels = [level for level, pixels in enumerate(histogram) if pixels]
    return levels[-1] - levels[0]


def pixels(box: Rect, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The pixels of an image of the page that a box touches."""
    wide, high = size
    left = min(max(int(box.x.px(DPI)), 0), wide)
    top = min(max(int(box.y.px(DPI)), 0), high)
    right, bottom = int(box.right.px(DPI)) + 1, int(box.bottom.px(DPI)) + 1
    return left, top, max(left, min(right, wide)), max(top, min(bottom, high))


def is_alike(painted: Painted | None, box: Rect, shown: Image.Image) -> bool:
    """Whether text has the colour of what is seen in its place."""
    if painted is None or painted.in_layer:
        return False
    parts = [ctypes.c_uint() for _ in range(4)]
    if not raw.FPDFPageObj_GetFillColor(painted.handle, *parts):
        return False
    part = shown.crop(pixels(box, shown.size))
    seen = part.resize((1, 1)).getpixel((0, 0)) if part.width and part.height else None
    return isinstance(seen, tuple) and all(
        abs(one - own.value) <= 2 * _SEEN_LEVELS for one, own in zip(seen, parts[:3], strict=True)
    )

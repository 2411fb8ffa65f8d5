# SPDX-License-Identifier: Apache-2.0
"""What a stamp reads where its file holds no text: its picture against our own of each wording.

Of a scan, a picture or letters drawn as outlines. Only wordings that are asked for can be read; a
row that is like none of them, or like two, cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from PIL import Image, ImageChops, ImageFilter, ImageStat

from bmnn_mark.stamps.fonts import measure
from bmnn_mark.stamps.model import BLACK, Face, StampDrawing, TextRun
from bmnn_mark.stamps.raster import render
from bmnn_mark.units import Mm, Point, Size

_HEIGHT = 48  # pixels in which two pictures are compared
_HALF = 128
_ASPECT = 0.15  # share by which the sides' ratio may differ
_LIKE = 0.58
_LEAD = 0.10
_SIZE_PT, _DPI = 26.0, 200


def read_wording(ink: Image.Image, wordings: Iterable[str]) -> str | None:
    """The wording whose picture the row of type is like; None where that cannot be told.

    Args:
        ink: ``L``, 255 where all is ink; upright, nothing but the row.
        wordings: what it may read, capitals, NFC.
    """
    box = ink.point([0] * _HALF + [255] * _HALF).getbbox()
    if box is None or box[3] - box[1] < 8:
        return None
    seen = ink.crop(box)
    ratio = seen.width / seen.height
    likeness = sorted(
        ((_likeness(seen, wording), wording) for wording in wordings
         if abs(_drawn(wording).width / _drawn(wording).height / ratio - 1) <= _ASPECT),
        reverse=True,
    )  # fmt: skip
    if not likeness or likeness[0][0] < _LIKE:
        return None
    if len(likeness) > 1 and likeness[0][0] - likeness[1][0] < _LEAD:
        return None
    return likeness[0][1]


def _likeness(seen: Image.Image, wording: str) -> float:
    """Ink that both pictures share, of all that either has; both a little smeared."""
    drawn = _drawn(wording)
    size = (round(_HEIGHT * drawn.width / drawn.height), _HEIGHT)
    one, other = (
        image.resize(size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1.5))
        for image in (seen, drawn)
    )
    both, either = ImageChops.darker(one, other), ImageChops.lighter(one, other)
    return float(ImageStat.Stat(both).sum[0] / max(1.0, ImageStat.Stat(either).sum[0]))


@lru_cache(maxsize=32)
def _drawn(wording: str) -> Image.Image:
    """The ink of a wording in our own face, cut to its edges."""
    ink = measure(wording, Face.BOLD, _SIZE_PT).ink
    size = Size(ink.width + 2, ink.height + 2)
    run = TextRun(wording, Face.BOLD, _SIZE_PT, Point(Mm(1 - ink.x), Mm(1 - ink.y)), Mm(ink.right))
    picture = ImageChops.invert(
        render(StampDrawing("reading", size, (run,), BLACK), _DPI).convert("L")
    )
    return picture.crop(picture.point([0] * _HALF + [255] * _HALF).getbbox())

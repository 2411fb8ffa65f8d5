# SPDX-License-Identifier: Apache-2.0
"""Text of a PDF page that a reader can copy out but nobody sees on the page.

Pixels are believed, not operators: a page is drawn with its text and once more without it. Where
both are alike in the box of a character, that character is not seen, whatever hides it: something
painted over it, the background's colour, a layer, a clip, the edge of the page, a rendering mode.
A rectangle painted over text later is named even where other text stands on it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import pypdfium2
from PIL import Image, ImageChops
from pypdfium2 import raw

from bmnn_mark.documents.hidden.paint_order import Painted, paint_order
from bmnn_mark.documents.pdf.frame import Box, PageFrame
from bmnn_mark.limits import Limits
from bmnn_mark.units import Mm, Rect

#: Resolution at which pages are looked at.
DPI = 100
_PT_PER_INCH = 72
_CHARS = 60_000
_SEEN_LEVELS = 10
"""Differences of a colour channel (of 255) up to this are seen by nobody."""
_SCAN_SHARE = 0.4
"""Share of the page that pictures cover where text behind or in them is a reading of a scan."""
_NEAR_MM = 5.0
_FEWEST = 2
"""Fewest letters or digits of a stretch: fonts have single characters that draw nothing."""
_INVISIBLE = 3
_SPACE, _BLANKS, _PLANES = 0x20, frozenset({0xA0, 0xAD, 0xFFFE}), 0x110000
_FLAT_PT, _LINE_PT = 0.1, 1.0
_SEEN_TABLE = [0] * (_SEEN_LEVELS + 1) + [255] * (255 - _SEEN_LEVELS)


class Reason(StrEnum):
    """Why text is not seen."""

    INVISIBLE = "invisible"
    OFF_PAGE = "off_page"
    COVERED = "covered"
    BACKGROUND = "background"
    NOT_SHOWN = "not_shown"
    SCAN_READING = "layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenStretch:
    """Characters that lie together and are hidden by the same.

    Attributes:
        reason: why nobody sees them.
        characters: how many, blanks left out.
        box: where they lie, mm on the displayed page.
        origins: where each character starts, in the page's user space, pt.
        wholes: where operators start that show nothing but hidden text.
        plain_ground: the engine shows one colour and nothing else in the box.
    """

    reason: Reason
    characters: int
    box: Rect
    origins: tuple[tuple[float, float], ...]
    wholes: tuple[tuple[float, float], ...]
    plain_ground: bool


@dataclass(slots=True)
class _Stretch:
    reason: Reason
    box: Rect
    letters: int = 0
    origins: list[tuple[float, float]] = field(default_factory=list)
    wholes: list[tuple[float, float]] = field(default_factory=list)

    def take(self, box: Rect, one: _Character) -> None:
        self.box = _around(self.box, box)
        self.letters += one.letters
        (self.wholes if one.whole else self.origins).append(one.origin)


@dataclass(frozen=True, slots=True)
class _Character:
    letters: int
    box: Box
    origin: tuple[float, float]
    painted: Painted | None
    whole: bool = False
    """It stands for all that an operator shows; a reader is told other words in their place."""


@dataclass(frozen=True, slots=True)
class _Views:
    shown: Image.Image
    """The page."""
    ink: Image.Image
    """255 where it looks different without its text."""


def hidden_stretches(
    sheet: pypdfium2.PdfPage, frame: PageFrame, limits: Limits
) -> tuple[HiddenStretch, ...]:
    """The hidden text of one page, from its top to its bottom.

    Args:
        sheet: the page in the engine; its text is put out of action in memory.
        frame: the page as displayed.
        limits: bound on pixels; a page above it is not looked at.
    """
    pixels = frame.size.width.px(DPI) * frame.size.height.px(DPI)
    if pixels > limits.raster_pixels:
        return ()
    words = sheet.get_textpage()
    try:
        if not 0 < words.count_chars() <= _CHARS:
            return ()
        order = paint_order(sheet)
        characters = list(_characters(words, order))
        if not characters:
            return ()
        views = _views(sheet, order)
    finally:
        words.close()
    scan = _is_scan(order, frame)
    found: list[_Stretch] = []
    for one in characters:
        box = frame.seen_box(one.box)
        reason = _reason(one, box, frame, views, order, scan=scan)
        if reason is not None:
            _put(found, reason, box, one)
    return tuple(
        HiddenStretch(
            reason=one.reason,
            characters=len(one.origins) + len(one.wholes),
            box=one.box,
            origins=tuple(one.origins),
            wholes=tuple(one.wholes),
            plain_ground=is_plain(views.shown, one.box),
        )
        for one in sorted(_merged(found), key=lambda one: (one.box.y, one.box.x))
        if one.letters >= _FEWEST
    )


def _characters(words: pypdfium2.PdfTextPage, order: Sequence[Painted]) -> Iterator[_Character]:
    """Every character that stands in the file and is no blank, and what stands for none of them."""
    by_address = {one.address: one for one in order}
    spoken_of: set[int] = set()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    for index in range(words.count_chars()):
        handle = raw.FPDFText_GetTextObject(words, index)
        address = (ctypes.cast(handle, ctypes.c_void_p).value or 0) if handle else 0
        spoken_of.add(address)
        code = raw.FPDFText_GetUnicode(words, index)
        if code <= _SPACE or code in _BLANKS or raw.FPDFText_IsGenerated(words, index):
            continue
        if not raw.FPDFText_GetCharBox(words, index, left, right, bottom, top):
            continue
        box = (left.value, bottom.value, right.value, top.value)
        if not (box[2] > box[0] and box[3] > box[1]) or _has_no_glyph(words, index, box):
            continue
        raw.FPDFText_GetCharOrigin(words, index, left, bottom)
        yield _Character(
            letters=int(code >= _PLANES or chr(code).isalnum()),
            box=box,
            origin=(left.value, bottom.value),
            painted=by_address.get(address),
        )
    for one in order:
        wide, high = one.box[2] - one.box[0], one.box[3] - one.box[1]
        if one.is_text and one.address not in spoken_of and min(wide, high) > _LINE_PT:
            yield _Character(
                letters=_FEWEST, box=one.box, origin=one.origin, painted=one, whole=True
            )


def _has_no_glyph(words: pypdfium2.PdfTextPage, index: int, box: Box) -> bool:
    """Whether the font has nothing to draw here: a flat box in a line of ordinary height."""
    if box[3] - box[1] >= _FLAT_PT:
        return False
    line = raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(words, index, line):
        return True
    return bool(abs(line.top - line.bottom) > _LINE_PT)


def _views(sheet: pypdfium2.PdfPage, order: Sequence[Painted]) -> _Views:
    scale = DPI / _PT_PER_INCH
    shown = sheet.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    for one in order:
        if one.is_text:
            raw.FPDFPageObj_SetIsActive(one.handle, False)  # noqa: FBT003 - the engine's interface
    bare = sheet.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    red, green, blue = ImageChops.difference(shown, bare).split()
    ink = ImageChops.lighter(ImageChops.lighter(red, green), blue).point(_SEEN_TABLE)
    return _Views(shown, ink)


def _reason(
    one: _Character,
    box: Rect,
    frame: PageFrame,
    views: _Views,
    order: Sequence[Painted],
    *,
    scan: bool,
) -> Reason | None:
    """Why a character is not seen; None where it is."""
    painted = one.painted
    cover = _cover(one, order) if painted is not None else None
    if cover is not None and cover.plain_rectangle:
        return Reason.COVERED
    if painted is not None and painted.mode == _INVISIBLE:
        return Reason.SCAN_READING if scan else Reason.INVISIBLE
    if not box.overlaps(frame.sheet):
        return Reason.OFF_PAGE
    if views.ink.crop(_pixels(box, views.ink.size)).getbbox() is not None:
        return None
    if scan and any(other.is_image and other.spans(one.box) for other in order):
        return Reason.SCAN_READING
    if cover is not None:
        return Reason.COVERED
    return Reason.BACKGROUND if _is_alike(painted, box, views.shown) else Reason.NOT_SHOWN


def is_plain(image: Image.Image, box: Rect) -> bool:
    """Whether an image of a page, at :data:`DPI`, shows one colour and nothing else in a box."""
    part = image.crop(_pixels(box, image.size))
    if not part.width or not part.height:
        return True
    return all(_spread(band.histogram()) <= _SEEN_LEVELS for band in part.split())


def _spread(histogram: list[int]) -> int:
    """From the darkest to the lightest level that is there."""
    levels = [level for level, pixels in enumerate(histogram) if pixels]
    return levels[-1] - levels[0]


def _pixels(box: Rect, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The pixels of an image of the page that a box touches."""
    wide, high = size
    left = min(max(int(box.x.px(DPI)), 0), wide)
    top = min(max(int(box.y.px(DPI)), 0), high)
    right, bottom = int(box.right.px(DPI)) + 1, int(box.bottom.px(DPI)) + 1
    return left, top, max(left, min(right, wide)), max(top, min(bottom, high))


def _is_alike(painted: Painted | None, box: Rect, shown: Image.Image) -> bool:
    """Whether text has the colour of what is seen in its place."""
    if painted is None or painted.in_layer:
        return False
    parts = [ctypes.c_uint() for _ in range(4)]
    if not raw.FPDFPageObj_GetFillColor(painted.handle, *parts):
        return False
    part = shown.crop(_pixels(box, shown.size))
    seen = part.resize((1, 1)).getpixel((0, 0)) if part.width and part.height else None
    return isinstance(seen, tuple) and all(
        abs(one - own.value) <= 2 * _SEEN_LEVELS for one, own in zip(seen, parts[:3], strict=True)
    )


def _cover(one: _Character, order: Sequence[Painted]) -> Painted | None:
    """What was painted over a character after it, wholly and opaquely."""
    assert one.painted is not None
    for later in order[one.painted.place + 1 :]:
        if later.covers(one.box):
            return later
    return None


def _is_scan(order: Sequence[Painted], frame: PageFrame) -> bool:
    left, bottom, right, top = frame.visible
    page = (right - left) * (top - bottom)
    pictures = sum(
        (min(one.box[2], right) - max(one.box[0], left))
        * (min(one.box[3], top) - max(one.box[1], bottom))
        for one in order
        if one.is_image and one.box[2] > left and one.box[0] < right
        and one.box[3] > bottom and one.box[1] < top
    )  # fmt: skip
    return pictures >= _SCAN_SHARE * page


def _put(found: list[_Stretch], reason: Reason, box: Rect, one: _Character) -> None:
    """Add a character to the stretch it lies in, or begin another."""
    for stretch in reversed(found[-4:]):
        if stretch.reason is reason and stretch.box.grown(_NEAR_MM).overlaps(box):
            stretch.take(box, one)
            return
    stretch = _Stretch(reason, box)
    stretch.take(box, one)
    found.append(stretch)


def _merged(found: list[_Stretch]) -> list[_Stretch]:
    """Stretches of one reason that lie together put together."""
    kept: list[_Stretch] = []
    for one in found:
        for other in kept:
            near = other.box.grown(_NEAR_MM).overlaps(one.box)
            if other.reason is one.reason and near:
                other.box = _around(other.box, one.box)
                other.letters += one.letters
                other.origins += one.origins
                other.wholes += one.wholes
                break
        else:
            kept.append(one)
    return kept


def _around(one: Rect, other: Rect) -> Rect:
    x, y = min(one.x, other.x), min(one.y, other.y)
    return Rect(
        Mm(x), Mm(y), Mm(max(one.right, other.right) - x), Mm(max(one.bottom, other.bottom) - y)
    )

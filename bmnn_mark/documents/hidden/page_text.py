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
from pypdfium2 import raw

from bmnn_mark.documents.hidden.page_views import DPI, Views, is_alike, is_plain, pixels
from bmnn_mark.documents.hidden.paint_order import Painted, paint_order
from bmnn_mark.documents.pdf.frame import Box, PageFrame
from bmnn_mark.limits import Limits
from bmnn_mark.units import Mm, Rect

_CHARS = 60_000
_NEAR_MM = 5.0
_FEWEST = 2
"""Fewest letters or digits of a stretch: fonts have single characters that draw nothing."""
_INVISIBLE = 3
_SPACE, _BLANKS, _PLANES = 0x20, frozenset({0xA0, 0xAD, 0xFFFE}), 0x110000
_FLAT_PT, _LINE_PT = 0.1, 1.0


class Reason(StrEnum):
    """Why text is not seen."""

    INVISIBLE = "invisible"
    OFF_PAGE = "off_page"
    COVERED = "covered"
    BACKGROUND = "background"
    NOT_SHOWN = "not_shown"
    SCAN_READING = "layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One hidden character, or all that one operator shows where ``whole``.

    Attributes:
        origin: where it starts, in the page's user space, pt.
        box: where it lies, mm on the displayed page.
        whole: it stands for an operator that shows nothing but hidden text.
    """

    origin: tuple[float, float]
    box: Rect
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenStretch:
    """Characters that lie together and are hidden by the same.

    Attributes:
        reason: why nobody sees them.
        box: where they lie, mm on the displayed page.
        pieces: the characters, blanks left out.
        plain_ground: the engine shows one colour and nothing else in the box.
    """

    reason: Reason
    box: Rect
    pieces: tuple[Piece, ...]
    plain_ground: bool


@dataclass(slots=True)
class _Stretch:
    reason: Reason
    box: Rect
    letters: int = 0
    pieces: list[Piece] = field(default_factory=list)

    def take(self, box: Rect, one: _Character) -> None:
        self.box = _around(self.box, box)
        self.letters += one.letters
        self.pieces.append(Piece(origin=one.origin, box=box, whole=one.whole))


@dataclass(frozen=True, slots=True)
class _Character:
    letters: int
    box: Box
    origin: tuple[float, float]
    painted: Painted | None
    whole: bool = False
    """It stands for all that an operator shows; a reader is told other words in their place."""


def hidden_stretches(
    sheet: pypdfium2.PdfPage, frame: PageFrame, limits: Limits
) -> tuple[HiddenStretch, ...]:
    """The hidden text of one page, from its top to its bottom.

    Args:
        sheet: the page in the engine; its text is put out of action in memory.
        frame: the page as displayed.
        limits: bound on pixels; a page above it is not looked at.
    """
    area = frame.size.width.px(DPI) * frame.size.height.px(DPI)
    if area > limits.raster_pixels:
        return ()
    words = sheet.get_textpage()
    try:
        if not 0 < words.count_chars() <= _CHARS:
            return ()
        order = paint_order(sheet)
        characters = list(_characters(words, order))
        if not characters:
            return ()
        views = Views(sheet, frame, order)
    finally:
        words.close()
    found: list[_Stretch] = []
    for one in characters:
        box = frame.seen_box(one.box)
        reason = _reason(one, box, frame, views)
        if reason is not None:
            _put(found, reason, box, one)
    return tuple(
        HiddenStretch(
            reason=one.reason,
            box=one.box,
            pieces=tuple(one.pieces),
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


def _reason(
    one: _Character,
    box: Rect,
    frame: PageFrame,
    views: Views,
) -> Reason | None:
    """Why a character is not seen; None where it is."""
    painted = one.painted
    cover = _cover(one, views.covers) if painted is not None else None
    if painted is not None and painted.mode == _INVISIBLE:
        if cover is not None and cover.plain_rectangle:
            return Reason.COVERED
        return Reason.SCAN_READING if views.scan else Reason.INVISIBLE
    if not box.overlaps(frame.sheet):
        return Reason.OFF_PAGE
    place = pixels(box, views.ink.size)
    if views.ink.crop(place).getbbox() is not None:
        # Seen is something: perhaps other text, on the rectangle that covers this one.
        if cover is None or painted is None or not cover.plain_rectangle:
            return None
        return None if views.ink_of(painted).crop(place).getbbox() else Reason.COVERED
    if views.scan and any(other.spans(one.box) for other in views.images):
        plain = cover is not None and cover.plain_rectangle
        return Reason.COVERED if plain else Reason.SCAN_READING
    if cover is not None:
        return Reason.COVERED
    return Reason.BACKGROUND if is_alike(painted, box, views.shown) else Reason.NOT_SHOWN


def _cover(one: _Character, covers: Sequence[Painted]) -> Painted | None:
    """What was painted over a character after it, wholly and opaquely; a rectangle if any is."""
    assert one.painted is not None
    place, found = one.painted.place, None
    for cover in covers:
        if cover.place > place and cover.spans(one.box):
            found = cover
            if cover.plain_rectangle:
                break
    return found


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
                other.pieces += one.pieces
                break
        else:
            kept.append(one)
    return kept


def _around(one: Rect, other: Rect) -> Rect:
    x, y = min(one.x, other.x), min(one.y, other.y)
    return Rect(
        Mm(x), Mm(y), Mm(max(one.right, other.right) - x), Mm(max(one.bottom, other.bottom) - y)
    )

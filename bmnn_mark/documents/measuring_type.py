# SPDX-License-Identifier: Apache-2.0
"""A row of capitals measured on a sharp rendering of it: its size by height and by width."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from bmnn_mark.documents.measuring import Coverage
from bmnn_mark.errors import RulesRefused
from bmnn_mark.stamps.fonts import measure
from bmnn_mark.stamps.model import Face
from bmnn_mark.units import Rect

_FULL, _HALF = 255, 128
_FIRST_LETTER = 0.62  # of its width: enough to hold its stem, and no part of the next letter
_LETTER_SHARE = 0.3  # of a letter's fullest row; less is what a blurred line leaves nearby
_EDGE = 8  # pixels within which a letter's flat end has come to its full width
AGREE, ROUGHLY = 0.03, 0.10
"""Share by which sizes by width and by height may differ, on a clean drawing and on a scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSeen:
    """A row of capitals as seen.

    Attributes:
        ink: box of its ink, mm.
        size_pt: size of type by the height of its first capital, borne out by its width; None
            where its face has no such text, or its first letter no ink.
        like_face: its width is that of the face the form names, so the size is sharp.
    """

    ink: Rect
    size_pt: float | None
    like_face: bool


def measure_type(
    coverage: Coverage, inside: Rect, text: str, face: Face, *, agree: float = AGREE
) -> TypeSeen | None:
    """The size of a row of type that reads ``text``; None where there is no ink.

    The first capital must bear no diacritic; all wordings of the forms begin so. Of a single letter
    the whole height counts.

    Args:
        coverage: the ink, upright.
        inside: where only the row is, mm; nothing of a border.
        text: what it reads.
        face: the face the form asks for.
        agree: share by which the sizes by width and by height may differ for the face to count as
            the form's.
    """
    x0, y0, x1, y1 = (round(edge) for edge in coverage.pixels(inside))
    part = coverage.image.crop((x0, y0, x1, y1))
    ink = part.point([0] * _HALF + [_FULL] * _HALF).getbbox()
    if ink is None:
        return None
    box = coverage.rect(x0 + ink[0], y0 + ink[1], x0 + ink[2], y0 + ink[3])
    sizes = _normal(text, face)
    if sizes is None:
        return TypeSeen(ink=box, size_pt=None, like_face=False)
    norm, first = sizes
    by_width = float(box.width / norm.width)
    if len(text) == 1:
        by_height = float(box.height / norm.height)
    else:
        share = _FIRST_LETTER * float(first.width / norm.width)
        letter = part.crop((ink[0], ink[1], round(ink[0] + share * (ink[2] - ink[0])), ink[3]))
        by_height = coverage.mm(_height(letter)) / float(first.height)
    by_row = float(box.height / norm.height)  # a thin stem or a round letter has no flat ends
    like = any(high > 0 and abs(by_width / high - 1) <= agree for high in (by_height, by_row))
    size = by_width if like else by_height
    return TypeSeen(ink=box, size_pt=size or None, like_face=like)


def _normal(untrusted_text: str, face: Face) -> tuple[Rect, Rect] | None:
    """The ink of a text and of its first letter at 1 pt; None where the face cannot draw them.

    A document may say that its stamp reads anything.
    """
    try:
        both = (measure(untrusted_text, face, 1.0).ink, measure(untrusted_text[:1], face, 1.0).ink)
    except RulesRefused:
        return None
    return both if all(one.width and one.height for one in both) else None


def _height(letter: Image.Image) -> float:
    """Height of a letter with flat top and foot, in pixels with fractions."""
    wide, high = letter.size
    if not wide or not high:
        return 0.0
    padded = Image.new("L", (wide, high + 4))
    padded.paste(letter, (0, 2))
    rows = padded.resize((1, high + 4), Image.Resampling.BOX).tobytes()
    first, last = _longest_run(rows, _LETTER_SHARE * max(rows))
    if not max(rows):
        return 0.0
    return _flat_edge(rows[::-1], len(rows) - 1 - last, len(rows)) - _flat_edge(rows, first, 0)


def _longest_run(rows: bytes, least: float) -> tuple[int, int]:
    """First and last of the longest run of rows with so much ink."""
    best, begin = (0, -1), 0
    for at, level in enumerate((*rows, -1)):
        if level < least:
            if at - 1 - begin > best[1] - best[0]:
                best = begin, at - 1
            begin = at + 1
    return best


def _flat_edge(rows: bytes, first: int, mirrored: int) -> float:
    """The edge of a flat end that begins about row ``first``: where it has half its full width."""
    full = max(rows[first : first + _EDGE])
    at = next(row for row in range(first, first + _EDGE) if 2 * rows[row] >= full)
    before = rows[at - 1] if at else 0
    part = (rows[at] - full / 2) / (rows[at] - before) if rows[at] > before else 0.0
    edge = at + 0.5 - part
    return mirrored - edge if mirrored else edge

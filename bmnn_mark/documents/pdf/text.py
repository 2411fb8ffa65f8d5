# SPDX-License-Identifier: Apache-2.0
"""Lines of text with their place on the displayed page, as pdfium reads them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import pypdfium2

from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.rendering import PdfiumPages
from bmnn_mark.units import Mm, Rect

_CHARS = 60_000
_PIECES = 4_000
_COLUMN_GAP = 2.0  # in heights of the line
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of one column.

    Attributes:
        text: NFC, blanks collapsed; untrusted.
        box: its place on the displayed page, mm.
    """

    text: str
    box: Rect


def page_text(engine: PdfiumPages, page: int) -> str:
    """All text of a page, NFC, in the file's order; empty where it cannot be read.

    Text is a help to find places. A page without any is treated like a scan.
    """
    try:
        sheet = engine.document[page - 1]
    except pypdfium2.PdfiumError:
        return ""
    try:
        words = sheet.get_textpage()
        try:
            count = min(words.count_chars(), _CHARS)
            return unicodedata.normalize("NFC", words.get_text_range(0, count)) if count else ""
        finally:
            words.close()
    except (pypdfium2.PdfiumError, UnicodeError):
        return ""
    finally:
        sheet.close()


def text_lines(engine: PdfiumPages, frame: PageFrame) -> tuple[TextLine, ...]:
    """The lines of a page, from top to bottom; empty where its text cannot be read."""
    try:
        sheet = engine.document[frame.page - 1]
    except pypdfium2.PdfiumError:
        return ()
    try:
        words = sheet.get_textpage()
        try:
            return _join(_pieces(words, frame))
        finally:
            words.close()
    except (pypdfium2.PdfiumError, UnicodeError):
        return ()
    finally:
        sheet.close()


def _pieces(words: pypdfium2.PdfTextPage, frame: PageFrame) -> list[TextLine]:
    """The engine's own runs of text that lie on the visible page."""
    if words.count_chars() > _CHARS:
        return []
    pieces = []
    for index in range(min(words.count_rects(), _PIECES)):
        corners = words.get_rect(index)
        text = _tidy(words.get_text_bounded(*corners))
        box = frame.seen_box(corners)
        if text and box.overlaps(frame.sheet):
            pieces.append(TextLine(text=text, box=box))
    return pieces


def _tidy(text: str) -> str:
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip()


def _join(pieces: list[TextLine]) -> tuple[TextLine, ...]:
    """Pieces of one row of one column put together."""
    rows: list[list[TextLine]] = []
    for piece in sorted(pieces, key=lambda one: one.box.y + one.box.height / 2):
        row = rows[-1] if rows else []
        if row and _same_row(row[-1].box, piece.box):
            row.append(piece)
        else:
            rows.append([piece])
    lines = [line for row in rows for line in _columns(row)]
    return tuple(sorted(lines, key=lambda one: (one.box.y, one.box.x)))


def _same_row(one: Rect, other: Rect) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.y, other.y)
    return shared > 0.5 * min(one.height, other.height)


def _columns(row: list[TextLine]) -> list[TextLine]:
    row.sort(key=lambda one: one.box.x)
    lines = [row[0]]
    for piece in row[1:]:
        last = lines[-1]
        if piece.box.x - last.box.right > _COLUMN_GAP * max(last.box.height, piece.box.height):
            lines.append(piece)
        else:
            lines[-1] = _joined(last, piece)
    return lines


def _joined(one: TextLine, other: TextLine) -> TextLine:
    x, y = min(one.box.x, other.box.x), min(one.box.y, other.box.y)
    right = max(one.box.right, other.box.right)
    bottom = max(one.box.bottom, other.box.bottom)
    gap = other.box.x - one.box.right
    between = " " if gap > 0.15 * one.box.height else ""
    return TextLine(
        text=f"{one.text}{between}{other.text}", box=Rect(Mm(x), Mm(y), right - x, bottom - y)
    )

# SPDX-License-Identifier: Apache-2.0
"""A journal on paper: A4 sheets of large QR codes, with lines for people above them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bmnn_mark.documents.pdf.fresh import FreshPage, write_fresh
from bmnn_mark.i18n import Lang, words
from bmnn_mark.register.journal import Journal
from bmnn_mark.stamps.compose import text_lines
from bmnn_mark.stamps.data_code import MODULES, data_code
from bmnn_mark.stamps.model import Face, StampDrawing
from bmnn_mark.tracking.part_decoding import SHEET_PARTS
from bmnn_mark.tracking.parts import series_name
from bmnn_mark.units import Mm, Point, Size

#: Most sheets that are printed of one journal; a longer one is carried as a file.
MOST_SHEETS = 40
_A4 = Size(Mm(210), Mm(297))
_COLUMNS = 3
#: Side of a module: three photocopies leave 0.45 mm readable.
_MODULE = Mm(0.48)
_LEFT, _TOP, _HEADING = Mm(12), Mm(38), Mm(9)
_COLUMN_GAP, _ROW_GAP = Mm(8.7), Mm(8)
#: From the top of a code up to the top of its number: the quiet zone and the number.
_NUMBER_ABOVE = Mm(5.2)
_TITLE_PT, _LINE_PT, _NUMBER_PT = 12.0, 9.0, 7.0
_GROUP = 4

Placed = tuple[StampDrawing, Point]


def sheets_for(codes: int) -> int:
    """How many sheets so many codes take."""
    return -(-codes // SHEET_PARTS)


def write_sheets(journal: Journal, packed: bytes, texts: Sequence[str], target: Path) -> None:
    """Write the sheets of a journal as a PDF.

    Args:
        journal: what is told.
        packed: its bytes.
        texts: the codes' texts, in their order.
        target: a new file.
    """
    pages = [
        FreshPage(_A4, tuple(_sheet(journal, packed, texts, first)))
        for first in range(0, len(texts), SHEET_PARTS)
    ]
    write_fresh(pages, target)


def grouped(digits: str) -> str:
    """Digits in fours, as people read them out.

    >>> grouped("0123456789ab")
    '0123 4567 89ab'
    """
    return " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def _sheet(journal: Journal, packed: bytes, texts: Sequence[str], first: int) -> Iterator[Placed]:
    yield from _heading(journal, packed, first // SHEET_PARTS + 1, sheets_for(len(texts)))
    side = _MODULE * MODULES
    for place, text in enumerate(texts[first : first + SHEET_PARTS]):
        row, column = divmod(place, _COLUMNS)
        corner = Point(_LEFT + column * (side + _COLUMN_GAP), _TOP + row * (side + _ROW_GAP))
        number = _word("sheet_part", part=first + place + 1, parts=len(texts))
        label = text_lines((number,), Face.REGULAR, _NUMBER_PT)
        yield label, Point(corner.x, corner.y - _NUMBER_ABOVE)
        yield data_code(text, _MODULE), corner


def _heading(journal: Journal, packed: bytes, sheet: int, sheets: int) -> Iterator[Placed]:
    title = [_word("sheet_title")]
    if journal.rehearsal:
        title.append(_word("sheet_rehearsal"))
    lines = (
        _word("sheet_register", fingerprint=grouped(journal.fingerprint)),
        _word(
            "sheet_events",
            first=journal.start,
            last=journal.size - 1,
            at=journal.head.at[:19].replace("T", " "),
            root=grouped(journal.head.root.hex()[:32]),
        ),
        _word("sheet_number", journal=series_name(packed), sheet=sheet, sheets=sheets),
    )
    y = _HEADING
    for drawing in (
        text_lines((" – ".join(title),), Face.BOLD, _TITLE_PT),
        text_lines(lines, Face.REGULAR, _LINE_PT),
    ):
        yield drawing, Point(_LEFT, y)
        y += drawing.size.height + 1


def _word(key: str, **blanks: object) -> str:
    """Sheets are read in another office: always in Vietnamese."""
    return words(f"journal.{key}", Lang.VI, **blanks)

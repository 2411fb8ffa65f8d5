# SPDX-License-Identifier: Apache-2.0
"""What a paper says, before it is a Word document, a PDF or a spreadsheet: plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bmnn_mark.i18n import Lang, words
from bmnn_mark.rules import Level

#: What stands in a cell. A text may have several lines; a day is shown as ``dd/mm/yyyy``.
Cell = str | int | date


class Align(StrEnum):
    """Where text stands in its column or line."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"
    JUSTIFIED = "justified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        heading: its heading.
        share: its width as a share of the others'; any positive number.
        align: where its cells' text stands.
    """

    heading: str
    share: float = 1.0
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; every row has a cell for each column.

    Attributes:
        columns: from left to right.
        rows: from top to bottom.
        caption: stands above it, and names its sheet in a spreadsheet; empty for none.
        numbered: the columns' numbers stand below the headings, as forms of books have them.
        bold_last: the last row is a sum.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    numbered: bool = False
    bold_last: bool = False

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row does not fit the columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph."""

    text: str
    bold: bool = False
    italic: bool = False
    align: Align = Align.JUSTIFIED
    indent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture (PNG) as wide as the text."""

    png: bytes


Block = Text | Table | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What stands above the title of an administrative document (NĐ 30/2020, Phụ lục I).

    Attributes:
        agency: tên cơ quan ban hành.
        superior: tên cơ quan chủ quản; empty for none.
        number_sign: số, ký hiệu; empty leaves room for the hand.
        place: địa danh; empty leaves room for the hand.
        on: its day; None leaves room for the hand.
    """

    agency: str
    superior: str = ""
    number_sign: str = ""
    place: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Where somebody signs.

    Attributes:
        title: quyền hạn, chức vụ or the part played, on one line or two; empty leaves dots.
        name: who; empty leaves room for the hand.
        hint: small line below the title, as ``(Ký, ghi rõ họ tên)``; empty for none.
    """

    title: str = ""
    name: str = ""
    hint: str = ""


#: Room for a signature that nobody is named for.
NOBODY = Signature()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The cover page of a book.

    Attributes:
        superior: superior body; empty for none.
        agency: whose book it is.
        title: of the book.
        lines: what the cover states, each a label and a value; an empty value leaves dots.
        notes: small print: where the columns come from, how to handle the book.
    """

    agency: str
    title: str
    lines: tuple[tuple[str, str], ...]
    superior: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A whole paper.

    Attributes:
        title: tên loại, in capitals: ``BIÊN BẢN``.
        subject: what it is about; empty for none.
        blocks: its body.
        head: letterhead; None for a book, whose cover names the agency.
        cover: cover page; None for none.
        copies_to: lines of Nơi nhận; empty for a paper that goes to nobody.
        signatures: where people sign, left to right, two or three in a row.
        footnote: small print at the foot of each page; empty for none.
        landscape: A4 with the long side across.
        handle_at: the highest level of what it names; None where it names no secret.
    """

    title: str
    subject: str = ""
    blocks: tuple[Block, ...]
    head: Letterhead | None = None
    cover: Cover | None = None
    copies_to: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    footnote: str = ""
    landscape: bool = False
    handle_at: Level | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables, in their order."""
        return tuple(block for block in self.blocks if isinstance(block, Table))


_ORDER = tuple(Level)


def highest(levels: Iterable[Level | None]) -> Level | None:
    """The highest of some levels; None where there is none.

    >>> highest([Level.MAT, None, Level.TOI_MAT])
    <Level.TOI_MAT: 'toi-mat'>
    """
    return max((one for one in levels if one is not None), key=_ORDER.index, default=None)


def show_day(day: date | None) -> str:
    """A day in a table; empty for none.

    >>> show_day(date(2026, 3, 2))
    '02/03/2026'
    """
    return "" if day is None else f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def spoken_day(day: date | None) -> str:
    """A day as administrative documents write it: days below 10 and months 1, 2 get a zero.

    >>> spoken_day(date(2026, 3, 2))
    'ngày 02 tháng 3 năm 2026'
    """
    if day is None:
        return "ngày      tháng      năm        "
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year:04d}"


def level_word(level: Level | None, lang: Lang = Lang.VI) -> str:
    """What a level is called; empty for none."""
    return "" if level is None else words(f"cli.level.{level.value}", lang)

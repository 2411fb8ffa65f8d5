# SPDX-License-Identifier: Apache-2.0
"""The books of a year as papers: outgoing, incoming, copying, handing over.

Columns, their order and their headings are figures of the rules; where they come from stands on
the cover. What the register does not know is left empty for the hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from bmnn_mark.i18n import Lang, words
from bmnn_mark.register.book_rows import (
    ChangeEntry,
    CopyingEntry,
    HandOverEntry,
    IncomingEntry,
    OutgoingEntry,
    RecipientEntry,
)
from bmnn_mark.register.life import CopyAct
from bmnn_mark.reports.paper import (
    Align,
    Cell,
    Column,
    Cover,
    Paper,
    Table,
    Text,
    highest,
    level_word,
    show_day,
)
from bmnn_mark.rules import Basis, Level
from bmnn_mark.rules.books import BookColumn


class Book(StrEnum):
    """A book that an office keeps of its secrets."""

    OUTGOING = "di"
    INCOMING = "den"
    COPYING = "sao-chup"
    HANDING_OVER = "chuyen-giao"

    @property
    def rule(self) -> str:
        """Its figure in the group ``books`` of a rule pack."""
        return _RULES[self]


_RULES = {
    Book.OUTGOING: "outgoing",
    Book.INCOMING: "incoming",
    Book.COPYING: "copying",
    Book.HANDING_OVER: "handing-over",
}
Entry = OutgoingEntry | IncomingEntry | CopyingEntry | HandOverEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class BookOrder:
    """What a book is made of besides its lines.

    Attributes:
        book: which one.
        year: of its lines.
        agency: whose it is.
        superior: superior body; empty for none.
        number: of the volume; empty leaves dots.
        columns: from left to right.
        basis: what the columns rest on.
        printed_on: day on which it is made.
        witness: what tells the state of the register that it was made from; empty for nothing.
        kinds: what kinds of copies are called.
    """

    book: Book
    year: int
    agency: str
    columns: tuple[BookColumn, ...]
    basis: Basis
    printed_on: date
    superior: str = ""
    number: str = ""
    witness: str = ""
    kinds: Mapping[str, str]


def book_paper(order: BookOrder, entries: Sequence[Entry]) -> Paper:
    """The book, its cover first; running numbers begin with 01 each year."""
    levels = highest(level for one in entries for level in _levels(one))
    table = Table(
        columns=tuple(_column(one) for one in order.columns),
        rows=tuple(
            tuple(_cell(column.key, one, number, order) for column in order.columns)
            for number, one in enumerate(entries, 1)
        ),
        numbered=True,
    )
    empty = () if entries else (Text(text=_say("book.empty", year=order.year)),)
    title = _say(f"book.{order.book}.title")
    return Paper(
        title=title,
        blocks=(*empty, table),
        cover=_cover(order, entries, title, levels),
        footnote=_say("book.foot", year=order.year, printed=show_day(order.printed_on)),
        landscape=True,
        handle_at=levels,
    )


def left_to_hand(order: BookOrder, paper: Paper) -> dict[str, int]:
    """By heading, how many cells a person has to fill in; columns without any are not named."""
    (table,) = paper.tables
    empty = {
        column.heading: sum(1 for row in table.rows if row[place] == "")
        for place, column in enumerate(order.columns)
        if column.key not in _MAY_BE_EMPTY
    }
    return {heading: many for heading, many in empty.items() if many}


#: Columns in which nothing is something: no note, not returned yet.
_MAY_BE_EMPTY = frozenset({"note", "returned", "destroyed", "pages", "purpose", "of-copy"})


def _cover(order: BookOrder, entries: Sequence[Entry], title: str, level: Level | None) -> Cover:
    days = [_day(one) for one in entries]
    span = first = last = ""
    if days:
        span = _say("book.span", first=show_day(min(days)), last=show_day(max(days)))
        first, last = "01", f"{len(entries):02d}"
    numbers = _say("book.numbers", first=first, last=last) if entries else ""
    notes = [_say("book.basis", basis=order.basis.cited(Lang.VI))]
    if any(column.key == "title" for column in order.columns):
        notes.append(_say("book.no_title"))
    if level is not None:
        notes.append(_say("book.handle", level=level_word(level)))
    if order.witness:
        notes.append(order.witness)
    return Cover(
        superior=order.superior,
        agency=order.agency,
        title=title,
        lines=(
            (_say("book.year"), str(order.year)),
            (_say("book.days"), span),
            (_say("book.range"), numbers),
            (_say("book.volume"), order.number),
        ),
        notes=tuple(notes),
    )


#: By key, share of the width and alignment; others take one share, on the left.
_SHAPES: Mapping[str, tuple[float, Align]] = {
    "order": (0.7, Align.CENTRE),
    "number-sign": (1.7, Align.LEFT),
    "dated": (1.5, Align.CENTRE),
    "arrived": (1.3, Align.CENTRE),
    "permitted-on": (1.3, Align.CENTRE),
    "on": (1.3, Align.CENTRE),
    "arrival-number": (0.8, Align.CENTRE),
    "agency": (2.0, Align.LEFT),
    "title": (3.2, Align.LEFT),
    "level": (1.0, Align.CENTRE),
    "level-letter": (0.8, Align.CENTRE),
    "signer": (1.6, Align.LEFT),
    "recipients": (2.8, Align.LEFT),
    "kept-by": (1.3, Align.LEFT),
    "unit": (2.4, Align.LEFT),
    "copies": (0.8, Align.CENTRE),
    "allowed": (0.9, Align.CENTRE),
    "pages": (0.8, Align.CENTRE),
    "copy": (0.9, Align.CENTRE),
    "of-copy": (0.9, Align.CENTRE),
    "destroyed": (1.0, Align.CENTRE),
    "returned": (1.3, Align.CENTRE),
    "permitted-by": (1.9, Align.LEFT),
    "receiver": (2.4, Align.LEFT),
    "giver": (1.6, Align.LEFT),
    "note": (2.0, Align.LEFT),
    "hand": (1.6, Align.LEFT),
}


def _column(one: BookColumn) -> Column:
    share, align = _SHAPES.get(one.key, (1.4, Align.LEFT))
    return Column(heading=one.heading, share=share, align=align)


def _levels(one: Entry) -> Iterable[Level]:
    yield one.level
    if isinstance(one, OutgoingEntry | IncomingEntry):
        yield from (change.level for change in one.changes)


def _day(one: Entry) -> date:
    match one:
        case OutgoingEntry():
            return one.dated
        case IncomingEntry():
            return one.arrived
    return one.on


def _cell(key: str, one: Any, number: int, order: BookOrder) -> Cell:
    """What stands in a column of a line; a key is one that the rules allow for its book."""
    built = _BUILT.get((order.book, key)) or _BUILT.get((None, key))
    if built is not None:
        return built(one, number, order)
    value = getattr(one, key.replace("-", "_"))
    return "" if value is None else value if isinstance(value, int | date) else str(value)


def _letter(level: Level) -> str:
    return {Level.TUYET_MAT: "A", Level.TOI_MAT: "B", Level.MAT: "C"}[level]


def _people(recipients: Sequence[RecipientEntry]) -> str:
    """A line for each: the copies, the name, and when they were handed over and acknowledged."""
    return "\n".join(_person(one) for one in recipients)


def _person(one: RecipientEntry) -> str:
    who = _say("book.recipient", copies=_ranges(one.copies), name=one.name or "……………")
    if one.handed_on is None:
        return who
    receipt = f", {one.receipt}" if one.receipt else ""
    return who + _say("book.handed", on=show_day(one.handed_on), receipt=receipt)


def _ranges(numbers: Sequence[int]) -> str:
    """Copy numbers, runs of them as from and to.

    >>> _ranges([1, 2, 3, 7])
    '01-03, 07'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(
        f"{run[0]:02d}" if len(run) == 1 else f"{run[0]:02d}-{run[-1]:02d}" for run in runs
    )


def _note_of_outgoing(one: OutgoingEntry, _number: int, _order: BookOrder) -> str:
    unmade = one.copies - one.made
    notes = [_say("book.unmade", many=unmade)] if unmade else []
    return "\n".join([*notes, *_changes(one.changes)])


def _note_of_incoming(one: IncomingEntry, _number: int, _order: BookOrder) -> str:
    copies = [_say("book.copies", many=one.copies)] if one.copies > 1 else []
    return "\n".join([*([one.note] if one.note else []), *copies, *_changes(one.changes)])


def _note_of_hand_over(one: HandOverEntry, _number: int, _order: BookOrder) -> str:
    return "\n".join(part for part in (one.purpose, one.note) if part)


def _changes(changes: Sequence[ChangeEntry]) -> list[str]:
    return [
        _say(
            f"book.change.{'partly-' if one.partly else ''}{one.act}",
            on=show_day(one.on),
            level=level_word(one.level),
            term=show_day(one.term),
        )
        for one in changes
    ]


def _unit(one: IncomingEntry, _number: int, _order: BookOrder) -> str:
    return "\n".join([*([one.unit] if one.unit else []), *map(_person, one.handed)])


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _act(one: HandOverEntry) -> str:
    if one.act is CopyAct.PROVIDED:
        return _say("book.act.abroad" if one.abroad else "book.act.home")
    return _say("book.act.handed")


Built = Callable[[Any, int, BookOrder], Cell]
#: What is more than the entry's own value; by book (None: any) and key.
_BUILT: Mapping[tuple[Book | None, str], Built] = {
    (None, "order"): lambda _one, number, _: f"{number:02d}",
    (None, "hand"): lambda *_: "",
    (None, "level"): lambda one, *_: level_word(one.level),
    (None, "level-letter"): lambda one, *_: _letter(one.level),
    (None, "recipients"): lambda one, *_: _people(one.recipients),
    (None, "pages"): lambda one, *_: one.pages or "",
    (Book.OUTGOING, "note"): _note_of_outgoing,
    (Book.INCOMING, "note"): _note_of_incoming,
    (Book.INCOMING, "arrival-number"): lambda one, *_: f"{one.number:02d}",
    (Book.INCOMING, "unit"): _unit,
    (Book.COPYING, "permitted-on"): lambda one, *_: one.on,
    (Book.COPYING, "kind"): lambda one, _, order: order.kinds[one.kind],
    (Book.COPYING, "of-copy"): lambda one, *_: f"{one.of_copy:02d}" if one.of_copy else "",
    (Book.COPYING, "permitted-by"): lambda one, *_: _lines(one.permitted_by, one.office),
    (Book.COPYING, "destroyed"): lambda one, *_: one.spoiled or "",
    (Book.COPYING, "note"): lambda *_: "",
    (Book.HANDING_OVER, "copy"): lambda one, *_: f"{one.copy:02d}/{one.of:02d}",
    (Book.HANDING_OVER, "act"): lambda one, *_: _act(one),
    (Book.HANDING_OVER, "receiver"): lambda one, *_: _lines(one.receiver, one.office),
    (Book.HANDING_OVER, "note"): _note_of_hand_over,
}


def _say(key: str, /, **blanks: object) -> str:
    return words(f"reports.{key}", Lang.VI, **blanks)

# SPDX-License-Identifier: Apache-2.0
"""What letters, minutes and slips have in common: people, lists of copies, set phrases.

No official form of any of these papers was read: layout follows NĐ 30/2020, the wording is the
project's own, and a line at the foot of each page says so. None of them holds a title, so none
says what a Tuyệt mật document is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bmnn_mark.i18n import Lang, words
from bmnn_mark.reports.paper import (
    Align,
    Block,
    Cell,
    Column,
    Table,
    Text,
    highest,
    level_word,
    show_day,
)
from bmnn_mark.rules import Level

#: Where something is left to the hand.
DOTS = "……………………………………………"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who takes part: name, post or unit, the part played (``Người chứng kiến``)."""

    name: str
    office: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCopy:
    """One copy as papers list it; a document's title is never among it.

    Attributes:
        number_sign: số, ký hiệu of its document.
        dated: its date.
        level: its độ mật.
        copy: k.
        of: n.
        agency: who issued it; empty where that is the agency of the letterhead.
        pages: of the copy; 0 where nobody counted.
        reference: its short reference; empty for none.
        holder: who has it; empty for the office.
        office: post or unit of the holder.
        since: day from which that is so; None where it does not matter.
        due: day by which it is to be back; None for none.
        note: ghi chú.
    """

    number_sign: str
    dated: date
    level: Level
    copy: int
    of: int
    agency: str = ""
    pages: int = 0
    reference: str = ""
    holder: str = ""
    office: str = ""
    since: date | None = None
    due: date | None = None
    note: str = ""


#: By name, the columns that a list of copies may have besides its first five: share, alignment.
_MORE = {
    "holder": (3.2, Align.LEFT),
    "since": (1.7, Align.CENTRE),
    "pages": (1.0, Align.CENTRE),
    "back": (3.0, Align.LEFT),
    "note": (2.4, Align.LEFT),
}


def copies_table(copies: Sequence[ListedCopy], *more: str) -> Table:
    """Copies, one a line: running number, số and ký hiệu, date, độ mật, copy number, and ``more``.

    Args:
        copies: what is listed.
        more: further columns: ``holder``, ``since``, ``pages``, ``back`` (room to sign), ``note``.
    """
    first = (("order", 0.8), ("number_sign", 2.8), ("dated", 1.7), ("level", 1.5), ("copy", 1.3))
    columns = [
        Column(
            heading=phrase(f"column.{name}"),
            share=share,
            align=Align.LEFT if name == "number_sign" else Align.CENTRE,
        )
        for name, share in first
    ]
    columns += [
        Column(heading=phrase(f"column.{name}"), share=_MORE[name][0], align=_MORE[name][1])
        for name in more
    ]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            f"{order:02d}",
            "\n".join(part for part in (one.number_sign, one.agency) if part),
            one.dated,
            level_word(one.level),
            f"{one.copy:02d}/{one.of:02d}",
            *(_more_cell(one, name) for name in more),
        )
        for order, one in enumerate(copies, 1)
    )
    return Table(columns=tuple(columns), rows=rows)


def _more_cell(one: ListedCopy, name: str) -> str:
    match name:
        case "holder":
            return "\n".join(part for part in (one.holder, one.office) if part)
        case "since":
            return show_day(one.since)
        case "pages":
            return str(one.pages or "")
        case "back":
            return ""
    due = phrase("due", due=show_day(one.due)) if one.due else ""
    return "\n".join(part for part in (one.note, due, one.reference) if part)


def phrase(key: str, /, **blanks: object) -> str:
    """Words of these papers, which are Vietnamese whatever language the clerk's program speaks."""
    return words(f"reports.{key}", Lang.VI, **blanks)


def text_of(key: str, /, **blanks: object) -> Text:
    """A paragraph of these papers' words."""
    return Text(text=phrase(key, **blanks))


def bare(text: str) -> str:
    """A text without the full stop that the sentence around it brings."""
    return text.rstrip(" .")


def to_whom(addressee: str) -> Text:
    """The line that names who is written to."""
    return Text(text=phrase("to", addressee=addressee), align=Align.CENTRE, indent=False)


def ground(decision: str) -> tuple[Text, ...]:
    """The line that names the decision; none where there is none."""
    return (text_of("ground", decision=decision),) if decision else ()


def people_lines(people: Sequence[Person]) -> tuple[Block, ...]:
    """One line for each person who takes part."""
    return tuple(
        text_of("person", order=order, who=named(one)) for order, one in enumerate(people, 1)
    )


def named(person: Person) -> str:
    """A person with post and part, as a line of text."""
    parts = (person.name or DOTS, person.office, person.part)
    return ", ".join(part for part in parts if part)


def level_of(copies: Sequence[ListedCopy]) -> Level | None:
    """The highest level among copies."""
    return highest(one.level for one in copies)

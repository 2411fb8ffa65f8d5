# SPDX-License-Identifier: Apache-2.0
"""Letters, minutes and slips about copies: recall, destruction, change of level, hand-over.

Each is a dataclass with :meth:`paper`; :func:`bmnn_mark.reports.writing.write_paper` makes a file
of it. No official form of any of them was read: layout follows NĐ 30/2020, the wording is the
project's own, and a line at the foot of each page says so. None of them holds a title, so none
says what a Tuyệt mật document is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bmnn_mark.errors import UsageRefused
from bmnn_mark.i18n import Lang, words
from bmnn_mark.reports.paper import (
    NOBODY,
    Align,
    Block,
    Cell,
    Column,
    Letterhead,
    Paper,
    Signature,
    Table,
    Text,
    highest,
    level_word,
    show_day,
    spoken_day,
)
from bmnn_mark.rules import Level

#: Days within which those concerned are told of a change (Luật 117/2025 Điều 21).
NOTICE_DAYS = 15
_DOTS = "……………………………………………"


def notify_by(decided_on: date) -> date:
    """The last day for telling those concerned of a change.

    >>> notify_by(date(2026, 11, 22))
    datetime.date(2026, 12, 7)
    """
    return decided_on + timedelta(days=NOTICE_DAYS)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallLetter:
    """Thông báo thu hồi to one holder.

    Attributes:
        head: letterhead.
        addressee: the holder, with post or unit where known.
        copies: what the holder has.
        reason: why.
        until: day by which it is to be given back; None leaves room for the hand.
        decision: the decision or instruction it rests on; empty for none.
        signature: who signs.
    """

    head: Letterhead
    addressee: str
    copies: tuple[ListedCopy, ...]
    reason: str
    until: date | None = None
    decision: str = ""
    signature: Signature = NOBODY

    def paper(self) -> Paper:
        """The letter."""
        many = len(self.copies)
        return Paper(
            head=self.head,
            title=_say("notice"),
            subject=_say("recall.subject"),
            blocks=(
                _to(self.addressee),
                *_ground(self.decision),
                _text("recall.body", agency=self.head.agency, addressee=self.addressee, many=many),
                copies_table(self.copies, "since", "note"),
                _text("recall.reason", reason=_bare(self.reason)),
                _text("recall.until", until=spoken_day(self.until)),
                _text("recall.slip"),
            ),
            copies_to=(_say("as_above"), _say("filed")),
            signatures=(self.signature,),
            footnote=_say("own_wording"),
            handle_at=_level_of(self.copies),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderList:
    """List of all who hold copies that are called back; for the office itself.

    Attributes:
        head: letterhead.
        copies: those that are out, with their holders.
        until: day by which they are to be given back; None for none.
        signature: who signs.
    """

    head: Letterhead
    copies: tuple[ListedCopy, ...]
    until: date | None = None
    signature: Signature = NOBODY

    def paper(self) -> Paper:
        """The list, with room to tick off what came back."""
        until = (_text("recall.until_list", until=spoken_day(self.until)),) if self.until else ()
        return Paper(
            head=self.head,
            title=_say("list"),
            subject=_say("holders.subject"),
            blocks=(*until, copies_table(self.copies, "holder", "since", "back")),
            signatures=(self.signature,),
            footnote=_say("own_wording"),
            handle_at=_level_of(self.copies),
            landscape=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionMinutes:
    """Biên bản tiêu hủy.

    Attributes:
        head: letterhead.
        on: day of destruction.
        place: where; empty leaves dots.
        people: who destroyed and who saw it; two or more.
        reason: why.
        copies: what was destroyed.
        decision: who allowed it, by which decision; empty leaves dots.
        method: how; empty leaves dots.
    """

    head: Letterhead
    on: date
    people: tuple[Person, ...]
    reason: str
    copies: tuple[ListedCopy, ...]
    place: str = ""
    decision: str = ""
    method: str = ""

    def paper(self) -> Paper:
        """The minutes.

        Raises:
            UsageRefused: ``input.two_people``.
        """
        if len({one.name.casefold() for one in self.people}) < 2:
            raise UsageRefused("input.two_people")
        return Paper(
            head=self.head,
            title=_say("minutes"),
            subject=_say("destruction.subject"),
            blocks=(
                _text("destruction.we", on=spoken_day(self.on), place=self.place or _DOTS),
                *_people(self.people),
                _text("destruction.ground", decision=self.decision or _DOTS),
                _text("destruction.body", many=len(self.copies)),
                copies_table(self.copies, "pages", "note"),
                _text("destruction.reason", reason=_bare(self.reason)),
                _text("destruction.method", method=_bare(self.method) or _DOTS),
                _text("destruction.checked"),
                _text("destruction.end", many=max(2, len(self.people))),
            ),
            copies_to=(_say("filed"),),
            signatures=tuple(
                Signature(title=one.part.upper() or _say("signs"), name=one.name, hint=_say("hint"))
                for one in self.people
            ),
            footnote=_say("own_wording"),
            handle_at=_level_of(self.copies),
        )


class Change(StrEnum):
    """What changed of a document."""

    RELEVELLED = "relevelled"
    DECLASSIFIED = "declassified"
    PARTLY_DECLASSIFIED = "partly-declassified"
    TERMED = "termed"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNotice:
    """Thông báo to one recipient of a changed level, a declassification, a term or its extension.

    Attributes:
        head: letterhead.
        addressee: the recipient, with post or unit where known.
        change: what changed.
        copies: those the recipient has; their ``level`` is the one before.
        since: day from which it holds.
        level: the new one; needed where it changed.
        term: last day of protection; needed where one is stated or extended.
        decision: number, sign and date of the decision; empty leaves dots.
        until: last day for telling (:func:`notify_by`); None where it does not matter.
        signature: who signs.
    """

    head: Letterhead
    addressee: str
    change: Change
    copies: tuple[ListedCopy, ...]
    since: date
    level: Level | None = None
    term: date | None = None
    decision: str = ""
    until: date | None = None
    signature: Signature = NOBODY

    def paper(self) -> Paper:
        """The notice.

        Raises:
            UsageRefused: ``input.needed``: the new level or term is missing.
        """
        if self.change is Change.RELEVELLED and self.level is None:
            raise UsageRefused("input.needed", field="level")
        if self.change in {Change.TERMED, Change.EXTENDED} and self.term is None:
            raise UsageRefused("input.needed", field="term")
        until = (_text("change.until", until=show_day(self.until)),) if self.until else ()
        return Paper(
            head=self.head,
            title=_say("notice"),
            subject=_say(f"change.{self.change}.subject"),
            blocks=(
                _to(self.addressee),
                _text("ground", decision=self.decision or _DOTS),
                _text(
                    f"change.{self.change}.body",
                    agency=self.head.agency,
                    since=spoken_day(self.since),
                    level=level_word(self.level),
                    term=spoken_day(self.term),
                ),
                copies_table(self.copies, "since", "note"),
                _text(f"change.{self.change}.do", addressee=self.addressee),
                *until,
            ),
            copies_to=(_say("as_above"), _say("filed")),
            signatures=(self.signature,),
            footnote=_say("own_wording"),
            handle_at=highest([_level_of(self.copies), self.level]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverSlip:
    """Phiếu giao nhận, with a line for each signature; also for returning, in the other direction.

    Attributes:
        head: letterhead.
        on: the day; None leaves room for the hand.
        giver: who gives.
        receiver: who receives.
        copies: what is handed over.
        purpose: what for; empty for nothing said.
    """

    head: Letterhead
    on: date | None
    giver: Person
    receiver: Person
    copies: tuple[ListedCopy, ...]
    purpose: str = ""

    def paper(self) -> Paper:
        """The slip."""
        purpose = (_text("slip.purpose", purpose=_bare(self.purpose)),) if self.purpose else ()
        return Paper(
            head=self.head,
            title=_say("slip.title"),
            subject=_say("slip.subject"),
            blocks=(
                _text("slip.body", on=spoken_day(self.on)),
                _text("slip.giver", who=_named(self.giver)),
                _text("slip.receiver", who=_named(self.receiver)),
                *purpose,
                copies_table(self.copies, "pages", "note"),
                _text("slip.checked", many=len(self.copies)),
            ),
            signatures=(
                Signature(title=_say("slip.gives"), name=self.giver.name, hint=_say("hint")),
                Signature(title=_say("slip.receives"), name=self.receiver.name, hint=_say("hint")),
            ),
            footnote=_say("own_wording"),
            handle_at=_level_of(self.copies),
        )


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
            heading=_say(f"column.{name}"),
            share=share,
            align=Align.LEFT if name == "number_sign" else Align.CENTRE,
        )
        for name, share in first
    ]
    columns += [
        Column(heading=_say(f"column.{name}"), share=_MORE[name][0], align=_MORE[name][1])
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
    due = _say("due", due=show_day(one.due)) if one.due else ""
    return "\n".join(part for part in (one.note, due, one.reference) if part)


def _say(key: str, /, **blanks: object) -> str:
    """Words of these papers, which are Vietnamese whatever language the clerk's program speaks."""
    return words(f"reports.{key}", Lang.VI, **blanks)


def _text(key: str, /, **blanks: object) -> Text:
    return Text(text=_say(key, **blanks))


def _bare(text: str) -> str:
    """A text without the full stop that the sentence around it brings."""
    return text.rstrip(" .")


def _to(addressee: str) -> Text:
    return Text(text=_say("to", addressee=addressee), align=Align.CENTRE, indent=False)


def _ground(decision: str) -> tuple[Text, ...]:
    return (_text("ground", decision=decision),) if decision else ()


def _people(people: Sequence[Person]) -> tuple[Block, ...]:
    return tuple(
        _text("person", order=order, who=_named(one)) for order, one in enumerate(people, 1)
    )


def _named(person: Person) -> str:
    parts = (person.name or _DOTS, person.office, person.part)
    return ", ".join(part for part in parts if part)


def _level_of(copies: Sequence[ListedCopy]) -> Level | None:
    return highest(one.level for one in copies)

# SPDX-License-Identifier: Apache-2.0
"""Asking for the lines of the books: outgoing, incoming, copying, handing over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select

from bmnn_mark.register.asking import Asking, number_sign_in, text_in
from bmnn_mark.register.book_rows import (
    ChangeEntry,
    CopyingEntry,
    HandOverEntry,
    IncomingEntry,
    OutgoingEntry,
    RecipientEntry,
    RegisterState,
)
from bmnn_mark.register.events import DocumentIssued
from bmnn_mark.register.inquiry import read_entry
from bmnn_mark.register.ledger import open_fields, peaks_at, read_event, size_of
from bmnn_mark.register.life import CopyAct, Direction, Whereabouts
from bmnn_mark.register.life_events import (
    CopyActed,
    CopyingPermitted,
    DocumentActed,
    DocumentReceived,
)
from bmnn_mark.register.port import CopyState
from bmnn_mark.register.reserving import recipient_of
from bmnn_mark.register.schema import acts, attempts, documents, holdings
from bmnn_mark.register.sealing import Value
from bmnn_mark.register.tree import fold
from bmnn_mark.rules import Level

_HANDED = f"holding.{CopyAct.HANDED_OVER}"
_PROVIDED = f"holding.{CopyAct.PROVIDED}"
_RETURNED = f"holding.{CopyAct.RETURNED}"


class Reading(Asking):
    """Reads the books from one state of the register."""

    def state(self) -> RegisterState:
        """How many events there are, and the root of their tree.

        Raises:
            RegisterRefused: ``register.broken``.
        """
        size = size_of(self._connection)
        return RegisterState(events=size, root=fold(peaks_at(self._connection, size)).hex())

    def outgoing(self, first: date, last: date) -> tuple[OutgoingEntry, ...]:
        """Documents of those days, in the order in which they were entered the first time.

        Raises:
            RegisterRefused: ``register.broken``.
        """
        entered = select(func.min(attempts.c.position)).where(
            attempts.c.document_id == documents.c.document_id
        )
        query = (
            select(documents)
            .where(documents.c.direction == Direction.OUT.value)
            .where(documents.c.dated.between(first.isoformat(), last.isoformat()))
            .order_by(entered.scalar_subquery())
        )
        return tuple(self._outgoing(row) for row in self._rows(query))

    def incoming(self, first: date, last: date) -> tuple[IncomingEntry, ...]:
        """Documents that arrived on those days, by số đến.

        Raises:
            RegisterRefused: ``register.broken``.
        """
        arrived = (
            select(acts.c.document_id)
            .where(acts.c.act == DocumentReceived.TYPE)
            .where(acts.c.day.between(first.isoformat(), last.isoformat()))
        )
        query = select(documents).where(documents.c.document_id.in_(arrived))
        entries = [self._incoming(row) for row in self._rows(query)]
        return tuple(sorted(entries, key=lambda one: (one.arrived.year, one.number)))

    def copyings(self, first: date, last: date) -> tuple[CopyingEntry, ...]:
        """Copies permitted on those days, in the order in which they were entered.

        Raises:
            RegisterRefused: ``register.broken``.
        """
        return tuple(
            self._copying(row) for row in self._acts((CopyingPermitted.TYPE,), first, last)
        )

    def hand_overs(self, first: date, last: date) -> tuple[HandOverEntry, ...]:
        """Copies handed over or provided on those days, by day.

        Raises:
            RegisterRefused: ``register.broken``.
        """
        entries = [self._hand_over(row) for row in self._acts((_HANDED, _PROVIDED), first, last)]
        return tuple(sorted(entries, key=lambda one: one.on))

    def _outgoing(self, row: Row[Any]) -> OutgoingEntry:
        what, fields = self._event(row.issued, DocumentIssued)
        changes = self._changes(row.document_id)
        return OutgoingEntry(
            document_id=row.document_id,
            number_sign=number_sign_in(fields),
            dated=what.dated,
            level=what.level,
            title=_title(fields, what.level, changes),
            signer=text_in(fields, "signer"),
            kept_by=text_in(fields, "kept_by"),
            recipients=self._recipients(row.document_id),
            copies=row.copies,
            made=self._made(row.document_id),
            pages=what.pages,
            changes=changes,
        )

    def _made(self, document_id: str) -> int:
        """How many copies there are or were; one whose only paper is spoiled is none."""
        made: int = self._connection.execute(
            select(func.count())
            .select_from(holdings)
            .where(holdings.c.document_id == document_id)
            .where(holdings.c.whereabouts != Whereabouts.NOT_MADE.value)
        ).scalar_one()
        return made

    def _incoming(self, row: Row[Any]) -> IncomingEntry:
        what, fields = self._event(row.issued, DocumentReceived)
        changes = self._changes(row.document_id)
        identity = fields.get("identity")
        return IncomingEntry(
            document_id=row.document_id,
            number=what.number,
            arrived=what.arrived,
            agency=text_in(identity, "agency") if isinstance(identity, dict) else "",
            number_sign=number_sign_in(fields),
            dated=what.dated,
            level=what.level,
            title=_title(fields, what.level, changes),
            unit=text_in(fields, "unit"),
            note=text_in(fields, "note"),
            copies=len(what.numbers),
            pages=what.pages,
            handed=tuple(self._handed(row.document_id)),
            changes=changes,
        )

    def _copying(self, act: Row[Any]) -> CopyingEntry:
        what, fields = self._event(act.n, CopyingPermitted)
        states = Counter(
            self._connection.execute(
                select(attempts.c.state).where(attempts.c.document_id == what.document)
            ).scalars()
        )
        return CopyingEntry(
            document_id=what.document,
            on=what.on,
            number_sign=number_sign_in(fields),
            dated=what.dated,
            level=what.level,
            kind=what.kind,
            of_copy=what.of_copy,
            allowed=what.allowed,
            copies=what.copies,
            permitted_by=text_in(fields, "permitted_by"),
            office=text_in(fields, "office"),
            clause=text_in(fields, "clause"),
            purpose=text_in(fields, "purpose"),
            recipients=self._recipients(what.document),
            spoiled=states[CopyState.SPOILED.value],
            copier=text_in(fields, "actor"),
        )

    def _hand_over(self, act: Row[Any]) -> HandOverEntry:
        what, fields = self._event(act.n, CopyActed)
        document = self._rows(select(documents).where(documents.c.document_id == act.document_id))[
            0
        ]
        entered, entry = read_entry(self._connection, document.issued)
        return HandOverEntry(
            document_id=act.document_id,
            on=what.on,
            number_sign=number_sign_in(self._open(entry)),
            dated=entered.dated,
            level=Level(act.level),
            copy=what.copy,
            of=document.copies,
            act=what.act,
            abroad=what.abroad,
            giver=text_in(fields, "actor"),
            receiver=text_in(fields, "party"),
            office=text_in(fields, "office"),
            purpose=text_in(fields, "purpose"),
            receipt=text_in(fields, "receipt"),
            decision=text_in(fields, "decision"),
            clause=text_in(fields, "clause"),
            returned=self._returned(act),
            note=text_in(fields, "note"),
        )

    def _returned(self, act: Row[Any]) -> date | None:
        """The day on which a copy came back after it was handed over, if before the next time."""
        later = self._next_act(act, (_HANDED, _PROVIDED, _RETURNED))
        if later is None or later.act != _RETURNED:
            return None
        return date.fromisoformat(later.day)

    def _changes(self, document_id: str) -> tuple[ChangeEntry, ...]:
        numbers = self._connection.execute(
            select(acts.c.n)
            .where(acts.c.document_id == document_id, acts.c.copy == 0)
            .where(acts.c.act.like("document.%"))
            .order_by(acts.c.n)
        ).scalars()
        events = (read_event(self._connection, n).leaf.what for n in numbers.all())
        return tuple(
            ChangeEntry(
                act=what.act, on=what.on, level=what.level, term=what.term, partly=what.partly
            )
            for what in events
            if isinstance(what, DocumentActed)
        )

    def _recipients(self, document_id: str) -> tuple[RecipientEntry, ...]:
        """Who the copies are for, those of one recipient together, by copy number."""
        copies: dict[str, list[int]] = {}
        newest = select(attempts.c.copy, func.max(attempts.c.position).label("position"))
        rows = self._rows(
            newest.where(attempts.c.document_id == document_id)
            .group_by(attempts.c.copy)
            .order_by(attempts.c.copy)
        )
        for row in rows:
            event = read_event(self._connection, row.position - 1)
            sealed = open_fields(self._sealer, event, "recipient").get("recipient")
            name = recipient_of(sealed).name if sealed is not None else ""
            copies.setdefault(name, []).append(row.copy)
        handed = self._last_handed(document_id)
        return tuple(_recipient(name, numbers, handed) for name, numbers in copies.items())

    def _last_handed(self, document_id: str) -> dict[int, tuple[date, str]]:
        """By copy, when it was handed over last, and how that was acknowledged."""
        handed: dict[int, tuple[date, str]] = {}
        for what, fields in self._hand_overs_of(document_id):
            handed[what.copy] = (what.on, text_in(fields, "receipt"))
        return handed

    def _handed(self, document_id: str) -> Iterator[RecipientEntry]:
        for what, fields in self._hand_overs_of(document_id):
            yield RecipientEntry(
                name=text_in(fields, "party"),
                copies=(what.copy,),
                handed_on=what.on,
                receipt=text_in(fields, "receipt"),
            )

    def _hand_overs_of(self, document_id: str) -> Iterator[tuple[CopyActed, Mapping[str, Value]]]:
        rows = self._rows(
            select(acts.c.n)
            .where(acts.c.document_id == document_id, acts.c.act.in_((_HANDED, _PROVIDED)))
            .order_by(acts.c.n)
        )
        for row in rows:
            yield self._event(row.n, CopyActed)


def _recipient(
    name: str, numbers: Sequence[int], handed: Mapping[int, tuple[date, str]]
) -> RecipientEntry:
    days = [handed[number][0] for number in numbers if number in handed]
    complete = len(days) == len(numbers)
    receipt = next((handed[number][1] for number in reversed(numbers) if number in handed), "")
    return RecipientEntry(
        name=name,
        copies=tuple(numbers),
        handed_on=max(days) if complete else None,
        receipt=receipt,
    )


def _title(fields: Mapping[str, Value], level: Level, changes: Sequence[ChangeEntry]) -> str:
    """A title, unless the document is or ever was Tuyệt mật."""
    if Level.TUYET_MAT in {level, *(change.level for change in changes)}:
        return ""
    return text_in(fields, "title")

# SPDX-License-Identifier: Apache-2.0
"""What a register has to do with registers that it is not linked to, through one object.

Its own events go out as journals; those of others come in; their page codes are opened with the
trace keys that they handed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime

from sqlalchemy import Connection, Engine

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import database, foreign
from bmnn_mark.register.archive import fingerprint
from bmnn_mark.register.central import Taken, TakenIn, Taking, take_in
from bmnn_mark.register.events import RegisterCreated, show_time
from bmnn_mark.register.journal import (
    Journal,
    events_of_time,
    events_since_last,
    journals_between,
    only_of_journals,
)
from bmnn_mark.register.journal_events import JournalIssued, TraceKeyExported, TraceKeyImported
from bmnn_mark.register.journal_views import (
    ForeignCount,
    ForeignKey,
    ForeignSheet,
    ReceivedRegister,
)
from bmnn_mark.register.ledger import Entering, Sealing
from bmnn_mark.text import one_line
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.code import PageCode

EnteringNow = Callable[[], AbstractContextManager[tuple[Connection, Entering]]]


class Journals:
    """A register's journals and those of others; made by :attr:`Register.journals`."""

    def __init__(
        self, engine: Engine, created: RegisterCreated, sealing: Sealing, entering: EnteringNow
    ) -> None:
        self._engine = engine
        self._created = created
        self._sealing = sealing
        self._entering = entering

    @property
    def fingerprint(self) -> str:
        """SHA-256 of this register's public key: what the other side compares."""
        return fingerprint(bytes.fromhex(self._created.public_key))

    def since_last(self) -> tuple[Journal, ...]:
        """The events that no journal was made of yet.

        Raises:
            RegisterRefused: ``journal.nothing_new``, ``register.broken``.
        """
        with database.reading(self._engine) as connection:
            start, end = events_since_last(connection)
            journals = tuple(journals_between(connection, self._created, start, end))
        if only_of_journals(journals):
            raise RegisterRefused("journal.nothing_new")
        return journals

    def of_time(self, first: datetime, last: datetime) -> tuple[Journal, ...]:
        """The events entered from one time to before another.

        Raises:
            RegisterRefused: ``journal.nothing_that_day``, ``register.broken``.
        """
        with database.reading(self._engine) as connection:
            start, end = events_of_time(connection, show_time(first), show_time(last))
            journals = tuple(journals_between(connection, self._created, start, end))
        if not journals:
            raise RegisterRefused("journal.nothing_that_day")
        return journals

    def record_issued(self, journals: Iterable[Journal], actor: str) -> None:
        """Enter that journals were made; after they are on the disk."""
        name = one_line("actor", actor)
        with self._entering() as (_connection, entering):
            for journal in journals:
                issued = JournalIssued(
                    start=journal.start, size=journal.size, root=journal.head.root.hex()
                )
                entering.enter(issued, {"actor": name})

    def take_in(
        self,
        journals: Sequence[Journal],
        *,
        actor: str,
        trust: str | None = None,
        agency: str = "",
    ) -> tuple[TakenIn, ...]:
        """Take in journals of other registers, all or none.

        Args:
            journals: each read by :func:`bmnn_mark.register.journal.read_journal`.
            actor: who does it.
            trust: the fingerprint that was compared, for a register that is not followed yet.
            agency: whose register that is; empty where nobody says.

        Raises:
            RegisterRefused: see :func:`bmnn_mark.register.central.take_in`, and as
                :meth:`bmnn_mark.register.store.Register.record`.
            UsageRefused: ``input.*``.
        """
        taking = Taking(
            actor=one_line("actor", actor),
            own=self._created.register,
            rehearsal=self._created.rehearsal,
            trust=trust,
            agency=one_line("agency", agency) if agency else "",
        )
        with database.reading(self._engine) as connection:
            seen = take_in(connection, journals, taking, lambda _what, _fields: 0)
        if all(one.taken is Taken.ALREADY and not one.trusted for one in seen):
            return seen
        with self._entering() as (connection, entering):
            return take_in(connection, journals, taking, entering.enter)

    def received(self) -> tuple[ReceivedRegister, ...]:
        """The registers that are followed, in the order in which they were trusted."""
        with database.reading(self._engine) as connection:
            return foreign.list_received(connection, self._sealing.sealer)

    def counts(self, first: date, last: date) -> tuple[ForeignCount, ...]:
        """What the followed registers did from one day to another, both of them, counted."""
        with database.reading(self._engine) as connection:
            return foreign.count_acts(connection, first, last)

    def hand_out_keys(self, keys: Sequence[TraceKey], actor: str, recipient: str = "") -> None:
        """Enter that this register's trace keys are written out; before they are.

        Raises:
            RegisterRefused: as :meth:`take_in`.
            UsageRefused: ``input.*``.
        """
        fields = {"actor": one_line("actor", actor)}
        if recipient:
            fields["recipient"] = one_line("recipient", recipient)
        exported = TraceKeyExported(trace_keys=tuple(key.key_id.hex() for key in keys))
        with self._entering() as (_connection, entering):
            entering.enter(exported, fields)

    def keep_keys(self, keys: Sequence[ForeignKey], actor: str) -> int:
        """Enter the trace keys of another register; how many of them are new.

        Raises:
            RegisterRefused: ``trace_key.own``, ``trace_key.rehearsal_mixed``, and as
                :meth:`take_in`.
            UsageRefused: ``input.*``.
        """
        name, known = one_line("actor", actor), self.foreign_keys()
        for one in keys:
            if one.register == self._created.register:
                raise RegisterRefused("trace_key.own")
            if one.key.rehearsal is not self._created.rehearsal:
                raise RegisterRefused("trace_key.rehearsal_mixed")
        new = [one for one in keys if not any(_same(one, other) for other in known)]
        if not new:
            return 0
        with self._entering() as (_connection, entering):
            for one in new:
                entering.enter(
                    TraceKeyImported(register=one.register, trace_key=one.key.key_id.hex()),
                    {
                        "actor": name,
                        "agency": one_line("agency", one.agency),
                        "secret": one.key.secret.hex(),
                    },
                )
        return len(new)

    def foreign_keys(self, key_id: bytes | None = None) -> tuple[ForeignKey, ...]:
        """The trace keys of other registers, or those of one id."""
        with database.reading(self._engine) as connection:
            return foreign.find_keys(connection, self._sealing.sealer, key_id)

    def hear(self, opened: ForeignKey, code: PageCode) -> ForeignSheet:
        """What a sheet of another register says, against what that register told here."""
        with database.reading(self._engine) as connection:
            return foreign.hear(connection, opened, code)


def _same(one: ForeignKey, other: ForeignKey) -> bool:
    return (one.register, one.key) == (other.register, other.key)

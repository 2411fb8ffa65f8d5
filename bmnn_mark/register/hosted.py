# SPDX-License-Identifier: Apache-2.0
"""Taking in what the host's guard told, once each, and saying what was taken in last."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, select

from bmnn_mark.errors import RegisterRefused, Scalar
from bmnn_mark.register import database
from bmnn_mark.register.core import Core
from bmnn_mark.register.events import check_detail, read_time
from bmnn_mark.register.heads import Head, read_mark
from bmnn_mark.register.host_events import HostEvent, HostIncident
from bmnn_mark.register.host_projection import newest_event, newest_number
from bmnn_mark.register.keeping_events import RegisterRestored
from bmnn_mark.register.ledger import read_event
from bmnn_mark.register.request import checked_words
from bmnn_mark.register.schema import acts, heads

_PART = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[a-z_]{1,32}\.[a-z0-9_]{1,48}")
_PLAIN = re.compile(r"[A-Za-z0-9._:+=@-]{1,128}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST = (1 << 53) - 1


class Hosted(Core):
    """The part of a register that keeps what the host's guard told."""

    def newest_host_event(self, guard: str) -> HostEvent | None:
        """The newest entry that was taken in of a part of the guard's journal."""
        with database.reading(self._engine) as connection:
            n = newest_event(connection, guard, acts)
            if n is None:
                return None
            what = read_event(connection, n).leaf.what
        if not isinstance(what, HostEvent):
            raise RegisterRefused("register.broken")
        return what

    def host_incidents(self, first: date, last: date) -> tuple[HostIncident, ...]:
        """The incidents of some days, both of them, that the guard told."""
        days = acts.c.day.between(first.isoformat(), last.isoformat())
        query = select(acts.c.n).where(acts.c.act == HostIncident.TYPE, days).order_by(acts.c.n)
        with database.reading(self._engine) as connection:
            rows = connection.execute(query).scalars().all()
            found = [read_event(connection, n).leaf.what for n in rows]
        return tuple(one for one in found if isinstance(one, HostIncident))

    def enter_host_events(self, events: Sequence[HostEvent], actor: str) -> int:
        """Enter entries of the guard's journal, those that are not here yet; how many these are.

        Entered in one transaction, durable on return; asked twice, or by two programs at once, an
        entry is entered once.

        Args:
            events: of one part, in its order.
            actor: who is at the machine.

        Raises:
            RegisterRefused: ``register.host_gap``: entries between those known and these are
                missing; ``register.host_form``: what is told has not the form of an entry; and as
                ``record``.
            UsageRefused: ``input.*``.
        """
        for event in events:
            _demand_form(event)
        fields = checked_words(actor, {}, ())
        try:
            with self._entering() as (connection, entering):
                fresh = _following(connection, events)
                for event in fresh:
                    entering.enter(event, fields)
        except _NothingNewError:
            return 0
        return len(fresh)

    def newest_head(self) -> Head:
        """The register's newest signed head, by its high-water mark."""
        return read_mark(self._folder, self.register_id, self.public_key)

    def has_head(self, head: Head) -> bool:
        """Whether the register's own history has a head: its tree was that, at that size."""
        query = select(heads.c.root).where(heads.c.size == head.size)
        with database.reading(self._engine) as connection:
            return bool(connection.execute(query).scalar() == head.root)

    def explains(self, head: Head) -> bool:
        """Whether an event says that the register was put back from where it had a head."""
        query = select(acts.c.n).where(acts.c.act == RegisterRestored.TYPE)
        with database.reading(self._engine) as connection:
            rows = connection.execute(query).scalars().all()
            told = [read_event(connection, n).leaf.what for n in rows]
        return any(isinstance(one, RegisterRestored) and head.size <= one.known for one in told)


class _NothingNewError(Exception):
    """Every entry is here already; the transaction is given up, no head is signed for it."""


def _following(connection: Connection, events: Sequence[HostEvent]) -> tuple[HostEvent, ...]:
    """Those entries that are not here yet; they follow what is, one after the other.

    Raises:
        RegisterRefused: ``register.host_gap``.
    """
    guard = events[0].guard if events else ""
    known = newest_number(connection, guard, acts)
    fresh = tuple(one for one in events if one.number > known)
    for number, event in enumerate(fresh, start=known + 1):
        if event.number != number or event.guard != guard:
            raise RegisterRefused("register.host_gap", number=event.number)
    if not fresh:
        raise _NothingNewError
    return fresh


def plain_detail(untrusted_detail: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Detail of an incident as it may stand in the clear for ever.

    Text of another form than a step's detail may have stands as the start of its SHA-256.
    """
    return check_detail(
        {
            key if _KEY.fullmatch(key) else f"x{_digest(key)}": _plain(value)
            for key, value in untrusted_detail.items()
        }
    )


def _plain(value: Scalar) -> Scalar:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _MOST:
        return value
    text = str(value)
    return text if _PLAIN.fullmatch(text) else f"sha256:{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _demand_form(event: HostEvent) -> None:
    """Refuse what an entry of the guard's journal cannot say.

    Raises:
        RegisterRefused: ``register.host_form``.
    """
    forms = [(_PART, event.guard), (_HASH, event.chain), (_PLAIN, event.boot)]
    if isinstance(event, HostIncident):
        forms.append((_CODE, event.code))
    else:
        forms += [(_HASH, event.sha256), (_PLAIN, event.policy)]
    well = event.number > 0 and all(form.fullmatch(text) for form, text in forms)
    try:
        read_time(event.at)
    except ValueError as error:
        raise RegisterRefused("register.host_form") from error
    if not well:
        raise RegisterRefused("register.host_form")

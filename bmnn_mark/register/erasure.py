# SPDX-License-Identifier: Apache-2.0
"""Forgetting sealed fields: their keys go, the leaves, commitments and tree stay."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select, update

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.register.inquiry import document_row
from bmnn_mark.register.keeping_events import FieldErased, KeepingEvent
from bmnn_mark.register.ledger import Entering, Event, open_fields, read_event, size_of
from bmnn_mark.register.request import checked_words
from bmnn_mark.register.schema import attempts, holdings, record_keys
from bmnn_mark.register.sealing import Sealer, Value

#: Fields that the register can do without. Who did something, for whom a copy is and which
#: document it is of cannot be forgotten: an account of papers that does not say so is none.
ERASABLE = frozenset(
    {
        "approved_by",
        "clause",
        "decision",
        "drafter",
        "ground",
        "marking",
        "note",
        "office",
        "outcome",
        "overlap_reason",
        "party",
        "place",
        "purpose",
        "reason",
        "receipt",
        "subject",
        "title",
        "unit",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Two people and why; all of it sealed.

    Attributes:
        actor: who does it.
        second_actor: who stands by; somebody else.
        reason: why.
        on: the day.
    """

    actor: str
    second_actor: str
    reason: str
    on: date

    def fields(self) -> dict[str, Value]:
        """The sealed fields of the event.

        Raises:
            UsageRefused: ``input.two_people``, ``input.needed``, ``input.*``.
        """
        words = {"second_actor": self.second_actor, "reason": self.reason}
        return checked_words(self.actor, words, ("second_actor", "reason"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequest:
    """Which fields are to be forgotten: of a document as it was entered, or of one event.

    Attributes:
        fields: their names.
        document_id: of the document; None where an event is named.
        event: number of the event; None where a document is named.
    """

    fields: tuple[str, ...]
    document_id: str | None = None
    event: int | None = None


def check_request(request: ErasureRequest) -> None:
    """Refuse what could never be erased.

    Raises:
        UsageRefused: ``input.needed``.
        RegisterRefused: ``register.not_erasable``.
    """
    if (request.document_id is None) == (request.event is None) or not request.fields:
        raise UsageRefused("input.needed", field="--document / --event, --field")
    for name in request.fields:
        if name not in ERASABLE:
            raise RegisterRefused("register.not_erasable", field=_shown(name))


def _shown(untrusted_name: str) -> str:
    return untrusted_name if untrusted_name.isascii() and len(untrusted_name) < 40 else "…"


def erase_fields(
    connection: Connection,
    entering: Entering,
    sealer: Sealer,
    request: ErasureRequest,
    approval: Approval,
) -> tuple[int, ...]:
    """Forget fields and enter that they were; the numbers of the events that had them.

    Raises:
        RegisterRefused: ``register.no_such_document``, ``register.no_such_event``,
            ``register.nothing_to_erase``, ``register.not_erasable``.
        UsageRefused: ``input.*``.
    """
    fields = approval.fields()
    done = []
    for event in _events(connection, request):
        held = open_fields(sealer, event, *request.fields)
        if not held:
            continue
        _check_not_needed(connection, event, held)
        n = event.leaf.n
        wrapped = sealer.forget(n, event.sealed, held)
        connection.execute(
            update(record_keys)
            .where(record_keys.c.n == n)
            .values(wrapped=wrapped, master=sealer.newest)
        )
        document = getattr(event.leaf.what, "document", None)
        entering.enter(
            FieldErased(event=n, fields=tuple(sorted(held)), document=document, on=approval.on),
            fields,
        )
        done.append(n)
    if not done:
        raise RegisterRefused("register.nothing_to_erase")
    return tuple(done)


def _events(connection: Connection, request: ErasureRequest) -> Iterator[Event]:
    if request.event is not None:
        if not 0 <= request.event < size_of(connection):
            raise RegisterRefused("register.no_such_event", event=request.event)
        yield read_event(connection, request.event)
        return
    assert request.document_id is not None
    row = document_row(connection, request.document_id)
    again = select(attempts.c.issued).where(attempts.c.document_id == request.document_id)
    for n in sorted({row.issued, *connection.execute(again).scalars()}):
        yield read_event(connection, n)


def _check_not_needed(connection: Connection, event: Event, held: Collection[str]) -> None:
    """Refuse to forget why the register's keeper acted, or who has a copy now."""
    if isinstance(event.leaf.what, KeepingEvent):
        raise RegisterRefused("register.not_erasable", field="reason")
    holds = select(func.count()).where(holdings.c.holder == event.leaf.n)
    if "party" in held and connection.execute(holds).scalar_one():
        raise RegisterRefused("register.not_erasable", field="party")

# SPDX-License-Identifier: Apache-2.0
"""What reading books and lists has in common: acts of some days, sealed fields as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.inquiry import document_row, read_entry
from bmnn_mark.register.ledger import Event, open_fields, read_event
from bmnn_mark.register.schema import acts
from bmnn_mark.register.sealing import Sealer, Value

T = TypeVar("T")


class Asking:
    """Asks one state of the register.

    Args:
        connection: inside a transaction.
        sealer: opens sealed fields.
    """

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        return self._connection.execute(query).all()

    def _acts(self, types: Iterable[str], first: date, last: date) -> Sequence[Row[Any]]:
        return self._rows(
            select(acts)
            .where(acts.c.act.in_(types))
            .where(acts.c.day.between(first.isoformat(), last.isoformat()))
            .order_by(acts.c.n)
        )

    def _next_act(self, act: Row[Any], types: Iterable[str]) -> Row[Any] | None:
        """The first of some acts with the same copy after an act with it."""
        later = self._rows(
            select(acts)
            .where(acts.c.document_id == act.document_id, acts.c.copy == act.copy)
            .where(acts.c.act.in_(types), acts.c.n > act.n)
            .order_by(acts.c.n)
            .limit(1)
        )
        return later[0] if later else None

    def _number_sign_of(self, document_id: str) -> str:
        _, event = read_entry(self._connection, document_row(self._connection, document_id).issued)
        return number_sign_in(self._open(event))

    def _event(self, n: int, kind: type[T]) -> tuple[T, Mapping[str, Value]]:
        """What event ``n`` says in the clear, and its sealed fields.

        Raises:
            RegisterRefused: ``register.broken``: the tables name an event of another kind.
        """
        event = read_event(self._connection, n)
        if not isinstance(event.leaf.what, kind):
            raise RegisterRefused("register.broken")
        return event.leaf.what, self._open(event)

    def _open(self, event: Event) -> Mapping[str, Value]:
        return open_fields(self._sealer, event, *event.leaf.sealed)


def number_sign_in(fields: Mapping[str, Value]) -> str:
    """Số, ký hiệu; empty where it was erased."""
    identity = fields.get("identity")
    return text_in(identity, "number_sign") if isinstance(identity, dict) else ""


def text_in(fields: Mapping[str, Any], name: str) -> str:
    """A sealed field; empty where it was not given or was erased."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""

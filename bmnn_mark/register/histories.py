# SPDX-License-Identifier: Apache-2.0
"""Asking what happened to copies and documents, and where copies are now."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.inquiry import document_row
from bmnn_mark.register.ledger import open_fields, read_event
from bmnn_mark.register.life import Whereabouts
from bmnn_mark.register.schema import acts, documents, holdings
from bmnn_mark.register.sealing import Sealer
from bmnn_mark.register.views import ActRow, HoldingRow
from bmnn_mark.rules import Level


def list_holdings(
    connection: Connection, sealer: Sealer, document_id: str | None
) -> tuple[HoldingRow, ...]:
    """Where copies are; of all documents, those that were made.

    Raises:
        RegisterRefused: ``register.no_such_document``, ``register.broken``.
    """
    query = select(holdings).join(documents, documents.c.document_id == holdings.c.document_id)
    if document_id is not None:
        document_row(connection, document_id)
        query = query.where(holdings.c.document_id == document_id)
    else:
        query = query.where(holdings.c.whereabouts != Whereabouts.NOT_MADE.value)
    rows = connection.execute(query.order_by(documents.c.issued, holdings.c.copy)).all()
    return tuple(_holding_row(connection, sealer, row) for row in rows)


def _holding_row(connection: Connection, sealer: Sealer, row: Row[Any]) -> HoldingRow:
    try:
        where = Whereabouts(row.whereabouts)
    except ValueError:
        raise RegisterRefused("register.broken") from None
    words = {}
    if row.holder:
        words = open_fields(sealer, read_event(connection, row.holder), "party", "office")
    return HoldingRow(
        document_id=row.document_id,
        copy=row.copy,
        whereabouts=where,
        holder=str(words.get("party", "")),
        office=str(words.get("office", "")),
        since=None if where is Whereabouts.NOT_MADE else _day_of(connection, row.since),
        due=date.fromisoformat(row.due) if row.due else None,
        seen=_day_of(connection, row.seen) if row.seen else None,
    )


def _day_of(connection: Connection, n: int) -> date:
    """The day an act was done; of a copy just made, the day it was entered."""
    day = connection.execute(select(acts.c.day).where(acts.c.n == n)).scalar_one_or_none()
    if day is None:
        return read_event(connection, n).leaf.at.astimezone().date()
    return date.fromisoformat(day)


def history_of(connection: Connection, sealer: Sealer, document_id: str) -> tuple[ActRow, ...]:
    """All acts with a document, its copies, and the copies made of it.

    Raises:
        RegisterRefused: ``register.no_such_document``.
    """
    document_row(connection, document_id)
    series = select(documents.c.document_id).where(documents.c.parent == document_id)
    about = or_(acts.c.document_id == document_id, acts.c.document_id.in_(series))
    return _acts(connection, sealer, select(acts).where(about))


def list_acts(
    connection: Connection, sealer: Sealer, first: date, last: date
) -> tuple[ActRow, ...]:
    """All acts of some days."""
    days = acts.c.day.between(first.isoformat(), last.isoformat())
    return _acts(connection, sealer, select(acts).where(days))


def list_open_incidents(connection: Connection, sealer: Sealer) -> tuple[ActRow, ...]:
    """All incidents that nobody closed."""
    return _acts(connection, sealer, select(acts).where(acts.c.waiting == 1))


def _acts(connection: Connection, sealer: Sealer, query: Select[Any]) -> tuple[ActRow, ...]:
    rows = connection.execute(query.order_by(acts.c.n)).all()
    return tuple(_act_row(connection, sealer, row) for row in rows)


def _act_row(connection: Connection, sealer: Sealer, row: Row[Any]) -> ActRow:
    event = read_event(connection, row.n)
    fields = open_fields(sealer, event, *event.leaf.sealed)
    words = {name: value for name, value in fields.items() if isinstance(value, str)}
    actor = words.pop("actor", "")
    return ActRow(
        event=row.n,
        at=event.leaf.at,
        act=row.act,
        day=date.fromisoformat(row.day),
        document_id=row.document_id,
        copy=row.copy,
        level=Level(row.level) if row.level else None,
        kind=row.kind,
        abroad={"home": False, "abroad": True}.get(row.scope),
        many=row.many,
        waiting=row.waiting == 1,
        actor=actor,
        words=words,
    )

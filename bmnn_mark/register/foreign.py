# SPDX-License-Identifier: Apache-2.0
"""Asking of other registers: how far each is followed, what it did, whose sheet this is."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, cast, func, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import schema
from bmnn_mark.register.archive import fingerprint
from bmnn_mark.register.central import find_followed, journal_with, tree_of
from bmnn_mark.register.events import CopyReserved, canonical, decode_leaf
from bmnn_mark.register.journal_events import TraceKeyImported
from bmnn_mark.register.journal_views import (
    ForeignCount,
    ForeignKey,
    ForeignSheet,
    Heard,
    ReceivedRegister,
)
from bmnn_mark.register.ledger import open_fields, read_event
from bmnn_mark.register.sealing import Sealer
from bmnn_mark.rules import Level
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.code import ROOT_BYTES, PageCode


def list_received(connection: Connection, sealer: Sealer) -> tuple[ReceivedRegister, ...]:
    """The registers that are followed, in the order in which they were trusted."""
    registers, journals = schema.foreign_registers, schema.journals.c
    many = (
        select(func.count())
        .where(journals.register == registers.c.register)
        .scalar_subquery()
        .label("many")
    )
    rows = connection.execute(select(registers, many).order_by(registers.c.trusted)).all()
    return tuple(_received(connection, sealer, row) for row in rows)


def _received(connection: Connection, sealer: Sealer, row: Row[Any]) -> ReceivedRegister:
    named = open_fields(sealer, read_event(connection, row.trusted), "agency")
    return ReceivedRegister(
        register=row.register,
        fingerprint=fingerprint(bytes.fromhex(row.public_key)),
        agency=str(named.get("agency", "")),
        first=row.start,
        size=row.size,
        at=row.at,
        journals=row.many,
    )


def count_acts(connection: Connection, first: date, last: date) -> tuple[ForeignCount, ...]:
    """What the followed registers did from one day to another, both of them, counted."""
    acts = schema.foreign_acts.c
    kinds = (acts.register, acts.act, acts.level, acts.kind, acts.scope, acts.day)
    query = (
        select(
            *kinds, func.count().label("acts"), cast(func.sum(acts.many), BigInteger).label("many")
        )
        .where(acts.day >= first.isoformat(), acts.day <= last.isoformat())
        .group_by(*kinds)
        .order_by(*kinds)
    )
    return tuple(
        ForeignCount(
            register=row.register,
            act=row.act,
            level=row.level,
            kind=row.kind,
            abroad={"home": False, "abroad": True}.get(row.scope),
            day=row.day,
            acts=row.acts,
            many=row.many,
        )
        for row in connection.execute(query)
    )


def find_keys(
    connection: Connection, sealer: Sealer, key_id: bytes | None = None
) -> tuple[ForeignKey, ...]:
    """The trace keys of other registers, or those of one id; none whose secret was forgotten.

    Raises:
        RegisterRefused: ``register.broken``.
    """
    keys = schema.foreign_keys.c
    query = select(keys.n).order_by(keys.n)
    if key_id is not None:
        query = query.where(keys.trace_key == key_id.hex())
    found = (_key(connection, sealer, n) for n in connection.execute(query).scalars().all())
    return tuple(key for key in found if key is not None)


def _key(connection: Connection, sealer: Sealer, n: int) -> ForeignKey | None:
    event = read_event(connection, n)
    what = event.leaf.what
    if not isinstance(what, TraceKeyImported):
        raise RegisterRefused("register.broken")
    fields = open_fields(sealer, event, "agency", "secret")
    if "secret" not in fields:
        return None
    try:
        secret = bytes.fromhex(str(fields["secret"]))
        key = TraceKey(key_id=bytes.fromhex(what.trace_key), secret=secret)
    except ValueError:
        raise RegisterRefused("register.broken") from None
    return ForeignKey(register=what.register, agency=str(fields.get("agency", "")), key=key)


def hear(connection: Connection, opened: ForeignKey, code: PageCode) -> ForeignSheet:
    """What a sheet of another register says, against what that register told here.

    Args:
        connection: inside a transaction.
        opened: the key that opened its code.
        code: what the code says.

    Raises:
        RegisterRefused: ``register.broken``.
    """
    sheet = ForeignSheet(
        register=opened.register,
        agency=opened.agency,
        position=code.position,
        attempt=code.attempt,
        heard=Heard.NOT_CHECKED,
    )
    known = find_followed(connection, opened.register)
    if known is None or not known.start < code.position <= known.size:
        return sheet
    journal = journal_with(connection, opened.register, code.position)
    root = tree_of(journal, code.position).root()
    if not hmac.compare_digest(root[:ROOT_BYTES], code.root):
        return replace(sheet, heard=Heard.REWRITTEN)
    told = decode_leaf(canonical(journal.leaves[code.position - 1 - journal.start])).what
    if not isinstance(told, CopyReserved) or told.attempt != code.attempt:
        return replace(sheet, heard=Heard.NEVER_ISSUED)
    return replace(
        sheet,
        heard=Heard.AGREES,
        copy=told.copy,
        level=_level(connection, opened.register, code.position - 1),
        document=told.document,
    )


def _level(connection: Connection, register: str, number: int) -> Level | None:
    acts = schema.foreign_acts.c
    found: str | None = connection.execute(
        select(acts.level).where(acts.register == register, acts.number == number)
    ).scalar_one_or_none()
    return Level(found) if found else None

# SPDX-License-Identifier: Apache-2.0
"""Appending to the events and their tree, and checking that the tables end where a head says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import schema
from bmnn_mark.register.events import (
    Happening,
    Leaf,
    decode_leaf,
    encode_leaf,
    read_time,
    show_time,
)
from bmnn_mark.register.heads import Head
from bmnn_mark.register.keys import RegisterKeys
from bmnn_mark.register.projection import Entry, project
from bmnn_mark.register.sealing import Entropy, Sealed, Sealer, Value
from bmnn_mark.register.tree import GrowingTree, fold, inner_nodes, leaf_hash, node_number, peaks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What an event is entered with: the register's keys and a source of random bytes."""

    register_id: str
    keys: RegisterKeys
    sealer: Sealer
    entropy: Entropy


class Entering:
    """The events of one transaction; nothing is written before :meth:`finish`.

    Args:
        connection: inside a writing transaction.
        sealing: keys and entropy.
        now: the time of every event of this transaction.
        size: number of events that are there.
    """

    def __init__(self, connection: Connection, sealing: Sealing, now: datetime, size: int) -> None:
        self._connection = connection
        self._sealing = sealing
        self._now = now
        self._tree = GrowingTree(size, peaks_at(connection, size))
        self._rows: dict[str, list[dict[str, object]]] = {
            name: [] for name in ("events", "sealed", "record_keys", "nodes")
        }
        self._entries: list[Entry] = []

    @property
    def size(self) -> int:
        """The number of events with what was entered so far."""
        return self._tree.size

    def enter(self, what: Happening, fields: Mapping[str, Value]) -> int:
        """Add an event; the number it gets."""
        n = self._tree.size
        sealed = self._sealing.sealer.seal(n, fields, self._sealing.entropy)
        data = encode_leaf(Leaf(n=n, at=self._now, what=what, sealed=sealed.commitments))
        value = leaf_hash(data)
        rows = self._rows
        rows["events"].append({"n": n, "leaf": data, "leaf_hash": value})
        rows["sealed"].append({"n": n, "boxes": sealed.boxes})
        rows["record_keys"].append({"n": n, "master": sealed.master, "wrapped": sealed.wrapped})
        rows["nodes"] += [
            {"number": number, "hash": node}
            for number, node in enumerate(self._tree.append(value), inner_nodes(n))
        ]
        self._entries.append(Entry(n=n, what=what, fields=fields))
        return n

    def root(self) -> bytes:
        """The tree's root with what was entered so far."""
        return self._tree.root()

    def finish(self) -> Head:
        """Write the events, their part of the tree, a signed head and the projections."""
        keys = self._sealing.keys
        for name, rows in self._rows.items():
            if rows:
                self._connection.execute(insert(schema.ledger.tables[name]), rows)
        head = Head(
            register=self._sealing.register_id,
            size=self._tree.size,
            root=self._tree.root(),
            at=show_time(self._now),
        ).signed(keys)
        self._connection.execute(
            insert(schema.heads),
            {"size": head.size, "root": head.root, "at": head.at, "signature": head.signature},
        )
        project(self._connection, self._entries, keys.blind)
        return head


def peaks_at(connection: Connection, size: int) -> list[bytes]:
    """The stored hashes of the peaks of the tree of ``size`` events, left to right.

    Raises:
        RegisterRefused: ``register.broken``: one is not there.
    """
    nodes, events = schema.nodes.c, schema.events.c
    names = list(peaks_of(size))
    stored: dict[int, bytes] = {}
    if inner := {node_number(level, place): level for level, place in names if level}:
        query = select(nodes.number, nodes.hash).where(nodes.number.in_(inner))
        stored.update((inner[row.number], row.hash) for row in connection.execute(query))
    if size % 2:
        stored.update(
            (0, row.leaf_hash)
            for row in connection.execute(select(events.leaf_hash).where(events.n == size - 1))
        )
    if len(stored) != len(names):
        raise RegisterRefused("register.broken")
    return [stored[level] for level, _place in names]


def size_of(connection: Connection) -> int:
    """The number of events."""
    last: int | None = connection.execute(select(func.max(schema.events.c.n))).scalar_one()
    return 0 if last is None else last + 1


def newest_head(connection: Connection, register_id: str) -> Head | None:
    """The head of the last transaction."""
    row = connection.execute(
        select(schema.heads).order_by(schema.heads.c.size.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Head(
        register=register_id, size=row.size, root=row.root, at=row.at, signature=row.signature
    )


def heads_from(connection: Connection, register_id: str, after: int, to: int) -> list[Head]:
    """The heads of more than ``after`` and at most ``to`` events, smallest first."""
    heads = schema.heads
    rows = connection.execute(
        select(heads).where(heads.c.size > after, heads.c.size <= to).order_by(heads.c.size)
    )
    return [
        Head(register=register_id, size=row.size, root=row.root, at=row.at, signature=row.signature)
        for row in rows
    ]


#: Seconds by which the clocks of machines that write to one register may differ unnoticed.
_CLOCKS_DIFFER = 10


def clock_set_back(connection: Connection, now: datetime) -> int:
    """By how many seconds the clock is behind the last transaction; 0 for a few or none."""
    last = connection.execute(
        select(schema.heads.c.at).order_by(schema.heads.c.size.desc()).limit(1)
    ).scalar_one_or_none()
    if last is None:
        return 0
    seconds = int((read_time(last) - now).total_seconds())
    return seconds if seconds > _CLOCKS_DIFFER else 0


def check_end(connection: Connection, register_id: str, public_key: bytes, mark: Head) -> int:
    """The number of events, after a look at the register's end.

    Args:
        connection: inside a transaction.
        register_id: of the register.
        public_key: of its heads.
        mark: the high-water mark, read *before* the transaction began.

    Raises:
        RegisterRefused: ``register.broken``: the tables do not end where their newest head says;
            ``register.rolled_back``: they end before the mark; ``register.forked``: they have as
            many events and other ones.
    """
    size = size_of(connection)
    head = newest_head(connection, register_id)
    if head is None or head.size != size or not head.holds(public_key):
        raise RegisterRefused("register.broken")
    if fold(peaks_at(connection, size)) != head.root:
        raise RegisterRefused("register.broken")
    if mark.size > size:
        raise RegisterRefused("register.rolled_back", events=size, known=mark.size)
    if fold(peaks_at(connection, mark.size)) != mark.root:
        raise RegisterRefused("register.forked", events=size, known=mark.size)
    return size


def sealed_of(row: Row[Any], leaf: Leaf) -> Sealed:
    """What is sealed of an event, from a row with its boxes and its keys."""
    return Sealed(
        commitments=leaf.sealed, boxes=row.boxes, wrapped=row.wrapped, master=row.master or 0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as stored: its leaf and what is sealed of it."""

    leaf: Leaf
    sealed: Sealed


_EVENT = (
    select(
        schema.events,
        schema.sealed.c.boxes,
        schema.record_keys.c.master,
        schema.record_keys.c.wrapped,
    )
    .select_from(
        schema.events.outerjoin(schema.sealed, schema.sealed.c.n == schema.events.c.n).outerjoin(
            schema.record_keys, schema.record_keys.c.n == schema.events.c.n
        )
    )
    .where(schema.events.c.n == bindparam("number"))
)


def read_event(connection: Connection, n: int) -> Event:
    """Event ``n``, its bytes checked against the hash that the tree has of it.

    Raises:
        RegisterRefused: ``register.broken``, ``register.newer_format``.
    """
    row = connection.execute(_EVENT, {"number": n}).one_or_none()
    if row is None or leaf_hash(row.leaf) != row.leaf_hash:
        raise RegisterRefused("register.broken")
    try:
        leaf = decode_leaf(row.leaf)
    except ValueError:
        raise RegisterRefused("register.broken") from None
    sealed = sealed_of(row, leaf)
    return Event(leaf=leaf, sealed=sealed)


def open_fields(sealer: Sealer, event: Event, *only: str) -> dict[str, Value]:
    """The sealed fields of an event, those named ``only``.

    Raises:
        RegisterRefused: ``register.broken``.
    """
    try:
        return sealer.open(event.leaf.n, event.sealed, only)
    except ValueError:
        raise RegisterRefused("register.broken") from None

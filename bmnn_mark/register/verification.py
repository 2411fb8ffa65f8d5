# SPDX-License-Identifier: Apache-2.0
"""Recomputing the whole register: every leaf, the tree, heads, seals, steps and projections.

The verdict names the first event that is wrong. Events are read in order and in parts; the
projections are made a second time, in temporary tables, and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, Table, delete, func, select
from sqlalchemy.exc import DataError, IntegrityError

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import schema
from bmnn_mark.register.events import (
    Happening,
    Leaf,
    RegisterCreated,
    decode_leaf,
    show_time,
)
from bmnn_mark.register.heads import Head
from bmnn_mark.register.keeping_events import FieldErased, KeysRotated
from bmnn_mark.register.keys import RegisterKeys
from bmnn_mark.register.ledger import heads_from, sealed_of, size_of
from bmnn_mark.register.life_projection import ProjectionError
from bmnn_mark.register.projection import Entry, project
from bmnn_mark.register.rotation import key_name
from bmnn_mark.register.sealing import Sealer, SealError, Value
from bmnn_mark.register.tree import GrowingTree, inner_nodes, leaf_hash

_PART, _PART_BYTES = 2000, 8 << 20
_MOST_NOTICES = 100


class VerifyFault(StrEnum):
    """What is wrong with the first event that is wrong."""

    NONE = "none"
    MISSING = "missing"
    """An event of this number should be there and is not."""
    LEAF = "leaf"
    """Its bytes are not what was hashed, or not an event of this place."""
    TREE = "tree"
    """The stored tree has other hashes above it."""
    SEAL = "seal"
    """A sealed field of it does not open, or is not what the leaf committed to.

    It was forgotten although no event says so, or was to be and was not.
    """
    STEP = "step"
    """It does not follow from the events before it."""
    HEAD = "head"
    """No signed head covers it: it, or one after it up to the next head, was put in or changed."""
    MARK = "mark"
    """The register has another history than the high-water mark beside its keys."""
    PROJECTION = "projection"
    """The events are whole, but the tables made from them do not say what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What a full check found.

    Attributes:
        intact: nothing is wrong.
        fault: what is wrong first.
        event: number of the first wrong event; None where no single one can be named.
        events: how many there are.
        heads: how many signed heads there are.
        clock_set_back: events that are earlier than the one before them, at most 100; a notice.
        erased: sealed fields that were forgotten, as events say.
    """

    intact: bool
    fault: VerifyFault
    event: int | None
    events: int
    heads: int
    clock_set_back: tuple[int, ...]
    erased: int


OnCount = Callable[[int, int], None]
"""Told how many events of how many are done."""


class _WrongError(Exception):
    def __init__(self, fault: VerifyFault, event: int | None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.event = event


def verify(
    connection: Connection, keys: RegisterKeys, sealer: Sealer, mark: Head, on_count: OnCount
) -> VerifyReport:
    """Check everything that the register holds; changes nothing in it.

    Args:
        connection: inside a comparing transaction: ``schema.BESIDE`` is there, and empty.
        keys: of the register.
        sealer: of the register.
        mark: the high-water mark, read before the transaction began.
        on_count: progress.

    Raises:
        RegisterRefused: ``register.newer_format``.
    """
    check = _Check(connection, keys, sealer, mark)
    fault, event = VerifyFault.NONE, None
    try:
        check.run(on_count)
    except _WrongError as wrong:
        fault, event = wrong.fault, wrong.event
    heads = select(func.count()).select_from(schema.heads)
    return VerifyReport(
        intact=fault is VerifyFault.NONE,
        fault=fault,
        event=event,
        events=size_of(connection),
        heads=connection.execute(heads).scalar_one(),
        clock_set_back=tuple(check.set_back),
        erased=len(check.erased),
    )


class _Check:
    """One pass over the events; see :func:`verify`."""

    def __init__(
        self, connection: Connection, keys: RegisterKeys, sealer: Sealer, mark: Head
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._sealer = sealer
        self._mark = mark
        self._public_key = keys.public_key
        self._tree = GrowingTree()
        self._signed_to = 0
        self._last_at = ""
        self._forgotten: set[tuple[int, str]] = set()
        self.erased: set[tuple[int, str]] = set()
        self.set_back: list[int] = []

    def run(self, on_count: OnCount) -> None:
        size = size_of(self._connection)
        for rows in event_rows(self._connection):
            self._check_part(rows)
            on_count(self._tree.size, size)
        self._check_ends(size)
        kept, beside = schema.KEPT, schema.BESIDE
        self._compare(kept.documents, beside.documents, "issued")
        self._compare(kept.attempts, beside.attempts, "changed")
        self._compare(kept.rules, beside.rules, "n")
        self._compare(kept.holdings, beside.holdings, "since")
        self._compare(kept.acts, beside.acts, "n")
        self._compare(kept.journals, beside.journals, "n")
        self._compare(kept.foreign_registers, beside.foreign_registers, "trusted")
        self._compare(kept.foreign_documents, beside.foreign_documents, "n")
        self._compare(kept.foreign_acts, beside.foreign_acts, "n")
        self._compare(kept.foreign_keys, beside.foreign_keys, "n")

    def _check_part(self, rows: Sequence[Row[Any]]) -> None:
        start = self._tree.size
        nodes = self._stored_nodes(start, start + len(rows))
        heads = {
            head.size: head
            for head in heads_from(self._connection, self._mark.register, start, start + len(rows))
        }
        entries = []
        for row in rows:
            leaf = self._check_leaf(row)
            for level, value in enumerate(self._tree.append(row.leaf_hash), 1):
                if next(nodes, b"") != value:
                    raise _WrongError(VerifyFault.TREE, leaf.n >> level << level)
            self._check_head(heads.get(self._tree.size))
            fields = self._check_seal(row, leaf)
            self._forgotten.update((leaf.n, name) for name in leaf.sealed.keys() - fields.keys())
            if isinstance(leaf.what, FieldErased):
                self.erased.update((leaf.what.event, name) for name in leaf.what.fields)
            entries.append(Entry(n=leaf.n, what=leaf.what, fields=fields))
        self._check_steps(entries)

    def _check_leaf(self, row: Row[Any]) -> Leaf:
        n = self._tree.size
        if row.n != n:
            raise _WrongError(VerifyFault.MISSING, n)
        try:
            leaf = decode_leaf(row.leaf)
        except ValueError:
            raise _WrongError(VerifyFault.LEAF, n) from None
        if leaf_hash(row.leaf) != row.leaf_hash or leaf.n != n:
            raise _WrongError(VerifyFault.LEAF, n)
        at = show_time(leaf.at)
        if at < self._last_at and len(self.set_back) < _MOST_NOTICES:
            self.set_back.append(n)
        self._last_at = at
        return leaf

    def _check_seal(self, row: Row[Any], leaf: Leaf) -> dict[str, Value]:
        if "actor" not in leaf.sealed:
            raise _WrongError(VerifyFault.SEAL, leaf.n)
        try:
            return self._sealer.open(leaf.n, sealed_of(row, leaf))
        except (SealError, RegisterRefused):  # also: under a master key that there never was
            raise _WrongError(VerifyFault.SEAL, leaf.n) from None

    def _check_head(self, head: Head | None) -> None:
        root = self._tree.root() if head or self._tree.size == self._mark.size else b""
        if head is not None:
            if head.root != root or not head.holds(self._public_key):
                raise _WrongError(VerifyFault.HEAD, self._signed_to)
            self._signed_to = head.size
        if self._tree.size == self._mark.size and self._mark.root != root:
            raise _WrongError(VerifyFault.MARK, None)

    def _check_steps(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            created = entry.what if isinstance(entry.what, RegisterCreated) else None
            ours = created is not None and (
                created.register == self._mark.register
                and created.public_key == self._public_key.hex()
                and self._keys.wrong(created.key_checks) is None
            )
            if (entry.n == 0) != ours or not self._has_key(entry.what):
                raise _WrongError(VerifyFault.STEP, entry.n)
        if not self._follows(entries):
            wrong = next((entry.n for entry in entries if not self._follows([entry])), None)
            raise _WrongError(VerifyFault.STEP, wrong)

    def _has_key(self, what: Happening) -> bool:
        """Whether a key that an event announces is the one beside the register."""
        if not isinstance(what, KeysRotated):
            return True
        return self._keys.wrong({key_name(what.kind, what.number): what.check}) is None

    def _follows(self, entries: Sequence[Entry]) -> bool:
        """Whether the events can be entered after those before them; if so they have been."""
        try:
            with self._connection.begin_nested():
                project(self._connection, entries, self._keys.blind, schema.BESIDE)
        except (DataError, IntegrityError, ProjectionError):
            return False
        return True

    def _stored_nodes(self, start: int, end: int) -> Iterator[bytes]:
        """The stored hashes of the subtrees that events ``start`` to ``end`` complete."""
        nodes = schema.nodes.c
        query = select(nodes.hash).where(
            nodes.number >= inner_nodes(start), nodes.number < inner_nodes(end)
        )
        return iter(self._connection.execute(query.order_by(nodes.number)).scalars().all())

    def _check_ends(self, size: int) -> None:
        last: int | None = self._connection.execute(
            select(func.max(schema.heads.c.size))
        ).scalar_one()
        if self._signed_to < size:
            raise _WrongError(VerifyFault.HEAD, self._signed_to)
        if (last or 0) > size or self._mark.size > size:
            raise _WrongError(VerifyFault.MISSING, size)
        if unexplained := self._forgotten ^ self.erased:
            raise _WrongError(VerifyFault.SEAL, min(unexplained)[0])
        for table, many in (
            (schema.nodes, inner_nodes(size)),
            (schema.sealed, size),
            (schema.record_keys, size),
        ):
            count = self._connection.execute(select(func.count()).select_from(table)).scalar_one()
            if count != many:
                raise _WrongError(VerifyFault.TREE, None)

    def _compare(self, kept: Table, beside: Table, number: str) -> None:
        """Look for rows that only one of the two sets of projections has."""
        for one, other in ((beside, kept), (kept, beside)):
            only = select(*one.c).except_(select(*other.c)).subquery()
            found = self._connection.execute(
                select(func.min(only.c[number]), func.count()).select_from(only)
            ).one()
            if found[1]:
                raise _WrongError(VerifyFault.PROJECTION, found[0])


def event_rows(connection: Connection) -> Iterator[Sequence[Row[Any]]]:
    """Every event as stored with what is sealed of it, in order and in parts.

    A part has few events where they are large, as those that hold another register's journal.
    """
    events, sealed, record_keys = schema.events, schema.sealed, schema.record_keys
    query = (
        select(events, sealed.c.boxes, record_keys.c.master, record_keys.c.wrapped)
        .select_from(
            events.outerjoin(sealed, sealed.c.n == events.c.n).outerjoin(
                record_keys, record_keys.c.n == events.c.n
            )
        )
        .order_by(events.c.n)
        .limit(_PART)
    )
    last = -1
    while rows := _not_too_large(connection.execute(query.where(events.c.n > last))):
        yield rows
        last = rows[-1].n


def _not_too_large(rows: CursorResult[Any]) -> list[Row[Any]]:
    """The first of the rows, up to so many bytes."""
    part, size = [], 0
    with rows:
        for row in rows:
            part.append(row)
            size += len(row.leaf)
            if size >= _PART_BYTES:
                break
    return part


def rebuild(connection: Connection, sealer: Sealer, blind_key: bytes) -> None:
    """Make the projections again from the events, inside a writing transaction.

    Raises:
        RegisterRefused: ``register.broken``: an event is not what it should be.
    """
    for table in schema.projected.sorted_tables:
        connection.execute(delete(table))
    for rows in event_rows(connection):
        entries = []
        try:
            for row in rows:
                leaf = decode_leaf(row.leaf)
                fields = sealer.open(leaf.n, sealed_of(row, leaf), ("identity", "source"))
                entries.append(Entry(n=leaf.n, what=leaf.what, fields=fields))
            project(connection, entries, blind_key)
        except (TypeError, ValueError):
            raise RegisterRefused("register.broken") from None

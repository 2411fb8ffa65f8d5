# SPDX-License-Identifier: Apache-2.0
"""From a backup's records back to rows: each leaf, hash and head is checked on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, insert, update

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import schema
from bmnn_mark.register.backup_file import Record
from bmnn_mark.register.events import Leaf, RegisterCreated, decode_leaf
from bmnn_mark.register.heads import Head
from bmnn_mark.register.keeping_events import RegisterRestored
from bmnn_mark.register.tree import GrowingTree, inner_nodes, leaf_hash

_PART = 2000
Records = Iterable[tuple[Record, tuple[bytes, ...]]]


@dataclass(slots=True, kw_only=True)
class Contents:
    """What a backup holds, once it was read to its end.

    Attributes:
        created: event 0.
        head: the newest.
        keys: of the register, by name; none where the backup holds none.
        roots: of the tree at the sizes that were asked for, as far as it goes.
        restored: what it says of earlier restorations.
    """

    created: RegisterCreated | None = None
    head: Head | None = None
    keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    roots: dict[int, bytes] = field(default_factory=dict)
    restored: list[RegisterRestored] = field(default_factory=list)


class Reading:
    """Reads records and checks that they are a register's: its leaves, its tree, its heads.

    Args:
        register_id: of the register that the backup says it is of.
        sizes: at which the tree's root is asked for.
    """

    def __init__(self, register_id: str, sizes: Iterable[int] = ()) -> None:
        self._register = register_id
        self._sizes = frozenset(sizes)
        self._tree = GrowingTree()
        self.contents = Contents()

    @property
    def head(self) -> Head | None:
        """The newest head read."""
        return self.contents.head

    def take(self, records: Records) -> None:
        """Read all records.

        Raises:
            RegisterRefused: ``register.backup_broken``, ``register.newer_format``.
        """
        ended = False
        for kind, fields in records:
            if ended:
                raise RegisterRefused("register.backup_broken")
            match kind:
                case Record.KEY:
                    self.contents.keys[fields[0].decode("ascii", "replace")] = fields[1]
                case Record.EVENT:
                    self._event(fields)
                case Record.HEAD:
                    self._head(fields)
                case Record.END:
                    ended = int.from_bytes(fields[0]) == self._tree.size
        head = self.contents.head
        if not ended or head is None or head.size != self._tree.size:
            raise RegisterRefused("register.backup_broken")
        self.done()

    def _event(self, fields: tuple[bytes, ...]) -> None:
        data, n = fields[0], self._tree.size
        try:
            leaf = decode_leaf(data)
        except ValueError:
            raise RegisterRefused("register.backup_broken") from None
        created = leaf.what if isinstance(leaf.what, RegisterCreated) else None
        ours = created is not None and created.register == self._register
        if leaf.n != n or (n == 0) != ours:
            raise RegisterRefused("register.backup_broken")
        self.contents.created = self.contents.created or created
        if isinstance(leaf.what, RegisterRestored):
            self.contents.restored.append(leaf.what)
        value = leaf_hash(data)
        self.event(leaf, fields, value, self._tree.append(value))
        if self._tree.size in self._sizes:
            self.contents.roots[self._tree.size] = self._tree.root()

    def _head(self, fields: tuple[bytes, ...]) -> None:
        created = self.contents.created
        head = Head(
            register=self._register,
            size=int.from_bytes(fields[0]),
            root=fields[1],
            at=fields[2].decode("ascii", "replace"),
            signature=fields[3],
        )
        fits = head.size == self._tree.size and head.root == self._tree.root()
        if not fits or created is None or not head.holds(bytes.fromhex(created.public_key)):
            raise RegisterRefused("register.backup_broken")
        self.contents.head = head
        self.head_read(head)

    def event(
        self, leaf: Leaf, fields: tuple[bytes, ...], value: bytes, nodes: list[bytes]
    ) -> None:
        """Told of each event, with its hash and the nodes above it that are complete now."""

    def head_read(self, head: Head) -> None:
        """Told of each head."""

    def done(self) -> None:
        """Told when all is read."""


class Refill(Reading):
    """Reads records into the tables of the events; the projections are made afterwards.

    Args:
        connection: inside a writing transaction.
        register_id: of the register that the backup says it is of.
        there: how many of the events the tables hold already; only their keys are taken anew.
    """

    def __init__(self, connection: Connection, register_id: str, there: int = 0) -> None:
        super().__init__(register_id)
        self._connection = connection
        self._there = there
        self._rows: dict[str, list[dict[str, object]]] = {}
        self._keys: list[dict[str, object]] = []
        self._forget_rows()

    def _forget_rows(self) -> None:
        self._rows = {table.name: [] for table in schema.ledger.sorted_tables}
        self._keys = []

    def event(
        self, leaf: Leaf, fields: tuple[bytes, ...], value: bytes, nodes: list[bytes]
    ) -> None:
        """Collect an event's rows."""
        n = leaf.n
        data, boxes, master, wrapped = fields
        number = int.from_bytes(master)
        if n < self._there:
            self._keys.append({"of": n, "under": number, "wrapped_anew": wrapped})
        else:
            rows = self._rows
            rows["events"].append({"n": n, "leaf": data, "leaf_hash": value})
            rows["sealed"].append({"n": n, "boxes": boxes})
            rows["record_keys"].append({"n": n, "master": number, "wrapped": wrapped})
            rows["nodes"] += [
                {"number": at, "hash": node} for at, node in enumerate(nodes, inner_nodes(n))
            ]
        if len(self._rows["events"]) + len(self._keys) >= _PART:
            self.done()

    def head_read(self, head: Head) -> None:
        """Collect a head's row."""
        if head.size > self._there:
            self._rows["heads"].append(
                {"size": head.size, "root": head.root, "at": head.at, "signature": head.signature}
            )

    def done(self) -> None:
        """Write what was collected."""
        for table in schema.ledger.sorted_tables:
            if rows := self._rows[table.name]:
                self._connection.execute(insert(table), rows)
        if self._keys:
            record_keys = schema.record_keys
            self._connection.execute(
                update(record_keys)
                .where(record_keys.c.n == bindparam("of"))
                .values(master=bindparam("under"), wrapped=bindparam("wrapped_anew")),
                self._keys,
            )
        self._forget_rows()

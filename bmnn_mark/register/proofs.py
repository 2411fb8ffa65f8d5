# SPDX-License-Identifier: Apache-2.0
"""Proofs that can be given away: an event is in the register; the register has only grown.

As in RFC 6962. Who holds one and the register's public key needs neither the register nor its
other events.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import schema
from bmnn_mark.register.events import encode_leaf
from bmnn_mark.register.heads import Head
from bmnn_mark.register.ledger import newest_head, read_event
from bmnn_mark.register.tree import (
    Fetch,
    consistency_proof,
    consistent,
    inclusion_proof,
    leaf_hash,
    node_number,
    root_from_inclusion,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventProof:
    """That a register holds an event.

    Attributes:
        n: number of the event.
        leaf: its bytes.
        path: hashes from the leaf up (RFC 6962 2.1.1).
        head: the signed head that the path leads to.
    """

    n: int
    leaf: bytes
    path: tuple[bytes, ...]
    head: Head

    def holds(self, public_key: bytes) -> bool:
        """Whether the register of this key holds the event."""
        root = root_from_inclusion(leaf_hash(self.leaf), self.n, self.head.size, self.path)
        return root == self.head.root and self.head.holds(public_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthProof:
    """That a register was only added to since it had a certain size.

    Attributes:
        size: the earlier number of events.
        path: hashes (RFC 6962 2.1.2).
        head: the signed head now.
    """

    size: int
    path: tuple[bytes, ...]
    head: Head

    def holds(self, public_key: bytes, root: bytes) -> bool:
        """Whether the register of this key goes on where its tree had ``root`` at that size."""
        return consistent(
            self.size, self.head.size, root, self.head.root, self.path
        ) and self.head.holds(public_key)


def prove_event(connection: Connection, register_id: str, n: int) -> EventProof:
    """Prove that event ``n`` is in the register.

    Raises:
        RegisterRefused: ``register.no_such_event``, ``register.broken``.
    """
    head = _head(connection, register_id)
    if not 0 <= n < head.size:
        raise RegisterRefused("register.no_such_event", event=n)
    path = inclusion_proof(n, head.size, _stored(connection))
    leaf = encode_leaf(read_event(connection, n).leaf)
    return EventProof(n=n, leaf=leaf, path=tuple(path), head=head)


def prove_growth(connection: Connection, register_id: str, size: int) -> GrowthProof:
    """Prove that the register was only added to since it had ``size`` events.

    Raises:
        RegisterRefused: ``register.no_such_event``, ``register.broken``.
    """
    head = _head(connection, register_id)
    if not 0 <= size <= head.size:
        raise RegisterRefused("register.no_such_event", event=size - 1)
    path = consistency_proof(size, head.size, _stored(connection))
    return GrowthProof(size=size, path=tuple(path), head=head)


def _head(connection: Connection, register_id: str) -> Head:
    head = newest_head(connection, register_id)
    if head is None:
        raise RegisterRefused("register.broken")
    return head


def _stored(connection: Connection) -> Fetch:
    """Gives the hashes of complete subtrees as the tables have them.

    Raises:
        RegisterRefused: ``register.broken``: one is not there.
    """
    nodes, events = schema.nodes.c, schema.events.c

    def fetch(level: int, index: int) -> bytes:
        query = (
            select(nodes.hash).where(nodes.number == node_number(level, index))
            if level
            else select(events.leaf_hash).where(events.n == index)
        )
        found: bytes | None = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise RegisterRefused("register.broken")
        return found

    return fetch

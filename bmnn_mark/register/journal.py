# SPDX-License-Identifier: Apache-2.0
"""A journal: some events of a register in the clear part, for a register that is not linked to it.

Its lines are canonical JSON: one that says which events of which register these are, with the
peaks of the tree before them and the signed head after them, then the leaves. Whoever knows the
root before them can see that they follow exactly there; whoever knows the key, whose they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import schema
from bmnn_mark.register.archive import fingerprint
from bmnn_mark.register.events import (
    Leaf,
    RegisterCreated,
    canonical,
    decode_leaf,
    type_of,
)
from bmnn_mark.register.heads import Head
from bmnn_mark.register.journal_events import JournalIssued
from bmnn_mark.register.ledger import peaks_at, size_of
from bmnn_mark.register.tree import GrowingTree, fold, leaf_hash, peaks_of

#: A journal ends with the first transaction that brings it to so many events.
EVENTS_IN_ONE = 5000
_FORMAT = 1
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """Events of one register, in order, without what is sealed of them.

    Attributes:
        register: its id.
        public_key: its Ed25519 key, 32 bytes.
        rehearsal: whether it is a rehearsal register.
        start: number of the first event.
        peaks: hashes of the peaks of its tree of ``start`` events, left to right.
        head: its signed head after the last event.
        leaves: the events' bytes.
    """

    register: str
    public_key: bytes
    rehearsal: bool
    start: int
    peaks: tuple[bytes, ...]
    head: Head
    leaves: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Number of events of the register after them."""
        return self.head.size

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key, hexadecimal: what people compare it by."""
        return fingerprint(self.public_key)

    def lines(self) -> list[bytes]:
        """The journal as it is packed."""
        first = canonical(
            {
                "at": self.head.at,
                "peaks": [peak.hex() for peak in self.peaks],
                "public_key": self.public_key.hex(),
                "register": self.register,
                "rehearsal": self.rehearsal,
                "root": self.head.root.hex(),
                "signature": self.head.signature.hex(),
                "size": self.head.size,
                "start": self.start,
                "v": _FORMAT,
            }
        )
        return [first, *self.leaves]

    def tree(self) -> GrowingTree:
        """The tree before the first of the events."""
        return GrowingTree(self.start, self.peaks)

    def root_before(self) -> bytes:
        """Its root."""
        return fold(self.peaks)


class _First(msgspec.Struct, forbid_unknown_fields=True):
    """The first line of a journal."""

    at: str
    peaks: list[str]
    public_key: str
    register: str
    rehearsal: bool
    root: str
    signature: str
    size: int
    start: int
    v: int


def read_journal(untrusted_lines: Sequence[bytes]) -> Journal:
    """Read a journal and check it against itself: form, numbers, tree and signature.

    What is left to do is to see that the key is that register's and where the events follow.

    Raises:
        RegisterRefused: ``journal.damaged``, ``journal.wrong_event``, ``journal.wrong_root``,
            ``journal.bad_signature``, ``register.newer_format``.
    """
    try:
        first = msgspec.json.decode(untrusted_lines[0], type=_First)
        journal = _journal(first, tuple(untrusted_lines[1:]))
    except (IndexError, ValueError, RecursionError):
        raise RegisterRefused("journal.damaged") from None
    _check_events(journal)
    tree = journal.tree()
    for leaf in journal.leaves:
        tree.append(leaf_hash(leaf))
    if tree.root() != journal.head.root:
        raise RegisterRefused("journal.wrong_root", start=journal.start, size=journal.size)
    if not journal.head.holds(journal.public_key):
        raise RegisterRefused("journal.bad_signature", fingerprint=journal.fingerprint)
    return journal


def _journal(first: _First, leaves: tuple[bytes, ...]) -> Journal:
    if first.v != _FORMAT:
        raise RegisterRefused("register.newer_format")
    journal = Journal(
        register=_hex(first.register, 16).hex(),
        public_key=_hex(first.public_key, _HASH_BYTES),
        rehearsal=first.rehearsal,
        start=first.start,
        peaks=tuple(_hex(peak, _HASH_BYTES) for peak in first.peaks),
        head=Head(
            register=first.register,
            size=first.size,
            root=_hex(first.root, _HASH_BYTES),
            at=first.at,
            signature=_hex(first.signature, 64),
        ),
        leaves=leaves,
    )
    fits = 0 <= first.start < first.size == first.start + len(leaves)
    if not fits or len(journal.peaks) != len(list(peaks_of(first.start))):
        raise ValueError("the numbers do not fit")
    return journal


def _hex(untrusted_digits: str, length: int) -> bytes:
    value = bytes.fromhex(untrusted_digits)
    if len(value) != length or value.hex() != untrusted_digits:
        raise ValueError("not so many hexadecimal digits")
    return value


def _check_events(journal: Journal) -> None:
    """See that the leaves are events, each in its place.

    Raises:
        RegisterRefused: ``journal.wrong_event``, ``register.newer_format``.
    """
    for n, data in enumerate(journal.leaves, journal.start):
        try:
            leaf = decode_leaf(data)
            fits = leaf.n == n and _created(leaf, journal) and canonical(as_object(data)) == data
        except (ValueError, RecursionError):
            fits = False
        if not fits:
            raise RegisterRefused("journal.wrong_event", event=n)


def _created(leaf: Leaf, journal: Journal) -> bool:
    """Whether the event makes this register, or is another one where none can."""
    what = leaf.what
    if not isinstance(what, RegisterCreated):
        return leaf.n > 0
    return leaf.n == 0 and (what.register, what.public_key, what.rehearsal) == (
        journal.register,
        journal.public_key.hex(),
        journal.rehearsal,
    )


def as_object(leaf: bytes) -> dict[str, Any]:
    """A leaf as a JSON object; its canonical JSON is the leaf."""
    told: dict[str, Any] = msgspec.json.decode(leaf)
    return told


def journals_between(
    connection: Connection, created: RegisterCreated, start: int, end: int
) -> Iterator[Journal]:
    """The events from ``start`` to below ``end``, parted where a transaction ended.

    Args:
        connection: inside a reading transaction.
        created: event 0.
        start: number of the first event.
        end: number of events after a transaction.

    Raises:
        RegisterRefused: ``register.broken``.
    """
    while start < end:
        head = _head_from(connection, created.register, min(start + EVENTS_IN_ONE, end))
        if head is None or head.size > end:
            raise RegisterRefused("register.broken")
        yield _between(connection, created, start, head)
        start = head.size


def _between(connection: Connection, created: RegisterCreated, start: int, head: Head) -> Journal:
    events = schema.events
    rows = connection.execute(
        select(events.c.leaf)
        .where(events.c.n >= start, events.c.n < head.size)
        .order_by(events.c.n)
    )
    journal = Journal(
        register=created.register,
        public_key=bytes.fromhex(created.public_key),
        rehearsal=created.rehearsal,
        start=start,
        peaks=tuple(peaks_at(connection, start)),
        head=head,
        leaves=tuple(rows.scalars()),
    )
    try:
        return read_journal(journal.lines())
    except RegisterRefused:
        raise RegisterRefused("register.broken") from None


def _head_from(connection: Connection, register: str, size: int) -> Head | None:
    """The first signed head of at least so many events."""
    heads = schema.heads
    row = connection.execute(
        select(heads).where(heads.c.size >= size).order_by(heads.c.size).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Head(register=register, size=row.size, root=row.root, at=row.at, signature=row.signature)


def events_since_last(connection: Connection) -> tuple[int, int]:
    """The events that no journal was made of yet: first, and how many there are in all."""
    journals = schema.journals.c
    last: int = connection.execute(
        select(func.coalesce(func.max(journals.size), 0)).where(journals.register == "")
    ).scalar_one()
    return last, size_of(connection)


def events_of_time(connection: Connection, first: str, last: str) -> tuple[int, int]:
    """The events entered from one time to before another, and those among them by a wrong clock.

    Args:
        connection: inside a reading transaction.
        first: time as events write it.
        last: time as events write it.
    """
    heads = schema.heads.c
    within = (heads.at >= first) & (heads.at < last)
    begun, end = connection.execute(
        select(func.min(heads.size), func.max(heads.size)).where(within)
    ).one()
    if begun is None:
        return 0, 0
    before: int | None = connection.execute(
        select(func.max(heads.size)).where(heads.size < begun)
    ).scalar_one()
    return before or 0, end


def only_of_journals(journals: Iterable[Journal]) -> bool:
    """Whether nothing happened but that journals were made."""
    issued = {JournalIssued.TYPE}
    return all(
        type_of(decode_leaf(leaf).what) in issued for journal in journals for leaf in journal.leaves
    )

# SPDX-License-Identifier: Apache-2.0
"""A register that follows others: taking in their journals, and refusing what does not fit.

The first journal of a register is taken in only with the fingerprint of its key, which people
compare by telephone or on paper; from then on that key alone counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.register import schema
from bmnn_mark.register.events import Happening, canonical
from bmnn_mark.register.journal import Journal, as_object
from bmnn_mark.register.journal_events import JournalImported, RegisterTrusted
from bmnn_mark.register.ledger import read_event
from bmnn_mark.register.sealing import Value
from bmnn_mark.register.tree import GrowingTree, leaf_hash

#: Hexadecimal digits of a fingerprint that must be told at least: 128 bits.
FINGERPRINT_DIGITS = 32
_ALL_DIGITS = 64


class Taken(StrEnum):
    """What became of one journal."""

    IMPORTED = "imported"
    ALREADY = "already"
    """All of it is here, word for word; nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """A journal and what became of it.

    Attributes:
        register: id of the register it is of.
        fingerprint: of that register's key.
        start: its first event.
        size: number of that register's events after it.
        events: how many of them are new here.
        taken: what became of it.
        trusted: the register is followed from now on.
    """

    register: str
    fingerprint: str
    start: int
    size: int
    events: int
    taken: Taken
    trusted: bool


@dataclass(frozen=True, slots=True)
class Followed:
    """How far another register is followed."""

    public_key: str
    start: int
    size: int
    root: str


Enter = Callable[[Happening, Mapping[str, Value]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Who takes journals in, and whom he trusts from now on.

    Attributes:
        actor: who does it.
        own: id of the register that they are taken into.
        rehearsal: whether it is a rehearsal register.
        trust: fingerprint, or its first 32 digits and more, of the key of a register that is not
            followed yet; None where all are.
        agency: whose register that is; empty where nobody said.
    """

    actor: str
    own: str
    rehearsal: bool
    trust: str | None = None
    agency: str = ""


def checked_fingerprint(untrusted_value: str) -> str:
    """A fingerprint as somebody types it: blanks, hyphens and case are nothing.

    Raises:
        UsageRefused: ``journal.fingerprint_wrong``.

    >>> checked_fingerprint("0A1B " * 8)
    '0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b'
    """
    digits = untrusted_value.lower().replace(" ", "").replace("-", "")
    fits = FINGERPRINT_DIGITS <= len(digits) <= _ALL_DIGITS
    if not fits or set(digits) - set("0123456789abcdef"):
        raise UsageRefused("journal.fingerprint_wrong", digits=FINGERPRINT_DIGITS)
    return digits


def take_in(
    connection: Connection, journals: Iterable[Journal], taking: Taking, enter: Enter
) -> tuple[TakenIn, ...]:
    """Take journals in, in the order of their events; all or none.

    Args:
        connection: inside a transaction.
        journals: each checked against itself.
        taking: by whom, into which register.
        enter: enters an event.

    Raises:
        RegisterRefused: ``journal.own_register``, ``journal.rehearsal_mixed``,
            ``journal.unknown_register``, ``journal.not_trusted``, ``journal.other_key``,
            ``journal.older``, ``journal.gap``, ``journal.fork``.
    """
    followed: dict[str, Followed] = {}
    done = []
    for journal in sorted(journals, key=lambda one: (one.register, one.start, one.size)):
        _check_kind(journal, taking)
        known = followed.get(journal.register) or find_followed(connection, journal.register)
        trusted = known is None
        if known is None:
            known = _trust(journal, taking, enter)
        followed[journal.register], events = _follow(connection, journal, known, taking, enter)
        done.append(
            TakenIn(
                register=journal.register,
                fingerprint=journal.fingerprint,
                start=journal.start,
                size=journal.size,
                events=events,
                taken=Taken.IMPORTED if events else Taken.ALREADY,
                trusted=trusted,
            )
        )
    return tuple(done)


def _check_kind(journal: Journal, taking: Taking) -> None:
    if journal.register == taking.own:
        raise RegisterRefused("journal.own_register")
    if journal.rehearsal is not taking.rehearsal:
        raise RegisterRefused("journal.rehearsal_mixed")


def _trust(journal: Journal, taking: Taking, enter: Enter) -> Followed:
    """Begin to follow a register, if the key of its journal is the one that was compared."""
    if taking.trust is None:
        raise RegisterRefused("journal.unknown_register", fingerprint=journal.fingerprint)
    if not journal.fingerprint.startswith(taking.trust):
        raise RegisterRefused("journal.not_trusted", fingerprint=journal.fingerprint)
    root = journal.root_before().hex()
    agency: dict[str, Value] = {"agency": taking.agency} if taking.agency else {}
    enter(
        RegisterTrusted(
            register=journal.register,
            public_key=journal.public_key.hex(),
            start=journal.start,
            root=root,
        ),
        {"actor": taking.actor, **agency},
    )
    return Followed(journal.public_key.hex(), journal.start, journal.start, root)


def _follow(
    connection: Connection, journal: Journal, known: Followed, taking: Taking, enter: Enter
) -> tuple[Followed, int]:
    """Take in what is new of a journal: how far the register is followed then, and how much it was.

    Raises:
        RegisterRefused: see :func:`take_in`.
    """
    if journal.public_key.hex() != known.public_key:
        raise RegisterRefused("journal.other_key", fingerprint=journal.fingerprint)
    if journal.start > known.size:
        raise RegisterRefused("journal.gap", first=known.size, last=journal.start - 1)
    if journal.size <= known.start:
        raise RegisterRefused("journal.older", first=known.start)
    if journal.size <= known.size:
        if _root_here(connection, journal, known) != journal.head.root.hex():
            raise RegisterRefused("journal.fork", event=journal.size - 1)
        return known, 0
    tree, new = journal.tree(), known.size - journal.start
    for leaf in journal.leaves[:new]:
        tree.append(leaf_hash(leaf))
    if tree.root().hex() != known.root:
        raise RegisterRefused("journal.fork", event=known.size - 1)
    enter(_imported(journal, known.size, tree), {"actor": taking.actor})
    now = Followed(known.public_key, known.start, journal.size, journal.head.root.hex())
    return now, journal.size - known.size


def _root_here(connection: Connection, journal: Journal, known: Followed) -> str:
    """The root of the register's tree of as many events as a journal ends with, as known here."""
    if journal.size == known.size:
        return known.root
    within = journal_with(connection, journal.register, journal.size)
    return tree_of(within, journal.size).root().hex()


def _imported(journal: Journal, start: int, before: GrowingTree) -> JournalImported:
    return JournalImported(
        register=journal.register,
        start=start,
        size=journal.size,
        peaks=tuple(peak.hex() for peak in before.peaks()),
        root=journal.head.root.hex(),
        at=journal.head.at,
        signature=journal.head.signature.hex(),
        leaves=tuple(as_object(leaf) for leaf in journal.leaves[start - journal.start :]),
    )


def find_followed(connection: Connection, register: str) -> Followed | None:
    """How far another register is followed; None where it is not."""
    registers = schema.foreign_registers
    row = connection.execute(
        select(registers).where(registers.c.register == register)
    ).one_or_none()
    return None if row is None else Followed(row.public_key, row.start, row.size, row.root)


def journal_with(connection: Connection, register: str, size: int) -> JournalImported:
    """The event by which another register's event ``size - 1`` was taken in.

    Raises:
        RegisterRefused: ``register.broken``: it did not tell so much.
    """
    journals = schema.journals.c
    n = connection.execute(
        select(journals.n).where(
            journals.register == register, journals.start < size, journals.size >= size
        )
    ).scalar_one_or_none()
    what = None if n is None else read_event(connection, n).leaf.what
    if not isinstance(what, JournalImported):
        raise RegisterRefused("register.broken")
    return what


def tree_of(journal: JournalImported, size: int) -> GrowingTree:
    """Another register's tree of so many events, made again from a journal that reaches there."""
    tree = GrowingTree(journal.start, [bytes.fromhex(peak) for peak in journal.peaks])
    for leaf in journal.leaves[: size - journal.start]:
        tree.append(leaf_hash(canonical(leaf)))
    return tree

# SPDX-License-Identifier: Apache-2.0
"""What happens to a register, and its one canonical encoding (``docs/register-format.md``).

An event's leaf holds what stands in the clear and, for each sealed field, a salted commitment. A
leaf is never changed: field names, their order, number and time forms below are for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import msgspec

from bmnn_mark.errors import Fault, RegisterRefused, Scalar
from bmnn_mark.register.host_events import HOST, HostEvent
from bmnn_mark.register.journal_events import JOURNAL, JournalEvent
from bmnn_mark.register.keeping_events import KEEPING, KeepingEvent
from bmnn_mark.register.life import CopyAct, DocumentAct
from bmnn_mark.register.life_events import (
    CopyActed,
    CopyingPermitted,
    DocumentActed,
    DocumentReceived,
    IncidentClosed,
    IncidentReported,
    LifeEvent,
    MeetingHeld,
)
from bmnn_mark.register.person_events import PersonChecked, PersonEnrolled, PersonEvent
from bmnn_mark.register.port import CopyState
from bmnn_mark.rules import Copying, Level

LEAF_VERSION = 1
_MAX_INTEGER = (1 << 53) - 1
_DETAIL_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DETAIL_TEXT = re.compile(r"[A-Za-z0-9._:+=@-]{1,128}")

#: The moves from state to state that a copy can make; there are no others.
MOVES: Mapping[CopyState, frozenset[CopyState]] = {
    CopyState.RESERVED: frozenset({CopyState.PRODUCED, CopyState.CREATED, CopyState.VOID}),
    CopyState.PRODUCED: frozenset({CopyState.EXPORTED, CopyState.CREATED, CopyState.VOID}),
    CopyState.EXPORTED: frozenset({CopyState.SPOILED}),
    CopyState.CREATED: frozenset({CopyState.LOADED, CopyState.UNKNOWN, CopyState.VOID}),
    CopyState.LOADED: frozenset({CopyState.RELEASING, CopyState.UNKNOWN, CopyState.VOID}),
    CopyState.RELEASING: frozenset(
        {CopyState.PRINTING, CopyState.DEVICE_DONE, CopyState.UNKNOWN, CopyState.VOID}
    ),
    CopyState.PRINTING: frozenset({CopyState.DEVICE_DONE, CopyState.UNKNOWN, CopyState.VOID}),
    CopyState.DEVICE_DONE: frozenset({CopyState.PRINTED, CopyState.SPOILED, CopyState.UNKNOWN}),
    CopyState.UNKNOWN: frozenset({CopyState.PRINTED, CopyState.SPOILED}),
    CopyState.PRINTED: frozenset({CopyState.SPOILED}),
    CopyState.SPOILED: frozenset(),
    CopyState.VOID: frozenset(),
}

#: States of an attempt after which the same number may be tried again.
DEAD = frozenset({CopyState.SPOILED, CopyState.VOID})
#: States in which a job may be at a printer.
ON_ITS_WAY = frozenset(
    {CopyState.CREATED, CopyState.LOADED, CopyState.RELEASING, CopyState.PRINTING}
)
#: States that wait for nobody.
CLOSED = DEAD | {CopyState.EXPORTED, CopyState.PRINTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCreated:
    """Event 0. Sealed: ``actor``, ``agency``."""

    TYPE: ClassVar[str] = "register.created"

    register: str
    rehearsal: bool
    public_key: str
    """Ed25519 key of the tree heads, hexadecimal."""
    trace_key: str
    """Id of the key of the page codes, hexadecimal."""
    key_checks: dict[str, str]
    """By key, the check value that tells a swapped key file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentIssued:
    """A document is entered.

    Sealed: ``actor``, ``identity``, ``source`` and, where given, ``title``, ``drafter``,
    ``ground``, ``approved_by``, ``signer``, ``kept_by``, ``overlap_reason``, ``marking``.
    """

    TYPE: ClassVar[str] = "document.issued"

    document: str
    again: bool
    """Entered once more, after all attempts at its copies had failed."""
    level: Level
    pack: str
    dated: date
    copies: int
    pages: int
    copying: Copying | None
    approved_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReserved:
    """One attempt at one numbered copy. Sealed: ``actor``, ``recipient``."""

    TYPE: ClassVar[str] = "copy.reserved"

    attempt_id: str
    document: str
    issued: int
    """Number of the event by which the document was entered."""
    copy: int
    attempt: int
    reference: int
    """The short reference, 45 bits."""
    trace_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMoved:
    """An attempt's next state; its type is ``copy.<state>``. Sealed: ``actor``."""

    attempt_id: str
    before: CopyState
    state: CopyState
    detail: dict[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConfirmed:
    """An officer confirmed a figure of the rules. Sealed: ``actor``, ``source``, ``value``."""

    TYPE: ClassVar[str] = "rules.confirmed"

    pack: str
    figure: str
    overlay: str
    """SHA-256 of the agency's overlay file from then on, hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWithdrawn:
    """A confirmation was taken back, or all of them. Sealed: ``actor``."""

    TYPE: ClassVar[str] = "rules.withdrawn"

    pack: str | None
    """None, as is ``figure``, where all were taken back."""
    figure: str | None
    overlay: str | None
    """SHA-256 of the overlay file from then on; None where there is none any more."""


Happening = (
    RegisterCreated
    | DocumentIssued
    | CopyReserved
    | CopyMoved
    | RuleConfirmed
    | RuleWithdrawn
    | LifeEvent
    | KeepingEvent
    | JournalEvent
    | PersonEvent
    | HostEvent
)

_NAMED = (
    RegisterCreated,
    DocumentIssued,
    CopyReserved,
    RuleConfirmed,
    RuleWithdrawn,
    DocumentReceived,
    CopyingPermitted,
    IncidentReported,
    IncidentClosed,
    MeetingHeld,
    *KEEPING,
    *JOURNAL,
    PersonEnrolled,
    PersonChecked,
    *HOST,
)
_KINDS: Mapping[str, type[Happening]] = {
    **{kind.TYPE: kind for kind in _NAMED},
    **{f"copy.{state}": CopyMoved for state in CopyState if state is not CopyState.RESERVED},
    **{f"holding.{act}": CopyActed for act in CopyAct},
    **{f"document.{act}": DocumentActed for act in DocumentAct},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """An event as the tree holds it.

    Attributes:
        n: number of the event, from 0.
        at: when it was entered, by the clock of the machine that did it.
        what: its clear part.
        sealed: by field, the commitment to what is sealed, hexadecimal.
    """

    n: int
    at: datetime
    what: Happening
    sealed: dict[str, str]


def canonical(value: object) -> bytes:
    """JSON without choice: keys sorted, no blanks, UTF-8, whole numbers only (RFC 8785).

    >>> canonical({"b": 1, "a": ["ữ", None, True]}).decode()
    '{"a":["ữ",null,true],"b":1}'
    """
    return msgspec.json.encode(value, order="sorted")


def type_of(what: Happening) -> str:
    """The event's type as its leaf names it."""
    match what:
        case CopyMoved():
            return f"copy.{what.state}"
        case CopyActed():
            return f"holding.{what.act}"
        case DocumentActed():
            return f"document.{what.act}"
    return what.TYPE


def show_time(at: datetime) -> str:
    """A time as leaves and heads write it: UTC, microseconds, always 27 characters.

    >>> show_time(datetime(2026, 3, 1, tzinfo=UTC))
    '2026-03-01T00:00:00.000000Z'
    """
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read_time(text: str) -> datetime:
    """The inverse of :func:`show_time`.

    Raises:
        ValueError: another form.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or show_time(at) != text:
        raise ValueError("not the canonical form of a time")
    return at


def encode_leaf(leaf: Leaf) -> bytes:
    """The bytes that are hashed and kept."""
    return canonical(
        {
            "at": show_time(leaf.at),
            "body": leaf.what,
            "n": leaf.n,
            "sealed": leaf.sealed,
            "type": type_of(leaf.what),
            "v": LEAF_VERSION,
        }
    )


def decode_leaf(data: bytes) -> Leaf:
    """Read a leaf back.

    Raises:
        ValueError: not the canonical encoding of an event.
        RegisterRefused: ``register.newer_format``: a version or type this program does not know.
    """
    try:
        raw: Any = msgspec.json.decode(data)
        version, name = raw["v"], raw["type"]
        if version != LEAF_VERSION or name not in _KINDS:
            raise RegisterRefused("register.newer_format")
        leaf = Leaf(
            n=raw["n"],
            at=read_time(raw["at"]),
            what=msgspec.convert(raw["body"], _KINDS[name]),
            sealed=msgspec.convert(raw["sealed"], dict[str, str]),
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not an event") from error
    if type(leaf.n) is not int or encode_leaf(leaf) != data:
        raise ValueError("not the canonical encoding")
    return leaf


def check_detail(detail: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The detail of a step, which stands in the clear for ever: whole numbers, hashes, codes.

    Raises:
        Fault: ``register.detail_not_plain``.
    """
    for key, value in detail.items():
        if isinstance(value, str):
            plain = _DETAIL_TEXT.fullmatch(value) is not None
        elif isinstance(value, float):
            plain = False  # a number that different programs write differently
        else:
            plain = value is None or abs(value) <= _MAX_INTEGER
        if not plain or _DETAIL_KEY.fullmatch(key) is None:
            raise Fault("register.detail_not_plain")
    return dict(detail)

# SPDX-License-Identifier: Apache-2.0
"""What the workflow asks of a register; another vendor's may implement :class:`RegisterPort`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from bmnn_mark.errors import Scalar
from bmnn_mark.register.life import Standing, Whereabouts
from bmnn_mark.rules import Copying, Level
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.code import PageCode


class CopyState(StrEnum):
    """The life of one attempt to put one numbered copy on paper or into a file.

    RESERVED to UNKNOWN are the states of a print run; EXPORTED is a copy written to a file.
    """

    RESERVED = "reserved"
    PRODUCED = "produced"
    EXPORTED = "exported"
    CREATED = "created"
    LOADED = "loaded"
    RELEASING = "releasing"
    PRINTING = "printing"
    DEVICE_DONE = "device-done"
    PRINTED = "printed"
    UNKNOWN = "unknown"
    SPOILED = "spoiled"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentIdentity:
    """A document is (agency, number and sign, date): the same one cannot be issued twice."""

    agency: str
    number_sign: str
    dated: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets copies, and how many; an empty ``name`` is entered at hand-over."""

    name: str
    copies: int = 1
    address: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRequest:
    """Register a document and reserve a number for each copy of it."""

    identity: DocumentIdentity
    level: Level
    pack: str
    recipients: tuple[Recipient, ...]
    """In the order of the copy numbers; their ``copies`` add up to n."""
    pages: int
    source_sha256: str
    actor: str
    copying: Copying | None = None
    title: str | None = None
    drafter: str | None = None
    ground: str | None = None
    approved_by: str | None = None
    approved_on: date | None = None
    copies: int | None = None
    """Number of copies stated elsewhere, as in the text; it must be the recipients' sum."""
    overlap_reason: str | None = None
    """Why a mark was stamped over what the page shows; None where none was to be."""
    signer: str | None = None
    """Who signed the document."""
    kept_by: str | None = None
    """Unit that keeps the original."""
    term: date | None = None
    """Last day of protection, where one is stated on the document."""
    marking: str | None = None
    """What was asked of the marks, for printing a copy again just so; opaque to the register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedCopy:
    """One copy's number with what its page codes say.

    Attributes:
        attempt_id: opaque id of this attempt.
        number: k of n.
        attempt: 1, or more after a void or spoiled attempt.
        recipient: who it is for.
        position: size of the register's tree just after this reservation.
        root: first 14 bytes of the tree's root at that size.
        reference: the copy's short reference, 10 symbols.
    """

    attempt_id: str
    number: int
    attempt: int
    recipient: str
    position: int
    root: bytes
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A document's numbers, spent from now on."""

    document_id: str
    copies: tuple[ReservedCopy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRecord:
    """A step in the life of one attempt."""

    attempt_id: str
    state: CopyState
    actor: str
    detail: dict[str, Scalar] = field(default_factory=dict)
    """Numbers, hashes, codes; no free text."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What a person said of it, to be sealed: ``second_actor``, ``reason``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCopy:
    """What the register knows of a copy that a code or a reference led to."""

    document_id: str
    number_sign: str
    dated: date
    level: Level
    number: int
    copies: int
    attempt: int
    state: CopyState
    recipient: str
    pages: int
    superseded: bool
    """A later attempt of the same copy exists."""
    whereabouts: Whereabouts | None = None
    """Where it is; None from a register that keeps no account of that."""
    holder: str = ""
    """Who has it; empty where nobody outside the office has, or nobody keeps account of that."""
    standing: Standing = Standing.IN_FORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class OnItsWay:
    """An attempt whose job may be at a printer: CREATED, LOADED, RELEASING or PRINTING.

    Attributes:
        attempt_id: the attempt.
        state: its last step.
        host: detail ``host`` of that step, the mark of the machine; empty where it says none.
    """

    attempt_id: str
    state: CopyState
    host: str


class Witness(StrEnum):
    """What a sheet's code says of the register, by the root it carries."""

    AGREES = "consistent"
    """The history up to the sheet's reservation is unchanged, and the reservation is there."""
    REWRITTEN = "register-rewritten"
    """The history up to there is another one now."""
    TRUNCATED = "register-truncated"
    """The register is shorter than it was when the sheet was made."""
    NEVER_ISSUED = "never-issued"
    """The history agrees, but the register reserved no such copy or page there.

    Somebody used the trace key without the register.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCode:
    """What a page code led to; ``copy`` is there only where the witness agrees."""

    witness: Witness
    copy: FoundCopy | None = None


class RegisterPort(Protocol):
    """What :mod:`bmnn_mark.workflow` needs of a register."""

    @property
    def register_id(self) -> str:
        """Opaque id of the register: 32 hexadecimal digits, as are those of what it reserves."""

    @property
    def rehearsal(self) -> bool:
        """Whether this is a rehearsal register; never changes."""

    @property
    def public_key(self) -> bytes:
        """Ed25519 key of its tickets, 32 bytes; pinned where a printer is enrolled."""

    @property
    def agency(self) -> str:
        """Name of the agency whose register it is; part of its documents' identity."""

    def trace_key(self) -> TraceKey:
        """The key that page codes are sealed with."""

    def trace_keys(self) -> tuple[TraceKey, ...]:
        """Every key that page codes were ever sealed with, the newest first."""

    def check_new(self, identity: DocumentIdentity) -> str | None:
        """Refuse an identity that was issued before (``register.already_issued``).

        Returns:
            The id of the document where it was entered but all its attempts failed, else None.
        """

    def same_file(self, sha256: str) -> tuple[str, ...]:
        """Ids of the documents that were made from the very file of this SHA-256 (hexadecimal)."""

    def reserve(self, request: IssueRequest) -> Reservation:
        """Enter the document and reserve its copies, in one transaction, durable on return."""

    def record(self, records: tuple[CopyRecord, ...]) -> None:
        """Enter steps of attempts, in one transaction, durable on return."""

    def on_their_way(self) -> tuple[OnItsWay, ...]:
        """Every attempt on its way to a printer; the next print settles those of its machine."""

    def ticket(self, attempt_id: str, payload: bytes) -> bytes:
        """The Ed25519 signature of :data:`.tickets.SIGNED_AS` and a print ticket's payload.

        Only while the attempt's last step, durable, is CREATED with the payload's SHA-256 as its
        detail ``ticket``, and the payload names this register and attempt; else
        ``register.no_ticket``.
        """

    def find_code(self, code: PageCode) -> FoundCode:
        """The copy that an opened page code names, and what the sheet says of the register."""

    def find_reference(self, untrusted_text: str) -> FoundCopy | None:
        """The copy that a typed short reference names; None where no copy has it."""

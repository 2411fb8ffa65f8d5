# SPDX-License-Identifier: Apache-2.0
"""Entries of the books, as the register gives them; a title only where one may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bmnn_mark.register.life import CopyAct, CopyKind, DocumentAct, IncidentKind
from bmnn_mark.rules import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterState:
    """The state of the register that something was read from: events, and their tree's root."""

    events: int
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEntry:
    """What was decided of a document later.

    Attributes:
        act: what.
        on: day from which it holds.
        level: the level from then on.
        term: last day of protection, where one was stated or extended; else None.
        partly: only a part was declassified.
    """

    act: DocumentAct
    on: date
    level: Level
    term: date | None
    partly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientEntry:
    """Who some copies are for, and when they were handed over.

    Attributes:
        name: the recipient; empty where nobody was named.
        copies: numbers of the copies.
        handed_on: day on which all of them had been handed over or provided; None before that.
        receipt: how the receipt of the last one was acknowledged; empty where nobody said.
    """

    name: str
    copies: tuple[int, ...]
    handed_on: date | None
    receipt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEntry:
    """A line of the book of outgoing secrets.

    Attributes:
        document_id: of the document.
        number_sign: số, ký hiệu.
        dated: its date.
        level: độ mật at which it was issued.
        title: loại and trích yếu; empty where none was given or none may be shown.
        signer: who signed it; empty where nobody said.
        kept_by: unit that keeps it; empty where nobody said.
        recipients: in the order of the copy numbers.
        copies: number of issued copies.
        made: how many of them were printed or written to a file and not spoiled.
        pages: of each copy.
        changes: what was decided of it later.
    """

    document_id: str
    number_sign: str
    dated: date
    level: Level
    title: str
    signer: str
    kept_by: str
    recipients: tuple[RecipientEntry, ...]
    copies: int
    made: int
    pages: int
    changes: tuple[ChangeEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingEntry:
    """A line of the book of incoming secrets.

    Attributes:
        document_id: of the document.
        number: số đến.
        arrived: ngày đến.
        agency: who issued it.
        number_sign: its số, ký hiệu.
        dated: its date.
        level: độ mật at which it came.
        title: as of :class:`OutgoingEntry`.
        unit: who it is for; empty where nobody said.
        note: ghi chú; empty for none.
        copies: number of copies received.
        pages: of each; 0 where nobody counted.
        handed: to whom copies were handed over, in order.
        changes: what was decided of it later.
    """

    document_id: str
    number: int
    arrived: date
    agency: str
    number_sign: str
    dated: date
    level: Level
    title: str
    unit: str
    note: str
    copies: int
    pages: int
    handed: tuple[RecipientEntry, ...]
    changes: tuple[ChangeEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyingEntry:
    """A line of the copying book.

    Attributes:
        document_id: of the series of copies.
        on: day of the permission.
        number_sign: of the document that was copied.
        dated: its date.
        level: độ mật of the copies.
        kind: sao y, sao lục or trích sao.
        of_copy: number of the copy that was copied; 0 for the original kept by the office.
        allowed: number of copies permitted.
        copies: number of copies made.
        permitted_by: who permitted it.
        office: his post.
        clause: point and clause relied on.
        purpose: what for; empty where nobody said.
        recipients: who the copies are for.
        spoiled: spoiled attempts, whose paper is destroyed at once.
        copier: who entered it.
    """

    document_id: str
    on: date
    number_sign: str
    dated: date
    level: Level
    kind: CopyKind
    of_copy: int
    allowed: int
    copies: int
    permitted_by: str
    office: str
    clause: str
    purpose: str
    recipients: tuple[RecipientEntry, ...]
    spoiled: int
    copier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverEntry:
    """A line of the hand-over book.

    Attributes:
        document_id: of the document.
        on: the day.
        number_sign: its số, ký hiệu.
        dated: its date.
        level: độ mật at that time.
        copy: number of the copy.
        of: number of copies.
        act: handed over, or provided to another agency.
        abroad: whether it was provided to a foreign party; None where it was handed over.
        giver: who entered it.
        receiver: who received it.
        office: post or unit of the receiver; empty where nobody said.
        purpose: what for; empty where nobody said.
        receipt: how the receipt was acknowledged; empty where nobody said.
        decision: what it rests on, and ``clause`` of the law; empty where nobody said.
        clause: see ``decision``.
        returned: day on which it came back; None while it is out.
        note: ghi chú; empty for none.
    """

    document_id: str
    on: date
    number_sign: str
    dated: date
    level: Level
    copy: int
    of: int
    act: CopyAct
    abroad: bool | None
    giver: str
    receiver: str
    office: str
    purpose: str
    receipt: str
    decision: str
    clause: str
    returned: date | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryingEntry:
    """A copy that was carried out of the place of keeping.

    Attributes:
        on: the day.
        number_sign: số, ký hiệu of its document.
        level: độ mật at that time.
        copy: number of the copy.
        abroad: whether the way led abroad.
        carrier: who carried it.
        office: post or unit of the carrier; empty where nobody said.
        place: where to.
        purpose: what for.
        due: day by which it was to be back.
        back: day on which it was brought back; None while it is out.
    """

    on: date
    number_sign: str
    level: Level
    copy: int
    abroad: bool
    carrier: str
    office: str
    place: str
    purpose: str
    due: date | None
    back: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingEntry:
    """A meeting in which secrets were used.

    Attributes:
        on: its day.
        level: the highest of what was used.
        foreign: whether foreigners took part.
        subject: what it was about; empty where Tuyệt mật was used.
        place: where.
        host: who held it; empty where nobody said.
        decision: what it rests on; empty where nobody said.
        copies: number of copies used.
    """

    on: date
    level: Level
    foreign: bool
    subject: str
    place: str
    host: str
    decision: str
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEntry:
    """A leak, loss or violation, with what came of it.

    Attributes:
        event: number of the event.
        kind: what went wrong.
        on: the day it happened or was noticed.
        level: of what leaked or was lost; None where nobody knew.
        number_sign: of the document; empty where nobody knew.
        copy: number of the copy; 0 where nobody knew.
        subject: what happened.
        reason: why; empty where nobody said.
        party: who was concerned; empty where nobody said.
        closed: day on which it was settled; None while it is open.
        outcome: what came of it; empty while it is open.
    """

    event: int
    kind: IncidentKind
    on: date
    level: Level | None
    number_sign: str
    copy: int
    subject: str
    reason: str
    party: str
    closed: date | None
    outcome: str

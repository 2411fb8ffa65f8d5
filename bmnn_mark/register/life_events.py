# SPDX-License-Identifier: Apache-2.0
"""The events of a register's life; their keys are for ever (``docs/register-format.md``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bmnn_mark.register.life import (
    CopyAct,
    CopyKind,
    DocumentAct,
    IncidentKind,
    Whereabouts,
)
from bmnn_mark.rules import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyActed:
    """Something done with a copy; its type is ``holding.<act>``. Sealed: ``actor``, words."""

    document: str
    copy: int
    act: CopyAct
    before: Whereabouts
    after: Whereabouts
    on: date
    abroad: bool | None
    due: date | None
    incident: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentActed:
    """Something decided of a document; its type is ``document.<act>``. Sealed: ``actor``, words."""

    document: str
    act: DocumentAct
    on: date
    level_before: Level
    level: Level
    term: date | None
    partly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReceived:
    """A document from elsewhere.

    Sealed: ``actor``, ``identity`` and, where given, ``title``, ``unit``, ``note``, ``source``.
    """

    TYPE: ClassVar[str] = "document.received"

    document: str
    level: Level
    pack: str
    dated: date
    arrived: date
    number: int
    """Số đến, from 1 in each year of arrival."""
    numbers: tuple[int, ...]
    """Numbers of the copies received."""
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyingPermitted:
    """Copies of a document, permitted by a person.

    Sealed: ``actor``, ``identity`` (of the document copied), ``source``, ``permitted_by``,
    ``office``, ``clause`` and, where given, ``purpose``.
    """

    TYPE: ClassVar[str] = "copying.permitted"

    document: str
    """Id of the series of copies, new."""
    of: str
    """Id of the document that is copied."""
    of_copy: int
    """Number of the copy that is copied; 0 where it is the original kept by the office."""
    kind: CopyKind
    level: Level
    pack: str
    dated: date
    on: date
    """Day of the permission."""
    allowed: int
    copies: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReported:
    """A leak, loss or violation. Sealed: ``actor``, words."""

    TYPE: ClassVar[str] = "incident.reported"

    kind: IncidentKind
    on: date
    level: Level | None
    document: str | None
    copy: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed:
    """What came of an incident. Sealed: ``actor``, words, ``outcome`` among them."""

    TYPE: ClassVar[str] = "incident.closed"

    incident: int
    """Number of the event that reported it."""
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld:
    """A meeting in which secrets were used. Sealed: ``actor``, words."""

    TYPE: ClassVar[str] = "meeting.held"

    on: date
    level: Level
    foreign: bool
    copies: tuple[tuple[str, int], ...]
    """Document id and copy number of each copy used."""


LifeEvent = (
    CopyActed
    | DocumentActed
    | DocumentReceived
    | CopyingPermitted
    | IncidentReported
    | IncidentClosed
    | MeetingHeld
)

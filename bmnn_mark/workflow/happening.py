# SPDX-License-Identifier: Apache-2.0
"""Incidents and meetings: what went wrong and what came of it; where secrets were used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from bmnn_mark.errors import UsageRefused
from bmnn_mark.register.life import (
    IncidentClosing,
    IncidentKind,
    IncidentRequest,
    MeetingRequest,
)
from bmnn_mark.rules import Level
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.living import CopyNow, check_day, copies_now
from bmnn_mark.workflow.naming import NamedCopy, Naming, named_copies, named_thing
from bmnn_mark.workflow.office import Office


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOrder:
    """A leak, loss or violation to be reported.

    Attributes:
        kind: what went wrong.
        on: the day it happened or was noticed.
        actor: who reports it.
        words: ``subject`` is needed.
        level: of what leaked or was lost, where no document says so.
        naming: the document or copy concerned; None where it is not known.
    """

    kind: IncidentKind
    on: date
    actor: str
    words: Mapping[str, str] = field(default_factory=dict)
    level: Level | None = None
    naming: Naming | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOrder:
    """A meeting in which secrets were used.

    Attributes:
        on: its day.
        actor: who enters it.
        words: ``subject`` and ``place`` are needed.
        level: the highest used; None takes that of the copies.
        foreign: whether foreigners took part.
        naming: the copies used; None for none of this register.
    """

    on: date
    actor: str
    words: Mapping[str, str] = field(default_factory=dict)
    level: Level | None = None
    foreign: bool = False
    naming: Naming | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingReport:
    """What was entered of a meeting.

    Attributes:
        meeting: number of its event.
        on: its day.
        level: the highest used.
        foreign: whether foreigners took part.
        copies: the copies used, and where they are.
    """

    meeting: int
    on: date
    level: Level
    foreign: bool
    copies: tuple[CopyNow, ...]


def report_incident(
    office: Office, order: IncidentOrder, *, on_progress: OnProgress = ignore_progress
) -> int:
    """Enter an incident; its number.

    Raises:
        UsageRefused: ``input.*``.
        RegisterRefused: what the register or the naming refuses.
        DocumentRefused: a scan cannot be read.
    """
    check_day(office, order.on)
    register = office.open_register()
    document_id, copy = None, None
    if order.naming is not None:
        document_id, copy = named_thing(office, register, order.naming, on_progress)
    return register.report_incident(
        IncidentRequest(
            kind=order.kind,
            on=order.on,
            actor=order.actor,
            words=order.words,
            level=order.level,
            document_id=document_id,
            copy=copy,
        )
    )


def close_incident(
    office: Office, incident: int, *, on: date, actor: str, words: Mapping[str, str]
) -> None:
    """Enter what came of an incident; ``outcome`` is needed among its words.

    Raises:
        UsageRefused: ``input.*``.
        RegisterRefused: ``register.no_incident``.
    """
    check_day(office, on)
    office.open_register().close_incident(
        IncidentClosing(incident=incident, on=on, actor=actor, words=words)
    )


def enter_meeting(
    office: Office, order: MeetingOrder, *, on_progress: OnProgress = ignore_progress
) -> MeetingReport:
    """Enter a meeting.

    Raises:
        UsageRefused: ``input.*``; ``input.together`` where no level is known;
            ``input.level_below`` where a copy's is above the one given.
        RegisterRefused: what the register or the naming refuses.
        DocumentRefused: a scan cannot be read.
    """
    check_day(office, order.on)
    register = office.open_register()
    named: tuple[NamedCopy, ...] = ()
    if order.naming is not None:
        named = named_copies(office, register, order.naming, on_progress)
    copies = copies_now(register, named)
    level = _level(order.level, copies)
    meeting = register.hold_meeting(
        MeetingRequest(
            on=order.on,
            actor=order.actor,
            level=level,
            foreign=order.foreign,
            copies=tuple((one.document_id, one.number) for one in named),
            words=order.words,
        )
    )
    return MeetingReport(
        meeting=meeting, on=order.on, level=level, foreign=order.foreign, copies=copies
    )


def _level(asked: Level | None, copies: tuple[CopyNow, ...]) -> Level:
    """The highest level used."""
    order = tuple(Level)
    highest = max((one.level for one in copies), key=order.index, default=None)
    if asked is None:
        if highest is None:
            raise UsageRefused("input.together", first="register meeting", second="--level")
        return highest
    if highest is not None and order.index(highest) > order.index(asked):
        raise UsageRefused("input.level_below", level=highest.value)
    return asked

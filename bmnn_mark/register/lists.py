# SPDX-License-Identifier: Apache-2.0
"""Asking for what the year's figures count, one by one: carried out, meetings, incidents."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, select

from bmnn_mark.register.asking import Asking, text_in
from bmnn_mark.register.book_rows import CarryingEntry, IncidentEntry, MeetingEntry
from bmnn_mark.register.life import CopyAct
from bmnn_mark.register.life_events import (
    CopyActed,
    IncidentClosed,
    IncidentReported,
    MeetingHeld,
)
from bmnn_mark.register.schema import acts
from bmnn_mark.rules import Level

_OUT = f"holding.{CopyAct.CARRIED_OUT}"
_BACK = f"holding.{CopyAct.CARRIED_BACK}"


class Listing(Asking):
    """Lists acts of some days with what is sealed of them."""

    def carryings(self, first: date, last: date) -> tuple[CarryingEntry, ...]:
        """Copies carried out on those days, in the order of their entry.

        Raises:
            RegisterRefused: ``register.broken``.
        """
        return tuple(self._carrying(act) for act in self._acts((_OUT,), first, last))

    def meetings(self, first: date, last: date) -> tuple[MeetingEntry, ...]:
        """Meetings of those days, in the order of their entry.

        Raises:
            RegisterRefused: ``register.broken``.
        """
        return tuple(self._meeting(act) for act in self._acts((MeetingHeld.TYPE,), first, last))

    def incidents(self, first: date, last: date) -> tuple[IncidentEntry, ...]:
        """Incidents of those days, in the order of their entry, each with its outcome.

        Raises:
            RegisterRefused: ``register.broken``.
        """
        reported = self._acts((IncidentReported.TYPE,), first, last)
        closings = self._closings() if reported else {}
        return tuple(self._incident(act, closings.get(act.n)) for act in reported)

    def _carrying(self, act: Row[Any]) -> CarryingEntry:
        what, fields = self._event(act.n, CopyActed)
        back = self._next_act(act, (_BACK,))
        return CarryingEntry(
            on=what.on,
            number_sign=self._number_sign_of(what.document),
            level=Level(act.level),
            copy=what.copy,
            abroad=bool(what.abroad),
            carrier=text_in(fields, "party"),
            office=text_in(fields, "office"),
            place=text_in(fields, "place"),
            purpose=text_in(fields, "purpose"),
            due=what.due,
            back=date.fromisoformat(back.day) if back is not None else None,
        )

    def _meeting(self, act: Row[Any]) -> MeetingEntry:
        what, fields = self._event(act.n, MeetingHeld)
        return MeetingEntry(
            on=what.on,
            level=what.level,
            foreign=what.foreign,
            subject="" if what.level is Level.TUYET_MAT else text_in(fields, "subject"),
            place=text_in(fields, "place"),
            host=text_in(fields, "party"),
            decision=text_in(fields, "decision"),
            copies=len(what.copies),
        )

    def _closings(self) -> dict[int, int]:
        """By incident, the event that closed it."""
        numbers = self._rows(select(acts.c.n).where(acts.c.act == IncidentClosed.TYPE))
        return {self._event(row.n, IncidentClosed)[0].incident: row.n for row in numbers}

    def _incident(self, act: Row[Any], closing: int | None) -> IncidentEntry:
        what, fields = self._event(act.n, IncidentReported)
        closed, outcome = None, ""
        if closing is not None:
            end, told = self._event(closing, IncidentClosed)
            closed, outcome = end.on, text_in(told, "outcome")
        return IncidentEntry(
            event=act.n,
            kind=what.kind,
            on=what.on,
            level=what.level,
            number_sign=self._number_sign_of(what.document) if what.document else "",
            copy=what.copy or 0,
            subject=text_in(fields, "subject"),
            reason=text_in(fields, "reason"),
            party=text_in(fields, "party"),
            closed=closed,
            outcome=outcome,
        )

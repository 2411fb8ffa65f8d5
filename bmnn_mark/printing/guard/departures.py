# SPDX-License-Identifier: Apache-2.0
"""Letting attempts go to the device, one at a time: asked for, looked into, let go, stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bmnn_mark.errors import BmnnMarkError, Fault, HostUnknown, PrinterRefused, Scalar
from bmnn_mark.printing.guard.admission import demand_ticket
from bmnn_mark.printing.guard.callers import Caller
from bmnn_mark.printing.guard.errands import OnEnd
from bmnn_mark.printing.guard.flights import Flight, verdict_refusal
from bmnn_mark.printing.guard.hall import Hall
from bmnn_mark.printing.guard.incidents import Incidents
from bmnn_mark.printing.guard.looking import Eyes, Seen
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import Admission, Admitted, End
from bmnn_mark.printing.printer.record import enrolled

_LOOK_AGAIN_SECONDS = 1.0
_ALIVE_SECONDS = 0.5


class Departures:
    """The one attempt that may be on its way.

    Args:
        place: where printer's record and receipts are.
        boot_id: of this boot.
        hall: where gates are answered.
        eyes: look at the host.
        incidents: where refusals and stops are told.
        preflight: has the printer looked at, for a job's number.
        listen: reads what the kernel said that was not read yet.
    """

    def __init__(  # each is another part of the guard
        self,
        place: GuardPlace,
        boot_id: str,
        *,
        hall: Hall,
        eyes: Eyes,
        incidents: Incidents,
        preflight: Callable[[int, OnEnd], None],
        listen: Callable[[], None],
    ) -> None:
        self.changes = 0
        """How often the host has changed."""
        self.held = 0
        """How many acts at the queue are under way, during which nothing starts."""
        self._place = place
        self._boot_id = boot_id
        self._hall = hall
        self._eyes = eyes
        self._incidents = incidents
        self._check_printer = preflight
        self._listen = listen
        self._flight: Flight | None = None
        self._next_look = 0.0
        self._next_word = 0.0

    def stop(self, code: str) -> None:
        """Have what is on its way to the device stopped; the device's end is still to come."""
        flight = self._flight
        if flight is not None and not flight.stopped:
            flight.stopped = code
            if flight.admitted:
                self._hall.tell(flight.caller, {"stop": code})
                self._incidents.tell("guard.stopped", why=code, attempt=flight.attempt)

    def look_again(self, now: float) -> None:
        """While an attempt is on its way, look for what the kernel tells nobody of.

        Its gate hears that the guard is there: one that hangs would hear of no change.
        """
        flight = self._flight
        if flight is None or not flight.admitted or flight.stopped:
            return
        if now > self._next_word:
            self._next_word = now + _ALIVE_SECONDS
            self._hall.tell(flight.caller, {"alive": True})
        if now > self._next_look:
            self._next_look = now + _LOOK_AGAIN_SECONDS
            self._eyes.ask(partial(self._looked_again, flight), now, self.changes)

    def gone(self, caller: Caller) -> None:
        """A caller is there no more; it may have been the gate."""
        flight = self._flight
        if flight is not None and flight.caller is caller:
            self._flight = None
            if flight.admitted and not flight.stopped:
                self._incidents.tell("guard.gate_vanished", attempt=flight.attempt)

    def admit(self, caller: Caller, asked: Admission) -> None:
        """Have host and printer looked at for a job whose ticket holds; refuse any other."""
        try:
            flight = self._boarded(caller, asked)
        except BmnnMarkError as refusal:
            self._refuse(caller, asked, refusal)
            return
        self._flight = flight
        self._eyes.ask(lambda seen: self._looked(flight, seen=seen), time.monotonic(), self.changes)
        self._check_printer(asked.job_id, lambda findings: self._looked(flight, findings=findings))

    def ended(self, caller: Caller, end: End) -> None:
        """The device program of the attempt on its way has ended.

        Raises:
            PrinterRefused: ``guard.not_in_flight``.
        """
        flight = self._flight
        if flight is None or flight.caller is not caller or not flight.admitted:
            raise PrinterRefused("guard.not_in_flight")
        self._flight = None
        if end.stopped and not flight.stopped:
            why = end.stopped[:48]
            self._incidents.tell("guard.gate_stopped", why=why, attempt=flight.attempt)
        self._hall.answer(caller, {})

    def _boarded(self, caller: Caller, asked: Admission) -> Flight:
        """The attempt, once nothing but the looks at host and printer is missing."""
        if self._incidents.unwritable:
            raise Fault("guard.journal_unwritable")
        if self.held:
            raise PrinterRefused("guard.clearing")
        if self._flight is not None:
            raise PrinterRefused("guard.in_flight")
        printer = enrolled(self._place.pins)
        now = (int(time.time()), self._boot_id)
        ticket = demand_ticket(asked, printer, self._place, now)
        return Flight(caller=caller, asked=asked, attempt=ticket.attempt_id, changes=self.changes)

    def _looked(self, flight: Flight, **what: Any) -> None:
        """Give an attempt its leave, or refuse it, once host and printer were looked at."""
        for name, value in what.items():
            setattr(flight, name, value)
        if self._flight is not flight or not flight.looked_into:
            return
        self._listen()  # what came since the loop began this turn
        refusal = flight.refusal(self.changes)
        if refusal is not None:
            self._flight = None
            self._refuse(flight.caller, flight.asked, refusal, attempt=flight.attempt)
            return
        assert isinstance(flight.seen, Seen)
        flight.admitted = True
        self._next_look = time.monotonic() + _LOOK_AGAIN_SECONDS
        leave = Admitted(attempt=flight.attempt, snapshot_sha256=flight.seen.snapshot_sha256)
        self._hall.answer(flight.caller, leave)

    def _looked_again(self, flight: Flight, seen: Seen | HostUnknown) -> None:
        refusal = verdict_refusal(seen)
        if refusal is not None and self._flight is flight:
            self.stop(refusal.code)

    def _refuse(
        self, caller: Caller, asked: Admission, refusal: BmnnMarkError, **detail: Scalar
    ) -> None:
        """Refuse a start, once the journal says so."""
        job: dict[str, Scalar] = {"queue": asked.queue[:127], "job": asked.job_id, **detail}
        facts = {**refusal.detail, **job}
        self._incidents.write(refusal.code, facts, lambda _: self._hall.refuse(caller, refusal))

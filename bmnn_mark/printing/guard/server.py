# SPDX-License-Identifier: Apache-2.0
"""The guard: one loop in which the kernel's word comes first, and nothing waits."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from bmnn_mark import plain
from bmnn_mark.errors import BmnnMarkError, Fault, HostUnknown, PrinterRefused, Scalar
from bmnn_mark.files import private_folder
from bmnn_mark.printing.evidence.collecting import THIS_HOST, Sources
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.guard.admission import demand_ticket, register_of
from bmnn_mark.printing.guard.callers import Caller
from bmnn_mark.printing.guard.commissioned import BaselineWatch
from bmnn_mark.printing.guard.errands import Errands, OnEnd
from bmnn_mark.printing.guard.flights import Flight, verdict_refusal
from bmnn_mark.printing.guard.hall import Hall
from bmnn_mark.printing.guard.hands import Hands
from bmnn_mark.printing.guard.heads import known_head, raise_head
from bmnn_mark.printing.guard.journal import IncidentBook
from bmnn_mark.printing.guard.kernel import DEAF, DEVICE, KernelLines
from bmnn_mark.printing.guard.looking import Eyes, OnSeen, Seen
from bmnn_mark.printing.guard.moments import Throttle, utc_now
from bmnn_mark.printing.guard.place import GuardPlace, only_guard
from bmnn_mark.printing.guard.protocol import Admission, Admitted, End, KnownHead, Op
from bmnn_mark.printing.guard.receipts import read_receipt
from bmnn_mark.printing.printer import enrolled

_MOST_ATTEMPTS = 2000  # asked for at once
_TRIES = 3  # looks at a host that changes while it is looked at
_TURN_SECONDS = 1.0  # also between two looks while an attempt is on its way


class Guard:
    """The guard of one place.

    Args:
        place: where it keeps things and is asked.
        sources: where facts are read; only tests give others than the host's.
        begin_thread: called first in every thread of it.
    """

    def __init__(
        self,
        place: GuardPlace,
        sources: Sources = THIS_HOST,
        begin_thread: Callable[[], None] = lambda: None,
    ) -> None:
        self._kernel = KernelLines()  # before anything looks at the host
        self._changes = 0
        self._deaf = False
        self._place = place
        self._boot_id = this_moment(sources.root).boot_id
        self._selector = selectors.DefaultSelector()
        self._hall = Hall(self._selector, self._question, self._gone)
        self._eyes = Eyes(place, replace(sources, state=place.state))
        self._hands = Hands(place)
        self._acts = Errands("hands", begin_thread)
        self._book = IncidentBook(place, self._boot_id, utc_now)
        self._desk = Errands("desk", begin_thread)
        self._throttle = Throttle()
        self._flight: Flight | None = None
        self._clearing = 0
        self._next_look = 0.0
        self._unwritable = False
        self._alone = ExitStack()
        self._opened = False
        self._baseline = BaselineWatch(place)
        self._running = place.state / "running"
        self._ops: dict[Op, Callable[[Caller, dict[str, Any]], None]] = {
            Op.REPORT: self._report,
            Op.SUBSCRIBE: self._subscribe,
            Op.PRINTER: self._printer,
            Op.PREFLIGHT: self._preflight,
            Op.PAUSE: self._pause,
            Op.RESUME: self._resume,
            Op.PURGE: self._purge,
            Op.RECEIPTS: self._receipts,
            Op.RECOVER: self._recover,
            Op.INCIDENTS: self._incidents,
            Op.HEAD: self._head,
            Op.RAISE_HEAD: self._raise_head,
            Op.ADMIT: self._admit,
            Op.ENDED: self._ended,
        }

    def open(self) -> None:
        """Open the journal, start the eyes and the threads, and last let askers in.

        Raises:
            Fault: ``fault.folder``; ``guard.receipts_lost``: with an empty folder in their place,
                attempts that came to paper would be taken for void.
            PrinterRefused: ``guard.runs_already``.
            OSError: the journal cannot be read or written.
        """
        if self._place.incidents.exists() and not self._place.receipts.exists():
            raise Fault("guard.receipts_lost")
        for folder in (self._place.pins, self._place.state, self._place.receipts):
            private_folder(folder)
        self._alone.enter_context(only_guard(self._place))
        self._book.open()
        self._baseline.tell(self._book.write)
        if self._running.exists():
            self._book.write("guard.ended_hard", {})
        self._running.touch(mode=0o600)
        self._eyes.open()
        for errands in (self._acts, self._desk):
            errands.open()
            self._selector.register(errands, selectors.EVENT_READ)
        for line in (self._kernel.network, self._kernel.devices, self._eyes):
            self._selector.register(line, selectors.EVENT_READ)
        self._hall.open(self._place.socket)
        self._opened = True

    def close(self) -> None:
        """Drop everybody, which stops what is on its way; write what is to be written."""
        self._hall.close()
        self._acts.close()
        self._desk.close()
        self._eyes.close()
        self._kernel.close()
        self._selector.close()
        if self._opened:
            self._running.unlink(missing_ok=True)
        self._alone.close()

    def serve(self, ending: int, each_turn: Callable[[], None] = lambda: None) -> None:
        """Answer until the descriptor ``ending`` can be read.

        Raises:
            Fault: ``guard.deaf``: the kernel's word does not come any more.
        """
        self._selector.register(ending, selectors.EVENT_READ)
        while ending not in self.turn(_TURN_SECONDS):
            if self._deaf:
                raise Fault("guard.deaf")
            each_turn()

    def turn(self, seconds: float) -> list[object]:
        """Wait for something to happen, at most ``seconds``, and act upon it; what spoke."""
        events = self._selector.select(0 if self._hall.waiting else seconds)
        ready = [(key.fileobj, mask) for key, mask in events]
        spoke = {id(what) for what, _ in ready}
        if id(self._kernel.network) in spoke:
            self._changed(self._kernel.read_network())
        if id(self._kernel.devices) in spoke:
            self._changed(self._kernel.read_devices())
        now = time.monotonic()
        for errands in (self._acts, self._desk):
            if id(errands) in spoke:
                errands.tell()
        if (id(self._eyes) in spoke and not self._eyes.hear(now)) or self._eyes.overdue(now):
            self._selector.unregister(self._eyes)
            self._eyes.blind(now)
            self._selector.register(self._eyes, selectors.EVENT_READ)
        self._kernel.allow_neighbours(self._eyes.nets)
        self._hall.attend(ready, now)
        self._look_again(now)
        if self._baseline.changed():
            self._desk.do(lambda: self._baseline.tell(self._book.write), lambda _: None)
        return [what for what, _ in ready]

    # What happens by itself.

    def _changed(self, code: str) -> None:
        """A change of the host: first the gate hears of it, then those who listen."""
        if code:
            self._changes += 1
            self._deaf = self._deaf or code == DEAF
            self._stop(code)
            self._hall.tell_subscribers({"changed": code})
            if code != DEVICE:  # a card that comes and goes leaves no other trace
                self._incident(code)

    def _stop(self, code: str) -> None:
        """Have what is on its way to the device stopped; the device's end is still to come."""
        flight = self._flight
        if flight is not None and not flight.stopped:
            flight.stopped = code
            if flight.admitted:
                self._hall.tell(flight.caller, {"stop": code})
                self._incident("guard.stopped", why=code, attempt=flight.attempt)

    def _look_again(self, now: float) -> None:
        """While an attempt is on its way, look for what the kernel tells nobody of."""
        flight = self._flight
        if flight is not None and flight.admitted and not flight.stopped and now > self._next_look:
            self._next_look = now + _TURN_SECONDS
            self._eyes.ask(partial(self._looked_again, flight), now, self._changes)

    def _looked_again(self, flight: Flight, seen: Seen | HostUnknown) -> None:
        refusal = verdict_refusal(seen)
        if refusal is not None and self._flight is flight:
            self._stop(refusal.code)

    def _gone(self, caller: Caller) -> None:
        flight = self._flight
        if flight is not None and flight.caller is caller:
            self._flight = None
            if flight.admitted and not flight.stopped:
                self._incident("guard.gate_vanished", attempt=flight.attempt)

    def _incident(self, code: str, **detail: Scalar) -> None:
        """Have an entry written to the journal, unless too many of its kind come."""
        self._write(code, detail, lambda _: None)

    def _write(self, code: str, detail: dict[str, Scalar], then: OnEnd) -> None:
        unwritten = self._throttle.lets(code, time.monotonic())
        if unwritten is None:
            then(None)
            return
        more = {"unwritten": unwritten} if unwritten else {}
        self._desk.do(lambda: self._book.write(code, detail | more), partial(self._written, then))

    def _written(self, then: OnEnd, what: object) -> None:
        self._unwritable = isinstance(what, BmnnMarkError)
        then(what)

    # What may be asked.

    def _question(self, caller: Caller, op: Op, asked: dict[str, Any]) -> None:
        if op in {Op.ADMIT, Op.ENDED} and caller.who.uid != 0:
            raise PrinterRefused("guard.not_yours")
        self._ops[op](caller, asked)

    def _reply(self, caller: Caller, what: object) -> None:
        """Answer with what an errand or a look came to."""
        if isinstance(what, BmnnMarkError):
            self._hall.refuse(caller, what)
        else:
            self._hall.answer(caller, {} if what is None else what)

    def _report(self, caller: Caller, _asked: dict[str, Any]) -> None:
        def reply(seen: Seen | HostUnknown) -> None:
            self._reply(caller, seen.report if isinstance(seen, Seen) else seen)

        self._look(reply)

    def _look(self, then: OnSeen, tries: int = _TRIES) -> None:
        """Have a look at a host that holds still meanwhile."""
        before = self._changes

        def seen(what: Seen | HostUnknown) -> None:
            if self._changes == before:
                then(what)
            elif tries > 1:
                self._look(then, tries - 1)
            else:
                then(HostUnknown("guard.host_restless"))

        self._eyes.ask(seen, time.monotonic(), self._changes)

    def _subscribe(self, caller: Caller, _asked: dict[str, Any]) -> None:
        caller.subscribed = True
        self._hall.answer(caller, {})

    def _printer(self, caller: Caller, _asked: dict[str, Any]) -> None:
        self._hall.answer(caller, enrolled(self._place.pins))

    def _preflight(self, caller: Caller, asked: dict[str, Any]) -> None:
        own = asked.get("own_job")
        if not (own is None or isinstance(own, int)):
            raise PrinterRefused("guard.asked_wrong", what="own_job")
        self._acts.do(lambda: self._hands.preflight(own), partial(self._reply, caller))

    def _pause(self, caller: Caller, _asked: dict[str, Any]) -> None:
        self._clear(caller, self._hands.pause)

    def _resume(self, caller: Caller, _asked: dict[str, Any]) -> None:
        self._acts.do(self._hands.resume, partial(self._reply, caller))

    def _purge(self, caller: Caller, asked: dict[str, Any]) -> None:
        uuid = str(asked.get("uuid", ""))
        self._clear(caller, lambda: self._hands.purge(uuid))

    def _recover(self, caller: Caller, asked: dict[str, Any]) -> None:
        attempts = _attempts(asked)
        self._clear(caller, lambda: self._hands.recover(attempts))

    def _clear(self, caller: Caller, act: Callable[[], object]) -> None:
        """Stop what is on its way, let nothing start meanwhile, and act."""
        self._stop("guard.recalled")
        self._clearing += 1

        def ended(what: object) -> None:
            self._clearing -= 1
            self._reply(caller, what)

        self._acts.do(act, ended)

    def _receipts(self, caller: Caller, asked: dict[str, Any]) -> None:
        attempts = _attempts(asked)
        folder = self._place.receipts
        self._desk.do(
            lambda: [read_receipt(folder, one) for one in attempts], partial(self._reply, caller)
        )

    def _incidents(self, caller: Caller, asked: dict[str, Any]) -> None:
        after, part = asked.get("after", 0), asked.get("journal", "")
        if not (isinstance(after, int) and isinstance(part, str)):
            raise PrinterRefused("guard.asked_wrong", what="incidents")
        self._desk.do(lambda: self._book.page(after, part), partial(self._reply, caller))

    def _head(self, caller: Caller, asked: dict[str, Any]) -> None:
        register = str(asked.get("register_id", ""))

        def reply(what: object) -> None:
            if what is None:
                self._hall.answer(caller, None)
            else:
                self._reply(caller, what)

        self._desk.do(lambda: known_head(self._place.heads, register), reply)

    def _raise_head(self, caller: Caller, asked: dict[str, Any]) -> None:
        head = _read(asked, KnownHead)
        register = register_of(enrolled(self._place.pins))

        def reply(what: object) -> None:
            if isinstance(what, PrinterRefused) and what.code == "guard.head_forked":
                self._incident(what.code, register=head.register_id, size=head.size)
            self._reply(caller, what)

        self._desk.do(lambda: raise_head(self._place.heads, head, register), reply)

    def _admit(self, caller: Caller, asked: dict[str, Any]) -> None:
        admission = _read(asked, Admission)
        try:
            flight = self._boarded(caller, admission)
        except BmnnMarkError as refusal:
            self._refuse_start(caller, admission, refusal)
            return
        self._flight = flight
        self._eyes.ask(
            lambda seen: self._looked(flight, seen=seen), time.monotonic(), self._changes
        )
        self._acts.do(
            lambda: self._hands.preflight(admission.job_id),
            lambda findings: self._looked(flight, findings=findings),
        )

    def _boarded(self, caller: Caller, admission: Admission) -> Flight:
        """The attempt, once nothing but the looks at host and printer is missing."""
        if self._unwritable:
            raise Fault("guard.journal_unwritable")
        if self._clearing:
            raise PrinterRefused("guard.clearing")
        if self._flight is not None:
            raise PrinterRefused("guard.in_flight")
        printer = enrolled(self._place.pins)
        now = (int(time.time()), self._boot_id)
        ticket = demand_ticket(admission, printer, self._place, now)
        return Flight(
            caller=caller, asked=admission, attempt=ticket.attempt_id, changes=self._changes
        )

    def _looked(self, flight: Flight, **what: Any) -> None:
        """Give an attempt its leave, or refuse it, once host and printer were looked at."""
        for name, value in what.items():
            setattr(flight, name, value)
        if self._flight is not flight or not flight.looked_into:
            return
        refusal = flight.refusal(self._changes)
        if refusal is None and flight.stopped:
            refusal = PrinterRefused(flight.stopped)
        if refusal is not None:
            self._flight = None
            self._refuse_start(flight.caller, flight.asked, refusal, attempt=flight.attempt)
            return
        assert isinstance(flight.seen, Seen)
        flight.admitted = True
        self._next_look = time.monotonic() + _TURN_SECONDS
        leave = Admitted(attempt=flight.attempt, snapshot_sha256=flight.seen.snapshot_sha256)
        self._hall.answer(flight.caller, leave)

    def _refuse_start(
        self, caller: Caller, asked: Admission, refusal: BmnnMarkError, **detail: Scalar
    ) -> None:
        """Refuse a start, once the journal says so."""
        facts: dict[str, Scalar] = {"queue": asked.queue[:127], "job": asked.job_id, **detail}
        self._write(refusal.code, facts, lambda _: self._hall.refuse(caller, refusal))

    def _ended(self, caller: Caller, asked: dict[str, Any]) -> None:
        end = _read(asked, End)
        flight = self._flight
        if flight is None or flight.caller is not caller or not flight.admitted:
            raise PrinterRefused("guard.not_in_flight")
        self._flight = None
        if end.stopped and not flight.stopped:
            self._incident("guard.gate_stopped", why=end.stopped[:48], attempt=flight.attempt)
        self._hall.answer(caller, {})


def _read(asked: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return plain.from_builtins(asked, kind)
    except msgspec.ValidationError as error:
        raise PrinterRefused("guard.asked_wrong", what=kind.__name__) from error


def _attempts(asked: dict[str, Any]) -> tuple[str, ...]:
    given = asked.get("attempts")
    if not isinstance(given, list) or len(given) > _MOST_ATTEMPTS:
        raise PrinterRefused("guard.asked_wrong", what="attempts")
    return tuple(str(one) for one in given)

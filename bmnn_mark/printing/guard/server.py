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
from bmnn_mark.errors import BmnnMarkError, Fault, HostUnknown, PrinterRefused
from bmnn_mark.files import private_folder
from bmnn_mark.printing.evidence.collecting import THIS_HOST, Sources
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.guard.admission import register_of
from bmnn_mark.printing.guard.callers import Caller
from bmnn_mark.printing.guard.commissioned import BaselineWatch
from bmnn_mark.printing.guard.departures import Departures
from bmnn_mark.printing.guard.errands import Errands
from bmnn_mark.printing.guard.hall import Hall
from bmnn_mark.printing.guard.hands import Hands
from bmnn_mark.printing.guard.heads import known_head, raise_head
from bmnn_mark.printing.guard.incidents import Incidents
from bmnn_mark.printing.guard.journal import IncidentBook
from bmnn_mark.printing.guard.kernel import DEAF, DEVICE, KernelLines
from bmnn_mark.printing.guard.looking import Eyes, OnSeen, Seen
from bmnn_mark.printing.guard.moments import utc_now
from bmnn_mark.printing.guard.place import GuardPlace, only_guard
from bmnn_mark.printing.guard.protocol import Admission, End, KnownHead, Op
from bmnn_mark.printing.guard.receipts import read_receipt
from bmnn_mark.printing.printer.record import enrolled

_MOST_ATTEMPTS = 1500  # asked for at once: as many as a line holds
_TRIES = 3  # looks at a host that changes while it is looked at
_TURN_SECONDS = 0.5


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
        self._deaf = False
        self._place = place
        boot_id = this_moment(sources.root).boot_id
        self._selector = selectors.DefaultSelector()
        self._hall = Hall(self._selector, self._question, self._gone)
        self._eyes = Eyes(place, replace(sources, state=place.state))
        self._hands = Hands(place)
        self._acts = Errands("hands", begin_thread)
        self._book = IncidentBook(place, boot_id, utc_now)
        self._desk = Errands("desk", begin_thread)
        self._incidents = Incidents(self._book, self._desk)
        self._departures = Departures(
            place,
            boot_id,
            hall=self._hall,
            eyes=self._eyes,
            incidents=self._incidents,
            preflight=lambda job, then: self._acts.do(lambda: self._hands.preflight(job), then),
            listen=self._listen,
        )
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
            Op.INCIDENTS: self._journal,
            Op.HEAD: self._head,
            Op.RAISE_HEAD: self._raise_head,
            Op.ADMIT: lambda one, asked: self._departures.admit(one, _read(asked, Admission)),
            Op.ENDED: lambda one, asked: self._departures.ended(one, _read(asked, End)),
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
        if {id(self._kernel.network), id(self._kernel.devices)} & spoke:
            self._listen()
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
        self._departures.look_again(now)
        if self._baseline.changed():
            self._desk.do(lambda: self._baseline.tell(self._book.write), lambda _: None)
        return [what for what, _ in ready]

    # What happens by itself.

    def _listen(self) -> None:
        """Read what the kernel said, and act upon it."""
        for code in (self._kernel.read_network(), self._kernel.read_devices()):
            if code:
                self._changed(code)

    def _changed(self, code: str) -> None:
        """A change of the host: first the gate hears of it, then those who listen."""
        self._departures.changes += 1
        self._deaf = self._deaf or code == DEAF
        self._departures.stop(code)
        self._hall.tell_subscribers({"changed": code})
        if code != DEVICE:  # a card that comes and goes leaves no other trace
            self._incidents.tell(code)

    def _gone(self, caller: Caller) -> None:
        self._departures.gone(caller)

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
        before = self._departures.changes

        def seen(what: Seen | HostUnknown) -> None:
            if self._departures.changes == before:
                then(what)
            elif tries > 1:
                self._look(then, tries - 1)
            else:
                then(HostUnknown("guard.host_restless"))

        self._eyes.ask(seen, time.monotonic(), before)

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
        self._departures.stop("guard.recalled")
        self._departures.held += 1

        def ended(what: object) -> None:
            self._departures.held -= 1
            self._reply(caller, what)

        self._acts.do(act, ended)

    def _receipts(self, caller: Caller, asked: dict[str, Any]) -> None:
        attempts = _attempts(asked)
        folder = self._place.receipts
        self._desk.do(
            lambda: [read_receipt(folder, one) for one in attempts], partial(self._reply, caller)
        )

    def _journal(self, caller: Caller, asked: dict[str, Any]) -> None:
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
                self._incidents.tell(what.code, register=head.register_id, size=head.size)
            self._reply(caller, what)

        self._desk.do(lambda: raise_head(self._place.heads, head, register), reply)


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

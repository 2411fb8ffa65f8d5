# SPDX-License-Identifier: Apache-2.0
"""The guard's one loop: the kernel's word first, then whoever asks; nothing in it waits."""

from __future__ import annotations

import errno
import os
import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from bmnn_mark import plain
from bmnn_mark.errors import BmnnMarkError, Fault, HostOnline, HostUnknown, PrinterRefused
from bmnn_mark.files import os_reason, private_folder
from bmnn_mark.printing.evidence.collecting import THIS_HOST, Sources
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.guard.admission import demand_ticket
from bmnn_mark.printing.guard.callers import Caller, credentials_of, group_id
from bmnn_mark.printing.guard.kernel import KernelLines
from bmnn_mark.printing.guard.looking import Eyes, Seen
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import Admission, Admitted, End, Op
from bmnn_mark.printing.guard.receipts import read_receipt
from bmnn_mark.printing.model import Verdict
from bmnn_mark.printing.printer import EnrolledPrinter, enrolled

_BACKLOG = 64
_MOST_OF_ONE, _MOST_OF_ROOT, _MOST_OF_ALL = 16, 64, 128
_HALF_LINE_SECONDS = 10.0
_MOST_ATTEMPTS = 10_000
_TRIES = 3  # looks at a host that changes while it is looked at
_CODE = re.compile(r"[a-z_]{1,32}\.[a-z_0-9]{1,48}")


@dataclass(slots=True)
class Flight:
    """The one attempt on its way to the device.

    ``admitted`` says whether the gate has its leave; until then it waits for the host's look.
    """

    caller: Caller
    attempt: str
    changes: int
    admitted: bool = False


class Guard:
    """The guard of one place.

    Args:
        place: where it keeps things and is asked.
        sources: where facts are read; only tests give others than the host's.
    """

    def __init__(self, place: GuardPlace, sources: Sources = THIS_HOST) -> None:
        self.place = place
        self.sources = sources
        self.changes = 0
        """How many changes of the host were seen since the start."""
        self.flight: Flight | None = None
        self.callers: set[Caller] = set()
        self.kernel = KernelLines()  # before anything looks at the host
        self.eyes = Eyes(place, sources)
        self.boot_id = this_moment(sources.root).boot_id
        self.selector = selectors.DefaultSelector()
        self.door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._ops: dict[Op, Callable[[Caller, dict[str, Any]], None]] = {
            Op.REPORT: self._report,
            Op.SUBSCRIBE: self._subscribe,
            Op.PRINTER: self._printer,
            Op.RECEIPTS: self._receipts,
            Op.ADMIT: self._admit,
            Op.ENDED: self._ended,
        }

    # --- opening and closing -------------------------------------------------------------------

    def open(self) -> None:
        """Make the folders and the socket, and start the eyes.

        Raises:
            Fault: ``fault.folder``.
            PrinterRefused: ``guard.runs_already``.
        """
        for folder in (self.place.pins, self.place.state, self.place.receipts):
            private_folder(folder)
        self.eyes.open()
        self._open_door()
        for what in (self.kernel.network, self.kernel.devices, self.door, self.eyes):
            self.selector.register(what, selectors.EVENT_READ)

    def _open_door(self) -> None:
        path = self.place.socket
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
            try:
                knock.connect(str(path))
            except OSError:
                path.unlink(missing_ok=True)  # of a guard that was killed
            else:
                raise PrinterRefused("guard.runs_already")
        self.door.bind(str(path))
        path.chmod(0o600)
        group = group_id()
        if group is not None:
            os.chown(path, 0, group)
            path.chmod(0o660)
        self.door.settimeout(0)
        self.door.listen(_BACKLOG)

    def close(self) -> None:
        """Stop whatever is on its way, and be gone."""
        if self.flight is not None:
            self._drop(self.flight.caller)
        for caller in tuple(self.callers):
            self._drop(caller)
        self.place.socket.unlink(missing_ok=True)
        self.door.close()
        self.eyes.close()
        self.kernel.close()
        self.selector.close()

    # --- the loop ------------------------------------------------------------------------------

    def serve(self, until: Callable[[], bool] = lambda: False) -> None:
        """Answer until told to end."""
        while not until():
            self.turn(1.0)

    def turn(self, seconds: float) -> None:
        """Wait for something to happen, at most ``seconds``, and act upon it."""
        ready = {key.fileobj: mask for key, mask in self.selector.select(seconds)}
        if self.kernel.network in ready:
            self._changed(self.kernel.read_network())
        if self.kernel.devices in ready:
            self._changed(self.kernel.read_devices())
        now = time.monotonic()
        if (self.eyes in ready and not self.eyes.hear(now)) or self.eyes.overdue(now):
            self._open_eyes(now)
        for what, mask in ready.items():
            if isinstance(what, Caller) and not what.gone:
                self._attend(what, mask, now)
        if self.door in ready:
            self._let_in()
        self._drop_half_lines(now)

    def _changed(self, code: str) -> None:
        """Tell of a change: first the gate on its way, then those who listen."""
        if not code:
            return
        self.changes += 1
        if self.flight is not None and self.flight.admitted:
            self._tell(self.flight.caller, {"stop": code})
        for caller in tuple(self.callers):
            if caller.subscribed:
                self._tell(caller, {"changed": code})

    def _open_eyes(self, now: float) -> None:
        self.selector.unregister(self.eyes)
        self.eyes.blind(now)
        self.selector.register(self.eyes, selectors.EVENT_READ)

    # --- callers -------------------------------------------------------------------------------

    def _let_in(self) -> None:
        try:
            line, _ = self.door.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}:
                time.sleep(0.001)  # nobody can be let in now; do not spin
            return
        try:
            caller = Caller(line, credentials_of(line))
        except OSError:
            line.close()
            return
        of_all = Counter(one.who.uid for one in self.callers)
        most = _MOST_OF_ROOT if caller.who.uid == 0 else _MOST_OF_ONE
        if not caller.who.may_ask():
            self._turn_away(caller, PrinterRefused("guard.not_yours"))
        elif of_all[caller.who.uid] >= most or of_all.total() >= _MOST_OF_ALL:
            self._turn_away(caller, PrinterRefused("guard.too_many"))
        else:
            self.callers.add(caller)
            self.selector.register(caller, selectors.EVENT_READ)

    def _turn_away(self, caller: Caller, refusal: BmnnMarkError) -> None:
        caller.refuse(refusal)
        caller.line.close()

    def _drop(self, caller: Caller) -> None:
        if caller.gone:
            return
        caller.gone = True
        self.callers.discard(caller)
        self.selector.unregister(caller)
        caller.line.close()
        if self.flight is not None and self.flight.caller is caller:
            self.flight = None

    def _drop_half_lines(self, now: float) -> None:
        for caller in tuple(self.callers):
            if (
                caller.half_since
                and not caller.busy
                and now - caller.half_since > _HALF_LINE_SECONDS
            ):
                self._drop(caller)

    def _attend(self, caller: Caller, mask: int, now: float) -> None:
        if mask & selectors.EVENT_WRITE and not caller.flush():
            self._drop(caller)
            return
        if mask & selectors.EVENT_READ and not caller.hear(now):
            self._drop(caller)
            return
        self._answer_next(caller)

    def _answer_next(self, caller: Caller) -> None:
        while not (caller.gone or caller.busy) and (line := caller.next_line()) is not None:
            caller.busy = True
            try:
                op, asked = _question(line)
                if op in {Op.ADMIT, Op.ENDED} and caller.who.uid != 0:
                    raise PrinterRefused("guard.not_yours")
                self._ops[op](caller, asked)
            except BmnnMarkError as refusal:
                self._refuse(caller, refusal)
            except OSError as error:
                self._refuse(caller, Fault("guard.system", reason=os_reason(error)))
        self._listen_for(caller)

    def _listen_for(self, caller: Caller) -> None:
        if not caller.gone:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if caller.untold else 0)
            self.selector.modify(caller, wanted)

    def _answer(self, caller: Caller, value: object) -> None:
        self._said(caller, well=caller.gone or caller.answer(value))

    def _refuse(self, caller: Caller, refusal: BmnnMarkError) -> None:
        self._said(caller, well=caller.gone or caller.refuse(refusal))

    def _tell(self, caller: Caller, said: object) -> None:
        self._said(caller, well=caller.gone or caller.tell(said))

    def _said(self, caller: Caller, *, well: bool) -> None:
        if not well:
            self._drop(caller)
        self._listen_for(caller)

    # --- what may be asked ---------------------------------------------------------------------

    def _report(self, caller: Caller, _asked: dict[str, Any]) -> None:
        self._look(lambda seen: self._reported(caller, seen))

    def _reported(self, caller: Caller, seen: Seen | HostUnknown) -> None:
        if isinstance(seen, Seen):
            self._answer(caller, seen.report)
        else:
            self._refuse(caller, seen)
        if not caller.gone:
            self._answer_next(caller)

    def _look(self, then: Callable[[Seen | HostUnknown], None], tries: int = _TRIES) -> None:
        """Have a look at a host that holds still meanwhile."""
        before = self.changes

        def seen(what: Seen | HostUnknown) -> None:
            if self.changes == before:
                then(what)
            elif tries > 1:
                self._look(then, tries - 1)
            else:
                then(HostUnknown("guard.host_restless"))

        self.eyes.ask(seen, time.monotonic())

    def _subscribe(self, caller: Caller, _asked: dict[str, Any]) -> None:
        caller.subscribed = True
        self._answer(caller, {})

    def _printer(self, caller: Caller, _asked: dict[str, Any]) -> None:
        self._answer(caller, enrolled(self.place.pins))

    def _receipts(self, caller: Caller, asked: dict[str, Any]) -> None:
        self._answer(caller, [self._receipt(one) for one in _attempts(asked)])

    def _receipt(self, attempt: str) -> object:
        return read_receipt(self.place.receipts, attempt)

    def _admit(self, caller: Caller, asked: dict[str, Any]) -> None:
        admission = _read(asked, Admission)
        if self.flight is not None:
            raise PrinterRefused("guard.in_flight")
        if admission.fault:
            known = _CODE.fullmatch(admission.fault) is not None
            raise PrinterRefused(admission.fault if known else "guard.asked_wrong")
        printer = enrolled(self.place.pins)
        ticket = demand_ticket(
            admission,
            printer,
            _register_of(printer),
            self.place,
            (int(time.time()), self.boot_id),
        )
        flight = Flight(caller=caller, attempt=ticket.attempt_id, changes=self.changes)
        self.flight = flight
        self.eyes.ask(lambda seen: self._judged(flight, seen), time.monotonic())

    def _judged(self, flight: Flight, seen: Seen | HostUnknown) -> None:
        """Give an attempt its leave, or refuse it, now that the host was looked at."""
        if self.flight is not flight:
            return
        refusal: BmnnMarkError
        if not isinstance(seen, Seen):
            refusal = seen
        elif seen.verdict != Verdict.OFFLINE.value:
            online = seen.verdict == Verdict.ONLINE.value
            refusal = HostOnline("host.online") if online else HostUnknown("host.unknown")
        elif self.changes != flight.changes:
            refusal = HostUnknown("host.changed")
        else:
            flight.admitted = True
            leave = Admitted(attempt=flight.attempt, snapshot_sha256=seen.snapshot_sha256)
            self._answer(flight.caller, leave)
            return
        self.flight = None
        self._refuse(flight.caller, refusal)

    def _ended(self, caller: Caller, asked: dict[str, Any]) -> None:
        _read(asked, End)
        if self.flight is None or self.flight.caller is not caller or not self.flight.admitted:
            raise PrinterRefused("guard.not_in_flight")
        self.flight = None
        self._answer(caller, {})


def _question(line: bytes) -> tuple[Op, dict[str, Any]]:
    try:
        asked = msgspec.json.decode(line)
        return Op(asked["op"]), dict(asked.get("with", {}))
    except (msgspec.DecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PrinterRefused("guard.asked_wrong", what="line") from error


def _read(asked: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return plain.from_builtins(asked, kind)
    except msgspec.ValidationError as error:
        raise PrinterRefused("guard.asked_wrong", what=kind.__name__) from error


def _attempts(asked: dict[str, Any]) -> list[str]:
    given = asked.get("attempts")
    if not isinstance(given, list) or len(given) > _MOST_ATTEMPTS:
        raise PrinterRefused("guard.asked_wrong", what="attempts")
    return [str(one) for one in given]


def _register_of(printer: EnrolledPrinter) -> tuple[str, bytes]:
    try:
        key = bytes.fromhex(printer.register_public_key)
    except ValueError:
        key = b""
    if len(key) != 32 or not printer.register_id:
        raise PrinterRefused("guard.no_register_key")
    return printer.register_id, key

# SPDX-License-Identifier: Apache-2.0
"""Ending one of those who take part in a print at a chosen moment, and what is left afterwards.

Used by the suite (each moment and each victim once in a while) and by ``script/crash-matrix``
(all of them, many times).
"""

import json
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.scheduler.cups import Server
from tests.printing.press import Book, S, wait_for

#: Moments of an attempt, in their order: the host was judged; the step stands in the book and the
#: job does not exist; it exists; its document was sent; that stands in the book; the leave to go
#: stands there; it was let go; bytes are at the device; the job is done and the receipt was read.
POINTS = (
    "judged", "created", "held", "sent", "loaded", "releasing", "released", "printing", "received",
)  # fmt: skip
VICTIMS = ("client", "guard", "cupsd", "backend", "all")
_BOOKED = {
    S.CREATED: "created", S.LOADED: "loaded", S.RELEASING: "releasing", S.PRINTING: "printing",
}  # fmt: skip
_DEVICE = "trickle 0.03"
_CONTENT = b"%PDF-1.4 " + b"0123456789abcdef" * 1024  # four pieces of the scripted device and more


class FileBook(Book):
    """A book whose steps are on the disk when they are entered, as a register's are."""

    def __init__(self, key, path, at_point):
        super().__init__(key=key)
        self.path = path
        self.at_point = at_point

    def record(self, attempt_id, state, detail):
        super().record(attempt_id, state, detail)
        line = json.dumps([attempt_id, state.value, detail]).encode() + b"\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(handle, line)
        os.fsync(handle)
        os.close(handle)
        if state in _BOOKED:
            self.at_point(_BOOKED[state])

    @staticmethod
    def read(path):
        lines = path.read_bytes().splitlines() if path.exists() else []
        return [(one, S(state), detail) for one, state, detail in map(json.loads, lines)]


@dataclass
class Crash:
    """What a run that was broken off came to."""

    reached: bool
    """Whether the point was come to; else nobody was ended."""
    before: S | None
    """The last step that the book had; None where it had none."""
    after: S
    """Where recovery left the attempt."""
    starts: int
    sheets: int
    spool: list
    jobs: tuple


def crash(press, point, victim, turn=0, meanwhile=lambda: None):
    """Print one copy, end ``victim`` at ``point``, start everything anew and recover."""
    press.cupsd.set_device(_DEVICE)
    copy = press.copy(content=_CONTENT)
    path = press.work / f"book-{copy.attempt_id}"
    reached = _run_to(press, copy, path, point, victim, turn)
    meanwhile()
    restart(press, victim)
    press.book.steps[:] = FileBook.read(path)
    states = press.book.states(copy.attempt_id)
    before = states[-1] if states else None
    after = press.recover(copy, before) if before else S.VOID
    time.sleep(0.15)  # what would print unasked begins at once
    with press.guard() as guard:
        guard.resume()
    time.sleep(0.15)
    return Crash(
        reached=reached, before=before, after=after, starts=press.cupsd.starts(),
        sheets=len(press.cupsd.sheets()), spool=press.spooled(), jobs=press.jobs(),
    )  # fmt: skip


def wrong_with(seen):
    """What a crash must never leave; empty where all is well."""
    closed = {S.VOID, S.UNKNOWN, S.DEVICE_DONE}
    return [
        text
        for text, holds in (
            ("the point was not reached", seen.reached),
            ("left open", seen.after in closed),
            ("started twice", seen.starts <= 1),
            ("printed twice", seen.sheets <= 1),
            ("void, but it came to the device", seen.after is not S.VOID or seen.starts == 0),
            ("done, but no sheet", seen.after is not S.DEVICE_DONE or seen.sheets == 1),
            (f"document left: {seen.spool}", seen.spool == []),
            ("job left", seen.jobs == ()),
        )
        if not holds
    ]


def restart(press, victim):
    """Start what was ended."""
    if victim in {"cupsd", "all"}:
        press.tell("start_cupsd")
    if victim in {"guard", "all"}:
        press.tell("start_guard")
    press.up()


def _run_to(press, copy, path, point, victim, turn):
    """Print in a process of its own, which waits at ``point`` until the victim has ended."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_print, args=(press, copy, path, point, theirs))
    child.start()
    theirs.close()
    reached = False
    try:
        if ours.poll(30):
            reached = bool(name := ours.recv())
            if name == "printing":
                wait_for(lambda: any(one.stat().st_size for one in _partial(press)))
            _end(press, victim, child, turn)
            ours.send(True)
    except (EOFError, OSError):
        pass  # the run ended before the point, or was the victim
    child.join(60)
    assert child.exitcode is not None
    ours.close()
    return reached


def _partial(press):
    """What the device has of a job that it is not done with, or of one that it is done with."""
    return [*press.cupsd.outbox.glob(".*"), *press.cupsd.outbox.glob("*.pdf")]


def _end(press, victim, child, turn):
    if victim in {"client", "all"}:
        os.kill(child.pid, signal.SIGKILL)
    if victim == "all":
        press.tell("cut_power")
    elif victim in {"guard", "cupsd"}:
        press.tell("signal", victim, signal.SIGKILL)
    elif victim == "backend":
        press.tell("end_backend", turn)


def _print(press, copy, path, point, line):
    """The clerk's program, with a stop at the chosen point; runs in a process of its own."""
    os.setsid()
    pending = {"point": point}

    def at_point(name):
        if pending.get("point") == name:
            pending.clear()
            line.send(name)
            line.recv()

    _stop_after(Server, "create_held", "held", at_point)
    _stop_after(Server, "send", "sent", at_point)
    _stop_after(Server, "release", "released", at_point)
    _stop_after(GuardLine, "report", "judged", at_point)
    _stop_after(GuardLine, "receipts", "received", at_point)
    press.book = FileBook(press.book.key, path, at_point)
    try:
        press.print(copy)
    except (PrinterRefused, EOFError, OSError):
        os._exit(1)
    os._exit(0)


def _stop_after(owner, name, point, at_point):
    act = getattr(owner, name)

    def acted(self, *words, **more):
        answer = act(self, *words, **more)
        at_point(point)
        return answer

    setattr(owner, name, acted)


__all__ = ["POINTS", "VICTIMS", "Crash", "crash", "wait_for", "wrong_with"]

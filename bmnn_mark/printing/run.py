# SPDX-License-Identifier: Apache-2.0
"""Numbered copies to paper: one in flight, each step committed before the act it announces.

At most one automatic print of a copy, and no copy without a recorded end. What was never
released is VOID; what was released and did not end well is UNKNOWN and a person closes it. A job
that the server calls completed is DEVICE_DONE, never PRINTED: only a person or a scan of the
paper can say that.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bmnn_mark.errors import BmnnMarkError, Fault, PrinterRefused, Scalar
from bmnn_mark.files import os_reason
from bmnn_mark.printing.containment import clear_queue
from bmnn_mark.printing.cups import Job, JobState, Queue, QueueState, Server
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.model import OfflineReport, Verdict
from bmnn_mark.printing.printer import EnrolledPrinter, check
from bmnn_mark.printing.tripwire import Tripwire
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

_SEVERITY = re.compile(r"-(?:report|warning|error)$")  # of a printer state reason, RFC 8011 5.4.12


class AttemptState(StrEnum):
    """The states of one attempt to print one copy."""

    RESERVED = "reserved"
    CREATED = "created"
    LOADED = "loaded"
    RELEASING = "releasing"
    PRINTING = "printing"
    DEVICE_DONE = "device-done"
    UNKNOWN = "unknown"
    VOID = "void"


class AttemptBook(Protocol):
    """Where the steps of attempts are entered, durable on return."""

    def record(self, attempt_id: str, state: AttemptState, detail: dict[str, Scalar]) -> None:
        """Enter one step; ``detail`` holds numbers, hashes and codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintCopy:
    """One numbered copy, ready for the printer.

    Attributes:
        attempt_id: opaque id of this attempt.
        register_id: opaque id of the register, for the job's neutral name.
        number: k of n.
        of: n.
        attempt: 1, or more after a void or spoiled one.
        path: the PDF; may be a descriptor's ``/proc/self/fd/<n>``.
        sha256: of the PDF's bytes, hexadecimal.
        pages: page count.
    """

    attempt_id: str
    register_id: str
    number: int
    of: int
    attempt: int
    path: Path
    sha256: str
    pages: int

    @property
    def job_name(self) -> str:
        """The job's name: nothing of the document."""
        return f"bmnn-{self.register_id}-{self.number}-{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOptions:
    """How copies are printed; times in seconds."""

    media: str = "iso_a4_210x297mm"
    sides: str = "one-sided"
    wait_seconds: float = 300.0
    """Longest wait for a device that reports a reason to wait for (no paper, offline)."""
    total_seconds: float = 1800.0
    """Longest time from release to the end."""
    poll_seconds: float = 0.05
    """Time between two looks at the job."""

    def for_cups(self) -> dict[str, str]:
        """Every option that could otherwise come from the queue's defaults."""
        return {
            "copies": "1",
            "media": self.media,
            "sides": self.sides,
            "number-up": "1",
            "job-sheets": "none,none",
            "job-priority": "50",
            "print-scaling": "none",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOutcome:
    """How an attempt ended.

    Attributes:
        attempt_id: the attempt.
        number: its copy number.
        state: DEVICE_DONE, VOID or UNKNOWN; CREATED or LOADED where the server could not be
            brought to remove the held job, which :func:`recovery.recover` then settles.
        code: why it is not DEVICE_DONE; empty where it is.
        detail: fills the blanks of the code's words.
        snapshots: SHA-256 of every snapshot that was judged.
    """

    attempt_id: str
    number: int
    state: AttemptState
    code: str = ""
    detail: dict[str, Scalar] = field(default_factory=dict)
    snapshots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRoom:
    """What all copies of a run share."""

    printer: EnrolledPrinter
    judge_host: Callable[[], OfflineReport]
    book: AttemptBook
    options: PrintOptions
    on_progress: OnProgress


def print_copies(
    copies: Iterable[PrintCopy],
    printer: EnrolledPrinter,
    judge_host: Callable[[], OfflineReport],
    book: AttemptBook,
    options: PrintOptions,
    on_progress: OnProgress = ignore_progress,
) -> tuple[CopyOutcome, ...]:
    """Print copies one after the other; stop after the first that is not DEVICE_DONE.

    Args:
        copies: produced lazily, so that only one copy need exist at a time.
        printer: the enrolled printer.
        judge_host: looks at the host now; asked before, between and after.
        book: where each step is entered before it is done.
        options: paper, sides, times.
        on_progress: told of every copy; may raise to stop, which voids or leaves UNKNOWN the
            copy in flight.

    Raises:
        PrinterRefused: ``print.needs_root``; every other refusal is a copy's outcome.
    """
    if os.getuid() != 0:
        raise PrinterRefused("print.needs_root")
    room = PrintRoom(
        printer=printer, judge_host=judge_host, book=book, options=options, on_progress=on_progress
    )
    outcomes = []
    for copy in copies:
        outcome = _Attempt(copy, room).run()
        outcomes.append(outcome)
        if outcome.state is not AttemptState.DEVICE_DONE:
            break
    return tuple(outcomes)


class _Attempt:
    """One copy on its way to paper."""

    def __init__(self, copy: PrintCopy, room: PrintRoom) -> None:
        self.copy = copy
        self.room = room
        self.state = AttemptState.RESERVED
        self.server: Server | None = None
        self.job: Job | None = None
        self.let_go = False
        self.snapshots: list[str] = []

    def run(self) -> CopyOutcome:
        """Go the whole way, and end in a recorded state whatever happens."""
        try:
            with Tripwire() as wire:
                self.load(wire)
                self.release(wire)
                self.watch(wire)
                self.finish(wire)
        except BmnnMarkError as refusal:
            return self.stopped(refusal.code, dict(refusal.detail))
        except OSError as error:
            return self.stopped("print.system", {"reason": os_reason(error)})
        except BaseException:
            self.stopped("print.interrupted", {})
            raise
        return self.outcome("", {})

    def load(self, wire: Tripwire) -> None:
        """Judge, look at the printer, and bring the document to a held job."""
        self.progress("print")
        self.demand_offline(wire)
        server = self.server = self.room.printer.connect()
        self.demand_printer(server)
        self.demand_supported(server.queue(self.room.printer.queue))
        self.enter(AttemptState.CREATED, snapshot=self.snapshots[-1])
        self.job = server.create_held(
            self.room.printer.queue, self.copy.job_name, self.room.options.for_cups()
        )
        if server.send(self.job, self.copy.path) != self.copy.sha256:
            raise PrinterRefused("print.bytes_changed")
        self.enter(AttemptState.LOADED, job=self.job.id, job_uuid=self.job.uuid)

    def release(self, wire: Tripwire) -> None:
        """Look at everything once more, commit the intention, and let the job go."""
        server, job = self.held()
        self.demand_offline(wire)
        self.demand_printer(server)
        if self.look(server, job).state is not JobState.HELD:
            raise PrinterRefused("print.job_changed")
        self.enter(AttemptState.RELEASING, snapshot=self.snapshots[-1])
        if wire.touched():
            raise PrinterRefused("host.changed")
        self.let_go = True
        server.release(job)

    def watch(self, wire: Tripwire) -> None:
        """Follow the job to its end; any doubt on the way ends it.

        Raises:
            PrinterRefused: the host changed, the device failed, waited too long or began anew.
        """
        server, job = self.held()
        options = self.room.options
        stale = set(server.queue(job.queue).reasons)
        released_at = time.monotonic()
        waiting_since: float | None = None
        began_at = 0
        while True:
            if wire.touched(options.poll_seconds):
                raise PrinterRefused("host.changed")
            seen = self.look(server, job)
            if seen.state is JobState.COMPLETED:
                return
            now = time.monotonic()
            began_at = self.demand_alive(server, seen, began_at)
            if now - released_at > options.total_seconds:
                raise PrinterRefused("print.too_slow", seconds=round(options.total_seconds))
            if set(seen.reasons) - stale:
                if waiting_since is None:
                    waiting_since = now
                    self.progress("printer-waits")
                if now - waiting_since > options.wait_seconds:
                    reason = min(set(seen.reasons) - stale)
                    raise PrinterRefused("print.device_waits", reason=_SEVERITY.sub("", reason))
            else:
                waiting_since = None

    def demand_alive(self, server: Server, seen: Job, began_at: int) -> int:
        """Refuse a job that will not end by itself; return when the device began."""
        failed = seen.state in {
            JobState.HELD, JobState.STOPPED, JobState.CANCELED, JobState.ABORTED,
        } or (
            seen.state is JobState.PENDING
            and (began_at or server.queue(seen.queue).state is QueueState.STOPPED)
        )  # fmt: skip
        if failed:
            raise PrinterRefused("print.device_failed", job_state=seen.state.value)
        if began_at and seen.started_at != began_at:
            raise PrinterRefused("print.device_restarted")
        if seen.state is JobState.PROCESSING and self.state is AttemptState.RELEASING:
            self.enter(AttemptState.PRINTING)
        return seen.started_at

    def finish(self, wire: Tripwire) -> None:
        """Look a third time, remove everything of the job, and say that the device took it."""
        server, job = self.held()
        self.demand_offline(wire)
        self.demand_printer(server)
        clear_queue(self.room.printer, server, self.job)
        self.enter(AttemptState.DEVICE_DONE, snapshot=self.snapshots[-1], job_uuid=job.uuid)

    def stopped(self, code: str, detail: dict[str, Scalar]) -> CopyOutcome:
        """Contain what is under way and record how the attempt ended."""
        cleared = True
        if self.state is not AttemptState.RESERVED:
            try:
                server = self.server or self.room.printer.connect()
                if self.let_go:
                    server.pause(self.room.printer.queue)
                clear_queue(self.room.printer, server, self.job)
            except (BmnnMarkError, OSError):
                cleared = False
        if self.let_go or cleared:
            state = AttemptState.UNKNOWN if self.let_go else AttemptState.VOID
            self.enter(state, code=code, cleared=cleared)
        return self.outcome(code, detail)

    def demand_offline(self, wire: Tripwire) -> None:
        """Judge the host now; refuse unless it is OFFLINE and nothing changed since the start."""
        report = self.room.judge_host()
        self.snapshots.append(report.snapshot_sha256)
        if not report.permits_printing(this_moment()):
            online = report.verdict is Verdict.ONLINE
            raise PrinterRefused("host.online" if online else "host.unknown")
        if wire.touched():
            raise PrinterRefused("host.changed")

    def demand_printer(self, server: Server) -> None:
        """Refuse a printer that is not as it was enrolled."""
        own = None if self.job is None else self.job.id
        findings = check(self.room.printer, server, own_job=own)
        if findings:
            raise PrinterRefused(findings[0].code, **findings[0].detail)

    def demand_supported(self, queue: Queue) -> None:
        """Refuse paper or sides that the queue does not name: the server would not."""
        if self.room.options.media not in queue.capabilities.media:
            raise PrinterRefused("printer.media", media=self.room.options.media)
        if self.room.options.sides not in queue.capabilities.sides:
            raise PrinterRefused("printer.sides", sides=self.room.options.sides)

    def look(self, server: Server, job: Job) -> Job:
        """What the server claims of our job now; it must still be that job on that queue."""
        seen = server.job(job.id)
        if seen is None or seen.uuid != job.uuid:
            raise PrinterRefused("printer.job_lost")
        if seen.queue != self.room.printer.queue:
            raise PrinterRefused("print.job_changed")
        return seen

    def held(self) -> tuple[Server, Job]:
        """The connection and the job, once there are."""
        if self.server is None or self.job is None:
            raise Fault("fault.unexpected", where="print")
        return self.server, self.job

    def enter(self, state: AttemptState, **detail: Scalar) -> None:
        """Commit a step to the book, before it is done."""
        self.room.book.record(self.copy.attempt_id, state, detail)
        self.state = state

    def outcome(self, code: str, detail: dict[str, Scalar]) -> CopyOutcome:
        """The attempt as it stands."""
        return CopyOutcome(
            attempt_id=self.copy.attempt_id,
            number=self.copy.number,
            state=self.state,
            code=code,
            detail=detail,
            snapshots=tuple(self.snapshots),
        )

    def progress(self, phase: str) -> None:
        """Tell the front end."""
        self.room.on_progress(Progress(phase=phase, copy=self.copy.number, copies=self.copy.of))

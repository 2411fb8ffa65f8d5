# SPDX-License-Identifier: Apache-2.0
"""Numbered copies to paper: one in flight, each step committed before the act it announces.

This runs with a clerk's rights. It judges nothing by itself: the guard says whether the host is
offline and the printer as enrolled, the gate lets a job through and writes the receipt, and the
receipt says how an attempt ended. At most one automatic print of a copy, and no copy without a
recorded end: VOID where nothing came to the device, DEVICE_DONE where the device program took
everything, else UNKNOWN. Only a person or a scan of the paper can say PRINTED.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from bmnn_mark.errors import BmnnMarkError, Fault, PrinterRefused, Scalar
from bmnn_mark.files import os_reason
from bmnn_mark.printing.attempt import (
    AttemptBook,
    AttemptState,
    CopyOutcome,
    PrintCopy,
    PrintOptions,
)
from bmnn_mark.printing.guard.client import GuardLine, Watch
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import Receipt, ReceiptState
from bmnn_mark.printing.model import OfflineReport
from bmnn_mark.printing.outcome import outcome, told
from bmnn_mark.printing.permission import Permission
from bmnn_mark.printing.printer.capabilities import demand
from bmnn_mark.printing.printer.record import EnrolledPrinter
from bmnn_mark.printing.scheduler.cups import Job, JobState, QueueState, Server
from bmnn_mark.printing.ticket import OPTION, Ticket
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

_SEVERITY = re.compile(r"-(?:report|warning|error)$")  # of a printer state reason, RFC 8011 5.4.12
#: What a job's end looks like from here where the gate had its reasons.
_ENDED_BY_THE_GATE = frozenset({"print.device_failed", "print.no_receipt", "printer.job_lost"})
_NO_ENTRY, _LAST_ENTRIES = (1 << 53) - 1, 20  # of the guard's journal
_SHORTEST_LOOK, _LONGEST_LOOK = 0.01, 0.1  # seconds between two looks at a job


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRoom:
    """What all copies of a run share.

    Attributes:
        guard: acts at the queue and reads the receipts.
        permission: answers for the host and the printer.
        printer: the permitted printer, as the guard has it.
        server: its scheduler.
        subscription: number of the scheduler's notes on the queue.
        book: where steps are entered.
        options: paper, times.
        on_progress: the front end.
    """

    guard: GuardLine
    permission: Permission
    printer: EnrolledPrinter
    server: Server
    subscription: int
    book: AttemptBook
    options: PrintOptions
    on_progress: OnProgress


def print_copies(
    copies: Iterable[PrintCopy],
    place: GuardPlace,
    book: AttemptBook,
    options: PrintOptions,
    on_progress: OnProgress = ignore_progress,
) -> tuple[CopyOutcome, ...]:
    """Print copies one after the other; stop after the first that is not DEVICE_DONE.

    Args:
        copies: produced lazily, so that only one copy need exist at a time.
        place: where the guard is asked.
        book: where each step is entered before it is done, and tickets are signed.
        options: paper and times.
        on_progress: told of every copy; may raise to stop, which voids or leaves UNKNOWN the
            copy in flight.

    Raises:
        PrinterRefused: guard or scheduler cannot be asked; no attempt was begun. Every later
            refusal is a copy's outcome.
    """
    outcomes: list[CopyOutcome] = []
    with GuardLine(place) as guard, Watch(place) as watch:
        printer = guard.printer()
        server = printer.connect()
        demand(server.queue(printer.queue).capabilities, options.paper)
        subscription = server.subscribe(printer.queue)
        try:
            with Permission(place, watch, rehearsal=printer.rehearsal) as permission:
                room = PrintRoom(
                    guard=guard,
                    permission=permission,
                    printer=printer,
                    server=server,
                    subscription=subscription,
                    book=book,
                    options=options,
                    on_progress=on_progress,
                )
                for copy in copies:
                    outcomes.append(_Attempt(copy, room).run())
                    if outcomes[-1].state is not AttemptState.DEVICE_DONE:
                        break
        finally:
            with suppress(PrinterRefused):  # it ends by itself, or the scheduler has ended
                server.unsubscribe(subscription)
    return tuple(outcomes)


class _Attempt:
    """One copy on its way to paper."""

    def __init__(self, copy: PrintCopy, room: PrintRoom) -> None:
        self.copy = copy
        self.room = room
        self.guard, self.server = room.guard, room.server
        self.queue = room.printer.queue
        self.state = AttemptState.RESERVED
        self.job: Job | None = None
        self.snapshots: list[str] = []
        self.stale: frozenset[str] = frozenset()
        self.reasons: dict[str, None] = {}
        self.page = -1

    def run(self) -> CopyOutcome:
        """Go the whole way, and end in a recorded state whatever happens."""
        try:
            self.load()
            self.release()
            self.watch()
            self.finish()
        except BmnnMarkError as refusal:
            return self.stopped(refusal.code, dict(refusal.detail))
        except OSError as error:
            return self.stopped("print.system", {"reason": os_reason(error)})
        except BaseException:
            self.stopped("print.interrupted", {})
            raise
        return self.outcome("", {})

    def load(self) -> None:
        """Have host and printer judged, and bring the document to a held job with its ticket."""
        self.tell(0)
        report = self.noted(self.room.permission.demand_at_rest())
        ticket = self.ticket(report)
        self.enter(
            AttemptState.CREATED,
            ticket=hashlib.sha256(ticket.payload()).hexdigest(),
            sha256=self.copy.sha256,
            snapshot=report.snapshot_sha256,
            **self.copy.detail,
        )
        signature = self.room.book.ticket(self.copy.attempt_id, ticket.payload())
        options = {**self.room.options.for_cups(), OPTION: ticket.signed(signature)}
        self.job = self.server.create_held(self.queue, self.copy.job_name, options)
        if self.server.send(self.job, self.copy.path) != self.copy.sha256:
            raise PrinterRefused("print.bytes_changed")

    def ticket(self, report: OfflineReport) -> Ticket:
        """Leave to print exactly this attempt of these bytes, here, now."""
        return Ticket(
            register_id=self.copy.register_id,
            attempt_id=self.copy.attempt_id,
            document_id=self.copy.document_id,
            copy=self.copy.number,
            attempt=self.copy.attempt,
            sha256=self.copy.sha256,
            length=self.copy.length,
            queue=self.queue,
            expires_at=int(time.time() + self.room.options.ticket_seconds),
            boot_id=report.boot_id,
        )

    def release(self) -> None:
        """Have everything judged once more, commit the intention, and let the job go."""
        job = self.loaded()
        look = self.room.permission.look(job.id)
        self.enter(AttemptState.LOADED, job=job.id, job_uuid=job.uuid)
        report = self.noted(self.room.permission.demand_good(look))
        if self.look(job).state is not JobState.HELD:
            raise PrinterRefused("print.job_changed")
        self.enter(AttemptState.RELEASING, snapshot=report.snapshot_sha256)
        self.room.permission.demand_unchanged()
        before = self.server.release(job)
        self.stale = frozenset(_SEVERITY.sub("", one) for one in before)

    def watch(self) -> None:
        """Follow the job to its end; any doubt on the way ends it.

        Raises:
            PrinterRefused: the host changed, the device failed, waited too long or began anew.
        """
        job = self.loaded()
        times = _Times(self.room.options)
        began_at = 0
        while True:
            self.room.permission.demand_unchanged(times.until_next_look())
            seen = self.look(job)
            if seen.state is JobState.COMPLETED:
                return
            began_at = self.demand_alive(seen, began_at)
            reported = sorted({_SEVERITY.sub("", one) for one in seen.reasons})
            self.reasons.update(dict.fromkeys(reported))
            if times.begin_or_end_waiting(reported, self.stale):
                self.room.on_progress(
                    Progress(phase="printer-waits", copy=self.copy.number, copies=self.copy.of)
                )
            self.tell(seen.pages)

    def demand_alive(self, seen: Job, began_at: int) -> int:
        """Refuse a job that will not end by itself; return when the device began."""
        waits = seen.state is JobState.PENDING and not began_at
        if waits and self.server.queue(self.queue).state is QueueState.STOPPED:
            raise PrinterRefused("printer.paused")
        if not (waits or seen.state is JobState.PROCESSING):
            raise PrinterRefused("print.device_failed", job_state=seen.state.value)
        if seen.starts > 1 or (began_at and seen.started_at != began_at):
            raise PrinterRefused("print.device_restarted")
        if seen.state is JobState.PROCESSING and self.state is AttemptState.RELEASING:
            self.enter(AttemptState.PRINTING)
        return seen.started_at

    def finish(self) -> None:
        """Read the receipt, remove all of the job, and have everything judged a third time."""
        job = self.loaded()
        (receipt,) = self.guard.receipts([self.copy.attempt_id])
        if outcome(receipt, JobState.COMPLETED, job.uuid) is not AttemptState.DEVICE_DONE:
            raise PrinterRefused("print.no_receipt", receipt=receipt.state.value)
        self.guard.purge()
        report = self.noted(self.room.permission.demand(None))
        self.enter(
            AttemptState.DEVICE_DONE,
            snapshot=report.snapshot_sha256,
            job_uuid=job.uuid,
            **told(receipt),
            **({"reasons": "+".join(self.reasons)[:128]} if self.reasons else {}),
        )

    def stopped(self, code: str, detail: dict[str, Scalar]) -> CopyOutcome:
        """Contain what is under way and record how the attempt ended."""
        if self.state is AttemptState.DEVICE_DONE:
            return self.outcome(code, detail)
        if self.state is AttemptState.RESERVED:
            return self.ended(AttemptState.VOID, code, detail)
        try:
            working = self.guard.pause()
            if self.job is not None:
                self.guard.purge(self.job.uuid)
            (receipt,) = self.guard.recover([self.copy.attempt_id])
            if receipt.state is ReceiptState.NONE and working:
                self.guard.resume()
        except (BmnnMarkError, OSError):  # its job may still be there: recovery ends it
            return self.outcome(*self.why(code, detail, None))
        end = AttemptState.VOID if receipt.state is ReceiptState.NONE else AttemptState.UNKNOWN
        code, detail = self.why(code, detail, receipt)
        try:
            return self.ended(end, code, detail, **told(receipt))
        except BmnnMarkError:
            return self.outcome(code, detail)  # the book cannot take it in: recovery enters it

    def why(
        self, code: str, detail: dict[str, Scalar], receipt: Receipt | None
    ) -> tuple[str, dict[str, Scalar]]:
        """Why it ended, and its blanks: the gate's reasons where it had any."""
        if code not in _ENDED_BY_THE_GATE:
            return code, detail
        if receipt is None or receipt.end is None:
            none = receipt is not None and receipt.state is ReceiptState.NONE
            if none and code == "print.device_failed":
                code, detail = "print.not_let_through", {}
            return self.journalled() or (code, detail)
        return (receipt.end.stopped, {}) if receipt.end.stopped else (code, detail)

    def journalled(self) -> tuple[str, dict[str, Scalar]] | None:
        """What the guard's journal says last of the job or the attempt: why, and its blanks."""
        job = self.job.id if self.job is not None else 0
        with suppress(BmnnMarkError, OSError):
            newest = self.guard.incidents(after=_NO_ENTRY).newest
            last = self.guard.incidents(after=max(newest - _LAST_ENTRIES, 0)).incidents
            for one in reversed(last):
                if one.detail.get("attempt", self.copy.attempt_id) != self.copy.attempt_id:
                    continue
                if "attempt" in one.detail or one.detail.get("job") == job:
                    return str(one.detail.get("why") or one.code), dict(one.detail)
        return None

    def ended(
        self, state: AttemptState, code: str, detail: dict[str, Scalar], **more: Scalar
    ) -> CopyOutcome:
        """Record an end that is none of the device's."""
        self.enter(state, code=code, **more)
        return self.outcome(code, detail)

    def noted(self, report: OfflineReport) -> OfflineReport:
        """The report, its snapshot kept for the outcome."""
        self.snapshots.append(report.snapshot_sha256)
        return report

    def look(self, job: Job) -> Job:
        """What the server claims of our job now; it must still be that job on that queue."""
        seen = self.server.look(job.id, self.room.subscription)
        if seen is None or seen.uuid != job.uuid:
            raise PrinterRefused("printer.job_lost")
        if seen.queue != self.queue:
            raise PrinterRefused("print.job_changed")
        return seen

    def loaded(self) -> Job:
        """The job, once there is one."""
        if self.job is None:
            raise Fault("fault.unexpected", where="print")
        return self.job

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
            reasons=tuple(self.reasons),
        )

    def tell(self, page: int) -> None:
        """Tell the front end, once for each page."""
        if page == self.page:
            return
        self.page = page
        self.room.on_progress(
            Progress(
                phase="print",
                page=min(page, self.copy.pages),
                pages=self.copy.pages,
                copy=self.copy.number,
                copies=self.copy.of,
            )
        )


class _Times:
    """How long a job is let to go on, and how often it is looked at."""

    def __init__(self, options: PrintOptions) -> None:
        self._options = options
        self._released_at = time.monotonic()
        self._waiting_since: float | None = None

    def until_next_look(self) -> float:
        """Seconds: short at first, so that a quick device is not waited for.

        Raises:
            PrinterRefused: ``print.too_slow``.
        """
        gone = time.monotonic() - self._released_at
        if gone > self._options.total_seconds:
            raise PrinterRefused("print.too_slow", seconds=round(self._options.total_seconds))
        return min(_SHORTEST_LOOK + gone / 20, _LONGEST_LOOK)

    def begin_or_end_waiting(self, reported: list[str], stale: frozenset[str]) -> bool:
        """Take in what the device reports; whether it begins to wait now.

        A reason that an earlier job left behind is told, but its time is not counted: printers
        keep some until they are next used.

        Raises:
            PrinterRefused: ``print.device_waits``: it waits too long.
        """
        if not reported:
            self._waiting_since = None
            return False
        now = time.monotonic()
        if self._waiting_since is None:
            self._waiting_since = now
            return True
        fresh = [one for one in reported if one not in stale]
        if fresh and now - self._waiting_since > self._options.wait_seconds:
            raise PrinterRefused("print.device_waits", reason=fresh[0])
        return False

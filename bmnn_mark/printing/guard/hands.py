# SPDX-License-Identifier: Apache-2.0
"""What the guard does at the queue as root: look at it, stop it, empty it, let it work again."""

from __future__ import annotations

from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import Receipt, ReceiptState
from bmnn_mark.printing.guard.receipts import call_off, demand_room, read_receipt
from bmnn_mark.printing.printer.preflight import check
from bmnn_mark.printing.printer.record import (
    EnrolledPrinter,
    PrinterFinding,
    enrolled,
    spooled_documents,
)
from bmnn_mark.printing.scheduler.containment import clear_queue
from bmnn_mark.printing.scheduler.cups import Job, QueueState, Server
from bmnn_mark.printing.scheduler.peer import peer_of


class Hands:
    """Acts on the one queue; one thread, one act after the other.

    Every method raises ``PrinterRefused`` where the scheduler is not the one enrolled or does not
    answer.
    """

    def __init__(self, place: GuardPlace) -> None:
        self._place = place
        self._printer: EnrolledPrinter | None = None
        self._server: Server | None = None

    def preflight(self, own_job: int | None) -> tuple[PrinterFinding, ...]:
        """Compare the printer with its record; ``own_job`` is the one job that may be there.

        Raises:
            PrinterRefused: ``guard.receipts_unwritable``.
        """
        demand_room(self._place.receipts)
        printer, server = self._line()
        return check(printer, server, own_job=own_job)

    def pause(self) -> bool:
        """Stop the queue; whether it was working."""
        printer, server = self._line()
        was_working = server.queue(printer.queue).state is not QueueState.STOPPED
        server.pause(printer.queue)
        return was_working

    def resume(self) -> None:
        """Let the queue work, once nothing is left in it that would print unasked.

        Raises:
            PrinterRefused: ``printer.foreign_job``, ``printer.spool_not_empty``.
        """
        printer, server = self._line()
        jobs = server.jobs(printer.queue)
        if jobs:
            raise PrinterRefused("printer.foreign_job", jobs=len(jobs))
        left = len(spooled_documents(Path(printer.spool)))
        if left:
            raise PrinterRefused("printer.spool_not_empty", files=left)
        server.resume(printer.queue)

    def purge(self, uuid: str) -> None:
        """Remove every job of the queue, and the job ``uuid`` wherever it is; wait for the end.

        Raises:
            PrinterRefused: ``print.not_cleared``.
        """
        printer, server = self._line()
        clear_queue(printer, server, _job(server, uuid) if uuid else None)

    def recover(self, attempts: tuple[str, ...]) -> list[Receipt]:
        """Pause, purge and wait; only then read the receipts: the other way round is a race.

        What never started is called off: it is about to be entered as VOID.
        """
        self.pause()
        self.purge("")
        found = [read_receipt(self._place.receipts, one) for one in attempts]
        for one in found:
            if one.state is ReceiptState.NONE:
                call_off(self._place.receipts, one.attempt_id)
        return found

    def _line(self) -> tuple[EnrolledPrinter, Server]:
        """The printer's record as it is now, and a line to its scheduler, kept while it lives."""
        printer = enrolled(self._place.pins)
        if self._server is None or self._printer != printer or self._gone(printer):
            self._server = printer.connect()
            self._printer = printer
        return printer, self._server

    def _gone(self, printer: EnrolledPrinter) -> bool:
        return self._server is None or peer_of(Path(printer.socket)) != self._server.peer


def _job(server: Server, uuid: str) -> Job | None:
    """The job of that uuid, in whatever queue it is."""
    for queue in server.queues():
        for number in server.jobs(queue, ended=True):
            job = server.job(number)
            if job is not None and job.uuid == uuid:
                return job
    return None

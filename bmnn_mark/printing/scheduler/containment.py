# SPDX-License-Identifier: Apache-2.0
"""Removing everything of our jobs: from the queue, from the device, from the spool."""

from __future__ import annotations

import re
import time
from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.printer.record import EnrolledPrinter, is_being_sent, spooled_documents
from bmnn_mark.printing.scheduler.cups import Job, Server
from bmnn_mark.printing.scheduler.process import device_programs

_SECONDS = 15.0
#: Names of a scheduler's files about a job: its document, its attributes, its owner's leave.
_OF_A_JOB = re.compile(r"[acd]([0-9]{5,})(?:-[0-9]+)?")
_FIRST_STEP_SECONDS, _LAST_STEP_SECONDS = 0.001, 0.05


def clear_queue(printer: EnrolledPrinter, server: Server, own: Job | None = None) -> None:
    """Cancel and purge every job, then wait until no device program runs and no document is left.

    The server is asked again until it knows no job: one that its device keeps restarting
    survives a single cancel. ``own`` goes wherever it is, also from another queue. A document
    whose job the server does not know, as after a crash before it wrote the job down, is nobody's
    any more: no server ever removes it, so it is removed here, once no job is left; and so is what
    filters that were ended leave in the folder for their passing files.

    Raises:
        PrinterRefused: ``print.not_cleared`` when something is left after 15 seconds.
    """
    ends_at, step = time.monotonic() + _SECONDS, _FIRST_STEP_SECONDS
    while True:
        jobs = _jobs(printer, server, own)
        if not jobs:
            _remove_orphans(printer, server)
        left = "job" if jobs else _left(printer)
        if not left:
            _remove_leavings(Path(printer.spool) / "tmp")
            return
        if time.monotonic() > ends_at:
            raise PrinterRefused("print.not_cleared", left=left)
        for number in jobs:
            server.purge(number)
        time.sleep(step)
        step = min(2 * step, _LAST_STEP_SECONDS)


def _jobs(printer: EnrolledPrinter, server: Server, own: Job | None) -> set[int]:
    jobs = set(server.jobs(printer.queue, ended=True))
    moved = server.job(own.id) if own is not None else None
    if own is not None and moved is not None and moved.uuid == own.uuid:
        jobs.add(own.id)
    return jobs


def _left(printer: EnrolledPrinter) -> str:
    """What is left besides jobs, as a word for the refusal; empty when nothing is."""
    if device_programs(printer.device_uri):
        return "device"
    return "document" if spooled_documents(Path(printer.spool)) else ""


def _remove_orphans(printer: EnrolledPrinter, server: Server) -> None:
    """Remove what lies in the spool of jobs that the server does not know: papers, notes, all.

    Also what somebody was sending when the server died: it never became a job's.
    """
    for one in Path(printer.spool).iterdir():
        named = _OF_A_JOB.fullmatch(one.name)
        orphan = server.job(int(named[1])) is None if named else is_being_sent(one)
        if orphan and one.is_file():
            one.unlink(missing_ok=True)


def _remove_leavings(folder: Path) -> None:
    """Remove the files in a scheduler's folder of passing files; nothing is being filtered now."""
    if folder.is_dir():
        for one in folder.iterdir():
            if one.is_file() and not one.is_symlink():
                one.unlink(missing_ok=True)

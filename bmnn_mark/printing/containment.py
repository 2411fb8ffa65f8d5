# SPDX-License-Identifier: Apache-2.0
"""Removing everything of our jobs: from the queue, from the device, from the spool."""

from __future__ import annotations

import time
from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.cups import Server
from bmnn_mark.printing.printer import EnrolledPrinter, spooled_documents
from bmnn_mark.printing.scheduler import device_programs

_SECONDS = 15.0
_STEP_SECONDS = 0.02


def clear_queue(printer: EnrolledPrinter, server: Server) -> None:
    """Cancel and purge every job, then wait until no device program runs and no document is left.

    The server is asked again until it knows no job: one that its device keeps restarting
    survives a single cancel.

    Raises:
        PrinterRefused: ``print.not_cleared`` when something is left after 15 seconds.
    """
    ends_at = time.monotonic() + _SECONDS
    while left := _left(printer, server):
        if time.monotonic() > ends_at:
            raise PrinterRefused("print.not_cleared", left=left)
        for number in server.jobs(printer.queue, ended=True):
            server.purge(number)
        time.sleep(_STEP_SECONDS)


def _left(printer: EnrolledPrinter, server: Server) -> str:
    """What is left, as a word for the refusal; empty when nothing is."""
    if server.jobs(printer.queue, ended=True):
        return "job"
    if device_programs(printer.device_uri):
        return "device"
    return "document" if spooled_documents(Path(printer.spool)) else ""

# SPDX-License-Identifier: Apache-2.0
"""Before every copy: is the printer still the one that was enrolled, in all that can be seen?

What is done here needs root, so the guard does it. Whether the clerk's own program would be led
to another scheduler is looked at where it connects: ``scheduler.peer.refuse_redirection``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.printing.gate.installing import SCHEME, device_behind
from bmnn_mark.printing.printer.devices import refuse_device
from bmnn_mark.printing.printer.filters import tables_of
from bmnn_mark.printing.printer.pinning import changed_files, only_roots
from bmnn_mark.printing.printer.record import EnrolledPrinter, PrinterFinding, spooled_documents
from bmnn_mark.printing.printer.usb_printer import usb_findings
from bmnn_mark.printing.scheduler.cups import Queue, QueueState, Server
from bmnn_mark.printing.scheduler.process import SchedulerPlace, network_findings
from bmnn_mark.printing.scheduler.settings import setting_faults


def check(
    printer: EnrolledPrinter,
    server: Server | None = None,
    *,
    own_job: int | None = None,
    root: Path = Path("/"),
) -> tuple[PrinterFinding, ...]:
    """Compare the printer with its record; no finding means that it may print.

    Args:
        printer: the record.
        server: a connection to its scheduler; None makes one.
        own_job: number of the one job that may be in the queue now.
        root: folder that holds ``sys``; only tests give another.

    Raises:
        PrinterRefused: the scheduler is not the one meant, does not answer or cannot be looked at.
    """
    line = server or printer.connect()
    refuse_device(device_behind(printer.device_uri), rehearsal=printer.rehearsal)
    findings = [
        *_queue_faults(printer, line),
        *changed_files(printer.programs),
        *_folder_faults(printer),
        *(PrinterFinding(code=code) for code in network_findings(line.peer.pid)),
        *_setting_faults(printer, line),
        *_foreign_jobs(printer, line, own_job),
    ]
    if printer.usb is not None:
        findings += usb_findings(printer.usb, root)
    if printer.proof is None and not printer.rehearsal:
        findings.append(PrinterFinding(code="printer.unproven"))
    return tuple(findings)


def _queue_faults(printer: EnrolledPrinter, line: Server) -> Iterator[PrinterFinding]:
    queue = line.queue(printer.queue)
    for code, holds in faults(printer, queue):
        if holds:
            yield PrinterFinding(code=code)
    description = hashlib.sha256(line.description(printer.queue)).hexdigest()
    if description != printer.description_sha256:
        yield PrinterFinding(code="printer.description_changed")
    others = [name for name in line.queues() if name != printer.queue]
    ungated = [name for name in others if not device_behind(line.queue(name).device_uri)]
    if ungated:
        yield PrinterFinding(code="printer.other_queues", detail={"queues": len(ungated)})


def faults(printer: EnrolledPrinter, queue: Queue) -> tuple[tuple[str, bool], ...]:
    """Each thing that may be wrong with the queue, and whether it is."""
    neutral = (
        queue.copies_default == 1
        and queue.number_up_default == 1
        and set(queue.banners) <= {"none"}
        and queue.port_monitor == "none"
    )
    return (
        ("printer.is_class", queue.is_class),
        ("printer.remote", queue.remote),
        ("printer.shared", queue.shared),
        ("printer.temporary", queue.temporary),
        ("printer.device_changed", queue.device_uri != printer.device_uri),
        ("printer.no_gate", not device_behind(queue.device_uri)),
        ("printer.defaults", not neutral),  # the named causes before the bare change
        ("printer.error_policy", queue.error_policy != "stop-printer"),
        ("printer.policy", queue.policy != printer.policy),
        ("printer.config_changed", queue.config_changed_at != printer.config_changed_at),
        ("printer.not_accepting", not queue.accepting),
        ("printer.paused", queue.state is QueueState.STOPPED),
    )


def _folder_faults(printer: EnrolledPrinter) -> Iterator[PrinterFinding]:
    """Tables or device programs that came since, and a socket that others may replace."""
    place = scheduler_of(printer)
    pinned = {one.path for one in printer.programs}
    if any(str(path) not in pinned for path in tables_of(place)):
        yield PrinterFinding(code="printer.tables_changed")
    try:
        backends = _runnable(place.server_bin / "backend")
        if not only_roots(place.socket.parent):
            yield PrinterFinding(code="printer.socket_unsafe")
    except OSError as error:
        raise PrinterRefused("printer.no_server", reason=os_reason(error)) from error
    needed = {SCHEME, device_behind(printer.device_uri).partition(":")[0]}
    if others := len(backends - needed):
        yield PrinterFinding(code="printer.other_backends", detail={"programs": others})


def _runnable(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir() if os.access(one, os.X_OK)}


def _setting_faults(printer: EnrolledPrinter, line: Server) -> Iterator[PrinterFinding]:
    for one in setting_faults(line.peer.pid, Path(printer.spool), printer.policy):
        detail: dict[str, str | int | float | bool | None] = {
            "setting": one.setting,
            "wanted": one.wanted,
        }
        yield PrinterFinding(code="printer.setting", detail=detail)


def _foreign_jobs(
    printer: EnrolledPrinter, line: Server, own_job: int | None
) -> Iterator[PrinterFinding]:
    """What is there besides our job; before we have one, an idle queue and an empty spool."""
    foreign = [number for number in line.jobs(printer.queue) if number != own_job]
    if foreign:
        yield PrinterFinding(code="printer.foreign_job", detail={"jobs": len(foreign)})
    if own_job is None:
        if line.queue(printer.queue).state is QueueState.PROCESSING:
            yield PrinterFinding(code="printer.busy")
        left = len(spooled_documents(Path(printer.spool)))
        if left:
            yield PrinterFinding(code="printer.spool_not_empty", detail={"files": left})


def scheduler_of(printer: EnrolledPrinter) -> SchedulerPlace:
    """Where the scheduler of an enrolled printer is."""
    return SchedulerPlace(
        socket=Path(printer.socket),
        program=Path(printer.program),
        server_bin=Path(printer.server_bin),
        server_root=Path(printer.server_root),
        data_dir=Path(printer.data_dir),
        spool=Path(printer.spool),
    )

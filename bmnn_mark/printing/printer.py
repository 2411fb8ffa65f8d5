# SPDX-License-Identifier: Apache-2.0
"""The one permitted printer: enrolled once by root, compared with its record before every copy."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import msgspec

from bmnn_mark import plain
from bmnn_mark.errors import PrinterRefused, Scalar
from bmnn_mark.files import os_reason, write_whole
from bmnn_mark.printing.cups import SYSTEM_CUPSD, SYSTEM_SOCKET, Queue, QueueState, Server
from bmnn_mark.printing.devices import refuse_device
from bmnn_mark.printing.scheduler import network_findings

_RECORD = "printer.json"
_SYSTEM_SPOOL = Path("/var/spool/cups")
_SYSTEM_FILES_CONF = Path("/etc/cups/cups-files.conf")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFile:
    """A program or table that has a part in a print: its path and SHA-256, hexadecimal."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbIdentity:
    """Which USB device the printer is; a claim of the device, bound to a port of this machine.

    Attributes:
        vendor: idVendor, four hexadecimal digits.
        product: idProduct, four hexadecimal digits.
        serial: serial number as the device says.
        port: where it is plugged in, as ``1-2.3``; empty where any port will do.
    """

    vendor: str
    product: str
    serial: str
    port: str


class ProofWay(StrEnum):
    """How the way from a PDF to paper was measured."""

    RASTERISED = "rasterised"
    """What goes to the device was rasterised and measured by the program."""
    SHEET = "sheet"
    """An officer measured the printed test page and entered the figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainProof:
    """That the filters leave a mark where it is and as large as it is.

    Attributes:
        way: how it was measured.
        deviation_mm: the largest deviation found, mm.
        at: when, UTC, ``YYYY-MM-DDTHH:MM:SSZ``.
        device_format: MIME type of what goes to the device.
    """

    way: ProofWay
    deviation_mm: float
    at: str
    device_format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledPrinter:
    """What was true of the printer when an administrator enrolled it.

    Attributes:
        queue: name of its CUPS queue.
        device_uri: where the queue leads, byte for byte: the gate, ``bmnn:/usb://...``.
        config_changed_at: second of the queue's last change.
        description_sha256: of the queue's PPD; of nothing for a raw queue.
        socket: unix socket of the scheduler.
        program: the scheduler's binary.
        spool: the scheduler's spool folder.
        rehearsal: enrolled for a rehearsal register; never serves a real one.
        server_bin: folder of the scheduler's programs; the gate is ``backend/bmnn`` in it.
        register_id: the one register whose tickets open the gate, 32 hexadecimal digits.
        register_public_key: its Ed25519 key, 64 hexadecimal digits.
        programs: gate, device program, filters and the tables that choose them.
        usb: the device; None for a rehearsal's.
        proof: how the filters were measured; None until they were.
    """

    queue: str
    device_uri: str
    config_changed_at: int
    description_sha256: str
    socket: str
    program: str
    spool: str
    rehearsal: bool
    server_bin: str = "/usr/lib/cups"
    register_id: str = ""
    register_public_key: str = ""
    programs: tuple[PinnedFile, ...] = ()
    usb: UsbIdentity | None = None
    proof: ChainProof | None = None

    def connect(self) -> Server:
        """A connection to the scheduler of this printer."""
        return Server(Path(self.socket), Path(self.program))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterFinding:
    """Something that is not as enrolled or not as it must be; ``code`` is in the catalogue."""

    code: str
    detail: dict[str, Scalar] = field(default_factory=dict)


def list_queues(socket: Path = SYSTEM_SOCKET, program: Path = SYSTEM_CUPSD) -> tuple[Queue, ...]:
    """Every queue and class of a scheduler."""
    server = Server(socket, program)
    return tuple(server.queue(name) for name in server.queues())


def enroll(
    queue: str,
    *,
    data_folder: Path,
    socket: Path = SYSTEM_SOCKET,
    program: Path = SYSTEM_CUPSD,
    spool: Path | None = None,
    rehearsal: bool = False,
) -> EnrolledPrinter:
    """Make one queue the permitted printer and remember what it is.

    Args:
        queue: its name.
        data_folder: where the record is kept, root's alone.
        socket: the scheduler's socket.
        program: the scheduler's binary; another than the system's only for a rehearsal.
        spool: its spool folder; None reads it from the system's configuration.
        rehearsal: for a rehearsal register, which may print to a device that is no printer.

    Raises:
        PrinterRefused: ``print.needs_root`` or what :func:`check` would find.
    """
    if os.getuid() != 0:
        raise PrinterRefused("print.needs_root")
    if program != SYSTEM_CUPSD and not rehearsal:
        raise PrinterRefused("printer.wrong_server", uid=0)
    server = Server(socket, program)
    seen = server.queue(queue)
    refuse_device(seen.device_uri, rehearsal=rehearsal)
    record = EnrolledPrinter(
        queue=queue,
        device_uri=seen.device_uri,
        config_changed_at=seen.config_changed_at,
        description_sha256=hashlib.sha256(server.description(queue)).hexdigest(),
        socket=str(socket),
        program=str(program),
        spool=str(spool or _configured_spool()),
        rehearsal=rehearsal,
    )
    findings = check(record, server)
    if findings:
        raise PrinterRefused(findings[0].code, **findings[0].detail)
    write_whole(data_folder / _RECORD, [plain.encode(record)], overwrite=True)
    return record


def enrolled(data_folder: Path) -> EnrolledPrinter:
    """The record of the permitted printer.

    Raises:
        PrinterRefused: ``printer.not_enrolled``, ``printer.record_unsafe``, ``printer.record``.
    """
    return read_record(data_folder / _RECORD)


def read_record(path: Path) -> EnrolledPrinter:
    """The record of the permitted printer in a file of root's alone.

    Raises:
        PrinterRefused: ``printer.not_enrolled``, ``printer.record_unsafe``, ``printer.record``.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != 0 or stat.S_IMODE(status.st_mode) & 0o177:
                raise PrinterRefused("printer.record_unsafe")
            return plain.decode(file.read(), EnrolledPrinter)
    except FileNotFoundError as error:
        raise PrinterRefused("printer.not_enrolled") from error
    except OSError as error:
        raise PrinterRefused("printer.record", reason=os_reason(error)) from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise PrinterRefused("printer.record", reason="EINVAL") from error


def check(
    printer: EnrolledPrinter, server: Server | None = None, *, own_job: int | None = None
) -> tuple[PrinterFinding, ...]:
    """Compare the printer with its record; no finding means that it may print.

    Args:
        printer: the record.
        server: a connection to its scheduler; None makes one.
        own_job: number of the one job that may be in the queue now.

    Raises:
        PrinterRefused: the scheduler is not the one meant, or does not answer.
    """
    line = server or printer.connect()
    refuse_device(printer.device_uri, rehearsal=printer.rehearsal)
    queue = line.queue(printer.queue)
    findings = [PrinterFinding(code=code) for code, holds in _faults(printer, queue) if holds]
    description = hashlib.sha256(line.description(printer.queue)).hexdigest()
    if description != printer.description_sha256:
        findings.append(PrinterFinding(code="printer.description_changed"))
    findings += [PrinterFinding(code=code) for code in network_findings(line.peer.pid)]
    foreign = [number for number in line.jobs(printer.queue) if number != own_job]
    if foreign:
        findings.append(PrinterFinding(code="printer.foreign_job", detail={"jobs": len(foreign)}))
    if own_job is None:
        findings += _resting_faults(printer, queue)
    return tuple(findings)


def resume(printer: EnrolledPrinter) -> None:
    """Let a paused queue work again, once nothing is left in it to be printed unasked.

    Raises:
        PrinterRefused: ``printer.foreign_job`` while any job is in the queue.
    """
    line = printer.connect()
    jobs = line.jobs(printer.queue)
    if jobs:
        raise PrinterRefused("printer.foreign_job", jobs=len(jobs))
    line.resume(printer.queue)


def _faults(printer: EnrolledPrinter, queue: Queue) -> tuple[tuple[str, bool], ...]:
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
        ("printer.defaults", not neutral),  # the named causes before the bare change
        ("printer.config_changed", queue.config_changed_at != printer.config_changed_at),
        ("printer.not_accepting", not queue.accepting),
        ("printer.paused", queue.state is QueueState.STOPPED),
    )


def _resting_faults(printer: EnrolledPrinter, queue: Queue) -> list[PrinterFinding]:
    """What must hold before a job of ours exists: an idle queue and no document left over."""
    found = []
    if queue.state is QueueState.PROCESSING:
        found.append(PrinterFinding(code="printer.busy"))
    left = len(spooled_documents(Path(printer.spool)))
    if left:
        found.append(PrinterFinding(code="printer.spool_not_empty", detail={"files": left}))
    return found


def spooled_documents(spool: Path) -> tuple[Path, ...]:
    """The document files in a spool folder; CUPS names them ``d<job>-<document>``."""
    return tuple(sorted(one for one in spool.glob("d*-*") if one.is_file()))


def _configured_spool() -> Path:
    try:
        lines = _SYSTEM_FILES_CONF.read_text("utf-8", "replace").splitlines()
    except OSError:
        return _SYSTEM_SPOOL
    for line in lines:
        name, _, value = line.strip().partition(" ")
        if name.lower() == "requestroot":
            return Path(value.strip())
    return _SYSTEM_SPOOL

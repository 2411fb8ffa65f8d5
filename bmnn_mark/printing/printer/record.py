# SPDX-License-Identifier: Apache-2.0
"""The one permitted printer: enrolled once by root, compared with its record before every copy."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from bmnn_mark import plain
from bmnn_mark.errors import PrinterRefused, Scalar
from bmnn_mark.files import os_reason
from bmnn_mark.printing.scheduler.cups import Queue, Server
from bmnn_mark.printing.scheduler.peer import SYSTEM_CUPSD, SYSTEM_SOCKET

_RECORD = "printer.json"


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
        server_root: folder of its settings.
        data_dir: folder of its tables of types and filters.
        policy: name of the queue's operation policy: who may do what with jobs.
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
    server_root: str = "/etc/cups"
    data_dir: str = "/usr/share/cups"
    policy: str = "default"
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


#: Names of what a scheduler is being sent; one that dies meanwhile leaves it there for ever.
_BEING_SENT = re.compile(r"[0-9a-f]{8}")


def spooled_documents(spool: Path) -> tuple[Path, ...]:
    """The document files in a spool folder; CUPS names them ``d<job>-<document>`` once whole."""
    found = (one for one in spool.iterdir() if fnmatch(one.name, "d*-*") or is_being_sent(one))
    return tuple(sorted(one for one in found if one.is_file()))


def is_being_sent(path: Path) -> bool:
    """Whether a file of a spool folder is a request's document that has not become a job's."""
    return bool(_BEING_SENT.fullmatch(path.name))

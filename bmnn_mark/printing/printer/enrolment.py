# SPDX-License-Identifier: Apache-2.0
"""Making one queue the permitted printer: written by root, led through the gate, and pinned."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bmnn_mark import plain, proc
from bmnn_mark.errors import PrinterRefused, UsageRefused
from bmnn_mark.files import private_folder, work_folder, write_whole
from bmnn_mark.printing.gate.installing import (
    INTERPRETER,
    behind_gate,
    device_behind,
    install_gate,
)
from bmnn_mark.printing.guard.place import SYSTEM, GuardPlace
from bmnn_mark.printing.printer.devices import refuse_device
from bmnn_mark.printing.printer.filters import chain_of, refuse_commands, tables_of
from bmnn_mark.printing.printer.pinning import pin
from bmnn_mark.printing.printer.preflight import check
from bmnn_mark.printing.printer.record import ChainProof, EnrolledPrinter, PinnedFile, enrolled
from bmnn_mark.printing.printer.usb_printer import plugged_in
from bmnn_mark.printing.scheduler.cups import Queue, Server
from bmnn_mark.printing.scheduler.peer import SYSTEM_CUPSD
from bmnn_mark.printing.scheduler.process import SchedulerPlace, system_scheduler

_POLICY = "bmnn"
_REAL, _REHEARSAL = "register", "rehearsal"
_KEY_TEXT = re.compile(
    r"(?P<body>(?P<kind>register|rehearsal):(?P<id>[0-9a-f]{32}):(?P<key>[0-9a-f]{64}))"
    r":(?P<check>[0-9a-f]{8})"
)
_SECONDS = 30.0
_SHEET_SECONDS = 180.0
#: What a queue must say of itself so that a copy is one copy, and a failure no second one.
_NEUTRAL = (
    "printer-is-shared=false", "printer-error-policy=stop-printer", "job-sheets-default=none,none",
    "port-monitor=none", "copies-default=1", "number-up-default=1",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterKey:
    """The one register whose tickets are to open the gate.

    Attributes:
        register_id: 32 hexadecimal digits.
        public_key: Ed25519, 32 bytes.
        rehearsal: whether it is a rehearsal register.
    """

    register_id: str
    public_key: bytes
    rehearsal: bool

    @property
    def text(self) -> str:
        """It as a word that a clerk gives to the officer; the end of it finds slips of the pen.

        >>> key = RegisterKey(register_id="ab" * 16, public_key=bytes(32), rehearsal=True)
        >>> RegisterKey.from_text(key.text) == key
        True
        """
        kind = _REHEARSAL if self.rehearsal else _REAL
        body = f"{kind}:{self.register_id}:{self.public_key.hex()}"
        return f"{body}:{_check_of(body)}"

    @classmethod
    def from_text(cls, untrusted_text: str) -> RegisterKey:
        """Read it back.

        Raises:
            UsageRefused: ``printer.register_key``.
        """
        found = _KEY_TEXT.fullmatch(untrusted_text.strip())
        if found is None or _check_of(found["body"]) != found["check"]:
            raise UsageRefused("printer.register_key")
        return cls(
            register_id=found["id"],
            public_key=bytes.fromhex(found["key"]),
            rehearsal=found["kind"] == _REHEARSAL,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to enrol.

    Attributes:
        queue: name of the queue; made where there is none and ``device_uri`` says what it is.
        device_uri: the device itself, without the gate; None takes the existing queue's.
        description: a PPD; None keeps the existing queue's.
        any_port: the printer may be plugged into another port later.
    """

    queue: str
    device_uri: str | None = None
    description: Path | None = None
    any_port: bool = False


def enroll(
    wish: Wish,
    key: RegisterKey,
    *,
    place: GuardPlace = SYSTEM,
    scheduler: SchedulerPlace | None = None,
    root: Path = Path("/"),
) -> EnrolledPrinter:
    """Write the queue, put the gate before its device, and remember everything it rests on.

    Args:
        wish: which queue and device.
        key: whose tickets open the gate.
        place: where the guard keeps the record.
        scheduler: another than the system's only for a rehearsal.
        root: folder that holds ``sys``; only tests give another.

    Raises:
        PrinterRefused: ``print.needs_root``, a device or description that is not permitted, or
            the first finding of :func:`bmnn_mark.printing.printer.preflight.check`.
    """
    if os.getuid() != 0:
        raise PrinterRefused("print.needs_root")
    where = scheduler or system_scheduler()
    if where.program != SYSTEM_CUPSD and not key.rehearsal:
        raise PrinterRefused("printer.wrong_server", uid=0)
    server = Server(where.socket, where.program)
    device = wish.device_uri or _present_device(server, wish.queue)
    refuse_device(device, rehearsal=key.rehearsal)
    if wish.description is not None:
        refuse_commands(wish.description.read_bytes())
    gate = install_gate(where.server_bin, place, where.spool)
    _write_queue(server, where, wish, device)
    record = _record(server, where, wish, key, gate)
    if device.startswith("usb:"):
        usb = plugged_in(root, device, any_port=wish.any_port)
        record = replace(record, usb=usb)
    findings = [one for one in check(record, server, root=root) if one.code != "printer.unproven"]
    if findings:
        raise PrinterRefused(findings[0].code, **findings[0].detail)
    _keep(record, place)
    return record


def send_to_device(printer: EnrolledPrinter, data: bytes) -> None:
    """Have the device program print a sheet that is no document: a test page of root's.

    Raises:
        PrinterRefused: ``print.needs_root``, ``printer.page_not_sent``.
    """
    if os.getuid() != 0:
        raise PrinterRefused("print.needs_root")
    device = device_behind(printer.device_uri)
    program = Path(printer.server_bin) / "backend" / device.partition(":")[0]
    surroundings = {"DEVICE_URI": device, "PRINTER": printer.queue}
    with work_folder() as home:
        done = proc.run(
            [str(program), "0", "root", "bmnn", "1", ""],
            home=home,
            seconds=_SHEET_SECONDS,
            stdin=data,
            environment=surroundings,
        )
    if done.returncode:
        raise PrinterRefused("printer.page_not_sent", status=done.returncode)


def keep_proof(proof: ChainProof, place: GuardPlace = SYSTEM) -> EnrolledPrinter:
    """Enter into the record how the way from a PDF to paper was measured.

    Raises:
        PrinterRefused: ``print.needs_root``, ``printer.not_enrolled``.
    """
    if os.getuid() != 0:
        raise PrinterRefused("print.needs_root")
    record = replace(enrolled(place.pins), proof=proof)
    _keep(record, place)
    return record


def _check_of(body: str) -> str:
    return hashlib.sha256(body.encode("ascii")).hexdigest()[:8]


def _keep(record: EnrolledPrinter, place: GuardPlace) -> None:
    private_folder(place.pins)
    write_whole(place.printer, [plain.encode(record)], overwrite=True)


def _present_device(server: Server, name: str) -> str:
    """The device of a queue that is there, with or without a gate before it."""
    seen = server.queue(name)
    if seen.is_class:
        raise PrinterRefused("printer.is_class")
    return device_behind(seen.device_uri) or seen.device_uri


def _write_queue(server: Server, where: SchedulerPlace, wish: Wish, device: str) -> None:
    """Have the queue lead through the gate, with defaults that add nothing."""
    command = [proc.program("lpadmin"), "-h", str(where.socket), "-p", wish.queue]
    command += ["-v", behind_gate(device)]
    if wish.description is not None:
        command += ["-P", str(wish.description.absolute())]
    _lpadmin(command)
    policies = server.queue(wish.queue).policies
    options = [*_NEUTRAL, f"printer-op-policy={_POLICY if _POLICY in policies else 'default'}"]
    words = [word for one in options for word in ("-o", one)]
    _lpadmin([*command[:5], *words, "-E"])


def _lpadmin(command: list[str]) -> None:
    with work_folder() as home:
        done = proc.run(command, home=home, seconds=_SECONDS)
    if done.returncode:
        raise PrinterRefused("printer.queue_unwritten", status=done.returncode)


def _record(
    server: Server, where: SchedulerPlace, wish: Wish, key: RegisterKey, gate: Path
) -> EnrolledPrinter:
    seen: Queue = server.queue(wish.queue)
    description = server.description(wish.queue)
    refuse_commands(description)
    device = device_behind(seen.device_uri)
    ppd = where.server_root / "ppd" / f"{wish.queue}.ppd"
    programs = [
        gate, where.server_bin / "backend" / device.partition(":")[0],
        where.server_bin / "daemon/cups-exec", where.program, INTERPRETER,
        Path(proc.program("setpriv")), *tables_of(where),
    ]  # fmt: skip
    if description:
        programs += [ppd, *chain_of(where, ppd)]
    return EnrolledPrinter(
        queue=wish.queue,
        device_uri=seen.device_uri,
        config_changed_at=seen.config_changed_at,
        description_sha256=hashlib.sha256(description).hexdigest(),
        socket=str(where.socket),
        program=str(where.program),
        spool=str(where.spool),
        rehearsal=key.rehearsal,
        server_bin=str(where.server_bin),
        server_root=str(where.server_root),
        data_dir=str(where.data_dir),
        policy=seen.policy,
        register_id=key.register_id,
        register_public_key=key.public_key.hex(),
        programs=_pinned(programs),
    )


def _pinned(programs: Iterable[Path]) -> tuple[PinnedFile, ...]:
    return tuple(pin(path) for path in dict.fromkeys(programs))

# SPDX-License-Identifier: Apache-2.0
"""The only module that talks to CUPS: one explicit socket, one queue, every option spelt out.

libcups would take its server from ``CUPS_SERVER`` or a ``client.conf``; either is refused rather
than ignored. Whoever answers on the socket must be root's cupsd.
"""

from __future__ import annotations

import hashlib
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

from bmnn_mark import proc
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason, work_folder

SYSTEM_SOCKET = Path("/run/cups/cups.sock")
SYSTEM_CUPSD = Path("/usr/sbin/cupsd")
_CHUNK_BYTES = 1 << 18
_NOT_FOUND = 0x0406
_NEUTRAL_DOCUMENT = "bmnn"
_CLASS, _REMOTE = 0x1, 0x2


class JobState(IntEnum):
    """IPP's job states (RFC 8011, 5.3.7)."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


class QueueState(IntEnum):
    """IPP's printer states (RFC 8011, 5.4.11)."""

    IDLE = 3
    PROCESSING = 4
    STOPPED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the server claims of a job; ``uuid`` identifies it, ids start again after a loss."""

    id: int
    uuid: str
    state: JobState
    queue: str
    reasons: tuple[str, ...]
    """Printer state reasons as the job reports them; ``none`` left out."""
    started_at: int
    """Second at which it last began to be processed; 0 when it has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What the server says of a queue."""

    name: str
    device_uri: str
    config_changed_at: int
    state: QueueState
    accepting: bool
    shared: bool
    temporary: bool
    is_class: bool
    remote: bool
    reasons: tuple[str, ...]
    copies_default: int
    number_up_default: int
    banners: tuple[str, ...]
    port_monitor: str
    sides: tuple[str, ...]
    media: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The process that answers on the socket."""

    pid: int
    uid: int
    program: str


def refuse_redirection() -> None:
    """Refuse an environment in which libcups could be led to another server.

    Raises:
        PrinterRefused: ``printer.redirected``.
    """
    if os.environ.get("CUPS_SERVER"):
        raise PrinterRefused("printer.redirected", by="CUPS_SERVER")
    home = Path(os.environ.get("HOME", "/root"))
    system = Path(os.environ.get("CUPS_SERVERROOT", "/etc/cups"))
    for name, path in {
        "~/.cups/client.conf": home / ".cups/client.conf",
        "client.conf": system / "client.conf",
    }.items():
        if _names_server(path):
            raise PrinterRefused("printer.redirected", by=name)


def _names_server(path: Path) -> bool:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise PrinterRefused("printer.redirected", by=os_reason(error)) from error
    return any(line.strip().lower().startswith("servername") for line in lines)


def peer_of(path: Path) -> Peer:
    """Who answers on a unix socket, as the kernel says.

    Raises:
        PrinterRefused: ``printer.no_server``.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(2.0)
            line.connect(str(path))
            answer = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid, uid, _ = struct.unpack("3i", answer)
        if pid == 1 and uid == 0:
            pid = _main_pid()  # systemd made the socket and handed it to cupsd
        program = str((Path("/proc") / str(pid) / "exe").readlink())
    except OSError as error:
        raise PrinterRefused("printer.no_server", reason=os_reason(error)) from error
    return Peer(pid=pid, uid=uid, program=program)


def _main_pid() -> int:
    systemctl = proc.find_program("systemctl")
    if systemctl is None:
        return 1
    with work_folder() as home:
        command = [systemctl, "show", "--property=MainPID", "--value", "cups.service"]
        answer = proc.run(command, home=home, seconds=5.0)
    text = answer.stdout.decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() and text != "0" else 1


@cache
def _pycups() -> Any:
    try:
        import cups  # noqa: PLC0415, TID251  # an optional extra; this is its one place
    except ImportError as error:
        raise PrinterRefused("printer.cups_missing") from error
    return cups


@contextmanager
def _wrapped() -> Iterator[None]:
    """Turn pycups' errors into refusals that carry IPP's status number and no text."""
    cups = _pycups()
    try:
        yield
    except cups.IPPError as error:
        raise PrinterRefused("printer.ipp", status=int(error.args[0])) from error
    except cups.HTTPError as error:
        raise PrinterRefused("printer.http", status=int(error.args[0])) from error
    except (RuntimeError, OSError) as error:
        raise PrinterRefused("printer.no_server", reason=type(error).__name__) from error


class Server:
    """A connection to the cupsd behind one socket."""

    def __init__(self, path: Path, program: Path = SYSTEM_CUPSD) -> None:
        """Connect.

        Args:
            path: the unix socket.
            program: the program that must answer there, run by root.

        Raises:
            PrinterRefused: ``printer.redirected``, ``printer.no_server``,
                ``printer.wrong_server``, ``printer.cups_missing``.
        """
        refuse_redirection()
        self.peer = peer_of(path)
        if self.peer.uid != 0 or Path(self.peer.program) != program:
            raise PrinterRefused("printer.wrong_server", uid=self.peer.uid)
        cups = _pycups()
        cups.setUser("root" if os.getuid() == 0 else str(os.getuid()))
        with _wrapped():
            self._line = cups.Connection(host=str(path))

    def queues(self) -> tuple[str, ...]:
        """The names of all queues and classes, sorted."""
        with _wrapped():
            return tuple(sorted({*self._line.getPrinters(), *self._line.getClasses()}))

    def queue(self, name: str) -> Queue:
        """The state and settings of one queue.

        Raises:
            PrinterRefused: ``printer.not_found`` and the wrapped errors.
        """
        try:
            with _wrapped():
                answer = self._line.getPrinterAttributes(name)
        except PrinterRefused as refusal:
            if refusal.detail.get("status") == _NOT_FOUND:
                raise PrinterRefused("printer.not_found") from refusal
            raise
        return _queue(name, answer)

    def description(self, name: str) -> bytes:
        """The queue's PPD as the server holds it; empty for a raw queue."""
        handle = os.memfd_create("bmnn")
        try:
            with _wrapped():
                self._line.getFile(f"/printers/{name}.ppd", fd=os.dup(handle))
            os.lseek(handle, 0, os.SEEK_SET)
            with os.fdopen(os.dup(handle), "rb") as file:
                return file.read()
        except PrinterRefused as refusal:
            if refusal.detail.get("status") == 404:
                return b""
            raise
        finally:
            os.close(handle)

    def create_held(self, queue: str, name: str, options: dict[str, str]) -> Job:
        """Create a job that is held until released; ``name`` must be neutral."""
        with _wrapped():
            number = self._line.createJob(queue, name, {**options, "job-hold-until": "indefinite"})
        job = self.job(number)
        if job is None:
            raise PrinterRefused("printer.job_lost")
        return job

    def send(self, job: Job, source: Path) -> str:
        """Send the one document of a job, a PDF, and return the SHA-256 of what was sent."""
        digest = hashlib.sha256()
        with _wrapped(), source.open("rb") as file:
            self._line.startDocument(job.queue, job.id, _NEUTRAL_DOCUMENT, "application/pdf", 1)
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                self._line.writeRequestData(chunk, len(chunk))
            self._line.finishDocument(job.queue)
        return digest.hexdigest()

    def release(self, job: Job) -> None:
        """Let a held job go to the device."""
        with _wrapped():
            self._line.setJobHoldUntil(job.id, "no-hold")

    def job(self, number: int) -> Job | None:
        """What the server claims of a job now; None when it knows none of that number."""
        wanted = [
            "job-id", "job-uuid", "job-state", "job-printer-uri", "job-printer-state-reasons",
            "time-at-processing",
        ]  # fmt: skip
        try:
            with _wrapped():
                answer = self._line.getJobAttributes(number, requested_attributes=wanted)
        except PrinterRefused as refusal:
            if refusal.detail.get("status") == _NOT_FOUND:
                return None
            raise
        return Job(
            id=number,
            uuid=str(answer["job-uuid"]),
            state=JobState(answer["job-state"]),
            queue=str(answer["job-printer-uri"]).rpartition("/")[2],
            reasons=_reasons(answer.get("job-printer-state-reasons")),
            started_at=int(answer.get("time-at-processing") or 0),
        )

    def jobs(self, queue: str, *, ended: bool = False) -> tuple[int, ...]:
        """The numbers of the jobs of a queue, with ``ended`` also those that are over."""
        which = "all" if ended else "not-completed"
        wanted = ["job-id", "job-printer-uri"]
        with _wrapped():
            answer = self._line.getJobs(which_jobs=which, requested_attributes=wanted)
        return tuple(
            sorted(
                number
                for number, job in answer.items()
                if str(job.get("job-printer-uri", "")).rpartition("/")[2] == queue
            )
        )

    def purge(self, number: int) -> None:
        """Cancel a job and have everything of it removed; nothing happens to an unknown one."""
        try:
            with _wrapped():
                self._line.cancelJob(number, purge_job=True)
        except PrinterRefused as refusal:
            if refusal.detail.get("status") != _NOT_FOUND:
                raise

    def pause(self, queue: str) -> None:
        """Stop the queue: no job goes to the device until it is resumed."""
        with _wrapped():
            self._line.disablePrinter(queue)

    def resume(self, queue: str) -> None:
        """Let jobs of the queue go to the device again."""
        with _wrapped():
            self._line.enablePrinter(queue)

    def add_queue(self, name: str, device_uri: str, description: Path) -> None:
        """Make a queue with a PPD, for a private server."""
        with _wrapped():
            self._line.addPrinter(
                name, filename=str(description), device=device_uri, info=_NEUTRAL_DOCUMENT
            )
            self._line.enablePrinter(name)
            self._line.acceptJobs(name)


def _queue(name: str, answer: dict[str, Any]) -> Queue:
    kind = int(answer.get("printer-type", 0))
    return Queue(
        name=name,
        device_uri=str(answer.get("device-uri", "")),
        config_changed_at=int(answer.get("printer-config-change-time", 0)),
        state=QueueState(answer["printer-state"]),
        accepting=bool(answer.get("printer-is-accepting-jobs", False)),
        shared=bool(answer.get("printer-is-shared", True)),
        temporary=bool(answer.get("printer-is-temporary", False)),
        is_class=bool(kind & _CLASS),
        remote=bool(kind & _REMOTE),
        reasons=_reasons(answer.get("printer-state-reasons")),
        copies_default=int(answer.get("copies-default", 1)),
        number_up_default=int(answer.get("number-up-default", 1)),
        banners=_texts(answer.get("job-sheets-default", ("none", "none"))),
        port_monitor=str(answer.get("port-monitor", "none")),
        sides=_texts(answer.get("sides-supported")),
        media=_texts(answer.get("media-supported")),
    )


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else (str(value),)


def _reasons(value: object) -> tuple[str, ...]:
    return tuple(one for one in _texts(value) if one != "none")

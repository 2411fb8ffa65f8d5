# SPDX-License-Identifier: Apache-2.0
"""The scheduler as this program sees it: one explicit socket, every option spelt out.

Whoever answers on the socket must be root's cupsd (``peer``). Calls go through a process of their
own (``cups_line``), so that each has an end in time.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import signal
import sys
import weakref
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bmnn_mark import proc
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.printer.capabilities import Capabilities, capabilities_of
from bmnn_mark.printing.scheduler.peer import SYSTEM_CUPSD, peer_of, refuse_redirection

if TYPE_CHECKING:
    import subprocess  # noqa: TID251  # the type only

#: Longest wait for an answer of the scheduler; one that is well answers in milliseconds.
CALL_SECONDS = 20.0
_NOT_FOUND = 0x0406
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
    pages: int = 0
    """Pages that filters and device program say they are done with; a sum that may be too high."""
    starts: int = 0
    """How often the scheduler's notes say that it began; 0 where nobody subscribed to them."""


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
    error_policy: str
    policy: str
    """Operation policy: who may do what with its jobs."""
    policies: tuple[str, ...]
    """Those that the server has."""
    capabilities: Capabilities
    """Colour, sides, media, trays, resolutions."""


class Server:
    """A connection to the cupsd behind one socket.

    A call that has no answer after :data:`CALL_SECONDS` cuts the line; the next call makes a new
    one.
    """

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
        other = bool(self.peer.program) and Path(self.peer.program) != program
        if self.peer.uid != 0 or other:
            raise PrinterRefused("printer.wrong_server", uid=self.peer.uid)
        if importlib.util.find_spec("cups") is None:
            raise PrinterRefused("printer.cups_missing")
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None
        self._notes: dict[int, _Notes] = {}

    def _line(self) -> subprocess.Popen[bytes]:
        """The process that talks to the server, started where there is none."""
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-I", "-m", "bmnn_mark.printing.scheduler.cups_line"]
            self._process = proc.converse(
                [*command, str(self._path), str(CALL_SECONDS)], home=Path("/")
            )
            weakref.finalize(self, _hang_up, self._process)
        return self._process

    def _ask(self, name: str, *arguments: object) -> Any:
        """Have the line do one thing.

        Raises:
            PrinterRefused: ``printer.ipp`` and ``printer.http`` with the server's status,
                ``printer.no_server``, ``printer.no_answer``.
        """
        process = self._line()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps([name, arguments]).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        except BaseException:  # its answer is still to come, and would be taken for the next one's
            process.kill()
            process.wait()
            raise
        if not answer:
            if process.wait() == -signal.SIGALRM:
                raise PrinterRefused("printer.no_answer", seconds=round(CALL_SECONDS))
            raise PrinterRefused("printer.no_server", reason="EPIPE")
        return _opened(json.loads(answer))

    def queues(self) -> tuple[str, ...]:
        """The names of all queues and classes, sorted."""
        return tuple(self._ask("queues"))

    def queue(self, name: str) -> Queue:
        """The state and settings of one queue.

        Raises:
            PrinterRefused: ``printer.not_found`` and the wrapped errors.
        """
        try:
            answer = self._ask("queue", name)
        except PrinterRefused as refusal:
            if refusal.detail.get("status") == _NOT_FOUND:
                raise PrinterRefused("printer.not_found") from refusal
            raise
        return _queue(name, answer)

    def description(self, name: str) -> bytes:
        """The queue's PPD as the server holds it; empty for a raw queue."""
        try:
            return base64.b64decode(self._ask("description", name))
        except PrinterRefused as refusal:
            if refusal.detail.get("status") == 404:
                return b""
            raise

    def create_held(self, queue: str, name: str, options: dict[str, str]) -> Job:
        """Create a job that is held until released; ``name`` must be neutral."""
        held = {**options, "job-hold-until": "indefinite"}
        job = self.job(self._ask("create", queue, name, held))
        if job is None:
            raise PrinterRefused("printer.job_lost")
        return job

    def send(self, job: Job, source: Path) -> str:
        """Send the one document of a job, a PDF, and return the SHA-256 of what was sent."""
        return str(self._ask("send", job.queue, job.id, str(source.absolute())))

    def release(self, job: Job) -> tuple[str, ...]:
        """Let a held job go to the device; what the printer reports until then, of earlier jobs."""
        return _reasons(self._ask("release", job.queue, job.id))

    def job(self, number: int) -> Job | None:
        """What the server claims of a job now; None when it knows none of that number."""
        try:
            return _job(number, self._ask("job", number))
        except PrinterRefused as refusal:
            if refusal.detail.get("status") == _NOT_FOUND:
                return None
            raise

    def subscribe(self, queue: str) -> int:
        """Have the server note what happens to the jobs of a queue; the subscription's number."""
        number = int(self._ask("subscribe", queue))
        self._notes[number] = _Notes()
        return number

    def unsubscribe(self, subscription: int) -> None:
        """End a subscription."""
        self._notes.pop(subscription, None)
        self._ask("unsubscribe", subscription)

    def look(self, number: int, subscription: int) -> Job | None:
        """What the server claims of a job now, with what it noted of it meanwhile."""
        notes = self._notes[subscription]
        answer, noted = self._ask("look", number, subscription, notes.next)
        for sequence, job, state in noted:
            notes.take(sequence, job, state)
        if answer is None:
            return None
        return replace(_job(number, answer), starts=notes.starts.get(number, 0))

    def jobs(self, queue: str, *, ended: bool = False) -> tuple[int, ...]:
        """The numbers of the jobs of a queue, with ``ended`` also those that are over."""
        found = self._ask("jobs", "all" if ended else "not-completed")
        return tuple(
            sorted(number for number, address in found if address.rpartition("/")[2] == queue)
        )

    def purge(self, number: int) -> None:
        """Cancel a job and have everything of it removed; nothing happens to an unknown one."""
        try:
            self._ask("purge", number)
        except PrinterRefused as refusal:
            if refusal.detail.get("status") != _NOT_FOUND:
                raise

    def pause(self, queue: str) -> None:
        """Stop the queue: no job goes to the device until it is resumed."""
        self._ask("pause", queue)

    def resume(self, queue: str) -> None:
        """Let jobs of the queue go to the device again."""
        self._ask("resume", queue)

    def add_queue(self, name: str, device_uri: str, description: Path) -> None:
        """Make a queue with a PPD, for a private server."""
        self._ask("add", name, device_uri, str(description.absolute()))


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def _opened(answer: dict[str, Any]) -> Any:
    """The value of a call, or its failure as a refusal that carries a number and no text."""
    if "ipp" in answer:
        raise PrinterRefused("printer.ipp", status=answer["ipp"])
    if "http" in answer:
        raise PrinterRefused("printer.http", status=answer["http"])
    if "failed" in answer:
        raise PrinterRefused("printer.no_server", reason=answer["failed"])
    return answer["value"]


def _job(number: int, answer: dict[str, Any]) -> Job:
    return Job(
        id=number,
        uuid=str(answer["job-uuid"]),
        state=JobState(answer["job-state"]),
        queue=str(answer["job-printer-uri"]).rpartition("/")[2],
        reasons=_reasons(answer.get("job-printer-state-reasons")),
        started_at=int(answer.get("time-at-processing") or 0),
        pages=int(answer.get("job-impressions-completed") or 0),
    )


class _Notes:
    """What a subscription told so far: which note comes next, and how often each job began."""

    def __init__(self) -> None:
        self.next = 1
        self.starts: dict[int, int] = {}
        self._last: dict[int, int] = {}

    def take(self, sequence: int, job: int, state: int) -> None:
        """Take a note in; it is told again until the one after it is asked for."""
        if sequence < self.next:
            return
        self.next = sequence + 1
        if state == JobState.PROCESSING and self._last.get(job) != state:
            self.starts[job] = self.starts.get(job, 0) + 1
        self._last[job] = state


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
        error_policy=str(answer.get("printer-error-policy", "")),
        policy=str(answer.get("printer-op-policy", "")),
        policies=_texts(answer.get("printer-op-policy-supported")),
        capabilities=capabilities_of(answer),
    )


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else (str(value),)


def _reasons(value: object) -> tuple[str, ...]:
    return tuple(one for one in _texts(value) if one != "none")

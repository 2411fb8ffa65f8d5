# SPDX-License-Identifier: Apache-2.0
"""What may be asked of the guard, and its answers: one line of JSON each way, over a unix socket.

A request is ``{"op": ..., "with": {...}}``; an answer ``{"value": ...}`` or
``{"refused": {"code": ..., "detail": {...}}}``. A connection carries requests one after the other,
except that ``subscribe`` and ``admit`` turn it into a channel on which the guard speaks up by
itself. The kernel says who asks (SO_PEERCRED); what a line says of its sender counts for nothing.

The gate (``backend``) speaks the same lines but imports nothing of this package.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bmnn_mark.errors import Scalar

MAX_LINE_BYTES = 1 << 16  # of a request; answers may be longer


class Op(StrEnum):
    """What may be asked. Root and the group may ask all but the last two: these are the gate's."""

    REPORT = "report"
    """Judge the host now. Answer: :class:`~bmnn_mark.printing.model.OfflineReport`."""
    SUBSCRIBE = "subscribe"
    """Answer: ``{}``; then one line ``{"changed": <code>}`` for every change of the host."""
    PRINTER = "printer"
    """Answer: the enrolled printer's record."""
    PREFLIGHT = "preflight"
    """Compare the printer with its record. With ``own_job``: the one job that may be there.
    Answer: a list of :class:`~bmnn_mark.printing.printer.PrinterFinding`."""
    PAUSE = "pause"
    """Stop the queue. Answer: whether it was working."""
    RESUME = "resume"
    """Let the queue work, once no job and no document is left. Answer: ``{}``."""
    PURGE = "purge"
    """Remove every job of the queue, wait until no device program runs and no document is left in
    the spool. With ``uuid``: a job to be removed from whatever queue it is in. Answer: ``{}``."""
    RECEIPTS = "receipts"
    """With ``attempts`` (ids). Answer: a list of :class:`Receipt`, in that order."""
    RECOVER = "recover"
    """With ``attempts``: pause, purge, wait; only then read the receipts. Answer as RECEIPTS."""
    INCIDENTS = "incidents"
    """With ``after`` (sequence number). Answer: a list of :class:`Incident`, oldest first."""
    HEAD = "head"
    """With ``register_id``. Answer: the newest :class:`KnownHead` or null."""
    RAISE_HEAD = "raise-head"
    """With a :class:`KnownHead`, signed by the pinned register key. Answer: ``{}``; refused where
    it is not later than the one known: ``guard.head_behind``, ``guard.head_forked``."""
    ADMIT = "admit"
    """The gate, once per start: with :class:`Admission`. Answer: ``{"attempt": <id>}``, after which
    the guard sends ``{"stop": <code>}`` on this connection as soon as the host changes."""
    ENDED = "ended"
    """The gate, on the connection of its ``admit``: with :class:`End`. Answer: ``{}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the gate saw of a job before anything went to the device.

    Attributes:
        ticket: the job's option, as it came.
        queue: name of the queue that cupsd started the gate for.
        job_uuid: ``urn:uuid:...`` as cupsd says.
        job_id: number of the job.
        files: how many documents of the job lie in the spool.
        sha256: of the one document there, hexadecimal.
        length: its bytes.
        device_uri: the gate's own, as cupsd says.
    """

    ticket: str
    queue: str
    job_uuid: str
    job_id: int
    files: int
    sha256: str
    length: int
    device_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How the device program ended.

    Attributes:
        status: its exit code; minus the signal that ended it.
        sent: bytes that went to it.
        device_sha256: of these bytes, hexadecimal.
        stopped: code of why it was stopped; empty where it ended by itself.
    """

    status: int
    sent: int
    device_sha256: str
    stopped: str = ""


class ReceiptState(StrEnum):
    """What the receipts say of an attempt."""

    NONE = "none"
    """It never came to the device."""
    STARTED = "started"
    """It began; nobody saw it end."""
    DONE = "done"
    """The device program took everything and ended well."""
    FAILED = "failed"
    """The device program ended otherwise, or was stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the gate wrote of one attempt; root's files, durable before a byte goes out."""

    attempt_id: str
    state: ReceiptState
    job_uuid: str = ""
    snapshot_sha256: str = ""
    """Of the host's facts at which it was admitted."""
    sha256: str = ""
    """Of the submitted file."""
    end: End | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An entry of the guard's journal; nothing of any document in it.

    Attributes:
        sequence: from 1, without gap.
        at: time by the machine's clock, UTC, ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.
        boot_id: the boot it happened in.
        code: key of the words catalogue: ``gate.no_ticket``, ``guard.host_changed``, ...
        detail: numbers, names of interfaces and queues, hashes.
        chain: SHA-256, hexadecimal, over the entry before it and this one without ``chain``.
    """

    sequence: int
    at: str
    boot_id: str
    code: str
    detail: dict[str, Scalar] = field(default_factory=dict)
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHead:
    """A signed head of a register's tree: see ``docs/register-format.md``, "Heads"."""

    register_id: str
    size: int
    root: str
    at: str
    signature: str

# SPDX-License-Identifier: Apache-2.0
"""What may be asked of the guard, and its answers: one line of JSON each way, over a unix socket.

A request is ``{"op": ..., "with": {...}}``; an answer ``{"value": ...}`` or
``{"refused": {"code": ..., "kind": ..., "detail": {...}}}``, where ``kind`` names a class of
:mod:`bmnn_mark.errors`. A connection carries requests one after the other: the next is asked once
the last is answered. ``subscribe`` and ``admit`` turn it into a channel on which the guard speaks
up by itself, with lines that are no answers: ``{"changed": <code>}`` and ``{"stop": <code>}``. The
kernel says who asks (SO_PEERCRED); what a line says of its sender counts for nothing.

The end of a connection is an answer too: whoever was told nothing goes by the worse. A gate whose
channel ends before its device program did stops it; a client takes it for a change of the host.

The gate (``backend``) speaks the same lines but imports nothing of this package. What it leaves of
a start are two files in :attr:`GuardPlace.receipts`, root's, 0600, each one JSON object: a
:class:`Start` in ``<attempt id>.start``, made with O_EXCL and durable before a byte goes out, and
an :class:`End` in ``<attempt id>.end``. A file that is there but does not read as one counts for
the worse: a start for a start, an end for none.
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
    Answer: a list of :class:`~bmnn_mark.printing.printer.record.PrinterFinding`."""
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
    """With ``after`` (sequence number; 0 for all) and, for more than the present part, ``journal``
    (its id). Answer: a :class:`Journal` of at most 500 entries, oldest first."""
    HEAD = "head"
    """With ``register_id``. Answer: the newest :class:`KnownHead` or null."""
    RAISE_HEAD = "raise-head"
    """With a :class:`KnownHead`, signed by the pinned register key. Answer: ``{}``; refused where
    it is not later than the one known: ``guard.head_behind``, ``guard.head_forked``."""
    ADMIT = "admit"
    """The gate, once per start: with :class:`Admission`. Answer: :class:`Admitted`, after which the
    guard sends ``{"stop": <code>}`` on this connection as soon as the host changes, or somebody has
    the queue paused, purged or recovered, and ``{"alive": true}`` every half second: silence means
    stop, too. One attempt at a time."""
    ENDED = "ended"
    """The gate, on the connection of its ``admit``: with :class:`End`, once the receipt's ``.end``
    is written. Answer: ``{}``; then the connection is done with."""


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
        fault: code of what the gate itself found wrong with the job: ``gate.options``,
            ``gate.class``; the guard refuses with it, and its journal knows.
    """

    ticket: str
    queue: str
    job_uuid: str
    job_id: int
    files: int
    sha256: str
    length: int
    device_uri: str
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Leave to start the device program, once, for the attempt that the ticket names.

    Attributes:
        attempt: its id, 32 hexadecimal digits: the name of the receipt.
        snapshot_sha256: of the host's facts that were judged for it, hexadecimal.
    """

    attempt: str
    snapshot_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the gate leaves in ``<attempt id>.start`` before a byte goes out.

    Attributes:
        job_uuid: as in :class:`Admission`; also the next three.
        job_id: ~
        sha256: ~
        length: ~
        snapshot_sha256: as in :class:`Admitted`.
        at: second since 1970.
    """

    job_uuid: str
    job_id: int
    sha256: str
    length: int
    snapshot_sha256: str
    at: int


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
        sequence: from 1, without gap, in its part of the journal.
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
class Journal:
    """Entries of one part of the journal.

    A part goes on until somebody is seen to have changed it; then another one begins with that.

    Attributes:
        id: of the part, 32 hexadecimal digits; with the sequence number it names an entry for ever.
        newest: sequence number of the part's last entry.
        incidents: those asked for.
        parts: ids of all parts, oldest first.
    """

    id: str
    newest: int
    incidents: tuple[Incident, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHead:
    """A signed head of a register's tree: see ``docs/register-format.md``, "Heads"."""

    register_id: str
    size: int
    root: str
    at: str
    signature: str

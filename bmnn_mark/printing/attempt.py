# SPDX-License-Identifier: Apache-2.0
"""One attempt to put one numbered copy on paper: what it needs, where it stands, how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bmnn_mark.errors import Scalar
from bmnn_mark.printing.printer.capabilities import Paper


class AttemptState(StrEnum):
    """The states of one attempt to print one copy."""

    RESERVED = "reserved"
    CREATED = "created"
    LOADED = "loaded"
    RELEASING = "releasing"
    PRINTING = "printing"
    DEVICE_DONE = "device-done"
    UNKNOWN = "unknown"
    VOID = "void"


#: States out of which recovery brings an attempt; of the others nothing was begun or all is said.
ON_ITS_WAY = frozenset(
    {
        AttemptState.CREATED,
        AttemptState.LOADED,
        AttemptState.RELEASING,
        AttemptState.PRINTING,
    }
)


class AttemptBook(Protocol):
    """Where the steps of attempts are entered, durable on return."""

    def record(self, attempt_id: str, state: AttemptState, detail: dict[str, Scalar]) -> None:
        """Enter one step; ``detail`` holds numbers, hashes and codes."""

    def ticket(self, attempt_id: str, payload: bytes) -> bytes:
        """Sign a ticket for an attempt whose step CREATED, with its hash, was just entered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintCopy:
    """One numbered copy, ready for the printer.

    Attributes:
        attempt_id: opaque id of this attempt, 32 hexadecimal digits.
        register_id: opaque id of the register, likewise.
        document_id: opaque id of the document, likewise.
        number: k of n.
        of: n.
        attempt: 1, or more after a void or spoiled one.
        path: the PDF; may be a descriptor's ``/proc/<pid>/fd/<n>``.
        sha256: of the PDF's bytes, hexadecimal.
        length: of the PDF, bytes.
        pages: page count.
        detail: what else the book is told before the job is made.
    """

    attempt_id: str
    register_id: str
    document_id: str
    number: int
    of: int
    attempt: int
    path: Path
    sha256: str
    length: int
    pages: int
    detail: dict[str, Scalar] = field(default_factory=dict)

    @property
    def job_name(self) -> str:
        """The job's name: nothing of the document."""
        return f"bmnn-{self.register_id}-{self.number}-{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOptions:
    """How copies are printed; times in seconds."""

    paper: Paper = field(default_factory=Paper)
    wait_seconds: float = 300.0
    """Longest wait for a device that reports a reason to wait for (no paper, offline)."""
    total_seconds: float = 1800.0
    """Longest time from release to the end."""
    ticket_seconds: float = 120.0
    """How long after its signing a ticket still lets a job through the gate."""

    def for_cups(self) -> dict[str, str]:
        """Every option that could otherwise come from the queue's defaults."""
        return {
            "copies": "1",
            **self.paper.for_cups(),
            "number-up": "1",
            "job-sheets": "none,none",
            "job-priority": "50",
            "print-scaling": "none",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOutcome:
    """How an attempt ended.

    Attributes:
        attempt_id: the attempt.
        number: its copy number.
        state: DEVICE_DONE, VOID or UNKNOWN; one on its way where guard or scheduler could not be
            brought to remove the job, which :func:`recovery.recover` then settles.
        code: why it is not DEVICE_DONE; empty where it is.
        detail: fills the blanks of the code's words.
        snapshots: SHA-256 of every snapshot that was judged.
        reasons: what the device reported on the way, as ``media-jam``: there may be more sheets
            of this number than there should be.
    """

    attempt_id: str
    number: int
    state: AttemptState
    code: str = ""
    detail: dict[str, Scalar] = field(default_factory=dict)
    snapshots: tuple[str, ...] = ()
    reasons: Sequence[str] = ()

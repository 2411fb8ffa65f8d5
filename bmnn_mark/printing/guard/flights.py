# SPDX-License-Identifier: Apache-2.0
"""An attempt on its way to the device, and what the looks at host and printer say of it."""

from __future__ import annotations

from dataclasses import dataclass

from bmnn_mark.errors import BmnnMarkError, HostOnline, HostUnknown, PrinterRefused
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.guard.callers import Caller
from bmnn_mark.printing.guard.looking import Seen
from bmnn_mark.printing.guard.protocol import Admission
from bmnn_mark.printing.model import Verdict
from bmnn_mark.printing.printer.record import PrinterFinding


@dataclass(slots=True)
class Flight:
    """An attempt that a gate asked for.

    Attributes:
        caller: the gate.
        asked: what it saw of the job.
        attempt: id of the attempt.
        changes: how often the host had changed when it was asked for.
        seen: what the look at the host came to.
        findings: what the look at the printer came to.
        admitted: whether the gate has its leave.
        stopped: why it was stopped; empty where it was not.
    """

    caller: Caller
    asked: Admission
    attempt: str
    changes: int
    seen: Seen | HostUnknown | None = None
    findings: tuple[PrinterFinding, ...] | BmnnMarkError | None = None
    admitted: bool = False
    stopped: str = ""

    @property
    def looked_into(self) -> bool:
        """Whether both looks came back."""
        return self.seen is not None and self.findings is not None

    def refusal(self, changes: int) -> BmnnMarkError | None:
        """Why it may not start, now that both looks came back.

        Args:
            changes: how often the host has changed by now.
        """
        if changes != self.changes:
            return HostUnknown("host.changed")
        if self.stopped:
            return PrinterRefused(self.stopped)
        if isinstance(self.findings, BmnnMarkError):
            return self.findings
        if self.findings:
            return PrinterRefused(self.findings[0].code, **self.findings[0].detail)
        return verdict_refusal(self.seen)


def verdict_refusal(seen: Seen | HostUnknown | None) -> BmnnMarkError | None:
    """What a look at the host forbids; None where it is offline, and was a moment ago."""
    if not isinstance(seen, Seen):
        return seen or HostUnknown("guard.cannot_look")
    if seen.verdict == Verdict.OFFLINE.value and seen.taken.speaks_for(this_moment()):
        return None
    if seen.verdict == Verdict.ONLINE.value:
        return HostOnline("host.online")
    return HostUnknown("host.unknown")

# SPDX-License-Identifier: Apache-2.0
"""Having the eyes look: one look for all who ask at the same moment, none older than a question."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bmnn_mark import plain, proc
from bmnn_mark.errors import HostUnknown
from bmnn_mark.printing.evidence.collecting import Sources
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.model import Moment

if TYPE_CHECKING:
    import subprocess  # noqa: TID251  # the type only

#: Longest look; the slowest collector is given less.
LOOK_SECONDS = 30.0
_READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A look that came back.

    Attributes:
        report: the report, as plain values.
        verdict: of it.
        snapshot_sha256: of the facts.
        taken: when their reading began.
        nets: subnets that the policy allows.
    """

    report: dict[str, Any]
    verdict: str
    snapshot_sha256: str
    taken: Moment
    nets: tuple[str, ...]


OnSeen = Callable[[Seen | HostUnknown], None]


class Eyes:
    """The process that looks, and who waits for what.

    Args:
        place: where root's decisions are.
        sources: where facts are read.
    """

    def __init__(self, place: GuardPlace, sources: Sources) -> None:
        self._words = [plain.encode(place).decode(), plain.encode(sources).decode()]
        self._process: subprocess.Popen[bytes] | None = None
        self._said = bytearray()
        self._began_at = 0.0
        self._looking: list[OnSeen] = []
        self._next: list[OnSeen] = []
        self.nets: tuple[str, ...] = ()
        """Subnets that the policy allowed at the last look."""
        self._changes = 0
        self._looked_after = -1

    def open(self) -> None:
        """Start the process."""
        command = [sys.executable, "-I", "-m", "bmnn_mark.printing.guard.eyes", *self._words]
        self._process = proc.converse(command, home=Path("/"))
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            proc.end_group(self._process)
            self._process.communicate()
            self._process = None
        self._said.clear()

    def fileno(self) -> int:
        """Where its answers come."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def ask(self, then: OnSeen, now: float, changes: int) -> None:
        """Have a look that begins after now; ``then`` is called with what was seen.

        Args:
            then: called in the loop.
            now: monotonic second.
            changes: how often the host changed so far; after a change nothing is known any more.
        """
        self._changes = changes
        self._next.append(then)
        if not self._looking:
            self._begin(now)

    def overdue(self, now: float) -> bool:
        """Whether the look under way takes too long."""
        return bool(self._looking) and now - self._began_at > LOOK_SECONDS

    def hear(self, now: float) -> bool:
        """Read what the process says; False where it is over and must be opened anew."""
        try:
            data = os.read(self.fileno(), _READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        self._said += data
        line, newline, rest = bytes(self._said).partition(b"\n")
        if newline:
            self._said = bytearray(rest)
            seen = _seen(line)
            self.nets = seen.nets if isinstance(seen, Seen) else ()
            self._tell(seen)
            if self._next and not self._looking:  # who was told may have asked again
                self._begin(now)
        return bool(data)

    def blind(self, now: float) -> None:
        """Tell those who wait that nothing was seen, and open the eyes anew."""
        self.close()
        self.open()
        self._tell(HostUnknown("guard.cannot_look"))
        if self._next and not self._looking:
            self._begin(now)

    def _begin(self, now: float) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._looking, self._next = self._next, []
        self._began_at = now
        try:
            anew = self._changes != self._looked_after
            self._looked_after = self._changes
            self._process.stdin.write(b"anew\n" if anew else b"again\n")
            self._process.stdin.flush()
        except OSError:
            return  # its output ends too, and that is heard

    def _tell(self, what: Seen | HostUnknown) -> None:
        waiting, self._looking = self._looking, []
        for then in waiting:
            then(what)


def _seen(line: bytes) -> Seen | HostUnknown:
    try:
        said = json.loads(line)
        report = said["report"]
        return Seen(
            report=report,
            verdict=str(report["verdict"]),
            snapshot_sha256=str(report["snapshot_sha256"]),
            taken=Moment(boot_id=report["boot_id"], boottime_ns=int(report["boottime_ns"])),
            nets=tuple(said["nets"]),
        )
    except (ValueError, KeyError, TypeError):
        return HostUnknown("guard.cannot_look")

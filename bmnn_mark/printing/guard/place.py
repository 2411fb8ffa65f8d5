# SPDX-License-Identifier: Apache-2.0
"""Where the guard keeps what it keeps, and where it is asked."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.errors import PrinterRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPlace:
    """The guard's folders and its socket; all of root.

    Only tests and the rehearsal's private print room give others than the system's.

    Attributes:
        socket: unix socket, root's, of the group that may ask (0660).
        pins: folder of what root decided: ``printer.json``, ``baseline.json``, 0700.
        state: folder of what happened: ``receipts/``, ``incidents.jsonl``, ``heads/``,
            ``host.key``; 0700, on a disk that survives a power cut.
    """

    socket: Path = Path("/run/bmnn-mark/guard.sock")
    pins: Path = Path("/etc/bmnn-mark/guard")
    state: Path = Path("/var/lib/bmnn-mark-guard")

    @property
    def printer(self) -> Path:
        """The record of the one permitted printer."""
        return self.pins / "printer.json"

    @property
    def baseline(self) -> Path:
        """The signed baseline of the host."""
        return self.pins / "baseline.json"

    @property
    def receipts(self) -> Path:
        """Folder with ``<attempt id>.start`` and ``<attempt id>.end`` of every start ever."""
        return self.state / "receipts"

    @property
    def incidents(self) -> Path:
        """The incident journal: one line of JSON each, chained by hashes."""
        return self.state / "incidents.jsonl"

    @property
    def heads(self) -> Path:
        """Folder with the newest known head of each register, ``<register id>.json``."""
        return self.state / "heads"

    @classmethod
    def below(cls, folder: Path) -> GuardPlace:
        """All of it below one folder, for a private print room."""
        return cls(socket=folder / "guard.sock", pins=folder / "pins", state=folder / "state")


SYSTEM = GuardPlace()


@contextmanager
def only_guard(place: GuardPlace) -> Iterator[None]:
    """Be the one guard of a place; the lock goes with the process, however it ends.

    Raises:
        PrinterRefused: ``guard.runs_already``.
    """
    handle = os.open(
        place.state / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise PrinterRefused("guard.runs_already") from error
    finally:
        os.close(handle)

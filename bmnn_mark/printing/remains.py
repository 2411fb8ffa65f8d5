# SPDX-License-Identifier: Apache-2.0
"""Where what was in memory could come to lie on a disk, and what a confinement cut off.

Read from procfs, sysfs and the kernel's log; nothing is changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_KERNEL_LOG = Path("/dev/kmsg")
_RECORD_BYTES = 8192
_MOST_RECORDS = 100_000


def open_swaps(root: Path = Path("/")) -> tuple[str, ...]:
    """The places, neither encrypted nor in memory, that the kernel may write memory out to.

    Args:
        root: folder that holds ``proc`` and ``sys``.

    Raises:
        OSError: what the kernel says of them cannot be read.
    """
    lines = (root / "proc/swaps").read_text("utf-8", "surrogateescape").splitlines()[1:]
    places = [line.split()[0] for line in lines if line.strip()]
    return tuple(place for place in places if not _is_safe(root, Path(place)))


def _is_safe(root: Path, place: Path) -> bool:
    """Whether a swap device is compressed memory or encrypted; a file is as its disk: not known."""
    name = (root / place.relative_to("/")).resolve().name
    if name.startswith("zram"):
        return True
    kind = root / "sys/block" / name / "dm/uuid"
    return kind.exists() and kind.read_text("ascii", "replace").startswith("CRYPT-")


def keeps_core_dumps(root: Path = Path("/")) -> bool:
    """Whether the kernel writes the memory of a program that crashed somewhere.

    Raises:
        OSError: its setting cannot be read.
    """
    pattern = (root / "proc/sys/kernel/core_pattern").read_text("utf-8", "replace").strip()
    return pattern not in {"", "|/bin/false", "|/usr/bin/false"}


def scheduler_denials(log: Path = _KERNEL_LOG) -> int | None:
    """How often a confinement profile cut cupsd or what it started off, since the last start.

    None where the kernel's log may not be read.
    """
    try:
        handle = os.open(log, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return sum(
            b'apparmor="DENIED"' in record and b"cupsd" in record for record in _records(handle)
        )
    except OSError:
        return None
    finally:
        os.close(handle)


def _records(handle: int) -> Iterator[bytes]:
    """The records of the kernel's log that are there now; what it forgot meanwhile is passed by."""
    for _ in range(_MOST_RECORDS):
        try:
            record = os.read(handle, _RECORD_BYTES)
        except BrokenPipeError:
            continue
        except BlockingIOError:
            return
        if not record:
            return
        yield record

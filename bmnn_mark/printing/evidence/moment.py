# SPDX-License-Identifier: Apache-2.0
"""Which moment it is on this host, by the clock that nobody can set."""

from __future__ import annotations

import time
from pathlib import Path

from bmnn_mark.printing.model import Moment

_BOOT_ID = Path("proc/sys/kernel/random/boot_id")


def this_moment(root: Path = Path("/")) -> Moment:
    """Now. The boot id is empty where it cannot be read, and no report permits anything then."""
    boottime_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    try:
        boot_id = (root / _BOOT_ID).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        boot_id = ""
    return Moment(boot_id=boot_id, boottime_ns=boottime_ns)

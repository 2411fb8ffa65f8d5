# SPDX-License-Identifier: Apache-2.0
"""What stays in memory: no image of this process on a disk, and folders that are memory."""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

_SET_DUMPABLE = 4  # prctl(2)
_MEMORY_KINDS = frozenset({"tmpfs", "ramfs"})
_MOUNTS = Path("/proc/self/mountinfo")


def forbid_dumps() -> None:
    """No core dump of this process, and no look into its memory by others of the same user.

    For every process of ours that holds the text of documents or keys. The first bound is handed
    on to the programs it starts; the second is not, and they call this themselves.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def is_memory(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether what is written into a folder stays in memory; no where that cannot be seen.

    Args:
        folder: an existing folder.
        mounts: the kernel's table of mounts.
    """
    try:
        device = folder.stat().st_dev
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return False
    wanted = f"{os.major(device)}:{os.minor(device)}"
    kinds = {
        line.partition(" - ")[2].split(" ")[0] for line in lines if line.split(" ")[2:3] == [wanted]
    }
    return bool(kinds) and kinds <= _MEMORY_KINDS

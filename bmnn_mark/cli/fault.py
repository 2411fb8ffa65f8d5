# SPDX-License-Identifier: Apache-2.0
"""A fault of ours becomes a file that can be sent: places in code and versions, nothing else."""

from __future__ import annotations

import platform
import tempfile

from bmnn_mark import __version__, clock
from bmnn_mark.errors import Fault
from bmnn_mark.worker import frames


def report_fault(error: BaseException) -> Fault:
    """Write the report and return the refusal that names it."""
    where = frames(error)
    text = (
        f"bmnn-mark {__version__}\npython {platform.python_version()}\n"
        f"system {platform.system()} {platform.release()}\ntime {clock.now().isoformat()}\n"
        f"where {where}\n"
    )
    with tempfile.NamedTemporaryFile(
        "w", prefix="bmnn-mark-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    return Fault("fault.unexpected", where=where, report=file.name)

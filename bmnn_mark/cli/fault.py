# SPDX-License-Identifier: Apache-2.0
"""A fault of ours becomes a file that can be sent: places in code and versions, nothing else."""

from __future__ import annotations

import platform
import tempfile

from bmnn_mark import __version__, clock
from bmnn_mark.errors import BmnnMarkError, Fault
from bmnn_mark.worker import frames, machine_short


def as_refusal(error: Exception) -> BmnnMarkError:
    """What is told of an exception: a refusal as it is; a fault of ours with a file to send."""
    if isinstance(error, BmnnMarkError) and error.code != "fault.unexpected":
        return error
    if isinstance(error, BmnnMarkError):  # a worker's: what it says goes into the file
        return report_fault(str(error.detail.get("where", "")))
    return machine_short(error) or report_fault(frames(error))


def report_fault(where: str) -> Fault:
    """Write the report and return the refusal that names it; a full disk takes no report.

    Args:
        where: places in the code, as :func:`bmnn_mark.worker.frames` gives them.
    """
    text = (
        f"bmnn-mark {__version__}\npython {platform.python_version()}\n"
        f"system {platform.system()} {platform.release()}\ntime {clock.now().isoformat()}\n"
        f"where {where}\n"
    )
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="bmnn-mark-fault-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError:
        return Fault("fault.unreported", where=where)
    return Fault("fault.unexpected", where=where, report=file.name)

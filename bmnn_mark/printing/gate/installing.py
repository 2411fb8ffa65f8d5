# SPDX-License-Identifier: Apache-2.0
"""Writing the gate into a scheduler's folder of backends, with its places filled in."""

from __future__ import annotations

import os
import secrets
from importlib.resources import files as package_files
from pathlib import Path

from bmnn_mark import proc
from bmnn_mark.errors import Fault, PrinterRefused
from bmnn_mark.files import os_reason, sync_folder
from bmnn_mark.printing.guard.place import GuardPlace

SCHEME = "bmnn"
#: What runs the gate: the system's own, with nothing of an environment's or a user's (``-I``) and
#: no packages besides its own (``-S``).
INTERPRETER = Path("/usr/bin/python3")
_FIRST_LINE = f"#!{INTERPRETER} -IS\n"
_EXECUTABLE_BY_ROOT = 0o700  # cupsd runs a backend as root where nobody else may


def behind_gate(device_uri: str) -> str:
    """The address of a queue whose jobs reach a device through the gate only.

    >>> behind_gate("usb://HP/LaserJet?serial=VNB3K12345")
    'bmnn:/usb://HP/LaserJet?serial=VNB3K12345'
    """
    return f"{SCHEME}:/{device_uri}"


def device_behind(device_uri: str) -> str:
    """The device that a queue's address leads to behind the gate; empty where it has no gate.

    >>> device_behind("bmnn:/usb://HP/LaserJet?serial=VNB3K12345")
    'usb://HP/LaserJet?serial=VNB3K12345'
    >>> device_behind("usb://HP/LaserJet?serial=VNB3K12345")
    ''
    """
    prefix = f"{SCHEME}:/"
    return device_uri.removeprefix(prefix) if device_uri.startswith(prefix) else ""


def gate_text(server_bin: Path, place: GuardPlace, spool: Path) -> str:
    """The gate as it is to stand in ``server_bin``'s backends.

    Args:
        server_bin: folder of the scheduler's programs.
        place: where its guard is.
        spool: the scheduler's spool folder.
    """
    text = (package_files("bmnn_mark.printing.gate") / "gate.py").read_text("utf-8")
    for name, value in {
        "GUARD_SOCKET": place.socket,
        "RECEIPTS": place.receipts,
        "SPOOL": spool,
        "PROGRAMS": server_bin / "backend",
        "SETPRIV": proc.program("setpriv"),
    }.items():
        (line,) = (one for one in text.splitlines() if one.startswith(f"{name} = "))
        text = text.replace(line, f"{name} = {str(value)!r}", 1)
    return _FIRST_LINE + text


def install_gate(server_bin: Path, place: GuardPlace, spool: Path) -> Path:
    """Write the gate, root's alone, and see that it starts; its path.

    Raises:
        PrinterRefused: ``printer.gate_unwritable``.
        Fault: ``fault.tool_missing``: no system Python that can run it.
    """
    folder = server_bin / "backend"
    draft, target = folder / f".{SCHEME}-{secrets.token_hex(8)}", folder / SCHEME
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(gate_text(server_bin, place, spool))
            file.flush()
            os.fchmod(handle, _EXECUTABLE_BY_ROOT)
            os.fsync(handle)
        draft.replace(target)
        sync_folder(folder)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise PrinterRefused("printer.gate_unwritable", reason=os_reason(error)) from error
    if not INTERPRETER.exists() or proc.run([str(target)], home=folder, seconds=20.0).returncode:
        raise Fault("fault.tool_missing", tool=str(INTERPRETER))
    return target

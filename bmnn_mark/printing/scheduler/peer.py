# SPDX-License-Identifier: Apache-2.0
"""Which scheduler is talked to: the one at the explicit socket, who must be root's cupsd.

libcups would take its server from ``CUPS_SERVER`` or a ``client.conf``; either is refused rather
than ignored.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark import proc
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason, work_folder

SYSTEM_SOCKET = Path("/run/cups/cups.sock")
SYSTEM_CUPSD = Path("/usr/sbin/cupsd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The process that answers on the socket; ``program`` is empty where only root may see it."""

    pid: int
    uid: int
    program: str


def refuse_redirection() -> None:
    """Refuse an environment in which libcups could be led to another server.

    Raises:
        PrinterRefused: ``printer.redirected``.
    """
    if os.environ.get("CUPS_SERVER"):
        raise PrinterRefused("printer.redirected", by="CUPS_SERVER")
    home = Path(os.environ.get("HOME", "/root"))
    system = Path(os.environ.get("CUPS_SERVERROOT", "/etc/cups"))
    for name, path in {
        "~/.cups/client.conf": home / ".cups/client.conf",
        "client.conf": system / "client.conf",
    }.items():
        if _names_server(path):
            raise PrinterRefused("printer.redirected", by=name)


def _names_server(path: Path) -> bool:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise PrinterRefused("printer.redirected", by=os_reason(error)) from error
    return any(line.strip().lower().startswith("servername") for line in lines)


def peer_of(path: Path) -> Peer:
    """Who answers on a unix socket, as the kernel says.

    Raises:
        PrinterRefused: ``printer.no_server``.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(2.0)
            line.connect(str(path))
            answer = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid, uid, _ = struct.unpack("3i", answer)
        if pid == 1 and uid == 0:
            pid = _main_pid()  # systemd made the socket and handed it to cupsd
        program = _program_of(pid)
    except OSError as error:
        raise PrinterRefused("printer.no_server", reason=os_reason(error)) from error
    return Peer(pid=pid, uid=uid, program=program)


def _program_of(pid: int) -> str:
    """The program of a process; empty for a clerk, who may not look at root's: the guard does."""
    try:
        return str((Path("/proc") / str(pid) / "exe").readlink())
    except PermissionError:
        if os.getuid() == 0:
            raise
        return ""


def _main_pid() -> int:
    systemctl = proc.find_program("systemctl")
    if systemctl is None:
        return 1
    with work_folder() as home:
        command = [systemctl, "show", "--property=MainPID", "--value", "cups.service"]
        answer = proc.run(command, home=home, seconds=5.0)
    text = answer.stdout.decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() and text != "0" else 1

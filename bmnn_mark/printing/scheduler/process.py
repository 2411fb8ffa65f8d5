# SPDX-License-Identifier: Apache-2.0
"""The scheduler as a process: its own network, its ports, and what it started."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.printing.evidence.namespaces import link_names, namespace_inode
from bmnn_mark.printing.gate.installing import device_behind
from bmnn_mark.printing.scheduler.peer import SYSTEM_CUPSD, SYSTEM_SOCKET

_PROC = Path("/proc")
_REACHED_BY_NO_NETWORK = ("UNIX", "NETLINK")


def network_findings(pid: int) -> tuple[str, ...]:
    """What is wrong with a scheduler's network: an open port, or interfaces besides loopback.

    Interfaces count only in a network namespace of its own; the reader's is for the judge.

    Raises:
        PrinterRefused: ``printer.no_server`` where the process cannot be looked at.
    """
    process = _PROC / str(pid)
    try:
        found = ["printer.network_port"] if _has_port(process) else []
        apart = namespace_inode(process / "ns/net") != namespace_inode(_PROC / "self/ns/net")
        if apart and len(link_names(process / "net/dev")) > 1:
            found.append("printer.network_link")
    except OSError as error:
        raise PrinterRefused("printer.no_server", reason=os_reason(error)) from error
    return tuple(found)


def _has_port(process: Path) -> bool:
    """Whether a process has a socket of any kind but those that no network reaches.

    The kernel names each socket's protocol; its tables of connections would take it milliseconds.
    """
    return any(
        not _protocol(handle).startswith(_REACHED_BY_NO_NETWORK)
        for handle in (process / "fd").iterdir()
        if str(_target(handle)).startswith("socket:[")
    )


def _protocol(handle: Path) -> str:
    """``TCP``, ``UNIX-STREAM``, as the kernel calls it; ``UNIX`` for one closed meanwhile."""
    try:
        name = os.getxattr(handle, "system.sockprotoname")
    except OSError:
        if str(_target(handle)).startswith("socket:["):
            raise
        return "UNIX"
    return name.rstrip(b"\0").decode("ascii", "replace")


def _target(handle: Path) -> Path:
    try:
        return handle.readlink()
    except FileNotFoundError:
        return Path()  # closed meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerPlace:
    """Where a scheduler is asked and keeps what it has.

    Attributes:
        socket: its unix socket.
        program: its binary.
        server_bin: folder of its programs: ``backend/``, ``filter/``.
        server_root: folder of its settings: ``ppd/``, ``cups-files.conf``.
        data_dir: folder of its tables: ``mime/``.
        spool: folder in which documents wait.
    """

    socket: Path
    program: Path
    server_bin: Path
    server_root: Path
    data_dir: Path
    spool: Path


def system_scheduler() -> SchedulerPlace:
    """The system's own, as ``cups-files.conf`` says.

    Raises:
        PrinterRefused: ``printer.settings``: it cannot be read.
    """
    root = Path("/etc/cups")
    named = {"serverbin": "/usr/lib/cups", "datadir": "/usr/share/cups"}
    named["requestroot"] = "/var/spool/cups"
    try:
        lines = (root / "cups-files.conf").read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise PrinterRefused("printer.settings", reason=os_reason(error)) from error
    for line in lines:
        name, _, value = line.strip().partition(" ")
        if name.lower() in named and value.strip():
            named[name.lower()] = value.strip()
    return SchedulerPlace(
        socket=SYSTEM_SOCKET,
        program=SYSTEM_CUPSD,
        server_bin=Path(named["serverbin"]),
        server_root=root,
        data_dir=Path(named["datadir"]),
        spool=Path(named["requestroot"]),
    )


def device_programs(device_uri: str) -> tuple[int, ...]:
    """The processes that drive a queue's device now, also those whose scheduler died.

    Args:
        device_uri: of the queue; what the gate started for it counts too.
    """
    uris = {device_uri, device_behind(device_uri)} - {""}
    wanted = {f"DEVICE_URI={one}".encode() for one in uris}
    found = []
    for process in _PROC.iterdir():
        if process.name.isdecimal():
            try:
                environment = (process / "environ").read_bytes()
            except OSError:
                continue  # ended meanwhile, or a kernel thread
            if wanted & set(environment.split(b"\0")):
                found.append(int(process.name))
    return tuple(found)

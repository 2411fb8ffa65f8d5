# SPDX-License-Identifier: Apache-2.0
"""The scheduler as a process: its own network, its ports, and what it started."""

from __future__ import annotations

from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.printing.evidence.namespaces import link_names, namespace_inode
from bmnn_mark.printing.evidence.system import inet_sockets
from bmnn_mark.printing.facts import SocketKind

_PROC = Path("/proc")


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
    inodes = {
        int(str(target)[8:-1])
        for handle in (process / "fd").iterdir()
        if str(target := _target(handle)).startswith("socket:[")
    }
    tables = (
        (process / "net" / f"{kind.value}{version}", kind)
        for kind in (SocketKind.TCP, SocketKind.UDP)
        for version in ("", "6")
    )
    return any(
        inode in inodes
        for table, kind in tables
        if table.exists()
        for _, inode in inet_sockets(table, kind)
    )


def _target(handle: Path) -> Path:
    try:
        return handle.readlink()
    except FileNotFoundError:
        return Path()  # closed meanwhile


def device_programs(device_uri: str) -> tuple[int, ...]:
    """The processes that drive a device now, also those whose scheduler died."""
    wanted = f"DEVICE_URI={device_uri}".encode()
    found = []
    for process in _PROC.iterdir():
        if process.name.isdecimal():
            try:
                environment = (process / "environ").read_bytes()
            except OSError:
                continue  # ended meanwhile, or a kernel thread
            if wanted in environment.split(b"\0"):
                found.append(int(process.name))
    return tuple(found)

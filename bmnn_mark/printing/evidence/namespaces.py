# SPDX-License-Identifier: Apache-2.0
"""Whose network the reader looks at.

A process in an empty network namespace sees a perfectly offline machine; these facts tell.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from bmnn_mark.printing.facts import NamespaceFacts

_UNREADABLE = {errno.EACCES, errno.EPERM}
_GONE = {errno.ENOENT, errno.ESRCH}
_NAMESPACE = re.compile(r"^(?:net|pid):\[(\d+)\]$")
_TAMPERED = re.compile(r"^/(?:proc/(?:\d+|self|thread-self|net)|sys/(?:class|bus|devices))(?:/|$)")


def read_namespace(root: Path, host_pid: int) -> NamespaceFacts:
    """Own, host's and kernel's namespace, as far as they may be read."""
    proc = root / "proc"
    own_net = namespace_inode(proc / "self/ns/net")
    own_pid = namespace_inode(proc / "self/ns/pid")
    if own_net is None or own_pid is None:
        raise OSError(errno.EACCES, "own namespace unreadable")
    kernel = proc / "2"
    return NamespaceFacts(
        own_net=own_net,
        host_net=namespace_inode(proc / str(host_pid) / "ns/net"),
        kernel_net=namespace_inode(kernel / "ns/net") if _is_kthreadd(kernel) else None,
        own_pid=own_pid,
        own_links=link_names(proc / "self/net/dev"),
        host_links=_host_links(proc / str(host_pid) / "net/dev"),
        sysfs_links=tuple(sorted(one.name for one in _class_net(root))),
        overmounted=_overmounted(proc),
    )


def bus_paths(root: Path) -> dict[str, str]:
    """Where each interface sits below ``/sys/devices``, by name; virtual ones are left out."""
    devices = (root / "sys/devices").resolve()
    found = {}
    for one in _class_net(root):
        device = one / "device"
        if device.exists():
            found[one.name] = os.path.relpath(device.resolve(), devices)
    return found


def namespace_inode(link: Path) -> int | None:
    """The inode a namespace link names; None where it is gone or may not be read."""
    try:
        match = _NAMESPACE.match(str(link.readlink()))
    except OSError as error:
        if error.errno in _UNREADABLE | _GONE:
            return None
        raise
    return int(match[1]) if match else None


def link_names(table: Path) -> tuple[str, ...]:
    """The interface names of a ``net/dev`` table, sorted."""
    lines = table.read_text("utf-8", "surrogateescape").splitlines()[2:]
    return tuple(sorted(line.rpartition(":")[0].strip() for line in lines))


def _host_links(table: Path) -> tuple[str, ...] | None:
    try:
        return link_names(table)
    except OSError as error:
        if error.errno in _UNREADABLE | _GONE | {errno.EINVAL, errno.ENOTDIR}:
            return None
        raise


def _class_net(root: Path) -> list[Path]:
    folder = root / "sys/class/net"
    return [one for one in folder.iterdir() if one.is_dir()]  # bonding_masters is a file


def _is_kthreadd(process: Path) -> bool:
    try:
        return (process / "comm").read_text().strip() == "kthreadd"
    except OSError as error:
        if error.errno in _UNREADABLE | _GONE:
            return False
        raise


def _mounts(proc: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Mount id, parent id, root, mount point and type of each line of mountinfo."""
    for line in (proc / "self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
        head, _, tail = line.partition(" - ")
        fields = head.split(" ")
        yield fields[0], fields[1], fields[3], _unescaped(fields[4]), tail.split(" ")[0]


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def _overmounted(proc: Path) -> tuple[str, ...]:
    """Mounts below a process's folder or below sysfs's trees, and a false /proc or /sys."""
    mounts = list(_mounts(proc))
    found = [place for _, _, _, place, _ in mounts if _TAMPERED.match(place)]
    for place, kind in (("/proc", "proc"), ("/sys", "sysfs")):
        here = [one for one in mounts if one[3] == place]
        covered = {one[1] for one in here}
        top = [one for one in here if one[0] not in covered]
        if not top or any(one[2] != "/" or one[4] != kind for one in top):
            found.append(place)
    if (proc / "self").readlink().name != str(os.getpid()):
        found.append("/proc")  # the procfs of another PID namespace
    return tuple(sorted(set(found)))

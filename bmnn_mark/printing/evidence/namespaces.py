# SPDX-License-Identifier: Apache-2.0
"""Whose network the reader looks at.

A process in an empty network namespace sees a perfectly offline machine; these facts tell.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.printing.evidence.spoken import spoken
from bmnn_mark.printing.facts import NamespaceFacts

_UNREADABLE = {errno.EACCES, errno.EPERM}
_GONE = {errno.ENOENT, errno.ESRCH}
_NAMESPACE = re.compile(r"^(?:net|pid):\[(\d+)\]$")
#: What collectors read. Covering anything else below /proc and /sys (as containers do) is theirs.
_READ = re.compile(
    r"^/(?:proc/(?:\d+|self|thread-self|net|cpuinfo|devices|modules|cmdline|sys/(?:kernel|net))"
    r"|proc/sys$|sys/(?:block|class|bus|dev|devices|module|hypervisor))(?:/|$)"
)


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
        sysfs_links=tuple(sorted(spoken(os.fsencode(one.name)) for one in _class_net(root))),
        overmounted=_overmounted(proc),
    )


def bus_paths(root: Path) -> dict[str, str]:
    """Where each interface sits below ``/sys/devices``, by name; virtual ones are left out."""
    devices = (root / "sys/devices").resolve()
    found = {}
    for one in _class_net(root):
        device = one / "device"
        if device.exists():
            found[spoken(os.fsencode(one.name))] = os.path.relpath(device.resolve(), devices)
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
    lines = table.read_bytes().split(b"\n")[2:]
    return tuple(sorted(spoken(line.rpartition(b":")[0].strip(b" ")) for line in lines if line))


def _host_links(table: Path) -> tuple[str, ...] | None:
    try:
        return link_names(table)
    except OSError as error:
        if error.errno in _UNREADABLE | _GONE | {errno.EINVAL, errno.ENOTDIR}:
            return None
        raise


def _class_net(root: Path) -> list[Path]:
    try:
        found = list((root / "sys/class/net").iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []  # something covers /sys: said by what differs and by the mount
    return [one for one in found if one.is_dir()]  # bonding_masters is a file


def _is_kthreadd(process: Path) -> bool:
    try:
        return (process / "comm").read_text().strip() == "kthreadd"
    except OSError as error:
        if error.errno in _UNREADABLE | _GONE:
            return False
        raise


@dataclass(frozen=True, slots=True)
class _Mount:
    """A line of mountinfo."""

    number: str
    parent: str
    root: str
    place: str
    kind: str


def _mounts(proc: Path) -> list[_Mount]:
    found = []
    for line in (proc / "self/mountinfo").read_text("utf-8", "surrogateescape").split("\n"):
        head, divided, tail = line.partition(" - ")
        if divided:
            number, parent, _, root, place = head.split(" ")[:5]
            found.append(
                _Mount(number, parent, _unescaped(root), _unescaped(place), tail.split(" ")[0])
            )
    return found


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def _overmounted(proc: Path) -> tuple[str, ...]:
    """Places that facts are read from and that show something else; also a false /proc or /sys.

    A mount that is covered itself hides nothing, and one that shows the very same place of the
    same file system (as confining services do to make it read-only) neither.
    """
    mounts = _mounts(proc)
    found = []
    for tree, kind in (("/proc", "proc"), ("/sys", "sysfs")):
        here = [one for one in mounts if one.place == tree]
        covered = {one.parent for one in here}
        top = [one for one in here if one.number not in covered]
        if not top or any(one.root != "/" or one.kind != kind for one in top):
            found.append(tree)
        shown = _above({one.number for one in top}, mounts)
        found += [
            one.place
            for one in shown
            if _READ.match(one.place)
            and not (one.kind == kind and one.root == one.place.removeprefix(tree))
        ]
    if (proc / "self").readlink().name != str(os.getpid()):
        found.append("/proc")  # the procfs of another PID namespace
    return tuple(sorted({spoken(os.fsencode(one)) for one in found}))


def _above(numbers: set[str], mounts: list[_Mount]) -> list[_Mount]:
    """The mounts that were mounted on those of the given numbers, or on one that was."""
    found: list[_Mount] = []
    while True:
        more = [one for one in mounts if one.parent in numbers and one not in found]
        if not more:
            return found
        found += more
        numbers = {one.number for one in more}

# SPDX-License-Identifier: Apache-2.0
"""Whose network the reader looks at, and which other network namespaces the host keeps.

A process in an empty network namespace sees a perfectly offline machine; these facts tell.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

from bmnn_mark.printing.facts import NamespaceFacts, OtherNamespace

_CLONE_NEWNET = 0x40000000
_NS_GET_NSTYPE = 0xB703
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


def read_other_namespaces(root: Path, host_pid: int) -> tuple[OtherNamespace, ...]:
    """Every network namespace but the reader's that a process, a mount or a descriptor holds.

    Root sees all of them; for others an unreadable process stands as one of unknown content.
    """
    proc = root / "proc"
    own = namespace_inode(proc / "self/ns/net")
    found: dict[int, OtherNamespace] = {}
    for one in (*_of_processes(proc, host_pid), *_of_mounts(proc), *_of_descriptors(proc)):
        if one.inode != own:
            found.setdefault(one.inode, one)
    return tuple(found[inode] for inode in sorted(found))


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


def _processes(proc: Path) -> Iterator[Path]:
    return (one for one in proc.iterdir() if one.name.isdecimal())


def _of_processes(proc: Path, host_pid: int) -> Iterator[OtherNamespace]:
    """Process 1 itself is left to :func:`read_namespace`, which compares it."""
    for process in _processes(proc):
        if process.name == str(host_pid):
            continue
        try:
            match = _NAMESPACE.match(str((process / "ns/net").readlink()))
            links = len(link_names(process / "net/dev")) - 1
        except OSError as error:
            if error.errno in _GONE | {errno.EINVAL}:
                continue  # the process ended while it was looked at
            if error.errno not in _UNREADABLE:
                raise
            yield OtherNamespace(inode=0, held_by="process", links=None)
        else:
            yield OtherNamespace(
                inode=int(match[1]) if match else 0, held_by="process", links=links
            )


def _of_mounts(proc: Path) -> Iterator[OtherNamespace]:
    for _, _, mounted, place, kind in _mounts(proc):
        match = _NAMESPACE.match(mounted)
        if kind != "nsfs" or not match or not mounted.startswith("net:"):
            continue
        yield OtherNamespace(
            inode=int(match[1]), held_by="mount", links=_links_inside(place, proc, int(match[1]))
        )


def _of_descriptors(proc: Path) -> Iterator[OtherNamespace]:
    """Namespaces kept alive by nothing but an open descriptor, recognised by nsfs's device."""
    nsfs = (proc / "self/ns/net").stat().st_dev
    for process in _processes(proc):
        if process.name == str(os.getpid()):
            continue
        try:
            handles = list((process / "fd").iterdir())
        except OSError as error:
            if error.errno in _GONE | _UNREADABLE:
                continue  # who may not look here is told so by the processes' own namespaces
            raise
        for handle in handles:
            try:
                status = handle.stat()
                if status.st_dev == nsfs and _is_network(handle):
                    links = _links_inside(str(handle), proc, status.st_ino)
                    yield OtherNamespace(inode=status.st_ino, held_by="descriptor", links=links)
            except OSError as error:
                if error.errno not in _GONE | _UNREADABLE | {errno.ENXIO}:
                    raise


def _is_network(handle: Path) -> bool:
    descriptor = os.open(handle, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return fcntl.ioctl(descriptor, _NS_GET_NSTYPE) == _CLONE_NEWNET
    finally:
        os.close(descriptor)


def _links_inside(place: str, proc: Path, inode: int) -> int | None:
    """How many interfaces besides its loopback a namespace has; None when it cannot be entered.

    Namespaces belong to threads: a thread of its own enters, looks and ends.
    """
    seen: list[int] = []

    def look() -> None:
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            entered = os.fstat(descriptor).st_ino == inode and (
                ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET) == 0
            )
            if entered:
                seen.append(len(link_names(proc / "thread-self/net/dev")) - 1)
        except OSError:
            return
        finally:
            os.close(descriptor)

    visitor = threading.Thread(target=look, daemon=True)
    visitor.start()
    visitor.join(timeout=2.0)
    return seen[0] if seen else None

# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PTH115, PTH116, PTH208  # all processes' folders: with pathlib it takes thrice as long
"""Every network namespace besides the reader's, whoever or whatever keeps it alive.

A thread that is in it, a mount (in whatever mount namespace), an open descriptor of it, or a
socket that was made in it. Root sees all of them; for others an unreadable process stands as one
of unknown content. The folders of all processes are read, so this is written for speed.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bmnn_mark.printing.evidence import visits
from bmnn_mark.printing.facts import OtherNamespace

_UNREADABLE = frozenset({errno.EACCES, errno.EPERM})
_GONE = frozenset({errno.ENOENT, errno.ESRCH, errno.EINVAL, errno.EBADF})
_NSFS_MOUNT = re.compile(rb"^\S+ \S+ \S+ (net|mnt):\[(\d+)\] (\S+) .*? - nsfs ", re.MULTILINE)
_OCTAL = re.compile(rb"\\([0-7]{3})")
_GET_SOCKET_NAMESPACE = 0x894C  # SIOCGSKNS
_PIDFD_GETFD = 438
_OF_THREAD = os.O_EXCL  # PIDFD_THREAD
#: Who has an end of a tunnel open holds the namespace it was opened in: /dev/net/tun, which says
#: which one, and /dev/tap<n> of these drivers, which does not.
_TUN = os.makedev(10, 200)
_TAPS = re.compile(rb"^ *(\d+) (?:macvtap|ipvtap)$", re.MULTILINE)
#: kcmp(2) by machine, and what of two tasks it is to compare (KCMP_FILES).
_COMPARE, _FILES = {"x86_64": 312, "aarch64": 272}, 2
_LIBC = ctypes.CDLL(None, use_errno=True)
#: Tables of the reader's own sockets by the column that holds the inode. The kernel takes some
#: milliseconds for those of TCP; its few sockets are asked one by one instead.
_OWN_SOCKETS = {"unix": 6, "netlink": 9, "udp": 9, "udp6": 9, "packet": 8}


@dataclass(slots=True)
class _Survey:
    """What was met on the way through all processes.

    Attributes:
        proc: where procfs is.
        own: inode of the reader's network namespace.
        found: the others by their inode; the first to hold one is named.
        threads: the threads of each process that has more than one.
        mounts: a thread in each mount namespace (its folder in procfs), by its inode.
        closed: mount namespaces met as a mount or descriptor, by inode, with a place to open.
        taps: major numbers of devices that are ends of tunnels.
    """

    proc: Path
    own: int
    found: dict[int, OtherNamespace] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=dict)
    mounts: dict[int, str] = field(default_factory=dict)
    closed: dict[int, str] = field(default_factory=dict)
    taps: frozenset[int] = frozenset()

    def add(self, inode: int, held_by: str, links: int | None) -> None:
        if inode != self.own and inode not in self.found:
            self.found[inode] = OtherNamespace(inode=inode, held_by=held_by, links=links)

    def is_new(self, inode: int) -> bool:
        return inode != self.own and inode not in self.found


def read_other_namespaces(root: Path, host_pid: int) -> tuple[OtherNamespace, ...]:
    """Every network namespace but the reader's that a thread is in or that a mount holds.

    Process ``host_pid`` itself is left to :func:`namespaces.read_namespace`, which compares it.
    """
    survey = _survey(root, host_pid)
    return tuple(survey.found[inode] for inode in sorted(survey.found))


def read_held_namespaces(root: Path, host_pid: int) -> tuple[OtherNamespace, ...]:
    """Those that nothing but an open descriptor, a socket or a lone mount namespace holds."""
    survey = _survey(root, host_pid)
    known = set(survey.found)
    survey.taps = _tap_numbers(survey.proc)
    own_sockets = _own_sockets(survey.proc)
    for process in _processes(survey.proc):
        if process != str(os.getpid()):
            for task in _with_descriptors(survey, process):
                _descriptors(survey, task, own_sockets)
    _closed_mount_namespaces(survey)
    return tuple(survey.found[inode] for inode in sorted(set(survey.found) - known))


def _survey(root: Path, host_pid: int) -> _Survey:
    proc = root / "proc"
    survey = _Survey(proc, _inode(os.readlink(proc / "self/ns/net")))
    for process in _processes(proc):
        _threads(survey, process, host_pid)
    _mount_tables(survey)
    return survey


def _processes(proc: Path) -> list[str]:
    return [one for one in os.listdir(proc) if one.isdecimal()]


def _inode(link: str) -> int:
    """The inode that the text of a namespace's link names: ``net:[4026531840]``."""
    return int(link[link.index("[") + 1 : -1])


def _threads(survey: _Survey, process: str, host_pid: int) -> None:
    """The namespaces that the threads of a process are in, also those that outlive its first."""
    try:
        threads = os.listdir(f"{survey.proc}/{process}/task")
    except OSError as error:
        if error.errno not in _GONE:
            raise
        return
    if len(threads) > 1:
        survey.threads[process] = threads
    for thread in threads:
        folder = process if thread == process else f"{process}/task/{thread}"  # shorter is cheaper
        _thread(survey, process, folder, host_pid)


def _thread(survey: _Survey, process: str, thread: str, host_pid: int) -> None:
    folder = f"{survey.proc}/{thread}"
    try:
        survey.mounts.setdefault(_inode(os.readlink(f"{folder}/ns/mnt")), thread)
        inode = _inode(os.readlink(f"{folder}/ns/net"))
        if survey.is_new(inode) and process != str(host_pid):
            table = Path(f"{folder}/net/dev").read_bytes()
            survey.add(inode, "process", visits.count_links(table))
    except OSError as error:
        if error.errno in _UNREADABLE:
            if process != str(host_pid):
                survey.add(0, "process", None)
        elif error.errno not in _GONE:
            raise


def _mount_tables(survey: _Survey) -> None:
    """Namespaces bound to a place, in the mount namespace of any process."""
    for process in survey.mounts.values():
        try:
            table = Path(f"{survey.proc}/{process}/mountinfo").read_bytes()
        except OSError as error:
            if error.errno not in _GONE | _UNREADABLE:
                raise
            continue  # who may not look is told so by the process's descriptors
        for kind, inode, place in _bound(table):
            where = f"{survey.proc}/{process}/root{place}"
            if kind == b"mnt":
                survey.closed.setdefault(inode, where)
            elif survey.is_new(inode):
                survey.add(inode, "mount", visits.links_inside(where, survey.proc, inode))


def _bound(table: bytes) -> Iterator[tuple[bytes, int, str]]:
    """Kind, inode and place of the namespaces in a mount table."""
    if b" - nsfs " not in table:
        return
    for kind, inode, place in _NSFS_MOUNT.findall(table):
        plain = _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), place)
        yield kind, int(inode), os.fsdecode(plain)


def _own_sockets(proc: Path) -> frozenset[bytes]:
    """Inodes of the sockets that the kernel lists for the reader's own namespace."""
    found: set[bytes] = set()
    for name, column in _OWN_SOCKETS.items():
        try:
            lines = (proc / "self/net" / name).read_bytes().splitlines()[1:]
        except FileNotFoundError:
            continue
        found.update(line.split(None, column + 1)[column] for line in lines)
    return frozenset(found)


def _with_descriptors(survey: _Survey, process: str) -> Iterator[str]:
    """A process, and its threads that do not share what it has open."""
    yield process
    for thread in survey.threads.get(process, ()):
        if thread != process and not _share_files(int(process), int(thread)):
            yield f"{process}/task/{thread}"


def _share_files(process: int, thread: int) -> bool:
    compare = _COMPARE.get(os.uname().machine)
    return compare is not None and _LIBC.syscall(compare, process, thread, _FILES, 0, 0) == 0


def _descriptors(survey: _Survey, process: str, own_sockets: frozenset[bytes]) -> None:
    """Namespaces kept alive by nothing but what a process has open."""
    folder = f"{survey.proc}/{process}/fd/"
    nsfs = os.stat(survey.proc / "self/ns/net").st_dev
    sockets = []  # and what else can tell its network namespace as a socket does
    try:
        for name in os.listdir(folder):
            try:
                status = os.stat(folder + name)
            except OSError as error:
                if error.errno in _GONE | {errno.ENXIO}:
                    continue
                raise
            if status.st_dev == nsfs:
                _open_namespace(survey, folder + name, status.st_ino)
            elif _may_be_foreign(status, own_sockets, survey.taps):
                sockets.append(int(name))
    except OSError as error:
        if error.errno in _GONE:
            return
        if error.errno not in _UNREADABLE:
            raise
        survey.add(0, "descriptor", None)
    if sockets:
        _foreign_sockets(survey, process, sockets)


def _tap_numbers(proc: Path) -> frozenset[int]:
    try:
        drivers = (proc / "devices").read_bytes()
    except FileNotFoundError:
        return frozenset()
    return frozenset(int(one) for one in _TAPS.findall(drivers))


def _may_be_foreign(
    status: os.stat_result, own_sockets: frozenset[bytes], taps: frozenset[int]
) -> bool:
    """Whether it is a socket, or an end of a tunnel, that may be of another namespace."""
    if stat.S_ISSOCK(status.st_mode):
        return b"%d" % status.st_ino not in own_sockets
    device = status.st_rdev
    return stat.S_ISCHR(status.st_mode) and (device == _TUN or os.major(device) in taps)


def _open_namespace(survey: _Survey, place: str, inode: int) -> None:
    kind = visits.kind_of(place)
    if kind == visits.NEW_NET and survey.is_new(inode):
        survey.add(inode, "descriptor", visits.links_inside(place, survey.proc, inode))
    elif kind == visits.NEW_MOUNTS:
        survey.closed.setdefault(inode, place)


def _foreign_sockets(survey: _Survey, task: str, numbers: list[int]) -> None:
    """Namespaces that sockets belong to which the reader's own tables do not list."""
    process, _, thread = task.partition("/task/")
    try:
        handle = os.pidfd_open(int(thread or process), _OF_THREAD if thread else 0)
    except OSError as error:
        if thread and error.errno == errno.EINVAL:  # before Linux 6.9
            survey.add(0, "socket", None)
        elif error.errno not in _GONE:
            raise
        return
    try:
        for number in numbers:
            _foreign_socket(survey, handle, number)
    finally:
        os.close(handle)


def _foreign_socket(survey: _Survey, handle: int, number: int) -> None:
    copied = _LIBC.syscall(_PIDFD_GETFD, handle, number, 0)
    if copied < 0:
        if ctypes.get_errno() not in _GONE:
            survey.add(0, "socket", None)
        return
    try:
        namespace = fcntl.ioctl(copied, _GET_SOCKET_NAMESPACE)
    except OSError:
        survey.add(0, "socket", None)
        return
    finally:
        os.close(copied)
    try:
        inode = os.fstat(namespace).st_ino
        if survey.is_new(inode):
            place = f"{survey.proc}/self/fd/{namespace}"
            survey.add(inode, "socket", visits.links_inside(place, survey.proc, inode))
    finally:
        os.close(namespace)


def _closed_mount_namespaces(survey: _Survey) -> None:
    """Namespaces bound to a place of a mount namespace that no process is in."""
    for inode, where in survey.closed.items():
        if inode in survey.mounts:
            continue
        table = visits.mounts_inside(where, inode, survey.proc)
        if table is None:
            survey.add(inode, "mount namespace", None)
            continue
        for kind, bound, place in _bound(table):
            if kind == b"net" and survey.is_new(bound):
                links = visits.links_behind(where, inode, place, bound, survey.proc)
                survey.add(bound, "mount", links)

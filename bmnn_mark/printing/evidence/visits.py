# SPDX-License-Identifier: Apache-2.0
"""Looks into other namespaces, each from a thread of its own that enters, reads and ends.

Namespaces belong to threads; nothing of the rest of the program ever moves. Nothing is sent.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

NEW_MOUNTS, NEW_NET = 0x00020000, 0x40000000
_OWN_FOLDERS = 0x00000200  # CLONE_FS: a thread that shares them may not change its mounts
_NS_GET_NSTYPE = 0xB703
_SECONDS = 2.0


def kind_of(place: str) -> int:
    """The CLONE_NEW... number of an open or bound namespace.

    Raises:
        OSError: it may not be opened, or is none.
    """
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return fcntl.ioctl(descriptor, _NS_GET_NSTYPE)
    finally:
        os.close(descriptor)


def links_inside(place: str, proc: Path, inode: int) -> int | None:
    """How many interfaces besides its loopback a network namespace has; None if it is closed."""

    def look(own: int) -> int:
        _enter(place, NEW_NET, inode)
        return count_links(_read("net/dev", own))

    return _visit(look, proc)


def links_behind(mounts: str, inode: int, place: str, net: int, proc: Path) -> int | None:
    """The same of a network namespace that is bound to a place of another mount namespace."""

    def look(own: int) -> int:
        _enter_mounts(mounts, inode)
        _enter(place, NEW_NET, net)
        return count_links(_read("net/dev", own))

    return _visit(look, proc)


def mounts_inside(mounts: str, inode: int, proc: Path) -> bytes | None:
    """The mount table of a mount namespace that no process is in; None if it is closed."""

    def look(own: int) -> bytes:
        _enter_mounts(mounts, inode)
        return _read("mountinfo", own)

    return _visit(look, proc)


def count_links(table: bytes) -> int:
    """The interfaces of a ``net/dev`` table without the loopback."""
    return len(table.splitlines()) - 3


def _visit(look: Callable[[int], T], proc: Path) -> T | None:
    seen: list[T] = []

    def work() -> None:
        try:
            own = os.open(proc / "thread-self", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            seen.append(look(own))
        except OSError:
            return
        finally:
            os.close(own)

    visitor = threading.Thread(target=work, daemon=True)
    try:
        visitor.start()
    except RuntimeError:
        return None
    visitor.join(timeout=_SECONDS)
    return seen[0] if seen else None


def _enter(place: str, kind: int, inode: int) -> None:
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if os.fstat(descriptor).st_ino != inode:
            raise OSError(0, "another namespace by now")
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, kind) != 0:
            raise OSError(ctypes.get_errno(), "closed")
    finally:
        os.close(descriptor)


def _enter_mounts(place: str, inode: int) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_OWN_FOLDERS) != 0:
        raise OSError(ctypes.get_errno(), "folders are shared")
    _enter(place, NEW_MOUNTS, inode)


def _read(name: str, own: int) -> bytes:
    """A file of the visiting thread's folder in procfs, which stays its own wherever it is."""
    with open(name, "rb", opener=lambda path, flags: os.open(path, flags, dir_fd=own)) as file:
        return file.read()

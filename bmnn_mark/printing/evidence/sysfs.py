# SPDX-License-Identifier: Apache-2.0
"""Read entries of sysfs: small files, links to drivers, folders of a class or a bus.

An entry that cannot be understood is named by whoever reads it and never passed over. What is
absent is absent only where the kernel leaves it out: a class or a bus that nothing belongs to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from posixpath import normpath
from typing import TypeVar

T = TypeVar("T")

_ATTRIBUTE_BYTES = 4096


def entries(folder: str) -> list[str]:
    """Names below a folder of sysfs, sorted; none where the folder is absent.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        with os.scandir(folder) as found:
            return sorted(one.name for one in found)
    except FileNotFoundError:
        return []


def must_be_there(root: str) -> None:
    """Refuse a tree without the folders that every kernel has.

    Raises:
        OSError: ``/sys/bus`` or ``/sys/class`` is not there or cannot be read.
    """
    for name in ("bus", "class"):
        os.scandir(f"{root}/sys/{name}").close()


def attribute(path: str) -> str:
    """The text of a small file without its line end; printable, whatever a device put there.

    Raises:
        OSError: it cannot be read.
    """
    return printable(_data(path).decode("utf-8", "backslashreplace").strip("\n\x00"))


def lines(path: str) -> list[str]:
    """The lines of a small file, each printable.

    Raises:
        OSError: it cannot be read.
    """
    return [printable(one.decode("utf-8", "backslashreplace")) for one in _data(path).split(b"\n")]


def _data(path: str) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return os.read(handle, _ATTRIBUTE_BYTES)
    finally:
        os.close(handle)


def optional(path: str) -> str:
    """The same; empty where the file is absent."""
    try:
        return attribute(path)
    except FileNotFoundError:
        return ""


def number(path: str, *, base: int = 16, largest: int = 0xFFFF) -> int:
    """The number that a small file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds no such number.
    """
    value = int(attribute(path), base)
    if not 0 <= value <= largest:
        raise ValueError("number")
    return value


def linked(path: str) -> str:
    """The name of what a link leads to, as of ``driver``; empty where there is no link.

    Raises:
        OSError: it is there and is no link.
    """
    try:
        target = os.readlink(path)  # noqa: PTH115  # pathlib takes three times as long
    except FileNotFoundError:
        return ""
    return printable(target.rpartition("/")[2])


def place(path: str) -> str:
    """Where the link of a class or a bus leads: the device's own path; itself where it is none."""
    try:
        target = os.readlink(path)  # noqa: PTH115  # pathlib takes three times as long
    except OSError:
        return path
    return normpath(f"{path.rpartition('/')[0]}/{target}")


def printable(text: str) -> str:
    r"""The text with what cannot be printed as ``\xNN``.

    >>> printable("a\nb")
    'a\\x0ab'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _as_bytes(char) for char in text)


def _as_bytes(char: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


def understood(
    names: Iterable[str], read: Callable[[str], T], unreadable: list[str], where: str
) -> list[T]:
    """What ``read`` makes of each name; those it cannot understand are put into ``unreadable``."""
    found = []
    for name in names:
        try:
            found.append(read(name))
        except (OSError, ValueError, LookupError):
            unreadable.append(f"{where}/{printable(name)}")
    return found

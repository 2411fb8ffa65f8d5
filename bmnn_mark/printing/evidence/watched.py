# SPDX-License-Identifier: Apache-2.0
"""Files looked at once, with a cheap way to see later that none of them changed.

Every folder that was listed, every file that was found and every one that was missed is kept with
the times the file system gives it; asking again costs one ``stat`` each.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import stat
from pathlib import Path

from bmnn_mark.files import os_reason

_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}
_MAX_NAMES = 50_000
_MAX_BYTES = 8 << 20

#: What tells that a file is as it was: device, inode, type and mode, size, both times.
_Mark = tuple[int, int, int, int, int, int]


class Watched:
    """A view of the files below ``root`` that remembers what it was asked.

    Attributes:
        unread: reasons (errno names) why something could not be looked at.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root).rstrip("/")
        self._marks: dict[str, _Mark | None] = {}
        self._names: dict[str, list[str]] = {}
        self.unread: list[str] = []

    def matching(self, pattern: str, below: str = "") -> list[str]:
        """The paths that fit a pattern, from the root on.

        Args:
            pattern: each of its parts may have ``*`` and ``?``.
            below: a folder that the pattern begins in, by its very name.
        """
        found = [below]
        *folders, last = pattern.split("/")
        for part in folders:
            found = [one for one in self._fitting(found, part) if self.status(one) is not None]
        return self._fitting(found, last)

    def _fitting(self, folders: list[str], part: str) -> list[str]:
        if any(sign in part for sign in "*?["):
            return [path for folder in folders for path in self._named(folder, part)]
        return [self._joined(folder, part) for folder in folders]

    def _named(self, folder: str, pattern: str) -> list[str]:
        names = fnmatch.filter(self.names(folder), pattern)
        if not pattern.startswith("."):
            names = [name for name in names if not name.startswith(".")]
        return [self._joined(folder, name) for name in names]

    @staticmethod
    def _joined(folder: str, name: str) -> str:
        return f"{folder}/{name}" if folder else name

    def status(self, path: str, *, watch: bool = True) -> os.stat_result | None:
        """What ``stat`` says; None where nothing is there.

        Args:
            path: from the root on.
            watch: whether a change of the file itself matters, besides one of its folder.
        """
        mark = None
        try:
            found = os.stat(f"{self._root}/{path}")  # noqa: PTH116  # a Path a file costs too much
        except OSError as error:
            if error.errno not in _ABSENT:
                self.unread.append(os_reason(error))
            return None
        else:
            mark = _mark(found)
            return found
        finally:
            if watch:
                self._marks[path] = mark

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none where it is no folder."""
        known = self._names.get(folder)
        if known is not None:
            return known
        self._names[folder] = []
        if self.status(folder) is None:
            return []
        try:
            with os.scandir(f"{self._root}/{folder}") as listing:
                names = [one.name for _, one in zip(range(_MAX_NAMES + 1), listing, strict=False)]
        except OSError as error:
            if error.errno not in _ABSENT:
                self.unread.append(os_reason(error))
            return []
        if len(names) > _MAX_NAMES:
            self.unread.append("EFBIG")
        self._names[folder] = sorted(names)
        return self._names[folder]

    def content(self, path: str) -> bytes:
        """The start of a regular file, at most 8 MiB; empty where there is none."""
        try:
            handle = os.open(f"{self._root}/{path}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    return b""
                if status.st_size > _MAX_BYTES:
                    self.unread.append("EFBIG")
                return file.read(_MAX_BYTES)
        except OSError as error:
            if error.errno not in _ABSENT | {errno.ENXIO}:
                self.unread.append(os_reason(error))
            return b""

    def unchanged(self) -> bool:
        """Whether everything that was looked at is as it was then."""
        for path, before in self._marks.items():
            try:
                now = _mark(os.stat(f"{self._root}/{path}"))  # noqa: PTH116  # see above
            except OSError:
                now = None
            if now != before:
                return False
        return True


def _mark(status: os.stat_result) -> _Mark:
    return (
        status.st_dev,
        status.st_ino,
        status.st_mode,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )

# SPDX-License-Identifier: Apache-2.0
"""Programs and tables that have a part in a print: pinned by hash, and nobody's but root's."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason, sha256_of
from bmnn_mark.printing.printer.record import PinnedFile, PrinterFinding

_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def pin(path: Path) -> PinnedFile:
    """The file with its hash.

    Raises:
        PrinterRefused: ``printer.program_missing``, ``printer.program_unsafe``.
    """
    try:
        if not only_roots(path):
            raise PrinterRefused("printer.program_unsafe", program=path.name)
        return PinnedFile(path=str(path), sha256=_digest(path))
    except OSError as error:
        raise PrinterRefused("printer.program_missing", program=path.name) from error


def changed_files(pinned: Iterable[PinnedFile]) -> tuple[PrinterFinding, ...]:
    """What is wrong with files now: gone, of other content, or others may write to them."""
    return tuple(finding for one in pinned if (finding := _finding(one)) is not None)


def _finding(one: PinnedFile) -> PrinterFinding | None:
    path = Path(one.path)
    detail: dict[str, str | int | float | bool | None] = {"program": path.name}
    try:
        if not only_roots(path):
            return PrinterFinding(code="printer.program_unsafe", detail=detail)
        if _digest(path) != one.sha256:
            return PrinterFinding(code="printer.program_changed", detail=detail)
    except OSError as error:
        reason = os_reason(error)
        return PrinterFinding(code="printer.program_missing", detail={**detail, "reason": reason})
    return None


def _digest(path: Path) -> str:
    """The hash; read anew as soon as anything was written to the file or another took its place."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise FileNotFoundError
    mark = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return _digest_at(path, mark)


@lru_cache(maxsize=256)
def _digest_at(path: Path, _mark: tuple[int, ...]) -> str:
    return sha256_of(path)


def only_roots(path: Path) -> bool:
    """Whether only root may change a file or folder or put another in its place.

    Every link on the way is followed, and where it leads is looked at likewise.
    """
    os.path.realpath(path, strict=True)  # there is something, and the links go in no circle
    waiting = [path.absolute()]
    while waiting:
        place = waiting.pop()
        for one in (place, *place.parents):
            status = os.lstat(one)
            if status.st_uid != 0:
                return False
            if stat.S_ISLNK(status.st_mode):
                waiting.append(one.parent / one.readlink() / place.relative_to(one))
            elif status.st_mode & _BY_OTHERS and not _keeps_names(status.st_mode):
                return False
    return True


def _keeps_names(mode: int) -> bool:
    """A folder like /tmp: everybody may add to it, nobody may take away what is another's."""
    return stat.S_ISDIR(mode) and bool(mode & stat.S_ISVTX)

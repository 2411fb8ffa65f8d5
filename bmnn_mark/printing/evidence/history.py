# SPDX-License-Identifier: Apache-2.0
"""Whether this host was ever online: names, counts and times of what that leaves behind.

Absence proves nothing, and times are those of a clock that nobody set. What is found is compared
with the baseline by the judge.
"""

from __future__ import annotations

import stat
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Lock

from bmnn_mark.printing.evidence.journalled import NETWORK, STORAGE, Journals
from bmnn_mark.printing.evidence.partly import PartlyReadError
from bmnn_mark.printing.evidence.traces import PLACES, Place
from bmnn_mark.printing.evidence.watched import Watched
from bmnn_mark.printing.facts import HistoryTrace

#: After this many seconds everything is read again, whatever the times of the files say.
_FRESH_SECONDS = 60.0
_FIRST_USER = 1000


@cache
def history_of(root: Path) -> History:
    """The reader of a system's traces: one for all who look from this process.

    Args:
        root: folder that holds the system.
    """
    return History(root)


class History:
    """Reads the traces once, then again only where a file or folder changed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._one_at_a_time = Lock()
        self._watched: Watched | None = None
        self._traces: tuple[HistoryTrace, ...] = ()
        self._read_at = 0.0
        self._journals = (Journals(NETWORK), Journals(STORAGE))

    def read(self, *, seconds: float) -> tuple[HistoryTrace, ...]:
        """Every trace.

        Args:
            seconds: longest time to be spent on journals and logs now; the rest is read later.

        Raises:
            PartlyReadError: something could not be looked at, or not in the time there is.
        """
        with self._one_at_a_time:
            return self._read(seconds)

    def _read(self, seconds: float) -> tuple[HistoryTrace, ...]:
        age = time.monotonic() - self._read_at
        if self._watched is None or age > _FRESH_SECONDS or not self._watched.unchanged():
            self._read_at = time.monotonic()
            self._watched = Watched(self._root)
            self._traces = tuple(_of_places(self._watched))
        traces = self._traces
        unread = [*self._watched.unread]
        for journals in self._journals:
            told, missing = journals.read(self._root, seconds=seconds / len(self._journals))
            traces = (*traces, *told)
            unread += missing
        if unread:
            raise PartlyReadError(traces, unread[0])
        return traces


def _of_places(watched: Watched) -> Iterator[HistoryTrace]:
    homes = _homes(watched)
    for place in PLACES:
        at_home = place.pattern.startswith("~/")
        for folder in homes if at_home else [""]:
            paths = watched.matching(place.pattern.removeprefix("~/"), below=folder)
            found = list(_found(watched, place, paths))
            yield from _together(found) if place.together else found


def _homes(watched: Watched) -> list[str]:
    """Homes of root and of people: of the list of users, and whatever lies in /home."""
    homes = {"root", *watched.matching("home/*")}
    for line in watched.content("etc/passwd").decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        if len(fields) > 5 and fields[2].isdecimal() and int(fields[2]) >= _FIRST_USER:
            homes.add(fields[5].strip("/"))
    watched.status("etc/passwd")
    return sorted(home for home in homes if home)


def _found(watched: Watched, place: Place, paths: list[str]) -> Iterator[HistoryTrace]:
    for path in paths:
        if place.fits is not None and not place.fits(path.rpartition("/")[2]):
            continue
        status = watched.status(path, watch=not place.together)
        if status is None or not _counts(place, status.st_mode, status.st_size):
            continue
        count, newest = (1, 0) if place.count is None else place.count(watched.content(path))
        if count:
            if not newest:
                newest = int(status.st_mtime)
            yield HistoryTrace(
                kind=place.kind, place=_spoken(path), count=count, newest=newest * place.dated
            )


def _counts(place: Place, mode: int, size: int) -> bool:
    """Whether what is there says something: an empty file, or a folder for files, does not."""
    if place.whole:
        return True
    return stat.S_ISREG(mode) and size > 0


def _together(found: list[HistoryTrace]) -> Iterator[HistoryTrace]:
    by_folder: dict[str, list[HistoryTrace]] = defaultdict(list)
    for one in found:
        by_folder[one.place.rpartition("/")[0]].append(one)
    for folder, traces in by_folder.items():
        yield HistoryTrace(
            kind=traces[0].kind,
            place=folder,
            count=len(traces),
            newest=max(one.newest for one in traces),
        )


def _spoken(path: str) -> str:
    """A path that can be said: bytes that are not UTF-8 stand escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

# SPDX-License-Identifier: Apache-2.0
"""Whether the baseline is the one that the journal told of last; each change of it is told.

So commissioning needs no word with the guard: whoever writes, replaces or removes the file is
noticed, at the latest when the guard starts next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bmnn_mark.errors import BmnnMarkError, Scalar
from bmnn_mark.files import os_reason, write_whole
from bmnn_mark.printing.baseline import Baseline
from bmnn_mark.printing.baseline_file import former_sha256, read_baseline
from bmnn_mark.printing.guard.place import GuardPlace

_NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineNews:
    """An entry for the journal, and what to note once it is written."""

    code: str
    detail: dict[str, Scalar]
    sha256: str


class BaselineWatch:
    """Looks whether the baseline of a place changed; a ``stat`` where it did not."""

    def __init__(self, place: GuardPlace) -> None:
        self._place = place
        self._note = place.state / "baseline.noted"
        self._seen: tuple[int, ...] | None = None

    def changed(self) -> bool:
        """Whether the file is another than at the last look, as far as ``stat`` tells."""
        return self._mark() != self._seen

    def tell(self, write: Callable[[str, dict[str, Scalar]], object]) -> None:
        """Have the journal told, if there is news.

        Args:
            write: writes an entry; it is on the disk on return.

        Raises:
            OSError: file or note cannot be read, or the journal not written.
            DocumentRefused: ``output.unwritable``: the note.
        """
        try:
            news = self.news()
            if news is not None:
                write(news.code, news.detail)
                write_whole(self._note, [news.sha256.encode("ascii")], overwrite=True)
        except (OSError, BmnnMarkError):
            self._seen = None  # to be tried again
            raise

    def news(self) -> BaselineNews | None:
        """What the journal does not know yet, told once each time the file changes.

        Raises:
            OSError: file or note cannot be read.
        """
        mark = self._mark()
        if mark == self._seen:
            return None
        sha256 = self._sha256()
        self._seen = mark
        if sha256 == self._noted():
            return None
        reading = read_baseline(self._place)
        if isinstance(reading, Baseline):
            detail: dict[str, Scalar] = {
                "number": reading.number,
                "baseline": sha256,
                "policy": reading.policy.name.value,
            }
            return BaselineNews(code="host.commissioned", detail=detail, sha256=sha256)
        detail = {"why": reading.value, "baseline": sha256}
        return BaselineNews(code="host.baseline_lost", detail=detail, sha256=sha256)

    def _sha256(self) -> str:
        try:
            return former_sha256(self._place) or _NONE
        except OSError as error:
            return os_reason(error)

    def _noted(self) -> str:
        try:
            return self._note.read_text("ascii").strip()
        except FileNotFoundError:
            return _NONE

    def _mark(self) -> tuple[int, ...]:
        try:
            status = self._place.baseline.lstat()
        except FileNotFoundError:
            return ()
        return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

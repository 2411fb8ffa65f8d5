# SPDX-License-Identifier: Apache-2.0
"""A thread for what may take its time; the loop hears of each errand's end and never waits."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from bmnn_mark.errors import BmnnMarkError, Fault
from bmnn_mark.files import os_reason

#: Told of an errand's end, in the loop: what it came to, or why it did not.
OnEnd = Callable[[Any], None]
_Errand = tuple[Callable[[], Any], OnEnd]


class Errands:
    """Does one errand after the other, in the order they were given.

    Args:
        name: of the thread.
        begin: called first in the thread.
    """

    def __init__(self, name: str, begin: Callable[[], None]) -> None:
        self._asked: SimpleQueue[_Errand | None] = SimpleQueue()
        self._done: deque[tuple[OnEnd, Any]] = deque()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._begin = begin
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def open(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, seconds: float = 5.0) -> None:
        """Have what was given done, wait for it, and end the thread."""
        if self._thread.is_alive():
            self._asked.put(None)
            self._thread.join(timeout=seconds)

    def fileno(self) -> int:
        """Readable once an errand has ended."""
        return self._wake

    def do(self, errand: Callable[[], Any], then: OnEnd) -> None:
        """Have ``errand`` done in the thread; ``then`` is called by :meth:`tell`."""
        self._asked.put((errand, then))

    def tell(self) -> None:
        """Tell of the errands that ended."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        while self._done:
            then, what = self._done.popleft()
            then(what)

    def _work(self) -> None:
        self._begin()
        while (given := self._asked.get()) is not None:
            errand, then = given
            try:
                what = errand()
            except BmnnMarkError as refusal:
                what = refusal
            except OSError as error:
                what = Fault("guard.system", reason=os_reason(error))
            except Exception as error:  # noqa: BLE001  # whatever goes wrong is told, not died of
                what = Fault("fault.unexpected", where=type(error).__name__)
            self._done.append((then, what))
            os.eventfd_write(self._wake, 1)

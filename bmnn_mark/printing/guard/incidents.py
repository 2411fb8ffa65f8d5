# SPDX-License-Identifier: Apache-2.0
"""Telling the journal from the loop, which does not wait for the disk."""

from __future__ import annotations

import time
from functools import partial

from bmnn_mark.errors import BmnnMarkError, Scalar
from bmnn_mark.printing.guard.errands import Errands, OnEnd
from bmnn_mark.printing.guard.journal import IncidentBook
from bmnn_mark.printing.guard.moments import Throttle


class Incidents:
    """The way of incidents to the journal.

    Args:
        book: the journal.
        desk: the thread that writes it.
    """

    def __init__(self, book: IncidentBook, desk: Errands) -> None:
        self._book = book
        self._desk = desk
        self._throttle = Throttle()
        self.unwritable = False
        """The last entry could not be written; nothing may start until one can."""

    def tell(self, code: str, **detail: Scalar) -> None:
        """Have an entry written, unless too many of its kind come."""
        self.write(code, detail, lambda _: None)

    def write(self, code: str, detail: dict[str, Scalar], then: OnEnd) -> None:
        """As :meth:`tell`; ``then`` is called once the entry is on the disk, or is not to be."""
        unwritten = self._throttle.lets(code, time.monotonic())
        if unwritten is None:
            then(None)
            return
        more = {"unwritten": unwritten} if unwritten else {}
        self._desk.do(lambda: self._book.write(code, detail | more), partial(self._written, then))

    def _written(self, then: OnEnd, what: object) -> None:
        self.unwritable = isinstance(what, BmnnMarkError)
        then(what)

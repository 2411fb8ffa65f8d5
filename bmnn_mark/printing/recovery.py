# SPDX-License-Identifier: Apache-2.0
"""After an interruption: pause, purge, wait; only then say how each open attempt ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bmnn_mark.printing.containment import clear_queue
from bmnn_mark.printing.cups import QueueState
from bmnn_mark.printing.printer import EnrolledPrinter
from bmnn_mark.printing.run import AttemptBook, AttemptState

_NEVER_RELEASED = frozenset({AttemptState.RESERVED, AttemptState.CREATED, AttemptState.LOADED})
_RELEASED = frozenset({AttemptState.RELEASING, AttemptState.PRINTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAttempt:
    """An attempt whose run did not come to its end."""

    attempt_id: str
    state: AttemptState


def recover(
    printer: EnrolledPrinter, book: AttemptBook, open_attempts: Iterable[OpenAttempt]
) -> tuple[OpenAttempt, ...]:
    """Settle attempts that an interrupted run left open, and return how each stands now.

    The order matters: reading first and purging after would be a race. A queue that was working
    before works again afterwards; one that was paused stays so for the officer to look at.

    Raises:
        PrinterRefused: the scheduler does not answer or something of a job cannot be removed;
            then nothing is entered and the attempts stay open.
    """
    server = printer.connect()
    was_working = server.queue(printer.queue).state is not QueueState.STOPPED
    server.pause(printer.queue)
    clear_queue(printer, server)
    settled = []
    for attempt in open_attempts:
        state = attempt.state
        if state in _NEVER_RELEASED:
            state = AttemptState.VOID
        elif state in _RELEASED:
            state = AttemptState.UNKNOWN
        if state is not attempt.state:
            book.record(attempt.attempt_id, state, {"code": "print.recovered"})
        settled.append(OpenAttempt(attempt_id=attempt.attempt_id, state=state))
    if was_working:
        server.resume(printer.queue)
    return tuple(settled)

# SPDX-License-Identifier: Apache-2.0
"""After an interruption: the guard pauses, purges, waits; only then the receipts are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bmnn_mark.printing.attempt import ON_ITS_WAY, AttemptBook, AttemptState
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.outcome import outcome, told

_CODE = "print.recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAttempt:
    """An attempt whose run did not come to its end."""

    attempt_id: str
    state: AttemptState


def recover(
    guard: GuardLine, book: AttemptBook, open_attempts: Iterable[OpenAttempt]
) -> tuple[OpenAttempt, ...]:
    """Settle attempts that an interrupted run left open, and return how each stands now.

    Where all of them are VOID, a queue that was working before works again; where paper may be at
    the printer, or the queue was paused before, it stays so until a person had a look.

    Raises:
        PrinterRefused: the guard or its scheduler does not answer, or something of a job cannot be
            removed; then nothing is entered and the attempts stay open.
    """
    waiting = tuple(open_attempts)
    way = [one for one in waiting if one.state in ON_ITS_WAY]
    if not way:
        return waiting
    was_working = guard.pause()
    receipts = guard.recover([one.attempt_id for one in way])
    now = {one.attempt_id: one.state for one in waiting}
    for attempt, receipt in zip(way, receipts, strict=True):
        state = outcome(receipt, None)
        if state is AttemptState.DEVICE_DONE and attempt.state not in _RELEASED:
            state = AttemptState.UNKNOWN  # the book knows of no leave to print it
        book.record(attempt.attempt_id, state, {"code": _CODE, **told(receipt)})
        now[attempt.attempt_id] = state
    if was_working and all(now[one.attempt_id] is not AttemptState.UNKNOWN for one in way):
        guard.resume()
    return tuple(OpenAttempt(attempt_id=name, state=state) for name, state in now.items())


_RELEASED = frozenset({AttemptState.RELEASING, AttemptState.PRINTING})

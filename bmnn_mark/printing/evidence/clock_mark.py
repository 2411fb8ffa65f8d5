# SPDX-License-Identifier: Apache-2.0
"""How late it was at the latest: a mark beside the guard's journal that is only ever raised.

A clock that shows less than it did has been set back, and every time it names is in doubt. Only
commissioning the host anew lowers the mark.
"""

from __future__ import annotations

from pathlib import Path

from bmnn_mark.files import write_whole
from bmnn_mark.printing.facts import ClockFacts

_NAME = "clock"
_STEP_SECONDS = 60
_MAX_DIGITS = 20


def read_clock(state: Path) -> ClockFacts:
    """The mark.

    Args:
        state: the guard's folder.

    Raises:
        OSError: it may not be read.
        ValueError: it is not a number.
    """
    try:
        with (state / _NAME).open("rb") as file:
            text = file.read(_MAX_DIGITS)
    except FileNotFoundError:
        return ClockFacts(known_until=0)
    if not text.strip().isdigit():
        raise ValueError("clock mark")
    return ClockFacts(known_until=int(text))


def raise_clock_mark(state: Path, now: int) -> None:
    """Remember that the clock shows ``now``, a second since 1970; costs nothing most of the time.

    Raises:
        DocumentRefused: ``output.unwritable``.
    """
    try:
        known = read_clock(state).known_until
    except (OSError, ValueError):
        return  # the judge says so; what cannot be read is not lowered by writing it anew
    if now >= known + _STEP_SECONDS:
        set_clock_mark(state, now)


def set_clock_mark(state: Path, now: int) -> None:
    """Begin anew at ``now``: an administrator looked at the clock.

    Raises:
        DocumentRefused: ``output.unwritable``.
    """
    write_whole(state / _NAME, [f"{now}\n".encode("ascii")], overwrite=True)

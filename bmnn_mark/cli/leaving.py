# SPDX-License-Identifier: Apache-2.0
"""Leaving early: a closed window or a shutdown clears up as Ctrl-C does, and only once.

Without this, SIGTERM and SIGHUP end Python on the spot and leave the document's plain text in its
work folder.
"""

from __future__ import annotations

import signal
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def leave_tidily() -> None:
    """Turn the first request to end into an exception; later ones must not break the clearing up.

    A signal that the caller had ignored (``nohup``) stays ignored.
    """
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)


def _leave(number: int, _frame: FrameType | None) -> None:
    for one in _SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)

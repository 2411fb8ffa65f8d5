# SPDX-License-Identifier: Apache-2.0
"""The guard's clock, and a measure against journals filled on purpose."""

from __future__ import annotations

import time

_AT_ONCE = 60
_SECONDS_EACH = 10.0


def utc_now() -> str:
    """The time by the machine's clock, UTC, as the journal says it."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    day = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{day}.{nanoseconds // 1000:06d}Z"


class Throttle:
    """Lets 60 entries of a kind through at once, and one more every ten seconds.

    What is not let through is counted, and the next entry of the kind says how many.
    """

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}
        self._unwritten: dict[str, int] = {}

    def lets(self, code: str, now: float) -> int | None:
        """How many of the kind were held back since the last one; None: hold this one back too."""
        left, since = self._left.get(code, (float(_AT_ONCE), now))
        left = min(left + (now - since) / _SECONDS_EACH, _AT_ONCE)
        if left < 1.0:
            self._left[code] = (left, now)
            self._unwritten[code] = self._unwritten.get(code, 0) + 1
            return None
        self._left[code] = (left - 1.0, now)
        return self._unwritten.pop(code, 0)

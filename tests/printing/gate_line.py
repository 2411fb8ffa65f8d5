# SPDX-License-Identifier: Apache-2.0
"""A line to the guard that asks what only gates ask; the real gate imports nothing of ours."""

import time
from typing import Any

from bmnn_mark import plain
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.guard.protocol import Admitted, Op


class GateLine(GuardLine):
    """Root's line, as a gate has it."""

    def admit(self, admission):
        return self._ask(Op.ADMIT, Admitted, **plain.to_builtins(admission))

    def ended(self, end):
        self._ask(Op.ENDED, dict[str, Any], **plain.to_builtins(end))

    def said(self, seconds):
        """What the guard says by itself within ``seconds``, besides that it is there."""
        ends_at = time.monotonic() + seconds
        while "alive" in (notice := self._line.notice(max(ends_at - time.monotonic(), 0.0))):
            pass
        return notice

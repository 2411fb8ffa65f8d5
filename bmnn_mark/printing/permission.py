# SPDX-License-Identifier: Apache-2.0
"""Leave to go on: the guard finds the host offline and the printer as enrolled, at one moment.

Asked before, between and after all copies. What is found after a copy, with its job gone, holds
for the beginning of the next one, which comes at once: the watch has been listening all the time.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.guard.client import GuardLine, Watch
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.model import OfflineReport, PolicyName, Verdict

#: Longest time between the end of a copy and the beginning of the next for one look at both.
_AT_ONCE_SECONDS = 1.0


class Permission:
    """The guard's word on host and printer, and the watch over changes between its words.

    Args:
        place: where the guard is asked.
        rehearsal: whether a rehearsal's printer is used; the rehearsal's rules hold for no other.
    """

    def __init__(self, place: GuardPlace, watch: Watch, *, rehearsal: bool) -> None:
        self._watch = watch
        self._rehearsal = rehearsal
        self._of_host, self._of_printer = GuardLine(place), GuardLine(place)
        self._second = ThreadPoolExecutor(1)
        self._last: tuple[float, OfflineReport] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._second.shutdown()
        self._of_host.close()
        self._of_printer.close()

    def demand(self, own_job: int | None) -> OfflineReport:
        """Refuse unless host and printer are as they must be and nothing changed meanwhile.

        Both are looked at beside one another: a look takes its time, and nothing that one finds
        depends on the other.

        Args:
            own_job: number of the one job that may be in the queue now.

        Raises:
            PrinterRefused: ``host.*``, ``printer.*``, ``guard.*``.
        """
        self._last = None
        began_at = time.monotonic()
        looking = self._second.submit(self._of_printer.preflight, own_job)
        try:
            report = self._of_host.report()
        finally:
            findings = looking.result()
        self._demand_offline(report)
        if findings:
            raise PrinterRefused(findings[0].code, **findings[0].detail)
        self.demand_unchanged()
        if own_job is None:
            self._last = (began_at, report)
        return report

    def demand_at_rest(self) -> OfflineReport:
        """As :meth:`demand` with no job of ours; the last such word holds for a moment."""
        last, self._last = self._last, None
        if last is None or time.monotonic() - last[0] > _AT_ONCE_SECONDS:
            return self.demand(None)
        self._demand_offline(last[1])
        self.demand_unchanged()
        return last[1]

    def demand_unchanged(self, seconds: float = 0.0) -> None:
        """Refuse where anything changed since the run began; wait up to ``seconds`` for it."""
        code = self._watch.changed(seconds)
        if code:
            raise PrinterRefused(code)

    def _demand_offline(self, report: OfflineReport) -> None:
        if (report.policy is PolicyName.REHEARSAL) is not self._rehearsal:
            raise PrinterRefused("printer.wrong_register")
        if not report.permits_printing(this_moment()):
            online = report.verdict is Verdict.ONLINE
            raise PrinterRefused("host.online" if online else "host.unknown")

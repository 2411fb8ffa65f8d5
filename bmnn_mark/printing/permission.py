# SPDX-License-Identifier: Apache-2.0
"""Leave to go on: the guard finds the host offline and the printer as enrolled, at one moment.

Asked before, between and after all copies. What is found after a copy, with its job gone, holds
for the beginning of the next one, which comes at once: the watch has been listening all the time.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.guard.client import GuardLine, Watch
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.model import OfflineReport, PolicyName, Verdict
from bmnn_mark.printing.printer.record import PrinterFinding

#: Longest time between the end of a copy and the beginning of the next for one look at both.
_AT_ONCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at host and printer under way.

    Attributes:
        began_at: monotonic second at which it began.
        own_job: number of the one job that may be in the queue.
        report: of the host.
        findings: at the printer.
    """

    began_at: float
    own_job: int | None
    report: Future[OfflineReport]
    findings: Future[tuple[PrinterFinding, ...]]


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
        self._beside = ThreadPoolExecutor(2)  # one for each line: a line carries one question
        self._last: tuple[float, OfflineReport] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._beside.shutdown()
        self._of_host.close()
        self._of_printer.close()

    def look(self, own_job: int | None) -> Look:
        """Have both looked at, beside one another and beside what is done meanwhile.

        Args:
            own_job: number of the one job that may be in the queue now.
        """
        self._last = None
        return Look(
            began_at=time.monotonic(),
            own_job=own_job,
            report=self._beside.submit(self._of_host.report),
            findings=self._beside.submit(self._of_printer.preflight, own_job),
        )

    def demand(self, own_job: int | None) -> OfflineReport:
        """Have both looked at, and refuse as :meth:`demand_good`."""
        return self.demand_good(self.look(own_job))

    def demand_good(self, look: Look) -> OfflineReport:
        """Refuse unless host and printer are as they must be and nothing changed meanwhile.

        Raises:
            PrinterRefused: ``host.*``, ``printer.*``, ``guard.*``.
        """
        try:
            report = look.report.result()
        finally:
            findings = look.findings.result()
        self._demand_offline(report)
        if findings:
            raise PrinterRefused(findings[0].code, **findings[0].detail)
        self.demand_unchanged()
        if look.own_job is None:
            self._last = (look.began_at, report)
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

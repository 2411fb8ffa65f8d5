# SPDX-License-Identifier: Apache-2.0
"""Rules on what the host's past left behind, compared with what was explained at commissioning.

Absence proves nothing: a system may have been installed anew, a log deleted.
"""

from __future__ import annotations

from collections.abc import Iterator

from bmnn_mark.printing.baseline import ExplainedTrace
from bmnn_mark.printing.facts import ClockFacts, HistoryTrace, TraceKind
from bmnn_mark.printing.judging.court import Court
from bmnn_mark.printing.model import Evidence

#: A clock without a time server is off by less than this between two looks at it.
_CLOCK_SECONDS = 120

#: Also touched by shutting a host down that never saw a network.
WEAK = frozenset({TraceKind.CLOCK_FILE})

#: What a card of an independent LAN, too, leaves behind at every start.
OF_ANY_LINK = frozenset(
    {TraceKind.JOURNAL, TraceKind.LOG, TraceKind.NETWORK_USED, TraceKind.TIME_SYNCHRONISED}
)


def judge_history(court: Court, facts: tuple[HistoryTrace, ...]) -> Iterator[Evidence]:
    """What an administrator explained is information; what came since then blocks."""
    explained: dict[tuple[TraceKind, str], ExplainedTrace] = {}
    if court.baseline is not None:
        explained = {(one.kind, one.place): one for one in court.baseline.history}
    on_lan = bool(court.policy.allowed_links)
    for one in facts:
        yield court.found(
            _code(court, one, explained.get((one.kind, one.place))),
            "files",
            one.place,
            allowed=on_lan and one.kind in OF_ANY_LINK,
            trace=one.kind.value,
            count=one.count,
            newest=one.newest,
        )


def _code(court: Court, one: HistoryTrace, known: ExplainedTrace | None) -> str:
    if one.kind in WEAK:
        return "hist.weak"
    storage = one.kind is TraceKind.STORAGE  # no network, and judged by a policy of its own
    if court.baseline is None:
        return "storage.seen_uncompared" if storage else "hist.uncompared"
    if known is None or one.count > known.count or one.newest > known.newest:
        return "storage.seen_since_baseline" if storage else "hist.new_since_baseline"
    return "hist.known"


def judge_clock(court: Court, facts: ClockFacts) -> Iterator[Evidence]:
    """The clock shows less than it did when the guard last looked, or at commissioning."""
    shown = court.snapshot.taken_at_ns // 1_000_000_000
    marks = {"last_report": facts.known_until}
    if court.baseline is not None:
        marks["baseline"] = court.baseline.made_at
    for name, mark in marks.items():
        if shown + _CLOCK_SECONDS < mark:
            yield court.found("hist.clock_set_back", "clock", name, seconds=mark - shown)

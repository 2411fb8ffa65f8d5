# SPDX-License-Identifier: Apache-2.0
"""The judge: a pure function from facts to a verdict. Nothing is permitted by default.

ONLINE when anything proves a network or a path to one, else UNKNOWN when anything could not be
verified, else OFFLINE. What the judge does not know (a kind of interface, a type of route, a
family) it reports as unverified and does not pass over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from bmnn_mark.printing.baseline import BaselineFault, BaselineReading
from bmnn_mark.printing.facts import CollectorState, Snapshot
from bmnn_mark.printing.judging.court import Court
from bmnn_mark.printing.judging.rules import RULES
from bmnn_mark.printing.model import Evidence, OfflineReport, Policy, Severity, Verdict

#: How old the facts of a slow collector may be, in nanoseconds.
MAX_AGE_NS = 120_000_000_000

_NOT_FACTS = frozenset(
    {"taken_at_ns", "boottime_ns", "boot_id", "machine_id", "product_serial", "collectors"}
)

#: The parts that a snapshot must have, each named as its collector and its rules.
MANDATORY = tuple(one.name for one in fields(Snapshot) if one.name not in _NOT_FACTS)


def judge(
    snapshot: Snapshot, policy: Policy, baseline: BaselineReading = BaselineFault.MISSING
) -> OfflineReport:
    """Judge a snapshot.

    Args:
        snapshot: the facts.
        policy: which severities hold, and what an independent LAN may use.
        baseline: what the administrator signed when the host was commissioned, its signature
            checked; or why there is none. Without one no real host is better than UNKNOWN.
    """
    court = Court(snapshot, policy, baseline)
    evidence = tuple(_findings(court))
    return OfflineReport(
        verdict=verdict_of(evidence),
        policy=policy.name,
        evidence=evidence,
        snapshot_sha256=snapshot.sha256(),
        taken_at_ns=snapshot.taken_at_ns,
        boottime_ns=snapshot.boottime_ns,
        boot_id=snapshot.boot_id,
        machine_id=snapshot.machine_id,
    )


def verdict_of(evidence: tuple[Evidence, ...]) -> Verdict:
    """The verdict that follows from all findings; the hardest one decides."""
    severities = {one.severity for one in evidence}
    if Severity.BLOCK in severities:
        return Verdict.ONLINE
    if Severity.UNVERIFIED in severities:
        return Verdict.UNKNOWN
    return Verdict.OFFLINE


def _findings(court: Court) -> Iterator[Evidence]:
    if court.baseline_fault:
        yield court.found(court.baseline_fault, "baseline")
    for part in MANDATORY:
        yield from _collector(court, part)
        facts = getattr(court.snapshot, part)
        if facts is not None:
            yield from RULES[part](court, facts)


def _collector(court: Court, part: str) -> Iterator[Evidence]:
    """Of two results for one part the worse counts; a failed one's facts are judged as well."""
    results = [one for one in court.snapshot.collectors if one.name == part]
    if not results:
        yield court.found("collector.missing", "collector", part)
    for result in results:
        if result.state is CollectorState.PARTIAL:
            yield court.found("collector.partial", "collector", part, reason=result.reason)
        elif result.state is CollectorState.FAILED or getattr(court.snapshot, part) is None:
            yield court.found("collector.failed", "collector", part, reason=result.reason)
        elif not 0 <= result.age_ns <= MAX_AGE_NS:
            yield court.found("collector.stale", "collector", part, age_ns=result.age_ns)

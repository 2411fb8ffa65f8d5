# SPDX-License-Identifier: Apache-2.0
"""By which policy this host is judged, who judges it, and what follows."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bmnn_mark.errors import HostOnline, HostUnknown, PrinterRefused, RegisterRefused, UsageRefused
from bmnn_mark.printing.baseline import Baseline, BaselineReading
from bmnn_mark.printing.baseline_file import read_baseline
from bmnn_mark.printing.evidence.collecting import THIS_HOST, Collecting, Sources
from bmnn_mark.printing.facts import Snapshot
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import (
    REHEARSAL,
    AllowedLink,
    OfflineReport,
    Policy,
    PolicyName,
    Severity,
    Verdict,
)
from bmnn_mark.workflow.office import Office

#: Longest reading of a journal from end to end, when somebody waits for it.
_PATIENCE_SECONDS = 60.0
#: Prefix of the halves of all addresses: what holds one is no subnet of anybody.
_HALF_OF_ALL = 1


def policy_for(office: Office, baseline: BaselineReading, *, rehearsal: bool) -> Policy:
    """What the host is judged by: what the administrator signed, nothing that a clerk may write.

    Before there is a baseline, the configuration's proposal stands in: no host is OFFLINE then.
    A rehearsal register has a policy of its own, which nothing else leads to.
    """
    if rehearsal:
        return REHEARSAL
    return baseline.policy if isinstance(baseline, Baseline) else proposed_policy(office)


def proposed_policy(office: Office) -> Policy:
    """The policy that the configuration proposes for commissioning.

    Raises:
        UsageRefused: ``host.net_form``.
    """
    demand_nets(office.config.lan_nets)
    return Policy(
        name=PolicyName(office.config.policy),
        allowed_links=tuple(
            AllowedLink(permanent_mac=card.permanent_mac, bus_path=card.bus_path)
            for card in office.config.lan_cards
        ),
        allowed_nets=office.config.lan_nets,
    )


def demand_nets(untrusted_nets: Iterable[str]) -> None:
    """Refuse what is no subnet.

    Raises:
        UsageRefused: ``host.net_form``.
    """
    for net in untrusted_nets:
        try:
            everything = ipaddress.ip_network(net).prefixlen <= _HALF_OF_ALL
        except ValueError as error:
            raise UsageRefused("host.net_form") from error
        if everything:
            raise UsageRefused("host.net_form")


def check_host(office: Office, *, direct: bool = False) -> OfflineReport:
    """Judge this host now: the guard does, and where none runs this program itself.

    Args:
        office: whose register says whether this is a rehearsal, and where the guard is.
        direct: look with this program's own eyes, whether a guard runs or not. Complete only as
            root; an ordinary user's look never ends OFFLINE on a real host.

    Raises:
        HostUnknown: the guard is there and cannot be relied on: the code says why.
    """
    asked = None if direct else _reported(office)
    return asked or _own_look(office).report


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What this program saw of the host itself, and the judgement: the guard's, if it was asked."""

    snapshot: Snapshot
    report: OfflineReport


def judge_host(office: Office, *, direct: bool = False) -> Looked:
    """Like :func:`check_host`, with facts to tell of; those are this program's own in any case."""
    asked = None if direct else _reported(office)
    looked = _own_look(office)
    return looked if asked is None else replace(looked, report=asked)


def _reported(office: Office) -> OfflineReport | None:
    """The guard's report where one runs that judges for the office's kind of register."""
    asked = _ask_guard(office)
    if asked is None:
        return None
    rehearsal = is_rehearsal(office)
    if (asked.policy is PolicyName.REHEARSAL) is rehearsal:
        return asked
    if not rehearsal:
        raise HostUnknown("host.guard_rehearses")
    return None  # the guard of the real printer says nothing of a rehearsal


def _own_look(office: Office) -> Looked:
    baseline = read_baseline(office.guard)
    policy = policy_for(office, baseline, rehearsal=is_rehearsal(office))
    snapshot = look(replace(THIS_HOST, state=office.guard.state))
    return Looked(snapshot=snapshot, report=judge(snapshot, policy, baseline))


def is_rehearsal(office: Office) -> bool:
    """Whether the office's register is one of rehearsals.

    An office without one, or whose register this user may not open, is judged as a real one.
    """
    try:
        return office.open_register().rehearsal
    except RegisterRefused:
        return False


def _ask_guard(office: Office) -> OfflineReport | None:
    """The guard's report; None where no guard runs."""
    try:
        with GuardLine(office.guard) as guard:
            return guard.report()
    except PrinterRefused as error:
        if error.code == "guard.absent":
            return None
        raise HostUnknown(error.code, **error.detail) from error


def look(sources: Sources = THIS_HOST) -> Snapshot:
    """A snapshot of somebody who waits: long journals are read to their end, within a minute."""
    collecting = Collecting(sources)
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        snapshot = collecting.snapshot()
        still_reading = any(
            one.name == "history" and one.reason == "ETIMEDOUT" for one in snapshot.collectors
        )
        if not still_reading or time.monotonic() > until:
            return snapshot


def demand_offline(report: OfflineReport) -> None:
    """Refuse to go on unless the verdict is OFFLINE.

    Raises:
        HostOnline: ``host.online``.
        HostUnknown: ``host.unknown``.
    """
    if report.verdict is Verdict.OFFLINE:
        return
    hardest = Severity.BLOCK if report.verdict is Verdict.ONLINE else Severity.UNVERIFIED
    reasons = sorted({one.code for one in report.evidence if one.severity is hardest})
    kind = HostOnline if report.verdict is Verdict.ONLINE else HostUnknown
    code = "host.online" if report.verdict is Verdict.ONLINE else "host.unknown"
    raise kind(code, reasons=", ".join(reasons), snapshot_sha256=report.snapshot_sha256)

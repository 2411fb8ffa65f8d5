# SPDX-License-Identifier: Apache-2.0
"""By which policy this host is judged, and the judging."""

from __future__ import annotations

from bmnn_mark.errors import HostOnline, HostUnknown, RegisterRefused
from bmnn_mark.printing.evidence.collecting import host_check
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


def policy_for(office: Office, *, rehearsal: bool) -> Policy:
    """The office's policy; a rehearsal register has its own, which nothing else leads to."""
    if rehearsal:
        return REHEARSAL
    return Policy(
        name=PolicyName(office.config.policy),
        allowed_links=tuple(
            AllowedLink(permanent_mac=card.permanent_mac, bus_path=card.bus_path)
            for card in office.config.lan_cards
        ),
        allowed_nets=office.config.lan_nets,
    )


def check_host(office: Office) -> OfflineReport:
    """Judge this host now, by the policy of the register that is there, if one is."""
    try:
        register = office.open_register()
    except RegisterRefused as error:
        if error.code != "register.not_found":
            raise
        return host_check(policy_for(office, rehearsal=False))
    return host_check(policy_for(office, rehearsal=register.rehearsal))


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

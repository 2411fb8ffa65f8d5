# SPDX-License-Identifier: Apache-2.0
"""The check list: every evidence code with its severity under each policy. Data, no logic.

``docs/offline-checks.md`` is generated from this table; a test holds it fresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bmnn_mark.printing.model import PolicyName, Severity

_I, _W, _U, _B = Severity.INFO, Severity.WARN, Severity.UNVERIFIED, Severity.BLOCK


@dataclass(frozen=True, slots=True)
class Check:
    """Severities of one code.

    Attributes:
        air_gapped: on a host without any network.
        lan: on a host of an independent LAN, for what its allow-lists do not name.
        lan_allowed: there, for what they name; None where no list can allow it.
        rehearsal: in a rehearsal; None means as air-gapped.
    """

    air_gapped: Severity
    lan: Severity
    lan_allowed: Severity | None = None
    rehearsal: Severity | None = None

    def under(self, policy: PolicyName, *, allowed: bool = False) -> Severity:
        """The severity that holds under ``policy``."""
        match policy:
            case PolicyName.AIR_GAPPED:
                return self.air_gapped
            case PolicyName.INDEPENDENT_LAN:
                return self.lan_allowed if allowed and self.lan_allowed is not None else self.lan
            case PolicyName.REHEARSAL:
                return self.air_gapped if self.rehearsal is None else self.rehearsal


CHECKS: Mapping[str, Check] = {
    # A fact that is missing is itself a finding.
    "collector.failed": Check(_U, _U),
    "collector.partial": Check(_U, _U),
    "collector.missing": Check(_U, _U),
    "baseline.missing": Check(_U, _U, rehearsal=_I),
    "hw.not_collected": Check(_U, _U, rehearsal=_I),
    # Whose network was looked at.
    "ns.not_host": Check(_B, _B),
    "ns.iflist_differs_from_pid1": Check(_B, _B),
    "ns.unverifiable": Check(_U, _U),
    "ns.pid_not_initial": Check(_U, _U, rehearsal=_I),
    "ns.other_netns_with_links": Check(_B, _B),
    "ns.other_netns_empty": Check(_W, _W),
    "ns.other_netns_unreadable": Check(_U, _U),
    "sys.differs_from_netlink": Check(_B, _B),
    "proc.overmounted": Check(_B, _B),
    "env.virtual_machine": Check(_U, _U, rehearsal=_I),
    "env.container": Check(_U, _U, rehearsal=_I),
    # Interfaces.
    "link.up": Check(_B, _B, lan_allowed=_I),
    "link.admin_up_no_carrier": Check(_B, _B, lan_allowed=_W),
    "link.present_down": Check(_W, _W, lan_allowed=_I),
    "link.bridged": Check(_B, _B),
    "link.unknown_kind": Check(_U, _U),
    "tunnel.up": Check(_B, _B),
    "tunnel.down": Check(_W, _B),
    "hist.link_was_used_this_boot": Check(_B, _B, lan_allowed=_I),
    "hist.link_counters_missing": Check(_U, _U),
    # Addresses and ways out.
    "addr.present": Check(_B, _B, lan_allowed=_I),
    "route.default": Check(_B, _B),
    "route.via_gateway": Check(_B, _B),
    "route.multipath": Check(_B, _B),
    "route.nexthop_object": Check(_B, _B),
    "route.present": Check(_B, _B, lan_allowed=_I),
    "route.dead": Check(_I, _I),
    "route.unknown_type": Check(_U, _U),
    "rule.extra": Check(_W, _B),
    "neigh.seen": Check(_B, _B, lan_allowed=_I),
    "net.forwarding": Check(_W, _B),
    "family.unknown": Check(_U, _U),
    # Sockets.
    "sock.remote_peer": Check(_B, _B, lan_allowed=_I),
    "sock.non_loopback_listener": Check(_W, _W),
    "sock.raw": Check(_W, _W),
    "sock.packet": Check(_W, _W),
}

# SPDX-License-Identifier: Apache-2.0
"""The check list: every evidence code with its severity under each policy. Data, no logic.

``docs/offline-checks.md`` is generated from this table; a test holds it fresh.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from bmnn_mark.i18n import Lang, words
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
    "collector.stale": Check(_U, _U),
    "baseline.missing": Check(_U, _U, rehearsal=_I),
    "baseline.unreadable": Check(_U, _U, rehearsal=_I),
    "baseline.unsafe": Check(_U, _U, rehearsal=_I),
    "baseline.damaged": Check(_U, _U, rehearsal=_I),
    "baseline.older": Check(_U, _U, rehearsal=_I),
    "baseline.forged": Check(_U, _U, rehearsal=_I),
    "baseline.other_machine": Check(_U, _U, rehearsal=_I),
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
    "link.not_in_baseline": Check(_B, _W, lan_allowed=_I, rehearsal=_W),
    "link.bridged": Check(_B, _B),
    "link.ends_elsewhere": Check(_B, _B),
    "link.unknown_kind": Check(_U, _U),
    "tunnel.up": Check(_B, _B),
    "tunnel.down": Check(_W, _B),
    "tunnel.ipsec": Check(_B, _B),
    "hist.link_was_used_this_boot": Check(_B, _B, lan_allowed=_I),
    "hist.link_counters_missing": Check(_U, _U),
    # Addresses and ways out.
    "addr.present": Check(_B, _B, lan_allowed=_I),
    "route.default": Check(_B, _B),
    "route.via_gateway": Check(_B, _B),
    "route.multipath": Check(_B, _B),
    "route.nexthop_object": Check(_B, _B),
    "nexthop.present": Check(_B, _B),
    "nexthop.dead": Check(_I, _I),
    "route.present": Check(_B, _B, lan_allowed=_I),
    "route.dead": Check(_I, _I),
    "route.unknown_type": Check(_U, _U),
    "rule.extra": Check(_W, _B),
    "neigh.seen": Check(_B, _B, lan_allowed=_I),
    "net.forwarding": Check(_W, _B),
    "net.translation": Check(_B, _B),
    "family.unknown": Check(_U, _U),
    # Sockets.
    "sock.remote_peer": Check(_B, _B, lan_allowed=_I),
    "sock.non_loopback_listener": Check(_W, _W),
    "sock.raw": Check(_W, _W),
    "sock.packet": Check(_W, _W),
    "sock.unknown_family": Check(_U, _U),
    # Built in and plugged in. A rehearsal runs in a room of its own on a machine that has them.
    "hw.unreadable": Check(_U, _U),
    "hw.nic_bound_but_no_netdev_here": Check(_B, _B, rehearsal=_I),
    "hw.nic_without_driver": Check(_W, _W),
    "hw.wifi": Check(_B, _B, rehearsal=_I),
    "hw.bluetooth": Check(_B, _B, rehearsal=_I),
    "hw.wwan": Check(_B, _B, rehearsal=_I),
    "hw.nfc": Check(_B, _B, rehearsal=_I),
    "hw.radio_other": Check(_B, _B, rehearsal=_I),
    "hw.radio_hard_blocked": Check(_W, _B),
    "hw.radio_without_driver": Check(_W, _B),
    "hw.radio_receiver": Check(_W, _W),
    "hw.usb_network": Check(_B, _B, rehearsal=_I),
    "hw.modem": Check(_B, _B, rehearsal=_I),
    "hw.usb_function_unknown": Check(_U, _U, rehearsal=_I),
    "hw.usb_function_listed": Check(_W, _W),
    "hw.usb_blocked": Check(_W, _W),
    "hw.usb_printer": Check(_I, _I),
    "hw.usb_serial": Check(_W, _W),
    "hw.usb_takes_new_devices": Check(_W, _W),
    "hw.pci_function_unknown": Check(_U, _U, rehearsal=_I),
    "hw.pci_function_listed": Check(_W, _W),
    "hw.passed_through": Check(_U, _U, rehearsal=_I),
    "hw.other_carrier": Check(_B, _B, rehearsal=_I),
    "hw.carrier_possible": Check(_W, _W),
    "hw.virtio_net": Check(_U, _U, rehearsal=_I),
    "hw.virtio_vsock": Check(_U, _U, rehearsal=_I),
    "hw.virtio_port": Check(_U, _U, rehearsal=_I),
    "hw.vsock": Check(_U, _U, rehearsal=_I),
    "hw.hypervisor_bus": Check(_U, _U, rehearsal=_I),
    "hw.amt_or_bmc": Check(_W, _W),
    "hw.ppp_ready": Check(_W, _W),
    "hw.serial_line": Check(_I, _I),
    "hw.line_printer": Check(_I, _I),
    "hw.kernel_can_load_drivers": Check(_W, _W),
    "hw.network_drivers_built_in": Check(_I, _I),
    "hw.new_since_baseline": Check(_B, _B, rehearsal=_I),
    "hw.device_changed": Check(_W, _W),
    # Storage that can be taken out: no network, but drafts come in and leave by it.
    "storage.unreadable": Check(_U, _U),
    "storage.empty": Check(_I, _I),
    "storage.listed": Check(_I, _I),
    "storage.listed_in_use": Check(_W, _W),
    "storage.unlisted": Check(_U, _U, rehearsal=_I),
    "storage.unlisted_in_use": Check(_B, _B, rehearsal=_I),
    "storage.seen_uncompared": Check(_W, _W),
    "storage.seen_since_baseline": Check(_W, _W),
    "storage.network": Check(_B, _B, rehearsal=_I),
    "storage.remote_mount": Check(_B, _B, rehearsal=_I),
    "storage.host_share": Check(_U, _U, rehearsal=_I),
    # Programs and the files they read.
    "daemon.network": Check(_W, _W),
    "daemon.printer_discovery": Check(_B, _B),
    "resolv.non_loopback": Check(_W, _W),
    # What the past left behind.
    "hist.new_since_baseline": Check(_B, _B, lan_allowed=_W),
    "hist.uncompared": Check(_U, _U, rehearsal=_I),
    "hist.known": Check(_I, _I),
    "hist.weak": Check(_I, _I),
    "hist.clock_set_back": Check(_B, _B),
}


def as_markdown() -> str:
    """The check list as the documentation shows it."""
    lines = [
        "# What the offline check looks for",
        "",
        "Generated by `python -m bmnn_mark.printing.checks`; do not edit.",
        "",
        "ONLINE when any finding says block, else UNKNOWN when any says unverified, else OFFLINE.",
        "“Allowed” is what an independent LAN's lists of cards and subnets name.",
        "",
        "| code | meaning | air-gapped | independent LAN | allowed there | rehearsal |",
        "|---|---|---|---|---|---|",
    ]
    for code, check in CHECKS.items():
        cells = [
            f"`{code}`",
            words(f"host.{code}", Lang.EN),
            check.air_gapped.value,
            check.lan.value,
            check.lan_allowed.value if check.lan_allowed else "",
            check.under(PolicyName.REHEARSAL).value,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_markdown())

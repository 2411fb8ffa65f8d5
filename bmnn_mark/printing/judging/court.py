# SPDX-License-Identifier: Apache-2.0
"""One snapshot before one policy and one baseline: what every rule may ask."""

from __future__ import annotations

import ipaddress

from bmnn_mark.errors import Scalar
from bmnn_mark.printing.baseline import Baseline, BaselineFault, BaselineReading
from bmnn_mark.printing.checks import CHECKS
from bmnn_mark.printing.facts import Link, Snapshot
from bmnn_mark.printing.model import Evidence, Policy, PolicyName

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK = 0x8
LOOPBACK_HARDWARE = 772


class Court:
    """What is judged and by what; makes every finding.

    Attributes:
        snapshot: the facts.
        policy: which severities hold.
        baseline: what the administrator signed when this host was commissioned; None without one
            that may be compared with.
        baseline_fault: code of why not.
        links: the interfaces by their number. Of two with the same number both count.
    """

    def __init__(self, snapshot: Snapshot, policy: Policy, baseline: BaselineReading) -> None:
        self.snapshot = snapshot
        self.policy = policy
        self.baseline: Baseline | None = None
        self.baseline_fault = ""
        if isinstance(baseline, BaselineFault):
            self.baseline_fault = baseline.value
        elif not _same_machine(snapshot, baseline):
            self.baseline_fault = "baseline.other_machine"
        else:
            self.baseline = baseline
        self.links: dict[int, list[Link]] = {}
        for link in snapshot.links or ():
            self.links.setdefault(link.index, []).append(link)
        self.nets = tuple(ipaddress.ip_network(one) for one in policy.allowed_nets)

    def found(
        self, code: str, source: str, subject: str = "", *, allowed: bool = False, **detail: Scalar
    ) -> Evidence:
        """A finding with the severity that the check list gives it under the policy."""
        check = CHECKS[code]
        severity = check.under(self.policy.name, allowed=allowed)
        real = check.under(PolicyName.AIR_GAPPED)
        softened = self.policy.name is PolicyName.REHEARSAL and severity is not real
        return Evidence(
            code=code,
            severity=severity,
            source=source,
            subject=subject,
            detail=detail,
            would_be=real if softened else None,
        )

    def is_loopback(self, index: int) -> bool:
        """Whether the interface is the loopback: by its flag and type, never by its name."""
        links = self.links.get(index, [])
        return bool(links) and all(
            bool(one.flags & LOOPBACK) and one.hardware == LOOPBACK_HARDWARE for one in links
        )

    def is_allowed(self, index: int) -> bool:
        """Whether the interface is a card that the policy names by both of its marks."""
        links = self.links.get(index, [])
        return bool(links) and all(
            any(
                link.permanent_mac == one.permanent_mac and link.bus_path == one.bus_path
                for one in self.policy.allowed_links
            )
            for link in links
        )

    def is_inside(self, address: str, prefix: int | None = None) -> bool:
        """Whether an address or a subnet lies within the subnets that the policy names."""
        inner = network(address, prefix)
        return inner is not None and any(_contains(net, inner) for net in self.nets)

    def stays_on_card(self, index: int, address: str, prefix: int | None = None) -> bool:
        """Whether an address or subnet of a card that the policy names lies within its subnets.

        IPv6's own addresses of the link (fe80::/10) never leave the card's cable, so they may be
        there too.
        """
        inner = network(address, prefix)
        local = isinstance(inner, ipaddress.IPv6Network) and inner.is_link_local
        return self.is_allowed(index) and (local or self.is_inside(address, prefix))


def _same_machine(snapshot: Snapshot, baseline: Baseline) -> bool:
    """Whether both are of one machine: a system copied to another bears the first one's id."""
    return (
        bool(snapshot.machine_id)
        and snapshot.machine_id == baseline.machine_id
        and snapshot.product_serial == baseline.product_serial
    )


def network(address: str, prefix: int | None = None) -> Network | None:
    """The address or subnet as a network; None when it is not one that we can read."""
    try:
        return ipaddress.ip_network(
            address if prefix is None else f"{address}/{prefix}", strict=False
        )
    except ValueError:
        return None


def is_loopback_address(address: str) -> bool:
    """Whether it is an address of 127.0.0.0/8, or ::1."""
    found = network(address)
    return found is not None and found.is_loopback


def _contains(outer: Network, inner: Network) -> bool:
    if isinstance(outer, ipaddress.IPv4Network):
        return isinstance(inner, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, ipaddress.IPv6Network) and inner.subnet_of(outer)

# SPDX-License-Identifier: Apache-2.0
"""The judge: a pure function from facts to a verdict. Nothing is permitted by default.

ONLINE when anything proves a network or a path to one, else UNKNOWN when anything could not be
verified, else OFFLINE. What the judge does not know (a kind of interface, a type of route, a
family) it reports as unverified and does not pass over.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import fields
from socket import AF_INET, AF_INET6

from bmnn_mark.errors import Scalar
from bmnn_mark.printing.checks import CHECKS
from bmnn_mark.printing.facts import (
    Address,
    CollectorState,
    Link,
    Neighbour,
    OtherNamespace,
    Route,
    Rule,
    Snapshot,
    Socket,
    SocketKind,
)
from bmnn_mark.printing.model import (
    Evidence,
    OfflineReport,
    Policy,
    PolicyName,
    Severity,
    Verdict,
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_INITIAL_PID_NAMESPACE = 4026531836  # fixed by the kernel since 3.8

_UP, _LOOPBACK, _LOWER_UP = 0x1, 0x8, 0x10000
_ETHERNET, _LOOPBACK_HARDWARE = 1, 772

#: Interface kinds that the rules below understand; "" is a card with a driver of its own.
_KNOWN_KINDS = frozenset(
    {"", "veth", "bridge", "bond", "vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "dummy", "ifb"}
)
_TUNNEL_KINDS = frozenset(
    {
        "tun", "wireguard", "ppp", "vxlan", "geneve", "gre", "gretap", "erspan", "ip6gre",
        "ip6gretap", "ip6erspan", "ipip", "ip6tnl", "sit", "vti", "vti6", "xfrm", "gtp",
        "bareudp", "ovpn", "amneziawg", "l2tp", "netkit",
    }
)  # fmt: skip
_TUNNEL_HARDWARE = frozenset({512, 768, 769, 776, 778, 823, 65534})

_UNICAST, _LOCAL, _BROADCAST, _ANYCAST, _MULTICAST = 1, 2, 3, 4, 5
_DEAD_ROUTES = frozenset({6, 7, 8})  # blackhole, unreachable, prohibit
_KNOWN_ROUTES = frozenset({_UNICAST, _LOCAL, _BROADCAST, _ANYCAST, _MULTICAST})
_STANDARD_RULES = frozenset({(0, 255), (32766, 254), (32767, 253)})
_NEIGHBOUR_NONE, _NEIGHBOUR_NO_ARP = 0x00, 0x40

_NOT_FACTS = frozenset({"taken_at_ns", "boot_id", "machine_id", "collectors"})

#: The parts that a snapshot must have, each named as its collector.
MANDATORY = tuple(one.name for one in fields(Snapshot) if one.name not in _NOT_FACTS)


def judge(snapshot: Snapshot, policy: Policy) -> OfflineReport:
    """Judge a snapshot.

    No host has a baseline yet, and hardware and history are not collected yet: that is evidence
    too, and leaves every real host UNKNOWN at best. ``host commission`` will bring the baseline.
    """
    court = _Court(snapshot, policy)
    evidence = tuple(court.findings())
    return OfflineReport(
        verdict=verdict_of(evidence),
        policy=policy.name,
        evidence=evidence,
        snapshot_sha256=snapshot.sha256(),
        boot_id=snapshot.boot_id,
    )


def verdict_of(evidence: tuple[Evidence, ...]) -> Verdict:
    """The verdict that follows from all findings; the hardest one decides."""
    severities = {one.severity for one in evidence}
    if Severity.BLOCK in severities:
        return Verdict.ONLINE
    if Severity.UNVERIFIED in severities:
        return Verdict.UNKNOWN
    return Verdict.OFFLINE


class _Court:
    """One snapshot before one policy."""

    def __init__(self, snapshot: Snapshot, policy: Policy) -> None:
        self.snapshot = snapshot
        self.policy = policy
        self.links = {one.index: one for one in snapshot.links or ()}
        self.nets = tuple(ipaddress.ip_network(one) for one in policy.allowed_nets)

    def findings(self) -> Iterator[Evidence]:
        yield from self.collectors()
        yield from self.namespace()
        for namespace in self.snapshot.other_namespaces or ():
            yield self.other_namespace(namespace)
        yield from self.environment()
        for link in self.snapshot.links or ():
            yield from self.link(link)
        for address in self.snapshot.addresses or ():
            yield from self.address(address)
        for route in self.snapshot.routes or ():
            yield from self.route(route)
        for rule in self.snapshot.rules or ():
            yield from self.rule(rule)
        for neighbour in self.snapshot.neighbours or ():
            yield from self.neighbour(neighbour)
        for socket in self.snapshot.sockets or ():
            yield from self.socket(socket)

    def found(
        self, code: str, source: str, subject: str = "", *, allowed: bool = False, **detail: Scalar
    ) -> Evidence:
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

    def collectors(self) -> Iterator[Evidence]:
        ended = {one.name: one for one in self.snapshot.collectors}
        for name in MANDATORY:
            result = ended.get(name)
            if result is None:
                yield self.found("collector.missing", "collector", name)
            elif result.state is CollectorState.PARTIAL:
                yield self.found("collector.partial", "collector", name, reason=result.reason)
            elif result.state is CollectorState.FAILED or getattr(self.snapshot, name) is None:
                yield self.found("collector.failed", "collector", name, reason=result.reason)
        yield self.found("baseline.missing", "baseline")
        yield self.found("hw.not_collected", "sysfs")

    def namespace(self) -> Iterator[Evidence]:
        facts = self.snapshot.namespace
        if facts is None:
            return
        references = {"pid1": facts.host_net, "kthreadd": facts.kernel_net}
        readable = {name: inode for name, inode in references.items() if inode is not None}
        for name, inode in readable.items():
            if inode != facts.own_net:
                yield self.found("ns.not_host", "proc.ns", name)
        if not readable:
            yield self.found("ns.unverifiable", "proc.ns")
        if facts.host_links is not None and facts.host_links != facts.own_links:
            yield self.found(
                "ns.iflist_differs_from_pid1",
                "proc.net.dev",
                own=len(facts.own_links),
                host=len(facts.host_links),
            )
        if facts.own_pid != _INITIAL_PID_NAMESPACE:
            yield self.found("ns.pid_not_initial", "proc.ns")
        names = {one.name for one in self.snapshot.links or ()}
        if self.snapshot.links is not None and names != set(facts.sysfs_links):
            differing = len(names.symmetric_difference(facts.sysfs_links))
            yield self.found("sys.differs_from_netlink", "sysfs.net", differing=differing)
        for place in facts.overmounted:
            yield self.found("proc.overmounted", "proc.mountinfo", place)

    def other_namespace(self, one: OtherNamespace) -> Evidence:
        source = f"netns.{one.held_by}"
        if one.links is None:
            return self.found("ns.other_netns_unreadable", source, str(one.inode))
        code = "ns.other_netns_with_links" if one.links else "ns.other_netns_empty"
        return self.found(code, source, str(one.inode), links=one.links)

    def environment(self) -> Iterator[Evidence]:
        facts = self.snapshot.environment
        if facts is None:
            return
        for sign in facts.hypervisor:
            yield self.found("env.virtual_machine", "system", sign)
        for sign in facts.container:
            yield self.found("env.container", "system", sign)
        for family in facts.forwarding:
            yield self.found("net.forwarding", "proc.sys", family)

    def link(self, link: Link) -> Iterator[Evidence]:
        source, allowed = "rtnetlink.link", self.is_allowed(link.index)
        if self.is_loopback(link.index):
            return
        up = bool(link.flags & _UP)
        carrier = up and bool(link.flags & _LOWER_UP)
        if link.kind in _TUNNEL_KINDS or link.hardware in _TUNNEL_HARDWARE:
            yield self.found("tunnel.up" if up else "tunnel.down", source, link.name)
        elif link.kind not in _KNOWN_KINDS or link.hardware != _ETHERNET:
            yield self.found(
                "link.unknown_kind", source, link.name, kind=link.kind, hardware=link.hardware
            )
        if carrier:
            yield self.found("link.up", source, link.name, allowed=allowed)
        elif up:
            yield self.found("link.admin_up_no_carrier", source, link.name, allowed=allowed)
        else:
            yield self.found("link.present_down", source, link.name, allowed=allowed)
        master = self.links.get(link.master)
        if link.master and (master is None or master.kind == "bridge"):
            yield self.found("link.bridged", source, link.name)
        if link.carrier_up_count is None or link.packets is None:
            yield self.found("hist.link_counters_missing", source, link.name)
        elif link.carrier_up_count or link.packets:
            yield self.found(
                "hist.link_was_used_this_boot",
                source,
                link.name,
                allowed=allowed,
                carrier_up_count=link.carrier_up_count,
                packets=link.packets,
            )

    def address(self, one: Address) -> Iterator[Evidence]:
        source = "rtnetlink.addr"
        if one.family not in {AF_INET, AF_INET6}:
            yield self.found("family.unknown", source, str(one.family))
        elif not (self.is_loopback(one.index) and _is_loopback_address(one.address)):
            allowed = self.is_allowed(one.index) and self.is_inside(one.address)
            yield self.found("addr.present", source, one.address, allowed=allowed)

    def route(self, one: Route) -> Iterator[Evidence]:
        source = "rtnetlink.route"
        target = f"{one.target or 'default'}/{one.prefix}"
        if one.family not in {AF_INET, AF_INET6}:
            yield self.found("family.unknown", source, str(one.family))
            return
        if one.kind in _DEAD_ROUTES:
            yield self.found("route.dead", source, target, table=one.table)
            return
        if one.kind not in _KNOWN_ROUTES:
            yield self.found("route.unknown_type", source, target, kind=one.kind)
        harder = {
            "route.default": one.prefix <= 1,  # also the halves 0.0.0.0/1 and 128.0.0.0/1
            "route.via_gateway": bool(one.gateway),
            "route.multipath": one.multipath,
            "route.nexthop_object": one.nexthop,
        }
        for code in (code for code, holds in harder.items() if holds):
            yield self.found(code, source, target, table=one.table)
        if not any(harder.values()) and not self.is_loopback_route(one):
            allowed = self.is_allowed(one.link) and (
                one.kind == _MULTICAST or self.is_inside(one.target, one.prefix)
            )
            yield self.found("route.present", source, target, allowed=allowed, table=one.table)

    def rule(self, one: Rule) -> Iterator[Evidence]:
        if not one.plain or (one.priority, one.table) not in _STANDARD_RULES:
            yield self.found("rule.extra", "rtnetlink.rule", str(one.priority), table=one.table)

    def neighbour(self, one: Neighbour) -> Iterator[Evidence]:
        if one.state in {_NEIGHBOUR_NONE, _NEIGHBOUR_NO_ARP}:
            return  # the kernel's own entries: nobody answered
        allowed = self.is_allowed(one.index) and self.is_inside(one.address)
        yield self.found("neigh.seen", "rtnetlink.neigh", one.address, allowed=allowed)

    def socket(self, one: Socket) -> Iterator[Evidence]:
        source = f"proc.net.{one.kind.value}"
        if one.kind is SocketKind.PACKET:
            yield self.found("sock.packet", source)
        elif one.kind is SocketKind.RAW:
            yield self.found("sock.raw", source)
        elif one.remote:
            if not _is_loopback_address(one.remote):
                allowed = self.is_inside(one.remote)
                yield self.found(
                    "sock.remote_peer", source, one.remote, allowed=allowed, port=one.remote_port
                )
        elif not _is_loopback_address(one.local):
            yield self.found("sock.non_loopback_listener", source, one.local, port=one.local_port)

    def is_loopback(self, index: int) -> bool:
        """Whether the interface is the loopback: by its flag and type, never by its name."""
        link = self.links.get(index)
        return (
            link is not None
            and bool(link.flags & _LOOPBACK)
            and link.hardware == _LOOPBACK_HARDWARE
        )

    def is_allowed(self, index: int) -> bool:
        """Whether the interface is a card that the policy names by both of its marks."""
        link = self.links.get(index)
        return link is not None and any(
            link.permanent_mac == one.permanent_mac and link.bus_path == one.bus_path
            for one in self.policy.allowed_links
        )

    def is_inside(self, address: str, prefix: int | None = None) -> bool:
        """Whether an address or a subnet lies within the subnets that the policy names."""
        inner = _network(address, prefix)
        return inner is not None and any(_contains(net, inner) for net in self.nets)

    def is_loopback_route(self, one: Route) -> bool:
        """Whether the route keeps 127.0.0.0/8 or ::1 on the loopback."""
        target = _network(one.target, one.prefix)
        return self.is_loopback(one.link) and target is not None and target.is_loopback


def _network(address: str, prefix: int | None = None) -> Network | None:
    """The address or subnet as a network; None when it is not one that we can read."""
    try:
        return ipaddress.ip_network(
            address if prefix is None else f"{address}/{prefix}", strict=False
        )
    except ValueError:
        return None


def _contains(outer: Network, inner: Network) -> bool:
    if isinstance(outer, ipaddress.IPv4Network):
        return isinstance(inner, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, ipaddress.IPv6Network) and inner.subnet_of(outer)


def _is_loopback_address(address: str) -> bool:
    network = _network(address)
    return network is not None and network.is_loopback

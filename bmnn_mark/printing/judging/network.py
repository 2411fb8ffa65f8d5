# SPDX-License-Identifier: Apache-2.0
"""Rules on interfaces, addresses and ways out, as the kernel tells them over rtnetlink."""

from __future__ import annotations

from collections.abc import Iterator
from socket import AF_INET, AF_INET6

from bmnn_mark.printing.facts import (
    Address,
    Link,
    Neighbour,
    Nexthop,
    Route,
    Rule,
    Transforms,
    Translation,
)
from bmnn_mark.printing.judging.court import Court, is_loopback_address, network
from bmnn_mark.printing.model import Evidence

_UP, _LOWER_UP = 0x1, 0x10000
_ETHERNET = 1

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


def judge_links(court: Court, facts: tuple[Link, ...]) -> Iterator[Evidence]:
    """Every interface but the loopback is at least a warning."""
    for link in facts:
        if not court.is_loopback(link.index):
            yield from _kind(court, link)
            yield from _state(court, link)
            yield from _history(court, link)


def _kind(court: Court, link: Link) -> Iterator[Evidence]:
    if link.kind in _TUNNEL_KINDS or link.hardware in _TUNNEL_HARDWARE:
        code = "tunnel.up" if link.flags & _UP else "tunnel.down"
        yield court.found(code, "rtnetlink.link", link.name)
    elif link.kind not in _KNOWN_KINDS or link.hardware != _ETHERNET:
        yield court.found(
            "link.unknown_kind", "rtnetlink.link", link.name, kind=link.kind, hardware=link.hardware
        )
    if link.elsewhere:
        yield court.found("link.ends_elsewhere", "rtnetlink.link", link.name)
    masters = court.links.get(link.master, [])
    if link.master and (not masters or any(one.kind == "bridge" for one in masters)):
        yield court.found("link.bridged", "rtnetlink.link", link.name)


def _state(court: Court, link: Link) -> Iterator[Evidence]:
    allowed = court.is_allowed(link.index)
    if not link.flags & _UP:
        if not _commissioned(court, link):
            yield court.found("link.not_in_baseline", "rtnetlink.link", link.name, allowed=allowed)
        code = "link.present_down"
    elif link.flags & _LOWER_UP:
        code = "link.up"
    else:
        code = "link.admin_up_no_carrier"
    yield court.found(code, "rtnetlink.link", link.name, allowed=allowed)


def _commissioned(court: Court, link: Link) -> bool:
    """Whether the interface may be here; without a baseline that itself is the finding."""
    if court.baseline is None:
        return True
    marks = link.permanent_mac, link.bus_path
    return all(marks) and court.baseline.knows_card(*marks)


def _history(court: Court, link: Link) -> Iterator[Evidence]:
    if link.carrier_up_count is None or link.packets is None:
        yield court.found("hist.link_counters_missing", "rtnetlink.link", link.name)
    elif link.carrier_up_count or link.packets:
        yield court.found(
            "hist.link_was_used_this_boot",
            "rtnetlink.link",
            link.name,
            allowed=court.is_allowed(link.index),
            carrier_up_count=link.carrier_up_count,
            packets=link.packets,
        )


def judge_addresses(court: Court, facts: tuple[Address, ...]) -> Iterator[Evidence]:
    """Only loopback addresses on the loopback are nothing."""
    for one in facts:
        if one.family not in {AF_INET, AF_INET6}:
            yield court.found("family.unknown", "rtnetlink.addr", str(one.family))
        elif not (court.is_loopback(one.index) and is_loopback_address(one.address)):
            allowed = court.stays_on_card(one.index, one.address)
            yield court.found("addr.present", "rtnetlink.addr", one.address, allowed=allowed)


def judge_routes(court: Court, facts: tuple[Route, ...]) -> Iterator[Evidence]:
    """Routes of every table."""
    for one in facts:
        if one.family not in {AF_INET, AF_INET6}:
            yield court.found("family.unknown", "rtnetlink.route", str(one.family))
        else:
            yield from _route(court, one)


def _route(court: Court, one: Route) -> Iterator[Evidence]:
    source = "rtnetlink.route"
    target = f"{one.target or 'default'}/{one.prefix}"
    if one.kind in _DEAD_ROUTES:
        yield court.found("route.dead", source, target, table=one.table)
        return
    if one.kind not in _KNOWN_ROUTES:
        yield court.found("route.unknown_type", source, target, kind=one.kind)
    if one.wrapped:  # a tunnel without an interface; where it ends, the route does not say
        yield court.found("tunnel.up", source, target, table=one.table)
    harder = {
        "route.default": one.prefix <= 1,  # also the halves 0.0.0.0/1 and 128.0.0.0/1
        "route.via_gateway": bool(one.gateway),
        "route.multipath": one.multipath,
        "route.nexthop_object": one.nexthop,
    }
    for code in (code for code, holds in harder.items() if holds):
        yield court.found(code, source, target, table=one.table)
    if not any(harder.values()) and not _stays_here(court, one):
        allowed = court.stays_on_card(one.link, one.target, one.prefix) or _to_a_group(court, one)
        yield court.found("route.present", source, target, allowed=allowed, table=one.table)


def _stays_here(court: Court, one: Route) -> bool:
    """Whether the route keeps 127.0.0.0/8 or ::1 on the loopback."""
    target = network(one.target, one.prefix)
    return court.is_loopback(one.link) and target is not None and target.is_loopback


def _to_a_group(court: Court, one: Route) -> bool:
    """Whether the route keeps groups of receivers on the cable of a card that the policy names."""
    target = network(one.target, one.prefix)
    grouped = target is not None and target.is_multicast
    return grouped and one.kind == _MULTICAST and court.is_allowed(one.link)


def judge_rules(court: Court, facts: tuple[Rule, ...]) -> Iterator[Evidence]:
    """Policy routing rules besides the kernel's own three."""
    for one in facts:
        if not one.plain or (one.priority, one.table) not in _STANDARD_RULES:
            yield court.found("rule.extra", "rtnetlink.rule", str(one.priority), table=one.table)


def judge_neighbours(court: Court, facts: tuple[Neighbour, ...]) -> Iterator[Evidence]:
    """An entry is proof of a peer that talked, but for the kernel's own.

    On an independent LAN every peer must be of its subnets, one of IPv6's link as well.
    """
    for one in facts:
        if one.state not in {_NEIGHBOUR_NONE, _NEIGHBOUR_NO_ARP}:
            allowed = court.is_allowed(one.index) and court.is_inside(one.address)
            yield court.found("neigh.seen", "rtnetlink.neigh", one.address, allowed=allowed)


def judge_nexthops(court: Court, facts: tuple[Nexthop, ...]) -> Iterator[Evidence]:
    """An object that no route names yet is one command away from being a way out."""
    for one in facts:
        code = "nexthop.dead" if one.blackhole else "nexthop.present"
        yield court.found(code, "rtnetlink.nexthop", str(one.number))


def judge_transforms(court: Court, facts: Transforms) -> Iterator[Evidence]:
    """IPsec wraps traffic for a peer; it has no place in either policy."""
    counts = {"associations": facts.associations, "policies": facts.policies}
    for name, count in counts.items():
        if count:
            yield court.found("tunnel.ipsec", "netlink.xfrm", name, count=count)


def judge_translations(court: Court, facts: tuple[Translation, ...]) -> Iterator[Evidence]:
    """Who translates addresses sends the packets of others on."""
    for one in facts:
        yield court.found("net.translation", "netlink.nftables", f"{one.family} {one.table}")

# SPDX-License-Identifier: Apache-2.0
"""What the kernel answers over rtnetlink: links, addresses, routes, rules, neighbours, nexthops.

The numbers are those of linux/if_link.h, if_addr.h, rtnetlink.h, fib_rules.h, neighbour.h and
nexthop.h, which never change.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
from collections.abc import Mapping

from bmnn_mark.printing.evidence.netlink_line import HEADER, attributes, dump
from bmnn_mark.printing.evidence.spoken import spoken
from bmnn_mark.printing.facts import Address, Link, Neighbour, Nexthop, Route, Rule

_GET_LINK, _GET_ADDRESS, _GET_ROUTE, _GET_NEIGHBOUR, _GET_RULE = 18, 22, 26, 30, 34
_GET_NEXTHOP = 106

_LINK = struct.Struct("=BxHiII")  # family, hardware, index, flags, change
_LINK_NAME, _LINK_MASTER, _LINK_INFO, _LINK_STATS = 3, 10, 18, 23
_LINK_NAMESPACE, _LINK_CARRIER_UPS, _LINK_PERMANENT = 37, 47, 54
_INFO_KIND = 1

_ADDRESS = struct.Struct("=BBBBI")  # family, prefix, flags, scope, index
_ADDRESS_ADDRESS, _ADDRESS_LOCAL = 1, 2

_ROUTE = struct.Struct("=BBBBBBBBI")  # family, to, from, tos, table, protocol, scope, type, flags
_ROUTE_TO, _ROUTE_LINK, _ROUTE_GATEWAY, _ROUTE_MULTIPATH = 1, 4, 5, 9
_ROUTE_TABLE, _ROUTE_VIA, _ROUTE_WRAPPING, _ROUTE_NEXTHOP = 15, 18, 21, 30

_RULE = struct.Struct("=BBBBBxxBI")  # family, to, from, tos, table, action, flags
_RULE_PRIORITY, _RULE_SUPPRESS, _RULE_TABLE, _RULE_PROTOCOL = 6, 14, 15, 21
_LOOK_UP, _NO_SUPPRESSION = 1, 0xFFFFFFFF
_RULED_FAMILIES = frozenset({socket.AF_INET, socket.AF_INET6})  # not those of multicast routers
#: What a rule may say of itself and still choose all traffic.
_PLAIN_RULE = frozenset({_RULE_PRIORITY, _RULE_SUPPRESS, _RULE_TABLE, _RULE_PROTOCOL})

_NEIGHBOUR = struct.Struct("=BxxxiHBB")  # family, index, state, flags, type
_NEIGHBOUR_ADDRESS = 1

_NEXTHOP_BYTES, _NEXTHOP_ID, _NEXTHOP_BLACKHOLE = 8, 1, 4


def read_links(bus_paths: Mapping[str, str]) -> tuple[Link, ...]:
    """Every interface; ``bus_paths`` says by name where each sits, as sysfs shows it."""
    return tuple(_link(one, bus_paths) for one in _dump(_GET_LINK, socket.AF_UNSPEC))


def read_addresses() -> tuple[Address, ...]:
    """Every address of every family."""
    return tuple(_address(one) for one in _dump(_GET_ADDRESS, socket.AF_UNSPEC))


def read_routes() -> tuple[Route, ...]:
    """Every route of every table and family."""
    return tuple(_route(one) for one in _dump(_GET_ROUTE, socket.AF_UNSPEC))


def read_rules() -> tuple[Rule, ...]:
    """Every policy routing rule of IPv4 and IPv6."""
    # All families at once: asked for IPv6 alone, a kernel with ipv6.disable=1 refuses to answer.
    found = (_rule(one) for one in _dump(_GET_RULE, socket.AF_UNSPEC))
    return tuple(dict.fromkeys(one for one in found if one.family in _RULED_FAMILIES))


def read_neighbours() -> tuple[Neighbour, ...]:
    """Every entry of the ARP and neighbour discovery tables."""
    return tuple(_neighbour(one) for one in _dump(_GET_NEIGHBOUR, socket.AF_UNSPEC))


def read_nexthops() -> tuple[Nexthop, ...]:
    """Every nexthop object, whether a route names it or not."""
    try:
        messages = dump(socket.NETLINK_ROUTE, _GET_NEXTHOP, bytes(_NEXTHOP_BYTES))
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:  # a kernel that has no such objects
            raise
        return ()
    found = (attributes(one, HEADER.size + _NEXTHOP_BYTES) for one in messages)
    return tuple(
        Nexthop(number=_number(one[_NEXTHOP_ID]), blackhole=_NEXTHOP_BLACKHOLE in one)
        for one in found
    )


def _dump(request: int, family: int) -> list[bytes]:
    return dump(socket.NETLINK_ROUTE, request, struct.pack("=B3x", family))


def _link(message: bytes, bus_paths: Mapping[str, str]) -> Link:
    _, hardware, index, flags, _ = _LINK.unpack_from(message, HEADER.size)
    found = attributes(message, HEADER.size + _LINK.size)
    name = spoken(found.get(_LINK_NAME, b"").rstrip(b"\0"))
    kind = attributes(found.get(_LINK_INFO, b""), 0).get(_INFO_KIND, b"")
    stats = found.get(_LINK_STATS)
    ups = found.get(_LINK_CARRIER_UPS)
    return Link(
        index=index,
        name=name,
        flags=flags,
        hardware=hardware,
        kind=spoken(kind.rstrip(b"\0")),
        permanent_mac=found.get(_LINK_PERMANENT, b"").hex(":"),
        bus_path=bus_paths.get(name, ""),
        master=_number(found[_LINK_MASTER]) if _LINK_MASTER in found else 0,
        carrier_up_count=None if ups is None else _number(ups),
        packets=None if stats is None else sum(struct.unpack_from("=QQ", stats)),
        elsewhere=_LINK_NAMESPACE in found,
    )


def _address(message: bytes) -> Address:
    family, prefix, _, _, index = _ADDRESS.unpack_from(message, HEADER.size)
    found = attributes(message, HEADER.size + _ADDRESS.size)
    packed = found.get(_ADDRESS_LOCAL) or found.get(_ADDRESS_ADDRESS, b"")
    return Address(index=index, family=family, address=_text(packed), prefix=prefix)


def _route(message: bytes) -> Route:
    family, prefix, _, _, table, _, _, kind, _ = _ROUTE.unpack_from(message, HEADER.size)
    found = attributes(message, HEADER.size + _ROUTE.size)
    return Route(
        family=family,
        table=_number(found[_ROUTE_TABLE]) if _ROUTE_TABLE in found else table,
        kind=kind,
        target=_text(found.get(_ROUTE_TO, b"")),
        prefix=prefix,
        link=_number(found[_ROUTE_LINK]) if _ROUTE_LINK in found else 0,
        gateway=_text(found.get(_ROUTE_GATEWAY) or found.get(_ROUTE_VIA, b"")[2:]),
        multipath=_ROUTE_MULTIPATH in found,
        nexthop=_ROUTE_NEXTHOP in found,
        wrapped=_ROUTE_WRAPPING in found,
    )


def _rule(message: bytes) -> Rule:
    family, to, source, tos, table, action, flags = _RULE.unpack_from(message, HEADER.size)
    found = attributes(message, HEADER.size + _RULE.size)
    suppressed = _RULE_SUPPRESS in found and _number(found[_RULE_SUPPRESS]) != _NO_SUPPRESSION
    return Rule(
        family=family,
        priority=_number(found[_RULE_PRIORITY]) if _RULE_PRIORITY in found else 0,
        table=_number(found[_RULE_TABLE]) if _RULE_TABLE in found else table,
        plain=set(found) <= _PLAIN_RULE
        and action == _LOOK_UP
        and not (suppressed or to or source or tos or flags),
    )


def _neighbour(message: bytes) -> Neighbour:
    family, index, state, _, _ = _NEIGHBOUR.unpack_from(message, HEADER.size)
    packed = attributes(message, HEADER.size + _NEIGHBOUR.size).get(_NEIGHBOUR_ADDRESS, b"")
    return Neighbour(index=index, family=family, address=_text(packed), state=state)


def _number(value: bytes) -> int:
    (number,) = struct.unpack("=I", value)
    return int(number)


def _text(packed: bytes) -> str:
    """An address as it is written; of any other family than IPv4 and IPv6, its bytes."""
    if len(packed) in {4, 16}:
        return str(ipaddress.ip_address(packed))
    return packed.hex(":")

# SPDX-License-Identifier: Apache-2.0
"""What the kernel answers over rtnetlink: links, addresses, routes, rules, neighbours."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Mapping
from typing import Any

from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from bmnn_mark.printing.evidence.netlink_line import attributes, dump
from bmnn_mark.printing.evidence.spoken import spoken
from bmnn_mark.printing.facts import Address, Link, Neighbour, Nexthop, Route, Rule

_GET_LINK, _GET_ADDRESS, _GET_ROUTE, _GET_NEIGHBOUR, _GET_RULE = 18, 22, 26, 30, 34
_GET_NEXTHOP = 106
_NEXTHOP_BYTES, _NEXTHOP_ID, _NEXTHOP_BLACKHOLE = 8, 1, 4
_LINK_BYTES, _LINK_NAME = 16, 3
_ATTRIBUTE_TYPE = 0x3FFF


def read_links(bus_paths: Mapping[str, str]) -> tuple[Link, ...]:
    """Every interface; ``bus_paths`` says by name where each sits, as sysfs shows it."""
    messages = dump(socket.NETLINK_ROUTE, _GET_LINK, struct.pack("=B3x", socket.AF_UNSPEC))
    return tuple(_link(_decoded(ifinfmsg, one), _link_name(one), bus_paths) for one in messages)


def read_addresses() -> tuple[Address, ...]:
    """Every address of every family."""
    return tuple(_address(one) for one in _dump(_GET_ADDRESS, socket.AF_UNSPEC, ifaddrmsg))


def read_routes() -> tuple[Route, ...]:
    """Every route of every table and family."""
    return tuple(_route(one) for one in _dump(_GET_ROUTE, socket.AF_UNSPEC, rtmsg))


def read_rules() -> tuple[Rule, ...]:
    """Every policy routing rule of IPv4 and IPv6."""
    families = (socket.AF_INET, socket.AF_INET6)
    found = (_rule(one) for family in families for one in _dump(_GET_RULE, family, fibmsg))
    return tuple(dict.fromkeys(found))


def read_neighbours() -> tuple[Neighbour, ...]:
    """Every entry of the ARP and neighbour discovery tables."""
    return tuple(_neighbour(one) for one in _dump(_GET_NEIGHBOUR, socket.AF_UNSPEC, ndmsg))


def read_nexthops() -> tuple[Nexthop, ...]:
    """Every nexthop object, whether a route names it or not."""
    try:
        messages = dump(socket.NETLINK_ROUTE, _GET_NEXTHOP, bytes(_NEXTHOP_BYTES))
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:  # a kernel that has no such objects
            raise
        return ()
    found = (attributes(one, _NEXTHOP_BYTES) for one in messages)
    return tuple(
        Nexthop(
            number=struct.unpack("=I", one[_NEXTHOP_ID])[0], blackhole=_NEXTHOP_BLACKHOLE in one
        )
        for one in found
    )


def _dump(request: int, family: int, kind: Any) -> list[Any]:
    messages = dump(socket.NETLINK_ROUTE, request, struct.pack("=B3x", family))
    return [_decoded(kind, one) for one in messages]


def _decoded(kind: Any, message: bytes) -> Any:
    decoded = kind(message)
    decoded.decode()
    return decoded


def _link_name(message: bytes) -> str:
    """An interface's name may be any bytes but white space, a slash and a colon."""
    return spoken(attributes(message, _LINK_BYTES).get(_LINK_NAME, b"").rstrip(b"\0"))


def _link(message: Any, name: str, bus_paths: Mapping[str, str]) -> Link:
    info = message.get_attr("IFLA_LINKINFO")
    stats = message.get_attr("IFLA_STATS64")
    return Link(
        index=message["index"],
        name=name,
        flags=message["flags"],
        hardware=message["ifi_type"],
        kind=(info.get_attr("IFLA_INFO_KIND") or "") if info else "",
        permanent_mac=message.get_attr("IFLA_PERM_ADDRESS") or "",
        bus_path=bus_paths.get(name, ""),
        master=message.get_attr("IFLA_MASTER") or 0,
        carrier_up_count=message.get_attr("IFLA_CARRIER_UP_COUNT"),
        packets=stats["rx_packets"] + stats["tx_packets"] if stats else None,
        elsewhere=message.get_attr("IFLA_LINK_NETNSID") is not None,
    )


def _address(message: Any) -> Address:
    text = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS") or ""
    return Address(
        index=message["index"],
        family=message["family"],
        address=str(text),
        prefix=message["prefixlen"],
    )


def _route(message: Any) -> Route:
    gateway = message.get_attr("RTA_GATEWAY") or message.get_attr("RTA_VIA") or ""
    return Route(
        family=message["family"],
        table=message.get_attr("RTA_TABLE") or message["table"],
        kind=message["type"],
        target=str(message.get_attr("RTA_DST") or ""),
        prefix=message["dst_len"],
        link=message.get_attr("RTA_OIF") or 0,
        gateway=str(gateway),
        multipath=message.get_attr("RTA_MULTIPATH") is not None,
        nexthop=_names_nexthop(message),
    )


def _rule(message: Any) -> Rule:
    standard = {
        "FRA_TABLE", "FRA_PRIORITY", "FRA_SUPPRESS_PREFIXLEN", "FRA_PROTOCOL",
    }  # fmt: skip
    attributes = {one[0] for one in message["attrs"]}
    no_suppression = message.get_attr("FRA_SUPPRESS_PREFIXLEN") in {None, 0xFFFFFFFF}
    lookup = 1
    return Rule(
        family=message["family"],
        priority=message.get_attr("FRA_PRIORITY") or 0,
        table=message.get_attr("FRA_TABLE") or message["table"],
        plain=attributes <= standard
        and no_suppression
        and message["action"] == lookup
        and not (message["dst_len"] or message["src_len"] or message["tos"] or message["flags"]),
    )


def _neighbour(message: Any) -> Neighbour:
    return Neighbour(
        index=message["ifindex"],
        family=message["family"],
        address=str(message.get_attr("NDA_DST") or ""),
        state=message["state"],
    )


def _names_nexthop(message: Any) -> bool:
    """Whether RTA_NH_ID is among the attributes; the library has no name for it everywhere."""
    number = 30
    return any(
        name == "RTA_NH_ID"
        or (name == "UNKNOWN" and value["header"]["type"] & _ATTRIBUTE_TYPE == number)
        for name, value in (one[:2] for one in message["attrs"])
    )

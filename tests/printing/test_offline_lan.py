# SPDX-License-Identifier: Apache-2.0
"""Rows 42 to 52 of the offline table: an independent LAN, its cable led to a namespace of its own.

The policy allows the card that stands in for ``v0``, and 10.1.0.0/24.
"""

import pytest

from tests.printing.offline_rows import FILTER, PROBE, look

LAN = (
    "ip netns add far; ip link add v0 type veth peer name v1 netns far; ip link set v0 up; "
    "ip -n far link set v1 up; ip addr add 10.1.0.1/24 dev v0; "
)


def confined(setup, *warnings):
    reports = look(LAN + setup + PROBE)
    assert reports.verdicts("lan") == {"OFFLINE"}, reports.evidence("lan")
    assert reports.verdicts("sealed", "rehearsal") == {"ONLINE"}  # it is a network
    assert reports.codes("warn", "lan") >= set(warnings)
    return reports


def open_to(setup, *blocking, probe=PROBE):
    reports = look(LAN + setup + probe)
    assert reports.verdicts("lan") == {"ONLINE"}, reports.evidence("lan")
    assert reports.codes("block", "lan") >= set(blocking)


def test_offline_row_42_a_correct_lan_is_confined():
    reports = confined("")
    assert reports.codes("info", "lan") >= {"link.up", "addr.present", "route.present"}


def test_offline_row_42_neighbours_of_the_lan_are_its_own():
    confined("ip neigh add 10.1.0.7 lladdr 02:00:00:00:00:07 dev v0; ")


def test_offline_row_43_default_route():
    open_to("ip route add default via 10.1.0.9; ", "route.default", "route.via_gateway")


def test_offline_row_44_gateway_to_another_subnet():
    open_to("ip route add 10.9.0.0/24 via 10.1.0.9; ", "route.via_gateway")


def test_offline_row_44_gateway_to_a_subnet_of_its_own():
    open_to("ip route add 10.1.0.128/25 via 10.1.0.9; ", "route.via_gateway")


def test_offline_row_45_nexthop_object():
    open_to(
        "ip nexthop add id 5 via 10.1.0.9 dev v0; ip route add 10.9.0.0/24 nhid 5; ",
        "route.nexthop_object",
        "nexthop.present",
    )


def test_offline_row_45_nexthop_object_that_no_route_names():
    open_to("ip nexthop add id 5 via 10.1.0.9 dev v0; ", "nexthop.present")


def test_offline_row_46_default_route_as_a_router_advertises_it():
    open_to("ip -6 route add default via fe80::9 dev v0 proto ra; ", "route.default")


@pytest.mark.parametrize("half", ["0.0.0.0/1", "128.0.0.0/1"])
def test_offline_row_47_split_default_route(half):
    open_to(f"ip route add {half} dev v0; ", "route.default")


def test_offline_row_48_second_card_up():
    open_to("ip link add e9 type ifb; ip link set e9 up; ", "link.up")


def test_offline_row_49_second_card_down():
    confined("ip link add e9 type ifb; ", "link.present_down")


def test_offline_row_50_address_outside_the_subnet():
    open_to("ip addr add 10.2.0.1/32 dev v0; ", "addr.present")


def test_offline_row_51_right_name_of_the_wrong_card():
    open_to("", "link.up", "addr.present", probe=f"{PROBE} wrong-card")


def test_offline_row_51_renamed_to_the_allowed_name():
    setup = "ip link set v0 down; ip link set v0 name w0; ip link set w0 up; "
    open_to(setup + "ip link add v0 type ifb; ip link set v0 up; ", "link.up")


def test_offline_row_52_foreign_neighbour():
    open_to("ip neigh add 192.168.77.1 lladdr 02:00:00:00:00:07 dev v0; ", "neigh.seen")


FURTHER = {
    "neighbour of the cable that is not of the subnet": (
        "ip neigh add fe80::77 lladdr 02:00:00:00:00:07 dev v0; ",
        "neigh.seen",
    ),
    "address of the link on another card": (
        "ip link add e9 type ifb; ip link set e9 up; ip addr add fe80::9/64 dev e9 nodad; ",
        "addr.present",
    ),
    "bridge with the allowed port": (
        "ip link add b0 type bridge; ip link set v0 master b0; ",
        "link.bridged",
    ),
    "address translation": (f"{FILTER} nat; ", "net.translation"),
    "forwarding": ("echo 1 > /proc/sys/net/ipv4/ip_forward; ", "net.forwarding"),
    "forwarding of the one card": (
        "echo 1 > /proc/sys/net/ipv4/conf/v0/forwarding; ",
        "net.forwarding",
    ),
    "packets in packets": (
        "ip route add 10.1.0.64/26 encap ip dst 192.0.2.1 dev v0; ",
        "tunnel.up",
    ),
    "rule of routing": ("ip rule add to 8.8.8.8 lookup 100; ", "rule.extra"),
    "tunnel that is down": ("ip tuntap add t0 mode tun; ", "tunnel.down"),
    "ipsec": (
        "ip xfrm policy add src 0.0.0.0/0 dst 10.9.0.0/24 dir out action block; ",
        "tunnel.ipsec",
    ),
    "on-link route elsewhere": ("ip route add 10.9.0.0/24 dev v0; ", "route.present"),
    "on-link route elsewhere that is called a group": (
        "ip route add multicast 8.8.8.0/24 dev v0; ",
        "route.present",
    ),
    "wider than allowed": ("ip route add 10.0.0.0/8 dev v0; ", "route.present"),
    "macvlan on the allowed card": (
        "ip link add m0 link v0 type macvlan; ip link set m0 up; ",
        "link.up",
    ),
    "namespace besides the acknowledged one": (
        "ip netns add o; ip -n o link add e0 type ifb; ",
        "ns.other_netns_with_links",
    ),
}


@pytest.mark.parametrize("case", FURTHER)
def test_a_lan_is_open_with(case):
    setup, code = FURTHER[case]
    open_to(setup, code)


def test_without_rights_a_lan_cannot_be_verified():
    reports = look(LAN + f"{PROBE} nobody")
    assert reports.verdicts("lan") == {"UNKNOWN"}

# SPDX-License-Identifier: Apache-2.0
"""The judge as a pure function: every branch of its rules on the network."""

from dataclasses import replace

import pytest

from bmnn_mark.errors import UsageRefused
from bmnn_mark.printing.baseline import BaselineFault, KnownDevice
from bmnn_mark.printing.checks import CHECKS
from bmnn_mark.printing.facts import (
    Address,
    CollectorState,
    Environment,
    Link,
    Neighbour,
    Nexthop,
    OtherNamespace,
    Route,
    Rule,
    Socket,
    SocketKind,
    Transforms,
    Translation,
)
from bmnn_mark.printing.guard import flights
from bmnn_mark.printing.guard.looking import Seen
from bmnn_mark.printing.judge import MAX_AGE_NS, judge
from bmnn_mark.printing.model import (
    AIR_GAPPED,
    REHEARSAL,
    AllowedLink,
    Moment,
    Policy,
    PolicyName,
    Severity,
    Verdict,
)
from tests.printing.parts import LOOPBACK, clean_snapshot, commissioned

MAC, BUS = "02:00:00:00:00:01", "pci0000:00/0000:00:03.0"
LAN = Policy(
    name=PolicyName.INDEPENDENT_LAN,
    allowed_links=(AllowedLink(permanent_mac=MAC, bus_path=BUS),),
    allowed_nets=("10.1.0.0/24", "fd00::/64"),
)
CARD = Link(
    index=2, name="v0", flags=0x10001, hardware=1, kind="", permanent_mac=MAC, bus_path=BUS,
    master=0, carrier_up_count=1, packets=9,
)  # fmt: skip
OTHER = replace(CARD, index=3, name="e9", permanent_mac="02:00:00:00:00:09")
NOW = Moment(boot_id="b", boottime_ns=2)
NAMES = ("lo", "v0", "e9")
MULTICAST = "ff00::"


def route(target="10.1.0.0", prefix=24, **changes):
    facts = {
        "family": 2, "table": 254, "kind": 1, "target": target, "prefix": prefix, "link": 2,
        "gateway": "", "multipath": False, "nexthop": False,
    }  # fmt: skip
    return Route(**{**facts, **changes})


def address(text="10.1.0.1", index=2, family=2):
    return Address(index=index, family=family, address=text, prefix=24)


def neighbour(text="10.1.0.7", state=2):
    return Neighbour(index=2, family=2, address=text, state=state)


def tcp(remote="", local="127.0.0.1"):
    return Socket(
        kind=SocketKind.TCP,
        local=local,
        local_port=9,
        remote=remote,
        remote_port=9 if remote else 0,
    )


def lan_snapshot(**changes):
    facts = clean_snapshot(
        links=(LOOPBACK, CARD),
        addresses=(address(), address("fd00::1", family=10)),
        routes=(route(), route("10.1.0.1", 32, kind=2, table=255)),
    )
    facts = replace(facts, **changes)
    names = tuple(one.name for one in facts.links)
    seen = replace(facts.namespace, own_links=names, host_links=names, sysfs_links=names)
    return replace(facts, namespace=seen)


def found(facts, policy):
    return {(one.code, one.severity.value) for one in judge(facts, policy).evidence}


def blocking(facts, policy):
    return {code for code, severity in found(facts, policy) if severity == "block"}


def test_a_correct_lan_is_confined_but_unknown_until_commissioned():
    assert judge(lan_snapshot(), LAN, commissioned()).verdict is Verdict.OFFLINE
    report = judge(lan_snapshot(), LAN)
    assert report.verdict is Verdict.UNKNOWN
    assert report.codes(Severity.BLOCK) == ()
    assert set(report.codes(Severity.UNVERIFIED)) == {"baseline.missing"}
    assert judge(lan_snapshot(), AIR_GAPPED).verdict is Verdict.ONLINE


BASE = lan_snapshot()
LAN_ROWS = {
    "default_route": ({"routes": (*BASE.routes, route("", 0))}, "route.default"),
    "gateway": (
        {"routes": (*BASE.routes, route("10.9.0.0", 24, gateway="10.1.0.9"))},
        "route.via_gateway",
    ),
    "nexthop": ({"routes": (route(nexthop=True),)}, "route.nexthop_object"),
    "ipv6_default": (
        {"routes": (route("", 0, family=10, gateway="fe80::1"),)},
        "route.default",
    ),
    "split": ({"routes": (route("128.0.0.0", 1),)}, "route.default"),
    "second_card_up": ({"links": (*BASE.links, OTHER)}, "link.up"),
    "address_outside": ({"addresses": (address("10.2.0.1"),)}, "addr.present"),
    "right_name_wrong_mac": (
        {"links": (LOOPBACK, replace(CARD, permanent_mac="02:00:00:00:00:09"))},
        "link.up",
    ),
    "right_mac_wrong_bus": ({"links": (LOOPBACK, replace(CARD, bus_path=""))}, "link.up"),
    "foreign_neighbour": ({"neighbours": (neighbour("192.168.77.1"),)}, "neigh.seen"),
    "bridged": ({"links": (LOOPBACK, replace(CARD, master=7))}, "link.bridged"),
    "multipath": ({"routes": (route(multipath=True),)}, "route.multipath"),
    "called a group and none": ({"routes": (route("8.8.8.0", 24, kind=5),)}, "route.present"),
    "packets in packets": ({"routes": (route("10.1.0.0", 25, wrapped=True),)}, "tunnel.up"),
    "foreign_subnet": ({"routes": (route("10.0.0.0", 8),)}, "route.present"),
    "tunnel_down": (
        {"links": (*BASE.links, replace(OTHER, kind="wireguard", flags=0))},
        "tunnel.down",
    ),
    "rule": ({"rules": (Rule(family=2, priority=9, table=9, plain=True),)}, "rule.extra"),
    "peer_outside": ({"sockets": (tcp("192.0.2.1"),)}, "sock.remote_peer"),
    "forwarding": (
        {"environment": Environment(hypervisor=(), container=(), forwarding=("ipv4",))},
        "net.forwarding",
    ),
}


@pytest.mark.parametrize("row", LAN_ROWS)
def test_lan(row):
    changes, code = LAN_ROWS[row]
    facts = lan_snapshot(**changes)
    assert code in blocking(facts, LAN)
    assert judge(facts, LAN).verdict is Verdict.ONLINE


def test_a_second_card_that_was_never_up_is_a_warning():
    spare = replace(OTHER, flags=0, carrier_up_count=0, packets=0)
    assert ("link.present_down", "warn") in found(lan_snapshot(links=(*BASE.links, spare)), LAN)
    assert blocking(lan_snapshot(links=(*BASE.links, spare)), LAN) == set()


def test_inside_the_allowed_nets_a_lan_may_talk():
    facts = lan_snapshot(
        neighbours=(neighbour(),),
        sockets=(tcp("10.1.0.7"),),
        routes=(*BASE.routes, route(MULTICAST, 8, family=10, kind=5)),
    )
    assert blocking(facts, LAN) == set()
    assert {code for code, severity in found(facts, LAN) if severity == "info"} >= {
        "neigh.seen", "sock.remote_peer", "route.present", "link.up", "addr.present",
    }  # fmt: skip


def test_a_link_is_allowed_only_by_both_of_its_marks():
    with pytest.raises(UsageRefused):
        AllowedLink(permanent_mac="", bus_path=BUS)
    with pytest.raises(UsageRefused):
        AllowedLink(permanent_mac=MAC, bus_path="")


UNKNOWNS = {
    "kind": ({"links": (LOOPBACK, replace(OTHER, flags=0, kind="newkind"))}, "link.unknown_kind"),
    "hardware": ({"links": (LOOPBACK, replace(OTHER, flags=0, hardware=280))}, "link.unknown_kind"),
    "counters": (
        {"links": (LOOPBACK, replace(OTHER, carrier_up_count=None))},
        "hist.link_counters_missing",
    ),
    "route": ({"routes": (route(kind=77),)}, "route.unknown_type"),
    "route_family": ({"routes": (route(family=28),)}, "family.unknown"),
    "address_family": ({"addresses": (address(family=77),)}, "family.unknown"),
    "namespace": (
        {"other_namespaces": (OtherNamespace(inode=9, held_by="mount", links=None),)},
        "ns.other_netns_unreadable",
    ),
}


@pytest.mark.parametrize("case", UNKNOWNS)
def test_what_is_not_known_is_unverified(case):
    changes, code = UNKNOWNS[case]
    for policy in (AIR_GAPPED, LAN, REHEARSAL):
        report = judge(lan_snapshot(**changes), policy)
        assert code in report.codes(Severity.UNVERIFIED)
        assert not report.permits_printing(NOW)


def test_no_real_host_is_offline_before_it_is_commissioned():
    for policy in (AIR_GAPPED, LAN):
        report = judge(clean_snapshot(), policy)
        assert report.verdict is Verdict.UNKNOWN
        assert set(report.codes(Severity.UNVERIFIED)) == {"baseline.missing"}
    rehearsal = judge(clean_snapshot(), REHEARSAL)
    assert rehearsal.permits_printing(NOW)
    softened = {one.code: one.would_be for one in rehearsal.evidence}
    assert softened == {"baseline.missing": Severity.UNVERIFIED}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"host_net": 8}, "ns.not_host"),
        ({"kernel_net": 8}, "ns.not_host"),
        ({"host_links": ("e0", "lo")}, "ns.iflist_differs_from_pid1"),
        ({"sysfs_links": ("e0", "lo")}, "sys.differs_from_netlink"),
        ({"overmounted": ("/proc/1",)}, "proc.overmounted"),
    ],
)
def test_tampering_blocks_under_every_policy(changes, code):
    facts = clean_snapshot(namespace=replace(clean_snapshot().namespace, **changes))
    for policy in (AIR_GAPPED, LAN, REHEARSAL):
        assert code in blocking(facts, policy)


def test_a_reader_who_may_compare_with_nobody_is_unverified():
    nobody = replace(clean_snapshot().namespace, host_net=None, kernel_net=None, host_links=None)
    report = judge(clean_snapshot(namespace=nobody), REHEARSAL)
    assert report.codes(Severity.UNVERIFIED) == ("ns.unverifiable",)


def test_a_virtual_or_contained_host_is_unverified_and_forgiven_in_rehearsal():
    inside = Environment(hypervisor=("cpuinfo",), container=(".dockerenv",), forwarding=("ipv6",))
    hidden = replace(clean_snapshot().namespace, own_pid=5)
    facts = clean_snapshot(environment=inside, namespace=hidden)
    assert set(judge(facts, AIR_GAPPED).codes(Severity.UNVERIFIED)) >= {
        "env.virtual_machine", "env.container", "ns.pid_not_initial",
    }  # fmt: skip
    report = judge(facts, REHEARSAL)
    assert report.permits_printing(NOW)
    assert report.codes(Severity.WARN) == ("net.forwarding",)


def test_other_namespaces_and_dead_routes():
    facts = clean_snapshot(
        other_namespaces=(
            OtherNamespace(inode=9, held_by="process", links=1),
            OtherNamespace(inode=10, held_by="mount", links=0),
        ),
        routes=(route("", 0, kind=6), route("127.0.0.0", 8, kind=2, link=1, table=255)),
        rules=(
            Rule(family=2, priority=0, table=255, plain=True),
            Rule(family=2, priority=32766, table=254, plain=False),
        ),
        neighbours=(neighbour(state=0x40), neighbour(state=0)),
        addresses=(address("127.0.0.1", index=1), address("", index=1)),
        sockets=(
            tcp("127.0.0.1"),
            tcp(),
            tcp(local="0.0.0.0"),
            Socket(kind=SocketKind.RAW, local="", local_port=0, remote="", remote_port=0),
            Socket(kind=SocketKind.PACKET, local="", local_port=0, remote="", remote_port=0),
        ),
    )
    assert found(facts, AIR_GAPPED) == {
        ("baseline.missing", "unverified"),
        ("ns.other_netns_with_links", "block"), ("ns.other_netns_empty", "warn"),
        ("route.dead", "info"), ("rule.extra", "warn"), ("addr.present", "block"),
        ("sock.non_loopback_listener", "warn"), ("sock.raw", "warn"), ("sock.packet", "warn"),
    }  # fmt: skip


def test_links_in_every_state():
    facts = lan_snapshot(
        links=(
            LOOPBACK,
            replace(OTHER, index=4, name="v0", flags=0x1, carrier_up_count=0, packets=0),
            replace(OTHER, index=5, name="e9", kind="tun", flags=0x1, hardware=65534),
            replace(OTHER, index=6, name="b0", kind="bridge", flags=0),
            replace(OTHER, index=7, name="p0", master=6),
            replace(OTHER, index=8, name="s0", master=7),
        )
    )
    assert blocking(facts, AIR_GAPPED) >= {
        "link.admin_up_no_carrier", "tunnel.up", "link.bridged", "link.up",
        "hist.link_was_used_this_boot",
    }  # fmt: skip
    bridged = [one.subject for one in judge(facts, AIR_GAPPED).evidence if "bridged" in one.code]
    assert bridged == ["p0"]


def test_rules_of_the_kernel_tables():
    facts = clean_snapshot(
        nexthops=(Nexthop(number=1, blackhole=True), Nexthop(number=2, blackhole=False)),
        transforms=Transforms(associations=2, policies=1),
        translations=(Translation(family="ip", table="nat", chain=""),),
        sockets=(replace(tcp(), kind=SocketKind.OTHER, protocol="SCTP"),),
    )
    for policy in (AIR_GAPPED, LAN, REHEARSAL):
        assert found(facts, policy) >= {
            ("nexthop.dead", "info"), ("nexthop.present", "block"), ("tunnel.ipsec", "block"),
            ("net.translation", "block"), ("sock.unknown_family", "unverified"),
        }  # fmt: skip


def test_a_snapshot_is_named_by_all_its_facts():
    assert clean_snapshot().sha256() == clean_snapshot().sha256()
    assert clean_snapshot().sha256() != clean_snapshot(boot_id="c").sha256()
    assert judge(clean_snapshot(), REHEARSAL).snapshot_sha256 == clean_snapshot().sha256()


KINDS = {
    "wireguard": (65534, "tunnel.up", "tunnel.down"),
    "ppp": (512, "tunnel.up", "tunnel.down"),
    "gre": (778, "tunnel.up", "tunnel.down"),
    "sit": (776, "tunnel.up", "tunnel.down"),
    "xfrm": (0xFFFE, "tunnel.up", "tunnel.down"),
    "netkit": (1, "tunnel.up", "tunnel.down"),
    "nlmon": (824, "link.unknown_kind", "link.unknown_kind"),
    "can": (280, "link.unknown_kind", "link.unknown_kind"),
    "vrf": (1, "link.unknown_kind", "link.unknown_kind"),
    "bond": (1, "link.up", "link.present_down"),
    "vlan": (1, "link.up", "link.present_down"),
    "ipvlan": (1, "link.up", "link.present_down"),
    "dummy": (1, "link.up", "link.present_down"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_that_the_kernel_of_the_tests_lacks(kind):
    """By data: a kind is judged by what it is, and none of them is passed over."""
    hardware, up, down = KINDS[kind]
    link = replace(OTHER, kind=kind, hardware=hardware, permanent_mac="", bus_path="")
    for flags, code in ((0x10001, up), (0, down)):
        facts = lan_snapshot(links=(LOOPBACK, replace(link, flags=flags)))
        for policy in (AIR_GAPPED, LAN, REHEARSAL):
            assert code in {one for one, severity in found(facts, policy) if severity != "info"}
            if flags:
                assert judge(facts, policy).verdict is Verdict.ONLINE


def test_a_card_that_was_there_when_commissioned_may_be_there_and_down():
    spare = replace(OTHER, flags=0, carrier_up_count=0, packets=0)
    facts = lan_snapshot(links=(LOOPBACK, spare), addresses=(), routes=())
    known = KnownDevice(bus="net", place=spare.bus_path, mac=spare.permanent_mac)
    assert judge(facts, AIR_GAPPED, commissioned(devices=(known,))).verdict is Verdict.OFFLINE
    for device in ((), (replace(known, place="pci0000:00/0000:00:1f.6"),)):
        report = judge(facts, AIR_GAPPED, commissioned(devices=device))
        assert report.codes(Severity.BLOCK) == ("link.not_in_baseline",)
    nameless = replace(spare, permanent_mac="")
    facts = lan_snapshot(links=(LOOPBACK, nameless), addresses=(), routes=())
    known = replace(known, mac="")
    assert judge(facts, AIR_GAPPED, commissioned(devices=(known,))).verdict is Verdict.ONLINE


def test_addresses_of_the_link_stay_on_an_allowed_card():
    """IPv6 makes one by itself for every card; it never leaves the cable."""
    local = (address("fe80::1", family=10), address("169.254.7.7"))
    ways = (route("fe80::", 64, family=10), route("fe80::1", 128, family=10, kind=2, table=255))
    facts = lan_snapshot(addresses=(*BASE.addresses, local[0]), routes=(*BASE.routes, *ways))
    assert judge(facts, LAN, commissioned()).verdict is Verdict.OFFLINE
    assert judge(facts, AIR_GAPPED, commissioned()).verdict is Verdict.ONLINE
    assert blocking(lan_snapshot(addresses=(local[1],)), LAN) == {
        "addr.present"
    }  # IPv4 asks a peer
    foreign = lan_snapshot(links=(LOOPBACK, OTHER), addresses=(replace(local[0], index=3),))
    assert "addr.present" in blocking(foreign, LAN)


def test_a_link_whose_other_end_is_in_another_namespace_leads_there():
    away = replace(CARD, elsewhere=True)
    for policy in (AIR_GAPPED, LAN, REHEARSAL):
        assert "link.ends_elsewhere" in blocking(lan_snapshot(links=(LOOPBACK, away)), policy)


def test_of_two_links_with_one_number_neither_is_believed():
    twin = replace(OTHER, index=LOOPBACK.index, flags=0, carrier_up_count=0, packets=0)
    facts = lan_snapshot(
        links=(LOOPBACK, twin), addresses=(address("127.0.0.1", index=1),), routes=()
    )
    assert blocking(facts, AIR_GAPPED) >= {"addr.present"}


@pytest.mark.parametrize("age_ns", [-1, MAX_AGE_NS + 1])
def test_facts_read_too_long_ago_are_unverified(age_ns):
    results = clean_snapshot().collectors
    old = tuple(
        replace(one, age_ns=age_ns) if one.name == "held_namespaces" else one for one in results
    )
    report = judge(clean_snapshot(collectors=old), REHEARSAL, commissioned())
    assert report.codes(Severity.UNVERIFIED) == ("collector.stale",)
    fresh = tuple(replace(one, age_ns=MAX_AGE_NS) for one in results)
    report = judge(clean_snapshot(collectors=fresh), REHEARSAL, commissioned())
    assert report.verdict is Verdict.OFFLINE


def test_of_two_results_of_one_collector_the_worse_counts():
    results = clean_snapshot().collectors
    twice = (*results, replace(results[0], state=CollectorState.FAILED))
    assert judge(clean_snapshot(collectors=twice), REHEARSAL).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("machine", ["", "other"])
def test_offline_row_67_baseline_of_another_machine(machine):
    facts = clean_snapshot(machine_id=machine)
    for policy in (AIR_GAPPED, LAN):
        report = judge(facts, policy, commissioned(machine_id=machine or "m"))
        expected = () if machine else ("baseline.other_machine",)
        assert report.codes(Severity.UNVERIFIED) == expected
        report = judge(facts, policy, commissioned())
        assert report.codes(Severity.UNVERIFIED) == ("baseline.other_machine",)
        assert report.verdict is Verdict.UNKNOWN
    assert judge(facts, REHEARSAL, commissioned()).verdict is Verdict.OFFLINE


@pytest.mark.parametrize("fault", BaselineFault)
def test_offline_row_67_baseline_missing_or_not_to_be_believed(fault):
    for policy in (AIR_GAPPED, LAN):
        report = judge(clean_snapshot(), policy, fault)
        assert report.codes(Severity.UNVERIFIED) == (fault.value,)
        assert report.verdict is Verdict.UNKNOWN
    report = judge(clean_snapshot(), REHEARSAL, fault)
    assert report.verdict is Verdict.OFFLINE
    assert [one.would_be for one in report.evidence] == [Severity.UNVERIFIED]


def test_every_policy_gives_every_check_a_severity_and_only_named_ones_are_softened():
    softened = {code for code, check in CHECKS.items() if check.rehearsal is not None}
    of_the_machine = {code for code in softened if code.startswith(("hw.", "storage."))}
    assert softened - of_the_machine == {
        *(one.value for one in BaselineFault), "baseline.other_machine", "hist.uncompared",
        "ns.pid_not_initial", "env.virtual_machine", "env.container", "link.not_in_baseline",
    }  # fmt: skip
    assert {"hw.unreadable", "storage.unreadable"}.isdisjoint(of_the_machine)
    for check in CHECKS.values():
        for policy in PolicyName:
            assert check.under(policy, allowed=True) in Severity
            assert check.under(policy) in Severity


@pytest.mark.parametrize(
    ("later_ns", "boot_id", "refused"),
    [(0, "b", False), (5_000_000_000, "b", False), (5_000_000_001, "b", True), (0, "c", True)],
)
def test_the_guard_gives_no_leave_for_a_look_that_is_old(monkeypatch, later_ns, boot_id, refused):
    taken = Moment(boot_id="b", boottime_ns=7)
    seen = Seen(report={}, verdict="OFFLINE", snapshot_sha256="", taken=taken, nets=())
    now = Moment(boot_id=boot_id, boottime_ns=7 + later_ns)
    monkeypatch.setattr(flights, "this_moment", lambda: now)
    refusal = flights.verdict_refusal(seen)
    assert (refusal is not None) == refused
    assert refusal is None or refusal.code == "host.unknown"

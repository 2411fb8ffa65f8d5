# SPDX-License-Identifier: Apache-2.0
"""The offline rows of the hostile table, each on a host of its own made of real namespaces.

They are judged under the rehearsal policy, which forgives only that these hosts are virtual and
not commissioned; the same facts under the air-gapped policy must never be OFFLINE.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bmnn_mark.printing.rehearsal import isolated

PROBE = shlex.join([sys.executable, "-I", str(Path(__file__).with_name("probe.py"))])
PAIR = "ip link add v0 type veth peer name v1; "
PAIR_UP = PAIR + "ip link set v0 up; ip link set v1 up; "
ADDRESSED = PAIR_UP + "ip addr add 10.1.0.1/24 dev v0; "
NO_IPV6 = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; "
HOLD_TUN = (
    '/usr/bin/python3 -c \'import fcntl,os,struct,time; f=os.open("/dev/net/tun",2);'
    'fcntl.ioctl(f,0x400454ca,struct.pack("16sH22x",b"t0",%d)); time.sleep(20)\' & '
    "sleep 0.4; ip link set t0 up; "
)
LISTEN = (
    '/usr/bin/python3 -c \'import socket,time; s=socket.socket(); s.bind(("0.0.0.0",9));'
    "s.listen(); time.sleep(20)' & sleep 0.4; "
)
PACKET = (
    "/usr/bin/python3 -c 'import socket,time; s=socket.socket(17,3); time.sleep(20)' & sleep 0.4; "
)


def report_of(script, *, apart=True, policy="rehearsal"):
    """Run a shell script, alone on a host where ``apart``; it must run the probe once."""
    command = ["/usr/bin/sh", "-c", script]
    answer = subprocess.run(
        isolated(command) if apart else command,
        capture_output=True,
        timeout=40,
        check=False,
        stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
    )
    assert answer.stdout, answer.stderr.decode()
    reports = json.loads(answer.stdout)
    if apart:
        assert reports["air-gapped"]["verdict"] != "OFFLINE"
    return reports[policy]


def codes(report, severity):
    return {one["code"] for one in report["evidence"] if one["severity"] == severity}


OFFLINE_ROWS = {
    "row_1_only_lo": ("ip link set lo up; ", set()),
    "row_2_lo_down": ("ip link set lo down; ", set()),
    "row_3_card_never_up": ("ip link add e0 type ifb; ", {"link.present_down"}),
    "row_12_blackhole_default": ("ip route add blackhole default; ", set()),
    "row_14_tun_down": ("ip tuntap add t0 mode tun; ", {"tunnel.down"}),
    "row_26_used_then_deleted_is_a_known_gap": (PAIR_UP + "ip link del v0; ", set()),
    "row_27_listener_without_a_link": (LISTEN, {"sock.non_loopback_listener"}),
    "row_28_packet_socket": (PACKET, {"sock.packet"}),
    "row_30_pinned_empty_namespace": (
        "mkdir -p /run/netns; ip netns add o; ",
        {"ns.other_netns_empty"},
    ),
}


@pytest.mark.parametrize("row", OFFLINE_ROWS)
def test_offline(row):
    setup, warnings = OFFLINE_ROWS[row]
    report = report_of(setup + PROBE)
    assert report["verdict"] == "OFFLINE", report["evidence"]
    assert codes(report, "warn") >= warnings
    assert codes(report, "block") == codes(report, "unverified") == set()


ONLINE_ROWS = {
    "row_4_card_up": ("ip link add e0 type ifb; ip link set e0 up; ", {"link.up"}),
    "row_5_no_carrier": (PAIR + "ip link set v0 up; ", {"link.admin_up_no_carrier"}),
    "row_6_up_without_address": (NO_IPV6 + PAIR_UP, {"link.up"}),
    "row_7_only_link_local": (PAIR_UP, {"addr.present", "link.up"}),
    "row_8_peer_in_another_namespace": (
        "ip netns add h; ip link add v0 type veth peer name v1 netns h; ip link set v0 up; "
        "ip -n h link set v1 up; ",
        {"link.up", "ns.other_netns_with_links"},
    ),
    "row_9_default_route": (
        ADDRESSED + "ip route add default via 10.1.0.2; ",
        {"route.default", "route.via_gateway"},
    ),
    "row_10_default_only_in_table_100": (
        ADDRESSED + "ip route add default via 10.1.0.2 table 100; "
        "ip rule add to 8.8.8.8 lookup 100; ",
        {"route.default"},
    ),
    "row_11_default_only_ipv6": (
        PAIR_UP + "ip -6 route add default via fe80::1 dev v0; ",
        {"route.default"},
    ),
    "row_13_default_on_lo": (
        "ip link set lo up; ip route add default dev lo; ",
        {"route.default"},
    ),
    "row_15_tun_up": ("ip tuntap add t0 mode tun; ip link set t0 up; ", {"tunnel.up"}),
    "row_16_tun_held_by_a_process": (HOLD_TUN % 0x1001, {"tunnel.up"}),
    "row_17_tap_held_by_a_process": (HOLD_TUN % 0x1002, {"tunnel.up"}),
    "row_18_empty_bridge": (
        "ip link add b0 type bridge; ip link set b0 up; ",
        set(),  # its carrier goes a moment after it is up
    ),
    "row_19_bridge_with_port": (
        PAIR_UP + "ip link add b0 type bridge; ip link set v0 master b0; ip link set b0 up; ",
        {"link.bridged", "link.up"},
    ),
    "row_20_vxlan": (
        "ip link add x0 type vxlan id 5 dstport 4789; ip link set x0 up; ",
        {"tunnel.up"},
    ),
    "row_21_macvlan": (
        PAIR_UP + "ip link add m0 link v0 type macvlan; ip link set m0 up; ",
        {"link.up"},
    ),
    "row_22_global_address_on_lo": ("ip addr add 203.0.113.9/32 dev lo; ", {"addr.present"}),
    "row_23_card_named_lo0": ("ip link add lo0 type ifb; ip link set lo0 up; ", {"link.up"}),
    "row_24_used_now_down": (
        ADDRESSED + "sleep 0.3; ip link set v0 down; ip link set v1 down; ",
        {"hist.link_was_used_this_boot"},
    ),
    "row_25_flapped_without_a_packet": (
        NO_IPV6 + PAIR_UP + "ip link set v0 down; ip link set v1 down; ",
        {"hist.link_was_used_this_boot"},
    ),
    "row_29_process_in_an_online_namespace": (
        "unshare -n sh -c 'ip link add e0 type ifb; ip link set e0 up; exec sleep 20' & "
        "sleep 0.5; ",
        {"ns.other_netns_with_links"},
    ),
    "row_31_pinned_namespace_with_a_link": (
        "ip netns add o; ip -n o link add e0 type ifb; ",
        {"ns.other_netns_with_links"},
    ),
    "row_32_namespace_held_by_a_descriptor": (
        "ip netns add o; ip -n o link add e0 type ifb; sleep 20 7</run/netns/o & sleep 0.2; "
        "ip netns del o; ",
        {"ns.other_netns_with_links"},
    ),
    "row_38_proc_1_overmounted": ("mount --bind /proc/self /proc/1; ", {"proc.overmounted"}),
    "row_39_false_sys": (
        "ip link add e0 type ifb; mount -t tmpfs t /sys; mkdir -p /sys/class/net/lo; ",
        {"sys.differs_from_netlink", "proc.overmounted"},
    ),
    "row_45_nexthop_object": (
        ADDRESSED + "ip nexthop add id 5 via 10.1.0.9 dev v0; ip route add 10.9.0.0/24 nhid 5; ",
        {"route.nexthop_object", "route.via_gateway"},
    ),
    "row_47_split_default": (
        ADDRESSED + "ip route add 0.0.0.0/1 dev v0; ip route add 128.0.0.0/1 dev v0; ",
        {"route.default"},
    ),
    "row_52_neighbour": (
        ADDRESSED + "ip neigh add 10.1.0.7 lladdr 02:00:00:00:00:07 dev v0; ",
        {"neigh.seen"},
    ),
    "multipath": (
        ADDRESSED + "ip route add 6.0.0.0/8 nexthop via 10.1.0.4 dev v0 "
        "nexthop via 10.1.0.5 dev v0; ",
        {"route.multipath"},
    ),
}


@pytest.mark.parametrize("row", ONLINE_ROWS)
def test_online(row):
    setup, blocking = ONLINE_ROWS[row]
    report = report_of(setup + PROBE)
    assert report["verdict"] == "ONLINE", report["evidence"]
    assert codes(report, "block") >= blocking


def test_row_10_names_the_extra_rule():
    report = report_of("ip rule add to 8.8.8.8 lookup 100; " + PROBE)
    assert report["verdict"] == "OFFLINE"
    assert codes(report, "warn") == {"rule.extra"}


def test_row_20_names_the_listener_of_the_tunnel():
    setup = "ip link add x0 type vxlan id 5 dstport 4789; ip link set x0 up; "
    report = report_of(setup + PROBE)
    ports = [one["detail"]["port"] for one in report["evidence"] if "port" in one["detail"]]
    assert 4789 in ports


@pytest.mark.parametrize(
    "script",
    [
        f"unshare -n {PROBE}",
        f"unshare -n -m sh -c 'mount -t sysfs s /sys; {PROBE}; exit $?'",
    ],
    ids=["row_33_own_empty_namespace", "row_34_and_sys_remounted"],
)
def test_hidden_in_a_namespace(script):
    report = report_of(script)
    assert report["verdict"] == "ONLINE"
    assert "ns.not_host" in codes(report, "block")


def test_row_35_own_process_namespace_is_not_believed():
    script = (
        "unshare --net --pid --fork --mount --mount-proc sh -c "
        f"'mount -t sysfs s /sys; {PROBE}; exit $?'"
    )
    report = report_of(script, apart=False, policy="air-gapped")
    assert report["verdict"] != "OFFLINE"  # the PCI bus, which no namespace hides, may say ONLINE
    assert codes(report, "unverified") >= {"ns.pid_not_initial", "baseline.missing"}


def test_row_36_a_user_who_hides_is_found_by_process_1s_list():
    report = report_of("ip link add e0 type ifb; unshare -U -r -n " + PROBE)
    assert report["verdict"] == "ONLINE"
    assert "ns.iflist_differs_from_pid1" in codes(report, "block")


def test_row_37_without_rights_over_process_1_nothing_can_be_verified():
    report = report_of("unshare -U -r " + PROBE)
    assert report["verdict"] == "UNKNOWN"
    assert "ns.unverifiable" in codes(report, "unverified")


@pytest.mark.parametrize("when", ["starved-early", "starved-late"])
def test_row_40_without_descriptors_nothing_is_known(when):
    report = report_of(f"{PROBE} {when}")
    assert report["verdict"] == "UNKNOWN"
    failed = [one for one in report["evidence"] if one["code"] == "collector.failed"]
    assert len(failed) == 9


def test_this_very_host_is_not_offline_for_a_real_register():
    report = report_of(PROBE, apart=False, policy="air-gapped")
    assert report["verdict"] in {"ONLINE", "UNKNOWN"}
    assert "baseline.missing" in codes(report, "unverified")


def test_the_isolated_host_keeps_a_process_1_of_its_own():
    command = isolated(["/usr/bin/sh", "-c", "echo $$; exit 7"])
    answer = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert answer.returncode == 7
    assert answer.stdout.strip() not in {b"", b"1"}

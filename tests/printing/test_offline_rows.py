# SPDX-License-Identifier: Apache-2.0
"""Rows 1 to 41 and 65 of the offline table, each on a host of its own made of real namespaces.

They are judged as they are, in a rehearsal, and as the network of a real commissioned machine.
"""

import pytest

from bmnn_mark.printing.judge import MANDATORY
from tests.printing.offline_rows import (
    ADDRESSED,
    FILTER,
    NO_IPV6,
    PAIR,
    PAIR_UP,
    PROBE,
    look,
    offline,
    online,
)

HOLD_TUN = (
    '/usr/bin/python3 -c \'import fcntl,os,struct,time; f=os.open("/dev/net/tun",2);'
    'fcntl.ioctl(f,0x400454ca,struct.pack("16sH22x",b"t0",%d)); time.sleep(20)\' & '
    "until ip link set t0 up 2>/dev/null; do sleep 0.02; done; "
)
LISTEN = (
    '/usr/bin/python3 -c \'import socket,time; s=socket.socket(); s.bind(("0.0.0.0",9));'
    's.listen(); open("/run/ready","w"); time.sleep(20)\' & '
    "until [ -e /run/ready ]; do sleep 0.02; done; "
)
PACKET = LISTEN.replace(
    's=socket.socket(); s.bind(("0.0.0.0",9));s.listen();', "s=socket.socket(17,3);"
)
#: Opens a socket in a namespace that has a card, comes back, and lets the namespace's name go.
SOCKET_LEFT = (
    "ip netns add o; ip -n o link add e0 type ifb; "
    "/usr/bin/python3 -c 'import ctypes,os,socket,time; c=ctypes.CDLL(None);"
    'home=os.open("/proc/self/ns/net",0); there=os.open("/run/netns/o",0);'
    "c.setns(there,0); s=socket.socket(); c.setns(home,0); os.close(there); os.close(home);"
    'open("/run/ready","w"); time.sleep(20)\' & '
    "until [ -e /run/ready ]; do sleep 0.02; done; ip netns del o; "
)
#: A thread of a process that itself is in the host's namespace.
THREAD_AWAY = (
    "/usr/bin/python3 -c 'import ctypes,os,subprocess,threading,time\n"
    "def away():\n"
    " ctypes.CDLL(None).unshare(0x40000000)\n"
    ' subprocess.run(["ip","link","add","e0","type","ifb"]); open("/run/ready","w")\n'
    " time.sleep(20)\n"
    "threading.Thread(target=away).start()' & "
    "until [ -e /run/ready ]; do sleep 0.02; done; "
)
APART_MOUNTS = (
    "unshare -m --propagation private sh -c 'mount -t tmpfs t /run; mkdir -p /run/netns;"
    "ip netns add o; ip -n o link add e0 type ifb; touch /tmp/bmnn-$$; %s' & "
    "until [ -e /tmp/bmnn-$! ]; do sleep 0.02; done; rm /tmp/bmnn-$!; "
)


def test_offline_row_01_only_the_loopback():
    offline("ip link set lo up; ")


def test_offline_row_02_loopback_down():
    offline("ip link set lo down; ")


def test_offline_row_03_card_never_up():
    offline("ip link add e0 type ifb; ", "link.present_down")


def test_offline_row_04_card_up():
    online("ip link add e0 type ifb; ip link set e0 up; ", "link.up")


def test_offline_row_05_up_without_carrier():
    online(PAIR + "ip link set v0 up; ", "link.admin_up_no_carrier")


def test_offline_row_06_up_without_an_address():
    reports = online(NO_IPV6 + PAIR_UP, "link.up")
    assert "addr.present" not in reports.codes("block")


def test_offline_row_07_only_a_link_local_address():
    online(PAIR_UP, "addr.present", "link.up")


def test_offline_row_08_peer_in_another_namespace():
    online(
        "ip netns add h; ip link add v0 type veth peer name v1 netns h; ip link set v0 up; "
        "ip -n h link set v1 up; ",
        "link.up",
        "link.ends_elsewhere",
        "ns.other_netns_with_links",
    )


def test_offline_row_09_default_route():
    setup = ADDRESSED + "ip route add default via 10.1.0.2; "
    online(setup, "route.default", "route.via_gateway")


def test_offline_row_10_default_route_only_in_a_further_table():
    setup = "ip route add default via 10.1.0.2 table 100; ip rule add to 8.8.8.8 lookup 100; "
    reports = online(ADDRESSED + setup, "route.default")
    assert "rule.extra" in reports.codes("warn")


def test_offline_row_10_the_rule_alone_is_a_warning():
    offline("ip rule add to 8.8.8.8 lookup 100; ", "rule.extra")


def test_offline_row_11_default_route_only_of_ipv6():
    online(PAIR_UP + "ip -6 route add default via fe80::1 dev v0; ", "route.default")


def test_offline_row_12_blackhole_default():
    reports = offline("ip route add blackhole default; ")
    assert "route.dead" in reports.codes("info")


def test_offline_row_13_default_route_on_the_loopback():
    online("ip link set lo up; ip route add default dev lo; ", "route.default")


def test_offline_row_14_tun_down():
    reports = look("ip tuntap add t0 mode tun; " + PROBE)
    assert reports.verdicts("rehearsal") == {"OFFLINE"}
    assert "tunnel.down" in reports.codes("warn", "rehearsal")
    assert reports.codes("block") == {"link.not_in_baseline"}  # it was not there when commissioned


def test_offline_row_15_tun_up_without_a_process():
    online("ip tuntap add t0 mode tun; ip link set t0 up; ", "tunnel.up")


def test_offline_row_16_tun_held_by_a_process():
    online(HOLD_TUN % 0x1001, "tunnel.up")


def test_offline_row_17_tap_held_by_a_process():
    online(HOLD_TUN % 0x1002, "tunnel.up")


def test_offline_row_18_empty_bridge():
    online("ip link add b0 type bridge; ip link set b0 up; ")  # its carrier goes a moment later


def test_offline_row_19_bridge_with_a_port():
    setup = "ip link add b0 type bridge; ip link set v0 master b0; ip link set b0 up; "
    online(PAIR_UP + setup, "link.bridged", "link.up")


def test_offline_row_20_vxlan_and_its_listener():
    setup = "ip link add x0 type vxlan id 5 dstport 4789; ip link set x0 up; "
    reports = online(setup, "tunnel.up")
    ports = [one["detail"]["port"] for one in reports.evidence() if "port" in one["detail"]]
    assert 4789 in ports


def test_offline_row_21_macvlan():
    online(PAIR_UP + "ip link add m0 link v0 type macvlan; ip link set m0 up; ", "link.up")


def test_offline_row_22_global_address_on_the_loopback():
    online("ip addr add 203.0.113.9/32 dev lo; ", "addr.present")


def test_offline_row_23_card_named_lo0():
    online("ip link add lo0 type ifb; ip link set lo0 up; ", "link.up")


def test_offline_row_24_used_and_now_down():
    setup = "sleep 0.3; ip link set v0 down; ip link set v1 down; "
    online(ADDRESSED + setup, "hist.link_was_used_this_boot")


def test_offline_row_25_flapped_without_a_packet():
    setup = NO_IPV6 + PAIR_UP + "ip link set v0 down; ip link set v1 down; "
    reports = online(setup, "hist.link_was_used_this_boot")
    used = [one["detail"] for one in reports.evidence() if one["code"].startswith("hist.link_was")]
    assert {one["packets"] for one in used} == {0}


def test_offline_row_26_used_and_deleted_is_not_in_a_snapshot():
    """A known gap of one look: who keeps watch sees it, as the test of the same row with it."""
    offline(PAIR_UP + "ip link del v0; ")


def test_offline_row_27_listener_without_a_link():
    offline(LISTEN, "sock.non_loopback_listener")


def test_offline_row_28_packet_socket():
    offline(PACKET, "sock.packet")


def test_offline_row_29_process_in_an_online_namespace():
    online(
        "unshare -n sh -c 'ip link add e0 type ifb; ip link set e0 up; touch /run/ready;"
        "exec sleep 20' & until [ -e /run/ready ]; do sleep 0.02; done; ",
        "ns.other_netns_with_links",
    )


def test_offline_row_29_thread_in_an_online_namespace():
    online(THREAD_AWAY, "ns.other_netns_with_links")


def test_offline_row_30_pinned_empty_namespace():
    offline("mkdir -p /run/netns; ip netns add o; ", "ns.other_netns_empty")


def test_offline_row_31_pinned_namespace_with_a_link():
    online("ip netns add o; ip -n o link add e0 type ifb; ", "ns.other_netns_with_links")


def test_offline_row_31_pinned_in_another_mount_namespace():
    online(APART_MOUNTS % "exec sleep 20", "ns.other_netns_with_links")


def test_offline_row_31_pinned_in_a_mount_namespace_that_nobody_is_in():
    keep = (
        "mkdir -p /run/kept; mount --bind --make-private /run/kept /run/kept; touch /run/kept/m; "
    )
    inside = "exec sleep 20"
    pin = "mount --bind /proc/$!/ns/mnt /run/kept/m; kill $!; wait $! || :; "
    online(keep + APART_MOUNTS % inside + pin, "ns.other_netns_with_links", one_cpu=True)


def test_offline_row_32_namespace_held_by_a_descriptor():
    online(
        "ip netns add o; ip -n o link add e0 type ifb; "
        "(exec sleep 20 7</run/netns/o) & sleep 0.2; ip netns del o; ",
        "ns.other_netns_with_links",
    )


def test_offline_row_32_namespace_held_by_a_socket():
    online(SOCKET_LEFT, "ns.other_netns_with_links")


def test_offline_row_33_hidden_in_an_empty_namespace():
    reports = look(f"unshare -n {PROBE}")
    assert reports.verdicts("air-gapped", "rehearsal", "sealed") == {"ONLINE"}
    assert "ns.not_host" in reports.codes("block")


def test_offline_row_34_hidden_and_sys_mounted_anew():
    reports = look(f"unshare -n -m sh -c 'mount -t sysfs s /sys; {PROBE}; exit $?'")
    assert reports.verdicts("air-gapped", "rehearsal", "sealed") == {"ONLINE"}
    assert "ns.not_host" in reports.codes("block")


def test_offline_row_35_own_process_namespace_is_not_believed():
    script = (
        "unshare --net --pid --fork --mount --mount-proc sh -c "
        f"'mount -t sysfs s /sys; {PROBE}; exit $?'"
    )
    reports = look(script, apart=False)
    assert reports.verdicts("air-gapped") <= {"UNKNOWN", "ONLINE"}  # hardware shows through
    assert "ns.pid_not_initial" in reports.codes("unverified", "air-gapped")


def test_offline_row_36_user_who_hides_is_found_by_the_list_of_process_1():
    reports = look(f"ip link add e0 type ifb; {PROBE} nobody hidden")
    assert reports.verdicts("air-gapped", "rehearsal", "sealed") == {"ONLINE"}
    assert "ns.iflist_differs_from_pid1" in reports.codes("block")


def test_offline_row_37_user_may_compare_with_nobody():
    reports = look(f"{PROBE} nobody")
    assert reports.verdicts("rehearsal", "sealed") == {"UNKNOWN"}
    assert "ns.unverifiable" in reports.codes("unverified", "rehearsal")


def test_offline_row_38_process_1_overmounted():
    online("mount --bind /proc/self /proc/1; ", "proc.overmounted")


def test_offline_row_38_a_file_of_the_kernel_overmounted():
    online("touch /run/none; mount --bind /run/none /proc/cpuinfo; ", "proc.overmounted")


def test_offline_row_38_a_place_made_read_only_is_no_tampering():
    offline("mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; ")


def test_offline_row_39_false_sys():
    online(
        "ip link add e0 type ifb; mount -t tmpfs t /sys; mkdir -p /sys/class/net/lo; ",
        "sys.differs_from_netlink",
        "proc.overmounted",
    )


@pytest.mark.parametrize("when", ["starved-early", "starved-late"])
def test_offline_row_40_without_descriptors(when):
    reports = look(f"{PROBE} {when}")
    assert reports.verdicts("rehearsal", "sealed") == {"UNKNOWN"}
    failed = {one["subject"] for one in reports.evidence() if one["code"] == "collector.failed"}
    assert failed >= set(MANDATORY) - {"clock", "history", "held_namespaces"}  # may be known still


def test_a_multipath_route_is_a_way_out():
    setup = "ip route add 6.0.0.0/8 nexthop via 10.1.0.4 dev v0 nexthop via 10.1.0.5 dev v0; "
    online(ADDRESSED + setup, "route.multipath")


def test_a_neighbour_is_proof_of_a_network():
    setup = "ip neigh add 10.1.0.7 lladdr 02:00:00:00:00:07 dev v0; "
    online(ADDRESSED + setup, "neigh.seen")


def test_ipsec_policies_are_a_tunnel():
    setup = "ip xfrm policy add src 0.0.0.0/0 dst 10.9.0.0/24 dir out action block; "
    online(setup, "tunnel.ipsec")


def test_address_translation_is_no_affair_of_a_secret_host():
    online(f"{FILTER} nat; ", "net.translation")
    offline(f"{FILTER} nat-empty; ")


def test_forwarding_of_one_interface_is_forwarding():
    offline("echo 1 > /proc/sys/net/ipv4/conf/lo/forwarding; ", "net.forwarding")


def test_offline_row_65_an_output_filter_is_no_enforcement():
    """Raw frames pass a filter that drops everything else; a link behind one is a link."""
    send = (
        '/usr/bin/python3 -c \'import socket; s=socket.socket(17,3,0); s.bind(("v0",0));'
        '[s.send(b"\\xff"*12+b"\\x88\\xb5"+bytes(46)) for _ in range(5)]\'; '
    )
    count = "test $(cat /sys/class/net/v1/statistics/rx_packets) -ge 5 || exit 9; "
    online(NO_IPV6 + PAIR_UP + f"{FILTER} drop; " + send + count, "link.up")


def test_offline_row_68_many_interfaces_with_odd_names():
    names = "$(printf 'a\\377b') mạng \"it's\" '<b>' $(printf 'c\\001d') '-rf' '\\n'"
    setup = f'for name in {names}; do ip link add name "$name" type ifb || exit 9; done; '
    reports = offline(setup, "link.present_down")
    shown = {one["subject"] for one in reports.evidence() if one["code"] == "link.present_down"}
    assert shown >= {"a\\xffb", "mạng", "it's", "<b>", "c\\x01d", "-rf", "\\\\n"}


def test_offline_row_68_two_thousand_interfaces():
    add = "for i in $(seq 2000); do echo link add e$i type ifb; done | ip -batch -; "
    reports = offline(add, "link.present_down")
    found = [one["subject"] for one in reports.evidence() if one["code"] == "link.present_down"]
    assert len(found) == len(set(found)) == 2000


def test_this_very_host_is_not_offline_for_a_real_register():
    reports = look(PROBE, apart=False)
    assert reports.verdicts("air-gapped") <= {"ONLINE", "UNKNOWN"}
    assert "baseline.missing" in reports.codes("unverified", "air-gapped")

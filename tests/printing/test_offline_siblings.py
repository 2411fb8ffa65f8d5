# SPDX-License-Identifier: Apache-2.0
"""Other ways to the harms of the offline rows, each on a host of its own."""

import shlex

import pytest

from tests.printing.offline_rows import PROBE, look, offline, online

PYTHON = "/usr/bin/python3 -I -c "
AWAY = """
import ctypes, os, socket, subprocess, threading, time
libc = ctypes.CDLL(None)
FILES, NET = 0x400, 0x40000000
def away():
    {}
    libc.sleep(20)
threading.Thread(target=away).start()
time.sleep(0.5)
{}
"""
LINK = "subprocess.run(['ip', 'link', 'add', 'e0', 'type', 'ifb'], check=True)"


def in_a_thread(*steps, then=""):
    """A process, one thread of which does something and stays."""
    return f"{PYTHON}{shlex.quote(AWAY.format('; '.join(steps), then))} & sleep 1.2; "


def test_offline_row_29_thread_that_outlives_the_first_of_its_process():
    online(
        in_a_thread("libc.unshare(NET)", LINK, then="libc.syscall(60, 0)"),
        "ns.other_netns_with_links",
    )


def test_offline_row_32_descriptor_of_a_thread_that_shares_it_with_none():
    online(
        "ip netns add o; ip -n o link add e0 type ifb; "
        + in_a_thread("libc.unshare(FILES)", "os.open('/run/netns/o', 0)")
        + "ip netns del o; ",
        "ns.other_netns_with_links",
    )


def test_offline_row_32_socket_of_a_thread_that_shares_it_with_none():
    online(
        in_a_thread(
            "libc.unshare(FILES)", "home = os.open('/proc/thread-self/ns/net', 0)",
            "libc.unshare(NET)", LINK, "left = socket.socket()", "libc.setns(home, NET)",
        ),
        "ns.other_netns_with_links",
    )  # fmt: skip


@pytest.mark.parametrize(
    "tap", ["", "fcntl.ioctl(end, 0x400454CA, struct.pack('16sH22x', b't0', 2))"]
)
def test_offline_row_32_tunnel_of_another_namespace_that_somebody_has_open(tap):
    online(
        in_a_thread(
            "import fcntl, struct", "home = os.open('/proc/thread-self/ns/net', 0)",
            "libc.unshare(NET)", LINK, "end = os.open('/dev/net/tun', os.O_RDWR)",
            tap or "pass", "libc.setns(home, NET)", "os.close(home)",
        ),
        "ns.other_netns_with_links",
    )  # fmt: skip


TAP = """
import ctypes, os, time
libc = ctypes.CDLL(None)
home = os.open('/proc/self/ns/net', 0)
libc.unshare(0x40000000)
os.system('ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up')
os.system('ip link add m0 link v0 type macvtap; ip link set m0 up')
rows = open('/proc/devices').read().split()
major = int(rows[rows.index('macvtap') - 1])
os.mkdir('/run/taps')
for minor in range(1, 99):
    os.mknod(f'/run/taps/{minor}', 0o20600, os.makedev(major, minor))
    try:
        end = os.open(f'/run/taps/{minor}', os.O_RDWR)
        break
    except OSError:
        pass
libc.setns(home, 0x40000000)
os.close(home)
os.mkdir(f'/run/taps/of {end}')
time.sleep(20)
"""


def test_offline_row_32_tap_of_another_namespace_that_does_not_say_of_which():
    reports = look(f"{PYTHON}{shlex.quote(TAP)} & sleep 1.2; ls -d /run/taps/of* >&2; {PROBE}")
    assert reports.verdicts("sealed", "lan") == {"UNKNOWN"}, reports.evidence()
    assert "ns.other_netns_unreadable" in reports.codes("unverified")


QUARTERS = "".join(f"ip route add {n}.0.0.0/2 dev lo; " for n in (0, 64, 128, 192))


@pytest.mark.parametrize(
    ("setup", "code"),
    [
        pytest.param(f"ip link set lo up; {QUARTERS}", "route.present", id="default in quarters"),
        pytest.param("ip link set lo up; ip route add 126.0.0.0/7 dev lo; ", "route.present",
                     id="more than loopback's own"),
        pytest.param("ip route add local default dev lo table 77; ", "route.default",
                     id="every address is ours"),
        pytest.param("ip route add throw default table 9; ", "route.default", id="throw"),
        pytest.param("ip addr add 192.168.1.1/32 dev lo scope host; ", "addr.present",
                     id="scope of the host"),
        pytest.param("ip link set lo up; ip route add 127.9.0.0/16 encap ip dst 192.0.2.1 dev lo; ",
                     "tunnel.up", id="packets in packets"),
        pytest.param("ip xfrm policy add src 10.0.0.1/32 dst 10.0.0.2/32 dir out; ", "tunnel.ipsec",
                     id="policy without association"),
    ],
)  # fmt: skip
def test_offline_rows_09_to_22_other_ways_out(setup, code):
    online(setup, code)


@pytest.mark.parametrize("place", ["/sys/block", "/sys/class", "/sys", "/proc/sys/net"])
def test_offline_row_38_other_places_that_facts_are_read_from(place):
    online(f"mount -t tmpfs none {place}; ", "proc.overmounted")


def test_offline_row_23_a_loopback_of_another_name_is_one():
    offline("ip link set lo down; ip link set lo name eth0; ip link set eth0 up; ")

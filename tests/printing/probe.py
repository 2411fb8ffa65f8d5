# SPDX-License-Identifier: Apache-2.0
"""Judge the host this runs on and print the reports as JSON; run by the row tests.

``air-gapped`` and ``rehearsal`` are of the facts as they are. For ``sealed`` and ``lan`` the
network is as it is, and the machine around it is a commissioned one: what runs the tests is
virtual. There a card stands in for each pair (veth) and for each spare (ifb); what a pair's cable
leads to, in a namespace called ``far``, is acknowledged.

Arguments, any of them: ``starved-early``, ``starved-late`` (no descriptor left), ``nobody`` (as an
ordinary user), ``hidden`` (who makes a user and network namespace first), ``wrong-card`` (the
policy's card is another).
"""

import ctypes
import os
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bmnn_mark import plain
from bmnn_mark.printing.baseline import KnownDevice
from bmnn_mark.printing.evidence.collecting import Collecting
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL, AllowedLink, Policy, PolicyName
from tests.printing.parts import EXAMPLES, commissioned

MAC, BUS = "02:00:00:00:00:01", "pci0000:00/0000:00:03.0"
SPARE_MAC, SPARE_BUS = "02:00:00:00:00:09", "pci0000:00/0000:00:09.0"
MACHINE = ("hardware", "storage", "history", "daemons", "resolvers", "clock")
NOBODY = 65534


def dressed(facts, *, acknowledged):
    """The facts as those of a real, commissioned machine whose network is this one."""
    far = Path("/run/netns/far")
    known = far.stat().st_ino if acknowledged and far.exists() else None
    own_pid = EXAMPLES["namespace"].clean.own_pid
    changes = {
        "namespace": lambda it: replace(it, own_pid=own_pid),
        "environment": lambda it: replace(it, hypervisor=(), container=()),
        "other_namespaces": lambda it: tuple(one for one in it if one.inode != known),
        "links": lambda it: tuple(as_card(one, acknowledged) for one in it),
        **{name: lambda _, name=name: EXAMPLES[name].clean for name in MACHINE},
    }
    read = {name: getattr(facts, name) for name in changes}
    new = {name: changes[name](it) for name, it in read.items() if it is not None}
    return replace(facts, machine_id=commissioned().machine_id, **new)


def as_card(link, acknowledged):
    if link.kind == "veth":
        there = link.elsewhere and not acknowledged
        return replace(link, kind="", permanent_mac=MAC, bus_path=BUS, elsewhere=there)
    if link.kind == "ifb":
        return replace(link, kind="", permanent_mac=SPARE_MAC, bus_path=SPARE_BUS)
    return link


def reports():
    collecting = Collecting()
    if "starved-late" in sys.argv:
        collecting.snapshot()  # loads everything it needs
    if "starved-late" in sys.argv or "starved-early" in sys.argv:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    facts = collecting.snapshot()
    devices = tuple(
        KnownDevice(bus="net", place=place, mac=mac)
        for mac, place in ((MAC, BUS), (SPARE_MAC, SPARE_BUS))
    )
    baseline = commissioned(devices=devices)
    card = "02:00:00:00:00:07" if "wrong-card" in sys.argv else MAC
    lan = Policy(
        name=PolicyName.INDEPENDENT_LAN,
        allowed_links=(AllowedLink(permanent_mac=card, bus_path=BUS),),
        allowed_nets=("10.1.0.0/24",),
    )
    return {
        "air-gapped": judge(facts, AIR_GAPPED),
        "rehearsal": judge(facts, REHEARSAL),
        "sealed": judge(dressed(facts, acknowledged=False), AIR_GAPPED, baseline),
        "lan": judge(dressed(facts, acknowledged=True), lan, baseline),
    }


def become_nobody():
    libc = ctypes.CDLL(None, use_errno=True)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    assert libc.prctl(4, 1, 0, 0, 0) == 0  # may write its own maps, as any user's program
    if "hidden" in sys.argv:
        while len(list(Path("/proc/self/task").iterdir())) > 1:  # a thread that ended a moment ago
            time.sleep(0.01)
        assert libc.unshare(0x10000000 | 0x40000000) == 0
        Path("/proc/self/uid_map").write_text(f"0 {NOBODY} 1")


if "nobody" in sys.argv:
    Collecting().snapshot()
    become_nobody()
sys.stdout.buffer.write(plain.encode(reports()))

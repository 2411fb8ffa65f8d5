# SPDX-License-Identifier: Apache-2.0
"""For every part of a snapshot: facts of a host without any network, and facts of one to refuse."""

from dataclasses import dataclass, replace

from bmnn_mark.printing.baseline import Baseline
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.facts import (
    Address,
    ClockFacts,
    CollectorResult,
    CollectorState,
    Daemon,
    Environment,
    HistoryTrace,
    Link,
    NamespaceFacts,
    Neighbour,
    Nexthop,
    OtherNamespace,
    Resolver,
    Route,
    Rule,
    Snapshot,
    Socket,
    SocketKind,
    TraceKind,
    Transforms,
    Translation,
)
from bmnn_mark.printing.hardware_facts import (
    Hardware,
    KernelReach,
    Radio,
    RadioKind,
    Storage,
    StorageDevice,
    StorageKind,
)
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL


@dataclass(frozen=True)
class Example:
    """Facts of one part.

    ``clean`` is judged OFFLINE by every policy of a commissioned host. ``refusing`` is not OFFLINE
    for the air-gapped policy, all other parts being clean: what shows that the rules are there. A
    part that only ever warns names in ``warning`` the code that it then brings.
    """

    clean: object
    refusing: object
    warning: str = ""


LOOPBACK = Link(
    index=1, name="lo", flags=0x10049, hardware=772, kind="", permanent_mac="", bus_path="",
    master=0, carrier_up_count=0, packets=0,
)  # fmt: skip
CARD = replace(LOOPBACK, index=2, name="e0", flags=0x10003, hardware=1)
HOST = NamespaceFacts(
    own_net=7, host_net=7, kernel_net=7, own_pid=4026531836, own_links=("lo",),
    host_links=("lo",), sysfs_links=("lo",), overmounted=(),
)  # fmt: skip
DEFAULT_ROUTE = Route(
    family=2, table=254, kind=1, target="", prefix=0, link=2, gateway="10.1.0.9",
    multipath=False, nexthop=False,
)  # fmt: skip
PEER = Socket(
    kind=SocketKind.TCP, local="10.1.0.1", local_port=9, remote="192.0.2.1", remote_port=9
)

NO_HARDWARE = Hardware(
    pci=(), usb=(), others=(), radios=(), ports=(),
    kernel=KernelReach(loads_modules=False, network_modules=False, built_in=False),
)  # fmt: skip
STICK = StorageDevice(kind=StorageKind.USB, place="1-1", name="sdb", identity="0951:1666")
NO_STORAGE = Storage(devices=(), remote_mounts=())

EXAMPLES = {
    "namespace": Example(clean=HOST, refusing=replace(HOST, host_net=8)),
    "other_namespaces": Example(
        clean=(), refusing=(OtherNamespace(inode=9, held_by="mount", links=1),)
    ),
    "held_namespaces": Example(
        clean=(), refusing=(OtherNamespace(inode=9, held_by="descriptor", links=None),)
    ),
    "links": Example(clean=(LOOPBACK,), refusing=(LOOPBACK, CARD)),
    "addresses": Example(
        clean=(), refusing=(Address(index=1, family=2, address="203.0.113.9", prefix=32),)
    ),
    "routes": Example(clean=(), refusing=(DEFAULT_ROUTE,)),
    "nexthops": Example(clean=(), refusing=(Nexthop(number=5, blackhole=False),)),
    "rules": Example(
        clean=(Rule(family=2, priority=32766, table=254, plain=True),),
        refusing=(Rule(family=2, priority=9, table=100, plain=False),),
        warning="rule.extra",
    ),
    "neighbours": Example(
        clean=(), refusing=(Neighbour(index=2, family=2, address="10.1.0.7", state=2),)
    ),
    "transforms": Example(
        clean=Transforms(associations=0, policies=0),
        refusing=Transforms(associations=0, policies=1),
    ),
    "translations": Example(
        clean=(), refusing=(Translation(family="ip", table="nat", chain="post"),)
    ),
    "sockets": Example(clean=(), refusing=(PEER,)),
    "environment": Example(
        clean=Environment(hypervisor=(), container=(), forwarding=()),
        refusing=Environment(hypervisor=("cpuinfo",), container=(), forwarding=()),
    ),
    "hardware": Example(
        clean=NO_HARDWARE,
        refusing=replace(NO_HARDWARE, radios=(Radio(kind=RadioKind.WLAN, name="phy0"),)),
    ),
    "storage": Example(clean=NO_STORAGE, refusing=replace(NO_STORAGE, devices=(STICK,))),
    "daemons": Example(clean=(), refusing=(Daemon(name="cups-browsed", processes=1),)),
    "resolvers": Example(
        clean=(),
        refusing=(Resolver(place="etc/resolv.conf", server="192.0.2.1", loopback=False),),
        warning="resolv.non_loopback",
    ),
    "history": Example(
        clean=(),
        refusing=(
            HistoryTrace(
                kind=TraceKind.DHCP_LEASE, place="var/lib/dhcp/d.leases", count=1, newest=9
            ),
        ),
    ),
    "clock": Example(clean=ClockFacts(known_until=0), refusing=ClockFacts(known_until=9_999)),
}


def clean_snapshot(**changes):
    """The facts of a host that has nothing but its loopback."""
    results = (CollectorResult(name=one, state=CollectorState.OK) for one in EXAMPLES)
    facts = Snapshot(
        taken_at_ns=1,
        boottime_ns=1,
        boot_id="b",
        machine_id="m",
        collectors=tuple(results),
        **{name: example.clean for name, example in EXAMPLES.items()},
    )
    return replace(facts, **changes)


def commissioned(**changes):
    """The baseline of that host."""
    facts = Baseline(
        machine_id="m", product_serial="", number=1, made_at=1, made_by="root",
        snapshot_sha256="", policy=AIR_GAPPED, devices=(), storage=(), history=(),
    )  # fmt: skip
    return replace(facts, **changes)


def now():
    moment = this_moment()
    return {"boot_id": moment.boot_id, "boottime_ns": moment.boottime_ns}


def offline_report():
    return judge(clean_snapshot(**now()), REHEARSAL)


def online_report():
    card = replace(LOOPBACK, index=2, name="e0", flags=0x10001, hardware=1)
    facts = clean_snapshot(links=(LOOPBACK, card), **now())
    return judge(facts, REHEARSAL)

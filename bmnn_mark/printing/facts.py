# SPDX-License-Identifier: Apache-2.0
"""Raw facts about a host at one moment; plain frozen values all of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from bmnn_mark import plain
from bmnn_mark.printing.hardware_facts import Hardware, Storage


class CollectorState(StrEnum):
    """How the collecting of one kind of fact ended; only OK is complete."""

    OK = "ok"
    FAILED = "failed"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorResult:
    """How one collector ended; ``reason`` is an errno name or a class name.

    ``age_ns`` says how long before the snapshot its facts were read; 0 for all but slow ones.
    """

    name: str
    state: CollectorState
    reason: str = ""
    age_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceFacts:
    """Whose network the reader sees. An inode is None where it may not be read or does not exist.

    Attributes:
        own_net: inode of the reader's network namespace.
        host_net: that of process 1.
        kernel_net: that of kthreadd, which is always in the initial one.
        own_pid: inode of the reader's PID namespace.
        own_links: interface names in the reader's ``/proc/self/net/dev``.
        host_links: interface names in process 1's; None where unreadable.
        sysfs_links: names below ``/sys/class/net``.
        overmounted: places below /proc or /sys that something else was mounted over.
    """

    own_net: int
    host_net: int | None
    kernel_net: int | None
    own_pid: int
    own_links: tuple[str, ...]
    host_links: tuple[str, ...] | None
    sysfs_links: tuple[str, ...]
    overmounted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherNamespace:
    """A network namespace besides the reader's; ``links`` without its loopback, None unreadable.

    ``held_by`` is ``process``, ``mount``, ``descriptor``, ``socket`` or ``mount namespace``.
    """

    inode: int
    held_by: str
    links: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A network interface. ``hardware`` is the kernel's ARPHRD number, ``kind`` its driver kind.

    ``elsewhere`` says that its other end, or what it is built on, is in another namespace.
    """

    index: int
    name: str
    flags: int
    hardware: int
    kind: str
    permanent_mac: str
    bus_path: str
    master: int
    carrier_up_count: int | None
    packets: int | None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address on an interface."""

    index: int
    family: int
    address: str
    prefix: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of any table; ``kind`` is the kernel's RTN number. No ``target`` means default."""

    family: int
    table: int
    kind: int
    target: str
    prefix: int
    link: int
    gateway: str
    multipath: bool
    nexthop: bool
    """Whether it goes through a nexthop object."""
    wrapped: bool = False
    """Whether packets are put into others, for somebody else to unpack (MPLS, SRv6, IP in IP)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nexthop:
    """A nexthop object; a ``blackhole`` leads nowhere."""

    number: int
    blackhole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A policy routing rule; ``plain`` when it selects all traffic and looks one table up."""

    family: int
    priority: int
    table: int
    plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An entry of the neighbour tables; ``state`` is the kernel's NUD number."""

    index: int
    family: int
    address: str
    state: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transforms:
    """IPsec: how many associations and policies the kernel holds."""

    associations: int
    policies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A chain or table of the packet filter that translates addresses."""

    family: str
    table: str
    chain: str


class SocketKind(StrEnum):
    """Kinds of sockets that can carry traffic off the host; OTHER stands for any family else."""

    TCP = "tcp"
    UDP = "udp"
    RAW = "raw"
    PACKET = "packet"
    UDPLITE = "udplite"
    ICMP = "icmp"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A socket; addresses are empty for packet sockets, ``remote`` is empty without a peer.

    ``protocol`` names that of an OTHER one, as the kernel does.
    """

    kind: SocketKind
    local: str
    local_port: int
    remote: str
    remote_port: int
    protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the system runs in."""

    hypervisor: tuple[str, ...]
    """Signs of a virtual machine."""
    container: tuple[str, ...]
    """Signs of a container."""
    forwarding: tuple[str, ...]
    """Families whose packets the kernel forwards: ``ipv4``, ``ipv6``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A running program that speaks to networks; named from our own list, never as it calls itself.

    ``processes`` is how many of it run.
    """

    name: str
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """A name server that a file of the system names; ``loopback`` where it is this host itself."""

    place: str
    server: str
    loopback: bool


class TraceKind(StrEnum):
    """Kinds of traces that an online host leaves; each has words ``host.trace.<kind>``."""

    NETWORK_PROFILE = "network_profile"
    NETWORK_USED = "network_used"
    DHCP_LEASE = "dhcp_lease"
    WIFI_KNOWN = "wifi_known"
    BLUETOOTH_PAIRED = "bluetooth_paired"
    MODEM = "modem"
    PPP_PEER = "ppp_peer"
    TIME_SYNCHRONISED = "time_synchronised"
    CLOCK_FILE = "clock_file"
    CLOCK_SET_BACK = "clock_set_back"
    PACKAGE_LISTS = "package_lists"
    PACKAGE_UPDATE = "package_update"
    PACKAGE_ARCHIVE = "package_archive"
    CLOUD_INIT = "cloud_init"
    VPN = "vpn"
    KNOWN_HOSTS = "known_hosts"
    BROWSER = "browser"
    DOWNLOAD_CACHE = "download_cache"
    JOURNAL = "journal"
    STORAGE = "storage"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryTrace:
    """A trace of the host having been online; names, counts and times, never what a file says.

    Attributes:
        kind: what it is a trace of.
        place: file or folder, from the root folder on, without a leading slash.
        count: entries, files or lines found there.
        newest: second since 1970 of the newest; 0 where unknown or where it says nothing.
    """

    kind: TraceKind
    place: str
    count: int
    newest: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """What this host's own records say of its clock.

    ``known_until`` is the latest second since 1970 that its clock is known to have shown; 0 where
    nothing was recorded yet.
    """

    known_until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Raw facts of one moment; what is judged, and nothing else is.

    A part is None when its collector failed.
    """

    taken_at_ns: int
    """Wall clock, nanoseconds since 1970."""
    boottime_ns: int
    """CLOCK_BOOTTIME at the start of the reading, nanoseconds."""
    boot_id: str
    machine_id: str
    collectors: tuple[CollectorResult, ...]
    product_serial: str = ""
    """Serial number of the machine by its firmware (DMI), root's to read; empty for none."""
    namespace: NamespaceFacts | None = None
    other_namespaces: tuple[OtherNamespace, ...] | None = None
    held_namespaces: tuple[OtherNamespace, ...] | None = None
    links: tuple[Link, ...] | None = None
    addresses: tuple[Address, ...] | None = None
    routes: tuple[Route, ...] | None = None
    nexthops: tuple[Nexthop, ...] | None = None
    rules: tuple[Rule, ...] | None = None
    neighbours: tuple[Neighbour, ...] | None = None
    transforms: Transforms | None = None
    translations: tuple[Translation, ...] | None = None
    sockets: tuple[Socket, ...] | None = None
    environment: Environment | None = None
    hardware: Hardware | None = None
    storage: Storage | None = None
    daemons: tuple[Daemon, ...] | None = None
    resolvers: tuple[Resolver, ...] | None = None
    history: tuple[HistoryTrace, ...] | None = None
    clock: ClockFacts | None = None

    def sha256(self) -> str:
        """SHA-256, hexadecimal, of the canonical JSON of all facts."""
        text = json.dumps(
            plain.to_builtins(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

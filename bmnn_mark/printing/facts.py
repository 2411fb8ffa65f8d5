# SPDX-License-Identifier: Apache-2.0
"""Raw facts about a host at one moment; plain frozen values all of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from bmnn_mark import plain


class CollectorState(StrEnum):
    """How the collecting of one kind of fact ended; only OK is complete."""

    OK = "ok"
    FAILED = "failed"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorResult:
    """How one collector ended; ``reason`` is an errno name or a class name."""

    name: str
    state: CollectorState
    reason: str = ""


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

    ``held_by`` is ``process``, ``mount`` or ``descriptor``.
    """

    inode: int
    held_by: str
    links: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A network interface. ``hardware`` is the kernel's ARPHRD number, ``kind`` its driver kind."""

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


class SocketKind(StrEnum):
    """Kinds of sockets that can carry traffic off the host."""

    TCP = "tcp"
    UDP = "udp"
    RAW = "raw"
    PACKET = "packet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A socket; addresses are empty for packet sockets, ``remote`` is empty without a peer."""

    kind: SocketKind
    local: str
    local_port: int
    remote: str
    remote_port: int


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
class Snapshot:
    """Raw facts of one moment; what is judged, and nothing else is.

    A part is None when its collector failed.
    """

    taken_at_ns: int
    """Wall clock, nanoseconds since 1970."""
    boot_id: str
    machine_id: str
    collectors: tuple[CollectorResult, ...]
    namespace: NamespaceFacts | None = None
    other_namespaces: tuple[OtherNamespace, ...] | None = None
    links: tuple[Link, ...] | None = None
    addresses: tuple[Address, ...] | None = None
    routes: tuple[Route, ...] | None = None
    rules: tuple[Rule, ...] | None = None
    neighbours: tuple[Neighbour, ...] | None = None
    sockets: tuple[Socket, ...] | None = None
    environment: Environment | None = None

    def sha256(self) -> str:
        """SHA-256, hexadecimal, of the canonical JSON of all facts."""
        text = json.dumps(
            plain.to_builtins(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

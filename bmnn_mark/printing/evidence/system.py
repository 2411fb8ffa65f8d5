# SPDX-License-Identifier: Apache-2.0
"""Sockets of the reader's namespace, and what the system runs in; read from procfs and sysfs."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

from bmnn_mark.printing.facts import Environment, Socket, SocketKind

_CONTAINER_FILES = (".dockerenv", "run/.containerenv", "run/systemd/container")
_HYPERVISOR_FILES = ("sys/hypervisor/type", "proc/device-tree/hypervisor")


def read_sockets(root: Path) -> tuple[Socket, ...]:
    """Every TCP, UDP, raw and packet socket."""
    net = root / "proc/self/net"
    return (*socket_table(net), *_packet_sockets(net))


def socket_table(net: Path) -> tuple[Socket, ...]:
    """The TCP, UDP and raw sockets of one ``/proc/<pid>/net`` folder."""
    has_ipv6 = (net / "if_inet6").exists()
    names = [kind.value for kind in (SocketKind.TCP, SocketKind.UDP, SocketKind.RAW)]
    found: list[Socket] = []
    for name in names:
        for table in (name, f"{name}6") if has_ipv6 else (name,):
            found.extend(one for one, _ in inet_sockets(net / table, SocketKind(name)))
    return tuple(found)


def inet_sockets(table: Path, kind: SocketKind) -> Iterator[tuple[Socket, int]]:
    """Each socket of one table with its inode."""
    for line in table.read_text("ascii").splitlines()[1:]:
        fields = line.split()
        local, local_port = _endpoint(fields[1])
        remote, remote_port = _endpoint(fields[2])
        unset = ipaddress.ip_address(remote).is_unspecified and remote_port == 0
        one = Socket(
            kind=kind,
            local=local,
            local_port=local_port,
            remote="" if unset else remote,
            remote_port=remote_port,
        )
        yield one, int(fields[9])


def _endpoint(field: str) -> tuple[str, int]:
    """``0100007F:0277`` as address and port; the kernel prints words in its own byte order."""
    text, _, port = field.partition(":")
    packed = bytes.fromhex(text)
    words = struct.unpack(f">{len(packed) // 4}I", packed)
    address = ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped), int(port, 16)
    return str(address), int(port, 16)


def _packet_sockets(net: Path) -> list[Socket]:
    table = net / "packet"
    if not table.exists():  # a kernel without packet sockets
        return []
    lines = table.read_text("ascii").splitlines()[1:]
    return [
        Socket(kind=SocketKind.PACKET, local="", local_port=0, remote="", remote_port=0)
        for _ in lines
    ]


def read_environment(root: Path) -> Environment:
    """Signs of a virtual machine or a container, and whether the kernel forwards packets."""
    cpu = (root / "proc/cpuinfo").read_text("utf-8", "replace")
    flags = next((line for line in cpu.splitlines() if line.startswith("flags")), "")
    hypervisor = ["cpuinfo"] if "hypervisor" in flags.split() else []
    hypervisor += [name for name in _HYPERVISOR_FILES if (root / name).exists()]
    container = [name for name in _CONTAINER_FILES if (root / name).exists()]
    switches = {"ipv4": "ipv4/ip_forward", "ipv6": "ipv6/conf/all/forwarding"}
    forwarding = [
        family
        for family, name in switches.items()
        if (switch := root / "proc/sys/net" / name).exists() and switch.read_text().strip() != "0"
    ]
    return Environment(
        hypervisor=tuple(hypervisor), container=tuple(container), forwarding=tuple(forwarding)
    )

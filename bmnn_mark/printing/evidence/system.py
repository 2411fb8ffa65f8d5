# SPDX-License-Identifier: Apache-2.0
"""Sockets of the reader's namespace, read from procfs."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

from bmnn_mark.printing.facts import Socket, SocketKind

_INTERNET = (
    SocketKind.TCP, SocketKind.UDP, SocketKind.RAW, SocketKind.UDPLITE, SocketKind.ICMP,
)  # fmt: skip
_OPTIONAL = frozenset({SocketKind.UDPLITE, SocketKind.ICMP})  # not in every kernel

#: Protocols of ``/proc/net/protocols`` that have tables of their own, or stay on the host.
_JUDGED_PROTOCOLS = frozenset(
    {
        "TCP", "TCPv6", "MPTCP", "MPTCPv6", "UDP", "UDPv6", "UDP-Lite", "UDPLITEv6", "RAW",
        "RAWv6", "PING", "PINGv6", "PACKET", "UNIX", "UNIX-STREAM", "NETLINK", "ALG",
    }
)  # fmt: skip


def read_sockets(root: Path) -> tuple[Socket, ...]:
    """Every socket that could carry traffic off the host."""
    net = root / "proc/self/net"
    return (*socket_table(net), *_packet_sockets(net), *_other_sockets(net))


def socket_table(net: Path) -> tuple[Socket, ...]:
    """The internet sockets of one ``/proc/<pid>/net`` folder."""
    has_ipv6 = (net / "if_inet6").exists()
    empty = _empty_tables(net)
    found: list[Socket] = []
    for kind in _INTERNET:
        names = (kind.value, f"{kind.value}6") if has_ipv6 else (kind.value,)
        for name in names:
            if name not in empty and (kind not in _OPTIONAL or (net / name).exists()):
                found.extend(one for one, _ in inet_sockets(net / name, kind))
    return tuple(found)


def _empty_tables(net: Path) -> frozenset[str]:
    """Tables of TCP that need not be read; reading walks all buckets, and the kernel counts."""
    counts: dict[str, int] = {}
    for name in ("sockstat", "sockstat6"):
        if (net / name).exists():
            for line in (net / name).read_text("ascii").splitlines():
                protocol, _, rest = line.partition(": ")
                numbers = dict(zip(rest.split()[::2], rest.split()[1::2], strict=False))
                counts[protocol] = int(numbers.get("inuse", -1))
                counts["waiting"] = counts.get("waiting", 0) + int(numbers.get("tw", 0))
    if counts.get("waiting", 1):
        return frozenset()
    return frozenset(name.lower() for name in ("TCP", "TCP6") if counts.get(name, -1) == 0)


def _other_sockets(net: Path) -> list[Socket]:
    """A socket for each further protocol that the kernel counts any of."""
    table = net / "protocols"
    if not table.exists():
        return []
    rows = (line.split() for line in table.read_text("ascii").splitlines()[1:])
    return [
        Socket(
            kind=SocketKind.OTHER,
            local="",
            local_port=0,
            remote="",
            remote_port=0,
            protocol=row[0],
        )
        for row in rows
        if row[0] not in _JUDGED_PROTOCOLS and int(row[2]) > 0
    ]


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

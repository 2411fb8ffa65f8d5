# SPDX-License-Identifier: Apache-2.0
"""The kernel's own word of every change of the host: its network and its devices.

Two sockets are opened before the first look at the host and kept. What they say is judged fail
closed: only what cannot be a change of a network, a radio, a USB device or a storage device may be
ignored, by short lists that are closed. An overrun, an end or an error of a socket is a change.

It is a tripwire against accidents (a cable, a phone, a radio that connects by itself). It is no
defence against root, and namespaces that nobody named to this one are not heard of: for those the
guard looks again and again while a copy is on its way.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

_SOL_NETLINK, _ADD_MEMBERSHIP, _LISTEN_ALL_NSID = 270, 1, 8
_SO_RCVBUFFORCE = 33
_KOBJECT_UEVENT = 15
_BUFFER_BYTES = 1 << 22
_READ_BYTES = 1 << 16

#: rtnetlink groups every kernel we run on has: link, neighbours, addresses, routes and rules of
#: both families, IPv6 interfaces and prefixes, forwarding switches, namespace ids.
_GROUPS = (1, 3, 5, 7, 8, 9, 11, 12, 18, 19, 24, 25, 28)
#: And those that come with newer kernels or modules: Phonet, MPLS, nexthop objects, MCTP, tunnels.
_MORE_GROUPS = (21, 22, 27, 29, 32, 34, 35)

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_ERROR, _OVERRUN = 2, 4
_NEW_ROUTE, _DEL_ROUTE, _NEW_NEIGHBOUR, _DEL_NEIGHBOUR = 24, 25, 28, 29
_LOOPBACK = 1  # index of lo in every network namespace (LOOPBACK_IFINDEX)
_LOCAL_TABLE = 255
_DESTINATION, _OUT_LINK = 1, 4  # RTA_DST, RTA_OIF
_NEIGHBOUR_ADDRESS = 1  # NDA_DST
#: What a route may also say of itself and still be the loopback's own: source, priority,
#: preferred source, metrics, cache facts, table, preference.
_HARMLESS_ROUTE = frozenset({_DESTINATION, 2, _OUT_LINK, 6, 7, 8, 12, 15, 20})

#: Subsystems of devices that can carry nothing off the host; everything else counts. Code that is
#: loaded (``module``) is no device: what it drives is told by the driver's and the device's own.
IGNORED_SUBSYSTEMS = frozenset({
    "backlight", "bdi", "clockevents", "clocksource", "cpu", "cpuid", "drm", "event_source",
    "graphics", "hid", "hidraw", "hwmon", "input", "leds", "machinecheck", "memory", "module",
    "msr", "node", "power_supply", "powercap", "rtc", "slab", "sound", "thermal", "vtconsole",
    "wakeup", "watchdog", "workqueue",
})  # fmt: skip

Net = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Codes of changes; keys of the words catalogue.
NETWORK, DEVICE, OVERRUN, DEAF = (
    "guard.network_changed",
    "guard.device_changed",
    "guard.overrun",
    "guard.deaf",
)


class KernelLines:
    """The sockets; each is readable when the kernel said something.

    Args:
        buffer_bytes: room for what was not read yet; tests give less.
    """

    def __init__(self, buffer_bytes: int = _BUFFER_BYTES) -> None:
        self._nets: tuple[Net, ...] = ()
        self.network = _open_line(socket.NETLINK_ROUTE, buffer_bytes)
        self.devices = _open_line(_KOBJECT_UEVENT, buffer_bytes)
        for group in _GROUPS:
            self.network.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        for group in _MORE_GROUPS:
            with suppress(OSError):  # this kernel has no such thing to tell of
                self.network.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        with suppress(OSError):  # needs CAP_NET_BROADCAST in the initial user namespace
            self.network.setsockopt(_SOL_NETLINK, _LISTEN_ALL_NSID, 1)
        self.devices.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, 1)

    def close(self) -> None:
        """Close both."""
        self.network.close()
        self.devices.close()

    def allow_neighbours(self, nets: Sequence[str]) -> None:
        """Let neighbours come and go in these subnets: those of an independent LAN."""
        self._nets = tuple(ipaddress.ip_network(one) for one in nets)

    def read_network(self) -> str:
        """Read what waits on the network's line; the code of a change, or empty."""
        return self._read(self.network, lambda data: network_change(data, self._nets))

    def read_devices(self) -> str:
        """Read what waits on the devices' line; the code of a change, or empty."""
        return self._read(self.devices, device_change)

    def _read(self, line: socket.socket, judged: Callable[[bytes], str]) -> str:
        found = ""
        while True:
            try:
                data = line.recv(_READ_BYTES)
            except BlockingIOError:
                return found
            except OSError as error:
                if error.errno == errno.ENOBUFS:
                    found = OVERRUN
                    continue
                return DEAF
            if not data:
                return DEAF
            found = found or judged(data)


def _open_line(protocol: int, buffer_bytes: int) -> socket.socket:
    line = socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, protocol
    )
    try:
        line.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer_bytes)
    except OSError:  # without CAP_NET_ADMIN up to the system's bound
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    line.bind((0, 0))
    return line


def network_change(data: bytes, nets: Sequence[Net] = ()) -> str:
    """Judge what rtnetlink said: the code of a change, or empty.

    Args:
        data: one datagram; a message that does not fit its frame is a change.
        nets: subnets in which neighbours may come and go.
    """
    offset = 0
    while offset < len(data):
        if len(data) - offset < _HEADER.size:
            return NETWORK
        length, kind = _HEADER.unpack_from(data, offset)[:2]
        if length < _HEADER.size or offset + length > len(data):
            return NETWORK
        if kind == _OVERRUN:
            return OVERRUN
        if not _harmless(kind, data[offset + _HEADER.size : offset + length], nets):
            return NETWORK
        offset += (length + 3) & ~3
    return "" if data else NETWORK


def _harmless(kind: int, body: bytes, nets: Sequence[Net]) -> bool:
    """Whether a message can be no change: something about the loopback, or an allowed neighbour."""
    if kind in {_NEW_NEIGHBOUR, _DEL_NEIGHBOUR} and len(body) >= 12:
        if struct.unpack_from("=i", body, 4)[0] == _LOOPBACK:
            return True
        given = dict(_attributes(body[12:]))
        return _within(given.get(_NEIGHBOUR_ADDRESS, b""), nets)
    if kind in {_NEW_ROUTE, _DEL_ROUTE} and len(body) >= 12:
        given = dict(_attributes(body[12:]))
        return (
            body[4] == _LOCAL_TABLE
            and set(given) <= _HARMLESS_ROUTE
            and given.get(_OUT_LINK) == struct.pack("=I", _LOOPBACK)
            and _is_loopback(given.get(_DESTINATION, b""))
        )
    return False


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and value of each; a torn one comes as a type that no rule knows."""
    offset = 0
    while offset < len(data):
        if len(data) - offset < _ATTRIBUTE.size:
            yield -1, b""
            return
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size or offset + length > len(data):
            yield -1, b""
            return
        yield kind & 0x3FFF, data[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3


def _within(packed: bytes, nets: Sequence[Net]) -> bool:
    try:
        address = ipaddress.ip_address(packed)
    except ValueError:
        return False
    return any(address in net for net in nets if net.version == address.version)


def _is_loopback(packed: bytes) -> bool:
    try:
        return ipaddress.ip_address(packed).is_loopback
    except ValueError:
        return False


def device_change(data: bytes) -> str:
    """Judge what the kernel said of a device: the code of a change, or empty."""
    fields = dict(one.partition(b"=")[::2] for one in data.split(b"\0")[1:])
    subsystem = fields.get(b"SUBSYSTEM", b"").decode("ascii", "replace")
    return "" if subsystem in IGNORED_SUBSYSTEMS else DEVICE

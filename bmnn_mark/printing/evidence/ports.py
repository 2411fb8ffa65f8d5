# SPDX-License-Identifier: Apache-2.0
"""Ways for bytes to leave a host that are no network interface: modems, lines, host channels.

Each is looked for in its class of sysfs and as a node in ``/dev``: either is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bmnn_mark.printing.evidence import sysfs
from bmnn_mark.printing.hardware_facts import Port, PortKind

#: Folders below ``/sys/class`` whose every entry is such a way.
_CLASSES = {
    "infiniband": PortKind.INFINIBAND,
    "fc_host": PortKind.FIBRE_CHANNEL,
    "iscsi_host": PortKind.ISCSI,
    "iscsi_session": PortKind.ISCSI,
    "mISDN": PortKind.ISDN,
    "mei": PortKind.MANAGEMENT_ENGINE,
    "ipmi": PortKind.BOARD_CONTROLLER,
    "virtio-ports": PortKind.VIRTIO_PORT,
    "ppp": PortKind.PPP,
    "udc": PortKind.USB_GADGET,
    "ppdev": PortKind.LINE_PRINTER,
}

#: Names in ``/dev`` and in the classes that hold many kinds of things.
_NAMES = (
    (re.compile(r"cdc-wdm\d+", re.ASCII), PortKind.MODEM),
    (re.compile(r"wwan\d+\w*", re.ASCII), PortKind.MODEM),
    (re.compile(r"ttyACM\d+", re.ASCII), PortKind.CDC_SERIAL),
    (re.compile(r"ttyUSB\d+", re.ASCII), PortKind.USB_SERIAL),
    (re.compile(r"ttyGS\d+", re.ASCII), PortKind.USB_GADGET),
    (re.compile(r"rfcomm\d+", re.ASCII), PortKind.RFCOMM),
    (re.compile(r"lp\d+", re.ASCII), PortKind.LINE_PRINTER),
    (re.compile(r"ppp", re.ASCII), PortKind.PPP),
    (re.compile(r"vsock|vmci", re.ASCII), PortKind.VSOCK),
    (re.compile(r"mei\d+", re.ASCII), PortKind.MANAGEMENT_ENGINE),
    (re.compile(r"ipmi\d+", re.ASCII), PortKind.BOARD_CONTROLLER),
    (re.compile(r"isdn\w*|mISDN\w*", re.ASCII), PortKind.ISDN),
)
_MIXED_CLASSES = ("usbmisc", "printer", "tty", "misc")
_FOLDERS = {
    "virtio-ports": PortKind.VIRTIO_PORT,
    "infiniband": PortKind.INFINIBAND,
    "ipmi": PortKind.BOARD_CONTROLLER,
    "ipmidev": PortKind.BOARD_CONTROLLER,
}
_USB_OVER_NETWORK = ("vhci_hcd", "usbip-vudc")
_ON_BOARD = re.compile(r"ttyS\d+", re.ASCII)


def read_ports(root: Path) -> tuple[tuple[Port, ...], tuple[str, ...]]:
    """Every such way, and the entries that cannot be understood."""
    found = {*_of_classes(root), *_of_nodes(root)}
    unreadable: list[str] = []
    folder = f"{root}/sys/class/tty"
    lines = [name for name in sysfs.entries(folder) if _ON_BOARD.fullmatch(name)]
    for port in sysfs.understood(lines, lambda one: _on_board(folder, one), unreadable, "tty"):
        found.update(port)
    return tuple(sorted(found, key=lambda one: (one.kind, one.name))), tuple(unreadable)


def _of_classes(root: Path) -> Iterator[Port]:
    for group, kind in _CLASSES.items():
        for name in sysfs.entries(f"{root}/sys/class/{group}"):
            yield Port(kind=kind, name=sysfs.printable(name))
    for group in _MIXED_CLASSES:
        yield from _named(sysfs.entries(f"{root}/sys/class/{group}"))


def _of_nodes(root: Path) -> Iterator[Port]:
    yield from _named(sysfs.entries(f"{root}/dev"))
    for name in sysfs.entries(f"{root}/sys/bus/platform/devices"):
        if name.startswith(_USB_OVER_NETWORK):
            yield Port(kind=PortKind.USB_OVER_NETWORK, name=sysfs.printable(name))
    for folder, kind in _FOLDERS.items():
        for name in sysfs.entries(f"{root}/dev/{folder}"):
            yield Port(kind=kind, name=sysfs.printable(name))


def _named(names: list[str]) -> Iterator[Port]:
    for name in names:
        for pattern, kind in _NAMES:
            if pattern.fullmatch(name):
                yield Port(kind=kind, name=name)


def _on_board(folder: str, name: str) -> tuple[Port, ...]:
    """A serial line, where the kernel found a chip for it and did not only reserve the name."""
    if not sysfs.number(f"{folder}/{name}/type", base=10):
        return ()
    return (Port(kind=PortKind.SERIAL, name=name),)

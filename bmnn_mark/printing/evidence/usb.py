# SPDX-License-Identifier: Apache-2.0
"""What is plugged into the USB, with or without a driver, read from sysfs."""

from __future__ import annotations

import errno
import re
from collections import defaultdict
from pathlib import Path

from bmnn_mark.printing.evidence import sysfs
from bmnn_mark.printing.hardware_facts import UsbDevice, UsbInterface

_DEVICE = re.compile(r"(?:usb\d+|\d+-\d+(?:\.\d+)*)", re.ASCII)
_INTERFACE = re.compile(r"(?P<port>\d+-\d+(?:\.\d+)*):\d+\.(?P<number>\d+)", re.ASCII)
_IDENTITY = re.compile(r"[0-9a-f]{4}", re.ASCII)


def usb_devices(root: Path) -> tuple[UsbDevice, ...]:
    """Every device on the USB, root hubs included.

    Args:
        root: folder that holds ``sys``.

    Raises:
        OSError: an entry cannot be understood, or there is no sysfs.
    """
    devices, unreadable = read_usb(root)
    if unreadable:
        raise OSError(errno.EIO, "usb entry not understood")
    return devices


def read_usb(root: Path) -> tuple[tuple[UsbDevice, ...], tuple[str, ...]]:
    """Every device on the USB, and the entries that cannot be understood.

    A kernel without USB has no devices. Functions whose device is not listed, or not understood,
    are kept as those of a device that claims nothing, so that what they do is still judged.

    Raises:
        OSError: there is no sysfs.
    """
    sysfs.must_be_there(str(root))
    folder = f"{root}/sys/bus/usb/devices"
    names = sysfs.entries(folder)
    unreadable: list[str] = []
    functions: dict[str, list[UsbInterface]] = defaultdict(list)
    interfaces = [name for name in names if ":" in name]
    for port, one in sysfs.understood(
        interfaces, lambda name: _interface(folder, name), unreadable, "usb"
    ):
        functions[port].append(one)
    devices = sysfs.understood(
        (name for name in names if ":" not in name),
        lambda name: _device(folder, name, tuple(functions.get(name, ()))),
        unreadable,
        "usb",
    )
    for port in functions.keys() - {one.port for one in devices}:
        unreadable.append(f"usb/{port}")
        left = tuple(functions[port])
        devices.append(UsbDevice(port=port, vendor="", product="", interfaces=left))
    return tuple(devices), tuple(dict.fromkeys(unreadable))


def _interface(folder: str, name: str) -> tuple[str, UsbInterface]:
    match = _INTERFACE.fullmatch(name)
    if match is None:
        raise ValueError("interface name")
    bus, _, hub = match["port"].partition("-")
    at = f"{folder}/{name}"
    return f"usb{bus}" if hub == "0" else match["port"], UsbInterface(
        number=int(match["number"]),
        usb_class=sysfs.number(f"{at}/bInterfaceClass", largest=0xFF),
        subclass=sysfs.number(f"{at}/bInterfaceSubClass", largest=0xFF),
        protocol=sysfs.number(f"{at}/bInterfaceProtocol", largest=0xFF),
        driver=sysfs.linked(f"{at}/driver"),
    )


def _device(folder: str, name: str, interfaces: tuple[UsbInterface, ...]) -> UsbDevice:
    if not _DEVICE.fullmatch(name):
        raise ValueError("device name")
    at = f"{folder}/{name}"
    return UsbDevice(
        port=name,
        vendor=_identity(f"{at}/idVendor"),
        product=_identity(f"{at}/idProduct"),
        serial=sysfs.optional(f"{at}/serial"),
        usb_class=int(sysfs.optional(f"{at}/bDeviceClass") or "0", 16),
        authorized=sysfs.optional(f"{at}/authorized") != "0",
        interfaces=interfaces,
    )


def _identity(path: str) -> str:
    text = sysfs.attribute(path).strip().lower()
    if not _IDENTITY.fullmatch(text):
        raise ValueError("identity")
    return text

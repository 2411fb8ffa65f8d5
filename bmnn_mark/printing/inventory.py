# SPDX-License-Identifier: Apache-2.0
"""The hardware of a snapshot as a baseline lists it, and whether a baseline lists it.

A driver is no part of what is compared: taking a driver away hardens a host and must not look
like a new card. A thing on the USB may move to another port, a card on PCI may not move.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bmnn_mark.printing.baseline import Baseline, KnownDevice, KnownStorage
from bmnn_mark.printing.facts import Snapshot
from bmnn_mark.printing.hardware_facts import (
    BusDevice,
    PciDevice,
    StorageDevice,
    StorageKind,
    UsbDevice,
)
from bmnn_mark.printing.judging.usb_functions import UsbFunction, functions_of

_NETWORK_CLASSES = frozenset({0x02, 0x0D})
_MODEM = 0x0703
_NAMED_CLASSES = frozenset({*range(0x01, 0x14), 0x40})
#: Buses on which anything may carry a network, whatever it says it is.
_CARRIER_BUSES = frozenset({"sdio", "pcmcia", "mhi", "thunderbolt", "firewire", "ssb", "bcma"})
_USB_NETWORKS = frozenset(
    {UsbFunction.NETWORK, UsbFunction.MODEM, UsbFunction.BLUETOOTH, UsbFunction.UNKNOWN}
)
_ROOT_HUB = "usb"
#: What is known of these is the drive, not what somebody put into it.
_DRIVES = frozenset({StorageKind.DISC, StorageKind.REMOVABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDevice:
    """A piece of hardware; ``network`` where it carries a network or may."""

    known_as: KnownDevice
    network: bool


class Known:
    """What a baseline lists, quick to ask; nothing where there is no baseline."""

    def __init__(self, baseline: Baseline | None) -> None:
        devices = baseline.devices if baseline else ()
        storage = baseline.storage if baseline else ()
        self._devices = frozenset(_device_mark(one) for one in devices)
        self._storage = frozenset((one.identity, one.serial) for one in storage)

    def has_device(self, one: KnownDevice) -> bool:
        """Whether the device is listed, as far as it must be the same."""
        return _device_mark(one) in self._devices

    def has_storage(self, one: StorageDevice) -> bool:
        """Whether storage is listed. What has no number of its own never is; nor is a medium.

        Any stick of the same make would pass for it, any disc for the one in the drive that day.
        """
        marks = (one.identity, one.serial)
        return all(marks) and one.kind not in _DRIVES and marks in self._storage


def _device_mark(one: KnownDevice) -> tuple[str, str, str, str]:
    return (one.bus, one.identity, "" if one.bus == "usb" else one.place, one.mac)


def seen_devices(snapshot: Snapshot) -> Iterator[SeenDevice]:
    """Network cards, and every device of the buses; none where they could not be read."""
    for link in snapshot.links or ():
        if link.bus_path and link.permanent_mac:
            card = KnownDevice(bus="net", place=link.bus_path, mac=link.permanent_mac)
            yield SeenDevice(known_as=card, network=True)
    if snapshot.hardware is None:
        return
    for pci in snapshot.hardware.pci:
        yield SeenDevice(known_as=pci_device(pci), network=_may_be_network(pci))
    for usb in snapshot.hardware.usb:
        if not usb.port.startswith(_ROOT_HUB):
            functions = {what for _, what in functions_of(usb)}
            network = not functions.isdisjoint(_USB_NETWORKS)
            yield SeenDevice(known_as=usb_device(usb), network=network)
    for other in snapshot.hardware.others:
        yield SeenDevice(known_as=_other_device(other), network=other.bus in _CARRIER_BUSES)


def pci_device(one: PciDevice) -> KnownDevice:
    """A function on PCI as it is listed."""
    identity = f"{one.vendor}:{one.device}"
    return KnownDevice(bus="pci", place=one.address, identity=identity, driver=one.driver)


def usb_device(one: UsbDevice) -> KnownDevice:
    """A device on the USB as it is listed: with its serial number, where it has one."""
    identity = f"{one.vendor}:{one.product}:{one.serial}"
    drivers = sorted({function.driver for function in one.interfaces if function.driver})
    return KnownDevice(bus="usb", place=one.port, identity=identity, driver=",".join(drivers))


def _other_device(one: BusDevice) -> KnownDevice:
    return KnownDevice(bus=one.bus, place=one.name, identity=one.identity, driver=one.driver)


def _may_be_network(one: PciDevice) -> bool:
    base = one.pci_class >> 16
    carries = base in _NETWORK_CLASSES or one.pci_class >> 8 == _MODEM
    return carries or base not in _NAMED_CLASSES


def known_devices(snapshot: Snapshot) -> tuple[KnownDevice, ...]:
    """The hardware as a new baseline lists it."""
    return tuple(dict.fromkeys(one.known_as for one in seen_devices(snapshot)))


def known_storage(snapshot: Snapshot) -> tuple[KnownStorage, ...]:
    """The removable storage as a new baseline lists it."""
    devices = snapshot.storage.devices if snapshot.storage else ()
    return tuple(
        dict.fromkeys(
            KnownStorage(place=one.place, identity=one.identity, serial=one.serial)
            for one in devices
            if one.kind is not StorageKind.NETWORK
        )
    )


def hardware_identities(snapshot: Snapshot) -> tuple[str, ...]:
    """Each device in one stable line, as ``pci:8086:15b8@0000:00:1f.6``."""
    return tuple(_line(one) for one in known_devices(snapshot))


def _line(one: KnownDevice) -> str:
    parts = [f"{one.bus}:{one.identity}@{one.place}" if one.identity else f"{one.bus}@{one.place}"]
    return " ".join([*parts, f"mac={one.mac}"] if one.mac else parts)

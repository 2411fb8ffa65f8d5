# SPDX-License-Identifier: Apache-2.0
"""What sits on the buses that can carry a network card, whatever namespace its card went to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.printing.evidence import sysfs
from bmnn_mark.printing.hardware_facts import BusDevice, PciDevice

_PCI_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", re.ASCII)
_LARGEST_CLASS = 0xFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """How many interfaces and radios of this host's namespace lie below each device, by name."""

    links: Mapping[str, int]
    radios: Mapping[str, int]


def below(root: Path, radio_paths: Iterable[str]) -> Below:
    """Count them for every device on the way down from ``/sys/devices``.

    A bridge or a controller counts what lies below the devices behind it.
    """
    folder = f"{root}/sys/class/net"
    links = (_link_place(f"{folder}/{name}") for name in sysfs.entries(folder))
    return Below(links=_counted(links), radios=_counted(radio_paths))


def _link_place(entry: str) -> str:
    """Where an interface sits; where its entry is no link, where its device does."""
    place = sysfs.place(entry)
    return sysfs.place(f"{entry}/device") if place == entry else place


def _counted(paths: Iterable[str]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for path in paths:
        counts.update(set(path.split("/")))
    return counts


def read_pci(root: Path, found_below: Below) -> tuple[tuple[PciDevice, ...], tuple[str, ...]]:
    """Every function on the PCI bus, and the entries that cannot be understood."""
    folder = f"{root}/sys/bus/pci/devices"
    unreadable: list[str] = []

    def read(name: str) -> PciDevice:
        if not _PCI_ADDRESS.fullmatch(name):
            raise ValueError("address")
        at = f"{folder}/{name}"
        pci_class = sysfs.number(f"{at}/class", largest=_LARGEST_CLASS)
        makers = sysfs.understood(
            ("vendor", "device"),
            lambda one: f"{sysfs.number(f'{at}/{one}'):04x}",
            unreadable,
            f"pci/{name}",
        )
        vendor, device = makers if len(makers) == 2 else ("", "")
        return PciDevice(
            address=name,
            pci_class=pci_class,
            vendor=vendor,  # what it is for counts even if who made it cannot be read
            device=device,
            driver=sysfs.linked(f"{at}/driver"),
            links=found_below.links.get(name, 0),
            radios=found_below.radios.get(name, 0),
        )

    devices = sysfs.understood(sysfs.entries(folder), read, unreadable, "pci")
    return tuple(devices), tuple(unreadable)


def _virtio(at: str) -> str:
    return str(sysfs.number(f"{at}/device"))


def _vmbus(at: str) -> str:
    return sysfs.attribute(f"{at}/class_id").strip("{}").lower()


def _xen(at: str) -> str:
    return at.rpartition("/")[2].partition("-")[0]


def _thunderbolt(at: str) -> str:
    """The kind that the kernel gives it, and what a service of another computer is for."""
    lines = sysfs.lines(f"{at}/uevent")
    kind = next((one[8:] for one in lines if one.startswith("DEVTYPE=")), "")
    if not kind:
        raise ValueError("thunderbolt device without a type")
    key = sysfs.optional(f"{at}/key")
    return f"{kind}:{key}" if key else kind


def _firewire(at: str) -> str:
    """``unit`` with the number of its protocol, else ``local`` or ``node``."""
    protocol = sysfs.optional(f"{at}/specifier_id")
    if protocol:
        return f"unit:{int(protocol, 16):06x}"
    return "local" if sysfs.optional(f"{at}/is_local") == "1" else "node"


def _sdio(at: str) -> str:
    code, vendor, device = (sysfs.number(f"{at}/{one}") for one in ("class", "vendor", "device"))
    return f"{code:02x}:{vendor:04x}:{device:04x}"


def _pcmcia(at: str) -> str:
    function = sysfs.optional(f"{at}/func_id")
    return f"{int(function, 16):02x}" if function else ""


def _any(_at: str) -> str:
    return ""


#: Buses besides PCI and USB that can carry a network, and how their devices say what they are.
_BUSES: Mapping[str, Callable[[str], str]] = {
    "virtio": _virtio,
    "vmbus": _vmbus,
    "xen": _xen,
    "thunderbolt": _thunderbolt,
    "firewire": _firewire,
    "sdio": _sdio,
    "pcmcia": _pcmcia,
    "mhi": _any,
    "ssb": _any,
    "bcma": _any,
}


def read_others(root: Path, found_below: Below) -> tuple[tuple[BusDevice, ...], tuple[str, ...]]:
    """Every device on the other buses, and the entries that cannot be understood."""
    unreadable: list[str] = []
    devices: list[BusDevice] = []
    for bus, identity in _BUSES.items():
        folder = f"{root}/sys/bus/{bus}/devices"

        def read(
            name: str,
            bus: str = bus,
            folder: str = folder,
            identity: Callable[[str], str] = identity,
        ) -> BusDevice:
            return BusDevice(
                bus=bus,
                name=sysfs.printable(name),
                identity=identity(f"{folder}/{name}"),
                driver=sysfs.linked(f"{folder}/{name}/driver"),
                links=found_below.links.get(name, 0),
                radios=found_below.radios.get(name, 0),
            )

        devices += sysfs.understood(sysfs.entries(folder), read, unreadable, bus)
    return tuple(devices), tuple(unreadable)

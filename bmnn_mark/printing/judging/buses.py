# SPDX-License-Identifier: Apache-2.0
"""Rules on what sits on PCI and the other buses, whichever namespace its interface went to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bmnn_mark.printing.hardware_facts import BusDevice, PciDevice
from bmnn_mark.printing.inventory import Known, pci_device
from bmnn_mark.printing.judging.court import Court
from bmnn_mark.printing.model import Evidence

_NETWORK, _WIRELESS = 0x02, 0x0D
_OTHER_NETWORK = 0x0280  # what Wi-Fi cards call themselves
#: All but devices older than the classes, coprocessors among them.
_NAMED_CLASSES = frozenset({*range(0x01, 0x14), 0x40})

#: Class and subclass of functions that carry bytes to other machines without a network card.
_MODEM = 0x0703
_INTEL, _OTHER_COMMUNICATION, _BOARD_CONTROLLER = "8086", 0x0780, 0x0C07
_CARRIERS = {0x0C00: "firewire", 0x0C04: "fibre_channel", 0x0C06: "infiniband", 0x0C09: "can"}
_THUNDERBOLT = 0x0C0340

#: Drivers that hand a device to a virtual machine or to a program.
_HANDING_ON = frozenset(
    {"vfio-pci", "pci-stub", "uio_pci_generic", "igb_uio", "xen-pciback", "pciback", "vfio-fsl-mc"}
)
_VIRTIO_VENDOR, _VIRTIO_DRIVER = "1af4", "virtio-pci"

_VIRTIO_NETWORK, _VIRTIO_VSOCK = "1", "19"
#: Radios, a CAN bus, a modem.
_VIRTIO_CARRIERS = frozenset({"10", "12", "29", "36", "40"})
_HYPER_V_NETWORK = "f8615163-df3e-46c5-913f-f2d2f965ed0e"
_IP_OVER_FIREWIRE = "unit:00005e"
_SDIO_WLAN, _SDIO_BLUETOOTH = "07:", ("02:", "03:", "09:")
_PCMCIA_SERIAL, _PCMCIA_NETWORK = "02", "06"


def judge_pci(court: Court, devices: tuple[PciDevice, ...], known: Known) -> Iterator[Evidence]:
    """A network card whose interface is not among ours is in use where we cannot see it."""
    for one in devices:
        for code in _pci_codes(one, known):
            yield court.found(
                code,
                "sysfs.pci",
                one.address,
                pci_class=f"{one.pci_class:06x}",
                identity=f"{one.vendor}:{one.device}",
                driver=one.driver,
            )


def _pci_codes(one: PciDevice, known: Known) -> Iterator[str]:
    base, kind = one.pci_class >> 16, one.pci_class >> 8
    if base in {_NETWORK, _WIRELESS}:
        yield from _card_codes(one)
    elif one.driver in _HANDING_ON:
        yield "hw.passed_through"
    if kind == _MODEM:
        yield "hw.modem" if one.driver else "hw.radio_without_driver"
    if kind in _CARRIERS or one.pci_class == _THUNDERBOLT:
        yield "hw.carrier_possible"
    if kind == _BOARD_CONTROLLER or (kind == _OTHER_COMMUNICATION and one.vendor == _INTEL):
        yield "hw.amt_or_bmc"
    virtio = one.vendor == _VIRTIO_VENDOR and one.driver == _VIRTIO_DRIVER
    if base not in _NAMED_CLASSES and not virtio:  # virtio devices are judged on their own bus
        listed = known.has_device(pci_device(one))
        yield "hw.pci_function_listed" if listed else "hw.pci_function_unknown"


def _card_codes(one: PciDevice) -> Iterator[str]:
    wireless = one.pci_class >> 16 == _WIRELESS
    if not one.driver:
        radio = wireless or one.pci_class >> 8 == _OTHER_NETWORK
        yield "hw.radio_without_driver" if radio else "hw.nic_without_driver"
    elif not one.links and not one.radios:
        yield "hw.nic_bound_but_no_netdev_here"
    elif wireless and not one.radios:
        yield "hw.radio_other"  # a radio that no class of radios knows of


def judge_others(court: Court, devices: tuple[BusDevice, ...]) -> Iterator[Evidence]:
    """Cards of virtual machines, other computers on a cable, radios on a card slot."""
    for one in devices:
        for code in _other_codes(one):
            yield court.found(
                code, f"sysfs.{one.bus}", one.name, identity=one.identity, driver=one.driver
            )
    hypervisors = Counter(one.bus for one in devices if one.bus in {"vmbus", "xen"})
    for bus, count in hypervisors.items():
        yield court.found("hw.hypervisor_bus", f"sysfs.{bus}", bus, devices=count)


def _other_codes(one: BusDevice) -> Iterator[str]:
    match one.bus:
        case "virtio" | "vmbus" | "xen":
            yield from _virtual_codes(one)
        case "thunderbolt":
            yield from _thunderbolt_codes(one)
        case "firewire":
            if one.identity == _IP_OVER_FIREWIRE or one.driver == "firewire_net":
                yield "hw.other_carrier"
            elif one.identity == "node":
                yield "hw.carrier_possible"
        case "sdio" | "pcmcia":
            yield from _card_slot_codes(one)
        case "mhi":
            yield "hw.wwan"
        case _ if one.driver and not one.links and not one.radios:  # a core of a card
            yield "hw.nic_bound_but_no_netdev_here"


def _virtual_codes(one: BusDevice) -> Iterator[str]:
    network = {"virtio": _VIRTIO_NETWORK, "vmbus": _HYPER_V_NETWORK, "xen": "vif"}[one.bus]
    if one.identity == network:
        yield "hw.virtio_net"
        if one.driver and not one.links:
            yield "hw.nic_bound_but_no_netdev_here"
    elif one.bus == "virtio" and one.identity == _VIRTIO_VSOCK:
        yield "hw.virtio_vsock"
    elif one.bus == "virtio" and one.identity in _VIRTIO_CARRIERS:
        yield "hw.other_carrier"


def _thunderbolt_codes(one: BusDevice) -> Iterator[str]:
    kind, _, key = one.identity.partition(":")
    if kind == "thunderbolt_xdomain" or key == "network" or one.driver == "thunderbolt-net":
        yield "hw.other_carrier"
    elif kind == "thunderbolt_device" and not one.name.endswith("-0"):
        yield "hw.carrier_possible"


def _card_slot_codes(one: BusDevice) -> Iterator[str]:
    if one.links or one.radios:
        return  # judged as what they are
    if one.bus == "pcmcia":
        if one.identity == _PCMCIA_NETWORK:
            yield "hw.nic_bound_but_no_netdev_here" if one.driver else "hw.nic_without_driver"
        elif one.identity == _PCMCIA_SERIAL:
            yield "hw.modem"
    elif not one.driver:
        yield "hw.radio_without_driver"
    elif one.identity.startswith(_SDIO_WLAN):
        yield "hw.wifi"
    elif one.identity.startswith(_SDIO_BLUETOOTH):
        yield "hw.bluetooth"
    else:
        yield "hw.radio_other"

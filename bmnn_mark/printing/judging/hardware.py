# SPDX-License-Identifier: Apache-2.0
"""Rules on hardware: what carries a network, could, or was not there at commissioning."""

from __future__ import annotations

from collections.abc import Iterator

from bmnn_mark.printing.hardware_facts import (
    Hardware,
    KernelReach,
    Port,
    PortKind,
    Radio,
    RadioKind,
    UsbDevice,
    UsbInterface,
)
from bmnn_mark.printing.inventory import Known, seen_devices, usb_device
from bmnn_mark.printing.judging.buses import judge_others, judge_pci
from bmnn_mark.printing.judging.court import Court
from bmnn_mark.printing.judging.usb_functions import UsbFunction, functions_of
from bmnn_mark.printing.model import Evidence

_RADIOS = {
    RadioKind.WLAN: "hw.wifi",
    RadioKind.BLUETOOTH: "hw.bluetooth",
    RadioKind.WWAN: "hw.wwan",
    RadioKind.NFC: "hw.nfc",
    RadioKind.ULTRAWIDEBAND: "hw.radio_other",
    RadioKind.WIMAX: "hw.radio_other",
    RadioKind.IEEE802154: "hw.radio_other",
}
_RECEIVERS = frozenset({RadioKind.GPS, RadioKind.FM})

_PORTS = {
    PortKind.MODEM: "hw.modem",
    PortKind.CDC_SERIAL: "hw.modem",
    PortKind.ISDN: "hw.modem",
    PortKind.USB_SERIAL: "hw.usb_serial",
    PortKind.SERIAL: "hw.serial_line",
    PortKind.LINE_PRINTER: "hw.line_printer",
    PortKind.PPP: "hw.ppp_ready",
    PortKind.RFCOMM: "hw.bluetooth",
    PortKind.INFINIBAND: "hw.other_carrier",
    PortKind.FIBRE_CHANNEL: "hw.other_carrier",
    PortKind.ISCSI: "hw.other_carrier",
    PortKind.VSOCK: "hw.vsock",
    PortKind.VIRTIO_PORT: "hw.virtio_port",
    PortKind.MANAGEMENT_ENGINE: "hw.amt_or_bmc",
    PortKind.BOARD_CONTROLLER: "hw.amt_or_bmc",
    PortKind.USB_GADGET: "hw.carrier_possible",
    PortKind.USB_OVER_NETWORK: "hw.other_carrier",
}


def judge_hardware(court: Court, facts: Hardware) -> Iterator[Evidence]:
    """Everything found, one after the other: a further device only ever adds a finding."""
    known = Known(court.baseline)
    for entry in facts.unreadable:
        yield court.found("hw.unreadable", "sysfs", entry)
    yield from judge_pci(court, facts.pci, known)
    for device in facts.usb:
        yield from _usb(court, device, known)
    yield from judge_others(court, facts.others)
    for radio in facts.radios:
        yield _radio(court, radio)
    for port in facts.ports:
        yield _port(court, port)
    yield from _kernel(court, facts.kernel)
    if court.baseline is not None:
        yield from _new_devices(court, known)


def _usb(court: Court, device: UsbDevice, known: Known) -> Iterator[Evidence]:
    if not device.authorized and not device.interfaces:
        yield _usb_found(court, device, "hw.usb_blocked")
        return
    codes = dict.fromkeys(
        code for one, what in functions_of(device) if (code := _usb_code(device, one, what, known))
    )
    for code in codes:
        yield _usb_found(court, device, code)


def _usb_code(device: UsbDevice, one: UsbInterface, what: UsbFunction, known: Known) -> str:
    match what:
        case UsbFunction.NETWORK:
            return "hw.usb_network"
        case UsbFunction.MODEM:
            return "hw.modem"
        case UsbFunction.BLUETOOTH if device.radios:
            return ""  # the radio is judged with what its switch says
        case UsbFunction.BLUETOOTH:
            return "hw.bluetooth" if one.driver else "hw.radio_without_driver"
        case UsbFunction.PRINTER:
            return "hw.usb_printer"
        case UsbFunction.SERIAL:
            return "hw.usb_serial"
        case UsbFunction.UNKNOWN:
            listed = known.has_device(usb_device(device))
            return "hw.usb_function_listed" if listed else "hw.usb_function_unknown"
        case _:
            return ""  # harmless, or judged as storage


def _usb_found(court: Court, device: UsbDevice, code: str) -> Evidence:
    return court.found(
        code,
        "sysfs.usb",
        device.port,
        identity=f"{device.vendor}:{device.product}",
        serial=device.serial,
    )


def _radio(court: Court, radio: Radio) -> Evidence:
    if radio.kind in _RECEIVERS:
        code = "hw.radio_receiver"
    elif radio.hard_blocked:
        code = "hw.radio_hard_blocked"
    else:
        code = _RADIOS[radio.kind]
    return court.found(
        code, "sysfs.radio", radio.name, kind=radio.kind.value, soft_blocked=radio.soft_blocked
    )


def _port(court: Court, port: Port) -> Evidence:
    return court.found(_PORTS[port.kind], "sysfs.class", port.name, kind=port.kind.value)


def _kernel(court: Court, kernel: KernelReach) -> Iterator[Evidence]:
    if kernel.loads_modules and kernel.network_modules:
        yield court.found("hw.kernel_can_load_drivers", "proc.sys")
    if kernel.built_in:
        yield court.found("hw.network_drivers_built_in", "lib.modules")
    for hub in kernel.takes_new_usb:
        yield court.found("hw.usb_takes_new_devices", "sysfs.usb", hub)


def _new_devices(court: Court, known: Known) -> Iterator[Evidence]:
    """What the baseline does not list; interfaces are judged as such."""
    for seen in seen_devices(court.snapshot):
        one = seen.known_as
        if one.bus != "net" and not known.has_device(one):
            code = "hw.new_since_baseline" if seen.network else "hw.device_changed"
            yield court.found(code, f"sysfs.{one.bus}", one.place, identity=one.identity)

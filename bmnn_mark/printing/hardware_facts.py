# SPDX-License-Identifier: Apache-2.0
r"""Raw facts about what is built into or plugged into a host; plain frozen values all of them.

Names that devices give themselves are kept in one line of printable text: bytes that are not
UTF-8 and control characters stand as ``\xNN``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_PRINTER_CLASS = 0x07


@dataclass(frozen=True, slots=True, kw_only=True)
class PciDevice:
    """A function on the PCI bus.

    Attributes:
        address: as ``0000:00:1f.6``.
        pci_class: class, subclass and programming interface, 24 bits.
        vendor: four hexadecimal digits.
        device: four hexadecimal digits.
        driver: bound kernel driver; empty for none.
        links: network interfaces below it that this host's own namespace has.
        radios: radios below it, likewise.
    """

    address: str
    pci_class: int
    vendor: str
    device: str
    driver: str = ""
    links: int = 0
    radios: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbInterface:
    """A function of a USB device, by the codes of the USB class list; ``driver`` empty for none."""

    number: int
    usb_class: int
    subclass: int
    protocol: int
    driver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbDevice:
    """A device on the USB; all but the port is what it claims of itself.

    Attributes:
        port: where it is plugged in, as ``1-2.3``; ``usb1`` for a root hub.
        vendor: idVendor, four hexadecimal digits in small letters.
        product: idProduct, likewise.
        serial: its serial number; empty for none.
        usb_class: class of the whole device; 0 where each interface has its own.
        authorized: whether the kernel may use it.
        interfaces: its functions; none while it is not configured.
        radios: radios below it that this host's own namespace has.
    """

    port: str
    vendor: str
    product: str
    serial: str = ""
    usb_class: int = 0
    authorized: bool = True
    interfaces: tuple[UsbInterface, ...] = ()
    radios: int = 0

    @property
    def is_printer(self) -> bool:
        """Whether it says that it prints."""
        codes = {self.usb_class, *(one.usb_class for one in self.interfaces)}
        return _PRINTER_CLASS in codes


@dataclass(frozen=True, slots=True, kw_only=True)
class BusDevice:
    """A device on another bus that can carry a network.

    Attributes:
        bus: name below ``/sys/bus``: ``virtio``, ``vmbus``, ``thunderbolt``, ``sdio``, ...
        name: its name there.
        identity: what kind it is by its bus's own codes: ``1`` of virtio is a network card.
        driver: bound kernel driver; empty for none.
        links: network interfaces below it that this host's own namespace has.
        radios: radios below it, likewise.
    """

    bus: str
    name: str
    identity: str = ""
    driver: str = ""
    links: int = 0
    radios: int = 0


class RadioKind(StrEnum):
    """Kinds of radios, by the kernel's names for them in rfkill."""

    WLAN = "wlan"
    BLUETOOTH = "bluetooth"
    WWAN = "wwan"
    NFC = "nfc"
    ULTRAWIDEBAND = "ultrawideband"
    WIMAX = "wimax"
    IEEE802154 = "ieee802154"
    GPS = "gps"
    FM = "fm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """A radio that has a driver.

    Attributes:
        kind: what it is for.
        name: the kernel's name for it: ``phy0``, ``hci0``, or that of its switch.
        hard_blocked: whether a switch of the machine, not of its software, keeps it silent.
        soft_blocked: whether software keeps it silent; any software can undo that.
    """

    kind: RadioKind
    name: str
    hard_blocked: bool = False
    soft_blocked: bool = False


class PortKind(StrEnum):
    """Ways for bytes to leave a host that are no network interface."""

    MODEM = "modem"
    CDC_SERIAL = "cdc_serial"
    USB_SERIAL = "usb_serial"
    SERIAL = "serial"
    LINE_PRINTER = "line_printer"
    PPP = "ppp"
    RFCOMM = "rfcomm"
    ISDN = "isdn"
    INFINIBAND = "infiniband"
    FIBRE_CHANNEL = "fibre_channel"
    ISCSI = "iscsi"
    VSOCK = "vsock"
    VIRTIO_PORT = "virtio_port"
    MANAGEMENT_ENGINE = "management_engine"
    BOARD_CONTROLLER = "board_controller"
    USB_GADGET = "usb_gadget"
    USB_OVER_NETWORK = "usb_over_network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One such way; ``name`` is the kernel's name for it."""

    kind: PortKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelReach:
    """Whether the running kernel can still come to a network driver.

    Attributes:
        loads_modules: whether it takes modules; not after ``modules_disabled=1``.
        network_modules: whether modules of network drivers lie ready on the disk.
        built_in: whether network drivers are part of it.
        takes_new_usb: USB root hubs that switch on whatever is plugged in.
    """

    loads_modules: bool
    network_modules: bool
    built_in: bool
    takes_new_usb: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What was found. ``unreadable`` names entries of sysfs that could not be understood."""

    pci: tuple[PciDevice, ...]
    usb: tuple[UsbDevice, ...]
    others: tuple[BusDevice, ...]
    radios: tuple[Radio, ...]
    ports: tuple[Port, ...]
    kernel: KernelReach
    unreadable: tuple[str, ...] = ()


class StorageKind(StrEnum):
    """How storage that is not built in comes to a host."""

    USB = "usb"
    CARD = "card"
    DISC = "disc"
    REMOVABLE = "removable"
    """Any other that says its medium can be taken out."""
    EXTERNAL = "external"
    """On FireWire or Thunderbolt."""
    MEDIA_DEVICE = "media_device"
    """A phone or a camera, which hands files over without a file system."""
    NETWORK = "network"
    """A block device whose medium is elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageDevice:
    """Storage that can be taken out.

    Attributes:
        kind: how it is attached.
        place: where: the USB port, or the path below ``/sys/devices``.
        name: the kernel's name, ``sdb``; empty for a phone or camera.
        identity: vendor:product, or the model's name; empty where it says nothing.
        serial: its own serial number; empty where it says none.
        medium: whether something is in it.
        used: places that it is mounted at, or other devices made of it.
    """

    kind: StorageKind
    place: str
    name: str = ""
    identity: str = ""
    serial: str = ""
    medium: bool = True
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Removable storage, and file systems whose files are on another machine.

    ``remote_mounts`` names kinds of file systems (``nfs4``), one for each place.
    """

    devices: tuple[StorageDevice, ...]
    remote_mounts: tuple[str, ...]
    unreadable: tuple[str, ...] = ()

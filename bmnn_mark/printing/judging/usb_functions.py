# SPDX-License-Identifier: Apache-2.0
"""What a function on the USB is for: by its driver, by who made it, by the codes of its class.

A driver need not be bound and no interface need have appeared yet: a telephone that was plugged
in a moment ago is a way to a network already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from bmnn_mark.printing.hardware_facts import UsbDevice, UsbInterface


class UsbFunction(StrEnum):
    """What it is for, as far as the judge needs to know."""

    NETWORK = "network"
    MODEM = "modem"
    BLUETOOTH = "bluetooth"
    PRINTER = "printer"
    SERIAL = "serial"
    STORAGE = "storage"
    """Judged as storage, not here."""
    HARMLESS = "harmless"
    """Keyboards, hubs, card readers, cameras: nothing that carries a network."""
    UNKNOWN = "unknown"


_COMMUNICATIONS, _DATA = 0x02, 0x0A

#: Audio, HID, physical, hub, smart card, content security, video, health, audio/video,
#: billboard, Type-C bridge, bulk display, I3C.
_HARMLESS = frozenset(
    {0x01, 0x03, 0x05, 0x09, 0x0B, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x3C}
)

#: Communications that are a serial line to a modem or a telephone; all others carry frames.
_MODEM_SUBCLASSES = frozenset({0x01, 0x02, 0x03, 0x04, 0x05, 0x09, 0x0B})

_NETWORK_DRIVER = re.compile(
    r"usbnet|cdc_(?:ether|ncm|eem|mbim|subset|phonet)|huawei_cdc_ncm|qmi_wwan(?:_\w+)?|ipheth"
    r"|rndis_host|rndis_wlan|r815\w+|asix|ax88\w+|aqc111|lan78xx|smsc\w+|mcs7830|dm9601|sr9[78]00"
    r"|ch9200|cx82310_eth|catc|kaweth|pegasus|rtl8150|net1080|plusb|gl620a|int51x1|kalmia|zaurus"
    r"|lg-vl600|hso|sierra_net|mctp\w*|usb8xxx|usb8797|mt76\w*|mt7\w+|rt2\w+|rt73usb|rtl8\w+"
    r"|rtw\w+|r8188eu|r8712u|8\d{3}\w+|ath\w+|ar5523|carl9170|brcmfmac|mwifiex\w*|libertas\w*"
    r"|p54usb|at76c50x\w*|orinoco_usb|prism2_usb|vt6656|zd1201|zd1211rw|rsi_usb|wilc\w*|atusb"
    r"|gs_usb|peak_usb|kvaser_usb|ems_usb|esd_usb\w*|mcba_usb|ucan|usb_8dev|etas_es58x|f81604"
    r"|usbip-\w+|irda-usb|stir4200|pn533\w*|port100|nfc\w*",
    re.ASCII,
)
_MODEM_DRIVER = re.compile(
    r"cdc_acm|cdc_wdm|option\d?|sierra|qcserial|qcaux|ipw|usb_wwan|hso_serial|ti_usb_3410_5052"
    r"|visor|ipaq|omninet",
    re.ASCII,
)
_BLUETOOTH_DRIVER = re.compile(r"btusb|bpa10x|bfusb|bcm203x|ath3k|btmtk\w*", re.ASCII)
_SERIAL_DRIVER = re.compile(
    r"ftdi_sio|pl2303|cp210x|ch34\w+|mct_u232|keyspan\w*|usbserial\w*|usb_serial_simple|mos7\w+"
    r"|ark3116|belkin_sa|cypress_m8|digi_acceleport|f81232|io_edgeport|io_ti|oti6858|spcp8x5"
    r"|ssu100|whiteheat|xr_serial|metro-usb",
    re.ASCII,
)
_HARMLESS_DRIVER = re.compile(
    r"usbhid|hub|usblp|snd-\S+|uvcvideo|wacom|xpad|usbtmc|usbtouchscreen|apple-mfi-fastcharge",
    re.ASCII,
)

#: Makers of nothing but network adapters, modems or telephones (None), or the products that are;
#: products by the start of their number. Some sticks show themselves as a disc first.
_KNOWN: dict[str, tuple[str, ...] | None] = {
    "0b95": None,  # ASIX
    "148f": None,  # Ralink
    "0cf3": None,  # Atheros
    "0bda": ("815", "805", "81", "82", "86", "87", "88", "a8", "b", "c", "d7", "f1", "1a2b"),
    "0e8d": ("76", "79", "20", "c6"),  # MediaTek
    "0846": None,  # Netgear
    "2357": None,  # TP-Link
    "2001": ("3", "7", "a"),  # D-Link
    "07d1": None,  # D-Link
    "7392": None,  # Edimax
    "13b1": None,  # Linksys
    "0586": None,  # ZyXEL
    "0ace": None,  # ZyDAS
    "07b8": None,  # AboCom
    "07a6": None,  # ADMtek
    "0a46": None,  # Davicom
    "0fe6": ("96", "97"),  # Kontron and its copies
    "0424": ("75", "78", "95", "96", "9e", "ec"),  # Microchip
    "0b05": ("17", "18", "19ff", "1a5c", "1841"),  # ASUS
    "12d1": None,  # Huawei
    "19d2": None,  # ZTE
    "1199": None,  # Sierra Wireless
    "2c7c": None,  # Quectel
    "1bc7": None,  # Telit
    "2cb7": None,  # Fibocom
    "0af0": None,  # Option
    "1410": None,  # Novatel
    "1e0e": None,  # SIMCom
    "05c6": None,  # Qualcomm
    "1bbb": None,  # Alcatel
    "1782": None,  # Spreadtrum
    "05ac": ("12",),  # iPhone, iPad
    "04e8": ("68", "66"),  # Samsung telephones
    "18d1": ("4ee", "2d0", "d00"),  # Android
    "2717": None,  # Xiaomi
    "22d9": None,  # OPPO
    "2d95": None,  # vivo
    "2a70": None,  # OnePlus
    "22b8": None,  # Motorola
    "0fce": None,  # Sony telephones
    "1004": ("6",),  # LG telephones
    "0bb4": None,  # HTC
    "0421": None,  # Nokia
    "2e04": None,  # HMD
    "2b4c": None,  # ZUK
    "2ae5": None,  # Fairphone
}


def functions_of(device: UsbDevice) -> Iterator[tuple[UsbInterface, UsbFunction]]:
    """Every function of a device with what it is for.

    A device that shows no functions stands as one function of the device's own class.
    """
    shown = device.interfaces or (
        UsbInterface(number=0, usb_class=device.usb_class, subclass=0, protocol=0),
    )
    has_control = any(one.usb_class == _COMMUNICATIONS for one in shown)
    for one in shown:
        if one.usb_class == _DATA and has_control and not one.driver:
            continue  # the second half of a function that is judged by its first
        harmless = one.usb_class in _HARMLESS  # makers of adapters make hubs and lamps as well
        by_maker = None if harmless else _by_maker(device)
        yield one, _by_driver(one.driver) or by_maker or _by_class(one)


@lru_cache(maxsize=1024)
def _by_driver(driver: str) -> UsbFunction | None:
    patterns = {
        _NETWORK_DRIVER: UsbFunction.NETWORK,
        _MODEM_DRIVER: UsbFunction.MODEM,
        _BLUETOOTH_DRIVER: UsbFunction.BLUETOOTH,
        _SERIAL_DRIVER: UsbFunction.SERIAL,
    }
    return next((what for name, what in patterns.items() if name.fullmatch(driver)), None)


def _by_maker(device: UsbDevice) -> UsbFunction | None:
    if device.vendor not in _KNOWN:
        return None
    products = _KNOWN[device.vendor]
    known = products is None or device.product.startswith(products)
    return UsbFunction.NETWORK if known else None


def _by_class(one: UsbInterface) -> UsbFunction:
    if one.usb_class in _HARMLESS:
        return UsbFunction.HARMLESS
    match one.usb_class, one.subclass, one.protocol:
        case (0x02, 0x02, 0xFF):
            return UsbFunction.NETWORK  # RNDIS, which calls itself a modem
        case (0x02, subclass, _):
            modem = subclass in _MODEM_SUBCLASSES
            return UsbFunction.MODEM if modem else UsbFunction.NETWORK
        case (0xE0, 0x01, 0x01 | 0x04):
            return UsbFunction.BLUETOOTH
        case (0x0A | 0x14 | 0xE0, _, _) | (0xEF, 0x01 | 0x03 | 0x04, _) | (0xFE, 0x02, _):
            return UsbFunction.NETWORK  # RNDIS, wireless USB, infrared, management frames
        case (0xFF, 0xFD, 0x01) | (0xFF, 0x42, 0x01 | 0x03):
            return UsbFunction.NETWORK  # an iPhone's tethering; an Android's debugging
        case (0x07, _, _):
            return UsbFunction.PRINTER
        case (0x06 | 0x08, _, _):
            return UsbFunction.STORAGE
        case (0xEF, 0x02 | 0x05 | 0x06, _) | (0xFE, 0x01 | 0x03, _):
            return UsbFunction.HARMLESS
    return UsbFunction.HARMLESS if _HARMLESS_DRIVER.fullmatch(one.driver) else UsbFunction.UNKNOWN

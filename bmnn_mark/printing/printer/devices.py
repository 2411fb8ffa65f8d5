# SPDX-License-Identifier: Apache-2.0
"""Which devices a queue may lead to, decided from the device URI byte for byte."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from bmnn_mark.errors import PrinterRefused

_REHEARSAL_SCHEMES = frozenset({"file", "bmnn-rehearsal"})
_MEANINGLESS_SERIALS = frozenset(
    {"none", "null", "n/a", "unknown", "default", "serial", "serialnumber", "serial number"}
)
_COUNTED = "01234567890123456789abcdefghij"  # what a maker types who has no number to give


def refuse_device(device_uri: str, *, rehearsal: bool) -> None:
    """Allow a USB printer with a serial number of its own; nothing else for a real register.

    A rehearsal may also print to a file or to the rehearsal's own device.

    Raises:
        PrinterRefused: ``printer.device_scheme``, ``printer.usb_serial``.

    >>> refuse_device("usb://HP/LaserJet?serial=VNB3K12345", rehearsal=False)
    >>> refuse_device("usb://HP/LaserJet?serial=????", rehearsal=False)
    Traceback (most recent call last):
    ...
    bmnn_mark.errors.PrinterRefused: printer.usb_serial
    """
    scheme = device_uri.partition(":")[0]
    if rehearsal and scheme in _REHEARSAL_SCHEMES:
        return
    if scheme != "usb":
        raise PrinterRefused("printer.device_scheme", scheme=scheme)
    if not identifies(serial_of(device_uri)):
        raise PrinterRefused("printer.usb_serial")


def serial_of(device_uri: str) -> str:
    """The serial number in a USB printer's address; empty where there is none or more than one.

    >>> serial_of("usb://HP/LaserJet?serial=VNB3%20K1")
    'VNB3 K1'
    """
    options = urlsplit(device_uri).query.split("&")
    serials = [unquote(one[7:]) for one in options if one.startswith("serial=")]
    return serials[0] if len(serials) == 1 else ""


def identifies(serial: str) -> bool:
    """Whether a serial number tells one printer from another of its kind.

    >>> [identifies(one) for one in ("VNB3K12345", "", "????", "000000", "0123456789")]
    [True, False, False, False, False]
    """
    said = serial.strip().lower()
    return (
        len(said) >= 4
        and said.isprintable()
        and "?" not in said
        and len(set(said)) > 1
        and said not in _COUNTED
        and said not in _MEANINGLESS_SERIALS
    )

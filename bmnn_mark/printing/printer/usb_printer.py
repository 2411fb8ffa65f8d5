# SPDX-License-Identifier: Apache-2.0
"""The USB device that the printer is: exactly one that prints, the one that was enrolled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.printing.evidence.usb import usb_devices
from bmnn_mark.printing.hardware_facts import UsbDevice
from bmnn_mark.printing.printer.devices import identifies, serial_of
from bmnn_mark.printing.printer.record import PrinterFinding, UsbIdentity


def plugged_in(root: Path, device_uri: str, *, any_port: bool) -> UsbIdentity:
    """Which device the one USB printer is now.

    Args:
        root: folder that holds ``sys``.
        device_uri: ``usb://...``, whose serial number it must have.
        any_port: do not bind it to the port that it is plugged into.

    Raises:
        PrinterRefused: ``printer.usb_none``, ``printer.usb_several``, ``printer.usb_serial``,
            ``printer.usb_other``, ``printer.usb_unreadable``.
    """
    printers = _printers(root)
    if not printers:
        raise PrinterRefused("printer.usb_none")
    if len(printers) > 1:
        raise PrinterRefused("printer.usb_several", printers=len(printers))
    found = _identity(printers[0])
    if not identifies(found.serial):
        raise PrinterRefused("printer.usb_serial")
    if found.serial != serial_of(device_uri):
        raise PrinterRefused("printer.usb_other")
    return replace(found, port="") if any_port else found


def usb_findings(enrolled: UsbIdentity, root: Path = Path("/")) -> tuple[PrinterFinding, ...]:
    """What is wrong with what is plugged in now.

    Raises:
        PrinterRefused: ``printer.usb_unreadable``.
    """
    printers = _printers(root)
    if not printers:
        return (PrinterFinding(code="printer.usb_none"),)
    if len(printers) > 1:
        return (PrinterFinding(code="printer.usb_several", detail={"printers": len(printers)}),)
    found = _identity(printers[0])
    if enrolled.port and found.port != enrolled.port:
        return (PrinterFinding(code="printer.usb_port", detail={"port": found.port}),)
    if replace(found, port=enrolled.port) != enrolled:
        return (PrinterFinding(code="printer.usb_other"),)
    return ()


def _printers(root: Path) -> list[UsbDevice]:
    try:
        return [one for one in usb_devices(root) if one.is_printer]
    except OSError as error:
        raise PrinterRefused("printer.usb_unreadable", reason=os_reason(error)) from error


def _identity(device: UsbDevice) -> UsbIdentity:
    return UsbIdentity(
        vendor=device.vendor, product=device.product, serial=device.serial, port=device.port
    )

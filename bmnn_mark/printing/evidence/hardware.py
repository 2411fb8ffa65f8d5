# SPDX-License-Identifier: Apache-2.0
"""What is built into and plugged into the host, and whether its kernel could use more."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from bmnn_mark.printing.evidence import sysfs
from bmnn_mark.printing.evidence.buses import below, read_others, read_pci
from bmnn_mark.printing.evidence.ports import read_ports
from bmnn_mark.printing.evidence.radios import read_radios
from bmnn_mark.printing.evidence.usb import read_usb
from bmnn_mark.printing.hardware_facts import Hardware, KernelReach

#: Folders of a kernel's modules that hold network drivers.
_DRIVERS = ("kernel/drivers/net", "kernel/drivers/bluetooth", "kernel/net/wireless")
_BUILT_IN = tuple(f"{one}/" for one in _DRIVERS)
#: What every kernel has of them without any network card: the loopback, and models of chips.
_HARMLESS = ("kernel/drivers/net/loopback", "kernel/drivers/net/mii", "kernel/drivers/net/phy/")


def read_hardware(root: Path) -> Hardware:
    """Everything found.

    Args:
        root: folder that holds ``sys``, ``proc``, ``dev`` and ``lib``.

    Raises:
        OSError: there is no sysfs, or a folder of it cannot be read.
    """
    sysfs.must_be_there(str(root))
    radios, odd_radios = read_radios(root)
    found_below = below(root, (one.path for one in radios))
    pci, odd_pci = read_pci(root, found_below)
    usb, odd_usb = read_usb(root)
    others, odd_others = read_others(root, found_below)
    ports, odd_ports = read_ports(root)
    return Hardware(
        pci=pci,
        usb=tuple(replace(one, radios=found_below.radios.get(one.port, 0)) for one in usb),
        others=others,
        radios=tuple(one.radio for one in radios),
        ports=ports,
        kernel=_kernel_reach(root),
        unreadable=(*odd_radios, *odd_pci, *odd_usb, *odd_others, *odd_ports),
    )


def _kernel_reach(root: Path) -> KernelReach:
    switch = sysfs.optional(f"{root}/proc/sys/kernel/modules_disabled")
    release = sysfs.optional(f"{root}/proc/sys/kernel/osrelease")
    modules = f"{root}/lib/modules/{release}"
    return KernelReach(
        loads_modules=switch not in {"", "1"},  # a kernel without modules has no such switch
        network_modules=any(_has_module(f"{modules}/{one}") for one in _DRIVERS),
        built_in=_has_built_in(f"{modules}/modules.builtin"),
        takes_new_usb=tuple(
            hub
            for hub in sysfs.entries(f"{root}/sys/bus/usb/devices")
            if hub.startswith("usb")
            and sysfs.optional(f"{root}/sys/bus/usb/devices/{hub}/authorized_default") in {"1", "2"}
        ),
    )


def _has_module(folder: str) -> bool:
    """Whether a module that is more than an empty file lies below the folder."""
    return any(
        ".ko" in name and _holds_something(Path(place, name))
        for place, _, names in os.walk(folder)
        for name in names
    )


def _holds_something(path: Path) -> bool:
    try:
        return bool(path.stat().st_size)
    except FileNotFoundError:  # a link to nowhere, or gone by now
        return False


def _has_built_in(path: str) -> bool:
    """Whether network drivers are part of the kernel; so it is said where it does not tell."""
    try:
        lines = Path(path).read_text("utf-8", "replace").splitlines()
    except OSError:
        return True
    return any(one.startswith(_BUILT_IN) and not one.startswith(_HARMLESS) for one in lines)

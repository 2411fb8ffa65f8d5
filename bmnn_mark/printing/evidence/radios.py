# SPDX-License-Identifier: Apache-2.0
"""Radios that have a driver, and whether a switch of the machine keeps them silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.printing.evidence import sysfs
from bmnn_mark.printing.hardware_facts import Radio, RadioKind

#: Folders below ``/sys/class`` whose every entry is a radio.
_CLASSES = {
    "ieee80211": RadioKind.WLAN,
    "bluetooth": RadioKind.BLUETOOTH,
    "wwan": RadioKind.WWAN,
    "nfc": RadioKind.NFC,
    "ieee802154": RadioKind.IEEE802154,
    "uwb_rc": RadioKind.ULTRAWIDEBAND,
    "wimax": RadioKind.WIMAX,
}

#: What drivers call the interfaces of radios.
_INTERFACES = {
    "wlan": RadioKind.WLAN,
    "wwan": RadioKind.WWAN,
    "bluetooth": RadioKind.BLUETOOTH,
    "wimax": RadioKind.WIMAX,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRadio:
    """A radio and where it sits: its path below ``/sys``, all links followed."""

    radio: Radio
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Switch:
    """An entry of rfkill."""

    kind: RadioKind
    name: str
    soft: bool
    hard: bool
    path: str


def read_radios(root: Path) -> tuple[tuple[FoundRadio, ...], tuple[str, ...]]:
    """Every radio, and the entries that cannot be understood.

    A switch without a radio of its own stands for a radio: something is there to be switched.
    """
    unreadable: list[str] = []
    folder = f"{root}/sys/class/rfkill"
    switches = sysfs.understood(
        sysfs.entries(folder), lambda name: _switch(f"{folder}/{name}"), unreadable, "rfkill"
    )
    bare = [
        (kind, name, sysfs.place(f"{root}/sys/class/{group}/{name}"))
        for group, kind in _CLASSES.items()
        for name in sysfs.entries(f"{root}/sys/class/{group}")
    ]
    bare += _interfaces_of_radios(f"{root}/sys/class/net")
    found, used = [], set()
    for kind, name, path in bare:
        alone = sum(one[0] is kind for one in bare) == 1
        own = [one for one in switches if _belongs(one, kind, name, alone=alone)]
        used.update(own)
        radio = Radio(
            kind=kind,
            name=sysfs.printable(name),
            hard_blocked=bool(own) and all(one.hard for one in own),
            soft_blocked=bool(own) and all(one.soft for one in own),
        )
        found.append(FoundRadio(radio=radio, path=path))
    found += [_standing_for_a_radio(one) for one in switches if one not in used]
    return tuple(found), tuple(unreadable)


def _interfaces_of_radios(folder: str) -> Iterator[tuple[RadioKind, str, str]]:
    """Interfaces whose driver says that they are a radio's; Wi-Fi only where no class has it."""
    for name in sysfs.entries(folder):
        at = f"{folder}/{name}"
        kind = _INTERFACES.get(_device_type(at))
        if kind is None and Path(at, "wireless").exists():
            kind = RadioKind.WLAN
        if kind is not None and not Path(at, "phy80211").exists():
            yield kind, name, sysfs.place(at)


def _device_type(at: str) -> str:
    try:
        lines = sysfs.lines(f"{at}/uevent")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return next((one[8:] for one in lines if one.startswith("DEVTYPE=")), "")


def _switch(at: str) -> _Switch:
    path = sysfs.place(at)
    return _Switch(
        kind=RadioKind(sysfs.attribute(f"{at}/type")),
        name=sysfs.optional(f"{at}/name"),
        soft=bool(sysfs.number(f"{at}/soft", largest=1)),
        hard=bool(sysfs.number(f"{at}/hard", largest=1)),
        path=path,
    )


def _belongs(switch: _Switch, kind: RadioKind, name: str, *, alone: bool) -> bool:
    """Whether a switch is a radio's own: by its name or its place, or by being nobody else's."""
    if switch.kind is not kind:
        return False
    if switch.name:
        return switch.name == sysfs.printable(name)
    return name in switch.path.split("/") or alone


def _standing_for_a_radio(switch: _Switch) -> FoundRadio:
    radio = Radio(
        kind=switch.kind,
        name=switch.name or switch.path.rpartition("/")[2],
        hard_blocked=switch.hard,
        soft_blocked=switch.soft,
    )
    return FoundRadio(radio=radio, path=switch.path)

# SPDX-License-Identifier: Apache-2.0
"""What is installed on the host, for the list that a self-inspection asks for.

Nothing here is judged. Every line says where it was read; what cannot be read stays empty.
"""

from __future__ import annotations

import configparser
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.i18n import Lang

_FIRMWARE = "sys/class/dmi/id"
_PACKAGES = "var/lib/dpkg/status"
_LISTS = "var/lib/dpkg/info"
_MENUS = (
    "usr/share/applications",
    "usr/local/share/applications",
    "var/lib/snapd/desktop/applications",
    "var/lib/flatpak/exports/share/applications",
)
_MAX_BYTES = 64 << 20
_WORD_BYTES = 1024  # switches of the kernel give nothing to who asks for much


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A fact about the machine: ``what`` is a key, ``source`` the file it stands in."""

    what: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An application; an empty version could not be read."""

    name: str
    version: str
    source: str


def read_machine(root: Path) -> tuple[Stated, ...]:
    """Name, make, serial number, processor, memory, system and kernel of the machine."""
    release, place = _release(root)
    system = release.get("PRETTY_NAME") or release.get("NAME", "")
    maker = " ".join(filter(None, (_word(root, f"{_FIRMWARE}/{one}") for one in _MAKER)))
    found = (
        ("name", _word(root, "proc/sys/kernel/hostname"), "proc/sys/kernel/hostname"),
        ("make", maker, f"{_FIRMWARE}/sys_vendor, product_name"),
        ("serial", _word(root, f"{_FIRMWARE}/product_serial"), f"{_FIRMWARE}/product_serial"),
        ("machine_id", _word(root, "etc/machine-id"), "etc/machine-id"),
        ("processor", _field(root, "proc/cpuinfo", "model name"), "proc/cpuinfo"),
        ("memory", _memory(root), "proc/meminfo"),
        ("system", system, place),
        ("kernel", _word(root, "proc/sys/kernel/osrelease"), "proc/sys/kernel/osrelease"),
        ("architecture", platform.machine(), "uname"),
    )
    return tuple(Stated(what=what, value=value, source=source) for what, value, source in found)


_MAKER = ("sys_vendor", "product_name")


def read_packages(root: Path) -> dict[str, str]:
    """Installed packages of dpkg with their versions; empty on systems without dpkg."""
    found = {}
    for entry in _text(root, _PACKAGES).split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in entry.splitlines() if ": " in line and line[0] != " "
        )
        if fields.get("Status", "").endswith(" installed"):
            found[fields.get("Package", "")] = fields.get("Version", "")
    return found


def read_applications(root: Path, packages: dict[str, str], lang: Lang) -> tuple[Program, ...]:
    """Applications of the menus, by name."""
    owners = _owners(root)
    found: dict[str, Program] = {}
    for folder in _MENUS:
        for path in _named(root / folder):
            name = _shown_name(path, lang)
            if name:
                place = str(path.relative_to(root))
                version = packages.get(owners.get(f"/{place}", ""), "")
                found.setdefault(name, Program(name=name, version=version, source=place))
    return tuple(found[name] for name in sorted(found, key=str.casefold))


def _named(folder: Path) -> list[Path]:
    try:
        return sorted(one for one in folder.iterdir() if one.suffix == ".desktop")
    except OSError:
        return []


def _shown_name(path: Path, lang: Lang) -> str:
    """An entry's name as menus show it; empty for one that they do not show."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[method-assign, assignment]  # its documented use
    try:
        parser.read_string(path.read_text("utf-8", "replace"))
        entry = parser["Desktop Entry"]
    except (OSError, configparser.Error, KeyError):
        return ""
    hidden = {entry.get(one, "").strip().lower() for one in ("NoDisplay", "Hidden")}
    if "true" in hidden or entry.get("Type", "Application") != "Application":
        return ""
    return entry.get(f"Name[{lang.value}]", "") or entry.get("Name", "")


def _owners(root: Path) -> dict[str, str]:
    """The package that each menu entry came with."""
    found = {}
    for folder in _listed(root / _LISTS):
        if folder.suffix != ".list":
            continue
        package = folder.stem.partition(":")[0]
        for line in _text(root, str(folder.relative_to(root))).splitlines():
            if line.endswith(".desktop"):
                found[line] = package
    return found


def _listed(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.iterdir()
    except OSError:
        return


def _release(root: Path) -> tuple[dict[str, str], str]:
    for place in ("etc/os-release", "usr/lib/os-release"):
        text = _text(root, place)
        if text:
            pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
            return {key: value.strip().strip("\"'") for key, value in pairs}, place
    return {}, "etc/os-release"


def _memory(root: Path) -> str:
    amount = _field(root, "proc/meminfo", "MemTotal").partition(" ")[0]
    return f"{int(amount) / (1 << 20):.1f} GiB" if amount.isdecimal() else ""


def _field(root: Path, place: str, name: str) -> str:
    for line in _text(root, place).splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _word(root: Path, place: str) -> str:
    return " ".join(_text(root, place, most=_WORD_BYTES).split())


def _text(root: Path, place: str, *, most: int = _MAX_BYTES) -> str:
    try:
        with (root / place).open("rb") as file:
            return file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""

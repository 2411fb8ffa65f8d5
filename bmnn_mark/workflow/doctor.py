# SPDX-License-Identifier: Apache-2.0
"""What this machine has of what the program needs."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bmnn_mark import proc
from bmnn_mark.cage import Hold, holding
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import MEMORY_FOLDER, work_folder
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.remains import keeps_core_dumps, open_swaps, scheduler_denials


class Health(StrEnum):
    """Whether a thing is there."""

    OK = "ok"
    MISSING = "missing"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked for.

    Attributes:
        name: key of its words (``cli.doctor.<name>``).
        health: there, missing, or not there and not needed for marking.
        step: key of the next step (``cli.doctor.next.<step>``); empty where it is there.
        what: the package or extra the step names.
    """

    name: str
    health: Health
    step: str = ""
    what: str = ""


_TOOLS = (
    ("soffice", "libreoffice-writer-nogui", Health.MISSING),
    ("pdftoppm", "poppler-utils", Health.MISSING),
    ("prlimit", "util-linux", Health.MISSING),
    ("bwrap", "bubblewrap", Health.MISSING),
    ("cupsd", "cups-daemon", Health.OPTIONAL),
)
_MODULES = (
    ("cups", "cups", "print"),
    ("zxing", "zxingcpp", "trace"),
    ("zbar", "pyzbar", "trace"),
)
#: Families with Times New Roman's metrics, any of which will do.
_FONTS = ("Times New Roman", "Liberation Serif", "Tinos")


def examine() -> tuple[Finding, ...]:
    """Look for everything, required things first."""
    return tuple(_findings())


def _findings() -> Iterator[Finding]:
    yield _found("python", there=sys.version_info >= (3, 11), step="apt", what="python3")
    for name, package, otherwise in _TOOLS:
        yield _found(
            name,
            there=proc.find_program(name) is not None,
            step="apt",
            what=package,
            otherwise=otherwise,
        )
    yield _found("fonts", there=_has_font(), step="apt", what="fonts-liberation2")
    yield _found("no_network", there=proc.network_free_prefix() is not None, step="userns")
    yield _found(
        "cage", there=holding() is Hold.CAGE, step="cage",
        otherwise=Health.MISSING if holding() is Hold.NONE else Health.OPTIONAL,
    )  # fmt: skip
    yield _found(
        "memory_folder", there=MEMORY_FOLDER.is_mount(), step="memory", otherwise=Health.OPTIONAL
    )
    for name, module, extra in _MODULES:
        there = importlib.util.find_spec(module) is not None
        yield _found(name, there=there, step="extra", what=extra, otherwise=Health.OPTIONAL)
    yield from _printing()


def _printing() -> Iterator[Finding]:
    """What printing on this machine needs besides, and what would keep or cut off a document."""
    checks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("guard", _guard_answers),
        ("swap", lambda: not open_swaps()),
        ("core_dumps", lambda: not keeps_core_dumps()),
        ("denials", lambda: scheduler_denials() == 0),
    )
    for name, holds in checks:
        try:
            there = holds()
        except OSError:
            there = False
        yield _found(name, there=there, step=name, otherwise=Health.OPTIONAL)


def _guard_answers() -> bool:
    try:
        with GuardLine(seconds=5.0) as guard:
            guard.report()
    except PrinterRefused:
        return False
    return True


def _found(
    name: str,
    *,
    there: bool,
    step: str,
    what: str = "",
    otherwise: Health = Health.MISSING,
) -> Finding:
    if there:
        return Finding(name=name, health=Health.OK)
    return Finding(name=name, health=otherwise, step=step, what=what)


def _has_font() -> bool:
    lister = proc.find_program("fc-list")
    if lister is None:
        return any(Path("/usr/share/fonts").rglob("LiberationSerif-Regular.ttf"))
    with work_folder() as home:
        listed = proc.run([lister, ":", "family"], home=home, seconds=20).stdout.decode()
    return any(family in listed for family in _FONTS)

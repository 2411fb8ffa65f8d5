# SPDX-License-Identifier: Apache-2.0
"""Which programs stand between a PDF and the device, as the scheduler's own tables have it."""

from __future__ import annotations

import re
from pathlib import Path

from bmnn_mark import proc
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import work_folder
from bmnn_mark.printing.scheduler.process import SchedulerPlace

_NAMED = re.compile(rb'^\*cups(?:Pre)?Filter2?:\s*"([^"]*)"', re.MULTILINE)
_TARGET = re.compile(rb'^\*cupsFilter2?:\s*"([^"]*)"', re.MULTILINE)
#: What lets a PPD have a command run, or take in lines from elsewhere.
_COMMANDS = re.compile(rb"^\*(?:FoomaticRIP\w*|FoomaticNo\w*|Include)\b|foomatic-rip", re.MULTILINE)
_SECONDS = 30.0


def refuse_commands(description: bytes) -> None:
    """Refuse a PPD that calls more than filters by name.

    Raises:
        PrinterRefused: ``printer.description_commands``.
    """
    if _COMMANDS.search(description):
        raise PrinterRefused("printer.description_commands")


def device_format(description: bytes) -> str:
    """MIME type of what the device gets, as far as a PPD says.

    >>> device_format(b'*cupsFilter2: "application/pdf application/vnd.hp-PCL 0 x"')
    'application/vnd.hp-PCL'
    >>> device_format(b'*cupsFilter: "application/vnd.cups-raster 0 rastertohp"')
    'application/octet-stream'
    >>> device_format(b"")
    'application/postscript'
    """
    for found in _TARGET.finditer(description):
        words = found[1].decode("ascii", "replace").split()
        if len(words) == 4:
            return words[1]
        if len(words) == 3:
            return words[0] if words[2] == "-" else "application/octet-stream"
    return "application/postscript"


def chain_of(place: SchedulerPlace, ppd: Path) -> tuple[Path, ...]:
    """The filters for a PDF, in order, and every other one that the PPD names.

    Raises:
        PrinterRefused: ``printer.no_filters``: there is no way from a PDF to this device.
    """
    listed = _cupsfilter(place, ppd, ["--list-filters"], Path("/dev/null"))
    names = listed.decode("utf-8", "replace").split()
    for line in _NAMED.findall(ppd.read_bytes()):
        words = line.decode("utf-8", "replace").split()
        if len(words) >= 3:
            names.append(words[-1])
    programs = dict.fromkeys(name for name in names if name != "-")
    return tuple(place.server_bin / "filter" / name for name in programs)


def filtered(place: SchedulerPlace, ppd: Path, page: Path, options: dict[str, str]) -> bytes:
    """What the device would get of a PDF: the PDF itself where no filter stands between.

    Raises:
        PrinterRefused: ``printer.no_filters``.
    """
    if not _cupsfilter(place, ppd, ["--list-filters"], page).strip():
        return page.read_bytes()
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return _cupsfilter(place, ppd, words, page)


def tables_of(place: SchedulerPlace) -> tuple[Path, ...]:
    """The tables by which the scheduler knows types and chooses filters."""
    folders = (place.data_dir / "mime", place.server_root)
    return tuple(
        sorted(
            path
            for folder in folders
            for kind in ("*.types", "*.convs")
            for path in folder.glob(kind)
        )
    )


def _cupsfilter(place: SchedulerPlace, ppd: Path, words: list[str], page: Path) -> bytes:
    command = [proc.program("cupsfilter"), "-c", str(place.server_root / "cups-files.conf")]
    command += ["-p", str(ppd), "-e", "-i", "application/pdf", "-m", "printer/bmnn", *words]
    with work_folder() as home:
        done = proc.run([*command, str(page)], home=home, seconds=_SECONDS)
    if done.returncode:
        raise PrinterRefused("printer.no_filters")
    return done.stdout

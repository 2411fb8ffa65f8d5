# SPDX-License-Identifier: Apache-2.0
"""The scheduler's settings: what must stand in its files so that nothing of a job stays.

Read from the files that the running cupsd was started with. A setting that is not written down is
a finding: what cupsd does by default differs between versions and distributions. The reasons for
each are in ``docs/hardening.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason

_SYSTEM_SETTINGS = Path("/etc/cups/cupsd.conf")
_SYSTEM_FILES = Path("/etc/cups/cups-files.conf")
_MEMORY = frozenset({"tmpfs", "ramfs"})
_FOLLOWING_SECONDS, _HISTORY_SECONDS = 5, 600
_QUIET = frozenset({"none", "emerg", "alert", "crit", "error", "warn", "notice"})

#: Operations that tell of a queue and neither take nor give a document.
_READING = frozenset(
    {
        "get-printer-attributes", "cups-get-printers", "cups-get-classes", "cups-get-default",
        "cups-get-ppd", "get-printer-supported-values", "cups-get-ppds", "cups-get-devices",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A section of a settings file: ``<Policy bmnn>`` and what stands in it.

    Attributes:
        kind: in small letters, ``policy``; empty for the file itself.
        names: the words after it: names of the section or its operations.
        settings: name in small letters and value, in order.
        blocks: sections inside.
    """

    kind: str = ""
    names: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = field(default=())

    def last(self, name: str) -> str | None:
        """The value that holds: the last one written; None where there is none."""
        values = self.all(name)
        return values[-1] if values else None

    def all(self, name: str) -> tuple[str, ...]:
        """Every value written for a name."""
        return tuple(value for one, value in self.settings if one == name.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingFault:
    """A setting that is not as it must be.

    Attributes:
        setting: its name as it is written in the file.
        wanted: what must stand there.
    """

    setting: str
    wanted: str


def setting_faults(pid: int, spool: Path, policy: str) -> tuple[SettingFault, ...]:
    """What is wrong with the settings of a running scheduler.

    Args:
        pid: its process.
        spool: folder in which it keeps documents.
        policy: name of the operation policy of the enrolled queue.

    Raises:
        PrinterRefused: ``printer.settings``: its files cannot be read.
    """
    process = Path("/proc") / str(pid)
    try:
        settings, files = _files_of(process)
        return judged_settings(
            settings.read_text("utf-8", "replace"),
            files.read_text("utf-8", "replace"),
            (process / "mountinfo").read_text("utf-8", "surrogateescape"),
            spool,
            policy,
        )
    except OSError as error:
        raise PrinterRefused("printer.settings", reason=os_reason(error)) from error


def judged_settings(
    settings: str, files: str, mounts: str, spool: Path, policy: str
) -> tuple[SettingFault, ...]:
    """What is wrong with the text of ``cupsd.conf`` and of ``cups-files.conf``.

    Args:
        settings: the one.
        files: the other.
        mounts: ``/proc/<pid>/mountinfo`` of the scheduler.
        spool: folder in which the enrolled printer's documents are looked for.
        policy: name of the operation policy of the enrolled queue.
    """
    server, places = _parsed(settings), _parsed(files)
    return (
        *_server_faults(server),
        *_policy_faults(server, policy),
        *_files_faults(places),
        *_place_faults(places, spool, mounts),
    )


def _files_of(process: Path) -> tuple[Path, Path]:
    """``cupsd.conf`` and ``cups-files.conf`` as the command line of a scheduler names them."""
    words = (process / "cmdline").read_bytes().split(b"\0")
    named = {
        option: Path(value.decode("utf-8", "surrogateescape"))
        for option, value in pairwise(words)
        if option in {b"-c", b"-s"}
    }
    settings = named.get(b"-c", _SYSTEM_SETTINGS)
    beside = _SYSTEM_FILES if settings == _SYSTEM_SETTINGS else settings.parent / _SYSTEM_FILES.name
    return settings, named.get(b"-s", beside)


def _parsed(text: str) -> Block:
    """A settings file as nested sections; what is not closed ends with the file."""
    lines = iter(text.splitlines())
    return _block(lines, "", ())


def _block(lines: Iterator[str], kind: str, names: tuple[str, ...]) -> Block:
    settings: list[tuple[str, str]] = []
    blocks: list[Block] = []
    for raw in lines:
        line = raw.partition("#")[0].strip()
        if line.startswith("</"):
            break
        if line.startswith("<"):
            words = line.strip("<>").split()
            blocks.append(_block(lines, words[0].lower() if words else "", tuple(words[1:])))
        elif line:
            name, *value = line.split(maxsplit=1)  # cupsd takes tabs as well
            settings.append((name.lower(), "".join(value)))
    return Block(kind=kind, names=names, settings=tuple(settings), blocks=tuple(blocks))


def _server_faults(settings: Block) -> Iterator[SettingFault]:
    """What ``cupsd.conf`` must say for all queues."""
    for name, wanted, holds in _SERVER:
        value = settings.last(name)
        if value is None or not holds(value.lower()):
            yield SettingFault(setting=name, wanted=wanted)
    if settings.all("Port"):
        yield SettingFault(setting="Port", wanted="-")
    listens = settings.all("Listen")
    if not listens or any(not value.startswith("/") for value in listens):
        yield SettingFault(setting="Listen", wanted="/run/cups/cups.sock")


def _files_faults(files: Block) -> Iterator[SettingFault]:
    """What ``cups-files.conf`` must say."""
    for name, wanted in (("FileDevice", "No"), ("SyncOnClose", "Yes")):
        value = files.last(name)
        if value is None or _truth(value.lower()) is not _truth(wanted.lower()):
            yield SettingFault(setting=name, wanted=wanted)


def _place_faults(files: Block, spool: Path, mounts: str) -> Iterator[SettingFault]:
    """Documents and what filters write must lie in memory, so that no disk ever holds them."""
    for name in ("RequestRoot", "TempDir", "CacheDir"):
        value = files.last(name)
        if value is None or _filesystem(Path(value), mounts) not in _MEMORY:
            yield SettingFault(setting=name, wanted="tmpfs")
        elif name == "RequestRoot" and Path(value) != spool:
            yield SettingFault(setting=name, wanted="enrolled")


def _policy_faults(settings: Block, policy: str) -> Iterator[SettingFault]:
    """Nobody may print, read, restart or move a job whom the kernel has not named."""
    named = [one for one in settings.blocks if one.kind == "policy" and policy in one.names]
    if not named:
        yield SettingFault(setting=f"<Policy {policy}>", wanted="<Policy>")
        return
    block = named[-1]
    for name, wanted in (("JobPrivateAccess", "default"), ("JobPrivateValues", "all")):
        if (block.last(name) or "").lower() != wanted:
            yield SettingFault(setting=name, wanted=wanted)
    limits = [one for one in block.blocks if one.kind == "limit"]
    if not any("all" in (name.lower() for name in one.names) for one in limits):
        yield SettingFault(setting="<Limit All>", wanted="Require user")
    for limit in limits:
        if {name.lower() for name in limit.names} <= _READING:
            continue
        if not _is_guarded(limit):
            yield SettingFault(setting=f"<Limit {' '.join(limit.names)}>", wanted="Require user")


def _is_guarded(limit: Block) -> bool:
    """Whether a section asks who somebody is, and lets only named people and groups in.

    With ``Satisfy any`` whoever comes from an allowed address need not be one of them.
    """
    kind = (limit.last("AuthType") or "none").lower()
    required = [value.lower().split() for value in limit.all("Require")]
    both = (limit.last("Satisfy") or "all").lower() == "all"
    return (
        both
        and kind != "none"
        and any(
            words[:1] == ["user"] and len(words) > 1 and "valid-user" not in words
            for words in required
        )
    )


def _filesystem(place: Path, mounts: str) -> str:
    """The kind of filesystem that a folder lies on, as a process sees it."""
    where, kind = Path("/"), ""
    real = place.resolve()
    for line in mounts.splitlines():
        head, _, tail = line.partition(" - ")
        point = Path(head.split(" ")[4].replace("\\040", " "))
        if real.is_relative_to(point) and (not kind or point.is_relative_to(where)):
            where, kind = point, tail.split(" ")[0]
    return kind


def _truth(value: str) -> bool | None:
    """A yes or no as cupsd reads it; None for anything else."""
    if value in {"yes", "on", "true", "1"}:
        return True
    return False if value in {"no", "off", "false", "0"} else None


def _is_no(value: str) -> bool:
    return _truth(value) is False


def _is_short(value: str) -> bool:
    """Whether a finished job can be followed to its end and is forgotten within ten minutes."""
    return value.isdecimal() and _FOLLOWING_SECONDS <= int(value) <= _HISTORY_SECONDS


_SERVER: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("Browsing", "No", _is_no),
    ("DefaultShared", "No", _is_no),
    ("WebInterface", "No", _is_no),
    ("PreserveJobFiles", "No", _is_no),
    ("PreserveJobHistory", f"{_HISTORY_SECONDS}", _is_short),
    ("DirtyCleanInterval", "0", "0".__eq__),
    ("ErrorPolicy", "stop-printer", "stop-printer".__eq__),
    ("MaxCopies", "1", "1".__eq__),
    ("LogLevel", "warn", _QUIET.__contains__),
    ("PageLogFormat", "%p %j", lambda value: "job-name" not in value and "title" not in value),
)

# SPDX-License-Identifier: Apache-2.0
"""The configuration: one TOML file at a fixed system path or named with ``--config``.

It is never looked for in the current folder. An unknown key, a file that others may write or that
belongs to somebody else than root or the caller is a refusal.
"""

from __future__ import annotations

import dataclasses
import os
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from bmnn_mark import plain
from bmnn_mark.errors import UsageRefused
from bmnn_mark.files import os_reason

SYSTEM_CONFIG = Path("/etc/bmnn-mark/config.toml")


def default_data_folder() -> Path:
    """Where registers, keys and the enrolled printer lie unless configured otherwise."""
    base = os.environ.get("XDG_DATA_HOME", "")
    if base.startswith("/"):  # the specification has relative ones ignored
        return Path(base) / "bmnn-mark"
    try:
        return Path.home() / ".local" / "share" / "bmnn-mark"
    except RuntimeError:  # neither HOME nor an entry in the list of users
        return Path("/nonexistent/bmnn-mark")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanCard:
    """A network card that an independent LAN may use; both marks must fit."""

    permanent_mac: str
    bus_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What an office decides once."""

    lang: str | None = None
    """Language of words for people: ``vi`` or ``en``; unset: the environment decides."""
    data_folder: str = field(default_factory=lambda: str(default_data_folder()))
    """Folder of the register, its keys and the enrolled printer."""
    register: str | None = None
    """Register URL; unset: ``sqlite:///<data folder>/register.db``."""
    passphrase_file: str | None = None
    """File with the passphrase over the register's keys, 0600; unset: asked for at a terminal."""
    agency: str = ""
    """Name of the issuing agency; part of a document's identity."""
    ink: tuple[int, int, int] | None = None
    """Red of the red marks, sRGB 0-255; unset: the rule pack's."""
    page_code: bool = True
    """Put the tracking code on pages of numbered copies."""
    require_confirmed_rules: bool = False
    """Refuse figures that nobody has confirmed against the official text."""
    rules_overlay: str | None = None
    """File of figures that an officer confirmed; unset: ``<data folder>/rules-overlay.json``."""
    require_noi_nhan: bool = False
    """Refuse a document without a Nơi nhận block."""
    allow_export: bool = True
    """Let numbered copies be written to files."""
    policy: Literal["air-gapped", "independent-lan"] = "air-gapped"
    """What ``host commission`` proposes; the baseline that root signed decides."""
    lan_cards: tuple[LanCard, ...] = ()
    """Cards of the independent LAN, likewise."""
    lan_nets: tuple[str, ...] = ()
    """Subnets of the independent LAN, as ``10.1.0.0/24``, likewise."""


def load_config(path: Path | None) -> Config:
    """Read the configuration; the system's file where no ``path`` is given, defaults without one.

    Raises:
        UsageRefused: ``config.missing``, ``config.unsafe``, ``config.wrong``.
    """
    source = path or SYSTEM_CONFIG
    if path is None and not source.exists():
        return Config()
    if source.exists() and not source.is_file():  # a pipe would wait for a writer for ever
        raise UsageRefused("config.missing", reason="ENOTREG")
    try:
        with source.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid not in {0, os.getuid()} or status.st_mode & (
                stat.S_IWGRP | stat.S_IWOTH
            ):
                raise UsageRefused("config.unsafe")
            values = tomllib.load(file)
    except OSError as error:
        raise UsageRefused("config.missing", reason=os_reason(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageRefused("config.wrong", key="") from error
    unknown = sorted(set(values) - {one.name for one in dataclasses.fields(Config)})
    if unknown:
        raise UsageRefused("config.wrong", key=unknown[0])
    try:
        config = plain.from_builtins(values, Config)
    except msgspec.ValidationError as error:
        raise UsageRefused(
            "config.wrong", key=str(error).rpartition("`$.")[2].rstrip("`")
        ) from error
    for key in (
        "data_folder",
        "passphrase_file",
        "rules_overlay",
    ):  # it would lie wherever somebody happens to stand
        where = getattr(config, key)
        if where is not None and not where.startswith("/"):
            raise UsageRefused("config.wrong", key=key)
    return config

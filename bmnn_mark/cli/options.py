# SPDX-License-Identifier: Apache-2.0
"""Building blocks of commands: options with words from the catalogue, values checked."""

from __future__ import annotations

import pwd
from collections.abc import Callable
from datetime import date
from os import getuid
from pathlib import Path
from typing import Any

import click

from bmnn_mark import files
from bmnn_mark.cli.desk import Desk
from bmnn_mark.errors import UsageRefused
from bmnn_mark.i18n import Lang, words
from bmnn_mark.rules import Level
from bmnn_mark.text import one_line

_KINDS_OF_FILE = frozenset({".pdf", ".docx", ".png"})

pass_desk = click.make_pass_decorator(Desk)


def option(lang: Lang, *names: str, **settings: Any) -> click.Option:
    """An option whose help is ``cli.opt.<name>``."""
    long = next(name for name in names if name.startswith("--")).partition("/")[0].lstrip("-")
    return click.Option(list(names), help=words(f"cli.opt.{long}", lang), **settings)


def command(
    lang: Lang, name: str, params: list[click.Parameter], run: Callable[..., int | None]
) -> click.Command:
    """A command whose help is ``cli.<name>``; ``run`` gets the desk first."""
    from bmnn_mark.cli.app import settings

    return click.Command(
        name.rpartition(".")[2],
        help=words(f"cli.{name}", lang),
        params=params,
        callback=pass_desk(run),
        context_settings=settings(),
    )


def group(lang: Lang, name: str, commands: list[click.Command]) -> click.Group:
    """A command with sub-commands; its help is ``cli.<name>``."""
    from bmnn_mark.cli.app import settings

    return click.Group(
        name,
        help=words(f"cli.{name}", lang),
        commands=commands,
        context_settings=settings(),
        no_args_is_help=True,
    )


class DateValue(click.ParamType[date]):
    """A calendar date, ``YYYY-MM-DD``."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Parse, or fail as a wrong value."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail("date", param, ctx)


def parse_level(untrusted_value: str) -> Level:
    """The level of that name.

    Raises:
        UsageRefused: ``input.level_near`` with a suggestion, or ``input.level``.
    """
    try:
        return Level(untrusted_value)
    except ValueError:
        from bmnn_mark.rules import suggest_level

        near = suggest_level(untrusted_value)
        if near is None:
            raise UsageRefused("input.level") from None
        raise UsageRefused("input.level_near", suggestion=near.value) from None


def output_path(untrusted_value: str | None, field: str = "--output") -> Path | None:
    """Where results go; None where it was not said.

    Raises:
        UsageRefused: ``input.empty``: a shell's unset variable must not choose the place.
    """
    if untrusted_value is None:
        return None
    if not untrusted_value.strip():
        raise UsageRefused("input.empty", field=field)
    return Path(untrusted_value)


def output_folder(untrusted_value: str | None) -> Path | None:
    """The folder that results go to; None where it was not said.

    Raises:
        UsageRefused: ``input.empty``; ``input.folder_wanted`` for the name of a file.
    """
    folder = output_path(untrusted_value)
    named_as_file = folder is not None and folder.suffix.lower() in _KINDS_OF_FILE
    if folder is not None and named_as_file and not files.is_folder(folder):
        raise UsageRefused("input.folder_wanted")
    return folder


def actor_name(untrusted_value: str | None) -> str:
    """Who is at the machine: as typed, else the login name."""
    if untrusted_value is not None:
        return one_line("--actor", untrusted_value)
    try:
        return pwd.getpwuid(getuid()).pw_name
    except KeyError:
        return f"uid {getuid()}"

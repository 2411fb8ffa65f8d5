# SPDX-License-Identifier: Apache-2.0
"""What every command has at hand: the language, the office, and where words and results go.

Results go to standard output, talk to standard error. With ``--json`` one object goes to standard
output and nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.config import Config, load_config
from bmnn_mark.errors import BmnnMarkError, Scalar, UsageRefused
from bmnn_mark.i18n import Lang, choose_lang, next_step, words
from bmnn_mark.text import shown
from bmnn_mark.worker import OnProgress, ignore_progress

if TYPE_CHECKING:
    from bmnn_mark.workflow.office import Office


@dataclass(slots=True, kw_only=True)
class Desk:
    """The clerk's desk for one run of the program."""

    lang: Lang
    json: bool = False
    quiet: bool = False
    config: Config = field(default_factory=Config)
    register_url: str | None = None
    passphrase_file: str | None = None
    _typed: str | None = None
    _noticed: set[str] = field(default_factory=set)

    def office(self) -> Office:
        """The office of this run."""
        from bmnn_mark.workflow.office import office_for

        office = office_for(self.config, self.register_url, self.notice)
        if self.passphrase_file is None and self.config.passphrase_file is not None:
            return office
        return replace(office, passphrase=self.passphrase)

    def passphrase(self) -> str:
        """The passphrase over the keys: from the file that was named, or asked for once a run."""
        from bmnn_mark.cli import asking

        if self._typed is None:
            named = self.passphrase_file
            self._typed = (
                asking.ask(self.lang, "keys") if named is None else asking.from_file(named)
            )
        return self._typed

    def new_passphrase(self, file: str | None) -> str:
        """A passphrase to be set: from a file, or asked for twice."""
        from bmnn_mark.cli import asking

        return asking.ask(self.lang, "new", twice=True) if file is None else asking.from_file(file)

    def backup_passphrase(self, file: str | None) -> str:
        """The passphrase of a backup: from a file, or asked for."""
        from bmnn_mark.cli import asking

        return asking.ask(self.lang, "backup") if file is None else asking.from_file(file)

    def word(self, key: str, /, **blanks: object) -> str:
        """A text of the catalogue in the clerk's language."""
        return words(key, self.lang, **blanks)

    def say(self, key: str, /, **blanks: object) -> None:
        """Tell the clerk something, on standard error."""
        if not self.quiet:
            click.echo(harmless(self.word(key, **blanks)), err=True)

    def notice(self, code: str, detail: Mapping[str, Scalar]) -> None:
        """Tell once in a run, on standard error, what was noticed and what to do about it."""
        if code in self._noticed:
            return
        self._noticed.add(code)
        self.say(code, **detail)
        if step := next_step(code, self.lang, **detail):
            self.say("cli.step", step=step)

    def give(self, plain: Mapping[str, Any], lines: Iterable[str]) -> None:
        """Hand over the result: ``plain`` as JSON, or ``lines`` of text."""
        if self.json:
            click.echo(_json(plain))
        else:
            for line in lines:
                click.echo(harmless(line))

    def refuse(self, error: BmnnMarkError) -> None:
        """Show a refusal: its sentence and its next step."""
        if self.json:
            click.echo(_json({"error": self.error(error)}))
            return
        told = self.error(error)
        click.echo(harmless(told["message"]), err=True)
        if told["next_step"]:
            click.echo(harmless("→ " + told["next_step"]), err=True)
        click.echo(f"  [{error.code}]", err=True)

    def error(self, error: BmnnMarkError) -> dict[str, Any]:
        """A refusal as the contract's JSON object."""
        return {
            "code": error.code,
            "message": words(error.code, self.lang, **error.detail),
            "next_step": next_step(error.code, self.lang, **error.detail),
            "detail": dict(error.detail),
        }

    def progress(self) -> OnProgress:
        """A callback that shows a bar on a terminal and nothing elsewhere."""
        if self.quiet or self.json or not sys.stderr.isatty():
            return ignore_progress
        from bmnn_mark.cli.progress import ProgressBar

        return ProgressBar(self.lang)


def harmless(untrusted_line: str) -> str:
    """A line without what a terminal would obey, whoever gave the names in it."""
    return shown(untrusted_line, limit=len(untrusted_line))


def _json(plain: Mapping[str, Any]) -> str:
    """One line of JSON that a terminal obeys in nothing either: the same text, more escapes."""
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True)
    if harmless(text) == text:
        return text
    return json.dumps(plain, sort_keys=True).replace("\x7f", "\\u007f")


def make_desk(
    *,
    lang: str | None,
    config: str | None,
    register: str | None,
    passphrase_file: str | None,
    as_json: bool,
    quiet: bool,
) -> Desk:
    """Lay the desk from the global options.

    Raises:
        UsageRefused: the configuration is missing, unsafe or wrong; ``input.empty``.
    """
    named = {"--config": config, "--register": register, "--passphrase-file": passphrase_file}
    for name, value in named.items():
        if value is not None and not value.strip():
            raise UsageRefused("input.empty", field=name)
    loaded = load_config(Path(config) if config else None)
    return Desk(
        lang=choose_lang(lang, loaded.lang),
        json=as_json,
        quiet=quiet,
        config=loaded,
        register_url=register,
        passphrase_file=passphrase_file,
    )

# SPDX-License-Identifier: Apache-2.0
"""Passphrases: typed at a terminal or read from a private file; never a word of a command."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.i18n import Lang, words


def from_file(untrusted_path: str) -> str:
    """The passphrase in a file that nobody else may read: its first line.

    Raises:
        UsageRefused: ``input.empty``, ``input.no_passphrase_file``.
        RegisterRefused: ``register.key_unsafe``, ``register.key_wrong``.
    """
    from bmnn_mark.register.passphrase import read_passphrase

    if not untrusted_path.strip():
        raise UsageRefused("input.empty", field="--passphrase-file")
    return read_passphrase(Path(untrusted_path))


def ask(lang: Lang, key: str, *, twice: bool = False) -> str:
    """Ask at the terminal; nothing of it is shown there.

    Args:
        lang: of the question.
        key: of the question, ``cli.ask.<key>``.
        twice: a new one, typed twice alike.

    Raises:
        RegisterRefused: ``register.passphrase_needed``: there is no terminal.
    """
    if not sys.stdin.isatty():
        raise RegisterRefused("register.passphrase_needed")
    again = words("cli.ask.again", lang) if twice else False
    typed: str = click.prompt(
        words(f"cli.ask.{key}", lang), hide_input=True, err=True, confirmation_prompt=again
    )
    return typed

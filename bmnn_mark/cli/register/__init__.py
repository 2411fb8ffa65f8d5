# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register``: the register's life, its commands in the order of the contract."""

from __future__ import annotations

import click

from bmnn_mark.cli.options import group
from bmnn_mark.cli.register import archive, book
from bmnn_mark.i18n import Lang


def command(lang: Lang) -> click.Command:
    """Build the group."""
    return group(lang, "register", [*book.commands(lang), *archive.commands(lang)])

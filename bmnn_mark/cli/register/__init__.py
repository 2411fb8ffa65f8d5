# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register``: the register's life, its commands in the order of the contract."""

from __future__ import annotations

import click

from bmnn_mark.cli.options import group
from bmnn_mark.cli.register import (
    archive,
    book,
    copying,
    deciding,
    figures,
    happening,
    journal,
    keeping,
    life,
    looking,
    muster,
    pins,
    receiving,
)
from bmnn_mark.i18n import Lang


def command(lang: Lang) -> click.Command:
    """Build the group."""
    parts = (
        book,
        looking,
        life,
        pins,
        deciding,
        happening,
        receiving,
        copying,
        muster,
        archive,
        journal,
        figures,
        keeping,
    )
    return group(lang, "register", [one for part in parts for one in part.commands(lang)])

# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register pin``, and asking for a PIN; there is no option for the PIN itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bmnn_mark.cli.acts import read_password
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import actor_name, option
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import UsageRefused
from bmnn_mark.i18n import Lang
from bmnn_mark.text import one_line

if TYPE_CHECKING:
    from bmnn_mark.workflow.receipts import Asked, AskPin


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    return [
        build(
            lang,
            "register.pin",
            [
                click.Argument(["name"], metavar="NAME"),
                option(lang, "--pin-file", metavar="FILE"),
                option(lang, "--second-actor", metavar="TEXT"),
                option(lang, "--actor", metavar="NAME"),
            ],
            pin,
        )
    ]


def pin(
    desk: Desk, *, name: str, pin_file: str | None, second_actor: str | None, actor: str | None
) -> None:
    """Set somebody's PIN, or with a second person a new one."""
    from bmnn_mark.workflow.receipts import set_pin

    party = one_line("NAME", name)
    set_pin(
        desk.office(),
        party,
        asking(desk, pin_file),
        actor=actor_name(actor),
        second_actor=second_actor,
    )
    desk.give({"party": party, "pin": "set"}, [desk.word("cli.register.pin_set", party=party)])


def asking(desk: Desk, untrusted_place: str | None) -> AskPin:
    """How a PIN is asked for: typed, a new one twice; or the one line of a file."""

    def ask(party: str, asked: Asked) -> str:
        if untrusted_place is not None and untrusted_place != "-":
            return read_password(desk, untrusted_place) or ""
        if not sys.stdin.isatty():
            raise UsageRefused("input.pin_terminal")
        typed = _typed(desk.word(f"cli.pin.{asked.value}", party=party))
        if asked.value == "new" and _typed(desk.word("cli.pin.again", party=party)) != typed:
            raise UsageRefused("input.pin_differs")
        return typed

    return ask


def _typed(prompt: str) -> str:
    typed: str = click.prompt(prompt, hide_input=True, err=True)
    return typed

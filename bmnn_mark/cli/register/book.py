# SPDX-License-Identifier: Apache-2.0
"""The book itself: make it, look into it, verify it, close what is open."""

from __future__ import annotations

from typing import Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import actor_name, option
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.register.life import word_options, words_of
from bmnn_mark.errors import ExitCode, UsageRefused
from bmnn_mark.i18n import Lang


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    actor = option(lang, "--actor", metavar="NAME")
    return [
        build(
            lang,
            "register.init",
            [
                option(lang, "--agency", metavar="NAME"),
                option(lang, "--rehearsal", is_flag=True),
                option(lang, "--passphrase", "guarded", is_flag=True),
                actor,
            ],
            init,
        ),
        build(lang, "register.verify", [], verify),
        build(
            lang,
            "register.close",
            [
                click.Argument(["attempt"]),
                option(lang, "--outcome", required=True, type=click.Choice(["printed", "spoiled"])),
                option(lang, "--stamped", is_flag=True),
                *word_options(lang, "second_actor", "reason"),
                actor,
            ],
            close,
        ),
        build(lang, "register.recover", [actor], recover),
    ]


def init(
    desk: Desk, *, agency: str | None, rehearsal: bool, guarded: bool, actor: str | None
) -> None:
    """Make a register."""
    from bmnn_mark.workflow import bookkeeping

    register = bookkeeping.create(
        desk.office(),
        agency=agency,
        rehearsal=rehearsal,
        actor=actor_name(actor),
        passphrase=desk.new_passphrase(desk.passphrase_file) if guarded else None,
    )
    kind = "rehearsal" if register.rehearsal else "real"
    desk.give(
        {"register": register.register_id, "rehearsal": register.rehearsal},
        [desk.word(f"cli.register.made.{kind}", register=register.register_id)],
    )
    desk.say("cli.register.keys")


def verify(desk: Desk) -> int:
    """Recompute everything; exit 9 and name the first wrong event where one is."""
    from bmnn_mark import plain
    from bmnn_mark.workflow import bookkeeping

    report = bookkeeping.verify(desk.office(), desk.progress())
    line = "cli.register.intact" if report.intact else f"cli.register.fault.{report.fault.value}"
    event = "…" if report.event is None else report.event
    lines = [desk.word(line, events=report.events, heads=report.heads, event=event)]
    if report.erased:
        lines.append(desk.word("cli.register.erased_count", count=report.erased))
    if report.clock_set_back:
        lines.append(desk.word("cli.register.clock", count=len(report.clock_set_back)))
    desk.give(plain.to_builtins(report), lines)
    return ExitCode.DONE if report.intact else ExitCode.REGISTER


def close(
    desk: Desk, *, attempt: str, outcome: str, stamped: bool, actor: str | None, **options: Any
) -> None:
    """A person says what became of an attempt; two where its sheets were destroyed."""
    from bmnn_mark.workflow import bookkeeping

    if stamped and outcome != "printed":
        raise UsageRefused("input.together", first="--stamped", second="--outcome printed")
    words = words_of(options)
    if words and outcome != "spoiled":
        raise UsageRefused("input.together", first="--second-actor", second="--outcome spoiled")
    bookkeeping.close(
        desk.office(),
        attempt,
        outcome,
        actor=actor_name(actor),
        words=words,
        stamped=stamped,
    )
    desk.give(
        {"attempt": attempt, "state": outcome},
        [
            desk.word(
                "cli.register.closed", attempt=attempt, state=desk.word(f"cli.state.{outcome}")
            )
        ],
    )


def recover(desk: Desk, *, actor: str | None) -> int:
    """Settle what an interruption left open."""
    from bmnn_mark import plain
    from bmnn_mark.workflow import bookkeeping

    left = bookkeeping.recover(desk.office(), actor=actor_name(actor))
    desk.give(
        {"open": plain.to_builtins(left)},
        [
            desk.word(
                "cli.register.open",
                attempt=one.attempt.attempt_id,
                document=one.document_id,
                number=one.attempt.number,
                state=desk.word(f"cli.state.{one.attempt.state.value}"),
            )
            for one in left
        ]
        or [desk.word("cli.register.nothing_open")],
    )
    return ExitCode.PRINT_OUTCOME if left else ExitCode.DONE

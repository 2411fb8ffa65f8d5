# SPDX-License-Identifier: Apache-2.0
"""Decisions about a document: recall, declassify, relevel, extend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, actor_name, option, output_folder, parse_level
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.register.life import copy_lines, day_of, word_options, words_of
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.workflow.deciding import DecisionReport

_WORDS = ("decision", "reason", "note")


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    until = option(lang, "--until", type=DateValue(), metavar="YYYY-MM-DD")
    return [
        _command(lang, "recall", "recalled", [until]),
        _command(lang, "declassify", "declassified", [option(lang, "--partly", is_flag=True)]),
        _command(
            lang,
            "relevel",
            "relevelled",
            [option(lang, "--level", required=True, metavar="mat|toi-mat|tuyet-mat")],
        ),
        _command(lang, "extend", "extended", [until]),
    ]


def _command(lang: Lang, name: str, act: str, more: list[click.Parameter]) -> click.Command:
    stamped = name != "recall"
    of_file = [
        option(lang, "--level-there", is_flag=True),
        option(lang, "--restamp", is_flag=True),
    ]
    file = click.Argument(["file"], required=False, metavar="[FILE]")
    params: list[click.Parameter] = [
        click.Argument(["document"], metavar="DOCUMENT"),
        *([file, *of_file] if stamped else []),
        option(lang, "--on", "on", type=DateValue(), metavar="YYYY-MM-DD"),
        *more,
        *word_options(lang, *_WORDS),
        option(lang, "--output", "-o", "output", metavar="OUT"),
        option(lang, "--overwrite", is_flag=True),
        option(lang, "--actor", metavar="NAME"),
    ]

    def run(desk: Desk, **options: Any) -> None:
        _decide(desk, act, options)

    return build(lang, f"register.{name}", params, run)


def _decide(desk: Desk, act: str, options: dict[str, Any]) -> None:
    from bmnn_mark import plain
    from bmnn_mark.register.life import DocumentAct
    from bmnn_mark.workflow.deciding import DecisionOrder, decide

    level, file = options.get("level"), options.get("file")
    report = decide(
        desk.office(),
        DecisionOrder(
            document=options["document"],
            act=DocumentAct(act),
            on=day_of(desk, options),
            actor=actor_name(options["actor"]),
            words=words_of(options),
            level=None if level is None else parse_level(level),
            until=options.get("until"),
            partly=options.get("partly", False),
            folder=output_folder(options["output"]),
            file=None if file is None else Path(file),
            level_there=options.get("level_there", False),
            restamp=options.get("restamp", False),
            overwrite=options["overwrite"],
        ),
        on_progress=desk.progress(),
    )
    desk.give(plain.to_builtins(report), _lines(desk, report))


def _lines(desk: Desk, report: DecisionReport) -> list[str]:
    lines = [
        desk.word(
            f"cli.register.decided.{_what(report)}",
            number_sign=report.number_sign,
            on=report.on.isoformat(),
            level=desk.word(f"cli.level.{report.level.value}"),
            before=desk.word(f"cli.level.{report.level_before.value}"),
            until="…" if report.until is None else report.until.isoformat(),
        )
    ]
    for one in report.tell:
        office = f" ({one.office})" if one.office else ""
        numbers = ", ".join(str(copy.copy) for copy in one.copies)
        lines.append(desk.word("cli.register.tell", party=f"{one.party}{office}", copies=numbers))
    if report.tell and report.tell_until is not None:
        lines.append(
            desk.word(
                "cli.register.tell_until",
                until=report.tell_until.isoformat(),
                source=report.tell_source or "…",
            )
        )
    lines += copy_lines(desk, report.here)
    if report.stamp is not None:
        box = report.stamp.mark.box
        where = "file" if report.stamp.from_file else "rules"
        lines.append(
            desk.word(f"cli.register.overprint.{where}", x=f"{box.x:.1f}", y=f"{box.y:.1f}")
        )
    return lines + [
        desk.word("cli.register.output", file=shown(one, limit=400)) for one in report.outputs
    ]


def _what(report: DecisionReport) -> str:
    return "partly" if report.partly else report.act.value

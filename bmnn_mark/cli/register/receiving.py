# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register receive``: a document from elsewhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, actor_name, option, parse_level
from bmnn_mark.cli.options import command as build
from bmnn_mark.i18n import Lang
from bmnn_mark.text import one_line

if TYPE_CHECKING:
    from bmnn_mark.workflow.receiving import ReceiveReport


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    day = DateValue()
    return [
        build(
            lang,
            "register.receive",
            [
                option(lang, "--agency", required=True, metavar="NAME"),
                option(lang, "--number-sign", required=True, metavar="12/BC-SXD"),
                option(lang, "--date", "dated", required=True, type=day, metavar="YYYY-MM-DD"),
                option(lang, "--level", required=True, metavar="mat|toi-mat|tuyet-mat"),
                option(lang, "--arrived", type=day, metavar="YYYY-MM-DD"),
                option(lang, "--number", type=int, metavar="N"),
                option(lang, "--copy", "copies", type=int, multiple=True, metavar="K"),
                option(lang, "--pages", type=click.IntRange(0), default=0, metavar="P"),
                option(lang, "--title", metavar="TEXT"),
                option(lang, "--unit", metavar="NAME"),
                option(lang, "--note", metavar="TEXT"),
                option(lang, "--scan", metavar="FILE"),
                option(lang, "--actor", metavar="NAME"),
            ],
            receive,
        )
    ]


def receive(desk: Desk, **options: Any) -> None:
    """Enter a document that came in; says what goes into the dấu đến."""
    from bmnn_mark import plain
    from bmnn_mark.cli import contract
    from bmnn_mark.workflow import receiving
    from bmnn_mark.workflow.orders import optional_line

    office = desk.office()
    arrived: date = options["arrived"] or office.today()
    report = receiving.receive(
        office,
        receiving.ReceiveOrder(
            agency=one_line("--agency", options["agency"]),
            number_sign=one_line("--number-sign", options["number_sign"], limit=60),
            dated=options["dated"],
            level=parse_level(options["level"]),
            arrived=arrived,
            actor=actor_name(options["actor"]),
            number=options["number"],
            copies=options["copies"],
            pages=options["pages"],
            title=optional_line("--title", options["title"]),
            unit=optional_line("--unit", options["unit"]),
            note=optional_line("--note", options["note"]),
            scan=None if options["scan"] is None else Path(options["scan"]),
        ),
        on_progress=desk.progress(),
    )
    told = plain.to_builtins(report) | contract.traced(report.codes)
    desk.give(told, _lines(desk, report))


def _lines(desk: Desk, report: ReceiveReport) -> list[str]:
    lines = [
        desk.word(
            "cli.register.received",
            number=report.number,
            arrived=report.arrived.isoformat(),
            agency=report.agency,
            number_sign=report.number_sign,
            level=desk.word(f"cli.level.{report.level.value}"),
            copies=", ".join(str(one) for one in report.copies),
            document=report.document,
        )
    ]
    return lines + [desk.word(f"cli.trace.{one.trace.value}") for one in report.codes]

# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register stats``: what the register's acts of some days add up to."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, option, output_path
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.reporting import tell_unconfirmed
from bmnn_mark.errors import UsageRefused
from bmnn_mark.i18n import Lang, words
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.reports.paper import Table
    from bmnn_mark.workflow.figures import Period
    from bmnn_mark.workflow.office import Office


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    return [
        build(
            lang,
            "register.stats",
            [
                _day(lang, "--from", "first"),
                _day(lang, "--to", "last"),
                option(lang, "--report-year", type=click.IntRange(1900, 9998)),
                option(lang, "-o", "--output", "outputs", metavar="OUT", multiple=True),
                option(lang, "--lists", "with_lists", is_flag=True),
                option(lang, "--overwrite", is_flag=True),
            ],
            stats,
        )
    ]


def _day(lang: Lang, name: str, called: str) -> click.Option:
    """A day; ``--to`` names recipients elsewhere, so its words are of its own."""
    return click.Option(
        [name, called], type=DateValue(), help=words(f"cli.opt.stats.{called}", lang)
    )


def stats(
    desk: Desk,
    *,
    first: date | None,
    last: date | None,
    report_year: int | None,
    outputs: tuple[str, ...],
    with_lists: bool,
    overwrite: bool,
) -> None:
    """Count, show, and write files where some are named."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.figures import count_figures

    office = desk.office()
    period = _period(office, first, last, report_year)
    targets = [path for path in map(output_path, outputs) if path is not None]
    report = count_figures(
        office,
        period,
        targets,
        lang=desk.lang,
        with_lists=with_lists,
        overwrite=overwrite,
        on_progress=desk.progress(),
    )
    tell_unconfirmed(desk, period.unconfirmed)
    told: dict[str, Any] = plain.to_builtins(report)
    told["written"] = [plain.to_builtins(one) for one in report.written]
    lines = [line for one in (*report.tables, *report.lists) for line in (*table_lines(one), "")]
    lines += [
        desk.word("cli.register.written", file=shown(str(one.path), limit=400))
        for one in report.written
    ]
    desk.give(told, lines)
    tell_handling(desk, *(one.handle_at for one in report.written))


def _period(
    office: Office, first: date | None, last: date | None, report_year: int | None
) -> Period:
    """The days asked for: a report's, or from the first of this year to today unless named.

    Raises:
        UsageRefused: ``input.either``.
    """
    from bmnn_mark.workflow.figures import Period, report_period

    if report_year is None:
        today = office.today()
        end = last or today
        return Period(first=first or date(end.year, 1, 1), last=end)
    if first is not None or last is not None:
        raise UsageRefused("input.either", first="--report-year", second="--from, --to")
    return report_period(office, report_year)


def tell_handling(desk: Desk, *levels: object) -> None:
    """Say how the papers that were made must be kept, where they name secrets."""
    from bmnn_mark.reports.paper import highest, level_word
    from bmnn_mark.rules import Level

    level = highest(one for one in levels if isinstance(one, Level))
    if level is not None:
        desk.say("cli.register.handle_at", level=level_word(level, desk.lang))


def table_lines(table: Table) -> list[str]:
    """A table as lines of text: numbers in columns, texts one line a row with their headings."""
    from bmnn_mark.reports.grid import shown_cell
    from bmnn_mark.reports.paper import Align

    headings = [column.heading for column in table.columns]
    rows = [[shown_cell(cell).replace("\n", "; ") for cell in row] for row in table.rows]
    right = [column.align is Align.RIGHT for column in table.columns]
    if not any(right):
        told = (zip(headings, row, strict=True) for row in rows)
        return [
            table.caption,
            *("  ".join(f"{name}: {one}" for name, one in row if one) for row in told),
        ]
    widths = [max(map(len, cells)) for cells in zip(headings, *rows, strict=True)]

    def line(row: list[str]) -> str:
        parts = (
            text.rjust(width) if end else text.ljust(width)
            for text, width, end in zip(row, widths, right, strict=True)
        )
        return "  ".join(parts).rstrip()

    head, *rest = map(line, [headings, *rows])
    return [table.caption, head, "-" * len(head), *rest]

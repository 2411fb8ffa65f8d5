# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark trace``: from a sheet back to its row in the register."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.workflow.tracing import Traced


def command(lang: Lang) -> click.Command:
    """Build the command."""
    words = click.Argument(["words"], nargs=-1, required=True, metavar="FILE|CODE...")
    return build(lang, "trace", [words], run)


def run(desk: Desk, *, words: tuple[str, ...]) -> int:
    """Trace everything given; exit 9 where nothing leads to a row or something is wrong."""
    from bmnn_mark.cli import contract
    from bmnn_mark.workflow.tracing import ALARMS, LEADS, trace

    found = trace(desk.office(), words, desk.progress())
    desk.give(contract.traced(found), [line for one in found for line in _lines(desk, one)])
    ended = {one.trace for one in found}
    alarm = ended & ALARMS or any(one.alarm is not None for one in found)
    return ExitCode.REGISTER if alarm or not ended & LEADS else ExitCode.DONE


def _lines(desk: Desk, one: Traced) -> list[str]:
    place = f"{shown(one.source)}"
    if one.scan_page:
        place = desk.word("cli.trace.place", source=place, page=one.scan_page)
    lines = [f"{place}: {desk.word(f'cli.trace.{one.trace.value}')}"]
    if one.rehearsal:
        lines.append(desk.word("cli.trace.rehearsal"))
    copy = one.copy
    if copy is not None:
        lines.append(
            desk.word(
                "cli.trace.copy",
                number_sign=copy.number_sign,
                dated=copy.dated.isoformat(),
                level=desk.word(f"cli.level.{copy.level.value}"),
                number=copy.number,
                of=copy.copies,
                attempt=copy.attempt,
                state=desk.word(f"cli.state.{copy.state.value}"),
            )
        )
        lines.append(
            desk.word(
                "cli.trace.holder",
                page=_page(desk, one.page, copy.pages),
                recipient=copy.recipient or desk.word("cli.trace.no_recipient"),
            )
        )
        if copy.superseded:
            lines.append(desk.word("cli.trace.superseded"))
        if copy.whereabouts is not None:
            lines.append(
                desk.word(
                    "cli.trace.whereabouts",
                    whereabouts=desk.word(f"life.whereabouts.{copy.whereabouts.value}"),
                    holder=f": {copy.holder}" if copy.holder else "",
                    standing=desk.word(f"life.standing.{copy.standing.value}"),
                )
            )
        if (alarm := one.alarm) is not None:
            lines.append(desk.word(f"cli.alarm.{alarm.value}"))
    return lines


def _page(desk: Desk, page: int | None, pages: int) -> str:
    if page is None:
        return desk.word("cli.trace.page_unknown", pages=pages)
    special = {0: "cli.trace.page_cover", 65535: "cli.trace.page_whole"}
    return desk.word(special.get(page, "cli.trace.page"), page=page, pages=pages)

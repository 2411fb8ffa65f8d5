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
    from bmnn_mark.register.journal_views import ForeignSheet
    from bmnn_mark.workflow.tracing import Traced


def command(lang: Lang) -> click.Command:
    """Build the command."""
    words = click.Argument(["words"], nargs=-1, required=True, metavar="FILE|CODE...")
    return build(lang, "trace", [words], run)


def run(desk: Desk, *, words: tuple[str, ...]) -> int:
    """Trace everything given; exit 9 where nothing leads to a row or something is wrong."""
    from bmnn_mark.cli import contract
    from bmnn_mark.workflow.tracing import ALARMS, FOREIGN_ALARMS, LEADS, trace

    found = trace(desk.office(), words, desk.progress())
    desk.give(contract.traced(found), [line for one in found for line in _lines(desk, one)])
    ended = {one.trace for one in found}
    heard = {one.foreign.heard for one in found if one.foreign is not None}
    alarm = ended & ALARMS or heard & FOREIGN_ALARMS or any(one.alarm for one in found)
    return ExitCode.REGISTER if alarm or not (ended & LEADS or heard) else ExitCode.DONE


def _lines(desk: Desk, one: Traced) -> list[str]:
    place = f"{shown(one.source)}"
    if one.scan_page:
        place = desk.word("cli.trace.place", source=place, page=one.scan_page)
    lines = [f"{place}: {desk.word(f'cli.trace.{one.trace.value}')}"]
    if one.rehearsal:
        lines.append(desk.word("cli.trace.rehearsal"))
    if one.foreign is not None:
        lines.append(_foreign_line(desk, one.foreign, one.page))
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


def _foreign_line(desk: Desk, sheet: ForeignSheet, page: int | None) -> str:
    """Whose sheet it is, by that register's key."""
    special = {0: "cli.trace.foreign_cover", 65535: "cli.trace.foreign_whole"}
    which = (
        "" if page is None else desk.word(special.get(page, "cli.trace.foreign_page"), page=page)
    )
    known = "" if sheet.copy is None else desk.word("cli.trace.foreign_copy", copy=sheet.copy)
    level = "" if sheet.level is None else f", {desk.word(f'cli.level.{sheet.level.value}')}"
    return desk.word(
        f"cli.trace.foreign.{sheet.heard.value}",
        agency=sheet.agency,
        register=sheet.register,
        what=f"{which}{known}{level}",
        position=sheet.position,
    )


def _page(desk: Desk, page: int | None, pages: int) -> str:
    if page is None:
        return desk.word("cli.trace.page_unknown", pages=pages)
    special = {0: "cli.trace.page_cover", 65535: "cli.trace.page_whole"}
    return desk.word(special.get(page, "cli.trace.page"), page=page, pages=pages)

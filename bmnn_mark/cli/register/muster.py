# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register muster``: what lies in a cupboard, held against the register."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, actor_name, option, output_folder, parse_level
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.workflow.muster import MusteredCopy
    from bmnn_mark.workflow.mustering import Mustered


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    return [
        build(
            lang,
            "register.muster",
            [
                click.Argument(["folder"], metavar="FOLDER"),
                option(lang, "--holder", metavar="NAME"),
                option(lang, "--level", metavar="mat|toi-mat|tuyet-mat"),
                option(lang, "--on", "on", type=DateValue(), metavar="YYYY-MM-DD"),
                option(lang, "--record", is_flag=True),
                option(lang, "--output", "-o", metavar="FOLDER"),
                option(lang, "--overwrite", is_flag=True),
                option(lang, "--actor", metavar="NAME"),
            ],
            run,
        )
    ]


def run(desk: Desk, *, folder: str, **options: Any) -> int:
    """Muster; exit 9 where something is not in order."""
    from bmnn_mark import plain
    from bmnn_mark.cli import contract
    from bmnn_mark.workflow import mustering

    office = desk.office()
    done = mustering.muster_folder(
        office,
        mustering.MusterOrder(
            folder=Path(folder),
            on=options["on"] or office.today(),
            actor=actor_name(options["actor"]),
            holder=options["holder"] or "",
            level=parse_level(options["level"]) if options["level"] else None,
            record=options["record"],
            reports=output_folder(options["output"]),
            overwrite=options["overwrite"],
        ),
        desk.progress(),
    )
    report = done.report
    told = {
        "in_order": report.in_order,
        "sheets": report.sheets,
        "elsewhere": report.elsewhere,
        "counts": {finding.value: many for finding, many in report.counts().items()},
        "copies": plain.to_builtins(report.copies),
        "odd": contract.traced(report.odd)["codes"],
        "unread": list(report.unread),
        "recorded": done.recorded,
        "papers": plain.to_builtins(done.papers),
        "signature": None if done.signature is None else str(done.signature),
    }
    desk.give(told, _lines(desk, done))
    return ExitCode.DONE if report.in_order else ExitCode.REGISTER


def _lines(desk: Desk, done: Mustered) -> list[str]:
    report = done.report
    lines = [
        desk.word(
            "cli.register.mustered",
            sheets=report.sheets,
            copies=len(report.copies),
            elsewhere=report.elsewhere,
        )
    ]
    lines += [_copy_line(desk, one) for one in report.copies]
    lines += [
        f"{shown(one.source)} {one.scan_page}: {desk.word(f'cli.trace.{one.trace.value}')}"
        for one in report.odd
    ]
    lines += [desk.word("cli.register.muster_unread", file=name) for name in report.unread]
    if done.recorded:
        lines.append(desk.word("cli.register.muster_recorded", copies=done.recorded))
    lines += [shown(str(one.path), limit=400) for one in done.papers]
    return lines


def _copy_line(desk: Desk, one: MusteredCopy) -> str:
    from bmnn_mark.workflow.muster_paper import ranges

    account = one.account
    line = desk.word(
        "cli.register.muster_copy",
        number_sign=account.number_sign,
        level=desk.word(f"cli.level.{account.level.value}"),
        number=account.copy,
        of=account.of,
        finding=desk.word(f"muster.finding.{one.finding.value}"),
    )
    if one.missing:
        line += ", " + desk.word("muster.pages.missing", pages=ranges(one.missing))
    if one.doubled:
        line += ", " + desk.word("muster.pages.doubled", pages=ranges(one.doubled))
    return line

# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark print``: numbered copies to the enrolled printer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.reporting import mark_plain, tell_notices
from bmnn_mark.cli.stamp import issue_order, marking_options
from bmnn_mark.errors import ExitCode, UsageRefused
from bmnn_mark.i18n import Lang

if TYPE_CHECKING:
    from bmnn_mark.workflow.printing import PrintReport


def command(lang: Lang) -> click.Command:
    """Build the command."""
    file = click.Argument(["file"], metavar="FILE")
    return build(lang, "print", [file, *marking_options(lang)], run)


def run(desk: Desk, *, file: str, **options: Any) -> int:
    """Print; exit 8 where a copy did not reach the device's end."""
    from bmnn_mark import plain
    from bmnn_mark.register.port import CopyState
    from bmnn_mark.workflow.printing import print_order

    if options["copies"] is None and options["to"] is None:
        raise UsageRefused("input.together", first="print", second="--copies / --to")
    order = issue_order(desk, Path(file), options)
    report = print_order(desk.office(), order, on_progress=desk.progress())
    tell_notices(desk, report.mark)
    result = mark_plain(desk, report.mark) | {
        "document": report.document_id,
        "copies": plain.to_builtins(report.copies),
    }
    desk.give({"results": [result]}, _lines(desk, report))
    desk.say("cli.print.confirm")
    done = all(copy.state is CopyState.DEVICE_DONE for copy in report.copies)
    return ExitCode.DONE if done else ExitCode.PRINT_OUTCOME


def _lines(desk: Desk, report: PrintReport) -> list[str]:
    lines = [desk.word("cli.print.document", document=report.document_id)]
    for copy in report.copies:
        lines.append(
            desk.word(
                "cli.print.copy",
                number=copy.number,
                of=len(report.copies),
                reference=copy.reference,
                state=desk.word(f"cli.state.{copy.state.value}"),
                attempt=copy.attempt_id,
            )
        )
        if copy.code:
            lines.append("    " + desk.word(copy.code, **copy.detail))
    return lines

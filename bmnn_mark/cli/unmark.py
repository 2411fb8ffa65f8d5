# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark unmark``: take our own marks out of a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark import plain
from bmnn_mark.cli.acts import password_option, read_password
from bmnn_mark.cli.contract import notices_plain
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.options import option, output_path
from bmnn_mark.cli.reporting import say_notices
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.workflow.unmarking import UnmarkReport


def command(lang: Lang) -> click.Command:
    """Build the command."""
    return build(
        lang,
        "unmark",
        [
            click.Argument(["file"], required=True, metavar="FILE"),
            option(lang, "--output", "-o", "output", metavar="OUT"),
            option(lang, "--overwrite", is_flag=True),
            password_option(lang),
        ],
        run,
    )


def run(
    desk: Desk, *, file: str, output: str | None, overwrite: bool, password_file: str | None
) -> int:
    """Take the marks out and say which."""
    from bmnn_mark.workflow import unmarking

    source = Path(file)
    report = unmarking.unmark(
        desk.office(),
        source,
        unmarking.target_for(source, output_path(output)),
        overwrite=overwrite,
        password=read_password(desk, password_file),
        on_progress=desk.progress(),
    )
    say_notices(desk, report.result.notices)
    desk.give({"results": [_plain(desk, report)]}, _lines(desk, report))
    return ExitCode.DONE


def _plain(desk: Desk, report: UnmarkReport) -> dict[str, Any]:
    built: dict[str, Any] = plain.to_builtins(report.result)
    return built | {
        "input": str(report.source),
        "output": str(report.output) if report.output else None,
        "removed": report.result.removed,
        "notices": notices_plain(desk, report.result.notices),
    }


def _lines(desk: Desk, report: UnmarkReport) -> list[str]:
    if report.output is None:
        return [desk.word("cli.unmark.nothing", file=shown(str(report.source), limit=400))]
    lines = [
        desk.word(
            "cli.unmark.done",
            file=shown(str(report.output), limit=400),
            removed=report.result.removed,
        )
    ]
    if report.result.renderers:
        engines = ", ".join(report.result.renderers)
        lines.append(desk.word("cli.unmark.proof", engines=engines))
    return lines

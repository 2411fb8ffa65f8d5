# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark demo``: the main job on a sample, and a short summary of what to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import actor_name, option, output_folder
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang

if TYPE_CHECKING:
    from bmnn_mark.workflow.demo import DemoReport


def command(lang: Lang) -> click.Command:
    """Build the command."""
    return build(
        lang,
        "demo",
        [
            option(lang, "--out", "out", default="demo-out", metavar="FOLDER"),
            option(lang, "--actor", metavar="NAME"),
        ],
        run,
    )


def run(desk: Desk, *, out: str, actor: str | None) -> int:
    """Run it, print the summary and leave it in the folder."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.demo import run_demo
    from bmnn_mark.workflow.tracing import LEADS

    folder = output_folder(out) or Path(out)
    report = run_demo(
        folder,
        actor=actor_name(actor),
        on_step=lambda step: desk.say(f"cli.demo.step.{step}"),
        on_progress=desk.progress(),
    )
    lines = _summary(desk, report)
    (folder / "TOM-TAT.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    desk.give(
        {
            "folder": str(folder),
            "host": plain.to_builtins(report.host),
            "refusal": report.refusal,
            "rehearsal": plain.to_builtins(report.rehearsal),
            "traced": plain.to_builtins(report.traced),
            "verified": plain.to_builtins(report.verified),
            "pictures": report.pictures,
        },
        lines,
    )
    good = report.verified.intact and all(one.trace in LEADS for one in report.traced)
    return ExitCode.DONE if good else ExitCode.REGISTER


def _summary(desk: Desk, report: DemoReport) -> list[str]:
    host = desk.word(
        f"cli.host.verdict.{report.host.verdict.value}", policy=report.host.policy.value
    )
    apart = desk.word(
        f"cli.host.verdict.{report.rehearsal.verdict.value}", policy=report.host.policy.value
    )
    lines = [
        desk.word("cli.demo.title", folder=report.folder),
        desk.word("cli.demo.files", copies=len(report.issued.copies)),
        *(desk.word("cli.demo.picture", picture=name) for name in report.pictures),
        desk.word("cli.demo.here", verdict=host),
    ]
    if report.refusal:
        lines.append(desk.word("cli.demo.refused", code=report.refusal))
    lines += [
        desk.word("cli.demo.apart", verdict=apart, sheets=len(report.rehearsal.sheets)),
        desk.word("cli.demo.would_block", codes=", ".join(report.rehearsal.would_block)),
    ]
    for one in report.traced:
        copy = one.copy
        if copy is not None:
            lines.append(
                desk.word(
                    "cli.demo.traced",
                    scan_page=one.scan_page,
                    number=copy.number,
                    of=copy.copies,
                    page=one.page,
                    pages=copy.pages,
                    recipient=copy.recipient,
                )
            )
    lines.append(
        desk.word(
            "cli.register.intact"
            if report.verified.intact
            else f"cli.register.fault.{report.verified.fault.value}",
            events=report.verified.events,
            heads=report.verified.heads,
            event=report.verified.event,
        )
    )
    return lines

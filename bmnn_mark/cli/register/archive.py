# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register export``: the register, or a book of it, handed over as a file."""

from __future__ import annotations

from pathlib import Path

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.options import option, output_path
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    return [
        build(
            lang,
            "register.export",
            [
                option(lang, "-o", "--output", metavar="OUT"),
                option(lang, "--overwrite", is_flag=True),
                option(lang, "--opened", is_flag=True),
                option(lang, "--confirm-opened", is_flag=True),
            ],
            export,
        )
    ]


def export(
    desk: Desk, *, output: str | None, overwrite: bool, opened: bool, confirm_opened: bool
) -> None:
    """Write the whole register as a signed archive."""
    from bmnn_mark import plain
    from bmnn_mark.workflow import archiving

    office = desk.office()
    target = output_path(output) or Path(f"register-{office.today().isoformat()}.zip")
    report = archiving.archive_register(
        office,
        target,
        opened=opened,
        confirmed=confirm_opened,
        overwrite=overwrite,
        on_progress=desk.progress(),
    )
    kind = "opened" if report.opened else "clear"
    desk.give(
        plain.to_builtins(report) | {"output": str(target)},
        [
            desk.word(
                f"cli.register.exported.{kind}",
                file=shown(str(target), limit=400),
                events=report.events,
                withheld=report.withheld,
            ),
            desk.word("cli.register.fingerprint", fingerprint=report.fingerprint),
        ],
    )

# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register export``: the register, or a book of it, handed over as a file."""

from __future__ import annotations

from pathlib import Path

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.options import option, output_path
from bmnn_mark.errors import UsageRefused
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
                option(lang, "--book", type=click.Choice(["di", "den", "sao-chup", "chuyen-giao"])),
                option(lang, "--year", type=click.IntRange(1900, 9998)),
                option(lang, "--superior", metavar="NAME"),
                option(lang, "--volume", metavar="NUMBER"),
                option(lang, "--rules", metavar="PACK"),
            ],
            export,
        )
    ]


def export(
    desk: Desk,
    *,
    output: str | None,
    overwrite: bool,
    opened: bool,
    confirm_opened: bool,
    book: str | None,
    year: int | None,
    **cover: str | None,
) -> None:
    """Write the whole register as a signed archive, or a book of a year."""
    from bmnn_mark.cli.register.books import export_book

    if confirm_opened and not opened:
        raise UsageRefused("input.together", first="--confirm-opened", second="--opened")
    if book is None:
        for name, value in {
            "--year": year,
            **{f"--{key}": one for key, one in cover.items()},
        }.items():
            if value is not None:
                raise UsageRefused("input.together", first=name, second="--book")
        export_archive(desk, output, overwrite=overwrite, opened=opened, confirmed=confirm_opened)
        return
    if year is None:
        raise UsageRefused("input.together", first="--book", second="--year")
    if opened:
        raise UsageRefused("input.either", first="--book", second="--opened")
    export_book(desk, output, overwrite=overwrite, book=book, year=year, **cover)


def export_archive(
    desk: Desk, output: str | None, *, overwrite: bool, opened: bool, confirmed: bool
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
        confirmed=confirmed,
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

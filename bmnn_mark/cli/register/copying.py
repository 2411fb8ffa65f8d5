# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register copy``: bản sao under a permission."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bmnn_mark.cli.acts import password_option, read_password
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, actor_name, option, output_folder
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.reporting import issue_lines, tell_notices
from bmnn_mark.errors import UsageRefused
from bmnn_mark.i18n import Lang
from bmnn_mark.text import one_line

_KINDS = ("sao-y", "sao-luc", "trich-sao")


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    return [
        build(
            lang,
            "register.copy",
            [
                click.Argument(["document"], metavar="DOCUMENT"),
                click.Argument(["file"], metavar="FILE"),
                option(lang, "--copy", "number", type=int, metavar="K"),
                option(lang, "--kind", required=True, type=click.Choice(_KINDS)),
                option(lang, "--copies", type=int, metavar="N"),
                option(lang, "--to", "to", metavar="CSV"),
                option(lang, "--allowed", required=True, type=int, metavar="N"),
                option(lang, "--permitted-by", required=True, metavar="NAME"),
                option(lang, "--office", required=True, metavar="TEXT"),
                option(lang, "--clause", required=True, metavar="TEXT"),
                option(lang, "--permitted-on", type=DateValue(), metavar="YYYY-MM-DD"),
                option(lang, "--purpose", metavar="TEXT"),
                option(lang, "--authority", metavar="TEXT"),
                option(lang, "--signer", metavar="NAME"),
                option(lang, "--level-there", is_flag=True),
                password_option(lang),
                option(lang, "--output", "-o", "output", metavar="OUT"),
                option(lang, "--overwrite", is_flag=True),
                option(lang, "--actor", metavar="NAME"),
            ],
            copy,
        )
    ]


def copy(desk: Desk, *, document: str, file: str, **options: Any) -> None:
    """Make bản sao of a document of the register, and enter them."""
    from bmnn_mark.cli import contract
    from bmnn_mark.register.life import CopyKind, Permission
    from bmnn_mark.workflow import copying
    from bmnn_mark.workflow.naming import Naming
    from bmnn_mark.workflow.orders import optional_line
    from bmnn_mark.workflow.recipients import read_recipients, unnamed

    if (options["copies"] is None) == (options["to"] is None):
        kind = "input.together" if options["to"] is None else "input.either"
        raise UsageRefused(kind, first="register copy", second="--copies / --to")
    office = desk.office()
    numbers = () if options["number"] is None else (options["number"],)
    order = copying.CopyOrder(
        naming=Naming(words=(document,), copies=numbers),
        source=Path(file),
        kind=CopyKind(options["kind"]),
        permission=Permission(
            by=one_line("--permitted-by", options["permitted_by"]),
            office=one_line("--office", options["office"]),
            clause=one_line("--clause", options["clause"]),
            on=options["permitted_on"] or office.today(),
            allowed=options["allowed"],
        ),
        recipients=(
            unnamed(options["copies"], office.limits)
            if options["to"] is None
            else read_recipients(Path(options["to"]), office.limits)
        ),
        actor=actor_name(options["actor"]),
        authority=optional_line("--authority", options["authority"]),
        signer=optional_line("--signer", options["signer"]),
        purpose=optional_line("--purpose", options["purpose"]),
        level_there=options["level_there"],
        password=read_password(desk, options["password_file"]),
    )
    report = copying.copy_to_folder(
        office,
        order,
        output_folder(options["output"]) or copying.default_folder(order.source),
        overwrite=options["overwrite"],
        on_progress=desk.progress(),
    )
    tell_notices(desk, report.mark)
    desk.give(contract.issued(desk, report), issue_lines(desk, report))

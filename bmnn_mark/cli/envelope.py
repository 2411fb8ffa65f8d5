# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark envelope``: the envelopes that a document is sent in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark import plain
from bmnn_mark.cli.contract import notices_plain
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, option, output_folder, parse_level
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.reporting import say_notices, tell_unconfirmed
from bmnn_mark.documents.envelopes import EnvelopeSize
from bmnn_mark.errors import ExitCode, UsageRefused
from bmnn_mark.i18n import Lang
from bmnn_mark.rules import Urgency
from bmnn_mark.text import one_line, shown

if TYPE_CHECKING:
    from bmnn_mark.register.port import Recipient
    from bmnn_mark.workflow.envelopes import EnvelopeOrder, EnvelopeReport, MadeEnvelopes


def command(lang: Lang) -> click.Command:
    """Build the command."""
    return build(
        lang,
        "envelope",
        [
            option(lang, "--level", required=True, metavar="mat|toi-mat|tuyet-mat"),
            option(lang, "--recipient", metavar="NAME"),
            option(lang, "--address", metavar="TEXT"),
            option(lang, "--to", "to", metavar="CSV"),
            option(lang, "--person", metavar="NAME"),
            option(lang, "--number-sign", metavar="12/BC-SXD"),
            option(lang, "--urgency", type=click.Choice([one.value for one in Urgency])),
            option(lang, "--size", type=click.Choice([one.value for one in EnvelopeSize])),
            option(lang, "--sender", metavar="NAME"),
            option(lang, "--sender-address", metavar="TEXT"),
            option(lang, "--date", "dated", type=DateValue(), metavar="YYYY-MM-DD"),
            option(lang, "--rules", "pack", metavar="PACK"),
            option(lang, "--output", "-o", "output", metavar="OUT"),
            option(lang, "--overwrite", is_flag=True),
        ],
        run,
    )


def run(desk: Desk, *, output: str | None, overwrite: bool, **options: Any) -> int:
    """Make the envelopes and say where they are."""
    from bmnn_mark.workflow import envelopes

    report = envelopes.make_envelopes(
        desk.office(),
        _order(desk, options),
        output_folder(output) or envelopes.DEFAULT_FOLDER,
        overwrite=overwrite,
        on_progress=desk.progress(),
    )
    tell_unconfirmed(desk, report.unconfirmed)
    say_notices(desk, report.notices)
    desk.give({"results": [_plain(desk, report)]}, _lines(desk, report))
    return ExitCode.DONE


def _order(desk: Desk, options: dict[str, Any]) -> EnvelopeOrder:
    """The checked order."""
    from bmnn_mark.workflow.envelopes import EnvelopeOrder

    def line(name: str, default: str = "") -> str:
        value = options[name]
        return default if value is None else one_line("--" + name.replace("_", "-"), value)

    office = desk.office()
    return EnvelopeOrder(
        level=parse_level(options["level"]),
        dated=options["dated"] or office.today(),
        recipients=_recipients(desk, options),
        sender=line("sender", office.config.agency),
        sender_address=line("sender_address"),
        number_sign=line("number_sign"),
        person=line("person"),
        urgency=Urgency(options["urgency"]) if options["urgency"] else None,
        size=EnvelopeSize(options["size"]) if options["size"] else None,
        pack=options["pack"],
    )


def _recipients(desk: Desk, options: dict[str, Any]) -> tuple[Recipient, ...]:
    """Those of a list, or the one that was typed.

    Raises:
        UsageRefused: both or neither, or an address for a list, which has its own.
    """
    from bmnn_mark.register.port import Recipient
    from bmnn_mark.workflow.recipients import read_recipients

    typed, listed = options["recipient"], options["to"]
    if listed is not None:
        for name in ("recipient", "address"):
            if options[name] is not None:
                raise UsageRefused("input.either", first="--to", second=f"--{name}")
        return read_recipients(Path(listed), desk.office().limits)
    if typed is None:
        raise UsageRefused("input.together", first="envelope", second="--recipient / --to")
    address = options["address"]
    return (
        Recipient(
            name=one_line("--recipient", typed),
            address="" if address is None else one_line("--address", address),
        ),
    )


def _plain(desk: Desk, report: EnvelopeReport) -> dict[str, Any]:
    return {
        "level": report.level.value,
        "pack": report.pack,
        "unconfirmed": plain.to_builtins(report.unconfirmed),
        "outputs": [
            plain.to_builtins(one.result) | {"path": str(one.output)} for one in report.made
        ],
        "notices": notices_plain(desk, report.notices),
    }


def _lines(desk: Desk, report: EnvelopeReport) -> list[str]:
    lines = [_made_line(desk, one) for one in report.made]
    engines = ", ".join(report.made[0].result.renderers)
    return [*lines, desk.word("cli.stamp.proof", engines=engines)]


def _made_line(desk: Desk, made: MadeEnvelopes) -> str:
    return desk.word(
        "cli.envelope.made",
        layer=desk.word(f"cli.layer.{made.result.layer.value}"),
        width=f"{made.result.size.width:g}",
        height=f"{made.result.size.height:g}",
        pages=made.result.pages,
        file=shown(str(made.output), limit=400),
    )

# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark print``: numbered copies to the enrolled printer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.acts import read_password
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import actor_name, option
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.reporting import tell_notices
from bmnn_mark.cli.stamp import issue_order, marking_options
from bmnn_mark.errors import ExitCode, UsageRefused
from bmnn_mark.i18n import Lang, has_words, next_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bmnn_mark.workflow.printing import PrintReport


#: What goes with ``--document``; the register knows all the rest, to the last mark.
_OF_THIS_TIME = frozenset(
    {"document", "copy", "actor", "password_file", "raster", "media", "sides", "tray"}
)
_SIDES = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")
_NOT_SAID = (None, False, ())


def command(lang: Lang) -> click.Command:
    """Build the command."""
    options = [
        click.Argument(["file"], metavar="FILE"),
        *marking_options(lang, level_required=False),
        option(lang, "--document", metavar="ID"),
        option(lang, "--copy", "copy", type=int, metavar="K"),
        option(lang, "--raster/--no-raster", "raster", default=None),
        option(lang, "--media", metavar="iso_a4_210x297mm"),
        option(lang, "--sides", type=click.Choice(_SIDES)),
        option(lang, "--tray", metavar="tray-1"),
    ]
    return build(lang, "print", options, run)


def run(desk: Desk, *, file: str, **options: Any) -> int:
    """Print; exit 8 where a copy did not reach the device's end."""
    from bmnn_mark.cli import contract
    from bmnn_mark.register.port import CopyState

    on_its_way = {CopyState.CREATED, CopyState.LOADED, CopyState.RELEASING, CopyState.PRINTING}
    try:
        report = _print(desk, Path(file), options)
    except KeyboardInterrupt:
        desk.notice("print.interrupted", {})
        raise
    tell_notices(desk, report.mark)
    desk.give(contract.printed(desk, report), _lines(desk, report))
    if any(copy.state in {CopyState.DEVICE_DONE, CopyState.UNKNOWN} for copy in report.copies):
        desk.say("cli.print.confirm")
    if any(copy.state in on_its_way for copy in report.copies):
        desk.say("cli.print.recover")
    done = all(copy.state is CopyState.DEVICE_DONE for copy in report.copies)
    return ExitCode.DONE if done else ExitCode.PRINT_OUTCOME


def _print(desk: Desk, file: Path, options: dict[str, Any]) -> PrintReport:
    """A new document's copies, or those of a registered one that may be tried again."""
    from bmnn_mark.workflow import printing
    from bmnn_mark.workflow.submitting import PrintWish

    wish = PrintWish(**{name: options[name] for name in ("raster", "media", "sides", "tray")})
    if options["document"] is not None:
        for param in click.get_current_context().command.params:
            name = param.name or ""
            if name in options and name not in _OF_THIS_TIME and options[name] not in _NOT_SAID:
                raise UsageRefused("input.either", first="--document", second=param.opts[0])
        return printing.print_again(
            desk.office(),
            file,
            options["document"],
            options["copy"],
            actor=actor_name(options["actor"]),
            password=read_password(desk, options["password_file"]),
            wish=wish,
            on_progress=desk.progress(),
        )
    if options["copy"] is not None:
        raise UsageRefused("input.together", first="--copy", second="--document")
    if options["level"] is None:
        raise UsageRefused("input.together", first="print", second="--level / --document")
    if options["copies"] is None and options["to"] is None:
        raise UsageRefused("input.together", first="print", second="--copies / --to")
    order = issue_order(desk, file, options)
    return printing.print_order(desk.office(), order, wish=wish, on_progress=desk.progress())


def _reasons(desk: Desk, reasons: Sequence[str]) -> str:
    """What the device reported, in words where we have them."""
    keys = {one: f"print.waits.{one}" for one in reasons}
    return ", ".join(desk.word(key) if has_words(key) else one for one, key in keys.items())


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
            if step := next_step(copy.code, desk.lang, **copy.detail):
                lines.append("    " + desk.word("cli.step", step=step))
        if copy.reasons:
            lines.append(desk.word("cli.print.reasons", reasons=_reasons(desk, copy.reasons)))
    return lines

# SPDX-License-Identifier: Apache-2.0
"""What is done with copies: handed over, returned, carried, provided, seen, lost, destroyed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, actor_name, option
from bmnn_mark.cli.options import command as build
from bmnn_mark.i18n import Lang

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bmnn_mark.register.life import CopyAct
    from bmnn_mark.workflow.living import ActOrder, ActReport, CopyNow
    from bmnn_mark.workflow.naming import Naming

#: By command, its act and the words that it takes.
_ACTS = {
    "hand-over": ("handed-over", ("party", "office", "note")),
    "return": ("returned", ("note",)),
    "carry-out": ("carried-out", ("party", "office", "place", "purpose", "decision", "note")),
    "carry-back": ("carried-back", ("note",)),
    "provide": ("provided", ("party", "office", "decision", "clause", "purpose", "note")),
}
_WAYS_OUT = frozenset({"carry-out", "provide"})


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    built = [_act_command(lang, name) for name in _ACTS]
    incident = option(lang, "--incident", type=int, metavar="N")
    return [
        *built,
        build(
            lang,
            "register.lost",
            [*naming_options(lang), *word_options(lang, "reason", "place", "note"), incident],
            lost,
        ),
        build(
            lang,
            "register.spoiled",
            [*naming_options(lang, dated=False), *word_options(lang, "second_actor", "reason")],
            spoiled,
        ),
    ]


def _act_command(lang: Lang, name: str) -> click.Command:
    act, said = _ACTS[name]
    params = [*naming_options(lang), *word_options(lang, *said)]
    if name in _WAYS_OUT:
        params.append(option(lang, "--abroad", is_flag=True))
    if name == "carry-out":
        params.append(option(lang, "--due", type=DateValue(), metavar="YYYY-MM-DD"))

    def run(desk: Desk, **options: Any) -> None:
        from bmnn_mark.register.life import CopyAct
        from bmnn_mark.workflow import living

        order = act_order(desk, CopyAct(act), options)
        report = living.act_on_copies(desk.office(), order, on_progress=desk.progress())
        give_acts(desk, report)

    return build(lang, f"register.{name}", params, run)


def naming_options(lang: Lang, *, dated: bool = True) -> list[click.Parameter]:
    """How copies are named, when it was and who enters it."""
    days = [option(lang, "--on", "on", type=DateValue(), metavar="YYYY-MM-DD")]
    return [
        click.Argument(["copies"], nargs=-1, metavar="COPY..."),
        option(lang, "--copy", "numbers", type=int, multiple=True, metavar="K"),
        option(lang, "--all", "every", is_flag=True),
        option(lang, "--scan", "scans", multiple=True, metavar="FILE"),
        *(days if dated else []),
        option(lang, "--actor", metavar="NAME"),
    ]


def word_options(lang: Lang, *names: str) -> list[click.Parameter]:
    """An option for each word that is sealed with an act."""
    return [
        option(lang, f"--{name.replace('_', '-')}", f"said_{name}", metavar="TEXT")
        for name in names
    ]


def naming_of(options: dict[str, Any]) -> Naming:
    """Which copies the options name."""
    from bmnn_mark.workflow.naming import Naming

    return Naming(
        words=options["copies"],
        copies=options["numbers"],
        scans=tuple(Path(name) for name in options["scans"]),
        every=options["every"],
    )


def words_of(options: dict[str, Any]) -> dict[str, str]:
    """The words that were said, by name."""
    return {
        name.removeprefix("said_"): value
        for name, value in options.items()
        if name.startswith("said_") and value is not None
    }


def act_order(desk: Desk, act: CopyAct, options: dict[str, Any]) -> ActOrder:
    """The act as the workflow takes it."""
    from bmnn_mark.workflow.living import ActOrder

    return ActOrder(
        naming=naming_of(options),
        act=act,
        on=day_of(desk, options),
        actor=actor_name(options["actor"]),
        words=words_of(options),
        abroad=options.get("abroad"),
        due=options.get("due"),
        incident=options.get("incident"),
    )


def day_of(desk: Desk, options: dict[str, Any]) -> date:
    """The day that was given, else today."""
    day: date = options["on"] or desk.office().today()
    return day


def lost(desk: Desk, **options: Any) -> None:
    """Enter the loss of copies, and the incident that it is."""
    from bmnn_mark.register.life import CopyAct
    from bmnn_mark.workflow import living

    order = act_order(desk, CopyAct.LOST, options)
    report = living.report_lost(desk.office(), order, on_progress=desk.progress())
    give_acts(desk, report)
    for incident in report.incidents:
        desk.say("cli.register.incident.made", incident=incident)


def spoiled(desk: Desk, **options: Any) -> None:
    """Enter that copies are spoiled and were destroyed at once."""
    from bmnn_mark import plain
    from bmnn_mark.workflow import living

    copies = living.spoil(
        desk.office(),
        naming_of(options),
        actor=actor_name(options["actor"]),
        words=words_of(options),
        on_progress=desk.progress(),
    )
    desk.give({"act": "spoiled", "copies": plain.to_builtins(copies)}, copy_lines(desk, copies))


def give_acts(desk: Desk, report: ActReport, **more: Any) -> None:
    """Hand over where copies are after an act."""
    from bmnn_mark import plain

    desk.give(plain.to_builtins(report) | more, copy_lines(desk, report.copies))


def copy_lines(desk: Desk, copies: Iterable[CopyNow]) -> list[str]:
    """Where copies are, one a line."""
    return [_copy_line(desk, one) for one in copies]


def _copy_line(desk: Desk, one: CopyNow) -> str:
    line = desk.word(
        "cli.register.copy_now",
        number_sign=one.number_sign,
        level=desk.word(f"cli.level.{one.level.value}"),
        copy=one.copy,
        whereabouts=desk.word(f"life.whereabouts.{one.whereabouts.value}"),
    )
    if one.holder:
        office = f" ({one.office})" if one.office else ""
        line += f": {one.holder}{office}"
    if one.due is not None:
        line += desk.word("cli.register.due", due=one.due.isoformat())
    return line

# SPDX-License-Identifier: Apache-2.0
"""What is done with copies: handed over, returned, carried, provided, seen, lost, destroyed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, actor_name, option, output_path
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.register.pins import asking
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bmnn_mark.register.life import CopyAct
    from bmnn_mark.reports.writing import WrittenPaper
    from bmnn_mark.workflow.living import ActOrder, ActReport, CopyNow
    from bmnn_mark.workflow.naming import Naming
    from bmnn_mark.workflow.sighting import SeenCopy

#: By command, its act and the words that it takes.
_ACTS = {
    "hand-over": ("handed-over", ("party", "office", "purpose", "note")),
    "return": ("returned", ("note",)),
    "destroy": ("destroyed", ("second_actor", "reason", "decision", "place", "note")),
    "carry-out": ("carried-out", ("party", "office", "place", "purpose", "decision", "note")),
    "carry-back": ("carried-back", ("note",)),
    "provide": ("provided", ("party", "office", "decision", "clause", "purpose", "note")),
}
_WAYS_OUT = frozenset({"carry-out", "provide"})
#: By command, the paper that it can write.
_PAPERS = {
    "hand-over": "--slip",
    "return": "--slip",
    "carry-out": "--slip",
    "provide": "--slip",
    "destroy": "--minutes",
}


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
        build(
            lang,
            "register.seen",
            [
                click.Argument(["words"], nargs=-1, required=True, metavar="SCAN|CODE..."),
                option(lang, "--on", "on", type=DateValue(), metavar="YYYY-MM-DD"),
                option(lang, "--actor", metavar="NAME"),
            ],
            seen,
        ),
    ]


def _act_command(lang: Lang, name: str) -> click.Command:
    act, said = _ACTS[name]
    params = [*naming_options(lang), *word_options(lang, *said)]
    if name in _WAYS_OUT:
        params.append(option(lang, "--abroad", is_flag=True))
    if name == "carry-out":
        params.append(option(lang, "--due", type=DateValue(), metavar="YYYY-MM-DD"))
    if name in _PAPERS:
        params += [
            option(lang, _PAPERS[name], "paper", metavar="FILE"),
            option(lang, "--overwrite", is_flag=True),
        ]

    if name == "hand-over":
        params += [
            option(lang, "--pin", is_flag=True),
            option(lang, "--pin-file", metavar="FILE"),
        ]

    def run(desk: Desk, **options: Any) -> None:
        from bmnn_mark.register.life import CopyAct
        from bmnn_mark.workflow.papers import act_with_paper

        pin_file = options.get("pin_file")
        by_pin = options.get("pin", False) or pin_file is not None

        report, papers = act_with_paper(
            desk.office(),
            act_order(desk, CopyAct(act), options),
            output_path(options.get("paper"), _PAPERS.get(name, "")),
            overwrite=options.get("overwrite", False),
            ask_pin=asking(desk, pin_file) if by_pin else None,
            on_progress=desk.progress(),
        )
        give_acts(desk, report, papers=papers)

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


def seen(desk: Desk, *, words: tuple[str, ...], **options: Any) -> int:
    """Enter copies as seen; exit 9 where there should be no such paper, 8 where pages miss."""
    from bmnn_mark import plain
    from bmnn_mark.cli import contract
    from bmnn_mark.workflow.sighting import Sight, enter_seen

    report = enter_seen(
        desk.office(),
        words,
        on=day_of(desk, options),
        actor=actor_name(options["actor"]),
        on_progress=desk.progress(),
    )
    copies = [
        plain.to_builtins(one) | {"alarm": one.alarm, "seen": list(one.seen)}
        for one in report.copies
    ]
    lines = [line for one in report.copies for line in _seen_lines(desk, one)]
    lines += [f"{shown(one.source)}: {desk.word(f'cli.trace.{one.trace.value}')}"
              for one in report.others]  # fmt: skip
    desk.give({"copies": copies, "others": contract.traced(report.others)["codes"]}, lines)
    if report.alarm or not report.copies:
        return ExitCode.REGISTER
    left = {Sight.INCOMPLETE, Sight.NOT_STAMPED, Sight.NOT_CLOSED}
    waiting = any(one.sight in left for one in report.copies)
    return ExitCode.PRINT_OUTCOME if waiting else ExitCode.DONE


def _seen_lines(desk: Desk, one: SeenCopy) -> list[str]:
    where = "" if one.whereabouts is None else one.whereabouts.value
    line = desk.word(
        f"cli.seen.{one.sight.value}",
        number_sign=one.number_sign,
        copy=one.copy,
        attempt=one.attempt,
        seen=len(one.seen),
        pages=one.pages,
        whereabouts=desk.word(f"life.whereabouts.{where}") if where else "…",
    )
    known = {"lost", "destroyed"}
    return [line, desk.word(f"cli.alarm.{where}")] if where in known else [line]


def give_acts(desk: Desk, report: ActReport, papers: Sequence[WrittenPaper] = ()) -> None:
    """Hand over where copies are after an act, and which papers were written."""
    from bmnn_mark import plain

    told = {"papers": [str(one.path) for one in papers]}
    lines = copy_lines(desk, report.copies) + paper_lines(desk, papers)
    desk.give(plain.to_builtins(report) | told, lines)


def paper_lines(desk: Desk, papers: Iterable[WrittenPaper]) -> list[str]:
    """Which papers were written, one a line."""
    return [
        desk.word(
            "cli.register.paper",
            file=shown(str(one.path), limit=400),
            level=desk.word(f"cli.level.{one.handle_at.value}") if one.handle_at else "—",
        )
        for one in papers
    ]


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

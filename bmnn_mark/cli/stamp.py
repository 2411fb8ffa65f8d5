# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark stamp``: mark documents; with a number of copies, register and number them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.acts import act_options, acts_asked, opening_options, reproduction_options
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.fault import as_refusal
from bmnn_mark.cli.options import (
    DateValue,
    actor_name,
    option,
    output_folder,
    output_path,
    parse_level,
)
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.reporting import issue_lines, mark_lines, tell_notices
from bmnn_mark.errors import ExitCode, UsageRefused
from bmnn_mark.i18n import Lang
from bmnn_mark.rules import Copying, Urgency
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.workflow.orders import IssueOrder, StampOrder
    from bmnn_mark.workflow.stamping import StampReport


_OF_COPIES = (
    "keep_docx", "number_sign", "title", "ground", "approved_by", "approved_on", "kept_by",
)  # fmt: skip
"""What means something only where the document is registered."""


def marking_options(lang: Lang, *, level_required: bool = True) -> list[click.Parameter]:
    """What ``stamp`` and ``print`` have in common about the marks and the register's entry."""
    return [
        option(lang, "--level", required=level_required, metavar="mat|toi-mat|tuyet-mat"),
        option(lang, "--date", "dated", type=DateValue(), metavar="YYYY-MM-DD"),
        option(lang, "--rules", "pack", metavar="PACK"),
        option(lang, "--urgency", type=click.Choice([one.value for one in Urgency])),
        option(lang, "--copying", type=click.Choice([one.value for one in Copying])),
        option(lang, "--drafter", metavar="NAME"),
        option(lang, "--at", metavar="X,Y"),
        option(lang, "--allow-overlap", metavar="REASON"),
        *act_options(lang),
        *opening_options(lang),
        option(lang, "--number-sign", metavar="12/BC-SXD"),
        option(lang, "--copies", type=int, metavar="N"),
        option(lang, "--to", "to", metavar="CSV"),
        option(lang, "--title", metavar="TEXT"),
        option(lang, "--ground", metavar="TEXT"),
        option(lang, "--approved-by", metavar="NAME"),
        option(lang, "--approved-on", type=DateValue(), metavar="YYYY-MM-DD"),
        option(lang, "--signer", metavar="NAME"),
        option(lang, "--kept-by", metavar="NAME"),
        option(lang, "--actor", metavar="NAME"),
    ]


def command(lang: Lang) -> click.Command:
    """Build the command."""
    return build(
        lang,
        "stamp",
        [
            click.Argument(["files"], nargs=-1, required=True, metavar="FILE..."),
            *marking_options(lang),
            *reproduction_options(lang),
            option(lang, "--output", "-o", "output", metavar="OUT"),
            option(lang, "--preview", metavar="PNG"),
            option(lang, "--pdf", "to_pdf", is_flag=True),
            option(lang, "--keep-docx", is_flag=True),
            option(lang, "--restamp", is_flag=True),
            option(lang, "--overwrite", is_flag=True),
        ],
        run,
    )


def run(desk: Desk, *, files: tuple[str, ...], output: str | None, **options: Any) -> int:
    """Decide between marking and issuing, and do it."""
    numbered = options["copies"] is not None or options["to"] is not None
    if numbered and options["restamp"]:
        raise UsageRefused("input.either", first="--restamp", second="--copies / --to")
    if len(files) > 1 and (numbered or options["preview"] is not None):
        raise UsageRefused("input.one_file")
    for name in () if numbered else _OF_COPIES:  # who gives these believes that it is registered
        if options[name] not in {None, False}:
            word = "--" + name.replace("_", "-")
            raise UsageRefused("input.together", first=word, second="--copies / --to")
    if options["signer"] is not None and not numbered and options["reproduction"] is None:
        second = "--copies / --to / --reproduction"
        raise UsageRefused("input.together", first="--signer", second=second)
    if options["preview"] is not None:
        return _preview(desk, Path(files[0]), output, options, numbered=numbered)
    if numbered:
        return _issue(desk, Path(files[0]), output, options)
    return _mark(desk, [Path(name) for name in files], output, options)


def _preview(
    desk: Desk, file: Path, output: str | None, options: dict[str, Any], *, numbered: bool
) -> int:
    from bmnn_mark.cli.preview import show

    picture = output_path(options["preview"], "--preview")
    if output is not None or picture is None:
        raise UsageRefused("input.either", first="--preview", second="--output")
    order = issue_order(desk, file, options) if numbered else stamp_order(desk, file, options)
    return show(desk, order, picture, overwrite=options["overwrite"])


def _mark(desk: Desk, files: list[Path], output: str | None, options: dict[str, Any]) -> int:
    from bmnn_mark.cli import contract
    from bmnn_mark.workflow import stamping

    office = desk.office()
    orders = [stamp_order(desk, file, options) for file in files]
    place = output_path(output) if len(orders) == 1 else output_folder(output)
    targets = stamping.targets_for(orders, place)
    if len(set(targets)) < len(targets):
        raise UsageRefused("input.same_output")
    ended: list[StampReport | contract.Refused] = []
    lines: list[str] = []
    worst = ExitCode.DONE
    for order, target in zip(orders, targets, strict=True):
        try:
            report = stamping.stamp(
                office,
                order,
                target,
                overwrite=options["overwrite"],
                make_folder=len(files) > 1 and output is not None,
                on_progress=desk.progress(),
            )
        except Exception as error:
            if len(files) == 1:
                raise
            refusal = as_refusal(error)  # a fault in one file does not keep the others waiting
            worst = worst or refusal.exit_code
            told = desk.error(refusal)
            ended.append({"input": str(order.source), "path": None, "error": told})
            name = shown(str(order.source), limit=400)
            lines.append(f"{name}: {told['message']} [{refusal.code}]")
            lines += [f"  → {told['next_step']}"] if told["next_step"] else []
            continue
        tell_notices(desk, report)
        ended.append(report)
        lines += mark_lines(desk, report)
    desk.give(contract.stamped(desk, ended), lines)
    return worst


def _issue(desk: Desk, file: Path, output: str | None, options: dict[str, Any]) -> int:
    from bmnn_mark.cli import contract
    from bmnn_mark.workflow import issuing

    office = desk.office()
    order = issue_order(desk, file, options)
    folder = output_folder(output) or issuing.default_folder(file)
    report = issuing.issue_to_folder(
        office,
        order,
        folder,
        overwrite=options["overwrite"],
        keep_docx=options["keep_docx"],
        on_progress=desk.progress(),
    )
    tell_notices(desk, report.mark)
    desk.say("cli.stamp.exported")
    desk.give(contract.issued(desk, report), issue_lines(desk, report))
    return ExitCode.DONE


def stamp_order(desk: Desk, file: Path, options: dict[str, Any]) -> StampOrder:
    """The checked order for one file."""
    from bmnn_mark.workflow.orders import (
        StampOrder,
        optional_line,
        parse_point,
    )

    asked = parse_level(options["level"])
    return StampOrder(
        source=file,
        level=asked,
        dated=options["dated"] or desk.office().today(),
        pack=options["pack"],
        urgency=Urgency(options["urgency"]) if options["urgency"] else None,
        copying=Copying(options["copying"]) if options["copying"] else None,
        drafter=optional_line("--drafter", options["drafter"]),
        to_pdf=options.get("to_pdf", False),
        at=parse_point(options["at"]) if options["at"] is not None else None,
        allow_overlap=optional_line("--allow-overlap", options["allow_overlap"]),
        restamp=options.get("restamp", False),
        **acts_asked(desk, options, asked),
    )


def issue_order(desk: Desk, file: Path, options: dict[str, Any]) -> IssueOrder:
    """The checked order for numbered copies of one file."""
    from bmnn_mark.text import one_line
    from bmnn_mark.workflow.orders import IssueOrder, optional_line
    from bmnn_mark.workflow.recipients import read_recipients, unnamed

    if options["copies"] is not None and options["to"] is not None:
        raise UsageRefused("input.either", first="--copies", second="--to")
    if options["number_sign"] is None:
        raise UsageRefused("input.together", first="--copies / --to", second="--number-sign")
    limits = desk.office().limits
    return IssueOrder(
        stamp=stamp_order(desk, file, options),
        number_sign=one_line("--number-sign", options["number_sign"], limit=60),
        recipients=(
            read_recipients(Path(options["to"]), limits)
            if options["to"] is not None
            else unnamed(options["copies"], limits)
        ),
        actor=actor_name(options["actor"]),
        title=optional_line("--title", options["title"]),
        ground=optional_line("--ground", options["ground"]),
        approved_by=optional_line("--approved-by", options["approved_by"]),
        approved_on=options["approved_on"],
        signer=optional_line("--signer", options["signer"]),
        kept_by=optional_line("--kept-by", options["kept_by"]),
    )

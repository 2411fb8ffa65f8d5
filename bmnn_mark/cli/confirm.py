# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark rules confirm``: figures compared with the official text, by form or by options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import actor_name, option
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import BmnnMarkError, ExitCode, RulesRefused, UsageRefused
from bmnn_mark.i18n import Lang, words
from bmnn_mark.rules.values import show_value, unit_of

if TYPE_CHECKING:
    from bmnn_mark.rules import Figure, RulePack
    from bmnn_mark.workflow.confirming import Prepared, Wanted
    from bmnn_mark.workflow.office import Office

_SKIP, _STOP = "-", "q"


def command(lang: Lang) -> click.Command:
    """Build the command."""
    return build(
        lang,
        "rules.confirm",
        [
            click.Argument(["pack"], required=False),
            option(lang, "--figure", "figures", metavar="FIGURE", multiple=True),
            option(lang, "--value", "values", metavar="VALUE", multiple=True),
            option(lang, "--as-shown", is_flag=True),
            option(lang, "--source", metavar="TEXT"),
            click.Option(["--preview"], metavar="FILE", help=words("cli.opt.preview-stamps", lang)),
            option(lang, "--dry-run", is_flag=True),
            option(lang, "--withdraw", metavar="FIGURE", multiple=True),
            option(lang, "--withdraw-all", is_flag=True),
            option(lang, "--history", is_flag=True),
            option(lang, "--overwrite", is_flag=True),
            option(lang, "--actor", metavar="NAME"),
        ],
        run,
    )


def run(desk: Desk, *, pack: str | None, **options: Any) -> int:
    """Confirm figures, take confirmations back, or tell what was confirmed."""
    from bmnn_mark.workflow import confirming

    office = desk.office()
    actor = actor_name(options["actor"])
    if options["history"]:
        return _history(desk, office)
    if options["withdraw_all"]:
        confirming.withdraw_all(office, actor=actor)
        desk.give({"withdrawn": "all"}, [desk.word("cli.confirm.withdrawn_all")])
        return ExitCode.DONE
    pack_id = pack or _pack_of_today(office)
    if options["withdraw"]:
        prepared = confirming.prepare_withdrawal(office, pack_id, options["withdraw"])
    else:
        wanted = _wanted(desk, office, pack_id, options)
        if not wanted:
            desk.give({"pack": pack_id, "confirmed": []}, [desk.word("cli.confirm.nothing")])
            return ExitCode.DONE
        prepared = confirming.prepare(office, pack_id, wanted, actor=actor)
    return _finish(desk, office, pack_id, prepared, actor, options)


def _pack_of_today(office: Office) -> str:
    from bmnn_mark.rules import pack_for
    from bmnn_mark.workflow.agency import agency_figures

    return pack_for(office.today(), agency_figures(office)).id


def _wanted(desk: Desk, office: Office, pack_id: str, options: dict[str, Any]) -> list[Wanted]:
    """What the options say, else what the form is filled in with."""
    from bmnn_mark.rules import load_pack
    from bmnn_mark.workflow.agency import agency_figures
    from bmnn_mark.workflow.confirming import Wanted

    figures, values, source = options["figures"], options["values"], options["source"]
    pack = load_pack(pack_id, agency_figures(office))
    if not values and not options["as_shown"]:
        if desk.json or not sys.stdin.isatty():
            raise RulesRefused("rules.no_terminal")
        return _filled_in(desk, pack, _asked(pack, figures), source)
    if values and options["as_shown"]:
        raise UsageRefused("input.either", first="--value", second="--as-shown")
    if source is None:
        raise UsageRefused("input.together", first="rules confirm", second="--source")
    if values:
        if len(values) != len(figures):
            raise UsageRefused("rules.values_uneven")
        pairs = list(zip(figures, values, strict=True))
    else:
        pairs = [(figure, None) for figure in _asked(pack, figures)]
    return [
        Wanted(figure=figure, untrusted_value=value, untrusted_source=source)
        for figure, value in pairs
    ]


def _asked(pack: RulePack, groups: tuple[str, ...]) -> list[str]:
    """The figures to go through: those of the groups named, else all that nobody confirmed."""
    if not groups:
        return list(pack.unconfirmed(path for path, _ in pack.figures()))
    found: list[str] = []
    for group in groups:
        paths = [
            path for path, _ in pack.figures() if path == group or path.startswith(f"{group}.")
        ]
        if not paths:
            raise RulesRefused("rules.no_figure", pack=pack.id)
        found += paths
    return list(dict.fromkeys(found))


def _filled_in(desk: Desk, pack: RulePack, paths: list[str], source: str | None) -> list[Wanted]:
    """Go through figures one by one; each answer is checked before the next is asked."""
    desk.say("cli.confirm.form", pack=pack.id, count=len(paths))
    filled: list[Wanted] = []
    for number, path in enumerate(paths, start=1):
        figure = pack.figure(path)
        desk.say(
            "cli.confirm.figure",
            number=number,
            count=len(paths),
            path=path,
            value=_with_unit(figure),
            provenance=desk.word(f"cli.provenance.{figure.provenance.value}"),
            source=figure.basis.cited(desk.lang),
        )
        answer = _answer(desk, path, figure)
        if answer == _STOP:
            break
        if answer == _SKIP:
            continue
        source = _source(desk, source)
        filled.append(_one(path, answer or None, source))
    return filled


def _one(path: str, value: str | None, source: str) -> Wanted:
    from bmnn_mark.workflow.confirming import Wanted

    return Wanted(figure=path, untrusted_value=value, untrusted_source=source)


def _answer(desk: Desk, path: str, figure: Figure) -> str:
    """The official value, nothing for the one shown, or a word of the form."""
    from bmnn_mark.rules.values import parse_value

    while True:
        typed: str = click.prompt(
            desk.word("cli.confirm.ask"), default="", show_default=False, err=True
        ).strip()
        if typed in {"", _SKIP, _STOP}:
            return typed
        try:
            parse_value(path, type(figure), typed)
        except BmnnMarkError as error:
            desk.refuse(error)
        else:
            return typed


def _source(desk: Desk, last: str | None) -> str:
    from bmnn_mark.workflow.confirming import parse_source

    while True:
        typed: str = click.prompt(desk.word("cli.confirm.ask_source"), default=last, err=True)
        try:
            parse_source(typed)
        except BmnnMarkError as error:
            desk.refuse(error)
        else:
            return typed


def _finish(
    desk: Desk,
    office: Office,
    pack_id: str,
    prepared: Prepared,
    actor: str,
    options: dict[str, Any],
) -> int:
    """Show what would be, ask a person, carry it out."""
    from bmnn_mark.rules import load_pack
    from bmnn_mark.workflow import confirming

    pack = load_pack(pack_id, prepared.after.figures)
    paths = [change.figure for change in prepared.changes if change.figure is not None]
    lines = [desk.word("cli.rules.figure", **_line(desk, pack, path)) for path in paths]
    if options["preview"] is not None:
        target = Path(options["preview"])
        confirming.draw_preview(pack, paths, target, desk.lang, overwrite=options["overwrite"])
        desk.say("cli.confirm.preview", file=options["preview"])
    by_form = not (options["values"] or options["as_shown"] or options["withdraw"])
    if by_form and not options["dry_run"]:
        for line in lines:
            click.echo(line, err=True)
        if not click.confirm(desk.word("cli.confirm.sure", count=len(paths)), err=True):
            desk.say("cli.confirm.left")
            return ExitCode.DONE
    if not options["dry_run"]:
        confirming.carry_out(office, prepared, actor=actor)
    left = sum(not figure.provenance.confirmed for _, figure in pack.figures())
    key = "cli.confirm.tried" if options["dry_run"] else "cli.confirm.done"
    desk.give(
        {
            "pack": pack_id,
            "figures": [_line(desk, pack, path) for path in paths],
            "overlay_sha256": prepared.after.sha256,
            "recorded": not options["dry_run"],
            "unconfirmed": left,
        },
        [*lines, desk.word(key, count=len(paths), left=left)],
    )
    return ExitCode.DONE


def _line(desk: Desk, pack: RulePack, path: str) -> dict[str, str]:
    figure = dict(pack.figures()).get(path)
    if figure is None:  # a figure that only the overlay had
        return {"path": path, "value": "", "provenance": ""}
    return {
        "path": path,
        "value": _with_unit(figure),
        "provenance": desk.word(f"cli.provenance.{figure.provenance.value}"),
    }


def _with_unit(figure: Figure) -> str:
    return f"{show_value(figure)} {unit_of(figure)}".strip()


def _history(desk: Desk, office: Office) -> int:
    """What the register has of the rules, and whether the file is the one it knows."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.agency import agency_overlay

    rows = office.open_register().rule_changes()
    lines = [
        desk.word(
            "cli.confirm.change" if row.confirmed else "cli.confirm.taken_back",
            at=row.at.isoformat(),
            actor=row.actor,
            pack=row.pack or "*",
            path=row.figure or "*",
            value=row.value,
            source=row.source,
        )
        for row in rows
    ]
    problem = None
    try:
        agency_overlay(office)
    except RulesRefused as error:
        problem = error
    desk.give(
        {
            "changes": plain.to_builtins(rows),
            "overlay": None if problem is None else desk.error(problem),
        },
        lines or [desk.word("cli.confirm.no_history")],
    )
    if problem is not None and not desk.json:
        desk.refuse(problem)
    return ExitCode.DONE if problem is None else ExitCode.RULES

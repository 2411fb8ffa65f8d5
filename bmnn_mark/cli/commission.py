# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark host commission``: root looks, explains, chooses and signs."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import actor_name, option
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import BmnnMarkError, ExitCode, UsageRefused
from bmnn_mark.i18n import Lang, words
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.printing.facts import HistoryTrace
    from bmnn_mark.workflow.commissioning import Commissioned, Question, Survey


def command(lang: Lang) -> click.Command:
    """Build the command."""
    explain = click.Option(
        ["--explain"], metavar="CODE=TEXT", multiple=True, help=words("cli.opt.explain-trace", lang)
    )
    policies = click.Choice(["air-gapped", "independent-lan"])
    return build(
        lang,
        "host.commission",
        [
            option(lang, "--policy", type=policies),
            option(lang, "--allow-card", "cards", metavar="MAC@BUS", multiple=True),
            option(lang, "--allow-net", "nets", metavar="NET", multiple=True),
            explain,
            option(lang, "--yes", is_flag=True),
            option(lang, "--actor", metavar="NAME"),
        ],
        run,
    )


def run(
    desk: Desk,
    *,
    policy: str | None,
    cards: tuple[str, ...],
    nets: tuple[str, ...],
    explain: tuple[str, ...],
    yes: bool,
    actor: str | None,
) -> int:
    """Show everything found, have the past explained, and sign once a person agrees."""
    from bmnn_mark.workflow import commissioning as work

    office = desk.office()
    given = _given(explain)
    survey = work.survey_host(office, work.chosen_policy(office, policy, cards, nets))
    if not desk.json:
        _show(desk, survey)
    work.demand_commissionable(survey)
    if _may_ask(desk) and not yes:
        given = {**_asked(desk, survey, given), **given}
    explained = work.explanations(given, survey)
    if not yes and not _agreed(desk):
        desk.say("cli.commission.left")
        return ExitCode.DONE
    signed = work.commission(office, survey, explained, actor=actor_name(actor))
    _tell(desk, survey, signed)
    return ExitCode.DONE


def _given(explain: tuple[str, ...]) -> dict[str, str]:
    """The explanations of the command line, by what they explain."""
    found = {}
    for one in explain:
        name, equals, text = one.partition("=")
        if not equals or not text.strip():
            raise UsageRefused("host.explain_form")
        found[name.strip()] = text
    return found


def _may_ask(desk: Desk) -> bool:
    return not desk.json and sys.stdin.isatty()


def _agreed(desk: Desk) -> bool:
    if not _may_ask(desk):
        raise UsageRefused("host.must_agree")
    return click.confirm(desk.word("cli.commission.sure"), err=True)


def _show(desk: Desk, survey: Survey) -> None:
    """Everything that was found, on standard error: what is signed is what was shown."""
    from bmnn_mark.cli.host import finding_lines
    from bmnn_mark.printing.inventory import hardware_identities, known_storage

    policy = survey.policy
    desk.say("cli.commission.policy", policy=policy.name.value)
    for card in policy.allowed_links:
        desk.say("cli.commission.card", mac=card.permanent_mac, place=shown(card.bus_path))
    for net in policy.allowed_nets:
        desk.say("cli.commission.net", net=net)
    desk.say("cli.commission.findings")
    for line in finding_lines(desk, survey.report.evidence):
        desk.say("cli.commission.line", line=line)
    desk.say("cli.commission.hardware")
    storage = (f"{one.identity or '?'}@{one.place}" for one in known_storage(survey.snapshot))
    for line in (*hardware_identities(survey.snapshot), *storage):
        desk.say("cli.commission.line", line=shown(line, limit=200))
    if survey.questions:
        desk.say("cli.commission.history", many=len(survey.questions))
    for one in survey.questions:
        desk.say("cli.commission.line", line=_trace_line(desk, one))


def _trace_line(desk: Desk, one: Question) -> str:
    trace = one.trace
    line: str = desk.word(
        "cli.commission.trace",
        code=one.code,
        what=desk.word(f"host.trace.{trace.kind.value}"),
        place=shown(trace.place, limit=200),
        many=trace.count,
        when=_when(trace),
    )
    return f"{line} — {one.said}" if one.said else line


def _when(trace: HistoryTrace) -> str:
    if not trace.newest:
        return "…"
    return datetime.fromtimestamp(trace.newest, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _asked(desk: Desk, survey: Survey, given: dict[str, str]) -> dict[str, str]:
    """Ask for an explanation of each trace that has none; each is checked before the next."""
    from bmnn_mark.text import one_line

    found = {}
    for one in survey.questions:
        name = f"{one.code}@{one.trace.place}"
        if name in given or one.code in given:
            continue
        while name not in found:
            desk.say("cli.commission.line", line=_trace_line(desk, one))
            typed: str = click.prompt(
                desk.word("cli.commission.ask"), default=one.said or None, err=True
            )
            try:
                found[name] = one_line("--explain", typed)
            except BmnnMarkError as error:
                desk.refuse(error)
    return found


def _tell(desk: Desk, survey: Survey, signed: Commissioned) -> None:
    from bmnn_mark import plain

    baseline = signed.baseline
    plain_facts: dict[str, Any] = {
        "baseline": plain.to_builtins(baseline),
        "fingerprint": signed.fingerprint,
        "path": str(signed.path),
        "report": plain.to_builtins(survey.report),
    }
    desk.give(
        plain_facts,
        [
            desk.word(
                "cli.commission.done",
                number=baseline.number,
                file=shown(str(signed.path), limit=200),
                policy=baseline.policy.name.value,
                devices=len(baseline.devices),
                traces=len(baseline.history),
            ),
            desk.word("cli.commission.key", fingerprint=signed.fingerprint),
            desk.word("cli.commission.keep"),
        ],
    )

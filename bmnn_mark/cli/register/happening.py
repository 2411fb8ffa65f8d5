# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register incident`` and ``meeting``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import actor_name, option, parse_level
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.register.life import (
    copy_lines,
    day_of,
    naming_of,
    naming_options,
    word_options,
    words_of,
)
from bmnn_mark.errors import UsageRefused
from bmnn_mark.i18n import Lang

if TYPE_CHECKING:
    from bmnn_mark.register.views import ActRow
    from bmnn_mark.workflow.naming import Naming

_KINDS = ("leak", "loss", "violation")
#: What means something only where an incident is reported.
_OF_REPORT = {"kind": "--kind", "level": "--level", "said_subject": "--subject"}


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    level = option(lang, "--level", metavar="mat|toi-mat|tuyet-mat")
    return [
        build(
            lang,
            "register.incident",
            [
                *naming_options(lang),
                option(lang, "--kind", type=click.Choice(_KINDS)),
                level,
                *word_options(lang, "subject", "party", "reason", "decision", "note"),
                option(lang, "--close", type=int, metavar="N"),
                option(lang, "--result", "said_outcome", metavar="TEXT"),
                option(lang, "--list", "listed", is_flag=True),
            ],
            incident,
        ),
        build(
            lang,
            "register.meeting",
            [
                *naming_options(lang),
                level,
                option(lang, "--foreign", is_flag=True),
                *word_options(lang, "subject", "place", "party", "decision", "note"),
            ],
            meeting,
        ),
    ]


def incident(desk: Desk, **options: Any) -> None:
    """Report an incident, close one, or list those that are open."""
    if options["listed"]:
        _list(desk)
    elif options["close"] is not None:
        _close(desk, options)
    else:
        _report(desk, options)


def _report(desk: Desk, options: dict[str, Any]) -> None:
    from bmnn_mark.register.life import IncidentKind
    from bmnn_mark.workflow import happening

    if options["kind"] is None:
        raise UsageRefused("input.together", first="register incident", second="--kind")
    if options["said_outcome"] is not None:
        raise UsageRefused("input.together", first="--result", second="--close")
    number = happening.report_incident(
        desk.office(),
        happening.IncidentOrder(
            kind=IncidentKind(options["kind"]),
            on=day_of(desk, options),
            actor=actor_name(options["actor"]),
            words=words_of(options),
            level=None if options["level"] is None else parse_level(options["level"]),
            naming=_naming(options),
        ),
        on_progress=desk.progress(),
    )
    desk.give({"incident": number}, [desk.word("cli.register.incident.made", incident=number)])


def _close(desk: Desk, options: dict[str, Any]) -> None:
    from bmnn_mark.workflow import happening

    for name, word in _OF_REPORT.items():
        if options[name] is not None:
            raise UsageRefused("input.either", first="--close", second=word)
    if _naming(options) is not None:
        raise UsageRefused("input.either", first="--close", second="COPY")
    happening.close_incident(
        desk.office(),
        options["close"],
        on=day_of(desk, options),
        actor=actor_name(options["actor"]),
        words=words_of(options),
    )
    desk.give(
        {"incident": options["close"], "closed": True},
        [desk.word("cli.register.incident.closed", incident=options["close"])],
    )


def _list(desk: Desk) -> None:
    from bmnn_mark import plain

    rows = desk.office().open_register().open_incidents()
    lines = [_incident_line(desk, row) for row in rows]
    desk.give(
        {"incidents": plain.to_builtins(rows)},
        lines or [desk.word("cli.register.incident.none")],
    )


def _incident_line(desk: Desk, row: ActRow) -> str:
    return desk.word(
        "cli.register.incident.open",
        incident=row.event,
        on=row.day.isoformat(),
        kind=desk.word(f"life.incident.{row.kind}"),
        level="—" if row.level is None else desk.word(f"cli.level.{row.level.value}"),
        subject=row.words.get("subject", ""),
    )


def meeting(desk: Desk, **options: Any) -> None:
    """Enter a meeting and the copies used in it."""
    from bmnn_mark import plain
    from bmnn_mark.workflow import happening

    report = happening.enter_meeting(
        desk.office(),
        happening.MeetingOrder(
            on=day_of(desk, options),
            actor=actor_name(options["actor"]),
            words=words_of(options),
            level=None if options["level"] is None else parse_level(options["level"]),
            foreign=options["foreign"],
            naming=_naming(options),
        ),
        on_progress=desk.progress(),
    )
    line = desk.word(
        "cli.register.meeting.made",
        meeting=report.meeting,
        level=desk.word(f"cli.level.{report.level.value}"),
        copies=len(report.copies),
    )
    desk.give(plain.to_builtins(report), [line, *copy_lines(desk, report.copies)])


def _naming(options: dict[str, Any]) -> Naming | None:
    """Which copies are named; None where none is."""
    naming = naming_of(options)
    return naming if naming.words or naming.scans else None

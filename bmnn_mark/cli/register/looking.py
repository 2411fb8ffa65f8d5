# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register list`` and ``show``: what is in it, what ends, what is outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.options import option
from bmnn_mark.cli.register.life import copy_lines
from bmnn_mark.errors import UsageRefused
from bmnn_mark.i18n import Lang, words

if TYPE_CHECKING:
    from bmnn_mark.register.views import ActRow, AttemptRow, DocumentRow
    from bmnn_mark.workflow.terms import Ending, TermEnd


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    out = click.Option(["--out", "outside"], is_flag=True, help=words("cli.opt.list-out", lang))
    ending = option(lang, "--ending", type=click.IntRange(0, 36525), metavar="DAYS")
    return [
        build(lang, "register.list", [ending, out], list_documents),
        build(lang, "register.show", [click.Argument(["document"])], show),
    ]


def list_documents(desk: Desk, *, ending: int | None, outside: bool) -> None:
    """Every document, one a line; or those whose term ends, or the copies outside."""
    if ending is not None and outside:
        raise UsageRefused("input.either", first="--ending", second="--out")
    if ending is not None:
        _list_ending(desk, ending)
    elif outside:
        _list_out(desk)
    else:
        _list_all(desk)


def _list_all(desk: Desk) -> None:
    from bmnn_mark import plain

    rows = desk.office().open_register().documents()
    desk.give(
        {"documents": plain.to_builtins(rows)},
        [_document_line(desk, row) for row in rows] or [desk.word("cli.register.nothing")],
    )


def _list_ending(desk: Desk, days: int) -> None:
    from bmnn_mark import plain
    from bmnn_mark.workflow.terms import ending_within

    found = ending_within(desk.office(), days)
    lines = [_ending_line(desk, one) for one in found]
    desk.give({"ending": plain.to_builtins(found)}, lines or [desk.word("cli.register.none_ends")])


def _ending_line(desk: Desk, one: Ending) -> str:
    kind = "over" if one.days_left < 0 else "soon"
    line = desk.word(
        f"cli.register.ends.{kind}",
        number_sign=one.number_sign,
        dated=one.dated.isoformat(),
        level=desk.word(f"cli.level.{one.level.value}"),
        end=one.end.day.isoformat(),
        days=abs(one.days_left),
    )
    return f"{line} {_basis(desk, one.end)}"


def _basis(desk: Desk, end: TermEnd) -> str:
    kind = "stated" if end.stated else "by_level"
    return desk.word(f"cli.register.term.{kind}", years=end.years, source=end.source)


def _list_out(desk: Desk) -> None:
    from bmnn_mark import plain
    from bmnn_mark.workflow.looking import copies_out

    found = copies_out(desk.office())
    copies = [plain.to_builtins(one.copy) | {"overdue": one.overdue} for one in found]
    lines = []
    for one in found:
        (line,) = copy_lines(desk, [one.copy])
        lines.append(line + desk.word("cli.register.overdue") if one.overdue else line)
    desk.give({"copies": copies}, lines or [desk.word("cli.register.none_out")])


def show(desk: Desk, *, document: str) -> None:
    """One document: every attempt at its copies, where they are, what befell them."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.looking import look_at

    found = look_at(desk.office(), document)
    overlap = found.view.overlap_reason
    told = plain.to_builtins(found)
    row = found.view.document
    lines = [
        _document_line(desk, row),
        desk.word(
            "cli.register.standing",
            standing=desk.word(f"life.standing.{row.standing.value}"),
            end=found.end.day.isoformat(),
        )
        + f" {_basis(desk, found.end)}",
        *([desk.word("cli.register.overlap", reason=overlap)] if overlap else []),
        *(_attempt_line(desk, one) for one in found.view.attempts),
        *copy_lines(desk, found.holdings),
        *(_act_line(desk, one) for one in found.history),
    ]
    desk.give(told.pop("view") | told, lines)


def _document_line(desk: Desk, row: DocumentRow) -> str:
    states = ", ".join(
        f"{count} {desk.word(f'cli.state.{state.value}')}" for state, count in row.states.items()
    )
    return desk.word(
        "cli.register.document",
        document=row.document_id,
        number_sign=row.number_sign,
        dated=row.dated.isoformat(),
        level=desk.word(f"cli.level.{row.level.value}"),
        copies=row.copies,
        states=states or desk.word(f"life.direction.{row.direction.value}"),
    )


def _attempt_line(desk: Desk, row: AttemptRow) -> str:
    return desk.word(
        "cli.register.attempt",
        number=row.number,
        attempt=row.attempt,
        reference=row.reference,
        state=desk.word(f"cli.state.{row.state.value}"),
        recipient=row.recipient or "…",
        attempt_id=row.attempt_id,
    )


def _act_line(desk: Desk, act: ActRow) -> str:
    said = "; ".join(
        f"{desk.word(f'life.word.{name}')}: {text}" for name, text in sorted(act.words.items())
    )
    return desk.word(
        "cli.register.act_with_copy" if act.copy else "cli.register.act",
        on=act.day.isoformat(),
        act=desk.word(f"life.act.{act.act.partition('.')[2]}"),
        copy=act.copy,
        actor=act.actor,
        said=f" ({said})" if said else "",
    )

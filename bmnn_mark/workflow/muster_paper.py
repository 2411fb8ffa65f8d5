# SPDX-License-Identifier: Apache-2.0
"""The minutes of a muster: what is out of order first, then every copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bmnn_mark.i18n import Lang, words
from bmnn_mark.reports.paper import (
    Align,
    Cell,
    Column,
    Letterhead,
    Paper,
    Signature,
    Table,
    Text,
    highest,
    level_word,
    show_day,
)
from bmnn_mark.text import shown
from bmnn_mark.workflow.muster import MusteredCopy, MusterReport
from bmnn_mark.workflow.tracing import Traced

#: Longest name of a scan that is shown.
NAME_CHARS = 60


def paper_of(report: MusterReport, *, on: date, agency: str) -> Paper:
    """The report as minutes: what is out of order first, then every copy."""
    strange = [one for one in report.copies if not one.in_order]
    levels = [one.account.level for one in report.copies]
    return Paper(
        title=_say("paper.title"),
        subject=_say("paper.subject"),
        head=Letterhead(agency=agency, on=on),
        blocks=(
            Text(text=_say("paper.where", holder=report.holder or _say("paper.office"))),
            Text(text=_say("paper.read", sheets=report.sheets, day=show_day(on))),
            _sums(report),
            *([_copies(strange, "paper.strange")] if strange else []),
            *([_odd(report.odd)] if report.odd else []),
            *([_unread(report.unread)] if report.unread else []),
            *([_copies(report.copies, "paper.copies")] if report.copies else []),
            Text(text=_say("paper.limits"), italic=True),
        ),
        signatures=(
            Signature(title=_say("paper.clerk")),
            Signature(title=_say("paper.witness")),
        ),
        footnote=words("reports.own_wording", Lang.VI),
        landscape=True,
        handle_at=highest(levels),
    )


def _sums(report: MusterReport) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (_say(f"finding.{finding.value}"), many) for finding, many in report.counts().items()
    ]
    rows += [
        (_say("paper.elsewhere"), report.elsewhere),
        (_say("paper.odd"), len(report.odd)),
        (_say("paper.unread"), len(report.unread)),
    ]
    return Table(
        caption=_say("paper.sums"),
        columns=(
            Column(heading=_say("column.finding"), share=4),
            Column(heading=_say("column.many"), align=Align.RIGHT),
        ),
        rows=tuple(rows),
    )


def _copies(copies: Sequence[MusteredCopy], caption: str) -> Table:
    return Table(
        caption=_say(caption),
        columns=tuple(
            Column(heading=_say(f"column.{name}"), share=share)
            for name, share in (
                ("number_sign", 2), ("level", 1.2), ("copy", 0.8), ("finding", 2),
                ("pages", 1.6), ("whereabouts", 2), ("holder", 2),
            )
        ),
        rows=tuple(
            (
                one.account.number_sign,
                level_word(one.account.level),
                f"{one.account.copy}/{one.account.of}",
                _say(f"finding.{one.finding.value}"),
                _pages(one),
                words(f"life.whereabouts.{one.account.whereabouts.value}", Lang.VI),
                one.account.holder,
            )
            for one in copies
        ),
    )  # fmt: skip


def _pages(one: MusteredCopy) -> str:
    parts = []
    if one.missing:
        parts.append(_say("pages.missing", pages=ranges(one.missing)))
    if one.doubled:
        parts.append(_say("pages.doubled", pages=ranges(one.doubled)))
    if one.seen and not parts:
        parts.append(_say("pages.all", pages=one.account.pages))
    return "; ".join(parts)


def ranges(pages: Sequence[int]) -> str:
    """Pages as people write them.

    >>> ranges((1, 2, 3, 7, 9, 10))
    '1-3, 7, 9-10'
    """
    parts: list[list[int]] = []
    for page in pages:
        if parts and page == parts[-1][-1] + 1:
            parts[-1].append(page)
        else:
            parts.append([page])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in parts)


def _odd(odd: Sequence[Traced]) -> Table:
    return Table(
        caption=_say("paper.odd"),
        columns=(
            Column(heading=_say("column.file"), share=3),
            Column(heading=_say("column.sheet"), align=Align.RIGHT),
            Column(heading=_say("column.finding"), share=4),
        ),
        rows=tuple(
            (
                shown(one.source, limit=NAME_CHARS),
                one.scan_page,
                words(f"cli.trace.{one.trace.value}", Lang.VI),
            )
            for one in odd
        ),
    )


def _unread(names: Sequence[str]) -> Table:
    return Table(
        caption=_say("paper.unread"),
        columns=(Column(heading=_say("column.file")),),
        rows=tuple((name,) for name in names),
    )


def _say(key: str, **blanks: object) -> str:
    return words(f"muster.{key}", Lang.VI, **blanks)

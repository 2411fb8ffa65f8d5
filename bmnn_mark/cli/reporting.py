# SPDX-License-Identifier: Apache-2.0
"""Reports of marking and issuing, as text for a clerk; programs get :mod:`.contract`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bmnn_mark.cli.desk import Desk
from bmnn_mark.i18n import next_step
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.documents.findings import Certificate
    from bmnn_mark.documents.model import Notice, PlacedMark
    from bmnn_mark.workflow.issuing import IssueReport
    from bmnn_mark.workflow.stamping import StampReport
    from bmnn_mark.workflow.unconfirmed import Unconfirmed

#: Marks that a person is told of although they are not on page 1.
_ELSEWHERE = frozenset({"reproduction"})


def tell_notices(desk: Desk, report: StampReport) -> None:
    """Say on standard error what the clerk should know."""
    tell_unconfirmed(desk, report.unconfirmed)
    say_notices(desk, report.result.notices)


def tell_unconfirmed(desk: Desk, figures: Iterable[Unconfirmed]) -> None:
    """Say once for each rule pack how many of its figures nobody compared."""
    for pack, count in Counter(one.pack for one in figures).items():
        desk.say("cli.unconfirmed", pack=pack, count=count)


def say_notices(desk: Desk, notices: Iterable[Notice]) -> None:
    """Say on standard error what was noticed, each with its next step."""
    for notice in notices:
        desk.say(notice.code, **notice.detail)
        step = next_step(notice.code, desk.lang, **notice.detail)
        if step and not desk.quiet:
            desk.say("cli.step", step=step)


def mark_lines(desk: Desk, report: StampReport) -> list[str]:
    """One document's result for a person."""
    if report.result.unchanged:
        return [desk.word("cli.stamp.unchanged", file=shown(str(report.source), limit=400))]
    lines = [
        desk.word(
            "cli.stamp.done", file=shown(str(report.output), limit=400), pages=report.result.pages
        )
    ]
    return lines + placed_lines(desk, report)


def placed_lines(desk: Desk, report: StampReport) -> list[str]:
    """Where the marks of page 1 are, and who showed it."""
    shown_here = (one for one in report.result.marks if one.page == 1 or one.kind in _ELSEWHERE)
    lines: list[str] = []
    for mark in shown_here:
        lines.append(_mark_line(desk, mark))
        if mark.certificate is not None:
            lines.append(_certificate_line(desk, mark.certificate))
    if report.result.renderers:
        lines.append(desk.word("cli.stamp.proof", engines=", ".join(report.result.renderers)))
    return lines


def _mark_line(desk: Desk, mark: PlacedMark) -> str:
    what = desk.word(f"cli.kind.{mark.kind.value}")
    if mark.page != 1:
        what = desk.word("cli.stamp.on_page", what=what, page=mark.page)
    return desk.word(
        "cli.stamp.mark_moved" if mark.displaced else "cli.stamp.mark",
        what=what,
        x=f"{mark.box.x:.1f}",
        y=f"{mark.box.y:.1f}",
        width=f"{mark.box.width:.1f}",
        height=f"{mark.box.height:.1f}",
    )


def _certificate_line(desk: Desk, one: Certificate) -> str:
    """What was measured of a mark, beside what its form asks for."""

    def told(*, nominal: bool) -> str:
        return ", ".join(
            f"{desk.word(f'cli.part.{measure.part.value}')} "
            f"{'—' if measure.measured is None else f'{measure.measured:.4g}'}/{measure.required:g}"
            for measure in one.measures
            if measure.nominal is nominal
        )

    return desk.word(
        "cli.stamp.certificate" if one.holds else "cli.stamp.certificate_off",
        dpi=one.dpi,
        measures=told(nominal=False),
    ) + (
        desk.word("cli.stamp.nominal", measures=nominal) if (nominal := told(nominal=True)) else ""
    )


def issue_lines(desk: Desk, report: IssueReport) -> list[str]:
    """An issue's result for a person."""
    lines = [
        desk.word(
            "cli.stamp.issued",
            document=report.document_id,
            copies=len(report.copies),
            folder=shown(str(report.folder), limit=400),
        )
    ]
    lines += [
        desk.word(
            "cli.stamp.copy",
            number=copy.number,
            of=len(report.copies),
            reference=copy.reference,
            recipient=copy.recipient or "…",
            file=shown(copy.file, limit=400),
        )
        for copy in report.copies
    ]
    lines.append(desk.word("cli.stamp.proof", engines=", ".join(report.mark.result.renderers)))
    return lines

# SPDX-License-Identifier: Apache-2.0
"""The year's figures, from the register to tables, a chart and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.errors import UsageRefused
from bmnn_mark.i18n import Lang, words
from bmnn_mark.register.figure_rows import Figures
from bmnn_mark.register.store import Register
from bmnn_mark.reports import figures as tables
from bmnn_mark.reports import lists
from bmnn_mark.reports.paper import Letterhead, Paper, Picture, Table, Text, highest, show_day
from bmnn_mark.reports.plan import plan_table
from bmnn_mark.reports.writing import WrittenPaper, check_paper_target, write_paper
from bmnn_mark.rules import Level, RulePack, pack_for
from bmnn_mark.rules.figures import Basis
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.unconfirmed import Unconfirmed, figures_of

_PICTURE = ".png"
#: Figures that the chart shows, a bar each.
_CHARTED = ("issued", "received", "copied")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days that are asked about.

    Attributes:
        first: first day.
        last: last day.
        report: year of the report to the Ministry whose days they are; None for other days.
        sent: day by which that is sent; None for other days.
        basis: what the report's days rest on; None for other days.
        unconfirmed: figures of the rules used that nobody compared with the official text.
    """

    first: date
    last: date
    report: int | None = None
    sent: date | None = None
    basis: Basis | None = None
    unconfirmed: tuple[Unconfirmed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureReport:
    """Figures that were counted.

    Attributes:
        period: days asked about.
        years: by year, every figure by level (``none``: without a level) and in ``total``.
        total: the same of all days.
        held: where copies are now, by level.
        protected: what is protected now, by level.
        tables: all of it for people, and the answers to the plan.
        lists: what is counted, one by one; empty where nobody asked.
        written: files that were made.
    """

    period: Period
    years: Mapping[str, Mapping[str, Mapping[str, int]]]
    total: Mapping[str, Mapping[str, int]]
    held: Mapping[str, Mapping[str, int]]
    protected: Mapping[str, Mapping[str, int]]
    tables: tuple[Table, ...]
    lists: tuple[Table, ...]
    written: tuple[WrittenPaper, ...]


def report_period(office: Office, year: int) -> Period:
    """The days of a year's report to the Ministry of Public Security.

    Raises:
        RulesRefused: ``rules.no_pack``; ``rules.unconfirmed`` where the office demands confirmed
            figures.
    """
    pack = pack_for(date(year, 12, 1), agency_figures(office))
    return Period(
        first=_day(pack, "first", year - 1),
        last=_day(pack, "last", year),
        report=year,
        sent=_day(pack, "sent", year),
        basis=pack.reporting.first.basis,
        unconfirmed=figures_of(office, pack, ("reporting",)),
    )


def _day(pack: RulePack, name: str, year: int) -> date:
    day, month = map(int, getattr(pack.reporting, name).value.split("/"))
    return date(year, month, day)


def count_figures(
    office: Office,
    period: Period,
    targets: Sequence[Path] = (),
    *,
    lang: Lang = Lang.VI,
    with_lists: bool = False,
    overwrite: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> FigureReport:
    """Count what the register's acts of some days add up to.

    Args:
        office: whose register.
        period: the days.
        targets: files to make: ``.xlsx``, ``.docx``, ``.pdf``, or ``.png`` for the chart.
        lang: of the tables.
        with_lists: also say what is counted, one by one: names, places, reasons.
        overwrite: replace files of these names.
        on_progress: called while a PDF is made.

    Raises:
        UsageRefused: ``reports.days_turned``, ``reports.kind_unknown``.
        DocumentRefused: ``output.*``, ``conversion.*``.
        RegisterRefused: not found, key missing, broken.
    """
    if period.last < period.first:
        raise UsageRefused("reports.days_turned")
    for target in targets:
        if target.suffix.lower() == _PICTURE:
            files.check_target(target, overwrite=overwrite)
        else:
            check_paper_target(target, overwrite=overwrite)
    register = office.open_register()
    figures = register.accounts.figures(period.first, period.last, office.today())
    listed, level = _lists(register, period, lang) if with_lists else ((), None)
    total = tables.counted(figures, None)
    counts = tables.figure_tables(figures, lang, period.report)
    shown = (*counts, plan_table(_answers(figures, total), lang))
    chart = _chart(figures, period, lang) if targets else b""
    paper = _paper(register.agency, period, (*shown, *listed), chart, level, lang)
    return FigureReport(
        period=period,
        years={str(year): tables.counted(figures, year) for year in tables.years_of(figures)},
        total=total,
        held=tables.standing(figures),
        protected=tables.protected(figures),
        tables=shown,
        lists=listed,
        written=tuple(
            _write(
                office,
                paper,
                chart,
                target,
                rehearsal=register.rehearsal,
                overwrite=overwrite,
                on_progress=on_progress,
            )
            for target in targets
        ),
    )


def _answers(figures: Figures, total: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """By key as the plan names it, what each figure comes to."""
    answers = {key: many["total"] for key, many in total.items()}
    answers |= {f"held.{key}": one["total"] for key, one in tables.standing(figures).items()}
    return answers | {
        f"protected.{key}": one["total"] for key, one in tables.protected(figures).items()
    }


def _lists(
    register: Register, period: Period, lang: Lang
) -> tuple[tuple[Table, ...], Level | None]:
    """What is counted, and the highest level of it."""
    days = (period.first, period.last)
    with register.accounts.reading() as books:
        provided = books.hand_overs(*days)
    with register.accounts.listing() as listing:
        carried, meetings = listing.carryings(*days), listing.meetings(*days)
        incidents = listing.incidents(*days)
    named: list[Level | None] = [one.level for one in provided]
    named += [one.level for one in carried]
    named += [one.level for one in meetings]
    named += [one.level for one in incidents]
    made = (
        lists.provided_table(provided, lang),
        lists.carrying_table(carried, lang),
        lists.meeting_table(meetings, lang),
        lists.incident_table(incidents, lang),
        lists.host_table(register.host_incidents(*days), lang),
    )
    return made, highest(named)


def _paper(
    agency: str,
    period: Period,
    shown: Sequence[Table],
    chart: bytes,
    level: Level | None,
    lang: Lang,
) -> Paper:
    first, last = show_day(period.first), show_day(period.last)
    notes = [Text(text=words("reports.figures.note", lang))]
    if period.basis is not None:
        report = words(
            "reports.figures.report",
            lang,
            year=period.report,
            sent=show_day(period.sent),
            basis=period.basis.cited(lang),
        )
        notes.insert(0, Text(text=report))
    return Paper(
        head=Letterhead(agency=agency),
        title=words("reports.figures.title", lang),
        subject=words("reports.figures.subject", lang, first=first, last=last),
        blocks=(*notes, *([Picture(png=chart)] if chart else []), *shown),
        landscape=True,
        handle_at=level,
    )


def _chart(figures: Figures, period: Period, lang: Lang) -> bytes:
    from bmnn_mark.reports.charts import Bar, Group, bar_chart  # noqa: PLC0415 - draws with Pillow

    levels = tuple(reversed(Level))
    counts = {year: tables.counted(figures, year) for year in tables.years_of(figures)}
    if period.report is not None:
        counts = {period.report: tables.counted(figures, None)}
    groups = []
    for year, told in counts.items():
        bars = tuple(
            Bar(
                label=words(f"reports.chart.{key}", lang),
                parts=tuple(told[key][level.value] for level in levels),
            )
            for key in _CHARTED
        )
        groups.append(Group(label=str(year), bars=bars))
    names = [words(f"cli.level.{level.value}", lang) for level in levels]
    return bar_chart(words("reports.figures.chart", lang), names, groups)


def _write(
    office: Office,
    paper: Paper,
    chart: bytes,
    target: Path,
    *,
    rehearsal: bool,
    overwrite: bool,
    on_progress: OnProgress,
) -> WrittenPaper:
    if target.suffix.lower() != _PICTURE:
        return write_paper(
            paper,
            target,
            rehearsal=rehearsal,
            overwrite=overwrite,
            limits=office.limits,
            on_progress=on_progress,
        )
    files.write_whole(target, [chart], overwrite=overwrite)
    return WrittenPaper(path=target, pages=None, sha256=files.sha256_of(target), handle_at=None)

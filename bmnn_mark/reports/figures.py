# SPDX-License-Identifier: Apache-2.0
"""The year's figures by level, as a table for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bmnn_mark.i18n import Lang, words
from bmnn_mark.register.figure_rows import ActFigure, CarrierFigure, Figures
from bmnn_mark.register.life import Whereabouts
from bmnn_mark.reports.paper import Align, Cell, Column, Table, level_word, show_day
from bmnn_mark.rules import Level

#: Columns of the tables: the highest level first, then what has none, then the sum.
LEVELS: tuple[Level | None, ...] = (*reversed(Level), None)


class Measure(StrEnum):
    """What is added up."""

    ACTS = "acts"
    COPIES = "copies"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A figure: which acts it counts, and how.

    Attributes:
        key: its name in JSON and in the words catalogue (``reports.figure.<key>``).
        act: type of the acts.
        measure: what of them is added up.
        kinds: directions or kinds that count; empty for any.
        abroad: whether those that led abroad count, or those at home; None for both.
        part: a part of the figure before it.
    """

    key: str
    act: str
    measure: Measure = Measure.ACTS
    kinds: frozenset[str] = frozenset()
    abroad: bool | None = None
    part: bool = False

    def counts(self, figure: ActFigure) -> bool:
        """Whether a group of acts belongs to it."""
        return (
            figure.act == self.act
            and (not self.kinds or figure.kind in self.kinds)
            and (self.abroad is None or figure.abroad is self.abroad)
        )

    def of(self, figures: Iterable[ActFigure], level: Level | None) -> int:
        """What it comes to at one level; None: of acts that have none."""
        return sum(
            getattr(one, self.measure) for one in figures if one.level is level and self.counts(one)
        )


#: A decision about a document is entered for each series of its copies too; it counts once.
_DOCUMENTS = frozenset({"out", "in"})
_ISSUED, _RECEIVED = frozenset({"out"}), frozenset({"in"})

#: Every figure that the register knows of the days asked about, in the order of the tables.
LINES = (
    Line(key="issued", act="document.issued"),
    Line(key="issued-copies", act="document.issued", measure=Measure.COPIES),
    Line(key="received", act="document.received"),
    Line(key="received-copies", act="document.received", measure=Measure.COPIES),
    Line(key="copyings", act="copying.permitted"),
    Line(key="copied", act="copying.permitted", measure=Measure.COPIES),
    *(
        Line(
            key=f"copied-{kind}",
            act="copying.permitted",
            measure=Measure.COPIES,
            kinds=frozenset({kind}),
            part=True,
        )
        for kind in ("sao-y", "sao-luc", "trich-sao")
    ),
    Line(key="handed-over", act="holding.handed-over"),
    Line(key="returned", act="holding.returned"),
    Line(key="carried-out", act="holding.carried-out"),
    Line(key="carried-out-home", act="holding.carried-out", abroad=False, part=True),
    Line(key="carried-out-abroad", act="holding.carried-out", abroad=True, part=True),
    Line(key="carried-back", act="holding.carried-back"),
    Line(key="provided", act="holding.provided"),
    Line(key="provided-home", act="holding.provided", abroad=False, part=True),
    Line(key="provided-abroad", act="holding.provided", abroad=True, part=True),
    Line(key="relevelled", act="document.relevelled", kinds=_DOCUMENTS),
    Line(key="relevelled-issued", act="document.relevelled", kinds=_ISSUED, part=True),
    Line(key="relevelled-received", act="document.relevelled", kinds=_RECEIVED, part=True),
    Line(key="declassified", act="document.declassified", kinds=_DOCUMENTS),
    Line(key="declassified-issued", act="document.declassified", kinds=_ISSUED, part=True),
    Line(key="declassified-received", act="document.declassified", kinds=_RECEIVED, part=True),
    Line(key="termed", act="document.termed", kinds=_DOCUMENTS),
    Line(key="extended", act="document.extended", kinds=_DOCUMENTS),
    Line(key="recalled", act="document.recalled", kinds=_DOCUMENTS),
    Line(key="destroyed", act="holding.destroyed"),
    Line(key="lost", act="holding.lost"),
    Line(key="meetings", act="meeting.held"),
    Line(key="meetings-foreign", act="meeting.held", abroad=True, part=True),
    Line(key="incidents", act="incident.reported"),
    *(
        Line(key=f"incidents-{kind}", act="incident.reported", kinds=frozenset({kind}), part=True)
        for kind in ("leak", "loss", "violation")
    ),
    Line(key="incidents-open", act="incident.reported", measure=Measure.WAITING, part=True),
    Line(key="host-incidents", act="host.incident"),
    Line(key="seen", act="holding.seen"),
)


def counted(figures: Figures, year: int | None) -> dict[str, dict[str, int]]:
    """Every figure by level and in sum, of one year or of all; for programs.

    Levels are named as everywhere; ``none`` is what has no level, as an incident of which nobody
    knows what leaked.
    """
    acts = [one for one in figures.acts if year is None or one.year == year]
    told = {}
    for line in LINES:
        by_level = {_named(level): line.of(acts, level) for level in LEVELS}
        told[line.key] = by_level | {"total": sum(by_level.values())}
    carriers = [one for one in figures.carriers if year is None or one.year == year]
    for key, abroad in _CARRIERS.items():
        told[key] = {"total": _people(carriers, abroad)}
    return told


_CARRIERS: Mapping[str, bool | None] = {
    "carriers": None, "carriers-home": False, "carriers-abroad": True,
}  # fmt: skip


def _people(carriers: Iterable[CarrierFigure], abroad: bool | None) -> int:  # noqa: FBT001
    return sum(one.people for one in carriers if abroad is None or one.abroad is abroad)


def _named(level: Level | None) -> str:
    return "none" if level is None else level.value


def years_of(figures: Figures) -> tuple[int, ...]:
    """The years that the days touch, whether anything happened in them or not."""
    return tuple(range(figures.first.year, figures.last.year + 1))


def figure_tables(figures: Figures, lang: Lang, report: int | None = None) -> tuple[Table, ...]:
    """A table for each year, one for all where there are several, and how things stand.

    The days of a yearly ``report`` touch two years and are one table.
    """
    if report is not None:
        caption = words("reports.figures.of_report", lang, year=report)
        whole = _table(counted(figures, None), caption, lang)
        return (whole, _held_table(figures, lang), _protected_table(figures, lang))
    years = years_of(figures)
    tables = [
        _table(counted(figures, year), words("reports.figures.year", lang, year=year), lang)
        for year in years
    ]
    if len(years) > 1:
        tables.append(_table(counted(figures, None), words("reports.figures.all", lang), lang))
    return (*tables, _held_table(figures, lang), _protected_table(figures, lang))


def _columns(first: str, lang: Lang, levels: Sequence[Level | None]) -> tuple[Column, ...]:
    headings = [
        level_word(level, lang) if level else words("reports.figures.none", lang)
        for level in levels
    ]
    return (
        Column(heading=words(first, lang), share=4.2),
        *(Column(heading=one, share=1.1, align=Align.RIGHT) for one in headings),
        Column(heading=words("reports.figures.total", lang), share=1.0, align=Align.RIGHT),
    )


def _table(told: Mapping[str, Mapping[str, int]], caption: str, lang: Lang) -> Table:
    parts = {line.key for line in LINES if line.part} | {"carriers-home", "carriers-abroad"}
    rows: list[tuple[Cell, ...]] = []
    for key, by_level in told.items():
        label = words(f"reports.figure.{key}", lang)
        cells: list[Cell] = [f"   {label}" if key in parts else label]
        cells += [by_level.get(_named(level), "") for level in LEVELS]
        rows.append((*cells, by_level["total"]))
    columns = _columns("reports.figures.figure", lang, LEVELS)
    return Table(columns=columns, rows=tuple(rows), caption=caption)


def standing(figures: Figures) -> dict[str, dict[str, int]]:
    """How things stand now, by level and in sum; for programs."""
    told: dict[str, dict[str, int]] = {}
    for where in Whereabouts:
        if where is not Whereabouts.NOT_MADE:
            copies = {
                level: sum(
                    one.copies
                    for one in figures.held
                    if one.whereabouts is where and one.level is level
                )
                for level in reversed(Level)
            }
            told[where.value] = _summed(copies)
    overdue = {
        level: sum(one.overdue for one in figures.held if one.level is level)
        for level in reversed(Level)
    }
    return told | {"overdue": _summed(overdue)}


def protected(figures: Figures) -> dict[str, dict[str, int]]:
    """What is protected now, by level and in sum; for programs."""
    told = {}
    for key in ("documents", "termed", "lapsed"):
        many = {
            level: sum(getattr(one, key) for one in figures.protected if one.level is level)
            for level in reversed(Level)
        }
        told[key] = _summed(many)
    return told


def _summed(by_level: Mapping[Level, int]) -> dict[str, int]:
    return {level.value: many for level, many in by_level.items()} | {
        "total": sum(by_level.values())
    }


def _held_table(figures: Figures, lang: Lang) -> Table:
    return _standing_table(
        standing(figures), "held", words("reports.figures.held", lang, day=_today(figures)), lang
    )


def _protected_table(figures: Figures, lang: Lang) -> Table:
    caption = words("reports.figures.protected", lang, day=_today(figures))
    return _standing_table(protected(figures), "protected", caption, lang)


def _standing_table(
    told: Mapping[str, Mapping[str, int]], group: str, caption: str, lang: Lang
) -> Table:
    levels = tuple(reversed(Level))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            words(f"reports.{group}.{key}", lang),
            *(many[level.value] for level in levels),
            many["total"],
        )
        for key, many in told.items()
    )
    return Table(
        columns=_columns(f"reports.figures.{group}_column", lang, levels),
        rows=rows,
        caption=caption,
    )


def _today(figures: Figures) -> str:
    return show_day(figures.today)

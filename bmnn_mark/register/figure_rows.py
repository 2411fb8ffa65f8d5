# SPDX-License-Identifier: Apache-2.0
"""The year's figures as the register gives them: plain counts, nothing sealed among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bmnn_mark.register.life import Direction, Standing, Whereabouts
from bmnn_mark.rules import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class ActFigure:
    """Acts of one year that have all else in common.

    Attributes:
        year: of the days of the acts.
        act: type of the event.
        level: độ mật at that time; None where it has none or nobody knew.
        kind: direction of the document, kind of copy or kind of incident; empty for none.
        abroad: whether they led abroad or to foreigners; None where that is no question.
        acts: how many acts.
        copies: how many copies, added up; of an act without copies 1.
        waiting: how many of them are incidents that are not closed.
    """

    year: int
    act: str
    level: Level | None
    kind: str
    abroad: bool | None
    acts: int
    copies: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierFigure:
    """How many times somebody carried copies out: one person on one day is one time."""

    year: int
    abroad: bool
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFigure:
    """How many copies are where, now."""

    level: Level
    direction: Direction
    standing: Standing
    whereabouts: Whereabouts
    copies: int
    overdue: int
    """Of them those that were to be back before the day that was asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedFigure:
    """How many documents are protected, now; series of copies are not counted."""

    level: Level
    direction: Direction
    documents: int
    termed: int
    """Of them those on which a term was stated or extended."""
    lapsed: int
    """Of them those whose stated term ended before the day that was asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the acts of some days add up to, and how things stand.

    Attributes:
        first: first day.
        last: last day.
        today: the day that ``held`` and ``protected`` are told for; they are of now, not of
            ``last``.
        acts: by year, act, level, kind and scope.
        carriers: who carried out, counted.
        held: where copies are now.
        protected: what is protected now.
    """

    first: date
    last: date
    today: date
    acts: tuple[ActFigure, ...]
    carriers: tuple[CarrierFigure, ...]
    held: tuple[HeldFigure, ...]
    protected: tuple[ProtectedFigure, ...]

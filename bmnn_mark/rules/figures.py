# SPDX-License-Identifier: Apache-2.0
"""Figures: one value each, with its unit, its provenance and its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from bmnn_mark.i18n import Lang, words
from bmnn_mark.units import Mm


class Provenance(StrEnum):
    """Where a figure comes from; nothing is ever silently one when it is another."""

    READ = "read"
    """The text of an instrument of this pack says so."""
    PRIOR_LAW = "prior-law"
    """An earlier instrument says so; assumed to continue."""
    PROJECT_DEFAULT = "project-default"
    """No text read says so; the project's own choice."""
    AGENCY = "agency"
    """An officer compared it with the official text and confirmed it."""

    @property
    def confirmed(self) -> bool:
        """Whether the figure may be called the law's."""
        return self in {Provenance.READ, Provenance.AGENCY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was read, and where.

    Attributes:
        instrument: the legal text, or ``bmnn-mark`` for the project's own choice.
        clause: article or form of it; empty for an own choice.
        read_at: page where it was read and how directly; empty for an own choice.
        why_vi: what an own choice rests on; empty for a legal text.
        why_en: the same in English.
    """

    instrument: str
    clause: str = ""
    read_at: str = ""
    why_vi: str = ""
    why_en: str = ""

    @property
    def text(self) -> str:
        """The source in one line, with how it was read."""
        parts = (self.instrument, self.clause, self.why_en, self.read_at)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What something rests on, as it is told to people.

    >>> source = Source(instrument="Nghị định 26/2020/NĐ-CP", clause="Điều 2 khoản 1", read_at="…")
    >>> Basis(provenance=Provenance.READ, source=source).cited(Lang.VI)
    'Nghị định 26/2020/NĐ-CP, Điều 2 khoản 1'
    """

    provenance: Provenance
    source: Source

    def cited(self, lang: Lang) -> str:
        """Instrument and clause, or the project's own reasons, in the reader's words.

        That an instrument is an earlier one is said: it is not cited as the law of the day.
        """
        one = self.source
        if self.provenance is Provenance.PROJECT_DEFAULT:
            why = one.why_vi if lang is Lang.VI else one.why_en
            return words("cli.basis.own", lang, why=why)
        law = f"{one.instrument}, {one.clause}"
        if self.provenance is Provenance.PRIOR_LAW:
            return words("cli.basis.earlier", lang, law=law)
        return law


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One value of the law with where it comes from; its kinds add ``value`` and ``unit``."""

    provenance: Provenance
    source: Source

    @property
    def basis(self) -> Basis:
        """What it rests on."""
        return Basis(provenance=self.provenance, source=self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Length(Figure):
    """A length."""

    value: Mm
    unit: Literal["mm"]


@dataclass(frozen=True, slots=True)
class StampSize:
    """Outer size of a stamp, over the outer edge of its outer line.

    ``width`` is None where the stamp fits its text; ``least_width`` then bounds it from below
    where the law gives a width. ``height`` is None where it fits its text.
    """

    height: Mm | None = None
    width: Mm | None = None
    least_width: Mm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OuterSize(Figure):
    """The outer size of a stamp."""

    value: StampSize
    unit: Literal["mm"]


@dataclass(frozen=True, slots=True)
class Span:
    """From ``least`` to ``most``."""

    least: Mm
    most: Mm


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthSpan(Figure):
    """A length the law leaves between two bounds."""

    value: Span
    unit: Literal["mm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSize(Figure):
    """A size of type."""

    value: float
    unit: Literal["pt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Figure):
    """A whole number of things."""

    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Years(Figure):
    """A term in years."""

    value: int
    unit: Literal["year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days(Figure):
    """A time allowed, in days."""

    value: int
    unit: Literal["day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording(Figure):
    """Words as they stand on the paper, NFC."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Figure):
    """Yes or no."""

    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Figure):
    """A calendar day."""

    value: date


class Ink(StrEnum):
    """An ink that marks are made with; its colour is in the pack's group ``ink``."""

    RED = "red"
    BLACK = "black"


@dataclass(frozen=True, slots=True, kw_only=True)
class InkChoice(Figure):
    """Which ink a stamp is made with."""

    value: Ink


@dataclass(frozen=True, slots=True, kw_only=True)
class InkColour(Figure):
    """A colour as red, green, blue from 0 to 255."""

    value: tuple[int, int, int]
    unit: Literal["sRGB"]

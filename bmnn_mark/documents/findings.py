# SPDX-License-Identifier: Apache-2.0
"""What a look at a document brings out: measures of its marks, and what is amiss."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bmnn_mark.errors import Scalar
from bmnn_mark.rules import Basis
from bmnn_mark.units import Rect


class Severity(StrEnum):
    """How much a finding weighs."""

    FAULT = "fault"
    """Not the form the rules ask for, or something that must not leave the office."""
    WARNING = "warning"
    """A person has to look at it."""
    NOTE = "note"
    """Worth knowing; does not count against the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about a document; ``code`` has words, and a next step that says how to mend it.

    Attributes:
        code: stable name, ``finding.…`` for the form, ``hidden.…`` for hidden matter.
        severity: how much it weighs.
        basis: instrument and clause it rests on; None where it is the project's own advice.
        page: page number from 1; None where it concerns the whole file.
        box: where on the displayed page, mm from its top left corner; None where it has no place.
        detail: numbers and fixed names for its words; never text of the document.
    """

    code: str
    severity: Severity
    basis: Basis | None = None
    page: int | None = None
    box: Rect | None = None
    detail: dict[str, Scalar] = field(default_factory=dict)


class Part(StrEnum):
    """What of a mark is measured."""

    WIDTH = "width"
    HEIGHT = "height"
    LINES = "lines"
    GAP = "gap"
    LINE = "line"
    TEXT_SIZE = "text-size"
    ROW_TEXT_SIZE = "row-text-size"
    CLEARANCE = "clearance"
    LETTER_HEIGHT = "letter-height"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of a mark, as asked for and as found.

    Attributes:
        figure: path in the rule pack: ``toi-mat.size``.
        part: what was measured.
        required: mm; pt for sizes of type, a number for ``lines``.
        measured: the same as found on the rendered page; of several sides, the one that is
            farthest from what is required; None where it could not be measured.
        tolerance: allowed difference, in the same unit.
        uncertainty: by how much the mark itself may differ from what was measured, as on a scan.
        provenance: of the figure.
        source: of the figure, in one line.
        nominal: the form names it, but it cannot hold together with the form's size of type; it
            is told, not asked for.
    """

    figure: str
    part: Part
    required: float
    measured: float | None
    tolerance: float
    uncertainty: float = 0.0
    provenance: str
    source: str
    nominal: bool = False

    @property
    def holds(self) -> bool:
        """Whether it was measured and is as required."""
        return self.measured is not None and self._off <= self.tolerance

    @property
    def fails(self) -> bool:
        """Whether it was measured and is surely not as required."""
        return self.measured is not None and self._off > self.tolerance + self.uncertainty

    @property
    def _off(self) -> float:
        return abs((self.measured or 0.0) - self.required) - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The measures of one mark on one page, taken from a clip rendered at :attr:`dpi`.

    Attributes:
        stamp: id of the stamp in the rule pack.
        pack: id of the rule pack.
        page: page number from 1.
        box: outer box as found, mm on the displayed page.
        dpi: resolution of the clip.
        shade: mean sRGB of its ink; None where it could not be told.
        measures: one for each figure that can be measured.
    """

    stamp: str
    pack: str
    page: int
    box: Rect
    dpi: int
    shade: tuple[int, int, int] | None
    measures: tuple[Measure, ...]

    @property
    def holds(self) -> bool:
        """Whether every measure that is asked for was taken and is as required."""
        return all(one.holds for one in self.measures if not one.nominal)

# SPDX-License-Identifier: Apache-2.0
"""What a look at a document brings out: measures of its marks, and what is amiss."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bmnn_mark.errors import Scalar
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
        clause: instrument and clause it rests on; empty where it is the project's own advice.
        page: page number from 1; None where it concerns the whole file.
        box: where on the displayed page, mm from its top left corner; None where it has no place.
        detail: numbers and fixed names for its words; never text of the document.
    """

    code: str
    severity: Severity
    clause: str = ""
    page: int | None = None
    box: Rect | None = None
    detail: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of a mark, as asked for and as found.

    Attributes:
        figure: path in the rule pack and what of it: ``toi-mat.size`` ``width``.
        part: ``width``, ``height``, ``gap``, ``line``, ``text-size``.
        required: mm (pt for ``text-size``).
        measured: the same as found on the rendered page; None where it could not be measured.
        tolerance: allowed difference, in the same unit.
        provenance: of the figure.
        source: of the figure, in one line.
    """

    figure: str
    part: str
    required: float
    measured: float | None
    tolerance: float
    provenance: str
    source: str

    @property
    def holds(self) -> bool:
        """Whether it was measured and is as required."""
        return self.measured is not None and abs(self.measured - self.required) <= self.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The measures of one mark on one page, taken from a clip rendered at :attr:`dpi`.

    Attributes:
        stamp: id of the stamp in the rule pack.
        page: page number from 1.
        box: outer box as found, mm on the displayed page.
        dpi: resolution of the clip.
        measures: one for each figure that can be measured.
    """

    stamp: str
    page: int
    box: Rect
    dpi: float
    measures: tuple[Measure, ...]

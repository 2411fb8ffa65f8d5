# SPDX-License-Identifier: Apache-2.0
"""The plan: which drawing goes where on which page, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

from bmnn_mark.documents.model import MarkKind, Notice
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.units import Rect

#: What follows the rules of the day of a later act (``act_pack`` of the request), not those of the
#: document's date.
ACT_KINDS = frozenset(
    {
        MarkKind.EXTENSION,
        MarkKind.RELEVELLING,
        MarkKind.DECLASSIFICATION,
        MarkKind.RECALL,
        MarkKind.REPRODUCTION_NUMBER,
        MarkKind.REPRODUCTION,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMark:
    """One drawing on one page.

    Attributes:
        kind: what it is for.
        drawing: what is drawn.
        page: page number from 1.
        box: outer box on the displayed page, mm; its size is the drawing's (swapped where turned).
        turn: degrees counter-clockwise by which the drawing is turned (0 or 90).
        slot: name of the slot whose bytes differ per copy; None where all copies are alike.
        displaced: its own slot was taken and the next free place is used.
    """

    kind: MarkKind
    drawing: StampDrawing
    page: int
    box: Rect
    turn: int = 0
    slot: str | None = None
    displaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPlan:
    """Every mark of a document, in drawing order, with what the planner noticed."""

    marks: tuple[PlannedMark, ...]
    notices: tuple[Notice, ...] = ()

    def on_page(self, page: int) -> tuple[PlannedMark, ...]:
        """The marks of one page, in drawing order."""
        return tuple(mark for mark in self.marks if mark.page == page)

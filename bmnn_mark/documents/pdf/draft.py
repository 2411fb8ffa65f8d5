# SPDX-License-Identifier: Apache-2.0
"""A plan in the making: the marks placed so far and what they leave free."""

from __future__ import annotations

from dataclasses import dataclass, field

from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest, Notice
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.opening import OpenedPdf
from bmnn_mark.documents.pdf.room import Hit, Room
from bmnn_mark.documents.pdf.survey import FirstPage, survey_part
from bmnn_mark.documents.rendering import PdfiumPages
from bmnn_mark.errors import DocumentRefused, Scalar
from bmnn_mark.rules import RulePack
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.units import Mm, Rect

#: Least distance of a mark from the sheet's edge, mm; printers leave as much white.
EDGE_MM = 5.0


@dataclass(slots=True, kw_only=True)
class Draft:
    """One plan in the making.

    Attributes:
        opened: the document.
        request: what to put on it.
        pack: the rules of the document's date.
        act_pack: the rules of the day of a later act.
        engine: the document in the first engine.
        first: what page 1 shows.
        marks: the marks placed so far, in drawing order.
        notices: what the clerk should know.
    """

    opened: OpenedPdf
    request: MarkRequest
    pack: RulePack
    act_pack: RulePack
    engine: PdfiumPages
    first: FirstPage
    marks: list[PlannedMark] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def frame(self, page: int) -> PageFrame:
        """The frame of a page, numbered from 1."""
        return self.opened.frames[page - 1]

    def room(self, page: int, part: Rect | None = None) -> Room:
        """What a page, or part of it, has free beside the marks placed so far.

        Raises:
            DocumentRefused: ``document.not_rendered``.
        """
        if page == 1:
            room = self.first.room
        else:
            sheet = self.opened.pdf.pages[page - 1].obj
            room = survey_part(sheet, self.frame(page), self.engine, part)
        return room.keeping((mark.box, Hit.MARK) for mark in self.marks if mark.page == page)

    def put(self, mark: PlannedMark) -> None:
        """Take a mark into the plan; say so where it is not in its own place."""
        self.marks.append(mark)
        if mark.displaced and mark.kind is not MarkKind.PAGE_CODE:
            self.notices.append(
                Notice(
                    code="marks.displaced",
                    detail={
                        "mark": mark.drawing.name,
                        "page": mark.page,
                        "x": shown_mm(mark.box.x),
                        "y": shown_mm(mark.box.y),
                    },
                )
            )

    def check_fits(self, drawing: StampDrawing, page: int) -> None:
        """Refuse a page that cannot hold the drawing anywhere.

        Raises:
            DocumentRefused: ``page.too_small``.
        """
        inside = self.frame(page).sheet.grown(-EDGE_MM)
        if drawing.size.width > inside.width or drawing.size.height > inside.height:
            raise too_small(self.frame(page))


def too_small(frame: PageFrame) -> DocumentRefused:
    """The refusal of a page that cannot hold a mark."""
    return DocumentRefused(
        "page.too_small",
        page=frame.page,
        width=shown_mm(frame.size.width),
        height=shown_mm(frame.size.height),
    )


def no_room(mark: str, page: int, box: Rect, hit: Hit) -> DocumentRefused:
    """The refusal of a page that has no free place for a mark; names the first place looked at."""
    detail: dict[str, Scalar] = {
        "mark": mark,
        "page": page,
        "x": shown_mm(box.x),
        "y": shown_mm(box.y),
        "width": shown_mm(box.width),
        "height": shown_mm(box.height),
        "hit": hit.value,
    }
    code = "marks.under_annotation" if hit is Hit.ANNOTATION else "marks.no_room"
    return DocumentRefused(code, **detail)


def shown_mm(length: Mm) -> float:
    """A length for people: tenths of a millimetre."""
    return round(float(length), 1)

# SPDX-License-Identifier: Apache-2.0
"""Decide which mark goes where, before anything is written: refuse, never shrink, never guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest, Notice
from bmnn_mark.documents.pdf import code_place
from bmnn_mark.documents.pdf.captions import page_caption, widest_copy_caption
from bmnn_mark.documents.pdf.code_place import CodePlace
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.noi_nhan import find_block, statements
from bmnn_mark.documents.pdf.opening import OpenedPdf
from bmnn_mark.documents.pdf.room import Hit, Room, about, down_column
from bmnn_mark.documents.pdf.survey import FirstPage, survey_first, survey_part
from bmnn_mark.documents.rendering import PdfiumPages, pdfium_pages
from bmnn_mark.errors import DocumentRefused, Scalar
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.rules.model import RulePack
from bmnn_mark.stamps.compose import (
    copy_number_mark,
    level_mark,
    page_code_mark,
    rehearsal_overlay,
    text_lines,
    urgency_mark,
)
from bmnn_mark.stamps.model import Face, StampDrawing
from bmnn_mark.units import Mm, Point, Rect, Size
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

#: Name of the slot of the copy number, and of the caption's part that differs per copy.
COPY_NUMBER_SLOT = "copy-number"
CAPTION_SLOT = "caption"

_EDGE = 5.0
_COPY_NUMBER_REACH = 22.0
_HOLE_CLEARANCE = 1.0


def code_slot(page: int) -> str:
    """Name of the slot of a page's code."""
    return f"code:{page}"


def plan_marks(
    opened: OpenedPdf,
    request: MarkRequest,
    pack: RulePack,
    code_template: str | None,
    on_progress: OnProgress = ignore_progress,
    *,
    work: Path,
    limits: Limits = DEFAULT_LIMITS,
) -> MarkPlan:
    """The plan of all marks of a document.

    Args:
        opened: the document.
        request: what to put on it.
        pack: the rules.
        code_template: text of a page code, to stand for each page's own in a template of copies;
            None sets no codes.
        on_progress: called for each page surveyed.
        work: private folder.
        limits: bounds on rendering.

    Raises:
        DocumentRefused: ``marks.no_room``, ``marks.foreign_level``, ``marks.foreign_double``,
            ``page.too_small``, ``noi_nhan.no_room``, ``noi_nhan.disagrees``,
            ``noi_nhan.required``, ``document.not_rendered``, ``document.too_slow``.
        RulesRefused: a stamp cannot be composed.
    """
    with pdfium_pages(opened.path, limits) as engine:
        on_progress(Progress(phase="phase.survey", page=1, pages=len(opened.frames)))
        first = survey_first(
            opened.path, opened.pdf.pages[0].obj, opened.frames[0], engine, work, limits
        )
        planner = _Planner(
            opened=opened, request=request, pack=pack, engine=engine, first=first, room=first.room
        )
        planner.check_foreign()
        planner.place_level()
        planner.place_copy_number()
        planner.place_statements()
        if code_template is not None:
            planner.place_codes(code_template, on_progress)
        return planner.plan()


@dataclass(slots=True, kw_only=True)
class _Planner:
    """One plan in the making; ``room`` is page 1 with the marks placed so far kept clear."""

    opened: OpenedPdf
    request: MarkRequest
    pack: RulePack
    engine: PdfiumPages
    first: FirstPage
    room: Room
    marks: list[PlannedMark] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def check_foreign(self) -> None:
        """A paper that states a level is not stamped a second time without a reason."""
        asked = self.request.level
        for found, _ in self.first.foreign:
            if found is not asked:
                raise DocumentRefused("marks.foreign_level", found=found.value, asked=asked.value)
        if not self.first.foreign:
            return
        if self.request.allow_overlap is None:
            raise DocumentRefused("marks.foreign_double", found=asked.value)
        self.notices.append(Notice(code="marks.foreign_mark", detail={"found": asked.value}))

    def place_level(self) -> None:
        """Độ mật at 10a, urgency directly below it."""
        level = level_mark(self.pack, self.request.level, self.request.ink)
        start = self.request.at or self._slot_10a()
        box = self._column_place(MarkKind.LEVEL, level, start, fixed=self.request.at is not None)
        if self.request.urgency is None:
            return
        urgency = urgency_mark(self.pack, self.request.urgency, self.request.ink)
        below = Point(box.x, box.bottom + self.pack.slots.stack_gap.value)
        self._column_place(MarkKind.URGENCY, urgency, below, fixed=False)

    def place_copy_number(self) -> None:
        """The copy number in the upper right margin, as wide as the last copy's."""
        copies = self.request.copies
        if copies is None:
            return
        drawing = copy_number_mark(self.pack, copies, copies, self.request.ink)
        sheet, slots = self.room.sheet, self.pack.slots
        self._check_fits(drawing)
        right = sheet.width - slots.copy_number_right.value
        corner = Point(Mm(right - drawing.size.width), slots.copy_number_top.value)
        start = Rect.at(corner, drawing.size)
        nearby = Rect.of(sheet.width / 2, _EDGE, sheet.width / 2 - _EDGE, _COPY_NUMBER_REACH)
        box = self._find(MarkKind.COPY_NUMBER, drawing, start, about(corner, drawing.size, nearby))
        self._put(MarkKind.COPY_NUMBER, drawing, 1, box, start, slot=COPY_NUMBER_SLOT)

    def place_statements(self) -> None:
        """Lines at the end of the block Nơi nhận, in its own page's free room."""
        block = find_block(self.engine, self.opened.frames)
        wanted = statements(block, self.request, self.pack)
        self.notices.extend(wanted.notices)
        if wanted.block is None or not wanted.lines:
            return
        page = wanted.block.page
        drawing = text_lines(wanted.lines, Face.REGULAR, self.pack.noi_nhan.text_size.value)
        room = self.room if page == 1 else self._survey(page, None)
        box = Rect.at(wanted.block.end, drawing.size)
        inside = Rect(box.x, box.y + 0.4, box.width, box.height)  # the line above keeps its tails
        if room.hit(inside, clear=0, edge=_EDGE) is not None:
            raise DocumentRefused("noi_nhan.no_room", page=page, lines=len(wanted.lines))
        self._put(MarkKind.NOI_NHAN, drawing, page, box, box)

    def place_codes(self, code_template: str, on_progress: OnProgress) -> None:
        """A page code with its caption on every page."""
        copies = self.request.copies or 1
        for_copy = widest_copy_caption(copies)
        pages, displaced = len(self.opened.frames), 0
        for frame in self.opened.frames:
            for_page = page_caption(frame.page, pages)
            place = self._code_place(frame, for_copy.size, for_page.size)
            displaced += place.displaced
            symbol = _symbol(code_template, place.symbol.width)
            self._put_code(frame.page, place, (symbol, for_copy, for_page))
            on_progress(Progress(phase="phase.survey", page=frame.page, pages=pages))
        if displaced:
            self.notices.append(Notice(code="marks.codes_displaced", detail={"pages": displaced}))

    def plan(self) -> MarkPlan:
        """Everything, the rehearsal's words under the marks they leave room for."""
        if not self.request.rehearsal:
            return MarkPlan(marks=tuple(self.marks), notices=tuple(self.notices))
        overlays = [self._overlay(frame) for frame in self.opened.frames]
        return MarkPlan(marks=(*overlays, *self.marks), notices=tuple(self.notices))

    def _slot_10a(self) -> Point:
        """Left margin, below the row of số, ký hiệu; the pack's place where there is none."""
        slots = self.pack.slots
        row = self.first.number_row
        if row is None:
            return Point(slots.level_x.value, slots.level_y.value)
        x = self.first.left_margin or min(slots.level_x.value, row.x)
        return Point(Mm(x), row.bottom + slots.level_below_number.value)

    def _column_place(
        self, kind: MarkKind, drawing: StampDrawing, corner: Point, *, fixed: bool
    ) -> Rect:
        """Place a mark of page 1's upper left: its slot, else the nearest free place."""
        self._check_fits(drawing)
        start = Rect.at(corner, drawing.size)
        others = () if fixed else self._upper_left(start)
        box = self._find(kind, drawing, start, others)
        self._put(kind, drawing, 1, box, start)
        return box

    def _upper_left(self, start: Rect) -> Iterator[Rect]:
        sheet = self.room.sheet
        yield from down_column(start, self.pack.slots.level_reach.value)
        inside = sheet.grown(-_EDGE)
        quarter = Rect(inside.x, inside.y, sheet.width / 2 - _EDGE, sheet.height / 2 - _EDGE)
        yield from about(start.corner, start.size, quarter)
        third = Rect(inside.x, inside.y, inside.width, sheet.height / 3 - _EDGE)
        yield from about(start.corner, start.size, third)

    def _find(
        self, kind: MarkKind, drawing: StampDrawing, start: Rect, others: Iterable[Rect]
    ) -> Rect:
        """The first free one of the places; the slot itself where stamping over ink is allowed."""
        hit = self.room.hit(start, edge=0.0 if self._is_asked(kind, start) else _EDGE)
        if hit is None:
            return start
        if self.request.allow_overlap is not None and hit in {Hit.INK, Hit.ANNOTATION}:
            self.notices.append(
                Notice(code="marks.over_ink", detail={"mark": drawing.name, "page": 1})
            )
            return start
        for box in others:
            if self.room.hit(box, edge=_EDGE) is None:
                return box
        raise DocumentRefused("marks.no_room", **_where(drawing.name, 1, start, hit))

    def _is_asked(self, kind: MarkKind, start: Rect) -> bool:
        return kind is MarkKind.LEVEL and self.request.at == start.corner

    def _check_fits(self, drawing: StampDrawing) -> None:
        sheet = self.room.sheet
        if (
            drawing.size.width > sheet.width - 2 * _EDGE
            or drawing.size.height > sheet.height - 2 * _EDGE
        ):
            raise _too_small(self.opened.frames[0])

    def _put(
        self,
        kind: MarkKind,
        drawing: StampDrawing,
        page: int,
        box: Rect,
        wanted: Rect,
        slot: str | None = None,
    ) -> None:
        displaced = box != wanted
        self.marks.append(
            PlannedMark(
                kind=kind, drawing=drawing, page=page, box=box, slot=slot, displaced=displaced
            )
        )
        if page == 1:
            self.room = self.room.keeping([(box, Hit.MARK)])
        if displaced:
            detail: dict[str, Scalar] = {
                "mark": drawing.name,
                "page": page,
                "x": _mm(box.x),
                "y": _mm(box.y),
            }
            self.notices.append(Notice(code="marks.displaced", detail=detail))

    def _put_code(
        self, page: int, place: CodePlace, drawings: tuple[StampDrawing, StampDrawing, StampDrawing]
    ) -> None:
        symbol, for_copy, for_page = drawings
        parts = (
            (MarkKind.PAGE_CODE, symbol, place.symbol, 0, code_slot(page)),
            (MarkKind.CAPTION, for_copy, place.copy_lines, place.turn, CAPTION_SLOT),
            (MarkKind.CAPTION, for_page, place.page_line, place.turn, None),
        )
        for kind, drawing, box, turn, slot in parts:
            self.marks.append(
                PlannedMark(
                    kind=kind,
                    drawing=drawing,
                    page=page,
                    box=box,
                    turn=turn,
                    slot=slot,
                    displaced=place.displaced,
                )
            )

    def _code_place(self, frame: PageFrame, for_copy: Size, for_page: Size) -> CodePlace:
        rule = self.pack.page_code
        caption = Size(max(for_copy.width, for_page.width), for_copy.height + for_page.height)
        least = rule.floor.value + 2 * rule.edge.value
        if min(frame.size.width, frame.size.height) < least:
            raise _too_small(frame)
        region = code_place.first_region(frame.sheet, rule, caption)
        if frame.sheet.contains(region):
            place = code_place.first_place(self._code_room(frame, region), rule, for_copy, for_page)
            if place is not None:
                return place
        room = self._code_room(frame, None)
        place = code_place.next_place(room, rule, for_copy, for_page)
        if place is None:
            box = code_place.preferred(frame.sheet, rule)
            hit = room.hit(box, edge=rule.edge.value) or Hit.INK
            raise DocumentRefused("marks.no_room", **_where("page-code", frame.page, box, hit))
        return place

    def _code_room(self, frame: PageFrame, part: Rect | None) -> Room:
        """A page, or part of it, with our other marks and the punch holes kept clear."""
        room = self.room if frame.page == 1 else self._survey(frame.page, part)
        ours = [(mark.box, Hit.MARK) for mark in self._on_page(frame.page)]
        return room.keeping([*ours, (code_place.holes(frame.sheet, self.pack.page_code), Hit.HOLE)])

    def _survey(self, page: int, part: Rect | None) -> Room:
        frame = self.opened.frames[page - 1]
        return survey_part(self.opened.pdf.pages[page - 1].obj, frame, self.engine, part)

    def _on_page(self, page: int) -> Sequence[PlannedMark]:
        return [mark for mark in self.marks if mark.page == page and mark.kind is MarkKind.NOI_NHAN]

    def _overlay(self, frame: PageFrame) -> PlannedMark:
        kept = tuple(_clear_of(mark, self.pack) for mark in self.marks if mark.page == frame.page)
        return PlannedMark(
            kind=MarkKind.REHEARSAL,
            drawing=_words_over(frame.size, kept),
            page=frame.page,
            box=frame.sheet,
        )


def _clear_of(mark: PlannedMark, pack: RulePack) -> Rect:
    """What the rehearsal's words leave free about a mark: a code keeps its quiet zone."""
    if mark.kind is MarkKind.PAGE_CODE:
        return mark.box.grown(code_place.quiet_zone(mark.box.width, pack.page_code))
    return mark.box.grown(_HOLE_CLEARANCE)


@lru_cache(maxsize=64)
def _words_over(size: Size, kept: tuple[Rect, ...]) -> StampDrawing:
    return rehearsal_overlay(size, kept)


@lru_cache(maxsize=16)
def _symbol(code_template: str, side: Mm) -> StampDrawing:
    return page_code_mark(code_template, side)


def _too_small(frame: PageFrame) -> DocumentRefused:
    return DocumentRefused(
        "page.too_small",
        page=frame.page,
        width=_mm(frame.size.width),
        height=_mm(frame.size.height),
    )


def _where(mark: str, page: int, box: Rect, hit: Hit) -> dict[str, str | int | float]:
    return {
        "mark": mark,
        "page": page,
        "x": _mm(box.x),
        "y": _mm(box.y),
        "width": _mm(box.width),
        "height": _mm(box.height),
        "hit": hit.value,
    }


def _mm(length: Mm) -> float:
    return round(float(length), 1)

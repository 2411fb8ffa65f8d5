# SPDX-License-Identifier: Apache-2.0
"""Decide which mark goes where, before anything is written: refuse, never shrink, never guess."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bmnn_mark.documents.law import act_pack_of
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest, Notice
from bmnn_mark.documents.pdf.code_place import quiet_zone
from bmnn_mark.documents.pdf.draft import EDGE_MM, Draft
from bmnn_mark.documents.pdf.first_page import check_foreign, place_level, place_number
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.last_page import place_reproduction
from bmnn_mark.documents.pdf.noi_nhan import find_block, reads_block, statements
from bmnn_mark.documents.pdf.opening import OpenedPdf
from bmnn_mark.documents.pdf.page_codes import place_codes
from bmnn_mark.documents.pdf.stack import place_stack
from bmnn_mark.documents.pdf.survey import survey_first
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.rules import RulePack
from bmnn_mark.stamps.compose import rehearsal_overlay, text_lines
from bmnn_mark.stamps.model import Face, StampDrawing
from bmnn_mark.units import Rect, Size
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

_OVERLAY_CLEARANCE = 1.0
_DESCENT_MM = 0.4


def plan_marks(  # noqa: PLR0913 - what is asked, by which rules, within which bounds
    opened: OpenedPdf,
    request: MarkRequest,
    pack: RulePack,
    code_template: str | None,
    on_progress: OnProgress = ignore_progress,
    *,
    work: Path,
    limits: Limits = DEFAULT_LIMITS,
    one_place: bool = False,
) -> MarkPlan:
    """The plan of all marks of a document; the same document and request give the same plan.

    Args:
        opened: the document.
        request: what to put on it.
        pack: the rules of the document's date.
        code_template: text of a page code, to stand for each page's own in a template of copies;
            None sets no codes.
        on_progress: called for each page surveyed.
        work: private folder.
        limits: bounds on rendering.
        one_place: codes shall stand in one place on all pages, as a Word footer has them.

    Raises:
        DocumentRefused: ``marks.no_room``, ``marks.foreign_level``, ``marks.foreign_double``,
            ``page.too_small``, ``noi_nhan.no_room``, ``noi_nhan.disagrees``,
            ``noi_nhan.required``, ``document.not_rendered``, ``document.too_slow``.
        RulesRefused: a stamp cannot be composed; ``noi_nhan.copying_forbidden``.
    """
    with pdfium_pages(opened.path, limits) as engine:
        on_progress(Progress(phase="survey", page=1, pages=len(opened.frames)))
        first = survey_first(
            opened.path, opened.pdf.pages[0].obj, opened.frames[0], engine, work, limits
        )
        draft = Draft(
            opened=opened,
            request=request,
            pack=pack,
            act_pack=act_pack_of(request) if request.act_pack else pack,
            engine=engine,
            first=first,
        )
        if draft.act_pack is not pack:
            draft.notices.append(Notice(code="marks.act_rules", detail={"pack": draft.act_pack.id}))
        above = place_level(draft, there=check_foreign(draft))
        place_number(draft)
        place_stack(draft, above)
        _place_statements(draft)
        place_reproduction(draft)
        if code_template is not None:
            place_codes(draft, code_template, on_progress, one_place=one_place)
    overlays = [_overlay(draft, frame) for frame in opened.frames] if request.rehearsal else []
    return MarkPlan(marks=(*overlays, *draft.marks), notices=tuple(draft.notices))


def _place_statements(draft: Draft) -> None:
    """Lines at the end of the block Nơi nhận, where the page is free below it."""
    which = reads_block(draft.request, draft.pack)
    block = find_block(draft.engine, draft.opened.frames, which=which)
    wanted = statements(block, draft.request, draft.pack)
    draft.notices.extend(wanted.notices)
    if wanted.block is None or not wanted.lines:
        return
    page = wanted.block.page
    drawing = text_lines(wanted.lines, Face.REGULAR, draft.pack.noi_nhan.text_size.value)
    box = Rect.at(wanted.block.end, drawing.size)
    # The line above may hang a little into the first new one's empty upper part.
    inside = Rect(box.x, box.y + _DESCENT_MM, box.width, box.height - _DESCENT_MM)
    if draft.room(page).hit(inside, clear=0, edge=EDGE_MM) is not None:
        raise DocumentRefused("noi_nhan.no_room", page=page, lines=len(wanted.lines))
    draft.put(PlannedMark(kind=MarkKind.NOI_NHAN, drawing=drawing, page=page, box=box))


def _overlay(draft: Draft, frame: PageFrame) -> PlannedMark:
    """The rehearsal's words over a page, with holes where marks and codes stand."""
    kept = tuple(_clear_of(draft, mark) for mark in draft.marks if mark.page == frame.page)
    return PlannedMark(
        kind=MarkKind.REHEARSAL,
        drawing=_words_over(frame.size, kept),
        page=frame.page,
        box=frame.sheet,
    )


def _clear_of(draft: Draft, mark: PlannedMark) -> Rect:
    if mark.kind is MarkKind.PAGE_CODE:
        return mark.box.grown(quiet_zone(mark.box.width, draft.pack.page_code))
    return mark.box.grown(_OVERLAY_CLEARANCE)


@lru_cache(maxsize=64)
def _words_over(size: Size, kept: tuple[Rect, ...]) -> StampDrawing:
    return rehearsal_overlay(size, kept)

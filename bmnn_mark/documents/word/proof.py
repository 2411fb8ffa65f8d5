# SPDX-License-Identifier: Apache-2.0
"""What a marked DOCX looks like on paper, against the paper of the unmarked one.

Both were converted by the same suite; two engines render both. What differs must be the marks,
where the plan says, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, PlacedMark
from bmnn_mark.documents.pdf.ink import mark_ink
from bmnn_mark.documents.pdf.pixels import Difference, shows
from bmnn_mark.documents.pdf.text import page_text
from bmnn_mark.documents.rendering import PdfiumPages, pdfium_pages, poppler_pages, poppler_render
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits
from bmnn_mark.stamps.model import TextRun
from bmnn_mark.units import Rect, Size
from bmnn_mark.worker import OnProgress, Progress

PAGE_DPI = 100
SHARP_DPI = 300
SLACK_MM = 0.5
"""How far ink may be seen from where it was planned."""
_MARGIN_MM = 1.5
_SHARP = frozenset({MarkKind.LEVEL, MarkKind.URGENCY, MarkKind.COPY_NUMBER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """The unmarked and the marked document as PDF, and the displayed sizes of the pages (mm)."""

    before: Path
    after: Path
    sizes: tuple[Size, ...]
    work: Path
    limits: Limits


def prove_paper(papers: Papers, plan: MarkPlan, on_progress: OnProgress) -> tuple[PlacedMark, ...]:
    """Show that the marked paper is the unmarked one with the plan's marks and nothing else.

    Raises:
        DocumentRefused: ``docx.pages_changed``, ``proof.mark_not_shown``, ``proof.page_changed``,
            ``proof.second_reader`` (a mark's text is not on its page as text).
    """
    measured: dict[PlannedMark, Rect] = {}
    pages = len(papers.sizes)
    with (
        pdfium_pages(papers.before, papers.limits) as before,
        pdfium_pages(papers.after, papers.limits) as after,
    ):
        if len(after) != pages:
            raise DocumentRefused("docx.pages_changed", before=pages, after=len(after))
        both = (_by_poppler(papers, path) for path in (papers.before, papers.after))
        by_poppler = zip(*both, strict=True)
        for page, poppler_views in enumerate(by_poppler, start=1):
            marks = plan.on_page(page)
            views = (before.render(page, PAGE_DPI), after.render(page, PAGE_DPI))
            for engine, (one, other) in (("pdfium", views), ("poppler", poppler_views)):
                measured.update(_compare(one, other, marks, page, engine))
            for mark in marks:
                _check_text(after, mark)
                if mark.kind in _SHARP:
                    measured[mark] = _measure(papers, before, after, mark)
            on_progress(Progress(phase="prove", page=page, pages=pages))
    return tuple(_placed(mark, measured[mark]) for mark in plan.marks)


def _by_poppler(papers: Papers, path: Path) -> Iterator[Image.Image]:
    """Every page by the second engine, in order."""
    largest = max(size.width.px(PAGE_DPI) * size.height.px(PAGE_DPI) for size in papers.sizes)
    return poppler_pages(
        path,
        1,
        len(papers.sizes),
        PAGE_DPI,
        page_pixels=round(largest),
        work=papers.work,
        limits=papers.limits,
    )


def _compare(
    one: Image.Image, other: Image.Image, marks: tuple[PlannedMark, ...], page: int, engine: str
) -> dict[PlannedMark, Rect]:
    """The measured ink of a page's marks by one engine; nothing else may differ."""
    if one.size != other.size:
        raise DocumentRefused("proof.page_changed", page=page, engine=engine)
    difference = Difference(one, other, PAGE_DPI)
    found = {}
    for mark in marks:
        box = shows(difference, mark, SLACK_MM) if difference else None
        if box is None:
            raise _not_shown(mark, engine)
        found[mark] = box
    if difference and difference.outside([mark_ink(mark).grown(SLACK_MM) for mark in marks]):
        raise DocumentRefused("proof.page_changed", page=page, engine=engine)
    return found


def _measure(papers: Papers, before: PdfiumPages, after: PdfiumPages, mark: PlannedMark) -> Rect:
    """The ink box of a mark at 300 dpi, by both engines."""
    clip = mark.box.grown(_MARGIN_MM)
    views = {
        "pdfium": [one.render(mark.page, SHARP_DPI, clip) for one in (before, after)],
        "poppler": [
            poppler_render(path, mark.page, SHARP_DPI, clip, work=papers.work, limits=papers.limits)
            for path in (papers.before, papers.after)
        ],
    }
    found = []
    for engine, (one, other) in views.items():
        box = shows(Difference(one, other, SHARP_DPI, clip), mark, SLACK_MM)
        if box is None:
            raise _not_shown(mark, engine)
        found.append(box)
    return found[0]


def _check_text(after: PdfiumPages, mark: PlannedMark) -> None:
    words = "".join(page_text(after, mark.page).split())
    for operation in mark.drawing.operations:
        if isinstance(operation, TextRun) and "".join(operation.text.split()) not in words:
            raise DocumentRefused("proof.second_reader", page=mark.page)


def _not_shown(mark: PlannedMark, engine: str) -> DocumentRefused:
    return DocumentRefused(
        "proof.mark_not_shown", page=mark.page, engine=engine, mark=mark.drawing.name
    )


def _placed(mark: PlannedMark, measured: Rect) -> PlacedMark:
    return PlacedMark(
        kind=mark.kind,
        stamp=mark.drawing.name,
        page=mark.page,
        box=mark.box,
        measured=measured,
        displaced=mark.displaced,
    )

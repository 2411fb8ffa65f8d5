# SPDX-License-Identifier: Apache-2.0
"""Believe pixels, not calls: nothing is delivered that two engines do not show as it was planned.

Before and after are rendered whole, page by page, by both engines. What differs must be our
marks, where the plan says, and nothing else. What a format needs beside that, its own room adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bmnn_mark.documents.certificates import MarkSeen, certificate
from bmnn_mark.documents.findings import Certificate
from bmnn_mark.documents.ink import mark_ink
from bmnn_mark.documents.law import act_pack_of, pack_of
from bmnn_mark.documents.marks import ACT_KINDS, MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest, PlacedMark
from bmnn_mark.documents.pixels import (
    PAGE_SLACK_MM,
    Difference,
    fills,
    overlay_shows,
    shows,
)
from bmnn_mark.documents.rendering import PdfiumPages, pdfium_pages, poppler_pages, poppler_render
from bmnn_mark.documents.seeing import seen_mark
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.stamps.model import TextRun
from bmnn_mark.units import Rect, Size
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

PAGE_DPI = 100

#: Two batches of each engine's pages are held at once; more pages would cost more than they save.
_BATCH_PAGES = 2
_BATCH_PIXELS = 4_000_000


#: Marks that have a form of their own: a border, a size, rows of type.
STAMPS = frozenset(MarkKind) - {
    MarkKind.PAGE_CODE,
    MarkKind.CAPTION,
    MarkKind.NOI_NHAN,
    MarkKind.REHEARSAL,
    MarkKind.ENVELOPE_TEXT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A document before and after marking, both PDF on disk.

    Attributes:
        before: the unmarked one.
        after: what was made of it; the caller knows that it has as many pages.
        sizes: displayed size of each page, mm.
        work: private folder.
        limits: bounds on rendering.
    """

    before: Path
    after: Path
    sizes: tuple[Size, ...]
    work: Path
    limits: Limits = DEFAULT_LIMITS

    @property
    def both(self) -> tuple[Path, Path]:
        """Before and after."""
        return self.before, self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharp:
    """How marks are measured once more, each on a clip around its box.

    Attributes:
        kinds: the marks so measured.
        dpi: pixels an inch of the clip.
        slack_mm: how far the edges of ink may be seen from where they were planned; a border's
            line must be seen within about a pixel of its place all the same.
        margin_mm: how far the clip reaches beyond the box.
    """

    kinds: frozenset[MarkKind]
    dpi: int
    slack_mm: float
    margin_mm: float


_Views = tuple[Image.Image, Image.Image]
"""The same part of a page before and after."""


def prove(
    pair: Pair,
    plan: MarkPlan,
    sharp: Sharp,
    on_progress: OnProgress = ignore_progress,
    *,
    request: MarkRequest | None = None,
) -> tuple[PlacedMark, ...]:
    """Show that ``pair.after`` is ``pair.before`` with the plan's marks and nothing else.

    Args:
        pair: before and after.
        plan: the marks.
        sharp: which marks are measured sharply, and how.
        on_progress: called for each page.
        request: names the rules by which those are certified; None certifies none.

    Returns:
        Every mark of the plan, in its order, with the box that was measured and, where it is a
        stamp of the rules that was measured sharply, its certificate.

    Raises:
        DocumentRefused: ``proof.mark_not_shown``, ``proof.page_changed``; what the engines refuse.
    """
    measured: dict[PlannedMark, Rect] = {}
    certificates: dict[PlannedMark, Certificate] = {}
    pages = len(pair.sizes)
    with (
        pdfium_pages(pair.before, pair.limits) as before,
        pdfium_pages(pair.after, pair.limits) as after,
        ThreadPoolExecutor(max_workers=2) as pool,
    ):
        by_poppler = zip(range(1, pages + 1), _poppler_pairs(pair, pool), strict=True)
        for page, poppler_views in by_poppler:
            marks = plan.on_page(page)
            pdfium_views = before.render(page, PAGE_DPI), after.render(page, PAGE_DPI)
            for engine, views in (("pdfium", pdfium_views), ("poppler", poppler_views)):
                found = _compare(views, marks, page, engine)
                for mark, box in zip(marks, found, strict=True):
                    measured.setdefault(mark, box)
            for mark in marks:
                if mark.kind in sharp.kinds:
                    measured[mark], seen = _measure(pair, (before, after), sharp, mark)
                    if request and (made := _certificate(mark, request, seen, sharp.dpi)):
                        certificates[mark] = made
            on_progress(Progress(phase="prove", page=page, pages=pages))
    return tuple(_placed(mark, measured[mark], certificates.get(mark)) for mark in plan.marks)


def prove_gone(
    pair: Pair,
    marks: Sequence[PlacedMark],
    on_progress: OnProgress = ignore_progress,
    *,
    floating: bool = False,
) -> None:
    """Show that ``pair.after`` is ``pair.before`` without these marks and otherwise the same.

    Outside the marks' boxes nothing may differ; in each box something must, and of a bordered
    stamp up to all four edges. What lay under a mark is not known here, so it is not compared.

    Args:
        pair: the marked document and what was made of it.
        marks: what was taken out.
        on_progress: called for each page.
        floating: a mark may have moved to another page with its text.

    Raises:
        DocumentRefused: ``proof.mark_not_gone``, ``proof.page_changed``; what the engines refuse.
    """
    pages = len(pair.sizes)
    waiting = {(engine, mark) for engine in ("pdfium", "poppler") for mark in marks}
    with (
        pdfium_pages(pair.before, pair.limits) as before,
        pdfium_pages(pair.after, pair.limits) as after,
        ThreadPoolExecutor(max_workers=2) as pool,
    ):
        by_poppler = zip(range(1, pages + 1), _poppler_pairs(pair, pool), strict=True)
        for page, poppler_views in by_poppler:
            here = [mark for mark in marks if floating or mark.page == page]
            pdfium_views = before.render(page, PAGE_DPI), after.render(page, PAGE_DPI)
            for engine, views in (("pdfium", pdfium_views), ("poppler", poppler_views)):
                difference = _difference(views, page, engine, PAGE_DPI)
                if difference.outside([mark.box.grown(PAGE_SLACK_MM) for mark in here]):
                    raise _changed(page, engine)
                waiting -= {(engine, mark) for mark in here if fills(difference, mark)}
            on_progress(Progress(phase="prove", page=page, pages=pages))
    for engine, mark in waiting:
        raise DocumentRefused("proof.mark_not_gone", page=mark.page, engine=engine, mark=mark.stamp)


def reads(text: str, mark: PlannedMark) -> bool:
    """Whether what a reader found holds every text of a mark; blanks do not count."""
    words = _bare(text)
    return all(
        _bare(one.text) in words for one in mark.drawing.operations if isinstance(one, TextRun)
    )


def _bare(text: str) -> str:
    return "".join(text.split())


def _certificate(
    mark: PlannedMark, request: MarkRequest, views: Sequence[MarkSeen], dpi: int
) -> Certificate | None:
    pack = act_pack_of(request) if mark.kind in ACT_KINDS else pack_of(request)
    size = mark.drawing.size
    return certificate(mark.drawing.name, pack, mark.page, views, dpi=dpi, drawn=size)


def _placed(mark: PlannedMark, measured: Rect, certified: Certificate | None) -> PlacedMark:
    return PlacedMark(
        kind=mark.kind,
        stamp=mark.drawing.name,
        page=mark.page,
        box=mark.box,
        measured=measured,
        displaced=mark.displaced,
        certificate=certified,
    )


def _compare(views: _Views, marks: Sequence[PlannedMark], page: int, engine: str) -> list[Rect]:
    """The measured ink boxes of a page's marks.

    Raises:
        DocumentRefused: a mark is not shown, or something else changed.
    """
    difference = _difference(views, page, engine, PAGE_DPI)
    if not difference:
        if marks:
            raise _not_shown(marks[0], engine)
        return []
    found = []
    for mark in marks:
        if mark.kind is MarkKind.REHEARSAL:
            box = overlay_shows(difference, mark, marks)
        else:
            box = shows(difference, mark, PAGE_SLACK_MM, marks)
        if box is None:
            raise _not_shown(mark, engine)
        found.append(box)
    exempt = any(mark.kind is MarkKind.REHEARSAL for mark in marks)
    if not exempt and difference.outside([mark_ink(m).grown(PAGE_SLACK_MM) for m in marks]):
        raise _changed(page, engine)
    return found


def _measure(
    pair: Pair, opened: tuple[PdfiumPages, PdfiumPages], sharp: Sharp, mark: PlannedMark
) -> tuple[Rect, list[MarkSeen]]:
    """The ink box of a mark on a sharp clip, and what each engine shows of it.

    Raises:
        DocumentRefused: an engine does not agree with the plan.
    """
    clip = mark.box.grown(sharp.margin_mm)
    before, after = opened
    pdfium_views = (
        before.render(mark.page, sharp.dpi, clip),
        after.render(mark.page, sharp.dpi, clip),
    )
    one, other = (
        poppler_render(path, mark.page, sharp.dpi, clip, work=pair.work, limits=pair.limits)
        for path in pair.both
    )
    boxes: list[Rect] = []
    seen: list[MarkSeen] = []
    for engine, views in (("pdfium", pdfium_views), ("poppler", (one, other))):
        difference = _difference(views, mark.page, engine, sharp.dpi, clip)
        box = shows(difference, mark, sharp.slack_mm)
        if box is None:
            raise _not_shown(mark, engine)
        boxes.append(box)
        if (view := seen_mark(mark, difference, views[1])) is not None:
            seen.append(view)
    return boxes[0], seen if len(seen) == len(boxes) else []


def _difference(
    views: _Views, page: int, engine: str, dpi: int, clip: Rect | None = None
) -> Difference:
    one, other = views
    if one.size != other.size:
        raise _changed(page, engine)
    return Difference(one, other, dpi, clip)


def _changed(page: int, engine: str) -> DocumentRefused:
    return DocumentRefused("proof.page_changed", page=page, engine=engine)


def _not_shown(mark: PlannedMark, engine: str) -> DocumentRefused:
    return DocumentRefused(
        "proof.mark_not_shown", page=mark.page, engine=engine, mark=mark.drawing.name
    )


def _poppler_pairs(pair: Pair, pool: ThreadPoolExecutor) -> Iterator[_Views]:
    """Each page before and after by poppler, one batch of pages ahead of the caller."""
    batches = list(_batches(pair.sizes))
    waiting: list[tuple[Future[list[Image.Image]], ...]] = []
    try:
        for index in range(len(batches) + 1):
            if index < len(batches):
                batch = batches[index]
                waiting.append(tuple(pool.submit(_batch, pair, one, batch) for one in pair.both))
            if index:
                one, other = waiting.pop(0)
                yield from zip(one.result(), other.result(), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _batch(pair: Pair, path: Path, pages: range) -> list[Image.Image]:
    return list(
        poppler_pages(
            path,
            pages[0],
            pages[-1],
            PAGE_DPI,
            page_pixels=max(_pixels(pair.sizes[page - 1]) for page in pages),
            work=pair.work,
            limits=pair.limits,
        )
    )


def _batches(sizes: Sequence[Size]) -> Iterator[range]:
    """Runs of page numbers whose images fit into memory together."""
    first, held = 1, 0
    for page, size in enumerate(sizes, start=1):
        pixels = _pixels(size)
        full = page - first == _BATCH_PAGES or held + pixels > _BATCH_PIXELS
        if page > first and full:
            yield range(first, page)
            first, held = page, 0
        held += pixels
    if sizes:
        yield range(first, len(sizes) + 1)


def _pixels(size: Size) -> int:
    return round(size.width.px(PAGE_DPI) * size.height.px(PAGE_DPI))

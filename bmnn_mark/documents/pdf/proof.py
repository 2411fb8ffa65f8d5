# SPDX-License-Identifier: Apache-2.0
"""Believe pixels, not calls: nothing is delivered that two engines do not show as it was planned.

Source and result are rendered whole, page by page, by both engines. What differs must be our
marks, where the plan says, and nothing else; a third reader must find our text on its page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, PlacedMark
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.ink import mark_ink
from bmnn_mark.documents.pdf.pixels import Difference, overlay_shows, shows
from bmnn_mark.documents.pdf.second_reader import read_back
from bmnn_mark.documents.rendering import (
    PdfiumPages,
    engines,
    pdfium_pages,
    poppler_pages,
    poppler_render,
)
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.units import Rect
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

PAGE_DPI = 100
SHARP_DPI = 600
PAGE_SLACK_MM = 0.5
"""How far ink may be seen from where it was planned, on whole pages."""
SHARP_SLACK_MM = 0.1
"""The same for a độ mật mark measured on a clip of its box."""

_SHARP_MARGIN_MM = 2.0
_BATCH_PAGES = 8
_BATCH_PIXELS = 24_000_000

_SHARP = frozenset({MarkKind.LEVEL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A source and what was made of it, both on disk, with pages of the same frames."""

    source: Path
    output: Path
    frames: tuple[PageFrame, ...]
    work: Path
    limits: Limits = DEFAULT_LIMITS


def prove(
    pair: Pair, plan: MarkPlan, on_progress: OnProgress = ignore_progress
) -> tuple[PlacedMark, ...]:
    """Show that ``pair.output`` is the source with the plan's marks and nothing else.

    Returns:
        Every mark of the plan, in its order, with the box that was measured.

    Raises:
        DocumentRefused: ``proof.mark_not_shown``, ``proof.page_changed``,
            ``proof.second_reader``; what the engines refuse.
    """
    read_back(pair.output, len(pair.frames), plan)
    measured: dict[PlannedMark, Rect] = {}
    with (
        pdfium_pages(pair.source, pair.limits) as before,
        pdfium_pages(pair.output, pair.limits) as after,
        ThreadPoolExecutor(max_workers=2) as pool,
    ):
        for frame, by_poppler in zip(pair.frames, _poppler_pairs(pair, pool), strict=True):
            page, marks = frame.page, plan.on_page(frame.page)
            by_pdfium = before.render(page, PAGE_DPI), after.render(page, PAGE_DPI)
            for engine, (one, other) in (("pdfium", by_pdfium), ("poppler", by_poppler)):
                found = _compare(one, other, marks, page, engine)
                for mark, box in zip(marks, found, strict=True):
                    measured.setdefault(mark, box)
            for mark in marks:
                if mark.kind in _SHARP:
                    measured[mark] = _measure_sharp(pair, before, after, mark)
            on_progress(Progress(phase="prove", page=page, pages=len(pair.frames)))
    return tuple(_placed(mark, measured[mark]) for mark in plan.marks)


def proof_engines() -> tuple[str, str]:
    """Names and versions of the engines that :func:`prove` asks."""
    return engines()


def _placed(mark: PlannedMark, measured: Rect) -> PlacedMark:
    return PlacedMark(
        kind=mark.kind,
        stamp=mark.drawing.name,
        page=mark.page,
        box=mark.box,
        measured=measured,
        displaced=mark.displaced,
    )


def _compare(
    one: Image.Image,
    other: Image.Image,
    marks: Sequence[PlannedMark],
    page: int,
    engine: str,
) -> list[Rect]:
    """The measured ink boxes of a page's marks.

    Raises:
        DocumentRefused: a mark is not shown, or something else changed.
    """
    if one.size != other.size:
        raise DocumentRefused("proof.page_changed", page=page, engine=engine)
    difference = Difference(one, other, PAGE_DPI)
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
        raise DocumentRefused("proof.page_changed", page=page, engine=engine)
    return found


def _measure_sharp(pair: Pair, before: PdfiumPages, after: PdfiumPages, mark: PlannedMark) -> Rect:
    """The ink box of a mark at 600 dpi, both engines agreeing with the plan within 0.1 mm."""
    clip = mark.box.grown(_SHARP_MARGIN_MM)
    by_pdfium = [pages.render(mark.page, SHARP_DPI, clip) for pages in (before, after)]
    by_poppler = [_by_poppler(pair, path, mark.page, clip) for path in _both(pair)]
    found: list[Rect] = []
    for engine, (one, other) in (("pdfium", by_pdfium), ("poppler", by_poppler)):
        if one.size != other.size:
            raise DocumentRefused("proof.page_changed", page=mark.page, engine=engine)
        difference = Difference(one, other, SHARP_DPI, clip)
        box = shows(difference, mark, SHARP_SLACK_MM)
        if box is None:
            raise _not_shown(mark, engine)
        found.append(box)
    return found[0]


def _both(pair: Pair) -> tuple[Path, Path]:
    return pair.source, pair.output


def _by_poppler(pair: Pair, path: Path, page: int, clip: Rect) -> Image.Image:
    return poppler_render(path, page, SHARP_DPI, clip, work=pair.work, limits=pair.limits)


def _not_shown(mark: PlannedMark, engine: str) -> DocumentRefused:
    return DocumentRefused(
        "proof.mark_not_shown", page=mark.page, engine=engine, mark=mark.drawing.name
    )


def _poppler_pairs(
    pair: Pair, pool: ThreadPoolExecutor
) -> Iterator[tuple[Image.Image, Image.Image]]:
    """Each page of source and result by poppler, one batch of pages ahead of the caller."""
    ranges = list(_batches(pair.frames))
    waiting: list[tuple[Future[list[Image.Image]], ...]] = []
    try:
        for index in range(len(ranges) + 1):
            if index < len(ranges):
                batch = ranges[index]
                waiting.append(tuple(pool.submit(_batch, pair, one, batch) for one in _both(pair)))
            if index:
                one, other = waiting.pop(0)
                yield from zip(one.result(), other.result(), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _batch(pair: Pair, path: Path, frames: tuple[PageFrame, ...]) -> list[Image.Image]:
    return list(
        poppler_pages(
            path,
            frames[0].page,
            frames[-1].page,
            PAGE_DPI,
            page_pixels=max(_pixels(frame) for frame in frames),
            work=pair.work,
            limits=pair.limits,
        )
    )


def _batches(frames: Sequence[PageFrame]) -> Iterator[tuple[PageFrame, ...]]:
    """Runs of pages that fit into memory together."""
    batch: list[PageFrame] = []
    for frame in frames:
        full = len(batch) == _BATCH_PAGES
        if batch and (full or sum(map(_pixels, batch)) + _pixels(frame) > _BATCH_PIXELS):
            yield tuple(batch)
            batch = []
        batch.append(frame)
    if batch:
        yield tuple(batch)


def _pixels(frame: PageFrame) -> int:
    return round(frame.size.width.px(PAGE_DPI) * frame.size.height.px(PAGE_DPI))

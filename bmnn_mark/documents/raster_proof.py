# SPDX-License-Identifier: Apache-2.0
"""The proof of a raster file: its own pixels, read back, against the document it was made of.

Every pixel is the first engine's drawing of the proven marked file; each mark is measured on the
pixels against a drawing of the unmarked source, as it is on a marked file; and of the base the
second engine, asked for the device's resolution, shows just these pixels, moved and smoothed by
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.marking import planned_copy
from bmnn_mark.documents.pixels import Difference, shows
from bmnn_mark.documents.raster_file import RasterReader
from bmnn_mark.documents.raster_pages import as_ink, strip_boxes
from bmnn_mark.documents.raster_proving import ProveRasterTask
from bmnn_mark.documents.rendering import PdfiumPages, pdfium_pages, pixel_box, poppler_render
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.units import Mm, Rect
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

#: Pixels that the second engine is asked for at once.
_VIEW_PIXELS = 40_000_000
_SLACK_MM = 0.1  # how far ink may be seen from its plan, as on a marked file
_MARGIN_MM = 2.0


def prove_raster(task: ProveRasterTask, on_progress: OnProgress = ignore_progress) -> int:
    """Prove a raster file; its number of pages.

    Raises:
        DocumentRefused: ``proof.raster`` (a page is not the marked file's),
            ``proof.mark_not_shown``; what opening and planning refuse.
    """
    with (
        planned_copy(task, on_progress) as (opened, plan),
        pdfium_pages(opened.path, task.limits) as before,
        pdfium_pages(Path(task.copy), task.limits) as marked,
        RasterReader(Path(task.raster), task.layout) as raster,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        if not len(marked) == len(raster.layout.pages) == len(opened.sizes):
            raise DocumentRefused("proof.raster", page=0)
        for page in range(1, len(marked) + 1):
            # A copy's file is its base's but for strips that the first engine has drawn anew.
            second = pool.submit(_second_agrees, task, raster, page) if not task.values else None
            if not _is_drawing_of(marked, raster, page):
                raise DocumentRefused("proof.raster", page=page)
            for mark in plan.on_page(page):
                if mark.kind is not MarkKind.REHEARSAL:
                    _measure(mark, before, raster)
            if second is not None and not second.result():
                raise DocumentRefused("proof.raster", page=page)
            on_progress(Progress(phase="prove", page=page, pages=len(marked)))
        return len(marked)


def _is_drawing_of(marked: PdfiumPages, raster: RasterReader, page: int) -> bool:
    """Whether each pixel of a page is the first engine's."""
    sheet, dpi = raster.layout.pages[page - 1], raster.layout.dpi
    if marked.pixels(page, dpi) != (sheet.columns, sheet.rows):
        return False
    drawn = marked.crisp(page, dpi, tuple(strip_boxes(sheet.columns, sheet.rows)))
    return all(
        as_ink(image, sheet.ink).tobytes() == raster.strip(page, index).tobytes()
        for index, image in enumerate(drawn)
    )


def _second_agrees(task: ProveRasterTask, raster: RasterReader, page: int) -> bool:
    """Whether the second engine, at the device's resolution, shows just the file's pixels."""
    sheet, dpi = raster.layout.pages[page - 1], raster.layout.dpi
    many = max(1, _VIEW_PIXELS // sheet.columns)
    for top in range(0, sheet.rows, many):
        rows = min(many, sheet.rows - top)
        place = (Mm.from_px(0, dpi), Mm.from_px(top, dpi))
        clip = Rect(*place, Mm.from_px(sheet.columns, dpi), Mm.from_px(rows, dpi))
        shown = poppler_render(
            Path(task.raster), page, dpi, clip, work=Path(task.work), limits=task.limits
        )
        kept = raster.part(page, (0, top, sheet.columns, top + rows)).convert("RGB")
        if shown.size != kept.size or shown.tobytes() != kept.tobytes():
            return False
    return True


def _measure(mark: PlannedMark, before: PdfiumPages, raster: RasterReader) -> None:
    """See a mark in its place on the raster's own pixels.

    Raises:
        DocumentRefused: ``proof.mark_not_shown``, ``proof.raster``.
    """
    dpi = raster.layout.dpi
    clip = mark.box.grown(_MARGIN_MM)
    one, other = _views(mark.page, clip, before, raster)
    if one.size != other.size or shows(Difference(one, other, dpi, clip), mark, _SLACK_MM) is None:
        raise DocumentRefused(
            "proof.mark_not_shown", page=mark.page, engine="raster", mark=mark.drawing.name
        )


def _views(
    page: int, clip: Rect, before: PdfiumPages, raster: RasterReader
) -> Iterator[Image.Image]:
    """A part of a page without marks, and as the raster file has it; both in its kind of pixels."""
    dpi, ink = raster.layout.dpi, raster.layout.pages[page - 1].ink
    columns, rows = before.pixels(page, dpi)
    left, top, right, bottom = pixel_box(clip, dpi)
    box = (left, top, min(right, columns), min(bottom, rows))
    for image in (as_ink(next(before.crisp(page, dpi, (box,))), ink), raster.part(page, box)):
        yield image.convert("RGB")

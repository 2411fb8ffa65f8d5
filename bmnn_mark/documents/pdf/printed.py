# SPDX-License-Identifier: Apache-2.0
"""Whether a rewritten document looks as the source does when it is printed, by both engines.

pdfium draws the printed state of comments and layers, but not of form fields; poppler's raster tool
draws none. So both are shown a copy of the source whose annotations and layers say of the screen
what the source says of paper, and pdfium is asked whether that copy says the same.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from bmnn_mark.documents.rendering import PdfiumPages, pdfium_pages, poppler_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits
from bmnn_mark.worker import OnProgress, Progress

_DPI = 75
_LEVELS = 40  # of 256: what smoothing makes of a rounded coordinate, beyond the pixels around it


def alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether each pixel of either picture is like some of the nine about its place in the other.

    Sizes may differ by a last row or column, which is rounded.
    """
    if max(abs(one.width - other.width), abs(one.height - other.height)) > 1:
        return False
    whole = (0, 0, min(one.width, other.width), min(one.height, other.height))
    one, other = one.crop(whole).convert("L"), other.crop(whole).convert("L")
    for first, second in ((one, other), (other, one)):
        darker = ImageChops.subtract(first.filter(ImageFilter.MinFilter(3)), second)
        lighter = ImageChops.subtract(second, first.filter(ImageFilter.MaxFilter(3)))
        if any(ImageChops.lighter(darker, lighter).histogram()[_LEVELS + 1 :]):
            return False
    return True


def check_as_printed(
    source: Path,
    on_paper: Path,
    made: Path,
    *,
    limits: Limits,
    work: Path,
    on_progress: OnProgress,
) -> None:
    """See that ``made`` shows on a screen what ``source`` shows on paper.

    Args:
        source: the document.
        on_paper: the same, with what is not printed hidden on a screen, too.
        made: what was made of it.
        limits: bounds on rendering.
        work: private folder.
        on_progress: called for each page.

    Raises:
        DocumentRefused: ``page.not_flattened``; what the engines refuse.
    """
    _check_flags(source, on_paper, limits)
    with (
        pdfium_pages(on_paper, limits, forms=True) as before,
        pdfium_pages(made, limits, forms=True) as after,
    ):
        pages = len(before)
        if len(after) != pages:
            raise DocumentRefused("page.not_flattened", page=0, engine="pdfium")
        largest = _most_pixels(before)
        one, other = (
            poppler_pages(path, 1, pages, _DPI, page_pixels=largest, work=work, limits=limits)
            for path in (on_paper, made)
        )
        for page, (first, second) in enumerate(zip(one, other, strict=True), 1):
            if not alike(before.render(page, _DPI), after.render(page, _DPI)):
                raise DocumentRefused("page.not_flattened", page=page, engine="pdfium")
            if not alike(first, second):
                raise DocumentRefused("page.not_flattened", page=page, engine="poppler")
            on_progress(Progress(phase="open", page=page, pages=pages))


def _check_flags(source: Path, on_paper: Path, limits: Limits) -> None:
    """See that pdfium prints of the source, fields apart, what is seen of the copy for a screen."""
    with pdfium_pages(source, limits) as before, pdfium_pages(on_paper, limits) as after:
        for page in range(1, len(before) + 1):
            if not alike(before.render(page, _DPI, printed=True), after.render(page, _DPI)):
                raise DocumentRefused("page.not_flattened", page=page, engine="pdfium")


def _most_pixels(pages: PdfiumPages) -> int:
    sizes = [pages.size(page) for page in range(1, len(pages) + 1)]
    return round(max(size.width.px(_DPI) * size.height.px(_DPI) for size in sizes))

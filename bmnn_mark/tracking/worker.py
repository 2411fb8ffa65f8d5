# SPDX-License-Identifier: Apache-2.0
"""The process that opens untrusted scans; see :mod:`bmnn_mark.worker`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import FileKind, sniff
from bmnn_mark.limits import Limits
from bmnn_mark.tracking.decoding import read_image
from bmnn_mark.tracking.part_decoding import read_parts
from bmnn_mark.tracking.reading import ReadTask, SheetTexts
from bmnn_mark.worker import OnProgress, Progress, TaskKind, serve

_DPI = 300
_PT_PER_INCH = 72
#: Pixels to which the longer side of a page is drawn at most: scans that claim no resolution become
#: pages of metres.
_LONG_SIDE = 6000


def read_codes(task: ReadTask, on_progress: OnProgress) -> tuple[SheetTexts, ...]:
    """The texts of the QR codes on each page of a scan.

    Raises:
        DocumentRefused: ``trace.not_an_image``, ``trace.image_too_large``,
            ``trace.too_many_pages``, ``document.unreadable``.
        UsageRefused: ``trace.engine_missing``.
    """
    return _read(task, on_progress, read_image)


def read_series(task: ReadTask, on_progress: OnProgress) -> tuple[SheetTexts, ...]:
    """The texts of the parts of series on each page of a scan.

    Raises:
        DocumentRefused: as :func:`read_codes`.
        UsageRefused: ``trace.engine_missing``.
    """
    return _read(task, on_progress, read_parts)


def _read(
    task: ReadTask, on_progress: OnProgress, look: Callable[[Image.Image], tuple[str, ...]]
) -> tuple[SheetTexts, ...]:
    source = Path(task.source)
    pages = _pdf_pages if sniff(source) is FileKind.PDF else _image_pages
    sheets = []
    with _named_failures():
        for page, of, image in pages(source, task.limits):
            sheets.append(SheetTexts(page=page, texts=look(image)))
            on_progress(Progress(phase="read", page=page, pages=of))
    return tuple(sheets)


Pages = Iterator[tuple[int, int, Image.Image]]


def _image_pages(source: Path, limits: Limits) -> Pages:
    Image.MAX_IMAGE_PIXELS = None  # the bound is ours, kept below before any pixel is unpacked
    with Image.open(source, formats=("PNG", "JPEG", "TIFF")) as file:
        pages: int = getattr(file, "n_frames", 1) if file.format == "TIFF" else 1
        _check_pages(pages, limits)
        for page in range(pages):
            file.seek(page)
            _check_pixels(file.width * file.height, limits)
            yield page + 1, pages, ImageOps.exif_transpose(file)


def _pdf_pages(source: Path, limits: Limits) -> Pages:
    with pypdfium2.PdfDocument(source) as document:
        _check_pages(len(document), limits)
        for number in range(len(document)):
            page = document[number]
            wide, high = page.get_size()
            scale = max(1, min(_DPI / _PT_PER_INCH, _LONG_SIDE / max(wide, high)))
            _check_pixels(wide * high * scale * scale, limits)
            image = page.render(scale=scale).to_pil()
            image.info["dpi"] = (scale * _PT_PER_INCH, scale * _PT_PER_INCH)
            yield number + 1, len(document), image
            page.close()


def _check_pages(pages: int, limits: Limits) -> None:
    if pages > limits.pages:
        raise DocumentRefused("trace.too_many_pages", pages=pages, limit=limits.pages)


def _check_pixels(pixels: float, limits: Limits) -> None:
    if pixels > limits.raster_pixels:
        raise DocumentRefused(
            "trace.image_too_large",
            megapixels=round(pixels / 1e6),
            limit=round(limits.raster_pixels / 1e6),
        )


@contextmanager
def _named_failures() -> Iterator[None]:
    """What the libraries say of a bad file, in our words; theirs would show its name."""
    try:
        yield
    except (UnidentifiedImageError, OSError, SyntaxError, EOFError, ValueError) as error:
        raise DocumentRefused("trace.not_an_image") from error
    except pypdfium2.PdfiumError as error:
        raise DocumentRefused("trace.not_an_image") from error


if __name__ == "__main__":
    serve(
        {
            "read-codes": TaskKind(request=ReadTask, run=read_codes),
            "read-series": TaskKind(request=ReadTask, run=read_series),
        }
    )

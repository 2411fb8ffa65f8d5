# SPDX-License-Identifier: Apache-2.0
"""Pages drawn at the device's own pixels, packed, and their codes read back from just these.

Letters and lines are drawn without soft edges: a device has no greys, and would make dots of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

from bmnn_mark.documents.raster import (
    Ink,
    OwnPlace,
    RasterBaseTask,
    RasterCopy,
    RasterCopyTask,
    RasterFile,
    RasterForm,
)
from bmnn_mark.documents.raster_file import RasterReader, RasterWriter, packed
from bmnn_mark.documents.rendering import PdfiumPages, PixelBox, pdfium_pages, pixel_box
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.tracking.decoding import read_image
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

#: Rows, and pixels, drawn and packed at once: few enough that those of a mark are a small part of a
#: page, and that a page of any size takes little memory.
_STRIP_ROWS, _STRIP_PIXELS = 256, 1_300_000
_QUIET_MM = 3.0  # about a code, for the decoders
_SLACK_MM = 0.3  # about an own place; its ink lies within its box
_INKS = (Ink.BLACK, Ink.GREY, Ink.COLOUR)


def make_base(task: RasterBaseTask, on_progress: OnProgress = ignore_progress) -> RasterFile:
    """Draw every page of a template into a raster file.

    Raises:
        DocumentRefused: ``document.not_rendered``, ``page.too_large``; ``raster.print_differs``:
            a page is printed otherwise than it is seen.
    """
    dpi = task.form.dpi
    with (
        pdfium_pages(Path(task.source), task.limits) as pages,
        RasterWriter(Path(task.target), dpi) as writer,
    ):
        for page in range(1, len(pages) + 1):
            columns, rows = pages.pixels(page, dpi)
            boxes = tuple(strip_boxes(columns, rows))
            ink = _ink_of(pages, page, task.form, boxes)
            drawn = pages.crisp(page, dpi, boxes)
            strips = (_packed_strip(image, ink) for image in drawn)
            writer.page(columns, rows, ink, strips)
            on_progress(Progress(phase="raster", page=page, pages=len(pages)))
        return writer.finish()


def make_copy(task: RasterCopyTask, on_progress: OnProgress = ignore_progress) -> RasterCopy:
    """Make the images of one copy from those of its template.

    Raises:
        DocumentRefused: ``document.not_rendered``; ``proof.raster``: something differs from the
            template beside the copy's own marks.
        UsageRefused: ``trace.engine_missing``.
    """
    dpi, layout = task.form.dpi, task.layout
    target = Path(task.target)
    with (
        pdfium_pages(Path(task.source), task.limits) as pages,
        RasterReader(Path(task.base), layout) as base,
        RasterWriter(target, dpi) as writer,
    ):
        if len(pages) != len(layout.pages):
            raise DocumentRefused("proof.raster", page=0)
        for page, sheet in enumerate(layout.pages, 1):
            own = [_pixels(place, dpi) for place in task.own if place.page == page]
            strips = _copy_strips(pages, base, page, task.form, own)
            writer.page(sheet.columns, sheet.rows, sheet.ink, strips)
            on_progress(Progress(phase="raster", page=page, pages=len(layout.pages)))
        file = writer.finish()
    with RasterReader(target, file) as made:
        return RasterCopy(file=file, codes=tuple(read_codes(made, task.own)))


def read_codes(
    reader: RasterReader, own: Iterable[OwnPlace]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The texts of the codes in a raster file, read from the file's own pixels.

    Raises:
        DocumentRefused: ``proof.raster``.
        UsageRefused: ``trace.engine_missing``.
    """
    dpi = reader.layout.dpi
    for place in own:
        if place.code:
            left, top, right, bottom = pixel_box(place.box.grown(_QUIET_MM), dpi)
            image = reader.part(place.page, (left, top, right, bottom)).convert("L")
            image.info["dpi"] = (dpi, dpi)
            yield place.page, read_image(image)


def strip_boxes(columns: int, rows: int) -> Iterator[PixelBox]:
    """The strips of a page, from the top."""
    step = max(1, min(_STRIP_ROWS, _STRIP_PIXELS // columns))
    for top in range(0, rows, step):
        yield 0, top, columns, min(top + step, rows)


def as_ink(image: Image.Image, ink: Ink) -> Image.Image:
    """An image with a page's kind of pixels."""
    grey = image if ink is Ink.COLOUR else image.convert("L")
    return grey.convert("1", dither=Image.Dither.NONE) if ink is Ink.BLACK else grey


def _packed_strip(image: Image.Image, ink: Ink) -> tuple[int, bytes, int]:
    data, adler = packed(as_ink(image, ink), ink)
    return image.height, data, adler


def _ink_of(pages: PdfiumPages, page: int, form: RasterForm, boxes: tuple[PixelBox, ...]) -> Ink:
    """The least kind of pixels that holds a page.

    Raises:
        DocumentRefused: ``raster.print_differs``.
    """
    most = 0
    on_paper = pages.crisp(page, form.dpi, boxes)
    on_screen = pages.crisp(page, form.dpi, boxes, printed=False)
    for printed, seen in zip(on_paper, on_screen, strict=True):
        if printed.tobytes() != seen.tobytes():
            raise DocumentRefused("raster.print_differs", page=page)
        most = max(most, _needed(printed, form))
    return _INKS[most]


def _needed(image: Image.Image, form: RasterForm) -> int:
    """Index of the least kind of pixels that holds an image."""
    red, green, blue = image.split()
    coloured = any(ImageChops.difference(green, one).getbbox() for one in (red, blue))
    if coloured and form.colour:
        return _INKS.index(Ink.COLOUR)
    grey = image.convert("L") if coloured else green
    return _INKS.index(Ink.GREY if any(grey.histogram()[1:255]) else Ink.BLACK)


def _pixels(place: OwnPlace, dpi: int) -> PixelBox:
    return pixel_box(place.box.grown(_SLACK_MM), dpi)


def _copy_strips(
    pages: PdfiumPages, base: RasterReader, page: int, form: RasterForm, own: list[PixelBox]
) -> Iterator[tuple[int, bytes, int]]:
    """The strips of a copy's page: the template's, and anew those that its own marks touch."""
    sheet = base.layout.pages[page - 1]
    boxes = tuple(strip_boxes(sheet.columns, sheet.rows))
    anew = [box for box in boxes if any(one[1] < box[3] and box[1] < one[3] for one in own)]
    drawn = pages.crisp(page, form.dpi, anew)
    for index, (box, strip) in enumerate(zip(boxes, sheet.strips, strict=True)):
        if box not in anew:
            yield strip.rows, base.strip_bytes(strip), strip.adler
            continue
        fresh = next(drawn)
        image = as_ink(fresh, sheet.ink)
        holds = _needed(fresh, form) <= _INKS.index(sheet.ink)
        if not (holds and _same_but(image, base.strip(page, index), box, own)):
            raise DocumentRefused("proof.raster", page=page)
        data, adler = packed(image, sheet.ink)
        yield strip.rows, data, adler


def _same_but(one: Image.Image, other: Image.Image, strip: PixelBox, own: list[PixelBox]) -> bool:
    """Whether two drawings of a strip are the same outside the places that are the copy's own."""
    if one.size != other.size:
        return False
    rest = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    drawing = ImageDraw.Draw(rest)
    for left, top, right, bottom in own:
        if top < strip[3] and strip[1] < bottom:
            drawing.rectangle((left, top - strip[1], right - 1, bottom - 1 - strip[1]), fill=0)
    return rest.getbbox() is None

# SPDX-License-Identifier: Apache-2.0
"""What a page looks like, by two engines that share no code: pdfium and poppler.

Both give the *displayed* page (CropBox within MediaBox, turned by Rotate) at an exact number of
pixels an inch, so that pixel ``(i, j)`` of either covers the same square of the sheet. Page
numbers start at 1; clips are boxes of the displayed page in millimetres.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pypdfium2
from PIL import Image
from pypdfium2 import raw as pdfium_c

from bmnn_mark import proc
from bmnn_mark.errors import DocumentRefused, Fault
from bmnn_mark.limits import DEFAULT_LIMITS, MIB, Limits
from bmnn_mark.units import Mm, Rect, Size

PixelBox = tuple[int, int, int, int]

_POPPLER_MEMORY = 2048 * MIB
_RANGE_PAGES = 16
_RANGE_SECONDS = 20.0
_RANGE_BYTES = 96 * MIB


def pixel_box(clip: Rect, dpi: float) -> PixelBox:
    """Left, top, right, bottom of the whole pixels that ``clip`` touches.

    An image of a clip has its origin at ``(left, top)`` of this box. Clips start at the page's
    edge or inside it.

    >>> pixel_box(Rect.of(25.4, 0, 10, 5), 100)
    (100, 0, 140, 20)
    """
    return (
        max(0, math.floor(clip.x.px(dpi) + 1e-6)),
        max(0, math.floor(clip.y.px(dpi) + 1e-6)),
        math.ceil(clip.right.px(dpi) - 1e-6),
        math.ceil(clip.bottom.px(dpi) - 1e-6),
    )


@cache
def pdfium_version() -> str:
    """Name and version of the first engine."""
    return f"pdfium {str(pypdfium2.PDFIUM_INFO.version).partition('@')[0]}"


@cache
def poppler_version() -> str:
    """Name and version of the second engine.

    Raises:
        Fault: ``fault.tool_missing``, also where it does not run.
    """
    ended = proc.run([proc.program("pdftoppm"), "-v"], home=Path("/"), seconds=10)
    words = (ended.stderr or ended.stdout).decode("ascii", "replace").split()
    if ended.returncode not in {0, 99} or len(words) < 3:
        raise Fault("fault.tool_missing", tool="pdftoppm")
    return f"poppler {words[2]}"


def engines() -> tuple[str, str]:
    """Names and versions of both engines, as a result reports them."""
    return pdfium_version(), poppler_version()


class PdfiumPages:
    """An open document in pdfium; made by :func:`pdfium_pages`."""

    def __init__(self, document: pypdfium2.PdfDocument, limits: Limits) -> None:
        self._document = document
        self._limits = limits

    def __len__(self) -> int:
        return len(self._document)

    @property
    def document(self) -> pypdfium2.PdfDocument:
        """The engine's own object, for reading text."""
        return self._document

    def size(self, page: int) -> Size:
        """The displayed size of a page in mm as the engine sees it.

        Raises:
            DocumentRefused: ``document.not_rendered``.
        """
        try:
            width, height = self._document.get_page_size(page - 1)
        except pypdfium2.PdfiumError as error:
            raise _not_rendered("pdfium", page) from error
        return Size(Mm.from_pt(width), Mm.from_pt(height))

    def render(
        self, page: int, dpi: float, clip: Rect | None = None, *, printed: bool = False
    ) -> Image.Image:
        """The page, or the part of it inside ``clip``, as an RGB image on white.

        As on a screen, or, where ``printed``, with the comments and layers that are printed.

        Raises:
            DocumentRefused: ``document.not_rendered``, ``page.too_large`` (bound on pixels).
        """
        size = self.size(page)
        whole = (math.ceil(size.width.px(dpi) - 1e-6), math.ceil(size.height.px(dpi) - 1e-6))
        box = _clamped(clip, dpi, whole)
        flags = pdfium_c.FPDF_PRINTING if printed else 0
        return next(self._parts(page, dpi, (box,), flags))

    def pixels(self, page: int, dpi: float) -> tuple[int, int]:
        """Columns and rows of the whole page at ``dpi`` pixels an inch."""
        size = self.size(page)
        return round(size.width.px(dpi)) or 1, round(size.height.px(dpi)) or 1

    def crisp(
        self, page: int, dpi: float, boxes: Iterable[PixelBox], *, printed: bool = True
    ) -> Iterator[Image.Image]:
        """Parts of the page for a device that has no greys: lines and letters without soft edges.

        Args:
            page: number from 1.
            dpi: pixels an inch.
            boxes: the parts, in pixels of the whole page.
            printed: as in :meth:`render`.

        Raises:
            DocumentRefused: as :meth:`render`.
        """
        flags = pdfium_c.FPDF_RENDER_NO_SMOOTHTEXT | pdfium_c.FPDF_RENDER_NO_SMOOTHPATH
        return self._parts(page, dpi, boxes, flags | pdfium_c.FPDF_PRINTING if printed else flags)

    def _parts(
        self, page: int, dpi: float, boxes: Iterable[PixelBox], flags: int
    ) -> Iterator[Image.Image]:
        whole = self.pixels(page, dpi)
        try:
            sheet = self._document[page - 1]
        except (pypdfium2.PdfiumError, IndexError) as error:
            raise _not_rendered("pdfium", page) from error
        try:
            for box in boxes:
                left, top, right, bottom = box
                if (right - left) * (bottom - top) > self._limits.raster_pixels:
                    raise DocumentRefused("page.too_large", page=page)
                yield _draw(sheet, whole, box, flags, self._document.formenv)
        finally:
            sheet.close()


def _draw(
    sheet: pypdfium2.PdfPage,
    whole: tuple[int, int],
    box: PixelBox,
    more_flags: int,
    form: pypdfium2.PdfFormEnv | None,
) -> Image.Image:
    left, top, right, bottom = box
    flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_REVERSE_BYTE_ORDER
    place = (-left, -top, whole[0], whole[1], 0)
    bitmap = pypdfium2.PdfBitmap.new_native(
        right - left, bottom - top, pdfium_c.FPDFBitmap_BGR, rev_byteorder=True
    )
    try:
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, right - left, bottom - top)
        pdfium_c.FPDF_RenderPageBitmap(bitmap, sheet, *place, flags | more_flags)
        if form is not None:
            pdfium_c.FPDF_FFLDraw(form, bitmap, sheet, *place, flags)
        image: Image.Image = bitmap.to_pil().copy()
        return image
    finally:
        bitmap.close()


def _clamped(clip: Rect | None, dpi: float, whole: tuple[int, int]) -> PixelBox:
    """The pixels of a clip that lie on the page; at least one pixel."""
    if clip is None:
        return 0, 0, max(1, whole[0]), max(1, whole[1])
    left, top, right, bottom = pixel_box(clip, dpi)
    left, top = min(left, whole[0] - 1), min(top, whole[1] - 1)
    return left, top, max(left + 1, min(right, whole[0])), max(top + 1, min(bottom, whole[1]))


@contextmanager
def pdfium_pages(
    path: Path, limits: Limits = DEFAULT_LIMITS, *, forms: bool = False
) -> Iterator[PdfiumPages]:
    """Open a document in pdfium for as long as the block runs.

    Args:
        path: the document.
        limits: bounds on rendering.
        forms: show form fields, too, which this engine leaves to a part of its own.

    Raises:
        DocumentRefused: ``document.not_rendered`` when the engine cannot open it.
    """
    try:
        document = pypdfium2.PdfDocument(path)
        if forms:
            document.init_forms()
    except (pypdfium2.PdfiumError, OSError) as error:
        raise _not_rendered("pdfium", 0) from error
    try:
        yield PdfiumPages(document, limits)
    finally:
        document.close()


def poppler_render(
    path: Path,
    page: int,
    dpi: float,
    clip: Rect | None = None,
    *,
    work: Path,
    limits: Limits = DEFAULT_LIMITS,
) -> Image.Image:
    """One page, or the part of it inside ``clip``, by poppler, as an RGB image.

    Args:
        path: the document.
        page: number from 1.
        dpi: pixels an inch.
        clip: box of the displayed page, mm; None is all of it.
        work: private folder, the program's home.
        limits: bounds on time and pixels.

    Raises:
        DocumentRefused: ``document.not_rendered``, ``document.too_slow``, ``page.too_large``.
        Fault: ``fault.tool_missing``.
    """
    images = _pdftoppm(path, (page, page), dpi, clip, work, limits.render_seconds, limits)
    if images is None:
        raise DocumentRefused("document.too_slow", seconds=round(limits.render_seconds))
    return images[0]


def poppler_pages(
    path: Path,
    first: int,
    last: int,
    dpi: float,
    *,
    page_pixels: int,
    work: Path,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[Image.Image]:
    """Whole pages ``first`` to ``last`` by poppler, in order, several to one run of the program.

    A run that takes long is given up and its pages are rendered one by one, each with the full
    time, so that one heavy page does not cost its neighbours theirs.

    Args:
        path: the document.
        first: number of the first page, from 1.
        last: number of the last page.
        dpi: pixels an inch.
        page_pixels: pixels of the largest of these pages; decides how many go to one run.
        work: private folder, the program's home.
        limits: bounds on time and pixels.

    Raises:
        DocumentRefused: as :func:`poppler_render`.
    """
    step = max(1, min(_RANGE_PAGES, _RANGE_BYTES // (3 * max(1, page_pixels))))
    for start in range(first, last + 1, step):
        end = min(last, start + step - 1)
        images = _pdftoppm(path, (start, end), dpi, None, work, _RANGE_SECONDS, limits)
        if images is not None:
            yield from images
            continue
        for page in range(start, end + 1):
            yield poppler_render(path, page, dpi, work=work, limits=limits)


def _pdftoppm(
    path: Path,
    pages: tuple[int, int],
    dpi: float,
    clip: Rect | None,
    work: Path,
    seconds: float,
    limits: Limits,
) -> list[Image.Image] | None:
    """The pages as images; None when the time ran out."""
    first, last = pages
    command = [
        proc.program("pdftoppm"),
        "-q",
        "-cropbox",
        "-r",
        f"{dpi:g}",
        "-f",
        str(first),
        "-l",
        str(last),
    ]
    if clip is not None:
        left, top, right, bottom = pixel_box(clip, dpi)
        if (right - left) * (bottom - top) > limits.raster_pixels:
            raise DocumentRefused("page.too_large", page=first)
        command += [
            "-x",
            str(left),
            "-y",
            str(top),
            "-W",
            str(right - left),
            "-H",
            str(bottom - top),
        ]
    ended = proc.run(
        [*command, "--", str(path.absolute())],
        home=work,
        seconds=seconds,
        memory_bytes=_POPPLER_MEMORY,
    )
    if ended.timed_out:
        return None
    images = list(_ppm_images(ended.stdout, limits, first))
    if len(images) != last - first + 1:
        raise _not_rendered("poppler", first + len(images))
    return images


def _ppm_images(data: bytes, limits: Limits, first: int) -> Iterator[Image.Image]:
    """The images of a stream of binary PPM files; stops at the first incomplete one."""
    view = memoryview(data)
    at = page = 0
    while at < len(data):
        head = bytes(view[at : at + 64]).split(b"\n", 3)
        if len(head) < 4 or head[0] != b"P6" or head[2] != b"255":
            return
        width, height = (int(number) for number in head[1].split())
        if width * height > limits.raster_pixels:
            raise DocumentRefused("page.too_large", page=first + page)
        start = at + sum(len(line) + 1 for line in head[:3])
        at = start + 3 * width * height
        if at > len(data) or width * height == 0:
            return
        yield Image.frombytes("RGB", (width, height), view[start:at])
        page += 1


def _not_rendered(engine: str, page: int) -> DocumentRefused:
    return DocumentRefused("document.not_rendered", engine=engine, page=page)

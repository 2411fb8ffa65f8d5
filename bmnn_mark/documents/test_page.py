# SPDX-License-Identifier: Apache-2.0
"""A page that shows what a printer's filters do to a mark: a stamp, a page code and two rulers.

It is sent the way a copy goes, and what would go to the device is measured here, where that can
be rasterised. Otherwise an officer measures the rulers on the printed sheet: over their length an
ordinary ruler is as exact as the program is over a stamp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bmnn_mark import proc
from bmnn_mark.documents.device_raster import DevicePage, read_device_page
from bmnn_mark.documents.pdf.fresh import FreshPage, write_fresh
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.errors import DocumentRefused, PrinterRefused
from bmnn_mark.rules import Level, RulePack
from bmnn_mark.stamps.compose import level_mark, page_code_mark, text_lines
from bmnn_mark.stamps.model import BLACK, Face, RectStroke, StampDrawing
from bmnn_mark.tracking.decoding import read_image
from bmnn_mark.units import MM_PER_INCH, Mm, Point, Rect, Size

#: How far an edge of a mark may be from where it was put, mm.
TOLERANCE_MM = 0.2
#: Lengths of the rulers, mm.
ACROSS_MM, DOWN_MM = 150.0, 240.0
#: What a ruler's error is counted on: about the width of a stamp, mm.
_STAMP_MM = 30.0
_A4 = Size(Mm(210), Mm(297))
_DPI = 600.0
_DARK = 160  # of 255: half a dot of a halftone is ink
_ROUND = 3.0  # mm round a mark in which nothing else stands
_CODE_MM = 20.0
_SECONDS = 60.0
_STAMP_AT, _CODE_AT = Point(Mm(40), Mm(40)), Point(Mm(130), Mm(200))
_ACROSS_AT, _DOWN_AT = Point(Mm(30), Mm(25)), Point(Mm(20), Mm(30))
_WORDS_AT = Point(Mm(40), Mm(90))
_WORDS = (
    "TRANG THỬ MÁY IN - KHÔNG PHẢI VĂN BẢN, KHÔNG CÓ GIÁ TRỊ",
    f"Đo chiều dài khung ngang phía trên (đúng là {ACROSS_MM:g} mm)",
    f"và khung dọc bên trái (đúng là {DOWN_MM:g} mm), tính cả nét, rồi nhập hai số:",
    "bmnn-mark printer confirm-page --across … --down …",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPage:
    """The page and what stands on it: the code's text, and each mark's box."""

    code: str
    boxes: Mapping[str, Rect]

    __test__ = False  # no test of pytest's


def write_test_page(pack: RulePack, code: str, target: Path) -> TestPage:
    """Write the page, A4, as a PDF.

    Args:
        pack: the rules that the stamp is drawn by.
        code: text of a page code, of no register.
        target: a new file.
    """
    stamp = level_mark(pack, Level.TOI_MAT)
    matrix = page_code_mark(code, Mm(_CODE_MM))
    across, down = _ruler(ACROSS_MM, 3.0), _ruler(3.0, DOWN_MM)
    words = text_lines(_WORDS, Face.REGULAR, 11)
    placed = (
        (stamp, _STAMP_AT), (matrix, _CODE_AT), (across, _ACROSS_AT), (down, _DOWN_AT),
        (words, _WORDS_AT),
    )  # fmt: skip
    write_fresh([FreshPage(_A4, placed)], target)
    names = ("stamp", "code", "across", "down")
    boxes = {
        name: Rect.at(corner, drawing.size)
        for name, (drawing, corner) in zip(names, placed, strict=False)
    }
    return TestPage(code=code, boxes=boxes)


def measure(page: TestPage, original: Path, device: bytes, work: Path) -> float | None:
    """The largest distance of an edge of a mark from where it is on the original, mm.

    Args:
        page: what stands on it.
        original: the page's PDF.
        device: what would go to the device.
        work: a private folder.

    Returns:
        The distance, or None where the stream cannot be rasterised.

    Raises:
        PrinterRefused: ``printer.page_lost``: a mark or the code is not there.
    """
    seen = _device_page(device, work)
    if seen is None:
        return None
    with pdfium_pages(original) as pages:
        wanted = DevicePage(grey=pages.render(1, _DPI).convert("L"), dpi=(_DPI, _DPI))
    if page.code not in read_image(seen.grey.crop(_pixels(seen, page.boxes["code"]))):
        raise PrinterRefused("printer.page_lost", mark="code")
    return max(
        abs(one - other)
        for name, box in page.boxes.items()
        for one, other in zip(_edges(wanted, box, name), _edges(seen, box, name), strict=True)
    )


def ruler_deviation(across_mm: float, down_mm: float) -> float:
    """What an officer's two figures mean for a stamp, mm.

    >>> ruler_deviation(150.0, 240.0), round(ruler_deviation(148.5, 240.0), 3)
    (0.0, 0.3)
    """
    stretched = (abs(across_mm / ACROSS_MM - 1), abs(down_mm / DOWN_MM - 1))
    return _STAMP_MM * max(stretched)


def _ruler(width: float, height: float) -> StampDrawing:
    box = Rect.of(0, 0, width, height)
    return StampDrawing("ruler", box.size, (RectStroke(box, Mm(0.35)),), BLACK)


def _device_page(device: bytes, work: Path) -> DevicePage | None:
    """The page as the device gets it; None for a stream of a kind that is not known here."""
    if device.startswith(b"%PDF"):
        return _pdf_page(device, work)
    if device.startswith(b"%!"):
        return _postscript_page(device, work)
    return read_device_page(device)


def _pdf_page(device: bytes, work: Path) -> DevicePage:
    path = work / "device.pdf"
    path.write_bytes(device)
    try:
        with pdfium_pages(path) as pages:
            if len(pages) != 1:
                raise PrinterRefused("printer.page_lost", mark="page")
            return DevicePage(
                grey=pages.render(1, _DPI, printed=True).convert("L"), dpi=(_DPI, _DPI)
            )
    except DocumentRefused as error:
        raise PrinterRefused("printer.page_lost", mark="page") from error


def _postscript_page(device: bytes, work: Path) -> DevicePage | None:
    ghostscript = proc.find_program("gs")
    if ghostscript is None:
        return None
    command = [
        ghostscript, "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pnggray", f"-r{_DPI:g}",
        "-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", f"-sOutputFile={work}/page-%d.png", "-",
    ]  # fmt: skip
    done = proc.run(command, home=work, seconds=_SECONDS, stdin=device)
    sheets = sorted(work.glob("page-*.png"))
    if done.returncode or len(sheets) != 1:
        raise PrinterRefused("printer.page_lost", mark="page")
    with Image.open(sheets[0]) as image:
        return DevicePage(grey=image.convert("L"), dpi=(_DPI, _DPI))


def _pixels(page: DevicePage, box: Rect) -> tuple[int, int, int, int]:
    """A box, and what stands round it, in pixels of a page."""
    across, down = (dpi / MM_PER_INCH for dpi in page.dpi)
    about = box.grown(_ROUND)
    return (
        round((about.x - page.left_mm) * across),
        round((about.y - page.top_mm) * down),
        round((about.right - page.left_mm) * across),
        round((about.bottom - page.top_mm) * down),
    )


def _edges(page: DevicePage, box: Rect, name: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the ink in and round a box, mm on the paper.

    Raises:
        PrinterRefused: ``printer.page_lost``.
    """
    across, down = (dpi / MM_PER_INCH for dpi in page.dpi)
    place = _pixels(page, box)
    part = page.grey.crop(place) if place[0] >= 0 and place[1] >= 0 else None
    ink = None if part is None else part.point(lambda value: 255 if value < _DARK else 0).getbbox()
    if ink is None:
        raise PrinterRefused("printer.page_lost", mark=name)
    return (
        (place[0] + ink[0]) / across + page.left_mm, (place[1] + ink[1]) / down + page.top_mm,
        (place[0] + ink[2]) / across + page.left_mm, (place[1] + ink[3]) / down + page.top_mm,
    )  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""Pages as four engines show them: pdfium, poppler, Ghostscript and MuPDF; and where red is."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image, ImageChops

from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.units import Mm, Rect

DPI = 100
ENGINES = ("pdfium", "poppler", "ghostscript", "mupdf")
_REDNESS = 48  # of 255: about a fifth of a pixel of the ink


def shown(engine: str, path: Path, dpi: float = DPI) -> list[Image.Image]:
    """Every page of a file by one engine, as displayed, RGB."""
    if engine == "pdfium":
        with pdfium_pages(path) as document:
            return [document.render(page, dpi) for page in range(1, len(document) + 1)]
    folder = path.with_name(f"{path.stem}-{engine}-{dpi:g}")
    folder.mkdir(exist_ok=True)
    _by_program(engine, path, folder, dpi)
    pages = []
    for one in sorted(folder.iterdir()):
        with Image.open(one) as image:
            pages.append(image.convert("RGB"))
        one.unlink()
    return pages


def _by_program(engine: str, path: Path, folder: Path, dpi: float) -> None:
    commands = {
        "poppler": ["pdftoppm", "-q", "-cropbox", "-r", f"{dpi:g}", path, folder / "p"],
        "ghostscript": [
            "gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dUseCropBox", "-sDEVICE=ppmraw",
            "-dGraphicsAlphaBits=4", "-dTextAlphaBits=4", f"-r{dpi:g}",
            "-o", folder / "p%03d.ppm", path,
        ],
        "mupdf": [
            "mutool", "draw", "-q", "-F", "pnm", "-c", "rgb", "-r", f"{dpi:g}",
            "-o", folder / "p%03d.pnm", path,
        ],
    }  # fmt: skip
    subprocess.run(commands[engine], check=True, capture_output=True, timeout=120)


def red_box(image: Image.Image, dpi: float = DPI) -> Rect | None:
    """The box of what is red, mm; None where nothing is."""
    red, green, blue = image.split()
    found = ImageChops.darker(ImageChops.subtract(red, green), ImageChops.subtract(red, blue))
    box = found.point([255 if level > _REDNESS else 0 for level in range(256)]).getbbox()
    if box is None:
        return None
    left, top, right, bottom = (Mm.from_px(side, dpi) for side in box)
    return Rect(left, top, Mm(right - left), Mm(bottom - top))


def apart_mm(one: Rect, other: Rect) -> float:
    """How far the edges of two boxes are apart at most, mm."""
    return max(
        abs(one.x - other.x),
        abs(one.y - other.y),
        abs(one.right - other.right),
        abs(one.bottom - other.bottom),
    )

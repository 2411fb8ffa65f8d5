# SPDX-License-Identifier: Apache-2.0
"""A picture sheet of stamps at true size, each with its name and its measures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PIL import Image

from bmnn_mark.stamps import compose, raster
from bmnn_mark.stamps.model import Face, StampDrawing
from bmnn_mark.units import Mm

_MARGIN, _GAP, _LABEL_GAP = Mm(8), Mm(7), Mm(1.5)
_LABEL_PT = 8.0


def sheet(drawings: Sequence[tuple[str, StampDrawing]], dpi: float, width: Mm) -> Image.Image:
    """Drawings below one another, each under a label; the page is as long as it takes.

    Args:
        drawings: label (NFC) and drawing of each.
        dpi: pixels an inch.
        width: of the sheet, mm.
    """
    parts = [
        (raster.render(compose.text_lines((label,), Face.REGULAR, _LABEL_PT), dpi), drawing)
        for label, drawing in drawings
    ]
    blocks = [(label, raster.render(drawing, dpi)) for label, drawing in parts]
    tall = sum(label.height + picture.height for label, picture in blocks)
    gaps = _LABEL_GAP * len(blocks) + _GAP * max(0, len(blocks) - 1) + 2 * _MARGIN
    page = Image.new("RGB", (round(width.px(dpi)), tall + round(gaps.px(dpi))), "white")
    x, y = round(_MARGIN.px(dpi)), _MARGIN.px(dpi)
    for label, picture in blocks:
        page.paste(label, (x, round(y)))
        y += label.height + _LABEL_GAP.px(dpi)
        page.paste(picture, (x, round(y)))
        y += picture.height + _GAP.px(dpi)
    return page


def measures(drawing: StampDrawing) -> str:
    """The outer size of a drawing in words: ``30.0 × 8.0 mm``."""
    return f"{drawing.size.width:.1f} × {drawing.size.height:.1f} mm"


def labelled(drawings: Iterable[StampDrawing]) -> list[tuple[str, StampDrawing]]:
    """Each drawing with its name and measures as label."""
    return [(f"{drawing.name}   {measures(drawing)}", drawing) for drawing in drawings]

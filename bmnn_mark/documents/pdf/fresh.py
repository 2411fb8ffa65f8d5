# SPDX-License-Identifier: Apache-2.0
"""A new PDF whose pages show drawings and nothing else, at their true size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.frame import read_frames
from bmnn_mark.documents.pdf.painting import Painter
from bmnn_mark.documents.pdf.writing import save_as_is
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.units import Point, Rect, Size


@dataclass(frozen=True, slots=True)
class FreshPage:
    """A page to be made: its size, and drawings with their top left corners, mm."""

    size: Size
    drawings: tuple[tuple[StampDrawing, Point], ...]


def write_fresh(pages: Sequence[FreshPage], target: Path) -> None:
    """Write a new PDF; the same pages give the same bytes.

    Args:
        pages: one or more.
        target: a new file.

    Raises:
        RulesRefused: ``stamps.glyph_missing``.
    """
    with pikepdf.new() as pdf:
        for one in pages:
            pdf.add_blank_page(page_size=(one.size.width.pt, one.size.height.pt))
        marks = [
            PlannedMark(
                kind=MarkKind.LEVEL, drawing=drawing, page=number, box=Rect.at(corner, drawing.size)
            )
            for number, one in enumerate(pages, start=1)
            for drawing, corner in one.drawings
        ]
        painter = Painter(pdf, tuple(marks), "0")
        frames = read_frames(pdf.pages, DEFAULT_LIMITS)
        for number, (page, frame) in enumerate(zip(pdf.pages, frames, strict=True), start=1):
            here = [mark for mark in marks if mark.page == number]
            shown = {f"/M{index}": painter.xobject(mark) for index, mark in enumerate(here)}
            page.obj[pikepdf.Name.Resources] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(shown))
            content = b"".join(
                b"q %b %b Do Q\n" % (painter.placing(mark, frame), name.encode("ascii"))
                for name, mark in zip(shown, here, strict=True)
            )
            page.obj[pikepdf.Name.Contents] = pdf.make_stream(content)
        save_as_is(pdf, target)

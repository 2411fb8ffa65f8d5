# SPDX-License-Identifier: Apache-2.0
"""What a page shows already: its ink, its anchors, annotations in the way, marks of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pikepdf
from PIL import Image, ImageChops

from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.red_ink import stamp_like
from bmnn_mark.documents.pdf.room import SURVEY_DPI, Hit, Room, ink_of
from bmnn_mark.documents.pdf.text import TextLine, text_lines
from bmnn_mark.documents.pdf.wording import is_number_row, level_read
from bmnn_mark.documents.rendering import PdfiumPages, poppler_render
from bmnn_mark.limits import Limits
from bmnn_mark.rules import Level
from bmnn_mark.units import Mm, Rect

_ANNOTATIONS = 5_000
_UNSEEN = frozenset({"/Link", "/Popup"})
_HIDDEN = 0b10
_NUMBER_ROW_ABOVE = 0.45
_MARK_ABOVE = 0.40
_LEFT_PART = 0.5
_MARGIN = (10.0, 45.0)
_MARGIN_SLACK = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPage:
    """What was found on page 1.

    Attributes:
        room: what is free, by both engines.
        number_row: box of the row of số, ký hiệu; None where it was not found.
        left_margin: left edge of the text; None where it cannot be told.
        foreign: levels that lines of its upper part state as a mark does.
        red_shape: something red like a stamp in its upper left part.
    """

    room: Room
    number_row: Rect | None
    left_margin: Mm | None
    foreign: tuple[Level, ...]
    red_shape: Rect | None


def survey_first(
    path: Path,
    page: pikepdf.Object,
    frame: PageFrame,
    engine: PdfiumPages,
    work: Path,
    limits: Limits,
) -> FirstPage:
    """Survey page 1 as a whole.

    Raises:
        DocumentRefused: ``document.not_rendered``, ``document.too_slow``.
    """
    shown = engine.render(frame.page, SURVEY_DPI)
    other = ink_of(poppler_render(path, frame.page, SURVEY_DPI, work=work, limits=limits))
    lines = text_lines(engine, frame)
    return FirstPage(
        room=Room(
            sheet=frame.sheet,
            surveyed=frame.sheet,
            ink=_either(ink_of(shown), other),
            kept=tuple(annotation_boxes(page, frame)),
        ),
        number_row=_number_row(lines, frame),
        left_margin=_left_margin(lines, frame),
        foreign=tuple(
            level
            for line in lines
            if line.box.bottom <= _MARK_ABOVE * frame.size.height
            and (level := level_read(line.text)) is not None
        ),
        red_shape=stamp_like(shown, SURVEY_DPI),
    )


def survey_part(
    page: pikepdf.Object, frame: PageFrame, engine: PdfiumPages, part: Rect | None
) -> Room:
    """What a page, or ``part`` of it, has free, by one engine.

    Raises:
        DocumentRefused: ``document.not_rendered``.
    """
    sheet = frame.sheet
    clip = sheet if part is None else _within(part, sheet)
    return Room(
        sheet=sheet,
        surveyed=clip,
        ink=ink_of(engine.render(frame.page, SURVEY_DPI, clip)),
        kept=tuple(annotation_boxes(page, frame)),
    )


def annotation_boxes(page: pikepdf.Object, frame: PageFrame) -> Iterator[tuple[Rect, Hit]]:
    """Boxes of a page's annotations that are drawn over its content."""
    for one in _annotations(page)[:_ANNOTATIONS]:
        try:
            if (
                not isinstance(one, pikepdf.Dictionary)
                or str(one.get("/Subtype")) in _UNSEEN
                or int(one.get("/F", 0)) & _HIDDEN
                or "/AP" not in one
            ):
                continue
            x0, y0, x1, y1 = (float(number) for number in one.get("/Rect", ()))
        except BROKEN_STRUCTURE:
            continue
        yield frame.seen_box((x0, y0, x1, y1)), Hit.ANNOTATION


def _annotations(page: pikepdf.Object) -> list[pikepdf.Object]:
    found = page.get("/Annots")
    return list(found) if isinstance(found, pikepdf.Array) else []


def _within(part: Rect, sheet: Rect) -> Rect:
    x, y = max(part.x, sheet.x), max(part.y, sheet.y)
    return Rect.of(x, y, min(part.right, sheet.right) - x, min(part.bottom, sheet.bottom) - y)


def _either(one: Image.Image, other: Image.Image) -> Image.Image:
    """Ink that either engine shows; their images may differ by a last row or column."""
    if one.size != other.size:
        other = other.crop((0, 0, *one.size))
    return ImageChops.lighter(one, other)


def _number_row(lines: Sequence[TextLine], frame: PageFrame) -> Rect | None:
    """The first row of số, ký hiệu in the upper left part."""
    for line in lines:
        if (
            line.box.bottom <= _NUMBER_ROW_ABOVE * frame.size.height
            and line.box.x < _LEFT_PART * frame.size.width
            and is_number_row(line.text)
        ):
            return line.box
    return None


def _left_margin(lines: Sequence[TextLine], frame: PageFrame) -> Mm | None:
    """The leftmost edge that two lines share."""
    edges = sorted(
        line.box.x
        for line in lines
        if _MARGIN[0] <= line.box.x <= _MARGIN[1] and line.box.y < 0.95 * frame.size.height
    )
    for edge, following in pairwise(edges):
        if following - edge <= _MARGIN_SLACK:
            return edge
    return None

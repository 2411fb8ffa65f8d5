# SPDX-License-Identifier: Apache-2.0
"""A paper as a Word document on A4, in the layout of NĐ 30/2020 (Phụ lục I)."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from pathlib import Path

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.shared import Mm as DocxMm
from docx.shared import Pt
from docx.table import _Cell

from bmnn_mark.documents.word.layout import (
    CENTRE,
    JUSTIFIED,
    LEFT,
    RIGHT,
    body_paragraph,
    columns,
    line,
    number_pages,
    rule,
    save,
    set_type,
)
from bmnn_mark.i18n import Lang, words
from bmnn_mark.reports.grid import grid
from bmnn_mark.reports.paper import (
    Align,
    Cover,
    Letterhead,
    Paper,
    Picture,
    Signature,
    Table,
    Text,
    spoken_day,
)
from bmnn_mark.text import shown

_LONG, _SHORT = 297, 210
#: Margins of NĐ 30/2020, mm; the left one is where a book is bound.
_TOP, _BOTTOM, _LEFT, _RIGHT = 20, 20, 30, 15
_LANDSCAPE_LEFT = 20
_BODY_PT, _TABLE_PT, _BOOK_PT = 14, 12, 11
_ALIGN = {
    Align.LEFT: LEFT, Align.CENTRE: CENTRE, Align.RIGHT: RIGHT, Align.JUSTIFIED: JUSTIFIED,
}  # fmt: skip
#: Widest picture, so that one stands on the first page of a report with its head.
_PICTURE_MM = 150
_LINE_CHARS = 4000
#: The time in the document's properties; a paper's own day stands on it.
_WHEN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def write_docx(paper: Paper, target: Path, *, rehearsal: bool) -> None:
    """Write the paper as a Word document; the same bytes for the same paper.

    Raises:
        OSError: there is no room.
    """
    document = docx.Document()
    width = _set_page(document, landscape=paper.landscape)
    set_type(document, _BODY_PT)
    number_pages(document)
    if rehearsal:
        _rehearsal(document)
    if paper.cover is not None:
        _cover(document, paper.cover, width)
    if paper.footnote:
        _footnote(document, paper.footnote)
    if paper.head is not None:
        _head(document, paper.head, width)
    if paper.cover is None:
        _title(document, paper)
    _body(document, paper, width)
    if paper.signatures:
        _foot(document, paper, width)
    author = paper.head.agency if paper.head else paper.cover.agency if paper.cover else ""
    save(document, target, author=_clean(author)[:200], when=_WHEN)


def _set_page(document: Document, *, landscape: bool) -> float:
    """Lay the page out; the width of its text in mm."""
    section = document.sections[0]
    left = _LANDSCAPE_LEFT if landscape else _LEFT
    wide, tall = (_LONG, _SHORT) if landscape else (_SHORT, _LONG)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = DocxMm(wide), DocxMm(tall)
    section.top_margin, section.bottom_margin = DocxMm(_TOP), DocxMm(_BOTTOM)
    section.left_margin, section.right_margin = DocxMm(left), DocxMm(_RIGHT)
    section.header_distance = section.footer_distance = DocxMm(10)
    return wide - left - _RIGHT


def _clean(text: str) -> str:
    return shown(text, limit=_LINE_CHARS)


def _head(document: Document, head: Letterhead, width: float) -> None:
    left_mm = width * 0.4
    left, right = columns(document, left_mm, width - left_mm).rows[0].cells
    if head.superior:
        line(left, _clean(head.superior).upper(), 13)
    line(left, _clean(head.agency).upper(), 13, bold=True)
    rule(left, 20, left_mm)
    line(right, _say("state"), 13, bold=True)
    line(right, _say("motto"), 14, bold=True)
    rule(right, 62, width - left_mm)
    number = _clean(head.number_sign) or "       /……-……"
    sign = line(left, _say("number_sign", number_sign=number), 13)
    where = _clean(head.place) or "………………"
    place = line(
        right, _say("place_and_day", place=where, day=spoken_day(head.on)), 14, italic=True
    )
    for paragraph in (sign, place):
        paragraph.paragraph_format.space_before = Pt(6)


def _title(document: Document, paper: Paper) -> None:
    title = line(document, _clean(paper.title), 14, bold=True)
    title.paragraph_format.space_before = Pt(18)
    last = title
    if paper.subject:
        last = line(document, _clean(paper.subject), 14, bold=True)
    last.paragraph_format.space_after = Pt(12)


def _body(document: Document, paper: Paper, width: float) -> None:
    size = _BOOK_PT if paper.landscape else _TABLE_PT
    for block in paper.blocks:
        match block:
            case Text():
                _text(document, block)
            case Table():
                _table(document, block, width, size)
            case Picture():
                document.add_picture(io.BytesIO(block.png), width=DocxMm(min(width, _PICTURE_MM)))
                document.paragraphs[-1].alignment = CENTRE


def _text(document: Document, block: Text) -> None:
    paragraph = body_paragraph(document, _clean(block.text), _BODY_PT)
    paragraph.alignment = _ALIGN[block.align]
    if not block.indent:
        paragraph.paragraph_format.first_line_indent = DocxMm(0)
    for run in paragraph.runs:
        run.font.bold, run.font.italic = block.bold, block.italic


def _table(document: Document, table: Table, width: float, size: float) -> None:
    if table.caption:
        caption = line(document, _clean(table.caption), _BODY_PT, bold=True, alignment=LEFT)
        layout = caption.paragraph_format
        layout.space_before, layout.space_after, layout.keep_with_next = Pt(10), Pt(4), True
    after = line(document, "", 1)
    after.paragraph_format.line_spacing = Pt(6)
    after._p.addprevious(grid(table, width, size))  # noqa: SLF001 - no public way to place one


def _foot(document: Document, paper: Paper, width: float) -> None:
    """Nơi nhận on the left of a signature; several signatures in rows of two or three."""
    gap = line(document, "", 6)
    gap.paragraph_format.keep_with_next = True
    alone = len(paper.signatures) == 1
    half = width / 2
    if alone:
        left, right = columns(document, half, half).rows[0].cells
        _copies_to(left, paper.copies_to)
        _signature(right, paper.signatures[0])
        return
    across = 3 if len(paper.signatures) % 3 == 0 else 2
    for first in range(0, len(paper.signatures), across):
        row = paper.signatures[first : first + across]
        cells = columns(document, *[width / across] * across).rows[0].cells
        for cell, one in zip(cells, row, strict=False):
            _signature(cell, one)
        line(document, "", 6)
    if paper.copies_to:
        _copies_to(document, paper.copies_to)


def _copies_to(place: _Cell | Document, lines: Sequence[str]) -> None:
    if not lines:
        return
    line(place, _say("copies_to"), 12, bold=True, italic=True, alignment=LEFT)
    for text in lines:
        line(place, _clean(text), 11, alignment=LEFT)


def _signature(cell: _Cell, one: Signature) -> None:
    titles = one.title.split("\n") if one.title else ["…………………………"]
    parts = [line(cell, _clean(title), 14, bold=True) for title in titles]
    if one.hint:
        parts.append(line(cell, one.hint, 12, italic=True))
    parts += [line(cell, "", 14) for _ in range(3)]
    for paragraph in parts:
        paragraph.paragraph_format.keep_with_next = True
    line(cell, _clean(one.name), 14, bold=True)


def _footnote(document: Document, text: str) -> None:
    """Small print at the foot of every page, the first one too."""
    section = document.sections[-1]
    for footer in (section.footer, section.first_page_footer):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = LEFT
        run = paragraph.add_run(_clean(text))
        run.font.size, run.font.italic = Pt(8), True


def _rehearsal(document: Document) -> None:
    """Above every page, the first one too, that it is worth nothing."""
    section = document.sections[0]
    for header in (section.header, section.first_page_header):
        paragraph = header.add_paragraph()
        paragraph.alignment = CENTRE
        run = paragraph.add_run(_say("rehearsal"))
        run.font.size, run.font.bold = Pt(14), True


def _cover(document: Document, cover: Cover, width: float) -> None:
    """The cover page; what follows begins a new section with a page of its own."""
    head = columns(document, width).rows[0].cells[0]
    if cover.superior:
        line(head, _clean(cover.superior).upper(), 14)
    line(head, _clean(cover.agency).upper(), 14, bold=True)
    rule(head, 40, width)
    title = line(document, _clean(cover.title), 28, bold=True)
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(80), Pt(40)
    for label, value in cover.lines:
        row = line(document, f"{label}: {_clean(value) or '……………'}", 16)
        row.paragraph_format.space_after = Pt(8)
    for index, note in enumerate(cover.notes):
        small = line(document, _clean(note), 10, italic=True, alignment=JUSTIFIED)
        small.paragraph_format.space_before = Pt(24 if index == 0 else 2)
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.different_first_page_header_footer = False


def _say(key: str, /, **blanks: object) -> str:
    return words(f"reports.{key}", Lang.VI, **blanks)

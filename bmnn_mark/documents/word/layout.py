# SPDX-License-Identifier: Apache-2.0
"""Pieces of a new Word document in the layout of NĐ 30/2020: columns, lines, page numbers."""

from __future__ import annotations

import datetime
import io
from pathlib import Path

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm as DocxMm
from docx.shared import Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from bmnn_mark.documents.word.package import read_members
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.limits import DEFAULT_LIMITS

FONT = "Times New Roman"
LEFT, CENTRE, RIGHT, JUSTIFIED = (
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
#: Size of the page number in the header (NĐ 30/2020: 13 to 14 pt).
_PAGE_NUMBER_PT = 13


def set_type(document: Document, size_pt: float) -> None:
    """Times New Roman for every script, no room between paragraphs unless one asks for it."""
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(size_pt)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), FONT)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)


def number_pages(document: Document) -> None:
    """The page's number in the middle of the upper margin, from page 2 on."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    number = section.header.paragraphs[0]
    number.alignment = CENTRE
    for code in ("begin", None, "end"):
        run = number.add_run()
        run.font.size = Pt(_PAGE_NUMBER_PT)
        run._r.append(  # noqa: SLF001 - the library has no public way to write a field
            parse_xml(
                f'<w:fldChar {nsdecls("w")} w:fldCharType="{code}"/>'
                if code
                else f"<w:instrText {nsdecls('w')}>PAGE</w:instrText>"
            )
        )


def columns(document: Document, *widths_mm: float) -> Table:
    """A borderless row of cells without inner margins at the sides."""
    table: Table = document.add_table(rows=1, cols=len(widths_mm))
    table.autofit = False
    properties = table._tbl.tblPr  # noqa: SLF001 - cell margins have no public setter
    properties.append(
        parse_xml(
            f"<w:tblCellMar {nsdecls('w')}>"
            '<w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar>'
        )
    )
    for cell, column, width in zip(table.rows[0].cells, table.columns, widths_mm, strict=True):
        column.width = cell.width = DocxMm(width)
    return table


def line(
    place: _Cell | Document,
    text: str,
    size_pt: float,
    *,
    bold: bool = False,
    italic: bool = False,
    alignment: WD_ALIGN_PARAGRAPH = CENTRE,
) -> Paragraph:
    """One more paragraph; the empty one that a new cell starts with is used first."""
    there = place.paragraphs
    unused = isinstance(place, _Cell) and len(there) == 1 and not there[0].runs
    paragraph = there[0] if unused else place.add_paragraph()
    paragraph.alignment = alignment
    run = paragraph.add_run(text)
    run.font.size, run.font.bold, run.font.italic = Pt(size_pt), bold, italic
    return paragraph


def rule(cell: _Cell, width_mm: float, cell_mm: float) -> None:
    """A hairline ``width_mm`` long in the middle of a cell: a low paragraph with a border."""
    paragraph = cell.add_paragraph()
    layout = paragraph.paragraph_format
    layout.left_indent = layout.right_indent = DocxMm((cell_mm - width_mm) / 2)
    layout.line_spacing = Pt(2)
    paragraph._p.get_or_add_pPr().append(  # noqa: SLF001 - borders have no public setter
        parse_xml(
            f"<w:pBdr {nsdecls('w')}>"
            '<w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:pBdr>'
        )
    )


def body_paragraph(document: Document, text: str, size_pt: float = 14) -> Paragraph:
    """A paragraph of the body: justified, first line indented."""
    paragraph = line(document, text, size_pt, alignment=JUSTIFIED)
    layout = paragraph.paragraph_format
    layout.first_line_indent, layout.space_after, layout.line_spacing = DocxMm(12.7), Pt(6), 1.15
    return paragraph


def save(document: Document, path: Path, *, author: str, when: datetime.datetime) -> None:
    """Write the document; the same bytes for the same content.

    Args:
        document: what was built.
        path: where it goes.
        author: for the document's properties; no person.
        when: for the properties, not the clock's time.
    """
    properties = document.core_properties
    properties.author = properties.last_modified_by = author
    properties.title = properties.comments = ""
    properties.created = properties.modified = when
    buffer = io.BytesIO()
    document.save(buffer)
    path.write_bytes(buffer.getvalue())
    path.write_bytes(write_package(read_members(path, DEFAULT_LIMITS)))

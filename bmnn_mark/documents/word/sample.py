# SPDX-License-Identifier: Apache-2.0
"""A sample document in the layout of NĐ 30/2020 (Phụ lục I), for the demonstration and for tests.

The department does not exist and the text is harmless; the layout is that of a real plan: A4,
margins 20/20/30/15 mm, Times New Roman, quốc hiệu and agency side by side, page numbers centred in
the header from page 2, Nơi nhận on the left of the signature.
"""

from __future__ import annotations

import datetime
import io
from pathlib import Path

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm as DocxMm
from docx.shared import Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from bmnn_mark.documents.word import sample_text as words
from bmnn_mark.documents.word.package import read_members
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.limits import DEFAULT_LIMITS

FONT = "Times New Roman"
_LEFT, _CENTRE, _JUSTIFIED = (
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
#: The time written into the document's properties; not the clock's, so that bytes repeat.
_WHEN = datetime.datetime(2026, 11, 5, 8, 0, tzinfo=datetime.UTC)


def write_sample(path: Path, *, number: str = words.NUMBER_SIGN) -> None:
    """Write the sample DOCX (3 pages) to ``path``; the same bytes for the same số, ký hiệu."""
    document = docx.Document()
    _set_page(document)
    _head(document, number)
    _title(document)
    _body(document)
    _foot(document)
    properties = document.core_properties
    properties.author = properties.last_modified_by = words.AGENCY
    properties.title = properties.comments = ""
    properties.created = properties.modified = _WHEN
    buffer = io.BytesIO()
    document.save(buffer)
    path.write_bytes(buffer.getvalue())
    path.write_bytes(write_package(read_members(path, DEFAULT_LIMITS)))


def _set_page(document: Document) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = DocxMm(210), DocxMm(297)
    section.top_margin = section.bottom_margin = DocxMm(20)
    section.left_margin, section.right_margin = DocxMm(30), DocxMm(15)
    section.header_distance = section.footer_distance = DocxMm(10)
    section.different_first_page_header_footer = True
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), FONT)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    number = section.header.paragraphs[0]
    number.alignment = _CENTRE
    for code in ("begin", None, "end"):
        run = number.add_run()
        run.font.size = Pt(13)
        run._r.append(  # noqa: SLF001 - the library has no public way to write a field
            parse_xml(
                f'<w:fldChar {nsdecls("w")} w:fldCharType="{code}"/>'
                if code
                else f"<w:instrText {nsdecls('w')}>PAGE</w:instrText>"
            )
        )


def _columns(document: Document, *widths_mm: float) -> Table:
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


def _line(
    cell: _Cell | Document,
    text: str,
    size_pt: float,
    *,
    bold: bool = False,
    italic: bool = False,
    alignment: WD_ALIGN_PARAGRAPH = _CENTRE,
) -> Paragraph:
    """One more paragraph; the empty one that a new cell starts with is used first."""
    first = cell.paragraphs[0] if isinstance(cell, _Cell) and not cell.paragraphs[0].runs else None
    unused = first is not None and len(cell.paragraphs) == 1
    paragraph = first if unused and first is not None else cell.add_paragraph()
    paragraph.alignment = alignment
    run = paragraph.add_run(text)
    run.font.size, run.font.bold, run.font.italic = Pt(size_pt), bold, italic
    return paragraph


def _rule(cell: _Cell, width_mm: float, cell_mm: float) -> None:
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


def _head(document: Document, number_sign: str) -> None:
    left, right = _columns(document, 66, 99).rows[0].cells
    _line(left, words.PARENT, 13)
    _line(left, words.AGENCY, 13, bold=True)
    _rule(left, 20, 66)
    _line(right, words.STATE, 13, bold=True)
    _line(right, words.MOTTO, 14, bold=True)
    _rule(right, 62, 99)
    number = _line(left, f"Số: {number_sign}", 13)
    place = _line(right, words.PLACE_AND_DATE, 14, italic=True)
    for paragraph in (number, place):
        paragraph.paragraph_format.space_before = Pt(8)


def _title(document: Document) -> None:
    kind = _line(document, words.KIND, 14, bold=True)
    kind.paragraph_format.space_before = Pt(30)
    lines = [_line(document, text, 14, bold=True) for text in words.SUBJECT]
    lines[-1].paragraph_format.space_after = Pt(18)


def _body(document: Document) -> None:
    for text in words.OPENING:
        _body_paragraph(document, text)
    for heading, paragraphs in words.SECTIONS:
        title = _body_paragraph(document, heading)
        title.runs[0].font.bold = True
        title.paragraph_format.keep_with_next = True
        for text in paragraphs:
            _body_paragraph(document, text)


def _body_paragraph(document: Document, text: str) -> Paragraph:
    paragraph = _line(document, text, 14, alignment=_JUSTIFIED)
    layout = paragraph.paragraph_format
    layout.first_line_indent, layout.space_after, layout.line_spacing = DocxMm(12.7), Pt(6), 1.15
    return paragraph


def _foot(document: Document) -> None:
    gap = _line(document, "", 6)
    gap.paragraph_format.keep_with_next = True
    left, right = _columns(document, 82, 83).rows[0].cells
    _line(left, words.RECIPIENTS_HEAD, 12, bold=True, italic=True, alignment=_LEFT)
    for text in (*words.RECIPIENTS, words.FILED):
        _line(left, text, 11, alignment=_LEFT)
    _line(right, words.OFFICE, 14, bold=True)
    for _ in range(4):
        _line(right, "", 14)
    _line(right, words.SIGNER, 14, bold=True)

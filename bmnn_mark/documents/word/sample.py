# SPDX-License-Identifier: Apache-2.0
"""A sample document in the layout of NĐ 30/2020 (Phụ lục I), for the demonstration and for tests.

The department does not exist and the text is harmless; the layout is that of a real plan: A4,
margins 20/20/30/15 mm, Times New Roman, quốc hiệu and agency side by side, page numbers centred in
the header from page 2, Nơi nhận on the left of the signature.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import docx
from docx.document import Document
from docx.shared import Mm as DocxMm
from docx.shared import Pt

from bmnn_mark.documents.word import sample_text as words
from bmnn_mark.documents.word.layout import (
    LEFT,
    body_paragraph,
    columns,
    line,
    number_pages,
    rule,
    save,
    set_type,
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
    save(document, path, author=words.AGENCY, when=_WHEN)


def _set_page(document: Document) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = DocxMm(210), DocxMm(297)
    section.top_margin = section.bottom_margin = DocxMm(20)
    section.left_margin, section.right_margin = DocxMm(30), DocxMm(15)
    section.header_distance = section.footer_distance = DocxMm(10)
    set_type(document, 14)
    number_pages(document)


def _head(document: Document, number_sign: str) -> None:
    left, right = columns(document, 66, 99).rows[0].cells
    line(left, words.PARENT, 13)
    line(left, words.AGENCY, 13, bold=True)
    rule(left, 20, 66)
    line(right, words.STATE, 13, bold=True)
    line(right, words.MOTTO, 14, bold=True)
    rule(right, 62, 99)
    number = line(left, f"Số: {number_sign}", 13)
    place = line(right, words.PLACE_AND_DATE, 14, italic=True)
    for paragraph in (number, place):
        paragraph.paragraph_format.space_before = Pt(8)


def _title(document: Document) -> None:
    kind = line(document, words.KIND, 14, bold=True)
    kind.paragraph_format.space_before = Pt(30)
    lines = [line(document, text, 14, bold=True) for text in words.SUBJECT]
    lines[-1].paragraph_format.space_after = Pt(18)


def _body(document: Document) -> None:
    for text in words.OPENING:
        body_paragraph(document, text)
    for heading, paragraphs in words.SECTIONS:
        title = body_paragraph(document, heading)
        title.runs[0].font.bold = True
        title.paragraph_format.keep_with_next = True
        for text in paragraphs:
            body_paragraph(document, text)


def _foot(document: Document) -> None:
    gap = line(document, "", 6)
    gap.paragraph_format.keep_with_next = True
    left, right = columns(document, 82, 83).rows[0].cells
    line(left, words.RECIPIENTS_HEAD, 12, bold=True, italic=True, alignment=LEFT)
    for text in (*words.RECIPIENTS, words.FILED):
        line(left, text, 11, alignment=LEFT)
    line(right, words.OFFICE, 14, bold=True)
    for _ in range(4):
        line(right, "", 14)
    line(right, words.SIGNER, 14, bold=True)

# SPDX-License-Identifier: Apache-2.0
"""Twelve pages of twelve: sections, first-page and even-page footers, inherited or their own.

The grid of documents is marked at fixed places and printed by one start of the office suite, with
and without the marks; the whole way, planner and proof included, is gone for a few of them.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import docx
import pytest
import zxingcpp
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_BREAK
from docx.oxml import parse_xml
from docx.shared import Mm as Millimetres
from docx.shared import Pt

from bmnn_mark.documents.captions import copy_caption
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkTask
from bmnn_mark.documents.pixels import PAGE_SLACK_MM, Difference, shows
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.documents.word.marking import mark_docx
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import W, serialise
from bmnn_mark.documents.word.placing import anchors_in, placing_of, put_strip_of, with_marks
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Level, load_pack
from bmnn_mark.stamps.compose import copy_number_mark, level_mark, page_code_mark
from bmnn_mark.units import Mm, Point, Rect
from bmnn_mark.worker import ignore_progress

PAGES = 12
CODE = "BM1:" + "7K" * 31 + "0"
PACK = load_pack("nd63-2026")
_V = 'xmlns:v="urn:schemas-microsoft-com:vml"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a document of twelve pages is made up.

    ``own`` says which sections after the first have headers and footers of their own.
    """

    sections: int
    first: bool
    even: bool
    own: str = "some"

    @property
    def name(self) -> str:
        return f"{self.sections}-sections{'-first' * self.first}{'-even' * self.even}-{self.own}"

    def has_own(self, section: int) -> bool:
        return section == 0 or self.own == "all" or (self.own == "some" and section % 2 == 1)


#: Every combination; which sections inherit goes round, so that all ways meet all numbers.
GRID = [
    Shape(sections=sections, first=first, even=even, own=own)
    for sections, (first, even) in product(range(1, 6), product((False, True), repeat=2))
    for own in [("none", "some", "all")[(sections + first + 2 * even) % 3]]
]


def write_document(path: Path, shape: Shape) -> None:
    """Twelve pages with a letterhead, a box of text in a header, and a footer of several lines."""
    document = docx.Document()
    document.settings.odd_and_even_pages_header_footer = shape.even
    document.styles["Normal"].font.name = "Times New Roman"
    document.styles["Normal"].font.size = Pt(13)
    page = 0
    for number in range(shape.sections):
        new = document.sections[0] if number == 0 else document.add_section(WD_SECTION.NEW_PAGE)
        new.page_width, new.page_height = Millimetres(210), Millimetres(297)
        new.left_margin, new.right_margin = Millimetres(30), Millimetres(20)
        new.top_margin, new.bottom_margin = Millimetres(25), Millimetres(30)
        new.different_first_page_header_footer = shape.first
        if shape.has_own(number):
            _fill(new, shape, number)
        pages = PAGES // shape.sections + (number < PAGES % shape.sections)
        for place in range(pages):
            page += 1
            run = document.add_paragraph().add_run(f"Trang {page} của văn bản.")
            if place < pages - 1:
                run.add_break(WD_BREAK.PAGE)
    document.save(path)


def _fill(section, shape, number):
    header = section.header
    header.is_linked_to_previous = False
    letterhead = header.add_table(1, 2, Millimetres(160))
    letterhead.cell(0, 0).text = "SỞ MẪU\nPHÒNG TỔNG HỢP"
    letterhead.cell(0, 1).text = f"Phần {number + 1}"
    header.paragraphs[0]._p.append(_text_box())
    footer = section.footer
    footer.is_linked_to_previous = False
    footer.paragraphs[0].text = f"Chân trang phần {number + 1}"
    for line in range(4):
        footer.add_paragraph(f"Dòng {line} của chân trang, kín hết chỗ dành cho nó")
    if shape.first:
        section.first_page_footer.is_linked_to_previous = False
        section.first_page_footer.paragraphs[0].text = "Chân trang đầu"
    if shape.even and number % 2 == 0:
        section.even_page_footer.is_linked_to_previous = False
        section.even_page_footer.add_table(1, 1, Millimetres(80)).cell(0, 0).text = "Trang chẵn"


def _text_box():
    style = (
        "position:absolute;margin-left:300pt;margin-top:20pt;width:90pt;height:24pt;"
        "mso-position-horizontal-relative:page;mso-position-vertical-relative:page"
    )
    return parse_xml(
        f'<w:r xmlns:w="{W}" {_V}><w:pict><v:rect style="{style}"><v:textbox><w:txbxContent><w:p>'
        "<w:r><w:t>Hộp chữ</w:t></w:r></w:p></w:txbxContent></v:textbox></v:rect></w:pict></w:r>"
    )


def plan_for(pages: int) -> MarkPlan:
    """Độ mật and copy number on page 1, code and caption on every page, as the planner has them."""
    caption = copy_caption(1, 2, "ABCDE12345")
    code = page_code_mark(CODE, Mm(20))
    above = Point(Mm(7), Mm(264) - caption.size.height)
    first = (
        (MarkKind.LEVEL, level_mark(PACK, Level.TOI_MAT), Point(Mm(30), Mm(60)), None),
        (MarkKind.COPY_NUMBER, copy_number_mark(PACK, 1, 2), Point(Mm(160), Mm(8)), "copy-number"),
    )
    every = (
        (MarkKind.PAGE_CODE, code, Point(Mm(7), Mm(265)), "code"),
        (MarkKind.CAPTION, caption, above, "caption"),
    )
    wanted = [(1, *one) for one in first]
    wanted += [(page, *one) for page in range(1, pages + 1) for one in every]
    return MarkPlan(
        marks=tuple(
            PlannedMark(
                kind=kind, drawing=drawing, page=page, box=Rect.at(at, drawing.size), slot=slot
            )
            for page, kind, drawing, at, slot in wanted
        )
    )


def write_marked(source: Path, target: Path, request) -> None:
    opened = open_docx(source, DEFAULT_LIMITS)
    root = opened.package.root(opened.main)
    placing = placing_of(plan_for(PAGES), PAGES)
    put_strip_of(opened, root, placing, request)
    marked = with_marks(opened, root, placing, request, next(anchors_in(root)))
    opened.package.put(Member.made(opened.main, serialise(marked)))
    target.write_bytes(write_package(opened.package.members.values()))


def print_all(folder: Path) -> None:
    """Every document of a folder as PDF beside it, by one start of the office suite."""
    subprocess.run(
        ["/usr/bin/soffice", "--headless", f"-env:UserInstallation={(folder / 'suite').as_uri()}",
         "--convert-to", "pdf:writer_pdf_Export", "--outdir", str(folder),
         *map(str, sorted(folder.glob("*.docx")))],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def printed(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("grid")
    for shape in GRID:
        plain, marked = (folder / f"{shape.name}.{what}.docx" for what in ("plain", "marked"))
        write_document(plain, shape)
        write_marked(plain, marked, order(copies=2))
    print_all(folder)
    return folder


@pytest.mark.parametrize("shape", GRID, ids=lambda shape: shape.name)
def test_the_strip_is_on_twelve_pages_of_twelve_and_the_mark_on_one(printed, shape):
    plan = plan_for(PAGES)
    with (
        pdfium_pages(printed / f"{shape.name}.plain.pdf") as before,
        pdfium_pages(printed / f"{shape.name}.marked.pdf") as after,
    ):
        assert (len(before), len(after)) == (PAGES, PAGES)
        for page in range(1, PAGES + 1):
            text = after.document[page - 1].get_textpage().get_text_range()
            assert f"Trang {page} của văn bản." in text
            assert ("TỐI MẬT" in text) == ("BẢN SỐ: 01" in text) == (page == 1)
            assert text.count("ABCDE-12345") == 1
            marks = plan.on_page(page)
            views = before.render(page, 100), after.render(page, 100)
            difference = Difference(*views, 100)
            assert not difference.outside(mark.box.grown(PAGE_SLACK_MM) for mark in marks)
            assert all(shows(difference, mark, PAGE_SLACK_MM, marks) for mark in marks)
            read = zxingcpp.read_barcodes(after.render(page, 200, Rect.of(0, 255, 40, 42)))
            assert [one.text for one in read] == [CODE]


@pytest.mark.parametrize("shape", [GRID[2], GRID[-1]], ids=lambda shape: shape.name)
def test_planner_and_proof_go_the_same_way(tmp_path, order, shape):
    source, target = tmp_path / "source.docx", tmp_path / "marked.docx"
    write_document(source, shape)
    result = mark_docx(
        MarkTask(
            source=str(source), target=str(target), work=str(tmp_path), request=order(copies=2)
        ),
        ignore_progress,
    )
    assert [one.page for one in result.marks if one.kind is MarkKind.LEVEL] == [1]
    for kind in (MarkKind.PAGE_CODE, MarkKind.CAPTION):
        assert [one.page for one in result.marks if one.kind is kind] == list(range(1, PAGES + 1))


def copies_task(source, folder, order):
    return MarkTask(
        source=str(source), target=str(folder / "out.docx"), work=str(folder),
        request=order(copies=2),
    )  # fmt: skip


@pytest.mark.parametrize("kinds", [("footer", "even_page_footer"), ("footer",)])
def test_a_footer_in_the_corner_of_the_code_moves_the_strip_on_every_page(tmp_path, order, kinds):
    source = tmp_path / "source.docx"
    write_document(source, Shape(sections=1, first=False, even=True))
    document = docx.Document(source)
    for kind in kinds:
        footer = getattr(document.sections[0], kind)
        for one in range(5):
            line = footer.add_paragraph(f"Dòng {one} tới tận góc trang")
            line.paragraph_format.left_indent = Millimetres(-25)
    document.save(source)
    marks = mark_docx(copies_task(source, tmp_path, order), ignore_progress).marks
    codes = [one for one in marks if one.kind is MarkKind.PAGE_CODE]
    assert [one.page for one in codes] == list(range(1, PAGES + 1))
    assert len({(one.box.x, one.box.y) for one in codes}) == 1
    assert codes[0].displaced


def test_upright_and_broad_pages_have_no_place_in_common(tmp_path, order):
    source = tmp_path / "source.docx"
    write_document(source, Shape(sections=2, first=False, even=False))
    document = docx.Document(source)
    broad = document.sections[1]
    broad.page_width, broad.page_height = Millimetres(297), Millimetres(210)
    document.save(source)
    with pytest.raises(DocumentRefused, match=r"docx\.strip_unplaceable"):
        mark_docx(copies_task(source, tmp_path, order), ignore_progress)

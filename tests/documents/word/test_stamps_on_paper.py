# SPDX-License-Identifier: Apache-2.0
"""Every stamp of the packs as shapes in a Word document, printed by the office suite, measured."""

from __future__ import annotations

from contextlib import ExitStack

import docx
import pytest
from docx.enum.text import WD_BREAK

from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.ink import mark_ink
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pixels import Difference, shows
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import serialise
from bmnn_mark.documents.word.placing import anchors_in, placing_of, with_marks
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import load_pack
from bmnn_mark.stamps.model import TextRun
from bmnn_mark.stamps.samples import stamp_samples
from bmnn_mark.stamps.symbols import corner_guide
from bmnn_mark.units import Mm, Point, Rect, Size

SLACK_MM = 0.5
PACK = load_pack("nd63-2026")
GUIDE = corner_guide(Size(Mm(30), Mm(8)))


def laid_out():
    """The stamps side by side over both pages; the tallest is on the last page."""
    drawings = sorted((*stamp_samples(PACK), GUIDE), key=lambda one: one.size.height)
    x, y, row, page = 12.0, 12.0, 0.0, 1
    for drawing in drawings:
        if x + drawing.size.width > 200:
            x, y, row = 12.0, y + row + 4, 0.0
        if drawing is drawings[-1]:
            x, y, row, page = 30.0, 60.0, 0.0, 2
        box = Rect.at(Point(Mm(x), Mm(y)), drawing.size)
        kind = MarkKind.REPRODUCTION if page == 2 else MarkKind.TERM
        yield PlannedMark(kind=kind, drawing=drawing, page=page, box=box)
        x, row = x + drawing.size.width + 4, max(row, drawing.size.height)


MARKS = tuple(laid_out())


def write(opened, main, path):
    package = opened.package.with_member(Member.made(opened.main, serialise(main)))
    path.write_bytes(write_package(package.members.values()))


def as_older_readers_see_it(main):
    """Every shape by its fallback alone."""
    for both in [*main.iter("{*}AlternateContent")]:
        for one in both.find("{*}Fallback"):
            both.addprevious(one)
        both.getparent().remove(both)
    return main


@pytest.fixture(scope="module")
def printed(tmp_path_factory, order):
    """The pages without marks, with them, and with them as readers before 2010 see them."""
    folder = tmp_path_factory.mktemp("stamps")
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210).emu, Mm(297).emu
    section.top_margin = Mm(200).emu  # the stamps stand above the text
    document.add_paragraph("Trang một").add_run().add_break(WD_BREAK.PAGE)
    document.add_paragraph("Trang hai")
    document.save(folder / "plain.docx")
    opened = open_docx(folder / "plain.docx", DEFAULT_LIMITS)
    root = opened.package.root(opened.main)
    placing = placing_of(MarkPlan(marks=MARKS), 2)
    marked = with_marks(opened, root, placing, order(), next(anchors_in(root)))
    write(opened, marked, folder / "marked.docx")
    write(opened, as_older_readers_see_it(marked), folder / "older.docx")
    with ExitStack() as held:
        pages = {}
        for name in ("plain", "marked", "older"):
            paper = folder / f"{name}.pdf"
            convert(folder / f"{name}.docx", paper, work=folder, limits=DEFAULT_LIMITS)
            pages[name] = held.enter_context(pdfium_pages(paper))
            assert len(pages[name]) == 2
        yield pages


@pytest.mark.parametrize("name", ["marked", "older"])
@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.drawing.name)
def test_a_stamp_is_seen_where_it_was_planned(printed, mark, name):
    clip = mark_ink(mark).grown(1.5)
    plain, marked = (printed[one].render(mark.page, 300, clip) for one in ("plain", name))
    others = [one for one in MARKS if one.page == mark.page]
    seen = shows(Difference(plain, marked, 300, clip), mark, SLACK_MM, others)
    assert seen is not None


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.drawing.name)
def test_the_text_of_a_stamp_is_text(printed, mark):
    text = printed["marked"].document[mark.page - 1].get_textpage().get_text_range()
    words = "".join(text.split())
    for one in mark.drawing.operations:
        if isinstance(one, TextRun):
            assert "".join(one.text.split()) in words


def test_nothing_else_is_on_the_pages(printed):
    for page in (1, 2):
        plain, marked = (printed[one].render(page, 100) for one in ("plain", "marked"))
        boxes = [mark.box.grown(SLACK_MM) for mark in MARKS if mark.page == page]
        assert not Difference(plain, marked, 100).outside(boxes)

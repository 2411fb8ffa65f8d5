# SPDX-License-Identifier: Apache-2.0
"""Fields and comments become part of the page as they are printed, and in no other way."""

from __future__ import annotations

import pytest
from hard_papers import BLOCK, annotation, look, new_page
from pikepdf import Array, Dictionary, Name, String

from bmnn_mark.documents.rendering import pdfium_pages, poppler_render

OVER_PAGE = (5, 5, 590, 836)
WHERE = (300, 620, 400, 670)
HIDDEN, PRINT, NO_VIEW = 2, 4, 32
WHITE, GREY = 255, 153
DPI = 72


@pytest.fixture
def with_annotations(paper):
    def make(*made, content=BLOCK, **page):
        def fill(pdf):
            every = tuple(one(pdf) for one in made)
            new_page(pdf, content, Annots=every, **page)
            fields = [one for one in every if one.Subtype == Name.Widget]
            if fields:
                pdf.Root.AcroForm = Dictionary(Fields=Array(fields))

        return paper(fill)

    return make


def shades(path, work, box=WHERE):
    """The grey in the middle of a box of user space on an unturned A4 page, by both engines."""
    middle = round((box[0] + box[2]) / 2), round(841.89 - (box[1] + box[3]) / 2)
    with pdfium_pages(path) as pages:
        one = pages.render(1, DPI).getpixel(middle)[0]
    return one, poppler_render(path, 1, DPI, work=work).getpixel(middle)[0]


def box(rect=WHERE, **keys):
    return lambda pdf: annotation(pdf, rect, **keys)


def test_a_comment_over_the_whole_page_asks_for_leave_to_flatten(with_annotations, mark):
    path = with_annotations(box(OVER_PAGE, grey=0.95))
    assert mark(path).code == "marks.under_annotation"
    ended = mark(path, flatten=True)
    assert ended.notices["document.flattened"] == {"drawn": 1, "dropped": 0}
    with ended.pdf() as pdf:
        assert "/Annots" not in pdf.pages[0].obj


@pytest.mark.parametrize(
    ("flags", "printed"),
    [(PRINT, True), (0, False), (PRINT | HIDDEN, False), (PRINT | NO_VIEW, True), (HIDDEN, False)],
)
@pytest.mark.parametrize("kind", ["/Square", "/Widget"])
def test_what_is_printed_stays_and_nothing_else(
    with_annotations, mark, tmp_path, flags, printed, kind
):
    field = {"FT": Name.Tx, "T": String("a")} if kind == "/Widget" else {}
    ended = mark(with_annotations(box(kind=kind, flags=flags, **field)), flatten=True)
    assert ended.notices["document.flattened"] == {"drawn": int(printed), "dropped": 1 - printed}
    assert shades(ended.target, tmp_path) == ((GREY, GREY) if printed else (WHITE, WHITE))


def test_a_form_goes_with_its_values(paper, mark, tmp_path):
    def fill(pdf):
        one = annotation(
            pdf, WHERE, kind="/Widget", FT=Name.Tx, T=String("ten"), V=String("gia tri that")
        )
        page = new_page(pdf, Annots=(one,), StructParents=0)
        leaf = pdf.make_indirect(
            Dictionary(Type=Name.OBJR, Obj=one, Pg=page)
        )  # a tagged form: the structure tree points at the field
        pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=Array([leaf]))
        pdf.Root.AcroForm = Dictionary(Fields=Array([one]), NeedAppearances=False)

    ended = mark(paper(fill), flatten=True)
    assert shades(ended.target, tmp_path) == (GREY, GREY)
    with ended.pdf() as pdf:
        assert "/AcroForm" not in pdf.Root
        assert "/StructTreeRoot" in pdf.Root
    assert b"gia tri that" not in ended.target.read_bytes()


def test_a_button_is_drawn_in_its_state(paper, mark, tmp_path):
    def fill(pdf):
        one = annotation(pdf, WHERE, kind="/Widget", FT=Name.Btn, T=String("c"), AS=Name.Yes)
        one.AP.N = Dictionary(
            Yes=look(pdf, 100, 50, b"0.6 g 0 0 100 50 re f\n"),
            Off=look(pdf, 100, 50, b"0.2 g 0 0 100 50 re f\n"),
        )
        new_page(pdf, Annots=(one,))
        pdf.Root.AcroForm = Dictionary(Fields=Array([one]))

    assert shades(mark(paper(fill), flatten=True).target, tmp_path) == (GREY, GREY)


@pytest.mark.parametrize("content", [BLOCK + b"Q Q\n", b"q 0.5 0 0 0.5 0 0 cm\n" + BLOCK])
def test_broken_content_does_not_move_what_is_drawn_over_it(
    with_annotations, mark, tmp_path, content
):
    ended = mark(with_annotations(box(), content=content), flatten=True)
    assert shades(ended.target, tmp_path) == (GREY, GREY)


@pytest.mark.parametrize("page", [{"Rotate": 90}, {"CropBox": (100, 200, 500, 800), "Rotate": 180}])
def test_turned_and_cropped_pages_are_shown_as_printed(with_annotations, mark, page):
    assert mark(with_annotations(box(), **page), flatten=True).notices["document.flattened"]


def test_links_stay_what_they_are(paper, mark):
    def fill(pdf):
        link = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Link, Rect=Array([*WHERE]), Border=Array([0, 0, 0]),
                A=Dictionary(S=Name.URI, URI=String("https://example.invalid/")),
            )
        )  # fmt: skip
        new_page(pdf, Annots=(link, annotation(pdf, (300, 500, 400, 550))))

    with mark(paper(fill), flatten=True).pdf() as pdf:
        assert [one.Subtype for one in pdf.pages[0].Annots] == [Name.Link]


def test_a_field_without_a_picture_is_refused_where_engines_make_one_up(paper, mark):
    def fill(pdf):
        one = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, Rect=Array([*WHERE]), F=PRINT,
                FT=Name.Tx, T=String("a"), V=String("XXXXXXXX"), DA=String("/Helv 24 Tf 0 g"),
            )
        )  # fmt: skip
        helv = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        new_page(pdf, Annots=(one,))
        pdf.Root.AcroForm = Dictionary(
            Fields=Array([one]), NeedAppearances=True, DA=String("/Helv 24 Tf 0 g"),
            DR=Dictionary(Font=Dictionary(Helv=pdf.make_indirect(helv))),
        )  # fmt: skip

    ended = mark(paper(fill), flatten=True)
    assert ended.code == "page.not_flattened"
    assert ended.detail["page"] == 1


def test_a_document_without_any_is_as_it_was(paper, mark):
    ended = mark(paper(new_page), flatten=True)
    assert "document.flattened" not in ended.notices

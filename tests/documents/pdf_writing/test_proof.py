# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageDraw

from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.proof import prove_pdf
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.pixels import Difference
from bmnn_mark.documents.proof import Pair
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Level
from bmnn_mark.stamps.compose import level_mark, page_code_mark, rehearsal_overlay
from bmnn_mark.units import Mm, Rect


def refusal(made, plan=None):
    with pytest.raises(DocumentRefused) as caught:
        prove_pdf(made.pair, plan or made.plan)
    return caught.value


def altered(made, change):
    """The marked file after something happened to it."""
    with pikepdf.open(made.output, allow_overwriting_input=True) as pdf:
        change(pdf)
        pdf.save(made.output)
    return made


def moved(plan, dx, dy, kind):
    return replace(
        plan,
        marks=tuple(
            replace(mark, box=mark.box.moved(dx, dy)) if mark.kind is kind else mark
            for mark in plan.marks
        ),
    )


@pytest.mark.parametrize(("dx", "dy"), [(0.3, 0), (-0.3, 0), (0, 0.3), (0, -0.3)])
def test_a_level_mark_three_tenths_of_a_millimetre_off_is_refused(make_paper, mark, dx, dy):
    made = mark(make_paper())
    error = refusal(made, moved(made.plan, dx, dy, MarkKind.LEVEL))
    assert error.code == "proof.mark_not_shown"
    assert error.detail["page"] == 1


@pytest.mark.parametrize("kind", [MarkKind.PAGE_CODE, MarkKind.CAPTION])
@pytest.mark.parametrize(("dx", "dy"), [(1.2, 0), (0, -1.2)])
def test_another_mark_a_millimetre_off_is_refused(make_paper, mark, kind, dx, dy):
    made = mark(make_paper(2), codes=True)
    assert refusal(made, moved(made.plan, dx, dy, kind)).code == "proof.mark_not_shown"


def test_another_level_of_the_same_shape_is_refused(make_paper, mark, pack):
    made = mark(make_paper())
    other = level_mark(pack, Level.MAT)
    level = made.plan.marks[0]
    plan = replace(made.plan, marks=(replace(level, drawing=other),))
    assert refusal(made, plan).code == "proof.mark_not_shown"


def test_a_code_other_than_planned_is_refused(make_paper, mark):
    made = mark(make_paper(), codes=True)
    other = page_code_mark("BM1:".ljust(67, "A"), Mm(20))
    plan = replace(
        made.plan,
        marks=tuple(
            replace(m, drawing=other) if m.kind is MarkKind.PAGE_CODE else m
            for m in made.plan.marks
        ),
    )
    assert refusal(made, plan).code == "proof.mark_not_shown"


def test_a_mark_under_an_opaque_annotation_is_refused(make_paper, mark, tmp_path):
    source = make_paper()
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        white = pdf.make_stream(
            b"1 1 1 rg 0 0 400 200 re f", Type=Name.XObject, Subtype=Name.Form,
            BBox=Array([0, 0, 400, 200]),
        )  # fmt: skip
        note = Dictionary(
            Type=Name.Annot, Subtype=Name.Stamp, F=4, Rect=Array([50, 600, 450, 800]),
            AP=Dictionary(N=white),
        )  # fmt: skip
        pdf.pages[0].Annots = Array([pdf.make_indirect(note)])
        pdf.save(source)
    made = mark(source)
    assert refusal(made).code == "proof.mark_not_shown"


def test_a_dot_elsewhere_on_any_page_is_refused(make_paper, mark):
    made = altered(
        mark(make_paper(3)),
        lambda pdf: pdf.pages[2].contents_add(b"q 0 0 0 rg 500 100 2 2 re f Q"),
    )
    error = refusal(made)
    assert (error.code, error.detail["page"]) == ("proof.page_changed", 3)


def test_a_dot_beside_a_mark_is_refused(make_paper, mark):
    made = altered(
        mark(make_paper()),
        lambda pdf: pdf.pages[0].contents_add(b"q 0 0 0 rg 180 700 2 2 re f Q", prepend=True),
    )
    assert refusal(made).code == "proof.page_changed"


def test_a_mark_missing_on_one_page_is_refused(make_paper, mark):
    def drop(pdf):
        pdf.pages[1].Contents = Array(list(pdf.pages[1].Contents)[1:-1])

    made = altered(mark(make_paper(3), every=True), drop)
    assert refusal(made).code == "proof.second_reader"


def test_a_mark_whose_letters_do_not_show_is_refused(make_paper, mark):
    """The borders stand, the text is there for a reader, but no pixel of it is painted."""

    def hide(pdf):
        form = pdf.pages[0].Resources.XObject.Bmnn0
        form.write(form.read_bytes().replace(b"0 Tr", b"3 Tr"))

    made = altered(mark(make_paper()), hide)
    assert refusal(made).code == "proof.mark_not_shown"


def test_a_page_too_few_is_refused(make_paper, mark):
    made = altered(mark(make_paper(3)), lambda pdf: pdf.pages.__delitem__(2))
    assert refusal(made).code == "proof.second_reader"


def test_a_page_of_another_size_is_refused(make_paper, mark):
    def grow(pdf):
        pdf.pages[1].MediaBox = Array([0, 0, 595.276, 900])

    made = altered(mark(make_paper(2)), grow)
    error = refusal(made)
    assert (error.code, error.detail["page"]) == ("proof.page_changed", 2)


def rehearsed(make_paper, plan_for, work, tmp_path, *, paint):
    source, target = make_paper(), tmp_path / "rehearsed.pdf"
    with open_pdf(source, DEFAULT_LIMITS, work) as opened:
        frame = opened.frames[0]
        marks = plan_for(opened.frames, codes=True).marks
        words = rehearsal_overlay(frame.size, tuple(mark.box.grown(3) for mark in marks))
        overlay = PlannedMark(kind=MarkKind.REHEARSAL, drawing=words, page=1, box=frame.sheet)
        plan = MarkPlan(marks=(overlay, *marks))
        written = plan if paint else MarkPlan(marks=marks)
        write_marked(opened, written, target, mark_id="a", pack_id="b")
        return Pair(before=source, after=target, sizes=opened.sizes, work=work), plan


def test_marks_are_proven_inside_the_holes_of_the_rehearsal_words(
    make_paper, plan_for, work, tmp_path
):
    pair, plan = rehearsed(make_paper, plan_for, work, tmp_path, paint=True)
    assert len(prove_pdf(pair, plan)) == 4


def test_rehearsal_words_that_are_not_there_are_refused(make_paper, plan_for, work, tmp_path):
    pair, plan = rehearsed(make_paper, plan_for, work, tmp_path, paint=False)
    with pytest.raises(DocumentRefused) as caught:
        prove_pdf(pair, plan)
    assert caught.value.code == "proof.second_reader"


def test_progress_is_told_for_each_page(make_paper, mark):
    made = mark(make_paper(3))
    seen = []
    prove_pdf(made.pair, made.plan, seen.append)
    assert [(one.phase, one.page, one.pages) for one in seen] == [
        ("prove", page, 3) for page in (1, 2, 3)
    ]


def test_ink_of_a_mark_close_by_is_not_taken_for_ones_own():
    """An engine shades a pixel above a mark that begins just below what is looked at."""
    blank = Image.new("RGB", (200, 200), "white")
    page = blank.copy()
    drawing = ImageDraw.Draw(page)
    drawing.rectangle((20, 100, 60, 109), fill="black")
    drawing.rectangle((20, 113, 60, 120), fill="black")
    own, neighbour = Rect.of(5.08, 25.4, 10.41, 2.54), Rect.of(5.08, 29.05, 10.41, 1.6)
    inside = own.grown(0.81)
    difference = Difference(blank, page, 100)
    seen = difference.own_ink_box(inside, own, [neighbour])
    assert seen is not None
    assert abs(seen.bottom - own.bottom) < 0.1
    assert difference.own_ink_box(inside, own, []).bottom > own.bottom + 0.5

# SPDX-License-Identifier: Apache-2.0
"""The proof of a marked Word document, on papers that need no office suite."""

from __future__ import annotations

from dataclasses import replace

import pikepdf
import pytest
from pikepdf import Array

from bmnn_mark.documents.marks import MarkPlan
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.word.proof import prove_paper
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.worker import ignore_progress


def refusal(made, plan=None):
    with pytest.raises(DocumentRefused) as caught:
        prove_paper(made.pair, plan or made.plan, ignore_progress)
    return caught.value


def altered(made, change):
    with pikepdf.open(made.output, allow_overwriting_input=True) as pdf:
        change(pdf)
        pdf.save(made.output)
    return made


def moved(plan, kind, dx):
    return MarkPlan(
        marks=tuple(
            replace(mark, box=mark.box.moved(dx, 0)) if mark.kind is kind else mark
            for mark in plan.marks
        )
    )


def test_every_mark_is_measured(make_paper, mark):
    made = mark(make_paper(2), codes=True)
    shown = prove_paper(made.pair, made.plan, ignore_progress)
    assert [(one.kind, one.page) for one in shown] == [
        (one.kind, one.page) for one in made.plan.marks
    ]
    assert all(one.measured is not None for one in shown)


def test_a_level_mark_three_tenths_of_a_millimetre_off_is_refused(make_paper, mark):
    """Its edges are within the slack; its border is not where it was planned."""
    made = mark(make_paper())
    assert refusal(made, moved(made.plan, MarkKind.LEVEL, 0.3)).code == "proof.mark_not_shown"


@pytest.mark.parametrize("kind", [MarkKind.PAGE_CODE, MarkKind.CAPTION])
def test_a_strip_a_millimetre_off_is_refused(make_paper, mark, kind):
    made = mark(make_paper(), codes=True)
    assert refusal(made, moved(made.plan, kind, 1.2)).code == "proof.mark_not_shown"


def test_a_dot_elsewhere_is_refused(make_paper, mark):
    made = altered(
        mark(make_paper(2)),
        lambda pdf: pdf.pages[1].contents_add(b"q 0 0 0 rg 500 100 2 2 re f Q"),
    )
    error = refusal(made)
    assert (error.code, error.detail["page"]) == ("proof.page_changed", 2)


def test_a_mark_missing_is_refused_as_not_shown(make_paper, mark):
    def drop(pdf):
        pdf.pages[1].Contents = Array(list(pdf.pages[1].Contents)[1:-1])

    error = refusal(altered(mark(make_paper(2), every=True), drop))
    assert (error.code, error.detail["page"]) == ("proof.mark_not_shown", 2)


def test_a_mark_that_is_seen_but_cannot_be_read_is_refused(make_paper, mark):
    def without_letters(pdf):
        for font in pdf.pages[0].Resources.XObject.Bmnn0.Resources.Font.values():
            del font.ToUnicode

    assert refusal(altered(mark(make_paper()), without_letters)).code == "proof.second_reader"


@pytest.mark.parametrize("pages", [2, 4])
def test_another_number_of_pages_is_refused_by_its_own_name(make_paper, mark, pages):
    def change(pdf):
        if pages == 2:
            del pdf.pages[2]
        else:
            pdf.pages.append(pdf.pages[2])

    error = refusal(altered(mark(make_paper(3)), change))
    assert error.code == "docx.pages_changed"
    assert (error.detail["before"], error.detail["after"]) == (3, pages)

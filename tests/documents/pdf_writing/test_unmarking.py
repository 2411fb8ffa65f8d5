# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pikepdf
import pytest

from bmnn_mark.documents.marks import MarkPlan
from bmnn_mark.documents.pdf.proof import prove_pdf
from bmnn_mark.documents.pdf.unmarking import own_marks, remove_marks

CONTENTS = {
    "sound": b"q BT /F1 12 Tf 120 560 Td <4e6f692064756e67> Tj ET Q\n",
    "broken": b"1 0 0 -1 0 841 cm q q BT /F1 12 Tf 120 560 Td (Noi dung) Tj ET Q\n",
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_without_our_marks_the_document_shows_what_its_source_shows(paper, tmp_path, mark, content):
    for _ in range(2):
        paper.page(content)
    made = mark(paper.save(tmp_path / "source.pdf"), codes=True)
    bare = tmp_path / "bare.pdf"
    with pikepdf.open(made.output) as pdf:
        assert len(own_marks(pdf).marks) == 5
        assert remove_marks(pdf) == 5
        assert own_marks(pdf) is None
        pdf.save(bare)
    assert prove_pdf(replace(made.pair, after=bare), MarkPlan(marks=())) == ()
    assert b"LiberationSerif" not in bare.read_bytes()


def test_a_document_that_bears_none_of_ours_is_left_alone(make_paper):
    with pikepdf.open(make_paper(2)) as pdf:
        before = [page.obj.unparse() for page in pdf.pages]
        assert remove_marks(pdf) == 0
        assert [page.obj.unparse() for page in pdf.pages] == before


def test_a_document_can_be_marked_again_after_removal(make_paper, mark, tmp_path):
    made = mark(make_paper(2), codes=True)
    bare = tmp_path / "bare.pdf"
    with pikepdf.open(made.output) as pdf:
        remove_marks(pdf)
        pdf.save(bare)
    again = mark(bare, name="again.pdf", codes=True)
    assert len(prove_pdf(again.pair, again.plan)) == 5

# SPDX-License-Identifier: Apache-2.0
"""Our marks come out of a PDF, and what is left is shown to be what it should be."""

from __future__ import annotations

from dataclasses import replace

import pikepdf
import pytest

from bmnn_mark.documents import confined
from bmnn_mark.documents.marks import MarkPlan
from bmnn_mark.documents.model import UnmarkTask
from bmnn_mark.documents.pdf.bare import unmark_pdf
from bmnn_mark.documents.pdf.proof import prove_pdf
from bmnn_mark.documents.pdf.second_reader import read_bare
from bmnn_mark.documents.pdf.unmarking import own_marks
from bmnn_mark.documents.proof import prove_gone
from bmnn_mark.errors import DocumentRefused

CONTENTS = {
    "sound": b"q BT /F1 12 Tf 120 560 Td <4e6f692064756e67> Tj ET Q\n",
    "broken": b"1 0 0 -1 0 841 cm q q BT /F1 12 Tf 120 560 Td (Noi dung) Tj ET Q\n",
    "under the mark": b"q 0 0 1 rg 90 690 60 20 re f Q\n",
}
#: Drawn by somebody else on top: a red frame and a word that reads like a level.
FOREIGN = b"q 0.8 0 0 RG 300 600 80 24 re S BT /F1 13 Tf 310 606 Td (MAT) Tj ET Q\n"


@pytest.fixture
def unmark(work):
    def do(source, target):
        return unmark_pdf(UnmarkTask(source=str(source), target=str(target), work=str(work)))

    return do


def drawn_over(path, content, target):
    with pikepdf.open(path) as pdf:
        pdf.pages[0].contents_add(pdf.make_stream(content))
        pdf.save(target)
    return target


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_the_result_shows_what_the_source_shows(paper, tmp_path, mark, unmark, content):
    for _ in range(2):
        paper.page(content)
    made = mark(paper.save(tmp_path / "source.pdf"), every=True)
    bare = tmp_path / "bare.pdf"
    result = unmark(made.output, bare)
    assert result.removed == 2
    assert [(one.stamp, one.page) for one in result.marks] == [("toi-mat", 1), ("toi-mat", 2)]
    assert len(result.renderers) == 2
    assert prove_pdf(replace(made.pair, after=bare), MarkPlan(marks=())) == ()
    with pikepdf.open(bare) as pdf:
        assert own_marks(pdf) is None
    assert b"LiberationSerif" not in bare.read_bytes()


def test_the_same_document_gives_the_same_bytes(make_paper, mark, unmark, tmp_path):
    made = mark(make_paper(2))
    for name in ("a.pdf", "b.pdf"):
        unmark(made.output, tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_a_document_without_our_marks_is_left_alone(make_paper, unmark, tmp_path):
    result = unmark(make_paper(2), tmp_path / "bare.pdf")
    assert (result.removed, result.renderers) == (0, ())
    assert result.output_sha256 == result.source_sha256
    assert not (tmp_path / "bare.pdf").exists()


def test_what_others_drew_stays(make_paper, mark, unmark, tmp_path):
    source = make_paper()
    made = mark(source)
    wanted = drawn_over(source, FOREIGN, tmp_path / "wanted.pdf")
    bare = tmp_path / "bare.pdf"
    assert unmark(drawn_over(made.output, FOREIGN, tmp_path / "theirs.pdf"), bare).removed == 1
    pair = replace(made.pair, before=wanted, after=bare)
    assert prove_pdf(pair, MarkPlan(marks=())) == ()


@pytest.mark.parametrize("pages", [slice(None), slice(1, 2)], ids=["whole", "one page of it"])
def test_a_numbered_copy_stays_what_it_is(make_paper, mark, work, tmp_path, pages):
    copy, target = tmp_path / "copy.pdf", tmp_path / "bare.pdf"
    with pikepdf.open(mark(make_paper(2), codes=True).output) as pdf:
        del pdf.pages[: pages.start or 0]
        pdf.save(copy)
    task = UnmarkTask(source=str(copy), target=str(target), work=str(work))
    with pytest.raises(DocumentRefused, match=r"marks\.is_numbered_copy"):
        confined.unmark_pdf(task)
    assert not target.exists()


def test_marks_that_another_program_rewrote_are_refused(make_paper, mark, unmark, tmp_path):
    rewritten = tmp_path / "rewritten.pdf"
    with pikepdf.open(mark(make_paper()).output) as pdf:
        pdf.pages[0].contents_coalesce()
        pdf.save(rewritten)
    with pytest.raises(DocumentRefused, match=r"marks\.rewritten"):
        unmark(rewritten, tmp_path / "bare.pdf")


def test_a_mark_that_was_covered_is_not_called_gone(make_paper, mark, unmark, tmp_path):
    white = b"q 1 g 0 650 300 192 re f Q\n"
    covered = drawn_over(mark(make_paper()).output, white, tmp_path / "covered.pdf")
    with pytest.raises(DocumentRefused, match=r"proof\.mark_not_gone"):
        unmark(covered, tmp_path / "bare.pdf")
    assert not (tmp_path / "bare.pdf").exists()


def test_more_gone_than_our_marks_is_refused(make_paper, mark, paper, tmp_path):
    made = mark(make_paper())
    with pikepdf.open(made.output) as pdf:
        marks = own_marks(pdf).marks
    paper.page(b"q Q\n")
    blank = paper.save(tmp_path / "blank.pdf")
    with pytest.raises(DocumentRefused, match=r"proof\.page_changed"):
        prove_gone(replace(made.pair, before=made.output, after=blank), marks)


def test_a_mark_that_is_still_there_is_refused(make_paper, mark):
    made = mark(make_paper())
    with pikepdf.open(made.output) as pdf:
        marks = own_marks(pdf).marks
    with pytest.raises(DocumentRefused, match=r"proof\.mark_not_gone"):
        prove_gone(replace(made.pair, before=made.output), marks)
    with pytest.raises(DocumentRefused, match=r"proof\.second_reader"):
        read_bare(made.output, 1)
    with pytest.raises(DocumentRefused, match=r"proof\.second_reader"):
        read_bare(made.source, 2)
    read_bare(made.source, 1)

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib

import pikepdf
import pytest

from bmnn_mark.documents import confined
from bmnn_mark.documents.model import MarkKind, MarkRequest, MarkTask
from bmnn_mark.documents.pdf import marking
from bmnn_mark.errors import DocumentRefused, RulesRefused
from bmnn_mark.rules import Level
from bmnn_mark.units import Mm, Point


def task(source, target, work, **request):
    wanted = {"level": Level.TOI_MAT, "pack": "nd63-2026", "mark_id": "0123abcd", **request}
    return MarkTask(
        source=str(source), target=str(target), work=str(work), request=MarkRequest(**wanted)
    )


def test_a_document_is_marked_and_the_result_says_how_it_was_proven(make_paper, work, tmp_path):
    source, target = make_paper(2), tmp_path / "out.pdf"
    result = confined.mark_pdf(task(source, target, work))
    assert result.pages == 2
    assert [mark.kind for mark in result.marks] == [MarkKind.LEVEL]
    assert result.source_sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert result.output_sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert [name.split()[0] for name in result.renderers] == ["pdfium", "poppler"]
    assert result.slots == ()
    assert not result.unchanged


def test_copies_get_slots_for_every_page(make_paper, work, tmp_path):
    result = confined.mark_pdf(task(make_paper(2), tmp_path / "out.pdf", work, copies=3))
    assert {slot.name for slot in result.slots} == {
        "copy-number", "caption", "code:1", "code:2", "id",
    }  # fmt: skip


def test_copies_without_codes_get_none(make_paper, work, tmp_path):
    result = confined.mark_pdf(
        task(make_paper(2), tmp_path / "out.pdf", work, copies=3, page_code=False)
    )
    assert {slot.name for slot in result.slots} == {"copy-number", "id"}


def test_a_rehearsal_is_marked_and_proven(make_paper, work, tmp_path):
    result = confined.mark_pdf(
        task(make_paper(2), tmp_path / "out.pdf", work, copies=2, rehearsal=True)
    )
    assert sum(mark.kind is MarkKind.REHEARSAL for mark in result.marks) == 2


def test_the_same_request_again_changes_nothing(make_paper, work, tmp_path):
    marked = tmp_path / "marked.pdf"
    first = confined.mark_pdf(task(make_paper(2), marked, work))
    again = confined.mark_pdf(task(marked, tmp_path / "again.pdf", work))
    assert again.unchanged
    assert not (tmp_path / "again.pdf").exists()
    assert again.output_sha256 == first.output_sha256
    assert [(m.kind, m.stamp, m.page, m.box) for m in again.marks] == [
        (m.kind, m.stamp, m.page, m.box) for m in first.marks
    ]


@pytest.mark.parametrize(
    "other", [{"mark_id": "ffff"}, {"pack": "tt24-2020"}], ids=["request", "rules"]
)
def test_marks_of_another_request_are_refused(make_paper, work, tmp_path, other):
    marked = tmp_path / "marked.pdf"
    confined.mark_pdf(task(make_paper(), marked, work))
    with pytest.raises(DocumentRefused) as caught:
        confined.mark_pdf(task(marked, tmp_path / "again.pdf", work, **other))
    assert caught.value.code == "marks.already_marked"


def test_our_marks_are_known_after_another_program_rewrote_the_page(make_paper, work, tmp_path):
    marked, rewritten = tmp_path / "marked.pdf", tmp_path / "rewritten.pdf"
    confined.mark_pdf(task(make_paper(), marked, work))
    with pikepdf.open(marked) as pdf:
        pdf.pages[0].contents_coalesce()
        pdf.save(rewritten)
    with pytest.raises(DocumentRefused) as caught:
        confined.mark_pdf(task(rewritten, tmp_path / "again.pdf", work))
    assert caught.value.code == "marks.already_marked"


def test_nothing_is_left_where_a_proof_fails(make_paper, work, tmp_path, monkeypatch):
    def fails(*_, **__):
        raise DocumentRefused("proof.page_changed", page=1, engine="pdfium")

    monkeypatch.setattr(marking, "prove_pdf", fails)
    target = tmp_path / "out.pdf"
    with pytest.raises(DocumentRefused):
        marking.mark_pdf(task(make_paper(), target, work))
    assert not target.exists()


def test_a_place_outside_the_page_is_refused_and_nothing_is_left(make_paper, work, tmp_path):
    target = tmp_path / "out.pdf"
    with pytest.raises(DocumentRefused) as caught:
        confined.mark_pdf(task(make_paper(), target, work, at=Point(Mm(200), Mm(290))))
    assert caught.value.code == "marks.no_room"
    assert not target.exists()


def test_an_unknown_pack_is_refused(make_paper, work, tmp_path):
    with pytest.raises(RulesRefused):
        confined.mark_pdf(task(make_paper(), tmp_path / "out.pdf", work, pack="none"))

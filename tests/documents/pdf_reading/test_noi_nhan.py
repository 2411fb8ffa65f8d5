# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pikepdf
import pytest

from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf import noi_nhan
from bmnn_mark.documents.pdf.text import page_text, text_lines
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import Copying

GIVEN = {"copies": 5, "drafter": "Người Mẫu", "copying": Copying.FORBIDDEN}


def _added(plan):
    marks = [one for one in plan.marks if one.kind is MarkKind.NOI_NHAN]
    return [run.text for one in marks for run in one.drawing.operations]


@pytest.mark.parametrize("paper", ["plan", "spaced"])
def test_lines_are_added_at_the_end_of_the_block(papers, plan_of, opened, paper):
    plan = plan_of(papers[paper], **GIVEN)
    assert _added(plan) == [
        "- Số lượng bản phát hành: 05;",
        "- Người soạn thảo: Người Mẫu;",
        "- Không được phép sao, chụp.",
    ]
    (mark,) = [one for one in plan.marks if one.kind is MarkKind.NOI_NHAN]
    with opened(papers[paper]) as document, pdfium_pages(document.path) as engine:
        lines = text_lines(engine, document.frames[mark.page - 1])
    (last,) = [line for line in lines if line.text.startswith("- Lưu")]
    assert mark.box.x == pytest.approx(last.box.x, abs=0.3)
    assert 0 < mark.box.y - last.box.bottom < 2


def test_what_is_stated_already_is_not_said_twice(papers, plan_of):
    assert _added(plan_of(papers["stated"], **GIVEN)) == ["- Người soạn thảo: Người Mẫu;"]


def test_without_values_nothing_is_added(papers, plan_of):
    assert _added(plan_of(papers["plan"])) == []


@pytest.mark.parametrize(
    "fields", [{"copies": 6}, {"copies": 5, "copying": Copying.ALLOWED}], ids=["number", "copying"]
)
def test_a_document_that_says_otherwise_is_refused(papers, plan_of, fields):
    with pytest.raises(DocumentRefused) as refusal:
        plan_of(papers["stated"], **fields)
    assert refusal.value.code == "noi_nhan.disagrees"


def test_another_number_on_the_filing_line_is_noticed(papers, plan_of):
    (notice,) = plan_of(papers["stated"], copies=5).notices
    assert notice.code == "noi_nhan.filed_number"
    assert notice.detail == {"stated": 10, "asked": 5}


def test_a_document_without_the_block_is_noticed_or_refused(papers, plan_of):
    assert [one.code for one in plan_of(papers["bare"], **GIVEN).notices] == ["noi_nhan.absent"]
    with pytest.raises(DocumentRefused) as refusal:
        plan_of(papers["bare"], **GIVEN, require_noi_nhan=True)
    assert refusal.value.code == "noi_nhan.required"


def test_where_only_a_block_is_asked_for_pages_are_read_from_the_end(
    papers, plan_of, tmp_path, monkeypatch
):
    many, read = tmp_path / "many.pdf", []
    with pikepdf.new() as pdf:
        for name in ("bare", "plan", "bare", "plan"):
            with pikepdf.open(papers[name]) as one:
                pdf.pages.extend(one.pages)
        pages = len(pdf.pages)
        pdf.save(many)

    def reading(engine, page):
        read.append(page)
        return page_text(engine, page)

    monkeypatch.setattr(noi_nhan, "page_text", reading)
    assert [one.code for one in plan_of(many).notices if one.code == "noi_nhan.absent"] == []
    assert read == [pages]
    read.clear()
    (mark,) = [one for one in plan_of(many, **GIVEN).marks if one.kind is MarkKind.NOI_NHAN]
    assert read == list(range(1, mark.page + 1))
    assert mark.page < pages


def test_a_block_at_the_foot_of_the_page_has_no_room(papers, plan_of):
    with pytest.raises(DocumentRefused) as refusal:
        plan_of(papers["full"], **GIVEN)
    assert refusal.value.code == "noi_nhan.no_room"


def test_nothing_is_written_into_the_middle_of_a_block_that_runs_over_the_page(papers, plan_of):
    with pytest.raises(DocumentRefused) as refusal:
        plan_of(papers["split"], **GIVEN)
    assert refusal.value.code == "noi_nhan.split"
    assert _added(plan_of(papers["split"])) == []


def test_what_is_stated_on_the_page_that_a_block_runs_over_to_is_seen(papers, plan_of):
    given = {"copies": 5, "copying": Copying.FORBIDDEN}
    assert _added(plan_of(papers["over"], **given)) == []
    with pytest.raises(DocumentRefused) as refusal:
        plan_of(papers["over"], **(given | {"copies": 6}))
    assert refusal.value.code == "noi_nhan.disagrees"
    with pytest.raises(DocumentRefused) as refusal:
        plan_of(papers["over"], **GIVEN)
    assert refusal.value.code == "noi_nhan.split"

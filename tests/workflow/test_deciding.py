# SPDX-License-Identifier: Apache-2.0
"""Decisions: entered for a document and its copies, told to holders, stamped on held paper."""

import subprocess
from datetime import date

import pikepdf
import pypdfium2
import pytest
from docx import Document

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.register.life import CopyAct, DocumentAct, Standing
from bmnn_mark.rules import Level
from bmnn_mark.workflow.deciding import DecisionOrder, decide
from bmnn_mark.workflow.living import ActOrder, act_on_copies
from bmnn_mark.workflow.naming import Naming
from bmnn_mark.workflow.terms import ending_within

TODAY = date(2026, 11, 22)


@pytest.fixture
def office(tmp_path, life_office):
    return life_office(tmp_path / "data")


@pytest.fixture
def out(office, issue):
    """A document of which copies 1 and 2 are with their holders."""
    made = issue(office)
    naming = Naming(words=(made.document_id,), copies=(1, 2))
    act_on_copies(office, ActOrder(naming=naming, act=CopyAct.HANDED_OVER, on=TODAY, actor="An"))
    return made


def order(act, *, on=TODAY, words=None, **more):
    said = {"decision": "9/QĐ", "reason": "theo rà soát"} if words is None else words
    return DecisionOrder(
        document="12/BC-SM", act=DocumentAct(act), on=on, actor="An", words=said, **more
    )


def refused(office, asked):
    with pytest.raises(BmnnMarkError) as caught:
        decide(office, asked)
    return caught.value.code


def test_a_recall_names_who_holds_what_and_writes_to_each(office, out, tmp_path):
    folder = tmp_path / "thu-hoi"
    report = decide(office, order("recalled", until=date(2026, 12, 1), folder=folder))
    assert [(one.party, [copy.copy for copy in one.copies]) for one in report.tell] == [
        ("Phòng A", [1]),
        ("Phòng B", [2]),
    ]
    assert [one.copy for one in report.here] == [3]
    assert {path.name for path in folder.iterdir()} == {
        "thong-bao-01.docx", "thong-bao-02.docx", "danh-sach.docx"
    }  # fmt: skip
    text = "\n".join(one.text for one in Document(folder / "thong-bao-02.docx").paragraphs)
    assert "Phòng B" in text
    assert "Phòng A" not in text
    row = office.open_register().document(out.document_id).document
    assert row.standing is Standing.RECALLED
    assert refused(office, order("recalled")) == "register.wrong_document_act"


def test_nothing_is_left_where_the_decision_cannot_be_entered(office, out, tmp_path):
    folder = tmp_path / "ra"
    bare = order("recalled", words={}, folder=folder)
    assert refused(office, bare) == "input.needed"
    assert not folder.exists()
    assert refused(office, order("relevelled", level=Level.TOI_MAT)) == "register.same_level"
    assert refused(office, order("relevelled")) == "input.needed"
    assert refused(office, order("declassified", on=date(2026, 11, 23))) == "input.act_to_come"
    assert refused(office, order("declassified", on=date(2026, 11, 4))) == "input.not_before"
    folder.mkdir()
    (folder / "thong-bao-01.docx").touch()
    assert refused(office, order("recalled", folder=folder)) == "output.exists"
    assert office.open_register().document(out.document_id).document.standing is Standing.IN_FORCE


def test_declassifying_tells_by_when_and_draws_the_stamp_alone(office, out, tmp_path):
    folder = tmp_path / "giai-mat"
    report = decide(office, order("declassified", folder=folder))
    assert (report.tell_until, report.tell_provenance) == (date(2026, 12, 7), "read")
    assert "Luật 117/2025/QH15" in report.tell_source
    box = report.stamp.mark.box
    assert (box.x, box.y, box.width, box.height) == pytest.approx((30, 55, 30, 13))
    assert not report.stamp.from_file
    with pikepdf.open(folder / "dau.pdf") as pdf:
        assert len(pdf.pages) == 1
        assert [float(one) for one in pdf.pages[0].mediabox[2:]] == pytest.approx(
            [595.276, 841.89], abs=0.01
        )
    text = subprocess.run(
        ["pdftotext", folder / "dau.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "GIẢI MẬT" in text
    assert "TỐI MẬT" not in text
    row = office.open_register().document(out.document_id).document
    assert row.standing is Standing.DECLASSIFIED


@pytest.mark.parametrize("rehearsal", [True, False])
def test_a_rehearsals_stamp_alone_is_worth_nothing_either(life_office, issue, tmp_path, rehearsal):
    office = life_office(tmp_path / "data", rehearsal=rehearsal)
    issue(office)
    folder = tmp_path / "ra"
    decide(office, order("declassified", folder=folder))
    with pypdfium2.PdfDocument(folder / "dau.pdf") as pdf:
        shown = pdf[0].render(scale=0.5).to_pil().convert("RGB").getcolors(1 << 16)
    words = sum(many for many, colour in shown if colour == (190, 190, 190))
    assert (words > 500) is rehearsal


def test_the_document_itself_says_where_the_stamp_stands(office, out, tmp_path, sample_pdf):
    folder = tmp_path / "ra"
    asked = order("relevelled", level=Level.MAT, file=sample_pdf, folder=folder)
    report = decide(office, asked)
    assert report.stamp.from_file
    assert {one.rpartition("/")[2] for one in report.outputs} >= {"mau.marked.pdf", "dau.pdf"}
    assert (report.level_before, report.level) == (Level.TOI_MAT, Level.MAT)
    assert office.open_register().document(out.document_id).document.level is Level.MAT


def test_a_part_that_is_released_leaves_the_rest_as_it_was(office, out):
    report = decide(office, order("declassified", partly=True))
    assert report.stamp is None
    row = office.open_register().document(out.document_id).document
    assert row.standing is Standing.IN_FORCE
    assert refused(office, order("relevelled", level=Level.MAT, partly=True)) == "input.needed"


def test_an_extension_ends_after_the_term_there_is(office, out):
    # Tối mật: 20 years from 2026-11-05
    early = order("extended", until=date(2046, 11, 5))
    assert refused(office, early) == "input.term_not_later"
    assert refused(office, order("extended")) == "input.needed"
    decide(office, order("extended", until=date(2050, 1, 1)))
    assert refused(office, order("extended", until=date(2049, 1, 1))) == "input.term_not_later"
    (found,) = ending_within(office, 366 * 24)
    assert (found.end.day, found.end.stated) == (date(2050, 1, 1), True)


def test_terms_that_end_are_told_with_what_they_rest_on(office, issue):
    from bmnn_mark.register.port import DocumentIdentity

    old = DocumentIdentity(agency="SỞ MẪU", number_sign="1/BC", dated=date(2016, 12, 1))
    issue(office, identity=old, level=Level.MAT, pack="tt24-2020")
    issue(office)
    (found,) = ending_within(office, 30)
    assert (found.end.day, found.days_left, found.end.years) == (date(2026, 12, 1), 9, 10)
    assert found.end.provenance == "read"
    assert "Điều 19" in found.end.source
    assert ending_within(office, 8) == ()

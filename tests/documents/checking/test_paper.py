# SPDX-License-Identifier: Apache-2.0
"""Nơi nhận, numbers of copies and pages, term: on the sample and on what became of it."""

import pikepdf
import pytest

from bmnn_mark.documents import confined
from bmnn_mark.documents.checking.model import CheckTask
from bmnn_mark.documents.checking.word import check_docx
from bmnn_mark.documents.findings import Severity
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest, MarkTask
from bmnn_mark.documents.pdf.marking import mark_pdf
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Copying, Level, Urgency, load_pack
from bmnn_mark.stamps.compose import copy_number_mark, level_mark, text_lines
from bmnn_mark.stamps.model import Face
from bmnn_mark.units import Mm, Point, Rect
from tests.documents.checking.conftest import PACK, Drawn, amiss, scan

RULES = load_pack(PACK)
LEVEL = level_mark(RULES, Level.MAT)
BLOCK = ("Nơi nhận:", "- UBND tỉnh;", "- Lưu: VT, TH.")
WHOLE = (
    *BLOCK[:2],
    "- Số lượng bản phát hành: 05;",
    "- Người soạn thảo: Nguyễn Văn A;",
    "- Không được phép sao, chụp.",
    BLOCK[2],
)  # fmt: skip


@pytest.fixture
def paper(tmp_path):
    """A blank page with a độ mật mark and lines of text at the foot."""

    def make(lines, number=None):
        blank = tmp_path / "blank.pdf"
        pdf = pikepdf.new()
        pdf.add_blank_page(page_size=(595.276, 841.89))
        pdf.save(blank)
        drawings = [Drawn(LEVEL)]
        if lines:
            text = text_lines(tuple(lines), Face.REGULAR, 11)
            drawings.append(Drawn(text, Point(Mm(30), Mm(220)), MarkKind.NOI_NHAN))
        if number is not None:
            mark = copy_number_mark(RULES, *number)
            drawings.append(Drawn(mark, Point(Mm(160), Mm(8)), MarkKind.COPY_NUMBER))
        marks = tuple(
            PlannedMark(
                kind=one.kind, drawing=one.drawing, page=1, box=Rect.at(one.at, one.drawing.size)
            )
            for one in drawings
        )
        with open_pdf(blank, DEFAULT_LIMITS, tmp_path) as opened:
            write_marked(
                opened, MarkPlan(marks=marks), tmp_path / "paper.pdf", mark_id="a", pack_id=PACK
            )
        return tmp_path / "paper.pdf"

    return make


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (WHOLE, {"copy_number_missing"}),
        (BLOCK, {"noi_nhan_copies", "noi_nhan_drafter", "noi_nhan_copying"}),
        (WHOLE[:1] + WHOLE[2:], {"noi_nhan_recipients", "copy_number_missing"}),
        ((*WHOLE, "- Được phép sao, chụp."), {"noi_nhan_unclear", "copy_number_missing"}),
        ((*WHOLE, "- Số lượng bản phát hành: 7;"), {"copies_unclear"}),
        (("Kính gửi: UBND tỉnh",), {"noi_nhan_missing"}),
    ],
    ids=["whole", "none", "recipients", "both", "two-numbers", "no-block"],
)
def test_the_block_noi_nhan_has_its_findings(paper, check, lines, expected):
    assert amiss(check(paper(lines))) == expected


def test_a_number_in_short_is_for_a_person_to_see(paper, check):
    lines = (*BLOCK[:2], "- Không được phép sao, chụp;", "- Lưu: VT, TH (05b).")
    findings = {one.code: one for one in check(paper(lines)).findings}
    assert findings["finding.noi_nhan_copies"].severity is Severity.WARNING
    assert "Điều 2 khoản 1" in findings["finding.noi_nhan_copies"].basis.source.text


@pytest.mark.parametrize(("number", "expected"), [((3, 5), set()), ((7, 9), {"copies_disagree"})])
def test_the_copy_number_agrees_with_the_number_of_copies(paper, check, number, expected):
    assert amiss(check(paper(WHOLE, number))) == expected


def test_pages_are_numbered_from_the_second(sample, check, tmp_path):
    assert amiss(check(sample), "page") == set()
    bare = tmp_path / "bare.pdf"
    with pikepdf.open(sample) as pdf:
        for page in list(pdf.pages)[1:]:
            page.CropBox = [0, 0, 595, 785]
        pdf.save(bare)
    [finding] = [one for one in check(bare).findings if "page_number" in one.code]
    assert (finding.page, finding.detail["pages"]) == (2, 2)


def test_a_scan_is_not_said_to_lack_what_cannot_be_read(stamped, check, tmp_path):
    result = check(scan(stamped(LEVEL), tmp_path / "scan.pdf"))
    assert amiss(result, "noi_nhan", "page", "copies") == {"noi_nhan_unread"}
    assert "finding.no_text" in {one.code for one in result.findings}


def test_the_term_of_the_law_is_a_note(paper, check):
    [note] = [one for one in check(paper(WHOLE)).findings if one.code == "finding.term_not_stated"]
    assert note.severity is Severity.NOTE
    assert note.detail == {"level": "mat", "years": 10}


@pytest.mark.parametrize("as_docx", [False, True], ids=["pdf", "docx"])
def test_what_we_stamp_checks_without_a_finding(sample, tmp_path, as_docx):
    write_sample(tmp_path / "sample.docx")
    request = MarkRequest(
        level=Level.TOI_MAT, pack=PACK, urgency=Urgency.KHAN, copying=Copying.FORBIDDEN,
        drafter="Nguyễn Văn A", copies=5,
    )  # fmt: skip
    target = tmp_path / "marked"
    task = MarkTask(
        source=str(tmp_path / "sample.docx" if as_docx else sample),
        target=str(target), work=str(tmp_path), request=request,
    )  # fmt: skip
    marked = (confined.mark_docx if as_docx else confined.mark_pdf)(task)
    stamps = [one.stamp for one in marked.certificates]
    assert stamps == ["toi-mat", "khan", "ban-so"]
    assert all(one.holds and one.dpi == 600 for one in marked.certificates)
    looked = CheckTask(source=str(target), work=str(tmp_path), pack=PACK, level=Level.TOI_MAT)
    result = (confined.check_docx if as_docx else confined.check_pdf)(looked)
    assert amiss(result) == set()
    assert "finding.label_ours" in {one.code for one in result.findings}
    assert [one.stamp for one in result.certificates] == stamps


@pytest.mark.parametrize(
    ("shape", "level"),
    [
        ({"Rotate": 90}, Level.MAT),
        ({"Rotate": 180}, Level.TOI_MAT),
        ({"Rotate": -90}, Level.TUYET_MAT),
        ({"CropBox": [40, 60, 560, 800]}, Level.TUYET_MAT),
    ],
    ids=["90", "180", "-90", "crop"],
)
def test_a_mark_of_ours_is_right_on_pages_of_any_shape(first_page, check, tmp_path, shape, level):
    odd, target = tmp_path / "odd.pdf", tmp_path / "marked.pdf"
    with pikepdf.open(first_page) as pdf:
        for key, value in shape.items():
            pdf.pages[0].obj[f"/{key}"] = value
        pdf.save(odd)
    request = MarkRequest(level=level, pack=PACK)
    mark_pdf(MarkTask(source=str(odd), target=str(target), work=str(tmp_path), request=request))
    assert amiss(check(target, level=level), "level", "mark", "label") == set()


def test_a_docx_is_looked_at_on_paper_and_left_alone(tmp_path):
    write_sample(tmp_path / "sample.docx")
    before = (tmp_path / "sample.docx").read_bytes()
    paper = tmp_path / "paper.pdf"
    task = CheckTask(
        source=str(tmp_path / "sample.docx"), work=str(tmp_path), pack=PACK, paper=str(paper)
    )
    result = check_docx(task)
    assert "finding.level_missing" in {one.code for one in result.findings}
    assert (tmp_path / "sample.docx").read_bytes() == before
    assert paper.read_bytes().startswith(b"%PDF")

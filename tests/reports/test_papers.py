# SPDX-License-Identifier: Apache-2.0
"""Letters, minutes and books as files: what stands on them, what does not, and how they look."""

import re
import subprocess
import sys
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from bmnn_mark.errors import DocumentRefused, UsageRefused
from bmnn_mark.i18n import Lang, has_words, words
from bmnn_mark.register.figure_rows import (
    ActFigure,
    CarrierFigure,
    Figures,
    HeldFigure,
    ProtectedFigure,
)
from bmnn_mark.register.life import CopyAct, Direction, IncidentKind, Standing, Whereabouts
from bmnn_mark.reports import figures as tables
from bmnn_mark.reports.charts import Bar, Group, bar_chart
from bmnn_mark.reports.letters import Change, ChangeNotice, HolderList, RecallLetter
from bmnn_mark.reports.listing import ListedCopy, Person
from bmnn_mark.reports.minutes import DestructionMinutes, HandOverSlip
from bmnn_mark.reports.paper import Align, Column, Letterhead, Paper, Signature, Table, Text
from bmnn_mark.reports.plan import QUESTIONS, Answer, plan_table
from bmnn_mark.reports.writing import write_paper
from bmnn_mark.rules import Level

DAY = date(2026, 2, 3)
HEAD = Letterhead(
    agency="Sở Mẫu", superior="UBND tỉnh Mẫu", number_sign="45/TB-SM", place="Mẫu", on=DAY
)
AN, BINH = Person(name="Trần Thị An", office="Văn thư"), Person(name="Lê Văn Bình")


def copy(number=1, level=Level.TOI_MAT, **more):
    return ListedCopy(
        number_sign="12/BC-SM", dated=DAY, level=level, copy=number, of=5, pages=3, **more
    )


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LETTERS = {
    "recall": RecallLetter(
        head=HEAD,
        addressee="Văn phòng UBND tỉnh Mẫu",
        copies=(copy(since=DAY), copy(2, due=DAY)),
        reason="có nội dung đính chính",
        until=date(2026, 12, 1),
        signature=Signature(title="KT. GIÁM ĐỐC\nPHÓ GIÁM ĐỐC", name="Nguyễn Văn Mẫu"),
    ),
    "holders": HolderList(head=HEAD, copies=(copy(holder="Sở Ví dụ"),), until=DAY),
    "destruction": DestructionMinutes(
        head=HEAD, on=DAY, people=(AN, BINH), reason="bản thừa", copies=(copy(), copy(2))
    ),
    "change": ChangeNotice(
        head=HEAD,
        addressee="Sở Ví dụ",
        change=Change.RELEVELLED,
        level=Level.MAT,
        copies=(copy(3),),
        since=DAY,
        until=date(2026, 2, 18),
    ),
    "slip": HandOverSlip(head=HEAD, on=None, giver=AN, receiver=BINH, copies=(copy(),)),
}
SAYS = {
    "recall": ("THÔNG BÁO", "thu hồi 2 bản", "ngày 01 tháng 12 năm 2026", "PHÓ GIÁM ĐỐC"),
    "holders": ("DANH SÁCH", "Sở Ví dụ", "Ngày nộp lại, ký xác nhận"),
    "destruction": ("BIÊN BẢN", "Lý do tiêu hủy: bản thừa", "Trần Thị An", "Lê Văn Bình"),
    "change": ("điều chỉnh thành Mật", "18/02/2026"),
    "slip": ("PHIẾU GIAO NHẬN", "NGƯỜI GIAO", "NGƯỜI NHẬN", "đủ 1 bản"),
}


def plain(path):
    """All text of a Word document, a line for each paragraph, headers and footers among it."""
    lines = []
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if re.fullmatch(r"word/(document|header\d|footer\d)\.xml", name):
                root = ElementTree.fromstring(package.read(name))
                lines += ["".join(one.itertext()) for one in root.iter(f"{{{WORD}}}p")]
    return "\n".join(lines)


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_says_what_it_has_to_and_whose_words_they_are(name, tmp_path):
    made = write_paper(LETTERS[name].paper(), tmp_path / "giay.docx", rehearsal=False)
    text = plain(made.path)
    everywhere = (
        "12/BC-SM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SỞ MẪU", "Số: 45/TB-SM",
        "Mẫu, ngày 03 tháng 02 năm 2026", "lời văn do chương trình",
    )  # fmt: skip
    for said in (*SAYS[name], *everywhere):
        assert said in text
    assert made.handle_at is Level.TOI_MAT
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_a_letter_is_a_page_of_a4_in_the_type_of_the_forms(tmp_path):
    recall = write_paper(LETTERS["recall"].paper(), tmp_path / "thu-hoi.pdf", rehearsal=False)
    assert recall.pages == 1
    page = PdfReader(recall.path).pages[0]
    assert [round(float(side) * 25.4 / 72) for side in page.mediabox[2:]] == [210, 297]
    text = page.extract_text()
    assert "Đề nghị nộp lại đủ các bản nói trên" in " ".join(text.split())
    fonts = {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}
    assert all("LiberationSerif" in font for font in fonts)


def test_the_same_paper_gives_the_same_bytes(tmp_path):
    for kind in ("docx", "xlsx"):
        made = {
            write_paper(
                LETTERS["destruction"].paper(), tmp_path / f"{n}.{kind}", rehearsal=False
            ).sha256
            for n in range(2)
        }
        assert len(made) == 1


def test_one_person_cannot_destroy_alone():
    alone = DestructionMinutes(
        head=HEAD, on=DAY, people=(AN, Person(name="trần thị an")), reason="…", copies=(copy(),)
    )
    with pytest.raises(UsageRefused, match="two_people"):
        alone.paper()


@pytest.mark.parametrize(("change", "needs"), [("relevelled", "level"), ("extended", "term")])
def test_a_notice_of_a_change_must_say_what_it_became(change, needs):
    notice = ChangeNotice(
        head=HEAD, addressee="Sở", change=Change(change), copies=(copy(),), since=DAY
    )
    with pytest.raises(UsageRefused) as refused:
        notice.paper()
    assert refused.value.detail["field"] == needs


@pytest.mark.parametrize("change", Change)
def test_every_change_has_a_notice(change, tmp_path):
    notice = ChangeNotice(
        head=HEAD, addressee="Sở", change=change, copies=(copy(),), since=DAY,
        level=Level.TUYET_MAT, term=date(2040, 1, 1),
    )  # fmt: skip
    text = plain(write_paper(notice.paper(), tmp_path / "tb.docx", rehearsal=False).path)
    assert "Kính gửi: Sở" in text
    assert notice.paper().handle_at is Level.TUYET_MAT


def test_a_file_of_another_kind_or_one_that_is_there_is_refused(tmp_path):
    paper = LETTERS["slip"].paper()
    with pytest.raises(UsageRefused, match="kind_unknown"):
        write_paper(paper, tmp_path / "giay.odt", rehearsal=False)
    write_paper(paper, tmp_path / "giay.docx", rehearsal=False)
    with pytest.raises(DocumentRefused, match=r"output\.exists"):
        write_paper(paper, tmp_path / "giay.docx", rehearsal=False)


# --- Tables


def sheet_cells(path, index):
    """A sheet's cells by place: (type, text), as a spreadsheet program would read them."""
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(path) as package:
        strings = ElementTree.fromstring(package.read("xl/sharedStrings.xml"))
        texts = ["".join(one.itertext()) for one in strings.findall("m:si", space)]
        sheet = ElementTree.fromstring(package.read(f"xl/worksheets/sheet{index}.xml"))
    cells = {}
    for cell in sheet.iter(f"{{{space['m']}}}c"):
        assert cell.find("m:f", space) is None, "a formula"
        value = cell.findtext("m:v", "", space)
        kind = cell.get("t", "n")
        cells[cell.get("r")] = (kind, texts[int(value)] if kind == "s" else value)
    return cells


def table_paper(rows, **more):
    columns = (Column(heading="Chữ"), Column(heading="Số", align=Align.RIGHT))
    table = Table(columns=columns, rows=rows, caption="Bảng: [một]*?", **more)
    return Paper(title="BẢNG", blocks=(Text(text="Đoạn"), table))


def test_a_full_disk_leaves_no_spreadsheet_and_no_talk_of_the_library(tmp_path):
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from bmnn_mark.errors import DocumentRefused\n"
        "from bmnn_mark.reports.paper import Paper\n"
        "from bmnn_mark.reports.writing import write_paper\n"
        "paper = Paper(title='x', blocks=())\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
        "try: write_paper(paper, Path(sys.argv[1]), rehearsal=False)\n"
        "except DocumentRefused as error: print(error.code)\n"
    )
    target = tmp_path / "a.xlsx"
    words = [sys.executable, "-c", code, target]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("output.unwritable\n", "")
    assert not target.exists()


def test_no_cell_of_a_spreadsheet_is_a_formula_or_a_link(tmp_path):
    rows = (
        ("=1+1", 7), ("@SUM(A1)", 0), ("+84", 1), ("https://example.org", 2), ("007", 3), ("", 4),
    )  # fmt: skip
    made = write_paper(table_paper(rows, numbered=True), tmp_path / "b.xlsx", rehearsal=False)
    cells = sheet_cells(made.path, 2)
    for place, (text, number) in enumerate(rows, 3):
        if text:
            assert cells[f"A{place}"] == ("s", text)
        assert cells[f"B{place}"] == ("n", str(number))
    with zipfile.ZipFile(made.path) as package:
        assert not [name for name in package.namelist() if "_rels/sheet" in name]


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.text(max_size=60) | st.dates(), st.integers(-(10**9), 10**9)), max_size=4)
)
def test_any_text_becomes_a_paper_that_opens(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("any")
    paper = table_paper(tuple(rows))
    opened = docx.Document(str(write_paper(paper, folder / "a.docx", rehearsal=False).path))
    (table,) = opened.tables
    assert len(table.rows) == len(rows) + 1
    for (_, number), row in zip(rows, table.rows[1:], strict=True):
        assert row.cells[1].text == str(number)
    cells = sheet_cells(write_paper(paper, folder / "a.xlsx", rehearsal=False).path, 2)
    assert [cells[f"B{place}"][1] for place in range(2, len(rows) + 2)] == [
        str(number) for _, number in rows
    ]


def test_a_row_must_fit_its_columns():
    with pytest.raises(ValueError, match="columns"):
        table_paper((("một",),))


# --- Figures, chart, plan

FIGURES = Figures(
    first=date(2025, 1, 1),
    last=date(2026, 12, 31),
    today=DAY,
    acts=(
        *(
            ActFigure(
                year=year, act=act, level=level, kind=kind, abroad=abroad, acts=n, copies=3 * n,
                waiting=n if act == "incident.reported" else 0,
            )
            for n, (year, act, level, kind, abroad) in enumerate(
                (
                    (2025, "document.issued", Level.MAT, "out", None),
                    (2026, "document.issued", Level.TUYET_MAT, "out", None),
                    (2026, "holding.carried-out", Level.MAT, "out", False),
                    (2026, "holding.carried-out", Level.MAT, "out", True),
                    (2026, "document.declassified", Level.MAT, "copy", None),
                    (2026, "document.declassified", Level.MAT, "in", None),
                    (2026, "incident.reported", None, IncidentKind.LEAK.value, None),
                    (2026, "copying.permitted", Level.MAT, "sao-luc", None),
                ),
                1,
            )
        ),
    ),
    carriers=(CarrierFigure(year=2026, abroad=True, people=2),),
    held=(
        HeldFigure(
            level=Level.MAT, direction=Direction.OUT, standing=Standing.IN_FORCE,
            whereabouts=Whereabouts.WITH_HOLDER, copies=5, overdue=1,
        ),
    ),
    protected=(
        ProtectedFigure(
            level=Level.MAT, direction=Direction.OUT, documents=4, termed=2, lapsed=1
        ),
    ),
)  # fmt: skip


def test_figures_are_told_by_year_level_and_in_sum():
    year, whole = tables.counted(FIGURES, 2026), tables.counted(FIGURES, None)
    assert year["issued"] == {"tuyet-mat": 2, "toi-mat": 0, "mat": 0, "none": 0, "total": 2}
    assert whole["issued"]["total"] == 3
    assert (year["carried-out-home"]["mat"], year["carried-out-abroad"]["mat"]) == (3, 4)
    assert year["declassified"]["total"] == 6  # that of the document, not of its copies
    assert year["incidents-leak"]["none"] == year["incidents-open"]["total"] == 7
    assert year["copied-sao-luc"]["mat"] == 24
    assert year["carriers-abroad"] == {"total": 2}
    assert tables.standing(FIGURES)["with-holder"]["mat"] == 5
    assert tables.protected(FIGURES)["lapsed"]["total"] == 1


def test_every_part_adds_up_to_its_figure_where_the_parts_are_all():
    told = tables.counted(FIGURES, None)
    for whole, parts in {
        "carried-out": ("home", "abroad"), "incidents": ("leak", "loss", "violation"),
        "copied": ("sao-y", "sao-luc", "trich-sao"), "declassified": ("issued", "received"),
    }.items():  # fmt: skip
        assert told[whole]["total"] == sum(told[f"{whole}-{part}"]["total"] for part in parts)


def test_every_act_of_the_registers_life_is_counted_somewhere():
    counted = {line.act for line in tables.LINES}
    assert {f"holding.{act}" for act in CopyAct} <= counted
    for act in ("termed", "extended", "relevelled", "recalled", "declassified"):
        assert f"document.{act}" in counted


@pytest.mark.parametrize("lang", Lang)
def test_every_figure_and_question_has_words(lang):
    for one in tables.figure_tables(FIGURES, lang):
        assert one.rows
    totals = {key: many["total"] for key, many in tables.counted(FIGURES, None).items()}
    totals |= {f"held.{key}": one["total"] for key, one in tables.standing(FIGURES).items()}
    totals |= {f"protected.{key}": one["total"] for key, one in tables.protected(FIGURES).items()}
    plan = plan_table(totals, lang)
    assert len(plan.rows) == len(QUESTIONS) == 30
    for question, (_, asked, answer, command) in zip(QUESTIONS, plan.rows, strict=True):
        assert asked
        assert (command == "") == (question.answer is Answer.NOT_HERE)
        assert answer or question.answer is Answer.COMMAND
        assert has_words(f"reports.plan.{question.key}")


def test_a_chart_shows_each_bar_as_high_as_its_figure_and_always_the_same():
    groups = [
        Group(label="2026", bars=(Bar(label="Đi", parts=(10, 20, 30)), Bar(label="Đến", parts=())))
    ]
    png = bar_chart("Tiêu đề", ["Tuyệt mật", "Tối mật", "Mật"], groups)
    assert png == bar_chart("Tiêu đề", ["Tuyệt mật", "Tối mật", "Mật"], groups)
    picture = Image.open(BytesIO(png))
    assert picture.size == (2000, 1150)
    tall = [
        sum(1 for y in range(190, 980) if picture.getpixel((690, y)) == shade)
        for shade in ((60, 60, 60), (140, 140, 140), (205, 205, 205))
    ]
    assert tall[1] / tall[0] == pytest.approx(2, rel=0.1)
    assert tall[2] / tall[0] == pytest.approx(3, rel=0.1)


def test_the_documented_answers_are_those_of_the_program():
    page = (Path(__file__).parents[2] / "docs" / "books.md").read_text("utf-8")
    for number, one in enumerate(QUESTIONS, 1):
        asked = words(f"reports.plan.{one.key}", Lang.EN)
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {number} | {asked} |")]
        assert all(f"`{key}`" in row for key in one.figures)
        assert (f"`{one.command}`" in row) == bool(one.command)
        assert ("not from the register" in row) == (one.answer is Answer.NOT_HERE) or (
            one.key == "kept"
        )


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
@pytest.mark.parametrize("rehearsal", [True, False])
def test_a_rehearsals_paper_says_on_each_page_that_it_is_worth_nothing(tmp_path, kind, rehearsal):
    made = write_paper(
        LETTERS["destruction"].paper(), tmp_path / f"giay.{kind}", rehearsal=rehearsal
    ).path
    with zipfile.ZipFile(made) as file:
        parts = {name: file.read(name).decode() for name in file.namelist() if name.endswith("xml")}
    pages = [
        text
        for name, text in parts.items()
        if name.startswith(("word/header", "xl/worksheets/sheet"))
    ]
    assert len(pages) >= 1 + rehearsal
    assert all(("DIỄN TẬP" in text) is rehearsal for text in pages)

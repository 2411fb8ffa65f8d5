# SPDX-License-Identifier: Apache-2.0
"""Books and figures from an office's register to files, as the command line makes them."""

import zipfile
from datetime import date

import pytest
from PIL import Image

from bmnn_mark.config import load_config
from bmnn_mark.register.port import CopyRecord, CopyState, DocumentIdentity, IssueRequest, Recipient
from bmnn_mark.rules import Level
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.office import office_for

SECRET = "Phương án đặc biệt"


@pytest.fixture
def office(clerk):
    office = office_for(load_config(clerk.config), None)
    register = bookkeeping.create(office, agency=None, rehearsal=False, actor="An")
    for number, (level, dated) in enumerate(
        ((Level.MAT, date(2026, 3, 2)), (Level.TUYET_MAT, date(2025, 12, 20))), 1
    ):
        reserved = register.reserve(
            IssueRequest(
                identity=DocumentIdentity(agency="Sở", number_sign=f"{number}/BC", dated=dated),
                level=level, pack="nd63-2026", recipients=(Recipient(name="Bí thư", copies=2),),
                pages=1, source_sha256=f"{number:064x}", actor="An",
                title=None if level is Level.TUYET_MAT else SECRET,
            )
        )  # fmt: skip
        for copy in reserved.copies:
            for state in (CopyState.PRODUCED, CopyState.EXPORTED):
                register.record((CopyRecord(attempt_id=copy.attempt_id, state=state, actor="An"),))
    return office


def test_a_book_is_written_and_says_what_it_rests_on(office, clerk):
    ran = clerk.json("register", "export", "--book", "di", "--year", "2026", "-o", "so.docx",
                     "--superior", "UBND tỉnh", "--volume", "3")  # fmt: skip
    assert ran.code == 0
    told = ran.json
    assert (told["book"], told["entries"], told["pack"]) == ("di", 1, "nd63-2026")
    assert len(told["columns"]) == 10
    assert told["basis"]["provenance"] == "project-default"
    assert {one["figure"] for one in told["unconfirmed"]} == {"books.outgoing", "books.cover"}
    assert told["by_hand"] == {"Người ký": 1, "Đơn vị lưu": 1}
    assert told["written"]["handle_at"] == "mat"
    with zipfile.ZipFile(clerk.home / "so.docx") as package:
        text = package.read("word/document.xml").decode()
    for said in (SECRET, "UBND TỈNH", "Quyển số: 3", told["state"]["root"][:28]):
        assert said in text


def test_a_book_of_2020_rules_is_not_called_the_form(office, clerk):
    ran = clerk.json("register", "export", "--book", "di", "--year", "2025", "-o", "so.xlsx")
    assert (ran.json["pack"], ran.json["entries"]) == ("tt24-2020", 1)
    assert "not the form's" in ran.json["basis"]["source"]["why_en"]
    assert ran.json["written"]["handle_at"] == "tuyet-mat"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("export", "--book", "di"), "input.together"),
        (("export", "--year", "2026"), "input.together"),
        (("export", "--volume", "2"), "input.together"),
        (("export", "--book", "di", "--year", "2026", "--opened"), "input.either"),
        (("export", "--book", "di", "--year", "2026", "-o", "so.txt"), "reports.kind_unknown"),
        (("stats", "--report-year", "2026", "--to", "2026-03-01"), "input.either"),
        (("stats", "--from", "2026-03-02", "--to", "2026-03-01"), "reports.days_turned"),
    ],
)
def test_what_does_not_go_together_is_refused(office, clerk, words, code):
    ran = clerk.json("register", *words)
    assert (ran.code, ran.error["code"]) == (2, code)


def test_figures_are_told_by_year_and_written(office, clerk):
    ran = clerk.json("register", "stats", "--from", "2025-01-01", "--to", "2026-12-31",
                     "-o", "tk.xlsx", "-o", "tk.png", "--lists")  # fmt: skip
    assert ran.code == 0
    told = ran.json
    assert told["years"]["2025"]["issued"]["tuyet-mat"] == 1
    assert told["years"]["2026"]["issued-copies"] == {
        "tuyet-mat": 0, "toi-mat": 0, "mat": 2, "none": 0, "total": 2,
    }  # fmt: skip
    assert told["total"]["issued"]["total"] == 2
    assert told["held"]["in-office"]["total"] == 4
    assert [one["caption"] for one in told["lists"]] == [
        "Provided to others", "Carried out", "Meetings", "Incidents",
        "What the computer's guard told",
    ]  # fmt: skip
    assert [one["path"] for one in told["written"]] == ["tk.xlsx", "tk.png"]
    with Image.open(clerk.home / "tk.png") as picture:
        assert picture.size == (2000, 1150)
    assert SECRET not in ran.out


def test_a_yearly_report_has_the_days_of_the_decree_and_says_whose_they_are(office, clerk):
    told = clerk.json("register", "stats", "--report-year", "2026").json
    period = told["period"]
    assert (period["first"], period["last"], period["sent"]) == (
        "2025-12-15", "2026-12-14", "2026-12-20",
    )  # fmt: skip
    assert period["basis"]["provenance"] == "prior-law"
    assert period["basis"]["source"]["instrument"] == "Nghị định 26/2020/NĐ-CP"
    assert told["total"]["issued"]["total"] == 2


def test_an_office_that_demands_confirmed_figures_gets_no_unconfirmed_book(office, clerk):
    clerk.config.write_text(clerk.config.read_text() + "require_confirmed_rules = true\n")
    ran = clerk.json("register", "export", "--book", "di", "--year", "2026", "-o", "so.docx")
    assert (ran.code, ran.error["code"]) == (4, "rules.unconfirmed")
    assert not (clerk.home / "so.docx").exists()


def test_figures_are_shown_in_columns_on_a_terminal(office, clerk):
    ran = clerk.run("register", "stats", "--from", "2026-01-01", "--to", "2026-12-31")
    lines = ran.out.splitlines()
    (head,) = [line for line in lines if line.startswith("Figure ")]
    (issued,) = [line for line in lines if line.startswith("Documents issued")]
    assert head.split()[-1] == "Sum"
    assert len(issued) == len(head)
    assert issued.split()[-5:] == ["0", "0", "1", "0", "1"]

# SPDX-License-Identifier: Apache-2.0
"""The register's life on the command line: stable keys, words of both languages, exit codes."""

import subprocess

import pytest


@pytest.fixture
def office(clerk, life_office):
    return life_office(clerk.home / "data")


def test_a_hand_over_says_where_each_copy_is(clerk, office, issue):
    made = issue(office)
    ran = clerk.json("register", "hand-over", made.copies[0].reference, "12/BC-SM", "--actor", "An")
    assert (ran.code, ran.error["code"]) == (9, "register.which_copy")
    ran = clerk.json("register", "hand-over", "12/BC-SM", "--copy", "1", "--copy", "2")
    assert ran.code == 0, ran.out
    assert ran.json["act"] == "handed-over"
    assert [(one["copy"], one["whereabouts"], one["holder"]) for one in ran.json["copies"]] == [
        (1, "with-holder", "Phòng A"),
        (2, "with-holder", "Phòng B"),
    ]
    back = clerk.run("register", "return", "12/BC-SM", "--copy", "2", lang="vi")
    assert "12/BC-SM [Tối mật] bản 2: đang ở nơi lưu giữ" in back.out
    again = clerk.run("register", "return", "12/BC-SM", "--copy", "2")
    assert (again.code, again.out) == (9, "")
    assert "Copy 2 is in the office: it cannot be returned." in again.err


def test_ways_out_of_the_office_carry_what_the_law_asks(clerk, office, issue):
    issue(office)
    out = ["register", "carry-out", "12/BC-SM", "--copy", "1", "--party", "Dũng", "--place", "Huế"]
    ran = clerk.json(*out, "--purpose", "họp")
    assert (ran.code, ran.error["detail"]) == (2, {"field": "due"})
    ran = clerk.json(*out, "--purpose", "họp", "--due", "2099-01-01")
    assert ran.json["copies"][0]["due"] == "2099-01-01"
    assert clerk.json("register", "carry-back", "12/BC-SM", "--copy", "1").code == 0
    ran = clerk.json("register", "provide", "12/BC-SM", "--copy", "2", "--party", "Bộ X",
                     "--decision", "5/QĐ", "--clause", "Điều 16", "--abroad")  # fmt: skip
    assert ran.json["copies"][0]["whereabouts"] == "provided"


def test_a_lost_copy_names_its_incident_and_a_spoiled_one_its_two_people(clerk, office, issue):
    issue(office)
    ran = clerk.json("register", "lost", "12/BC-SM", "--copy", "1", "--reason", "mất cặp")
    (incident,) = ran.json["incidents"]
    assert incident > 0
    spoil = ["register", "spoiled", "12/BC-SM", "--copy", "2", "--reason", "rách", "--actor", "An"]
    assert clerk.json(*spoil, "--second-actor", "An").error["code"] == "input.two_people"
    assert (
        clerk.json(*spoil, "--second-actor", "Bình").json["copies"][0]["whereabouts"] == "not-made"
    )


def test_papers_are_in_place_once_the_act_is_entered(clerk, office, issue):
    issue(office)
    hand = ["register", "hand-over", "12/BC-SM", "--slip", "phieu.pdf"]
    ran = clerk.json(*hand, "--copy", "1", "--copy", "2")
    assert (ran.code, ran.error["code"]) == (2, "input.one_party")
    ran = clerk.json(*hand, "--copy", "1")
    assert ran.json["papers"] == ["phieu.pdf"]
    text = subprocess.run(
        ["pdftotext", "phieu.pdf", "-"], cwd=clerk.home, capture_output=True, check=True
    ).stdout.decode()
    assert "Phòng A" in text
    assert "12/BC-SM" in text
    ran = clerk.json(*hand, "--copy", "2")
    assert (ran.code, ran.error["code"]) == (3, "output.exists")
    burn = ["register", "destroy", "12/BC-SM", "--copy", "2", "--minutes", "bb.docx"]
    ran = clerk.json(*burn, "--reason", "thừa", "--actor", "An")
    assert ran.code == 2
    assert not (clerk.home / "bb.docx").exists()
    ran = clerk.json(*burn, "--reason", "thừa", "--actor", "An", "--second-actor", "Bình")
    assert (ran.code, ran.json["papers"]) == (0, ["bb.docx"])


def test_a_destroyed_copy_that_turns_up_is_an_alarm(clerk, office, issue):
    made = issue(office)
    (code,) = office.open_register().page_codes(made.copies[1], [1])
    quiet = clerk.json("register", "seen", made.copies[0].reference)
    assert (quiet.code, quiet.json["copies"][0]["sight"]) == (0, "entered")
    clerk.json("register", "destroy", code, "--reason", "thừa", "--second-actor", "Bình")
    ran = clerk.run("register", "seen", code)
    assert ran.code == 9
    assert "ALARM: this copy was entered as destroyed" in ran.out
    traced = clerk.json("trace", code)
    assert (traced.code, traced.json["codes"][0]["alarm"]) == (9, "destroyed")
    assert traced.json["codes"][0]["status"] == "destroyed"
    assert "is in force" in clerk.run("trace", made.copies[0].reference).out


def test_an_arrival_gives_the_columns_of_the_book(clerk, office):
    come = [
        "register",
        "receive",
        "--agency",
        "Bộ X",
        "--number-sign",
        "7/CV",
        "--date",
        "2026-03-02",
    ]
    ran = clerk.json(
        *come, "--level", "mat", "--arrived", "2026-03-04", "--copy", "3", "--unit", "TH"
    )
    assert ran.code == 0, ran.out
    told = ran.json
    assert (told["number"], told["arrived"], told["copies"]) == (1, "2026-03-04", [3])
    assert (told["agency"], told["number_sign"], told["unit"]) == ("Bộ X", "7/CV", "TH")
    again = clerk.json(*come, "--level", "mat")
    assert (again.code, again.error["code"]) == (9, "register.already_received")
    secret = ["--level", "tuyet-mat", "--title", "Kế hoạch", "--arrived", "2026-03-04"]
    ran = clerk.json(*come[:-3], "8/CV", *come[-2:], *secret)
    assert (ran.code, ran.error["code"]) == (4, "register.no_title_for_tuyet_mat")
    assert "Số đến 2" in clerk.run(*come[:-3], "8/CV", *come[-2:], *secret[:2], *secret[4:]).out


def test_a_decision_lists_whom_to_tell_and_by_when(clerk, office, issue):
    issue(office)
    clerk.json("register", "hand-over", "12/BC-SM", "--copy", "1")
    ran = clerk.json("register", "relevel", "12/BC-SM", "--level", "mat", "--decision", "9/QĐ")
    assert ran.code == 0, ran.out
    assert [one["party"] for one in ran.json["tell"]] == ["Phòng A"]
    assert (ran.json["level_before"], ran.json["level"]) == ("toi-mat", "mat")
    assert ran.json["tell_provenance"] == "read"
    again = clerk.json("register", "relevel", "12/BC-SM", "--level", "mat", "--decision", "9/QĐ")
    assert (again.code, again.error["code"]) == (4, "register.same_level")
    extended = clerk.run(
        "register", "extend", "12/BC-SM", "--until", "2099-01-01", "--decision", "1"
    )
    assert "protection extended to 2099-01-01" in extended.out
    recalled = clerk.run("register", "recall", "12/BC-SM", "--reason", "sai", lang="vi")
    assert "Phải báo: Phòng A (bản 1)" in recalled.out
    over = clerk.json("register", "declassify", "12/BC-SM", "--reason", "hết hạn")
    assert over.code == 0
    assert clerk.json("register", "extend", "12/BC-SM", "--until", "2100-01-01").code != 0


def test_incidents_and_meetings_on_the_command_line(clerk, office, issue):
    issue(office)
    tell = ["register", "incident", "--subject", "rơi cặp"]
    assert clerk.json(*tell).error["code"] == "input.together"
    made = clerk.json(*tell, "12/BC-SM", "--copy", "1", "--kind", "leak").json["incident"]
    assert [
        one["event"] for one in clerk.json("register", "incident", "--list").json["incidents"]
    ] == [made]
    assert "rơi cặp" in clerk.run("register", "incident", "--list").out
    close = ["register", "incident", "--close", str(made)]
    assert clerk.json(*close, "--kind", "leak").error["code"] == "input.either"
    assert clerk.json(*close, "--result", "đã xử lý").json == {"incident": made, "closed": True}
    assert clerk.json(*close, "--result", "nữa").error["code"] == "register.no_incident"
    meet = ["register", "meeting", "12/BC-SM", "--copy", "1", "--subject", "họp", "--place", "P. 2"]
    assert clerk.json(*meet).json["level"] == "toi-mat"


def test_the_list_tells_what_is_outside_and_what_ends(clerk, office, issue):
    made = issue(office)
    assert clerk.json("register", "list", "--out").json == {"copies": []}
    clerk.json("register", "hand-over", "12/BC-SM", "--copy", "2")
    clerk.json("register", "carry-out", "12/BC-SM", "--copy", "1", "--on", "2026-11-06", "--due",
               "2026-11-07", "--party", "Dũng", "--place", "Huế", "--purpose", "họp")  # fmt: skip
    out = clerk.json("register", "list", "--out").json["copies"]
    assert [(one["copy"], one["overdue"], one["holder"]) for one in out] == [
        (1, True, "Dũng"),
        (2, False, "Phòng B"),
    ]
    assert "OVERDUE" in clerk.run("register", "list", "--out").out
    (one,) = clerk.json("register", "list", "--ending", "36000").json["ending"]
    assert (one["end"]["day"], one["end"]["provenance"]) == ("2046-11-05", "prior-law")
    assert clerk.json("register", "list", "--ending", "30").json == {"ending": []}
    told = clerk.json("register", "show", "12/BC-SM").json
    assert told["document"]["document_id"] == made.document_id
    assert [one["whereabouts"] for one in told["holdings"]] == [
        "carried-out", "with-holder", "in-office"
    ]  # fmt: skip
    assert [one["act"] for one in told["history"]] == [
        "document.issued", "holding.handed-over", "holding.carried-out"
    ]  # fmt: skip
    shown = clerk.run("register", "show", made.copies[0].reference, lang="vi").out
    assert "mang ra khỏi nơi lưu giữ, bản 1" in shown
    assert "Kế hoạch mật" not in shown


def test_no_title_is_shown(clerk, office, issue):
    issue(office, title="Kế hoạch mật")
    for words in (["show", "12/BC-SM"], ["list"]):
        assert "Kế hoạch mật" not in clerk.run("register", *words).out
        assert "Kế hoạch mật" not in clerk.json("register", *words).out


def test_a_receipt_is_confirmed_by_a_pin_that_is_tried_five_times(clerk, office, issue):
    issue(office)
    (clerk.home / "pin").write_text("314159\n")
    (clerk.home / "wrong").write_text("271828\n")
    hand = ["register", "hand-over", "12/BC-SM", "--party", "Bà Hoa", "--pin-file"]
    assert clerk.json(*hand, "pin", "--copy", "1").code == 0
    assert clerk.json(*hand, "wrong", "--copy", "2").error["code"] == "register.pin_wrong"
    assert clerk.json(*hand, "pin", "--copy", "2").code == 0
    for _ in range(5):
        assert clerk.json(*hand, "wrong", "--copy", "3").error["code"] == "register.pin_wrong"
    assert clerk.json(*hand, "pin", "--copy", "3").error["code"] == "register.pin_locked"
    third = clerk.json("register", "show", "12/BC-SM").json["holdings"][2]
    assert third["whereabouts"] == "in-office"
    again = ["register", "pin", "Bà Hoa", "--pin-file", "wrong", "--actor", "An"]
    assert clerk.json(*again).error["code"] == "input.needed"
    assert clerk.json(*again, "--second-actor", "Bình").code == 0
    assert clerk.json(*hand, "wrong", "--copy", "3").code == 0
    assert clerk.json(*hand[:-1], "--pin", "--copy", "3").error["code"] == "input.pin_terminal"

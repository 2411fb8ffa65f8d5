# SPDX-License-Identifier: Apache-2.0
"""The register's life on the command line: stable keys, words of both languages, exit codes."""

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

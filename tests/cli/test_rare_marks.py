# SPDX-License-Identifier: Apache-2.0
"""The rarer marks, hard documents and envelopes as a clerk asks for them."""

from __future__ import annotations

import os
import pty
import sys
from contextlib import suppress

import pikepdf
import pytest
from pikepdf import Encryption

LEVEL = ("--level", "toi-mat", "--date", "2026-11-05")
PASSWORD = "chìa-khoá-thử"


@pytest.fixture
def paper(clerk):
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595.28, 841.89))
        pdf.save(clerk.home / "a.pdf")
    return "a.pdf"


@pytest.fixture
def locked(clerk):
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595.28, 841.89))
        pdf.save(clerk.home / "k.pdf", encryption=Encryption(user="u", owner=PASSWORD))
    (clerk.home / "key").write_text(f"{PASSWORD}\n")
    return "k.pdf"


def kinds(ran):
    return [mark["kind"] for mark in ran.json["outputs"][0]["marks"]]


def notices(ran):
    return [one["code"] for one in ran.json["notices"]]


def test_a_place_for_the_hand_stamp_and_a_term(clerk, paper):
    ran = clerk.json("stamp", paper, *LEVEL, "--frame", "--term", "2036-11-05")
    assert ran.code == 0
    assert kinds(ran) == ["level-guide", "term"]
    assert "marks.by_hand" in notices(ran)
    assert {"thoi-han.wording", "toi-mat.size"} <= set(ran.json["unconfirmed"])


def test_a_later_act_on_a_marked_document_says_how_and_what_it_drops(clerk, paper):
    assert clerk.json("stamp", paper, *LEVEL, "--urgency", "khan", "-o", "b.pdf").code == 0
    act = ("--declassified", "2026-11-06")
    refused = clerk.json("stamp", "b.pdf", *LEVEL, *act)
    assert (refused.code, refused.error["code"]) == (3, "marks.already_marked")
    assert "--restamp" in refused.error["next_step"]
    ran = clerk.json("stamp", "b.pdf", *LEVEL, *act, "--restamp", "-o", "c.pdf")
    assert ran.code == 0
    assert kinds(ran) == ["level", "declassification"]
    assert {"marks.replaced", "marks.not_repeated"} <= set(notices(ran))
    again = clerk.json("stamp", "c.pdf", *LEVEL, *act)
    assert again.code == 0
    assert again.json["outputs"][0]["unchanged"]


def test_a_ban_sao_is_told_with_its_page(clerk, paper):
    ran = clerk.run(
        "stamp", paper, *LEVEL, "--level-there", "--reproduction", "sao-y", "--authority",
        "GIÁM ĐỐC", "--signer", "Người Mẫu", "--reproduction-number", "2",
        "--reproduction-quantity", "3", "--reproduced-on", "2026-11-06", lang="vi",
    )  # fmt: skip
    assert ran.code == 0
    assert "Dấu bản sao số" in ran.out
    assert "Dấu bản sao bí mật nhà nước" in ran.out
    assert "Dấu độ mật" not in ran.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--term", "2026-11-05"], "input.later"),
        (["--relevelled-from", "mat"], "input.together"),
        (["--relevelled-on", "2026-11-06"], "input.together"),
        (["--relevelled-from", "tối mật", "--relevelled-on", "2026-11-06"], "input.level_near"),
        (["--signer", "An"], "input.together"),
        (["--reproduction", "sao-y", "--signer", "An"], "input.together"),
        (["--level-there"], "input.nothing_to_stamp"),
        (["--password-file", "none"], "input.password_file"),
        (["--password-file", "two-lines"], "input.password_lines"),
        (["--password-file", "empty"], "input.password_lines"),
        (["--password-file", "-"], "input.no_terminal"),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(clerk, paper, words, code):
    (clerk.home / "two-lines").write_text("a\nb\n")
    (clerk.home / "empty").write_text("\n")
    before = clerk.files()
    ran = clerk.json("stamp", paper, *LEVEL, *words)
    assert (ran.code, ran.error["code"]) == (2, code)
    assert ran.error["next_step"]
    assert clerk.files() == before


def typed_at_a_terminal(clerk, answer, *words):
    """Exit code and screen of a run at a terminal where ``answer`` is typed once it is asked."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(clerk.home)
        program = [sys.executable, "-m", "bmnn_mark", "--config", str(clerk.config), *words]
        os.execv(sys.executable, program)
    screen = b""
    asked = False
    with suppress(OSError):  # the terminal closes with the program
        while part := os.read(terminal, 4096):
            screen += part
            if b": " in screen and not asked:
                asked = True
                os.write(terminal, f"{answer}\n".encode())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), screen.decode()


def test_a_password_typed_at_a_terminal_is_not_shown(clerk, locked):
    words = ("--lang", "vi", "stamp", locked, *LEVEL, "--password-file", "-", "-o", "b.pdf")
    code, screen = typed_at_a_terminal(clerk, PASSWORD, *words)
    assert code == 0
    assert "Mật khẩu của tài liệu" in screen
    assert PASSWORD not in screen
    assert (clerk.home / "b.pdf").exists()


def test_a_password_is_read_from_a_file_and_shown_nowhere(clerk, locked):
    assert clerk.json("stamp", locked, *LEVEL).error["code"] == "document.encrypted"
    ran = clerk.json("stamp", locked, *LEVEL, "--password-file", "key", "-o", "b.pdf")
    assert ran.code == 0
    assert "document.protection_dropped" in notices(ran)
    assert PASSWORD not in ran.out + ran.err
    (clerk.home / "key").write_text("another")
    wrong = clerk.json("stamp", locked, *LEVEL, "--password-file", "key", "-o", "c.pdf")
    assert (wrong.code, wrong.error["code"]) == (3, "document.wrong_password")


def test_numbered_copies_of_a_locked_document_with_a_term_and_corners(clerk, locked):
    assert clerk.json("register", "init", "--rehearsal").code == 0
    issue = ("stamp", locked, *LEVEL, "--password-file", "key", "--number-sign", "1/BC")
    refused = clerk.json(*issue, "--copies", "2", "--declassified", "2026-11-06")
    assert (refused.code, refused.error["code"]) == (2, "input.either")
    ran = clerk.json(*issue, "--copies", "2", "--term", "2030-11-05", "--frame", "-o", "out")
    assert ran.code == 0
    assert {"level-guide", "term", "copy-number"} <= set(kinds(ran))
    assert len(list((clerk.home / "out").iterdir())) == 2


def test_envelopes_for_a_list_of_recipients(clerk):
    (clerk.home / "nn.csv").write_text("ten;dia_chi\nSở A;Số 1 phố B\nSở C;\n")
    ran = clerk.json(
        "envelope", "--level", "tuyet-mat", "--number-sign", "1/BC", "--to", "nn.csv", "-o", "bi"
    )
    assert ran.code == 0
    (result,) = ran.json["results"]
    assert [(one["layer"], one["pages"]) for one in result["outputs"]] == [
        ("inner", 2), ("outer", 2),
    ]  # fmt: skip
    assert {one.name for one in (clerk.home / "bi").iterdir()} == {"bi-trong.pdf", "bi-ngoai.pdf"}
    again = clerk.json(
        "envelope", "--level", "tuyet-mat", "--number-sign", "1/BC", "--to", "nn.csv", "-o", "bi"
    )
    assert (again.code, again.error["code"]) == (3, "output.exists")


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (["--level", "tuyet-mat", "--recipient", "Sở A"], 2, "input.together"),
        (["--level", "mat"], 2, "input.together"),
        (["--level", "mat", "--recipient", "A", "--to", "b.csv"], 2, "input.either"),
        (["--level", "mat", "--recipient", "A", "--person", "B"], 4, "envelope.person_level"),
        (
            ["--level", "tuyet-mat", "--recipient", "A", "--number-sign", "1", "--size", "dl"],
            3, "envelope.too_small",
        ),
        (["--level", "mat", "--recipient", "K" * 90], 3, "envelope.does_not_fit"),
    ],
)  # fmt: skip
def test_envelopes_that_cannot_be_are_refused(clerk, words, exit_code, code):
    before = clerk.files()
    ran = clerk.json("envelope", *words)
    assert (ran.code, ran.error["code"]) == (exit_code, code)
    assert ran.error["next_step"]
    assert clerk.files() == before

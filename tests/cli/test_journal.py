# SPDX-License-Identifier: Apache-2.0
"""Journals and trace keys on the command line: stable keys, words of both languages, exit codes."""

import json
from dataclasses import replace

import pytest

from bmnn_mark.cli.app import run


@pytest.fixture
def centre(clerk, life_office, tmp_path):
    """Another clerk, with the register that follows."""
    life_office(clerk.home / "data")
    home = tmp_path / "centre"
    home.mkdir()
    config = home / "config.toml"
    config.write_text(f'data_folder = "{home / "data"}"\nagency = "TRUNG TÂM"\n')
    config.chmod(0o600)
    life_office(home / "data")
    return replace(clerk, home=home, config=config)


def test_a_journal_goes_from_one_office_to_another(clerk, centre):
    made = clerk.json("register", "journal", "-o", "nk", "--actor", "An")
    assert made.code == 0, made.out
    (one,) = made.json["journals"]
    assert (one["start"], one["size"], one["pages"]) == (0, 1, 1)
    file, trust = clerk.home / one["file"], made.json["fingerprint"]
    unknown = centre.json("register", "journal", "--import", file)
    assert (unknown.code, unknown.error["code"]) == (9, "journal.unknown_register")
    assert unknown.error["detail"] == {"fingerprint": trust}
    taken = centre.run(
        "register", "journal", "--import", file, "--trust", trust, "--agency", "Chi nhánh"
    )
    assert taken.code == 0, taken.err
    assert "1 new events taken in, up to 1" in taken.out
    assert trust in taken.out
    again = centre.json("register", "journal", "--import", clerk.home / one["sheets"], file)
    assert again.code == 0
    assert [journal["taken"] for journal in again.json["journals"]] == ["already"]
    listed = centre.run("register", "journal", "--received", lang="vi")
    assert "(Chi nhánh): sự kiện 0–0, 1 nhật ký" in listed.out
    (row,) = centre.json("register", "journal", "--received").json["registers"]
    assert (row["size"], row["fingerprint"]) == (1, trust)
    nothing = clerk.run("register", "journal", "-o", "nk2")
    assert (nothing.code, "Nothing has happened" in nothing.err) == (9, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "input.together"),
        (("-o", "a", "--received"), "input.either"),
        (("--import",), "input.together"),
        (("--import", "x.bmj", "--day", "2026-01-01"), "input.together"),
        (("-o", "a", "--day", "2026-01-01", "--since-last"), "input.either"),
        (("-o", "a", "x.bmj"), "input.together"),
        (("--received", "--trust", "ab"), "input.together"),
        (("--import", "x.bmj", "--trust", "ab"), "journal.fingerprint_wrong"),
        (("-o", ""), "input.empty"),
    ],
)
def test_words_that_do_not_go_together_are_refused(clerk, capsys, words, code):
    asked = ["--config", str(clerk.config), "--json", "register", "journal", *words]
    assert run(asked) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


def test_a_trace_key_goes_from_one_office_to_another(clerk, centre):
    secret = clerk.home / "mat-khau"
    secret.write_text("năm con trâu trắng qua sông\n")
    words = ["register", "key", "--key-password-file", secret]
    handed = clerk.run(*words, "--export", "khoa", "--recipient", "Trung tâm")
    assert handed.code == 0, handed.err
    assert "can forge them, too" in handed.err
    taken = centre.json(*words, "--import", clerk.home / "khoa")
    assert (taken.code, taken.json["new"], taken.json["agency"]) == (0, 1, "SỞ MẪU")
    secret.write_text("một câu khác hẳn cho chắc\n")
    wrong = centre.json(*words, "--import", clerk.home / "khoa")
    assert (wrong.code, wrong.error["code"]) == (9, "trace_key.passphrase_wrong")
    for asked in (["--export", "a", "--import", "b"], []):
        assert clerk.json("register", "key", *asked).code == 2
    typed = clerk.json("register", "key", "--export", "b")
    assert typed.error["code"] == "input.no_terminal"

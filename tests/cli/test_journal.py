# SPDX-License-Identifier: Apache-2.0
"""Journals and trace keys on the command line: stable keys, words of both languages, exit codes."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from bmnn_mark.cli.app import run


@dataclass(frozen=True)
class Desk:
    """One office's command line, in this process: what is tried is not how a program starts."""

    config: Path
    capsys: pytest.CaptureFixture

    @property
    def home(self):
        return self.config.parent

    def run(self, *words, lang="en"):
        said = ["--config", self.config, "--lang", lang, *words]
        code = run([str(word) for word in said])
        out, err = self.capsys.readouterr()
        return code, out, err

    def json(self, *words):
        code, out, _ = self.run("--json", *words)
        return code, json.loads(out)


@pytest.fixture
def desk(life_office, tmp_path, capsys):
    def make(name, agency):
        home = tmp_path / name
        home.mkdir()
        config = home / "config.toml"
        config.write_text(f'data_folder = "{home / "data"}"\nagency = "{agency}"\n')
        config.chmod(0o600)
        life_office(home / "data")
        return Desk(config, capsys)

    return make


def test_a_journal_goes_from_one_office_to_another(desk):
    branch, centre = desk("branch", "SỞ MẪU"), desk("centre", "TRUNG TÂM")
    write = ["register", "journal", "-o", branch.home / "nk", "--actor", "An"]
    code, made = branch.json(*write)
    assert code == 0
    (one,) = made["journals"]
    assert (one["start"], one["size"], one["pages"]) == (0, 1, 1)
    trust = made["fingerprint"]
    code, told = centre.json("register", "journal", "--import", one["file"])
    assert (code, told["error"]["code"]) == (9, "journal.unknown_register")
    assert told["error"]["detail"] == {"fingerprint": trust}
    code, out, _ = centre.run(
        "register", "journal", "--import", one["file"], "--trust", trust, "--agency", "Chi nhánh"
    )
    assert code == 0
    assert "1 new events taken in, up to 1" in out
    assert trust in out
    code, again = centre.json("register", "journal", "--import", one["sheets"], one["file"])
    assert (code, [journal["taken"] for journal in again["journals"]]) == (0, ["already"])
    _, out, _ = centre.run("register", "journal", "--received", lang="vi")
    assert "(Chi nhánh): sự kiện 0–0, 1 nhật ký" in out
    _, listed = centre.json("register", "journal", "--received")
    (row,) = listed["registers"]
    assert (row["size"], row["fingerprint"]) == (1, trust)
    code, _, err = branch.run(*write)
    assert code == 9
    assert "Nothing has happened since the last journal." in err


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


def test_a_trace_key_goes_from_one_office_to_another(desk):
    branch, centre = desk("branch", "SỞ MẪU"), desk("centre", "TRUNG TÂM")
    secret, key = branch.home / "mat-khau", branch.home / "khoa"
    secret.write_text("năm con trâu trắng qua sông\n")
    words = ["register", "key", "--key-password-file", secret]
    code, _, err = branch.run(*words, "--export", key, "--recipient", "Trung tâm")
    assert code == 0
    assert "can forge them, too" in err
    code, taken = centre.json(*words, "--import", key)
    assert (code, taken["new"], taken["agency"]) == (0, 1, "SỞ MẪU")
    secret.write_text("một câu khác hẳn cho chắc\n")
    code, wrong = centre.json(*words, "--import", key)
    assert (code, wrong["error"]["code"]) == (9, "trace_key.passphrase_wrong")
    for asked in (["--export", "a", "--import", "b"], []):
        assert branch.run("register", "key", *asked)[0] == 2

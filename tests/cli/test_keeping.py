# SPDX-License-Identifier: Apache-2.0
"""Keeping the register on the command line: passphrases are asked for or read, never a word."""

import os
import pty
import select
import sys

import pytest

PEOPLE = ["--actor", "An", "--second-actor", "Bình", "--reason", "định kỳ"]
WORDS = "cụm mật khẩu của phòng này"


@pytest.fixture
def secret(clerk):
    file = clerk.home / "secret.txt"
    file.write_text(WORDS + "\n")
    file.chmod(0o600)
    return str(file)


@pytest.fixture
def office(clerk, life_office):
    return life_office(clerk.home / "data")


def test_keys_are_replaced_and_fields_erased_by_two_people(clerk, office, issue):
    issue(office, title="CANARY-TITLE")
    ran = clerk.json("register", "rotate-key", "--actor", "An", "--reason", "x")
    assert (ran.code, ran.error["code"]) == (2, "input.needed")
    assert clerk.json("register", "rotate-key", *PEOPLE).json == {"key": "sealing", "number": 2}
    ran = clerk.json("register", "rotate-key", "--key", "trace", *PEOPLE)
    assert ran.json == {"key": "trace", "number": 2}
    erase = ["register", "erase", "--of-document", "12/BC-SM"]
    ran = clerk.json(*erase, "--field", "recipient", *PEOPLE)
    assert (ran.code, ran.error["code"]) == (9, "register.not_erasable")
    ran = clerk.run(*erase, "--field", "title", *PEOPLE)
    assert ran.code == 0
    assert "rotate-key" in ran.err
    ran = clerk.run("register", "verify")
    assert (ran.code, "1 fields were erased" in ran.out) == (0, True)
    ran = clerk.run("register", "show", "12/BC-SM")
    assert (ran.code, "sealed words erased — An" in ran.out) == (0, True), ran.err


def test_a_backup_is_written_restored_and_a_going_back_explained(
    clerk, office, issue, secret, tmp_path
):
    issue(office)
    target = str(tmp_path / "so.bak")
    ran = clerk.json("register", "backup", "-o", target)
    assert (ran.code, ran.error["code"]) == (9, "register.passphrase_needed")
    ran = clerk.json("register", "backup", "-o", target, "--backup-passphrase-file", secret)
    assert ran.code == 0, ran.out
    assert (ran.json["key"], ran.json["output"]) == ("passphrase", target)
    assert [path.name for path in (clerk.home / "data").iterdir() if "draft" in path.name] == []
    issue(office, "13/BC-SM")
    (clerk.home / "data" / "register.db").unlink()
    restore = ["register", "restore", target, "--backup-passphrase-file", secret]
    assert clerk.json(*restore).error["code"] == "register.rolled_back"
    assert clerk.json(*restore, "--explain", "đĩa hỏng").error["code"] == "input.needed"
    ran = clerk.json(*restore, "--explain", "đĩa hỏng", "--second-actor", "Bình", "--actor", "An")
    assert ran.code == 0, ran.out
    assert (ran.json["intact"], ran.json["lost"] > 0) == (True, True)
    assert clerk.json("register", "verify").json["intact"]


def test_a_guarded_register_opens_by_a_private_file_and_by_nothing_else(clerk, secret):
    made = clerk.json("register", "init", "--passphrase", "--passphrase-file", secret)
    assert made.code == 0, made.out
    assert WORDS not in "".join(
        path.read_text(errors="replace") for path in (clerk.home / "data/keys").rglob("*.*")
    )
    assert clerk.json("register", "list").error["code"] == "register.passphrase_needed"
    assert clerk.json("--passphrase-file", secret, "register", "list").code == 0
    wrong = clerk.home / "wrong.txt"
    ran = clerk.json("register", "list", "--passphrase-file", str(wrong))
    assert (ran.code, ran.error["code"]) == (2, "input.no_passphrase_file")
    wrong.write_text("một cụm khác hẳn\n")
    wrong.chmod(0o600)
    ran = clerk.json("register", "list", "--passphrase-file", str(wrong))
    assert (ran.code, ran.error["code"]) == (9, "register.passphrase_wrong")
    wrong.chmod(0o644)
    ran = clerk.json("register", "list", "--passphrase-file", str(wrong))
    assert (ran.code, ran.error["code"]) == (9, "register.key_unsafe")
    clerk.config.write_text(clerk.config.read_text() + f'passphrase_file = "{secret}"\n')
    assert clerk.json("register", "list").code == 0
    assert clerk.json("register", "passphrase", "--remove").json == {"passphrase": False}


def test_a_passphrase_is_asked_for_once_a_run_and_not_shown(clerk, secret):
    clerk.json("register", "init", "--passphrase", "--passphrase-file", secret)
    shown, code = typed(clerk, WORDS, "register", "verify")
    assert code == 0, shown
    assert shown.count("Passphrase") == 1
    assert WORDS not in shown


def typed(clerk, line, *words):
    """Run a command at a terminal and type one line once something is asked."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(clerk.home)
        command = [sys.executable, "-m", "bmnn_mark", "--config", str(clerk.config), "--lang", "en"]
        os.execv(sys.executable, [*command, *words])
    shown, answered = b"", False
    while select.select([terminal], [], [], 60)[0]:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        shown += part
        if not answered and b": " in shown:
            os.write(terminal, line.encode() + b"\n")
            answered = True
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(status)

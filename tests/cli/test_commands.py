# SPDX-License-Identifier: Apache-2.0
"""Each command as a clerk or a script runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pikepdf
import pytest

from bmnn_mark.cli import print as printing
from bmnn_mark.cli.app import COMMANDS, globals_first, run
from bmnn_mark.errors import Fault
from bmnn_mark.i18n import Lang, next_step
from bmnn_mark.register.port import CopyState
from bmnn_mark.workflow import stamping
from bmnn_mark.workflow.printing import PrintedCopy


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(clerk, command, lang):
    ran = clerk.run(command, "--help", lang=lang)
    assert ran.code == 0
    assert len(ran.out.splitlines()) > 3


def test_the_version_is_told_at_once(clerk):
    assert clerk.run("--version").out.startswith("bmnn-mark ")


def test_global_options_may_stand_anywhere():
    assert globals_first(["stamp", "a", "--json", "--lang=en"]) == [
        "--json",
        "--lang=en",
        "stamp",
        "a",
    ]
    assert globals_first(["stamp", "--", "--json"]) == ["stamp", "--", "--json"]


def test_the_rules_are_shown_with_their_provenance(clerk):
    packs = clerk.json("rules", "list").json["packs"]
    assert [one["id"] for one in packs] == ["tt24-2020", "nd63-2026"]
    figures = clerk.json("rules", "show", "nd63-2026").json["figures"]
    assert len(figures) > 40
    assert {one["provenance"] for one in figures} <= {"read", "prior-law", "project-default"}
    assert all(one["source"] for one in figures)
    size = clerk.json("rules", "explain", "nd63-2026", "toi-mat.size").json
    assert size["value"]["width"] == 30.0
    assert size["provenance"] == "prior-law"
    assert "toi-mat.size" in clerk.run("rules", "show", "tt24-2020", lang="vi").out
    assert clerk.json("rules", "show", "none").error["code"] == "rules.unknown_pack"


def test_this_host_is_judged_with_an_exit_code(clerk):
    ran = clerk.json("host", "check")
    assert ran.code == {"OFFLINE": 0, "ONLINE": 5, "UNKNOWN": 6}[ran.json["verdict"]]
    assert ran.code != 0  # no real host can be OFFLINE before it is commissioned
    assert "baseline.missing" in {one["code"] for one in ran.json["evidence"]}


@pytest.mark.parametrize("length", ["nan", "inf", "-1", "0", "x"])
def test_a_ruler_is_measured_in_millimetres(clerk, length):
    ran = clerk.json("printer", "confirm-page", f"--across={length}", "--down", "240")
    assert (ran.code, ran.json["error"]["code"]) == (2, "input.words")


def test_doctor_finds_what_this_machine_has(clerk):
    ran = clerk.json("doctor")
    assert ran.code == 0
    assert {one["health"] for one in ran.json["findings"]} <= {"ok", "optional"}


def test_a_register_is_made_once(clerk):
    made = clerk.json("register", "init", "--rehearsal")
    assert made.json["rehearsal"] is True
    again = clerk.json("register", "init")
    assert (again.code, again.error["code"]) == (9, "register.exists")
    report = clerk.json("register", "verify")
    assert report.code == 0
    assert report.json["intact"] is True


def test_a_damaged_register_is_named(clerk):
    clerk.json("register", "init")
    database = clerk.home / "data" / "register.db"
    database.write_bytes(database.read_bytes()[:1024])
    ran = clerk.json("register", "verify")
    assert ran.code == 9
    assert ran.error["code"].startswith("register.")


def test_a_password_in_the_register_url_is_refused(clerk):
    ran = clerk.json("--register", "postgresql://a:secret@host/db", "register", "list")
    assert ran.code == 9
    assert ran.error["code"] == "register.password_in_url"
    assert "secret" not in json.dumps(ran.json)


def test_configuration_mistakes_are_words_that_are_off(clerk):
    clerk.config.write_text("colour = 1")
    ran = clerk.json("register", "list")
    assert (ran.code, ran.error["code"]) == (2, "config.wrong")


@pytest.mark.parametrize(
    ("configured", "asked", "begin"),
    [
        ("en", [], "There is no register"),
        ("vi", ["--lang=en"], "There is no register"),
        ("en", ["--lang", "vi"], "Không tìm thấy sổ"),
    ],
)
def test_a_refusal_speaks_as_configured_unless_asked_otherwise(clerk, configured, asked, begin):
    clerk.config.write_text(f'lang = "{configured}"\ndata_folder = "{clerk.home}/data"\n')
    words = ["--config", clerk.config, "register", "list", *asked]
    done = subprocess.run(
        [sys.executable, "-m", "bmnn_mark", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C", "BMNN_LANG": ""},
    )
    assert (done.returncode, done.stderr.startswith(begin)) == (9, True), done.stderr


@pytest.fixture
def fault_of_a_worker(monkeypatch, tmp_path):
    """The fault that a confined process sends, and the folder where reports go."""

    def break_down(*_words, **_options):
        raise Fault("fault.unexpected", where="ValueError at a:1")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "reports"))
    monkeypatch.setattr("bmnn_mark.workflow.hosting.check_host", break_down)
    return tmp_path / "reports"


def test_a_workers_fault_is_put_into_a_file_to_send(fault_of_a_worker, capsys):
    fault_of_a_worker.mkdir()
    assert run(["--json", "host", "check"]) == 70
    (report,) = fault_of_a_worker.iterdir()
    assert json.loads(capsys.readouterr().out)["error"]["detail"]["report"] == str(report)
    assert "where ValueError at a:1" in report.read_text()


def test_a_fault_without_room_for_a_report_is_still_told(fault_of_a_worker, capsys):
    assert run(["--json", "host", "check"]) == 70
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "fault.unreported"


def test_a_fault_in_one_file_has_its_report_and_the_others_are_marked(
    monkeypatch, tmp_path, capsys
):
    reports = tmp_path / "reports"
    reports.mkdir()
    files = [str(tmp_path / f"{name}.pdf") for name in "abc"]
    for file in files:
        with pikepdf.new() as pdf:
            pdf.add_blank_page(page_size=(595, 842))
            pdf.save(file)
    marked = stamping.stamp

    def break_at_b(office, order, *words, **settings):
        if order.source.name == "b.pdf":
            raise ZeroDivisionError
        return marked(office, order, *words, **settings)

    monkeypatch.setattr("tempfile.tempdir", str(reports))
    monkeypatch.setattr(stamping, "stamp", break_at_b)
    assert run(["--json", "stamp", *files, "--level", "mat", "-o", str(tmp_path / "ra")]) == 70
    first, second, third = json.loads(capsys.readouterr().out)["outputs"]
    assert (Path(first["path"]).name, Path(third["path"]).name) == (
        "a.marked.pdf", "c.marked.pdf",
    )  # fmt: skip
    assert second["error"]["code"] == "fault.unexpected"
    assert "ZeroDivisionError" in Path(second["error"]["detail"]["report"]).read_text()


@pytest.mark.parametrize(
    ("state", "to_close"),
    [("device-done", True), ("unknown", True), ("void", False), ("releasing", False)],
)
def test_sheets_are_to_be_counted_only_where_one_may_have_come(
    monkeypatch, capsys, state, to_close
):
    copy = PrintedCopy(
        number=1, of=1, position=2, attempt_id="a", reference="r", recipient="",
        state=CopyState(state),
    )  # fmt: skip
    report = SimpleNamespace(document_id="d", copies=(copy,), mark=None)
    monkeypatch.setattr(printing, "_print", lambda *_words: report)
    monkeypatch.setattr(printing, "tell_notices", lambda *_words: None)
    monkeypatch.setattr("bmnn_mark.cli.contract.printed", lambda *_words: {})
    run(["--lang", "en", "print", "a.pdf"])
    said = capsys.readouterr().err
    assert ("register close" in said) is to_close
    assert ("register recover" in said) is (state == "releasing")


def test_why_a_copy_did_not_come_is_told_with_what_to_do(monkeypatch, capsys):
    copy = PrintedCopy(
        number=1, of=1, position=2, attempt_id="a", reference="r", recipient="",
        state=CopyState.VOID, code="guard.receipts_unwritable", detail={"reason": "EROFS"},
    )  # fmt: skip
    report = SimpleNamespace(document_id="d", copies=(copy,), mark=None)
    monkeypatch.setattr(printing, "_print", lambda *_words: report)
    monkeypatch.setattr(printing, "tell_notices", lambda *_words: None)
    monkeypatch.setattr("bmnn_mark.cli.contract.printed", lambda *_words: {})
    assert run(["--lang", "en", "print", "a.pdf"]) == 8
    said = capsys.readouterr().out
    assert "(the disk is read-only), so nothing is printed." in said
    assert "    → Have the officer" in said


@pytest.mark.parametrize(
    "code",
    [
        f"guard.{one}"
        for one in (
            "network_changed", "device_changed", "overrun", "lost", "recalled", "stopped",
            "gate_vanished", "gate_stopped",
        )
    ],
)  # fmt: skip
def test_what_ends_a_copy_has_a_next_step(code):
    assert next_step(code, Lang.VI)
    assert next_step(code, Lang.EN)


def test_who_interrupts_a_print_is_told_to_look_at_the_paper(monkeypatch, capsys):
    def interrupted(*_words):
        raise KeyboardInterrupt

    monkeypatch.setattr(printing, "_print", interrupted)
    assert run(["--lang", "en", "print", "a.pdf"]) == 130
    told = capsys.readouterr().err
    assert told.startswith("Printing was interrupted.\n→ Look at the printer's paper")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--document", "d", "--urgency", "khan"], "input.either"),
        (["--document", "d", "--at", "30,45"], "input.either"),
        (["--document", "d", "--level", "mat"], "input.either"),
        (["--copy", "2", "--level", "mat", "--copies", "2"], "input.together"),
    ],
)
def test_what_the_register_knows_is_not_said_again(clerk, words, code):
    ran = clerk.json("print", "a.pdf", *words)
    assert (ran.code, ran.error["code"]) == (2, code)

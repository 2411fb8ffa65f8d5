# SPDX-License-Identifier: Apache-2.0
"""A PC set up with what is in packaging/: officer, clerk and stranger, the system's own cupsd."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bmnn_mark.printing.rehearsal import isolated


@pytest.fixture(scope="module")
def story(sample_pdf):
    folder = Path(tempfile.mkdtemp(prefix="bmnn-kit-"))
    folder.chmod(0o755)
    source = folder / "mau.pdf"
    shutil.copy(sample_pdf, source)
    source.chmod(0o644)
    script = str(Path(__file__).with_name("kit_scenario.py"))
    try:
        done = subprocess.run(
            isolated([sys.executable, script, str(folder), str(source)]),
            capture_output=True, text=True, timeout=200, stdin=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout)
    finally:
        shutil.rmtree(folder)


def code_of(answer):
    return answer[0], answer[1].get("error", {}).get("code")


def test_an_officer_enrols_the_printer_with_the_key_that_the_clerk_tells(story):
    assert code_of(story["before"]) == (7, "printer.not_enrolled")
    assert code_of(story["clerk_enrolls"]) == (7, "print.needs_root")
    assert code_of(story["without_key"]) == (7, "printer.register_key_needed")
    assert code_of(story["mistyped"]) == (2, "printer.register_key")
    code, answer = story["enrolled"]
    assert code == 0
    assert answer["printer"]["policy"] == "bmnn"
    assert answer["printer"]["spool"] == "/run/cups/bmnn/spool"
    assert answer["printer"]["proof"]["deviation_mm"] <= 0.2


def test_a_clerk_without_root_prints_where_the_kit_is_installed(story):
    assert story["check"] == [0, {"findings": []}]
    code, answer = story["printed"]
    assert code == 0, answer
    assert [one["state"] for one in answer["outputs"]] == ["device-done"] * 2
    assert len(story["sheets"]) == 2
    assert min(story["sheets"]) > 10_000


def test_nobody_prints_past_the_gate_and_the_journal_tells_of_who_may_send_jobs(story):
    assert code_of(story["strange_check"]) == (7, "guard.absent")
    assert story["sheets_after_lp"] == 2
    assert story["incidents"].count("gate.no_ticket") == 2  # root and the clerk; not the stranger
    assert story["spool"] == []

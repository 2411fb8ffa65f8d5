# SPDX-License-Identifier: Apache-2.0
"""Nothing of a document stays behind: not after a good run, not after a broken one or a fault."""

import base64
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pypdfium2
import pytest

from bmnn_mark import proc
from bmnn_mark.printing.rehearsal import isolated
from tests.printing.canary import Canaries, Watch, left_behind

#: Words that stand in the documents, and nowhere else.
WORDS = {
    "text": "CANARYTEXT9F3A7C",
    "file title": "CANARYFILETITLE5D21",
    "title": "CANARYTITLE77B0E4",
    "recipient": "CANARYRECIPIENT61C9",
    "address": "CANARYADDRESS0A8F2",
    "keeper": "CANARYKEEPER4E6D1",
    "ground": "CANARYGROUNDB35F9",
    "signer": "CANARYSIGNER82D7A",
    "file name": "CANARYFILENAME19E0",
}


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """What was seen on an isolated host where documents full of canaries were printed."""
    home = tmp_path_factory.mktemp("canary")
    tray = home / "own" / "tray"
    tray.mkdir(parents=True)
    scenario = Path(__file__).with_name("canary_scenario.py")
    done = proc.run(
        isolated([sys.executable, str(scenario)]), home=home, seconds=280,
        stdin=json.dumps({"words": WORDS, "home": str(home)}).encode(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    seen = json.loads(done.stdout)
    seen["said"] = done.stderr.decode()
    seen["tray"] = sorted(tray.iterdir())
    seen["register"] = (home / "data" / "register.db").read_bytes()
    return seen


def test_nothing_is_left_after_a_good_run(story):
    assert story["states"] == ["device-done"] * 2
    assert story["after"]["a good run"] == []


def test_nothing_is_left_after_the_device_broke_down(story):
    assert story["broken"] == ["unknown", "void"]
    assert story["after"]["a broken device"] == []


def test_a_fault_of_ours_says_nothing_of_the_document(story):
    assert story["fault"] == [70, True, []]
    assert story["after"]["a fault"] == []


def test_nothing_is_seen_while_it_prints_but_the_spooled_document(story):
    assert story["looks"] > 20
    assert story["during"] == []
    assert story["said"] == ""


def test_no_process_that_holds_documents_may_leave_an_image_of_itself(story):
    assert story["dumping"] == []


def test_what_was_printed_is_pixels_and_the_register_knows_which(story):
    assert len(story["tray"]) == 2
    for sheet in story["tray"]:
        with pypdfium2.PdfDocument(sheet) as printed:
            kinds = [[one.type for one in page.get_objects()] for page in printed]
        assert kinds == [[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]]
        assert hashlib.sha256(sheet.read_bytes()).hexdigest().encode() in story["register"]


@pytest.mark.parametrize("form", range(9))
def test_the_search_finds_a_word_in_every_form_that_programs_write(tmp_path, form):
    word = WORDS["title"]
    written = (
        word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"),
        word.encode().hex().encode(), base64.b64encode(word.encode()),
        base64.b64encode(b"a" + word.encode() + b"bc"), base64.b64encode(b"ab" + word.encode()),
        b"%PDF-1.4 of something else", b"",
    )[form]  # fmt: skip
    name = word if form == 8 else "plain"
    (tmp_path / name).write_bytes(b"before " + written if form < 7 else written)
    assert len(left_behind(Canaries(WORDS), [tmp_path])) == 1


def test_the_watch_sees_environments_spool_files_and_temporary_names(tmp_path):
    spool, temporary = tmp_path / "spool", tmp_path / "tmp"
    spool.mkdir()
    (temporary / WORDS["file name"]).mkdir(parents=True)
    (spool / "c00001").write_text(WORDS["title"])
    (spool / "d00001-001").write_text(WORDS["text"])
    with subprocess.Popen(["sleep", "20"], env={"SHOWN": WORDS["signer"]}) as sleeping:
        with Watch(Canaries(WORDS), [spool], [temporary]) as watch:
            ends_at = time.monotonic() + 10
            while watch.looks < 3 and time.monotonic() < ends_at:
                time.sleep(0.01)
        sleeping.kill()
    seen = {one.split(" in ")[0] for one in watch.found}
    assert seen == {"title", "file name", "signer"}

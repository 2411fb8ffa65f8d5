# SPDX-License-Identifier: Apache-2.0
"""What a failure or an interruption leaves: numbers accounted for, no file, the way open again."""

import hashlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bmnn_mark.config import Config
from bmnn_mark.documents import confined
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.errors import DocumentRefused, RegisterRefused
from bmnn_mark.register.port import CopyState, Recipient
from bmnn_mark.register.store import Register
from bmnn_mark.rules import Level
from bmnn_mark.workflow import bookkeeping, issuing
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder, parse_point


@pytest.fixture
def office(tmp_path):
    office = office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path / "data")), None)
    bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
    return office


def order_for(source):
    return IssueOrder(
        stamp=StampOrder(source=source, level=Level.MAT, dated=date(2026, 11, 5)),
        number_sign="12/KH-SM",
        recipients=(Recipient(name="Sở A", copies=2),),
        actor="An",
    )


def states(office):
    register = office.open_register()
    (row,) = register.documents()
    return [one.state for one in register.document(row.document_id).attempts]


def test_stopping_between_two_copies_voids_the_numbers_and_leaves_no_file(
    office, sample_pdf, tmp_path
):
    def stop(step):
        if step.phase == "copies" and step.copy == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        issuing.issue_to_folder(office, order_for(sample_pdf), tmp_path / "ra", on_progress=stop)
    assert states(office) == [CopyState.VOID] * 2
    assert not (tmp_path / "ra").exists()
    assert not list(tmp_path.glob(".bmnn-*"))


def test_a_document_whose_numbers_are_all_void_may_be_issued_again(office, sample_pdf, tmp_path):
    def stop(step):
        if step.phase == "copies":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        issuing.issue_to_folder(office, order_for(sample_pdf), tmp_path / "ra", on_progress=stop)
    report = issuing.issue_to_folder(office, order_for(sample_pdf), tmp_path / "ra")
    assert [copy.number for copy in report.copies] == [1, 2]
    assert states(office) == [CopyState.VOID, CopyState.EXPORTED] * 2
    assert bookkeeping.verify(office).intact


def test_an_existing_copy_is_refused_before_a_number_is_spent(office, sample_pdf, tmp_path):
    (tmp_path / "ra").mkdir()
    (tmp_path / "ra" / "mau.ban-so-02.pdf").write_bytes(b"old")
    with pytest.raises(DocumentRefused, match="output.exists"):
        issuing.issue_to_folder(office, order_for(sample_pdf), tmp_path / "ra")
    assert office.open_register().documents() == ()
    assert [path.name for path in (tmp_path / "ra").iterdir()] == ["mau.ban-so-02.pdf"]


def test_what_a_killed_process_left_is_settled_and_swept(office, sample_pdf, tmp_path):
    script = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_issuing import order_for
from bmnn_mark.config import Config
from bmnn_mark.workflow import issuing
from bmnn_mark.workflow.office import office_for

def wait(step):
    if step.phase == "copies":
        print("now", flush=True)
        time.sleep(60)

office = office_for(Config(agency="SỞ MẪU", data_folder={office.config.data_folder!r}), None)
issuing.issue_to_folder(
    office, order_for(Path({str(sample_pdf)!r})), Path({str(tmp_path / "ra")!r}), on_progress=wait
)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"now\n"
        process.send_signal(signal.SIGKILL)
    assert states(office) == [CopyState.RESERVED] * 2
    assert list(tmp_path.glob(".bmnn-draft-*"))
    time.sleep(0.1)
    assert bookkeeping.recover(office, actor="An") == ()
    assert states(office) == [CopyState.VOID] * 2
    issuing.issue_to_folder(office, order_for(sample_pdf), tmp_path / "ra")
    assert not list(tmp_path.glob(".bmnn-draft-*"))
    assert len(list((tmp_path / "ra").iterdir())) == 2


def test_what_is_marked_is_a_private_copy_without_the_files_name(
    office, sample_pdf, tmp_path, monkeypatch
):
    given_file = Path(shutil.copy(sample_pdf, tmp_path / "ten-that.pdf"))
    seen = []
    marked = confined.mark_pdf

    def mark(task, on_progress):
        seen.append((task.source, given_file.read_bytes()))
        given_file.write_bytes(b"another document")  # somebody saves it anew meanwhile
        return marked(task, on_progress)

    monkeypatch.setattr(confined, "mark_pdf", mark)
    issuing.issue_to_folder(office, order_for(given_file), tmp_path / "ra")
    ((source, given),) = seen
    assert given_file.stem not in source
    register = office.open_register()
    (row,) = register.documents()
    assert register.same_file(hashlib.sha256(given).hexdigest()) == (row.document_id,)


def test_the_same_file_under_another_number_and_a_reason_given_are_told_and_kept(
    office, sample_pdf, tmp_path
):
    first = issuing.issue_to_folder(office, order_for(sample_pdf), tmp_path / "ra")
    assert "register.same_file" not in {one.code for one in first.mark.result.notices}
    order = order_for(sample_pdf)
    over = replace(order.stamp, at=parse_point("100,20"), allow_overlap="Đã duyệt mẫu")
    again = replace(order, number_sign="13/KH-SM", stamp=over)
    second = issuing.issue_to_folder(office, again, tmp_path / "ra-2")
    told = {one.code: one.detail for one in second.mark.result.notices}
    assert told["register.same_file"] == {"document": first.document_id, "documents": 1}
    assert told["marks.over_ink"]["reason"] == "Đã duyệt mẫu"
    register = office.open_register()
    assert register.document(first.document_id).overlap_reason is None
    assert register.document(second.document_id).overlap_reason == "Đã duyệt mẫu"


def test_a_failed_export_entry_is_the_failure_that_is_told_and_voids_the_numbers(
    office, sample_pdf, tmp_path, monkeypatch
):
    recorded = Register.record

    def record(register, records):
        if any(one.state is CopyState.EXPORTED for one in records):
            raise RegisterRefused("register.busy")
        recorded(register, records)

    monkeypatch.setattr(Register, "record", record)
    with pytest.raises(RegisterRefused, match="register.busy"):
        issuing.issue_to_folder(office, order_for(sample_pdf), tmp_path / "ra")
    assert states(office) == [CopyState.VOID] * 2
    assert not (tmp_path / "ra").exists()


def test_docx_copies_are_read_back_and_their_bytes_stand_in_the_register(tmp_path):
    office = office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path / "data")), None)
    bookkeeping.create(office, agency=None, rehearsal=False, actor="An")
    source = tmp_path / "mau.docx"
    write_sample(source, number="12/KH-SM")
    issuing.issue_to_folder(office, order_for(source), tmp_path / "ra", keep_docx=True)
    files = sorted((tmp_path / "ra").glob("*.docx"))
    assert [one.name for one in files] == ["mau.ban-so-01.docx", "mau.ban-so-02.docx"]
    with sqlite3.connect(tmp_path / "data" / "register.db") as database:
        leaves = [json.loads(leaf) for (leaf,) in database.execute("SELECT leaf FROM events")]
    details = [leaf["body"]["detail"] for leaf in leaves if leaf["type"] == "copy.produced"]
    assert [one["docx_sha256"] for one in details] == [
        hashlib.sha256(one.read_bytes()).hexdigest() for one in files
    ]

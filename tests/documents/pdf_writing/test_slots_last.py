# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import mmap
import subprocess

import pikepdf
import pytest
from pikepdf import ObjectStreamMode

from bmnn_mark.documents.copies import CopyTemplate
from bmnn_mark.documents.model import Slot
from bmnn_mark.documents.pdf import writing
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.slots_last import move_slots_last
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.errors import Fault
from bmnn_mark.limits import DEFAULT_LIMITS

PAGES = 4


@pytest.fixture(params=[ObjectStreamMode.disable, ObjectStreamMode.generate])
def source(request, make_paper, tmp_path):
    """A document with a cross-reference table, and one with a cross-reference stream."""
    path = tmp_path / "asked.pdf"
    with pikepdf.open(make_paper(PAGES)) as pdf:
        pdf.save(path, object_stream_mode=request.param)
    return path


@pytest.fixture
def write(source, plan_for, work):
    """Write a template of copies of the source."""

    def written(target):
        with open_pdf(source, DEFAULT_LIMITS, work) as opened:
            plan = plan_for(opened.frames, codes=True)
            return write_marked(opened, plan, target, mark_id="f0", pack_id="nd63-2026")

    return written


def test_nothing_that_copies_share_lies_among_their_slots(write, tmp_path):
    target = tmp_path / "template.pdf"
    slots = write(target)
    data = target.read_bytes()
    section = int(data[data.rindex(b"startxref") :].split()[1])
    objects = data[:section].split(b"\nendobj\n")[-len(slots) : -1]
    assert len(slots) > PAGES
    for slot, one in zip(slots[:-1], objects, strict=True):
        assert data[slot.offset : slot.offset + slot.length] in one
        assert b" 0 obj\n" in one[:12]
    assert slots[-1].name == "id"
    assert slots[-1].offset > section


def test_only_the_order_of_objects_changes(write, tmp_path, monkeypatch):
    moved, left = tmp_path / "moved.pdf", tmp_path / "left.pdf"
    write(moved)
    monkeypatch.setattr(writing, "move_slots_last", lambda _file, slots, _section: slots)
    write(left)
    assert moved.stat().st_size == left.stat().st_size
    assert moved.read_bytes() != left.read_bytes()
    assert contents(moved) == contents(left)


def contents(path):
    """Every object of a file by its number, as written and with its raw data."""
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    with pikepdf.open(path, attempt_recovery=False) as pdf:
        return {
            one.objgen: (
                one.unparse(resolved=True),
                one.read_raw_bytes() if isinstance(one, pikepdf.Stream) else b"",
            )
            for one in pdf.objects
            if not (isinstance(one, pikepdf.Dictionary | pikepdf.Stream) and "/ID" in one)
        }


def test_the_shared_part_is_hashed_once_and_right(write, tmp_path):
    target = tmp_path / "template.pdf"
    slots = write(target)
    data = target.read_bytes()
    template = CopyTemplate(target, slots)
    digest = template.head_digest()
    for _slot, own in template.tail:
        digest.update(own)
    assert digest.hexdigest() == hashlib.sha256(data).hexdigest()
    first = template.head_digest().hexdigest()
    assert first == hashlib.sha256(data[: slots[0].offset]).hexdigest()


@pytest.mark.parametrize(
    "wrong",
    [
        b"%PDF-1.7\n1 0 obj\n0\nendobj\nxref of no kind\n",
        b"%PDF-1.7\n1 0 obj\n0\nendless\nxref\n0 1\n0000000009 00000 n \n",
        b"%PDF-1.7\n1 0 abj\n0\nendobj\nxref\n0 1\n0000000009 00000 n \n",
        b"%PDF-1.7\n1 0 obj\n0\nendobj\nxref\n0 1\n0000000000 65535 f \n",
        b"%PDF-1.7\n1 0 obj\n0\nendobj\nxref\n0 1\n0000000018 00000 n \n",
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_a_fault(tmp_path, wrong):
    path = tmp_path / "wrong.pdf"
    path.write_bytes(wrong)
    with path.open("r+b") as handle, mmap.mmap(handle.fileno(), 0) as file:
        with pytest.raises(Fault) as caught:
            move_slots_last(file, (Slot(name="a", offset=17, length=1),), wrong.index(b"xref"))
        assert file[:] == wrong
    assert caught.value.code == "proof.slot"

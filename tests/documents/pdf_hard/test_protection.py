# SPDX-License-Identifier: Apache-2.0
"""Protected documents: refused, or opened by who may, and never unlocked without a word."""

from __future__ import annotations

from dataclasses import replace

import pikepdf
import pytest
from hard_papers import new_page
from pikepdf import Encryption, Permissions

from bmnn_mark.documents.copies import CopyTemplate, CopyValues, CopyWriter, ProveCopyTask
from bmnn_mark.documents.model import UnmarkTask
from bmnn_mark.documents.pdf.bare import unmark_pdf
from bmnn_mark.documents.pdf.marking import prove_copy
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.printout import Leave
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS

READING = Permissions(modify_other=False, print_highres=False)


@pytest.fixture
def locked(paper):
    def make(*, user="", r=6, allow=READING, **save):
        lock = Encryption(
            owner="chủ" if r >= 5 else "chu", user=user, R=r, allow=allow, aes=r > 3, metadata=r > 3
        )
        return paper(new_page, encryption=lock, **save)

    return make


@pytest.mark.parametrize("user", ["", "xem"])
def test_a_protected_document_is_refused_without_a_password(locked, mark, user):
    assert mark(locked(user=user)).code == "document.encrypted"


@pytest.mark.parametrize(
    ("r", "method", "bits"), [(6, "AES", 256), (4, "AES", 128), (3, "RC4", 128)]
)
def test_the_owner_opens_it_and_is_told_what_protection_is_gone(locked, mark, r, method, bits):
    ended = mark(locked(user="xem", r=r), password="chủ" if r >= 5 else "chu")
    assert ended.notices["document.protection_dropped"] == {
        "method": method, "bits": bits, "revision": r, "password": "owner",
        "denied": "modify_assembly, modify_other, print_highres",
    }  # fmt: skip
    with ended.pdf() as pdf:
        assert not pdf.is_encrypted


def test_who_may_only_read_may_not_mark(locked, mark):
    ended = mark(locked(user="xem"), password="xem")
    assert ended.code == "document.not_permitted"
    assert ended.detail == {"denied": "modify_other, print_highres"}
    assert mark(locked(), password="").code == "document.not_permitted"


def test_who_may_change_and_print_may_mark(locked, mark):
    told = mark(locked(user="xem", allow=Permissions()), password="xem").notices
    assert told["document.protection_dropped"]["password"] == "user"
    assert told["document.protection_dropped"]["denied"] == "modify_assembly"


def test_a_wrong_password_is_named_and_not_repeated(locked, mark):
    ended = mark(locked(user="xem"), password="khong-phai")
    assert ended.code == "document.wrong_password"
    assert ended.detail == {}


def test_a_password_for_an_open_document_does_nothing(paper, mark):
    ended = mark(paper(new_page), password="gì cũng được")
    assert ended.code is None
    assert "document.protection_dropped" not in ended.notices


def test_a_protected_document_that_is_damaged_as_well_is_refused(locked, mark):
    path = locked(user="xem")
    path.write_bytes(path.read_bytes().replace(b"startxref", b"startxxxx"))
    assert mark(path, password="chủ").code == "document.damaged"


def test_a_protected_signed_or_filled_document_goes_the_whole_way(locked, mark):
    path = locked(object_stream_mode=pikepdf.ObjectStreamMode.generate)
    told = mark(path, password="chủ", as_printout=True).notices
    assert "document.protection_dropped" in told


def test_copies_of_a_protected_document_are_proven_against_it(locked, mark, tmp_path):
    path = locked(user="xem")
    ended = mark(path, password="chủ", copies=3, page_code=False)
    request = ended.request
    values = CopyValues(number=2, copies=3, reference="0A1B2C3D4E")
    copy = tmp_path / "copy.pdf"
    template = CopyTemplate(ended.target, ended.result.slots)
    CopyWriter(template).write_copy(template.slot_values(request, values), copy)
    task = ProveCopyTask(
        source=str(path), copy=str(copy), work=str(tmp_path / "work"), request=request,
        values=values, password="chủ",
    )  # fmt: skip
    assert any(one.stamp == "ban-so" for one in prove_copy(task))


def test_marks_are_taken_out_of_a_file_that_was_locked_since(paper, mark, tmp_path):
    ended = mark(paper(new_page))
    locked, bare = tmp_path / "locked.pdf", tmp_path / "bare.pdf"
    with ended.pdf() as pdf:
        pdf.save(locked, encryption=Encryption(owner="o", user="u"))
    task = UnmarkTask(source=str(locked), target=str(bare), work=str(tmp_path / "work"))
    with pytest.raises(DocumentRefused) as refusal:
        unmark_pdf(task)
    assert refusal.value.code == "document.encrypted"
    result = unmark_pdf(replace(task, password="o"))
    assert result.removed == 1
    assert "document.protection_dropped" in {one.code for one in result.notices}


def test_a_password_for_reading_is_enough_to_look(locked, tmp_path):
    leave = Leave(password="xem", look_only=True)
    with open_pdf(locked(user="xem"), DEFAULT_LIMITS, tmp_path, leave=leave) as opened:
        assert len(opened.frames) == 1

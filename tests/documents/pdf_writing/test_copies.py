# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import os
import stat
import subprocess

import pikepdf
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bmnn_mark.documents import confined
from bmnn_mark.documents.copies import (
    CopyTemplate,
    CopyValues,
    CopyWriter,
    ProveCopyTask,
)
from bmnn_mark.documents.copy_proof import prove_copy_bytes
from bmnn_mark.documents.model import MarkKind, MarkRequest, MarkTask, Slot
from bmnn_mark.errors import DocumentRefused, Fault
from bmnn_mark.rules import Level
from bmnn_mark.stamps.qr import ALPHABET, symbol

COPIES = 120
PAGES = 3


def values_of(number: int) -> CopyValues:
    codes = tuple(f"BM1:{number:05d}{page:05d}".ljust(67, "Z") for page in range(1, PAGES + 1))
    return CopyValues(number=number, copies=COPIES, reference="0A1B2C3D4E", codes=codes)


@pytest.fixture
def template(make_paper, work, tmp_path):
    """A template of copies made as the workflow makes it, its request and its source."""
    source, target = make_paper(PAGES), tmp_path / "template.pdf"
    request = MarkRequest(level=Level.MAT, pack="nd63-2026", copies=COPIES, mark_id="f0")
    result = confined.mark_pdf(
        MarkTask(source=str(source), target=str(target), work=str(work), request=request)
    )
    return CopyTemplate(target, result.slots), request, source


def write(template, request, number, target):
    values = template.slot_values(request, values_of(number))
    writer = CopyWriter(template)
    writer.write_copy(values, target)
    writer.sync()
    return values


@pytest.mark.parametrize("number", [1, 42, COPIES])
def test_a_copy_is_a_sound_file_that_says_its_number_on_every_page(template, tmp_path, number):
    opened, request, _ = template
    target = tmp_path / "copy.pdf"
    write(opened, request, number, target)
    subprocess.run(["qpdf", "--check", target], check=True, capture_output=True)
    texts = [page.extract_text() for page in pypdf.PdfReader(target).pages]
    assert f"BẢN SỐ: {number:03d}" in texts[0]
    assert all(f"Bản {number}/{COPIES}" in text and "0A1B2-C3D4E" in text for text in texts)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_copy_is_its_template_outside_the_slots(template, tmp_path):
    opened, request, _ = template
    target = tmp_path / "copy.pdf"
    values = write(opened, request, 7, target)
    data = target.read_bytes()
    base = (tmp_path / "template.pdf").read_bytes()
    ends = [0, *(slot.offset + slot.length for slot in opened.slots)]
    begins = [*(slot.offset for slot in opened.slots), len(base)]
    assert len(data) == len(base)
    assert all(data[a:b] == base[a:b] for a, b in zip(ends, begins, strict=True))
    for slot in opened.slots:
        assert data[slot.offset : slot.offset + slot.length] == values[slot.name]
        if slot.name.startswith("code:"):
            page = int(slot.name.removeprefix("code:"))
            assert values[slot.name] == symbol(values_of(7).codes[page - 1])


def test_each_copy_has_an_identifier_of_its_own(template, tmp_path):
    opened, request, _ = template
    seen = set()
    for number in (1, 2, 3):
        write(opened, request, number, tmp_path / f"{number}.pdf")
        with pikepdf.open(tmp_path / f"{number}.pdf") as pdf:
            seen.add(bytes(pdf.trailer.ID[1]))
    assert len(seen) == 3


def test_the_first_and_last_copy_are_proven_by_pixels(template, work, tmp_path):
    opened, request, source = template
    for number in (1, COPIES):
        target = tmp_path / f"{number}.pdf"
        write(opened, request, number, target)
        marks = confined.prove_copy(task(source, target, work, request, number))
        assert {mark.kind for mark in marks} >= {
            MarkKind.LEVEL, MarkKind.COPY_NUMBER, MarkKind.PAGE_CODE, MarkKind.CAPTION,
        }  # fmt: skip


def test_a_copy_that_bears_another_copys_codes_is_refused_by_pixels(template, work, tmp_path):
    opened, request, source = template
    target = tmp_path / "wrong.pdf"
    values = opened.slot_values(request, values_of(5))
    values["code:2"] = symbol("BM1:".ljust(67, "7"))
    CopyWriter(opened).write_copy(values, target)
    with pytest.raises(DocumentRefused) as caught:
        confined.prove_copy(task(source, target, work, request, 5))
    assert caught.value.code == "proof.mark_not_shown"
    assert caught.value.detail["page"] == 2


def task(source, target, work, request, number):
    return ProveCopyTask(
        source=str(source),
        copy=str(target),
        work=str(work),
        request=request,
        values=values_of(number),
    )


def test_the_bytes_of_a_copy_are_proven_and_hashed(template, tmp_path):
    opened, request, _ = template
    target = tmp_path / "copy.pdf"
    values = write(opened, request, 9, target)
    digest = prove_copy_bytes(opened, target, values, 9)
    assert digest == subprocess.run(
        ["sha256sum", target], check=True, capture_output=True
    ).stdout.split()[0].decode("ascii")


def test_a_copy_with_another_copys_slot_is_named_by_the_slot(template, tmp_path):
    opened, request, _ = template
    values = write(opened, request, 9, tmp_path / "copy.pdf")
    other = opened.slot_values(request, values_of(8))
    with pytest.raises(DocumentRefused) as caught:
        prove_copy_bytes(opened, tmp_path / "copy.pdf", {**values, "code:2": other["code:2"]}, 9)
    assert (caught.value.code, caught.value.detail["slot"]) == ("proof.copy_differs", "code:2")


def test_what_befalls_the_template_afterwards_changes_no_copy(template, tmp_path):
    opened, request, _ = template
    values = write(opened, request, 9, tmp_path / "before.pdf")
    (tmp_path / "template.pdf").write_bytes(b"another")
    CopyWriter(opened).write_copy(values, tmp_path / "after.pdf")
    assert (tmp_path / "before.pdf").read_bytes() == (tmp_path / "after.pdf").read_bytes()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_altered_byte_of_a_copy_is_found(template_bytes, data):
    opened, values, target = template_bytes
    at = data.draw(st.integers(0, len(opened) - 1))
    flip = data.draw(st.integers(1, 255))
    with target.open("r+b") as file:
        old = os.pread(file.fileno(), 1, at)
        os.pwrite(file.fileno(), bytes([old[0] ^ flip]), at)
        with pytest.raises(DocumentRefused) as caught:
            prove_copy_bytes(opened, target, values, 1)
        os.pwrite(file.fileno(), old, at)
    assert caught.value.code == "proof.copy_differs"
    prove_copy_bytes(opened, target, values, 1)


@pytest.mark.parametrize("size", [-1, 1])
def test_a_copy_of_another_length_is_found(template, tmp_path, size):
    opened, request, _ = template
    target = tmp_path / "copy.pdf"
    values = write(opened, request, 1, target)
    os.truncate(target, len(opened) + size)
    with pytest.raises(DocumentRefused) as caught:
        prove_copy_bytes(opened, target, values, 1)
    assert caught.value.code == "proof.copy_differs"


def test_cutting_a_copy_at_any_eof_never_gives_an_unmarked_document(template, tmp_path):
    opened, request, _ = template
    target = tmp_path / "copy.pdf"
    write(opened, request, 1, target)
    data = target.read_bytes()
    ends = [at + 5 for at in range(len(data)) if data.startswith(b"%%EOF", at)]
    assert ends
    for end in ends:
        cut = tmp_path / "cut.pdf"
        cut.write_bytes(data[:end])
        text = pypdf.PdfReader(cut).pages[0].extract_text()
        assert "MẬT" in text
        assert "BẢN SỐ: 001" in text


def test_an_existing_file_is_not_written_over(template, tmp_path):
    opened, request, _ = template
    target = tmp_path / "there.pdf"
    target.write_bytes(b"old")
    with pytest.raises(DocumentRefused) as caught:
        write(opened, request, 1, target)
    assert caught.value.code == "output.exists"
    assert target.read_bytes() == b"old"


def test_nothing_is_left_where_a_slot_has_the_wrong_length(template, tmp_path):
    opened, request, _ = template
    values = opened.slot_values(request, values_of(1))
    target = tmp_path / "copy.pdf"
    for wrong in ({**values, "code:1": b"short"}, {k: v for k, v in values.items() if k != "id"}):
        with pytest.raises(Fault):
            CopyWriter(opened).write_copy(wrong, target)
        assert not target.exists()


def test_a_folder_that_cannot_be_written_to_is_refused(template, tmp_path):
    opened, request, _ = template
    with pytest.raises(DocumentRefused) as caught:
        write(opened, request, 1, tmp_path / "missing" / "copy.pdf")
    assert caught.value.code == "output.unwritable"


def test_a_disk_that_fills_up_is_named_and_nothing_is_left(template, tmp_path, monkeypatch):
    opened, request, _ = template
    write_some = os.writev

    def filling(handle, parts):
        if sum(map(len, parts)) < len(opened):
            raise OSError(errno.ENOSPC, "full")
        return write_some(handle, [parts[0][:7]])

    monkeypatch.setattr(os, "writev", filling)
    with pytest.raises(DocumentRefused) as caught:
        write(opened, request, 1, tmp_path / "copy.pdf")
    assert caught.value.detail == {"reason": "ENOSPC"}
    assert not (tmp_path / "copy.pdf").exists()


def test_a_disk_without_room_is_named_before_a_byte_is_written(template, tmp_path, monkeypatch):
    opened, request, _ = template

    def full(_handle, _begin, length):
        assert length == len(opened)
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DocumentRefused) as caught:
        write(opened, request, 1, tmp_path / "copy.pdf")
    assert caught.value.detail == {"reason": "ENOSPC"}
    assert not (tmp_path / "copy.pdf").exists()


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP])
def test_a_file_system_that_sets_no_room_aside_is_written_to(
    template, tmp_path, monkeypatch, number
):
    opened, request, _ = template

    def unknown(_handle, _begin, _length):
        raise OSError(number, "unknown")

    monkeypatch.setattr(os, "posix_fallocate", unknown)
    values = write(opened, request, 1, tmp_path / "copy.pdf")
    assert prove_copy_bytes(opened, tmp_path / "copy.pdf", values, 1)


def test_a_page_without_a_code_for_it_is_a_fault(template):
    opened, request, _ = template
    values = CopyValues(number=1, copies=COPIES, reference="0A1B2C3D4E", codes=("BM1:" + "0" * 63,))
    with pytest.raises(Fault) as caught:
        opened.slot_values(request, values)
    assert caught.value.code == "proof.slot"


def test_a_reference_that_is_too_long_is_a_fault(template):
    opened, request, _ = template
    values = CopyValues(
        number=COPIES, copies=COPIES, reference="0A1B2C3D4E5F", codes=values_of(1).codes
    )
    with pytest.raises(Fault) as caught:
        opened.slot_values(request, values)
    assert caught.value.code == "proof.slot_length"


@settings(max_examples=50, deadline=None)
@given(
    fixed=st.lists(st.binary(max_size=9), min_size=1, max_size=1500),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=1499),
)
def test_splicing_is_exact_for_any_slots(tmp_path_factory, fixed, lengths):
    folder = tmp_path_factory.mktemp("splice")
    base, slots, values, wanted = b"%", [], {}, b"%"
    for index, (part, length) in enumerate(zip(fixed, lengths, strict=False)):
        base, wanted = base + part, wanted + part
        name = f"code:{index}"
        slots.append(Slot(name=name, offset=len(base), length=length))
        values[name] = bytes([65 + index % 26]) * length
        base, wanted = base + b"\0" * length, wanted + values[name]
    (folder / "base").write_bytes(base)
    template = CopyTemplate(folder / "base", tuple(slots))
    CopyWriter(template).write_copy(values, folder / "copy")
    assert (folder / "copy").read_bytes() == wanted


@pytest.mark.parametrize(
    "slots",
    [
        (Slot(name="a", offset=0, length=5), Slot(name="b", offset=4, length=2)),
        (Slot(name="a", offset=8, length=3),),
        (Slot(name="a", offset=0, length=1), Slot(name="a", offset=1, length=1)),
    ],
)
def test_slots_that_cannot_be_are_a_fault(tmp_path, slots):
    (tmp_path / "base").write_bytes(b"0123456789")
    with pytest.raises(Fault) as caught:
        CopyTemplate(tmp_path / "base", slots)
    assert caught.value.code == "proof.slot"


@pytest.fixture(scope="module")
def template_bytes(tmp_path_factory):
    """A small template with slots of each kind, and a copy of it."""
    folder = tmp_path_factory.mktemp("bytes")
    code = symbol("BM1:".ljust(67, ALPHABET[-1]))
    (folder / "base").write_bytes(b"%PDF" + bytes(165) + b"between" + b"0" * 32 + b"%%EOF")
    slots = (Slot(name="code:1", offset=4, length=165), Slot(name="id", offset=176, length=32))
    values = {"code:1": code, "id": b"f" * 32}
    template = CopyTemplate(folder / "base", slots)
    CopyWriter(template).write_copy(values, folder / "copy")
    return template, values, folder / "copy"

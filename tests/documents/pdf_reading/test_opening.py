# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pikepdf
import pytest

from bmnn_mark.documents.pdf import repair
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.errors import BmnnMarkError, DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.worker import ignore_progress

INK = b"0 0 0 rg 100 100 200 300 re f BT /F1 20 Tf 100 700 Td (plain) Tj ET"


@pytest.fixture
def refused(opened):
    def run(path: Path, limits=DEFAULT_LIMITS) -> BmnnMarkError:
        with pytest.raises(DocumentRefused) as refusal, opened(path, limits):
            pass
        return refusal.value

    return run


@pytest.fixture
def edited(make_pdf):
    """A good file with something done to its objects."""

    def run(edit, **save) -> Path:
        path = make_pdf((INK, {}))
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            edit(pdf)
            pdf.save(path, **save)
        return path

    return run


def _form(pdf: pikepdf.Pdf, *fields: pikepdf.Dictionary, **more) -> None:
    pdf.Root["/AcroForm"] = pikepdf.Dictionary(Fields=pikepdf.Array(list(fields)), **more)


def test_opens_a_sound_file_with_its_frames(make_pdf, opened):
    path = make_pdf((INK, {}), (INK, {"Rotate": 90}))
    with opened(path) as document:
        assert [frame.page for frame in document.frames] == [1, 2]
        assert document.frames[1].size.width == document.frames[0].size.height
        assert document.notices == ()
        assert document.path == path


def test_says_while_it_reads_that_work_goes_on(make_pdf, tmp_path):
    path = make_pdf(*[(INK + b" %% page %d" % number, {}) for number in range(200)])
    steps = []
    with open_pdf(path, DEFAULT_LIMITS, tmp_path, steps.append):
        pass
    assert {step.phase for step in steps} == {"open"}
    assert len(steps) > 20


def test_a_front_end_that_stops_is_heard_while_a_file_is_read(make_pdf, tmp_path):
    class StoppedError(Exception):
        pass

    def stop(step):
        seen.append(step)
        if len(seen) > 3:
            raise StoppedError

    seen = []
    path = make_pdf(*[(INK + b" %% page %d" % number, {}) for number in range(200)])
    with pytest.raises(StoppedError), open_pdf(path, DEFAULT_LIMITS, tmp_path, stop):
        pass


def test_refuses_what_is_no_pdf(tmp_path, refused):
    path = tmp_path / "claims.pdf"
    path.write_bytes(b"just words")
    assert refused(path).code == "document.not_a_document"
    path.write_bytes(b"")
    assert refused(path).code == "document.empty"
    assert refused(tmp_path / "absent.pdf").code == "document.unreadable"


@pytest.mark.parametrize("user", ["", "secret"])
def test_refuses_a_locked_file_with_and_without_a_user_password(edited, refused, user):
    lock = pikepdf.Encryption(owner="owner", user=user)
    path = edited(lambda pdf: None, encryption=lock)
    assert refused(path).code == "document.encrypted"


def test_refuses_a_locked_file_that_is_damaged_as_well(edited, refused):
    path = edited(lambda pdf: None, encryption=pikepdf.Encryption(owner="owner", user=""))
    path.write_bytes(path.read_bytes().replace(b"startxref", b"startxxxx"))
    assert refused(path).code == "document.encrypted"


def test_refuses_a_signed_field(edited, refused):
    field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, V=pikepdf.Dictionary(Type=pikepdf.Name.Sig))
    assert refused(edited(lambda pdf: _form(pdf, field))).code == "document.signed"


def test_refuses_a_signed_field_whose_type_is_inherited(edited, refused):
    kid = pikepdf.Dictionary(V=pikepdf.Dictionary(Type=pikepdf.Name.Sig))
    parent = pikepdf.Dictionary(FT=pikepdf.Name.Sig, Kids=pikepdf.Array([kid]))
    assert refused(edited(lambda pdf: _form(pdf, parent))).code == "document.signed"


def test_refuses_a_certified_document(edited, refused):
    def certify(pdf):
        pdf.Root["/Perms"] = pikepdf.Dictionary(DocMDP=pikepdf.Dictionary())

    assert refused(edited(certify)).code == "document.signed"


def test_refuses_a_signature_that_no_field_names(edited, refused):
    def hide(pdf):
        pdf.Root["/Other"] = pdf.make_indirect(
            pikepdf.Dictionary(
                ByteRange=pikepdf.Array([0, 1, 2, 3]), Contents=pikepdf.String(b"\x30\x00")
            )
        )

    assert refused(edited(hide)).code == "document.signed"


def test_an_empty_signature_field_is_no_signature(edited, opened):
    field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=pikepdf.String("here"))
    with opened(edited(lambda pdf: _form(pdf, field))) as document:
        assert len(document.frames) == 1


def test_fields_that_hang_in_a_loop_do_not_hang_the_reader(edited, refused):
    def loop(pdf):
        field = pdf.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Tx))
        field["/Kids"] = pikepdf.Array([field, field])
        _form(pdf, field)

    assert refused(edited(loop)).code == "document.too_deep"


def test_refuses_xfa(edited, refused):
    path = edited(lambda pdf: _form(pdf, XFA=pikepdf.Array([])))
    assert refused(path).code == "document.xfa"


def test_script_in_a_document_is_no_reason_to_refuse(edited, opened):
    def script(pdf):
        pdf.Root["/OpenAction"] = pikepdf.Dictionary(
            S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)")
        )

    with opened(edited(script)) as document:
        assert len(document.frames) == 1


def test_refuses_a_file_without_pages(tmp_path, refused):
    path = tmp_path / "none.pdf"
    pikepdf.new().save(path)
    assert refused(path).code == "document.no_pages"


def test_refuses_more_pages_and_bytes_than_allowed(make_pdf, refused):
    path = make_pdf((INK, {}), (INK, {}), (INK, {}))
    few = dataclasses.replace(DEFAULT_LIMITS, pages=2)
    assert refused(path, few).code == "document.too_many_pages"
    assert refused(path, few).detail == {"pages": 3, "limit": 2}
    small = dataclasses.replace(DEFAULT_LIMITS, file_bytes=100)
    assert refused(path, small).code == "document.too_large"


def test_refuses_a_page_tree_that_loops(edited, refused):
    def loop(pdf):
        pdf.Root.Pages["/Kids"] = pikepdf.Array([pdf.Root.Pages])

    path = edited(lambda pdf: None)
    raw = path.read_bytes()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        number = pdf.Root.Pages.objgen[0]
        kid = pdf.pages[0].obj.objgen[0]
    assert b"%d 0 R" % kid in raw
    path.write_bytes(raw.replace(b"[ %d 0 R ]" % kid, b"[ %d 0 R ]" % number))
    assert refused(path).code == "document.damaged"


def test_takes_a_file_with_a_broken_table_in_its_repaired_form(make_pdf, opened):
    path = make_pdf((INK, {}), (INK, {"Rotate": 90}))
    path.write_bytes(path.read_bytes().replace(b"startxref", b"startxxxx"))
    with opened(path) as document:
        assert [notice.code for notice in document.notices] == ["document.repaired"]
        assert document.path != path
        assert len(document.frames) == 2


def test_refuses_a_stream_that_cannot_be_read(edited, refused):
    def spoil(pdf):
        pdf.pages[0].obj["/Contents"] = pikepdf.Stream(
            pdf, b"no flate data at all", Filter=pikepdf.Name.FlateDecode
        )

    path = edited(spoil)
    refusal = refused(path)
    assert refusal.code == "document.damaged"


def test_a_repair_that_changes_a_page_is_refused(make_pdf, tmp_path):
    before = make_pdf((INK, {}), name="before.pdf")
    after = make_pdf((INK + b" 400 400 3 3 re f", {}), name="after.pdf")
    same = make_pdf((INK, {}), name="same.pdf")
    repair._compare(before, same, 1, DEFAULT_LIMITS, tmp_path, ignore_progress)
    with pytest.raises(DocumentRefused) as refusal:
        repair._compare(before, after, 1, DEFAULT_LIMITS, tmp_path, ignore_progress)
    assert refusal.value.detail["reason"] == "PAGES_CHANGED"


def test_refuses_a_file_whose_readers_count_differently(make_pdf, refused):
    path = make_pdf((INK, {}), (INK, {}))
    raw = path.read_bytes()
    assert raw.count(b"/Count 2") == 1
    path.write_bytes(raw.replace(b"/Count 2", b"/Count 1"))
    assert refused(path).code == "document.second_reader_disagrees"


def test_no_refusal_quotes_the_file(make_pdf, opened, tmp_path):
    path = make_pdf((INK, {}), name="Ke-hoach-MAT.pdf")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DocumentRefused) as refusal, opened(path):
        pass
    assert "MAT" not in repr(refusal.value.detail)
    assert str(tmp_path) not in repr(refusal.value.detail)


@pytest.mark.parametrize("seed", range(60))
def test_a_spoiled_file_opens_or_is_refused_by_name(make_pdf, tmp_path, seed):
    path = make_pdf((INK, {}), (INK, {"CropBox": (10, 10, 400, 500)}))
    chance = random.Random(seed)
    raw = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(raw))
        match chance.randrange(3):
            case 0:
                raw[at] = chance.randrange(256)
            case 1:
                del raw[at : at + chance.randint(1, 40)]
            case _:
                raw[at:at] = bytes(chance.choices(b"<>[]()/ 0123456789RobjQ%", k=5))
    path.write_bytes(raw)
    codes = []
    try:
        with open_pdf(path, DEFAULT_LIMITS, tmp_path) as document:
            codes += [f"page.{frame.page}" for frame in document.frames]
    except BmnnMarkError as refusal:
        codes.append(refusal.code)
    assert codes
    assert {code.split(".")[0] for code in codes} <= {"document", "page"}

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import replace

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Name

from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.proof import prove_pdf
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.errors import DocumentRefused, Fault
from bmnn_mark.limits import DEFAULT_LIMITS

PLACES = {
    "upright": {},
    "turned by 90": {"Rotate": 90},
    "turned by 180": {"Rotate": 180},
    "turned by 270": {"Rotate": 270},
    "turned by -90": {"Rotate": -90},
    "origin elsewhere": {"MediaBox": Array([-100, 200, 495.276, 1041.89])},
    "cropped": {"MediaBox": Array([0, 0, 800, 1000]), "CropBox": Array([60, 50, 655, 892])},
    "cropped and turned": {
        "MediaBox": Array([0, 0, 1000, 1000]),
        "CropBox": Array([60, 50, 900, 700]),
        "Rotate": 270,
    },
}


@pytest.mark.parametrize("entries", PLACES.values(), ids=PLACES.keys())
def test_every_mark_is_seen_in_its_place_on_the_displayed_page(make_paper, mark, entries):
    made = mark(make_paper(2, **entries), codes=True)
    for shown in prove_pdf(made.pair, made.plan):
        assert abs(shown.measured.x - shown.box.x) < 0.6
        assert abs(shown.measured.y - shown.box.y) < 0.8  # capitals are lower than their line


def test_the_level_mark_measures_30_by_8_mm(make_paper, mark):
    made = mark(make_paper())
    [level] = prove_pdf(made.pair, made.plan)
    assert level.measured.width == pytest.approx(30.0, abs=0.1)
    assert level.measured.height == pytest.approx(8.0, abs=0.1)


def test_the_same_document_and_plan_give_the_same_bytes(make_paper, mark):
    source = make_paper(3)
    one = mark(source, name="one.pdf", codes=True)
    other = mark(source, name="other.pdf", codes=True)
    assert one.output.read_bytes() == other.output.read_bytes()
    assert one.slots == other.slots


def test_qpdf_has_no_complaint_and_the_file_is_one_revision(make_paper, mark):
    made = mark(make_paper(3), codes=True)
    subprocess.run(["qpdf", "--check", made.output], check=True, capture_output=True)
    assert made.output.read_bytes().count(b"%%EOF") == 1


def test_text_of_marks_is_found_by_two_readers_of_text(make_paper, mark):
    made = mark(make_paper(2), codes=True)
    assert "TỐI MẬT" in pypdf.PdfReader(made.output).pages[0].extract_text()
    ended = subprocess.run(["pdftotext", made.output, "-"], check=True, capture_output=True)
    pages = ended.stdout.decode("utf-8").split("\f")
    assert "TỐI MẬT" in pages[0]
    assert all("Bản 10/10" in page for page in pages[:2])


def test_a_mark_on_each_of_many_pages_is_one_form_and_one_font(make_paper, mark):
    made = mark(make_paper(6), every=True)
    with pikepdf.open(made.output) as pdf:
        forms = {page.Resources.XObject.Bmnn0.objgen for page in pdf.pages}
        ours = {page.Contents[-1].objgen for page in pdf.pages}
        fonts = [
            one
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/Subtype") == "/Type0"
        ]
        assert len(forms) == len(ours) == len(fonts) == 1
        assert len({page.Resources.objgen for page in pdf.pages}) == 1


def test_each_mark_says_that_it_is_an_artifact_and_ours(make_paper, mark):
    made = mark(make_paper())
    with pikepdf.open(made.output) as pdf:
        steps = [s for s in pikepdf.parse_content_stream(pdf.pages[0]) if str(s.operator) == "BDC"]
    [step] = steps
    tag, properties = step.operands
    ours = properties["/BMNN"]
    assert tag == Name.Artifact
    assert str(ours["/Pack"]) == "nd63-2026"
    assert str(ours["/Id"]) == "a1b2c3d4e5f60718"
    assert ours["/Kind"] == Name("/level")
    assert ours["/Stamp"] == Name("/toi-mat")
    assert [float(side) for side in ours["/Box"]] == [30, 45, 30, 8]


def test_info_metadata_and_streams_of_the_source_stay_as_they_are(paper, tmp_path, mark):
    paper.page(b"q 0 0 1 rg 300 300 20 20 re f Q\n")
    paper.pdf.docinfo["/Title"] = "Ke hoach"
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF  xmlns:rdf='r'/></x:xmpmeta>\n "
    paper.pdf.Root.Metadata = paper.pdf.make_stream(packet, Type=Name.Metadata, Subtype=Name.XML)
    source = tmp_path / "source.pdf"
    paper.pdf.save(source, static_id=True, fix_metadata_version=False)
    made = mark(source)
    with pikepdf.open(made.source) as before, pikepdf.open(made.output) as after:
        assert dict(before.docinfo) == dict(after.docinfo)
        assert after.Root.Metadata.read_raw_bytes() == packet
        own = after.pages[0].Contents[1]
        assert own.read_raw_bytes() == before.pages[0].Contents.read_raw_bytes()


def test_slots_are_the_whole_data_of_their_streams(make_paper, mark):
    made = mark(make_paper(3), codes=True)
    data = made.output.read_bytes()
    assert [slot.offset for slot in made.slots] == sorted(slot.offset for slot in made.slots)
    assert {slot.name for slot in made.slots} == {"id", "caption", "code:1", "code:2", "code:3"}
    for slot in made.slots:
        before, after = data[: slot.offset], data[slot.offset + slot.length :]
        if slot.name == "id":
            assert before.endswith(b"<")
            assert after.startswith(b">")
        else:
            assert before.endswith(b"stream\n")
            assert after.startswith(b"\nendstream")
    codes = {slot.name: data[slot.offset : slot.offset + slot.length] for slot in made.slots}
    assert len(codes["code:1"]) == 165
    assert codes["code:1"] == codes["code:2"]


def test_a_file_with_object_streams_keeps_its_slots_outside_them(paper, tmp_path, mark):
    for _ in range(3):
        paper.page(b"")
    source = tmp_path / "packed.pdf"
    paper.pdf.save(source, object_stream_mode=pikepdf.ObjectStreamMode.generate, static_id=True)
    made = mark(source, codes=True)
    assert len(made.slots) == 5
    prove_pdf(made.pair, made.plan)
    subprocess.run(["qpdf", "--check", made.output], check=True, capture_output=True)


def test_the_file_identifier_names_the_content(make_paper, mark):
    one = mark(make_paper(1), name="one.pdf")
    two = mark(make_paper(2), name="two.pdf")
    identifiers = set()
    for made in (one, two):
        with pikepdf.open(made.output) as pdf:
            identifiers.add(bytes(pdf.trailer.ID[1]))
    assert len(identifiers) == 2
    assert bytes.fromhex("31415926535897932384626433832795") not in identifiers


@pytest.mark.parametrize("mark_id", ["", "a)b", "a b", "Kế hoạch", "x" * 65])
def test_an_id_that_is_no_plain_token_is_not_written(make_paper, mark, mark_id):
    with pytest.raises(Fault) as caught:
        mark(make_paper(), mark_id=mark_id)
    assert caught.value.code == "proof.mark_token"


def test_one_slot_name_for_two_drawings_is_a_fault(make_paper, plan_for, work, tmp_path):
    source = make_paper(2)
    with open_pdf(source, DEFAULT_LIMITS, work) as opened:
        plan = plan_for(opened.frames, codes=True)
        same = tuple(replace(m, slot="caption") if m.slot else m for m in plan.marks)
        with pytest.raises(Fault) as caught:
            write_marked(
                opened, replace(plan, marks=same), tmp_path / "x.pdf", mark_id="a", pack_id="b"
            )
    assert caught.value.code == "proof.slot"


def test_an_encrypted_document_is_never_saved_in_clear(make_paper, plan_for, work, tmp_path):
    locked = tmp_path / "locked.pdf"
    with pikepdf.open(make_paper()) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="o", user=""))
    target = tmp_path / "out.pdf"
    with open_pdf(make_paper(), DEFAULT_LIMITS, work) as opened:
        plan, swapped = plan_for(opened.frames), replace(opened, pdf=pikepdf.open(locked))
        with pytest.raises(DocumentRefused) as caught:
            write_marked(swapped, plan, target, mark_id="a", pack_id="b")
    assert caught.value.code == "document.encrypted"
    assert not target.exists()


def test_the_source_is_not_touched(make_paper, mark):
    source = make_paper(2)
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    mark(source, codes=True)
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before


def plain(source, target):
    target.write_bytes(source.read_bytes())


def with_object_streams(source, target):
    with pikepdf.open(source) as pdf:
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def linearised(source, target):
    with pikepdf.open(source) as pdf:
        pdf.save(target, linearize=True)


def revised_twice(source, target):
    plain(source, target)
    for turn in (1, 2):
        writer = pypdf.PdfWriter(target, incremental=True)
        writer.add_metadata({"/Subject": f"revision {turn}"})
        writer.write(target)


@pytest.mark.parametrize("codes", [False, True])
@pytest.mark.parametrize("saved", [plain, with_object_streams, linearised, revised_twice])
def test_cutting_a_result_at_any_eof_never_gives_an_unmarked_document(
    make_paper, mark, tmp_path, saved, codes
):
    source = tmp_path / "saved.pdf"
    saved(make_paper(2), source)
    data = mark(source, codes=codes).output.read_bytes()
    ends = [found.end() for found in re.finditer(rb"%%EOF\n?", data)]
    assert ends[-1] == len(data)
    for end in ends:
        cut = tmp_path / "cut.pdf"
        cut.write_bytes(data[:end])
        with pikepdf.open(cut) as pdf:
            assert len(pdf.pages) == 2
        assert "TỐI MẬT" in pypdf.PdfReader(cut).pages[0].extract_text()

# SPDX-License-Identifier: Apache-2.0
"""Spoiled documents are read, or refused by name: some hundreds here, the rest by ``script/fuzz``.

Below them, what the fuzzers found, each made again by code.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from random import Random

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from mutators import spoil_bytes, spoil_docx, spoil_pdf
from readers import PACK, STRUCTURAL, read_pdf, search_pdf, unmark_pdf, without_programs
from seed_files import PDF_SEEDS, plain, sample_word
from stamped_files import stamped_files

from bmnn_mark.documents.hidden.annotations import fields
from bmnn_mark.documents.measuring import Coverage
from bmnn_mark.documents.measuring_type import measure_type
from bmnn_mark.documents.pdf.isolation import OURS
from bmnn_mark.documents.pdf.rings import refuse_rings
from bmnn_mark.errors import BmnnMarkError, DocumentRefused, Fault
from bmnn_mark.stamps.model import Face
from bmnn_mark.units import Rect

#: What libraries warn of goes nowhere in the process that reads documents.
pytestmark = pytest.mark.filterwarnings("ignore")

#: The document is not an argument: it follows from the number, and would be shown at length.
SOME = settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


class Seeds(dict):
    def __repr__(self):  # hypothesis shows every argument, and these are long
        return "seeds"


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    made = sample_word(tmp_path_factory.mktemp("seeds"))
    pdfs = [make() for make in PDF_SEEDS.values()]
    return Seeds({"pdf": pdfs, "docx": [made], "check-pdf": stamped_files(PACK)})


@pytest.fixture
def spoiled(tmp_path):
    """Writes a file and reads it; any end but a result or a named refusal is raised."""

    def run(reader, data, kind="pdf"):
        source = tmp_path / f"source.{kind}"
        source.write_bytes(data)
        with without_programs():
            try:
                reader(source, tmp_path)
            except Fault:
                raise
            except BmnnMarkError as refusal:
                return refusal.code
        return None

    return run


@pytest.mark.parametrize("name", STRUCTURAL)
@SOME
@given(number=st.integers(0, 2**32))
def test_a_spoiled_document_is_read_or_refused_by_name(name, number, seeds, spoiled):
    reader, kind = STRUCTURAL[name]
    chance = Random(number)
    spoil = spoil_pdf if kind == "pdf" else spoil_docx
    spoiled(reader, spoil(chance.choice(seeds.get(name, seeds[kind])), chance), kind)


@SOME
@given(number=st.integers(0, 2**32))
def test_a_document_with_spoiled_bytes_is_read_or_refused_by_name(number, seeds, spoiled):
    chance = Random(number)
    name = chance.choice(list(STRUCTURAL))
    reader, kind = STRUCTURAL[name]
    spoiled(reader, spoil_bytes(chance.choice(seeds[kind]), chance), kind)


def test_the_readers_read_what_is_not_spoiled(seeds, spoiled):
    ends = {
        (name, number): spoiled(reader, data, kind)
        for name, (reader, kind) in STRUCTURAL.items()
        for number, data in enumerate(seeds[kind])
    }
    assert {end for end in ends.values() if end} <= {"document.encrypted", "document.signed"}


def edited(change, tmp_path):
    path = tmp_path / "made.pdf"
    path.write_bytes(plain())
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        change(pdf)
        pdf.save(path)
    return path


def test_text_that_is_packed_as_a_picture_is_damage(spoiled, tmp_path):
    def pack(pdf):
        packed = pikepdf.Stream(pdf, b"\x97JB2", Filter=pikepdf.Name.JBIG2Decode)
        pdf.pages[0].obj["/Contents"] = pdf.make_indirect(packed)

    assert spoiled(read_pdf, edited(pack, tmp_path).read_bytes()) == "document.damaged"


def test_a_mark_of_ours_whose_box_is_no_number_cannot_be_told_apart(spoiled, tmp_path):
    label = b"/BMNN <</V 1 /Pack (a) /Id (b) /Kind /level /Stamp /mat /Box [- .. 1 2]>>"

    def forge(pdf):
        for page in pdf.pages:
            ours = pikepdf.Stream(pdf, b"/Artifact <<%b>> BDC EMC" % label)
            ours[OURS] = pikepdf.Name("/Mark")
            form = pikepdf.Stream(pdf, b"", Subtype=pikepdf.Name.Form, BBox=[0, 0, 1, 1])
            form[OURS] = pikepdf.Name("/Mark")
            page.obj["/Contents"] = pikepdf.Array([page.obj["/Contents"], pdf.make_indirect(ours)])
            page.obj["/Resources"]["/XObject"] = pikepdf.Dictionary(F=pdf.make_indirect(form))

    forged = edited(forge, tmp_path).read_bytes()
    assert spoiled(unmark_pdf, forged) == "marks.already_marked"


def test_a_page_tree_that_counts_wrongly_is_damage_or_read(spoiled):
    for wrong in (b"/Count 1", b"/Count -7", b"/Count 3", b"/Count (2)"):
        data = plain().replace(b"/Count 2", wrong)
        assert spoiled(search_pdf, data) in {None, "document.damaged", "document.no_pages"}


def test_a_ring_of_wide_form_fields_is_left_when_it_outgrows_the_walk():
    pdf = pikepdf.new()
    leaf = pdf.make_indirect(pikepdf.Dictionary(T=pikepdf.String("a")))
    leaf["/Kids"] = pikepdf.Array([leaf] * 300)
    form = pikepdf.Dictionary(Fields=pikepdf.Array([leaf]))
    assert 0 < len(list(fields(form))) < 1000


def form_in(pdf, content, **offers):
    form = pikepdf.Stream(pdf, content, Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9])
    form["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(**offers))
    return pdf.make_indirect(form)


@pytest.mark.parametrize(("named", "refused"), [(b"/B Do", True), (b"/Other Do", False)])
def test_a_form_that_is_offered_itself_is_refused_where_its_content_names_it(
    named, refused, tmp_path
):
    def ring(pdf):
        inner = form_in(pdf, named)
        outer = form_in(pdf, b"/A Do", A=inner)
        inner["/Resources"]["/XObject"]["/B"] = outer
        pdf.pages[0].obj["/Resources"]["/XObject"] = pikepdf.Dictionary(O=outer)

    path = edited(ring, tmp_path)
    with pikepdf.open(path) as pdf:
        if refused:
            with pytest.raises(DocumentRefused, match="draws_itself"):
                refuse_rings(pdf, path)
        else:
            refuse_rings(pdf, path)


def test_forms_that_share_one_form_are_no_ring(tmp_path):
    def share(pdf):
        shared = form_in(pdf, b"0 0 1 1 re f")
        left, right = (form_in(pdf, b"/A Do", A=shared) for _ in range(2))
        top = form_in(pdf, b"/L Do /R Do", L=left, R=right)
        pdf.pages[0].obj["/Resources"]["/XObject"] = pikepdf.Dictionary(O=top)

    path = edited(share, tmp_path)
    with pikepdf.open(path) as pdf:
        refuse_rings(pdf, path)


def test_a_stamp_whose_text_says_what_no_face_can_draw_is_looked_at(spoiled):
    # One letter of every font means another on the page: what the check measures type against.
    out = io.BytesIO()
    changed = 0
    with pikepdf.open(io.BytesIO(stamped_files(PACK)[2])) as pdf:
        for one in pdf.objects:
            if isinstance(one, pikepdf.Stream) and b"beginbfchar" in (map_ := one.read_bytes()):
                one.write(re.sub(rb"(<[0-9A-F]+> )<00[67][0-9A-F]>", rb"\1<4E00>", map_))
                changed += one.read_bytes() != map_
        pdf.save(out)
    assert changed
    assert spoiled(STRUCTURAL["check-pdf"][0], out.getvalue()) is None


@pytest.mark.parametrize("text", ["", " ", "\t", "\u200bA", "a\u0302", "MẬT\u4e00"])
def test_type_that_says_what_no_face_can_draw_is_not_measured(text):
    ink = Coverage.of_clip(Image.new("L", (60, 30), 255), Rect.of(0, 0, 6, 3), 254)
    seen = measure_type(ink, Rect.of(1, 1, 4, 1), text, Face.BOLD)
    assert seen is not None
    assert seen.size_pt is None

# SPDX-License-Identifier: Apache-2.0
"""What makes a file PDF/A is kept, and our marks are drawn as it asks; no validator is asked."""

from __future__ import annotations

import io

import pikepdf
import pytest
from hard_papers import BLOCK, new_page
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image, ImageCms

from bmnn_mark.documents.copies import CopyTemplate, CopyValues, CopyWriter
from bmnn_mark.documents.pdf.isolation import OURS
from bmnn_mark.documents.pdf.page_codes import code_template
from bmnn_mark.documents.pdf.srgb import srgb_profile
from bmnn_mark.documents.rendering import pdfium_pages, poppler_render

XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="%b" pdfaid:conformance="B"/>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


@pytest.fixture
def archived(paper):
    """A file that claims a part of PDF/A, with an output intent of so many components."""

    def make(part=b"2", components=3, tagged=False):
        def fill(pdf):
            new_page(pdf, BLOCK)
            metadata = Stream(pdf, XMP % part)
            metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
            pdf.Root.Metadata = pdf.make_indirect(metadata)
            if components:
                profile = Stream(pdf, srgb_profile() if components == 3 else b"other", N=components)
                intent = Dictionary(
                    Type=Name.OutputIntent, S=Name("/GTS_PDFA1"),
                    OutputConditionIdentifier=String("x"),
                    DestOutputProfile=pdf.make_indirect(profile),
                )  # fmt: skip
                pdf.Root.OutputIntents = Array([intent])
            if tagged:
                leaf = Dictionary(Type=Name.StructElem, S=Name.P, K=0, Lang=String("vi"))
                pdf.Root.StructTreeRoot = pdf.make_indirect(
                    Dictionary(Type=Name.StructTreeRoot, K=Array([leaf]))
                )
                pdf.Root.MarkInfo = Dictionary(Marked=True)

        return paper(fill)

    return make


def reachable(one, seen):
    """Every dictionary and stream below an object."""
    if isinstance(one, (Dictionary, Stream)):
        if one.is_indirect:
            if one.objgen in seen:
                return
            seen.add(one.objgen)
        yield one
        for key, value in one.items():
            if key != "/Parent":
                yield from reachable(value, seen)
    elif isinstance(one, Array):
        for value in one:
            yield from reachable(value, seen)


def our_marks(pdf):
    return [one for one in pdf.objects if isinstance(one, Stream) and one.get(OURS) == Name.Mark]


@pytest.mark.parametrize("components", [3, 4, 1, 0])
@pytest.mark.parametrize("copies", [None, 3])
def test_every_mark_is_as_the_archive_asks(archived, mark, components, copies):
    source = archived(components=components)
    ended = mark(source, copies=copies)
    assert ended.notices["pdf.pdfa_kept"] == {"claim": "2B"}
    with ended.pdf() as pdf, pikepdf.open(source) as before:
        assert pdf.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        assert ("/OutputIntents" in pdf.Root) == bool(components)
        if components:
            one, other = pdf.Root.OutputIntents[0], before.Root.OutputIntents[0]
            assert one.DestOutputProfile.read_bytes() == other.DestOutputProfile.read_bytes()
        marks = our_marks(pdf)
        assert marks
        everything = [each for one in marks for each in reachable(one, set())]
        for one in everything:  # nothing of ours is transparent
            assert not {"/SMask", "/ca", "/CA", "/BM", "/Group", "/ExtGState"} & set(one.keys())
        fonts = [one for one in everything if one.get("/Type") == Name.Font]
        assert any("/ToUnicode" in one for one in fonts)
        described = [one.FontDescriptor for one in fonts if "/FontDescriptor" in one]
        assert described
        assert all("/FontFile2" in one for one in described)
        spaces = [one.Resources.get("/ColorSpace") for one in marks if one.Subtype == Name.Form]
        if components == 3:
            assert not any(spaces)
        else:
            assert all(one.DefaultRGB[1].read_bytes() == srgb_profile() for one in spaces)


def test_no_colour_is_set_outside_our_forms_where_it_needs_a_profile(archived, mark):
    ended = mark(archived(components=0), copies=2)
    with ended.pdf() as pdf:
        ours = [
            one.read_bytes()
            for one in pdf.objects
            if isinstance(one, Stream) and one.get(OURS) == Name.Content
        ]
        assert any(b"page-code" in one for one in ours)
        assert not any(b" rg" in one for one in ours)


def test_part_1_gets_a_list_of_the_glyphs(archived, mark):
    for part, listed in ((b"1", True), (b"2", False)):
        with mark(archived(part=part)).pdf() as pdf:
            described = [
                one
                for one in pdf.objects
                if isinstance(one, Dictionary) and one.get("/Type") == Name.FontDescriptor
            ]
            assert described
            for one in described:
                assert ("/CIDSet" in one) == listed
                if listed:
                    assert one.CIDSet.read_bytes()[0] & 0x80
                    assert any(one.CIDSet.read_bytes()[1:])


def test_the_red_is_the_same_with_and_without_a_profile(archived, mark, tmp_path):
    found = []
    for components in (3, 0):
        ended = mark(archived(components=components))
        box = next(one for one in ended.result.marks).box
        middle = round(box.x.px(300)) + 40, round(box.y.px(300)) + 1
        with pdfium_pages(ended.target) as pages:
            found.append(pages.render(1, 300).getpixel(middle))
        found.append(poppler_render(ended.target, 1, 300, work=tmp_path).getpixel(middle))
    assert found[0][0] > 150
    assert found[0][1] < 100
    assert all(max(abs(a - b) for a, b in zip(one, found[0], strict=True)) <= 6 for one in found)


def test_copies_of_an_archived_file_stay_archived(archived, mark, tmp_path):
    ended = mark(archived(components=4), copies=2)
    request = ended.request
    codes = (code_template(request),)
    values = CopyValues(number=2, copies=2, reference="0A1B2C3D4E", codes=codes)
    copy = tmp_path / "copy.pdf"
    template = CopyTemplate(ended.target, ended.result.slots)
    CopyWriter(template).write_copy(template.slot_values(request, values), copy)
    with pikepdf.open(copy) as pdf, pikepdf.open(ended.target) as template:
        assert pdf.open_metadata().pdfa_status == "2B"
        assert pdf.Root.Metadata.read_bytes() == template.Root.Metadata.read_bytes()
        assert not pdf.check_pdf_syntax()


def test_the_structure_tree_stays_as_it_was_and_marks_are_artifacts(archived, mark):
    source = archived(tagged=True)
    ended = mark(source, copies=2)
    with ended.pdf() as pdf, pikepdf.open(source) as before:
        one, other = (
            tree.Root.StructTreeRoot.K[0].unparse(resolved=True) for tree in (pdf, before)
        )
        assert one == other
        assert pdf.Root.MarkInfo.Marked is True
        ours = b"".join(
            each.read_bytes()
            for each in pdf.objects
            if isinstance(each, Stream) and each.get(OURS) == Name.Content
        )
        assert ours.count(b"/Artifact <<") == ours.count(b"EMC") == len(ended.result.marks)
        assert b"/MCID" not in ours


def test_our_profile_is_srgb():
    profile = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    assert profile.profile.version == 2.1
    shades = bytes(part % 256 for i in range(768) for part in (i, i * 7, 255 - i % 256))
    ramp = Image.frombytes("RGB", (256, 3), shades)
    seen = ImageCms.profileToProfile(ramp, profile, ImageCms.createProfile("sRGB"))
    assert max(abs(a - b) for a, b in zip(ramp.tobytes(), seen.tobytes(), strict=True)) <= 1


def test_a_file_that_claims_nothing_is_told_nothing(paper, mark):
    assert "pdf.pdfa_kept" not in mark(paper(new_page)).notices


def test_spoiled_metadata_is_no_claim(paper, mark):
    def fill(pdf):
        new_page(pdf)
        pdf.Root.Metadata = pdf.make_indirect(
            Stream(pdf, b"<x:xmpmeta><broken", Type=Name.Metadata, Subtype=Name.XML)
        )

    assert mark(paper(fill)).code is None

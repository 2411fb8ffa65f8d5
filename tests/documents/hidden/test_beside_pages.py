# SPDX-License-Identifier: Apache-2.0
"""What a PDF holds beside its pages is found, each by its own name."""

import io
import re

import pikepdf
import pytest
from hiding import LINES, SHOWN, in_all_places
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from bmnn_mark.documents.hidden import revisions
from bmnn_mark.documents.hidden.kinds import WEIGHTS
from bmnn_mark.documents.hidden.pdf import find_in_pdf
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.i18n import Lang, next_step, words
from bmnn_mark.limits import DEFAULT_LIMITS


def script(pdf, page):
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("1"))


def launch(pdf, page):
    page.AA = Dictionary(O=Dictionary(S=Name.Launch, F=String("x")))


def link(pdf, page):
    action = Dictionary(S=Name.URI, URI=String("https://x"))
    page.Annots = Array([Dictionary(Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)])


def comment(pdf, page):
    page.Annots = Array([
        Dictionary(Subtype=Name.Highlight, Rect=Array([10, 20, 60, 40]), T=String("An")),
    ])  # fmt: skip


def unseen_comment(pdf, page):
    page.Annots = Array([Dictionary(Subtype=Name.Text, Rect=Array([0, 0, 9, 9]), F=2)])


def field(pdf, page, flags=0):
    one = pdf.make_indirect(Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("a"), V=String("v"), F=flags,
        Rect=Array([10, 10, 60, 30]),
    ))  # fmt: skip
    page.Annots = Array([one])
    pdf.Root.AcroForm = Dictionary(Fields=Array([one]))


def author(pdf, page):
    pdf.docinfo["/Author"] = "An"
    pdf.docinfo["/Own"] = "x"
    pdf.docinfo["/Producer"] = "program"


def xmp(pdf, page):
    packet = b'<rdf:RDF><rdf:Description dc:creator="" pdf:Keywords="x"/></rdf:RDF>'
    pdf.Root.Metadata = Stream(pdf, packet, Dictionary(Type=Name.Metadata, Subtype=Name.XML))


def attached(pdf, page):
    pdf.attachments["a"] = pikepdf.AttachedFileSpec(pdf, b"x", filename="a")


def thumb(pdf, page):
    page.Thumb = Stream(pdf, b"x")


def piece(pdf, page):
    page.PieceInfo = Dictionary(A=Dictionary())


def left_over(pdf, page):
    # A page that the page tree does not lead to is no rarity: editors delete by unlinking.
    page.Kept = pdf.make_indirect(Dictionary(Type=Name.Page))


def xfa(pdf, page):
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=String("x"))


@pytest.mark.parametrize(
    ("add", "expected"),
    [
        (None, {}),
        (script, {"scripts": 1}),
        (launch, {"actions": 1}),
        (link, {"links": 1}),
        (comment, {"comments": 1}),
        (unseen_comment, {"comments_unseen": 1}),
        (field, {"form_values": 1}),
        (lambda pdf, page: field(pdf, page, 2), {"form_values_unseen": 1}),
        (author, {"metadata": 1}),
        (xmp, {"metadata_xmp": 1}),
        (attached, {"attachments": 1}),
        (thumb, {"thumbnails": 1}),
        (piece, {"piece_info": 1}),
        (xfa, {"custom_data": 1}),
    ],
)
def test_each_hiding_place_has_its_name(make_pdf, find, add, expected):
    assert find(make_pdf(add=add)) == expected


def test_a_comment_is_told_with_its_page_and_place(make_pdf, tmp_path):
    (one,) = find_in_pdf(make_pdf(add=comment), DEFAULT_LIMITS, tmp_path)
    assert (one.page, one.detail["kind"]) == (1, "Highlight")
    assert one.box.x.pt == pytest.approx(10)
    assert one.box.y.pt == pytest.approx(842 - 40)
    assert one.box.width.pt == pytest.approx(50)


def update(path, change):
    """The file with an incremental update behind it, by hand: what changed and a new trailer."""
    with pikepdf.open(path) as pdf:
        page = pdf.pages[0].obj
        number, first = page.Contents.objgen[0], len(pdf.objects) + 1
        root = pdf.Root.objgen[0]
    before = path.read_bytes()
    out = io.BytesIO()
    out.write(before)
    at = out.tell()
    out.write(
        b"%d 0 obj\n<</Length %d>>\nstream\n%b\nendstream\nendobj\n" % (number, len(change), change)
    )
    table = out.tell()
    previous = before.rpartition(b"startxref")[2].split()[0]
    out.write(b"xref\n%d 1\n%010d 00000 n \n" % (number, at))
    out.write(b"trailer\n<</Size %d /Root %d 0 R /Prev %b>>\n" % (first, root, previous))
    out.write(b"startxref\n%d\n%%%%EOF\n" % table)
    path.write_bytes(out.getvalue())


def test_earlier_saves_are_told_with_the_pages_that_were_otherwise(make_pdf, tmp_path):
    path = make_pdf(LINES, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    update(path, SHOWN)
    (one,) = find_in_pdf(path, DEFAULT_LIMITS, tmp_path)
    assert (one.code, one.detail) == ("hidden.revisions_changed", {"count": 1, "pages": "1"})
    update(path, SHOWN)
    (one,) = find_in_pdf(path, DEFAULT_LIMITS, tmp_path)
    assert one.detail["count"] == 2


def test_an_update_that_changed_no_page_weighs_less(make_pdf, tmp_path):
    path = make_pdf(
        SHOWN,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        compress_streams=False,
    )
    update(path, SHOWN)
    (one,) = find_in_pdf(path, DEFAULT_LIMITS, tmp_path)
    assert one.code == "hidden.revisions"


@pytest.mark.parametrize("settings", [{"linearize": True}, {}])
def test_a_file_saved_once_has_no_earlier_save(make_pdf, find, settings):
    assert find(make_pdf(**settings)) == {}


def test_bytes_around_the_document_and_objects_that_nothing_uses_are_found(make_pdf, find):
    path = make_pdf(object_stream_mode=pikepdf.ObjectStreamMode.disable)
    path.write_bytes(path.read_bytes() + b"PK" * 100)
    assert find(path) == {"stray_bytes": 1}
    whole = make_pdf(
        add=left_over, object_stream_mode=pikepdf.ObjectStreamMode.disable
    ).read_bytes()
    unlinked = re.sub(rb"/Kept \d+ 0 R", lambda found: b" " * len(found[0]), whole)
    assert unlinked != whole
    path.write_bytes(unlinked)
    assert find(path)["unused_pages"] == 1


def test_signed_and_encrypted_files_are_looked_at_all_the_same(make_pdf, find):
    def signed(pdf, page):
        value = Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3]), Contents=String("x"))
        one = pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("s"), V=pdf.make_indirect(value)))
        pdf.Root.AcroForm = Dictionary(Fields=Array([one]))
        script(pdf, page)

    assert find(make_pdf(add=signed)) == {"signature": 1, "scripts": 1}
    locked = pikepdf.Encryption(owner="o", user="u")
    path = make_pdf(LINES + b"0 g 70 676 60 16 re f", encryption=locked)
    assert find(path, password="u") == {"encrypted": 1, "text_covered": 1}
    with pytest.raises(DocumentRefused, match="document.encrypted"):
        find(path)


def test_all_places_at_once_are_all_found(make_pdf, find):
    found = find(make_pdf(add=in_all_places))
    assert set(found) >= {
        "metadata", "metadata_xmp", "attachments", "scripts", "actions", "links", "thumbnails",
        "piece_info", "comments", "comments_unseen", "form_values_unseen", "layers_off",
    }  # fmt: skip


@pytest.mark.parametrize(
    "junk", [b"%PDF-1.7\n", b"not a document", b"%PDF-1.7\ntrailer<</Root 1 0 R>>"]
)
def test_what_is_no_document_is_refused_by_name(tmp_path, find, junk):
    path = tmp_path / "x.pdf"
    path.write_bytes(junk)
    with pytest.raises(DocumentRefused):
        find(path)


def test_a_loop_of_actions_ends(make_pdf, find):
    def looped(pdf, page):
        one = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=String("1")))
        one.Next = one
        pdf.Root.OpenAction = one

    assert find(make_pdf(add=looped)) == {"scripts": 1}


@pytest.mark.parametrize("code", WEIGHTS)
def test_every_kind_has_words_and_a_way_to_mend_it(code):
    for lang in Lang:
        assert words(code, lang)
        assert next_step(code, lang)


def test_no_page_text_is_in_a_finding(make_pdf, tmp_path):
    for one in find_in_pdf(make_pdf(LINES, in_all_places), DEFAULT_LIMITS, tmp_path):
        assert "anary" not in str(one)


def test_a_pdf_is_opened_even_where_qpdf_must_repair_it(make_pdf, find):
    path = make_pdf(add=script, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    path.write_bytes(path.read_bytes().replace(b"startxref", b"startxxxx"))
    with Pdf.open(path) as pdf:
        assert len(pdf.pages) == 1
    assert find(path)["scripts"] == 1


def test_end_marks_by_the_thousand_are_counted_and_the_last_alone_tried(tmp_path, monkeypatch):
    tried = []
    monkeypatch.setattr(revisions, "_page_prints", lambda data, _: tried.append(len(data)))
    path = tmp_path / "x.pdf"
    path.write_bytes(b"%PDF-1.7\n" + b"startxref 1 %%EOF\n" * 5001)
    (told,) = revisions.find_revisions(path, None)
    assert (told.code, told.detail["count"]) == ("hidden.revisions", 4950)
    assert len(tried) < 60

# SPDX-License-Identifier: Apache-2.0
"""A clean copy of a PDF: no byte of what was hidden is left, every page looks as before."""

import shutil
import subprocess

import pikepdf
import pytest
from hiding import BOX, LINES, SHOWN, everything, in_all_places
from pikepdf import Array, Dictionary, Name, Pdf, String

from bmnn_mark.documents.hidden.clean_pdf import clean_pdf
from bmnn_mark.documents.hidden.model import CleanTask
from bmnn_mark.documents.model import MarkRequest, MarkTask
from bmnn_mark.documents.pdf.marking import mark_pdf
from bmnn_mark.documents.pdf.unmarking import own_marks
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import Level
from bmnn_mark.worker import ignore_progress

TEXTS = {
    "covered": LINES + b"0 g " + BOX,
    "within a line": b"BT /F1 12 Tf 72 700 Td (Visible Canary word) Tj ET 0 g 129 695 44 16 re f",
    "array": b"BT /F1 12 Tf 1 0 0 1 72 700 Tm [(Visible )-20(Canary)-30( word)]TJ T* (x) ' ET "
    b"0 g 129 695 44 16 re f",
    "invisible": SHOWN + b"BT 3 Tr /F1 12 Tf 72 600 Td (Canary words) Tj ET",
    "background": SHOWN + b"q 1 g BT /F1 12 Tf 72 600 Td (Canary) Tj ET Q",
    "off page": SHOWN + b"BT /F1 12 Tf 72 900 Td (Canary) Tj ET",
    "quoted": LINES.replace(b"0 -20 Td (Canary) Tj", b"20 TL 0 0 (Canary) \"") + b"0 g " + BOX,
    "spoken": b"/Span <</ActualText (Canary)>> BDC " + LINES + b"EMC 0 g " + BOX,
    "spaced": LINES.replace(b"(Canary) Tj", b"1 Tc 2 Tw 90 Tz 3 Ts (Canary bird) Tj")
    + b"0 g 70 672 200 22 re f",
}  # fmt: skip


@pytest.fixture
def clean(tmp_path):
    def clean(path):
        work = tmp_path / "cleaning"
        work.mkdir(exist_ok=True)
        target = tmp_path / "clean.pdf"
        task = CleanTask(source=str(path), target=str(target), work=str(work))
        return clean_pdf(task, ignore_progress), target

    return clean


def codes(findings):
    return {one.code.removeprefix("hidden.") for one in findings}


def pixels(path):
    done = subprocess.run(["pdftoppm", "-r", "60", path], capture_output=True, check=True)
    assert done.stdout.startswith(b"P6")
    return done.stdout


def sound(path):
    return subprocess.run(["qpdf", "--check", path], capture_output=True).returncode == 0


@pytest.mark.parametrize("way", TEXTS)
def test_hidden_text_is_gone_and_the_rest_stands_where_it_stood(make_pdf, clean, way):
    path = make_pdf(TEXTS[way])
    assert b"Canary" in everything(path)
    result, target = clean(path)
    assert b"Canary" not in everything(target)
    assert result.removed
    assert result.kept == ()
    assert sound(target)
    assert pixels(target) == pixels(path)


def test_text_in_a_shared_form_goes_from_the_page_it_is_hidden_on_only(make_pdf, clean):
    def shared(pdf, page):
        form = pdf.make_stream(b"BT /F1 12 Tf 72 700 Td (Canary) Tj ET")
        form.Subtype, form.BBox, form.Resources = Name.Form, Array([0, 0, 595, 842]), page.Resources
        page.Resources = Dictionary(XObject=Dictionary(Fm0=pdf.make_indirect(form)))
        pdf.pages.append(pdf.pages[0])
        pdf.pages[1].obj.Contents = pdf.make_stream(b"/Fm0 Do")

    path = make_pdf(b"/Fm0 Do 0 g 60 690 90 30 re f", shared)
    result, target = clean(path)
    assert (codes(result.removed), result.kept) == ({"text_covered"}, ())
    shown = [
        subprocess.run(["pdftotext", "-f", page, "-l", page, target, "-"], capture_output=True)
        for page in ("1", "2")
    ]
    assert ["Canary" in one.stdout.decode() for one in shown] == [False, True]


def test_no_byte_is_left_of_what_was_in_every_hiding_place(make_pdf, clean):
    content = TEXTS["covered"] + b"/OC /L0 BDC BT /F1 12 Tf 72 500 Td (Canary layer) Tj ET EMC"
    path = make_pdf(content, in_all_places, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    path.write_bytes(path.read_bytes() + b"\n% Canary behind the end " * 10)
    result, target = clean(path)
    left = everything(target)
    assert b"anary" not in left
    assert not codes(result.removed) & codes(result.kept)
    assert codes(result.removed) >= {
        "metadata", "metadata_xmp", "attachments", "scripts", "actions", "links", "thumbnails",
        "piece_info", "comments", "comments_unseen", "form_values_unseen", "layers_off",
        "text_covered", "stray_bytes",
    }  # fmt: skip
    assert result.kept == ()
    assert sound(target)
    assert b"pdfaid" in left  # what makes it a PDF/A stays
    assert path.read_bytes() != target.read_bytes()


def test_earlier_revisions_are_gone(make_pdf, clean):
    path = make_pdf(LINES, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    subprocess.run(
        ["qpdf", "--static-id", path, path.with_name("flat.pdf")], check=True, capture_output=True
    )
    with Pdf.open(path) as pdf:
        number = pdf.pages[0].obj.Contents.objgen[0]
        root = pdf.Root.objgen[0]
    whole = path.read_bytes()
    body = SHOWN
    at = len(whole)
    update = b"%d 0 obj\n<</Length %d>>\nstream\n%b\nendstream\nendobj\n" % (
        number,
        len(body),
        body,
    )
    table = at + len(update)
    previous = whole.rpartition(b"startxref")[2].split()[0]
    update += b"xref\n%d 1\n%010d 00000 n \n" % (number, at)
    update += b"trailer\n<</Size 20 /Root %d 0 R /Prev %b>>\n" % (root, previous)
    path.write_bytes(whole + update + b"startxref\n%d\n%%%%EOF\n" % table)
    result, target = clean(path)
    assert codes(result.removed) == {"revisions_changed"}
    assert target.read_bytes().count(b"%%EOF") == 1
    assert b"Canary" not in everything(target)


def test_what_a_page_shows_of_a_comment_or_a_field_stays(make_pdf, clean):
    def shown(pdf, page):
        drawn = pdf.make_stream(b"1 0 0 rg 0 0 20 20 re f")
        drawn.BBox, drawn.Subtype = Array([0, 0, 20, 20]), Name.Form
        note = Dictionary(
            Subtype=Name.Square, Rect=Array([200, 200, 220, 220]), AP=Dictionary(N=drawn),
            Contents=String("Canary"), T=String("Canary"),
        )  # fmt: skip
        field = pdf.make_indirect(Dictionary(
            Subtype=Name.Widget, FT=Name.Tx, T=String("a"), V=String("kept"),
            Rect=Array([10, 10, 60, 30]),
        ))  # fmt: skip
        page.Annots = Array([pdf.make_indirect(note), field])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))

    path = make_pdf(add=shown)
    result, target = clean(path)
    assert codes(result.removed) == {"comments"}
    assert codes(result.kept) == {"form_values"}
    assert b"Canary" not in everything(target)
    assert pixels(target) == pixels(path)


def test_text_that_cannot_be_told_apart_stays_and_is_told(make_pdf, clean):
    def no_widths(pdf, page):
        del page.Resources.Font.F1["/Widths"]
        page.Resources.Font.F1.Subtype = Name.Type1

    path = make_pdf(TEXTS["within a line"], no_widths)
    result, target = clean(path)
    assert codes(result.kept) == {"text_covered"}
    assert pixels(target) == pixels(path)


def test_our_marks_stay_ours(sample_pdf, clean, tmp_path):
    marked = tmp_path / "marked.pdf"
    request = MarkRequest(level=Level.MAT, pack="nd63-2026", mark_id="abc")
    mark_pdf(
        MarkTask(source=str(sample_pdf), target=str(marked), work=str(tmp_path), request=request)
    )
    _, target = clean(marked)
    with Pdf.open(marked) as before, Pdf.open(target) as after:
        assert own_marks(after) == own_marks(before)
        assert own_marks(after).marks


def test_signed_and_encrypted_files_are_refused_and_nothing_is_left(make_pdf, clean):
    def signed(pdf, page):
        value = pdf.make_indirect(Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3])))
        one = pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("s"), V=value))
        pdf.Root.AcroForm = Dictionary(Fields=Array([one]))

    with pytest.raises(DocumentRefused, match="hidden.clean_signed"):
        clean(make_pdf(add=signed))
    path = make_pdf(encryption=pikepdf.Encryption(owner="o", user=""))
    with pytest.raises(DocumentRefused, match="hidden.clean_encrypted"):
        clean(path)
    assert not path.with_name("clean.pdf").exists()


def test_a_copy_that_would_look_otherwise_is_not_delivered(make_pdf, clean, monkeypatch):
    from bmnn_mark.documents.hidden import clean_pdf as module

    def spoil(pdf):
        pdf.pages[0].obj.Contents = pdf.make_stream(b"0 g 0 0 300 300 re f")

    monkeypatch.setattr(module, "strip", spoil)
    path = make_pdf(TEXTS["covered"])
    with pytest.raises(DocumentRefused, match="hidden.clean_changed_page"):
        clean(path)
    assert not path.with_name("clean.pdf").exists()


def test_the_same_document_gives_the_same_bytes(make_pdf, clean):
    path = make_pdf(TEXTS["covered"], in_all_places)
    _, target = clean(path)
    first = target.with_name("first.pdf")
    shutil.copyfile(target, first)
    _, target = clean(path)
    assert target.read_bytes() == first.read_bytes()

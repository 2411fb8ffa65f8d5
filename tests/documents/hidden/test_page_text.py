# SPDX-License-Identifier: Apache-2.0
"""Text that nobody sees on a page is found, for its reason, and what is seen is not."""

import pypdfium2
import pytest
from hiding import BOX, LINES, SHOWN
from pikepdf import Array, Dictionary, Name, Stream

PICTURE = b"q 595 0 0 842 0 0 cm /Im0 Do Q\n"
READING = b"BT 3 Tr /F1 12 Tf 72 600 Td (Canary words) Tj ET\n"


CANARY = b"BT /F1 12 Tf 72 600 Td (Canary) Tj ET"


def with_picture(pdf, page):
    image = Stream(pdf, b"\x80", Dictionary(
        Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8,
        ColorSpace=Name.DeviceGray,
    ))  # fmt: skip
    page.Resources.XObject = Dictionary(Im0=pdf.make_indirect(image))


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("text_covered", LINES + b"0 g " + BOX),
        ("text_covered", LINES + b"1 g " + BOX),
        ("text_covered", LINES + b"0 g " + BOX + b"1 g BT /F1 8 Tf 72 680 Td (XXXXXX) Tj ET"),
        ("text_covered", READING + b"0 g 60 590 200 30 re f"),
        ("text_invisible", SHOWN + READING),
        ("text_background", SHOWN + b"1 g " + CANARY),
        ("text_background", SHOWN + b"0 0 1 rg 60 590 90 30 re f " + CANARY),
        ("text_off_page", SHOWN + b"BT /F1 12 Tf 72 900 Td (Canary) Tj ET"),
        ("text_not_shown", SHOWN + b"q 0 0 9 9 re W n BT /F1 12 Tf 72 600 Td (Canary) Tj ET Q"),
        ("text_not_shown", SHOWN + b"BT /F1 0.1 Tf 72 600 Td (Canary) Tj ET"),
    ],
)  # fmt: skip
def test_each_way_to_hide_text_has_its_name(make_pdf, find, code, content):
    assert find(make_pdf(content)) == {code: 1}


@pytest.mark.parametrize(
    "content",
    [
        SHOWN,
        SHOWN + b"0 g 70 676 60 16 re S",
        b"0.9 g 60 660 200 60 re f 0 g " + SHOWN,
        b"0 g 60 660 200 60 re f 1 g " + SHOWN,
        SHOWN + b"0.8 g BT /F1 60 Tf 100 400 Td (PALE) Tj ET",
        SHOWN + b"BT /F1 12 Tf 72 600 Td (  .  ) Tj ET 0 g 60 590 90 30 re f",
        SHOWN + b"q 60 670 200 60 re W n 0 g BT /F1 12 Tf 72 690 Td (cut) Tj ET Q",
    ],
)
def test_what_is_seen_is_no_finding(make_pdf, find, content):
    assert find(make_pdf(content)) == {}


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_the_place_is_told_as_it_is_seen(make_pdf, tmp_path, turn):
    from bmnn_mark.documents.hidden.pdf import find_in_pdf
    from bmnn_mark.limits import DEFAULT_LIMITS

    def turned(pdf, page):
        page.Rotate = turn

    path = make_pdf(LINES + b"0 g " + BOX, turned)
    (one,) = find_in_pdf(path, DEFAULT_LIMITS, tmp_path)
    assert (one.code, one.page, one.detail["characters"]) == ("hidden.text_covered", 1, 6)
    image = pypdfium2.PdfDocument(path)[0].render(scale=100 / 72).to_pil().convert("L")
    middle = (one.box.x + one.box.width / 2, one.box.y + one.box.height / 2)
    assert image.getpixel(tuple(int(side.px(100)) for side in middle)) == 0


def test_a_word_within_a_line_is_found_and_its_neighbours_are_not(make_pdf, tmp_path):
    from bmnn_mark.documents.hidden.pdf import find_in_pdf
    from bmnn_mark.limits import DEFAULT_LIMITS

    line = b"BT /F1 12 Tf 72 700 Td (Visible Canary word) Tj ET 0 g 129 695 44 16 re f"
    (one,) = find_in_pdf(make_pdf(line), DEFAULT_LIMITS, tmp_path)
    assert one.detail["characters"] == 6


def test_text_in_a_form_and_in_the_crop_margin_is_found(make_pdf, find):
    def nested(pdf, page):
        inner = pdf.make_stream(LINES + b"0 g " + BOX)
        inner.Subtype, inner.BBox = Name.Form, Array([0, 0, 595, 842])
        inner.Resources = page.Resources
        page.Resources = Dictionary(XObject=Dictionary(Fm0=inner))
        page.CropBox = Array([0, 0, 595, 600])

    assert find(make_pdf(b"q 1 0 0 1 0 -150 cm /Fm0 Do Q", nested)) == {"text_covered": 1}
    assert find(make_pdf(b"/Fm0 Do", nested)) == {"text_off_page": 1}


def test_a_reading_of_a_scan_is_a_note_unless_a_box_was_put_over_it(make_pdf, find):
    assert find(make_pdf(PICTURE + READING, with_picture)) == {"text_layer": 1}
    assert find(make_pdf(READING.replace(b"3 Tr", b"") + PICTURE, with_picture)) == {
        "text_layer": 1
    }
    boxed = PICTURE + READING + b"0 g 60 590 200 30 re f"
    assert find(make_pdf(boxed, with_picture)) == {"text_covered": 1}


def test_text_of_a_layer_that_is_off_is_found(make_pdf, find):
    def layered(pdf, page):
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="L"))
        page.Resources.Properties = Dictionary(L0=layer)
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))

    content = SHOWN + b"/OC /L0 BDC BT /F1 12 Tf 72 600 Td (Canary) Tj ET EMC"
    assert find(make_pdf(content, layered)) == {"text_not_shown": 1, "layers_off": 1}


def test_an_ordinary_document_hides_no_text(sample_pdf, find):
    """The sample as LibreOffice makes it: several fonts, Vietnamese, headers."""
    found = find(sample_pdf)
    assert not any(code.startswith("text") for code in found)

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules import Level, load_pack
from bmnn_mark.stamps import compose, content, fonts
from bmnn_mark.stamps.content import _number, content_stream, matrix_image_bytes
from bmnn_mark.stamps.model import Face, StampDrawing
from bmnn_mark.units import Mm, Rect, Size

PACK = load_pack("tt24-2020")
GLYPHS = {
    Face.REGULAR: fonts.glyph_numbers(Face.REGULAR, fonts.SLOT_CHARACTERS + "BảnTrang"),
    Face.BOLD: fonts.glyph_numbers(Face.BOLD, fonts.SLOT_CHARACTERS + "BẢNSỐ"),
}


def glyphs_for(drawing: StampDrawing):
    return {
        face: fonts.glyph_numbers(face, text) for face, text in fonts.characters([drawing]).items()
    }


def operators(stream: bytes) -> list[str]:
    pdf = pikepdf.new()
    return [str(one.operator) for one in pikepdf.parse_content_stream(pdf.make_stream(stream))]


def test_a_level_mark_is_two_rectangles_and_a_line_of_text_in_one_saved_state():
    drawing = compose.level_mark(PACK, Level.TOI_MAT)
    found = operators(content_stream(drawing, glyphs_for(drawing)))
    assert found[0] == "q"
    assert found[-1] == "Q"
    assert [one for one in found if one in {"re", "S", "BT", "Tf", "Tm", "Tj", "ET"}] == [
        "re", "S", "re", "S", "BT", "Tf", "Tm", "Tj", "ET",
    ]  # fmt: skip
    # what a page's own content may have left behind is set again
    assert {"RG", "rg", "d", "J", "j", "M", "Tc", "Tw", "Tz", "Ts", "Tr"} <= set(found)


def test_rectangles_are_stroked_along_the_middle_of_their_line():
    drawing = compose.level_mark(PACK, Level.TOI_MAT)
    stream = content_stream(drawing, glyphs_for(drawing)).decode("ascii")
    (outer, inner) = re.findall(r"(\S+) w (\S+) (\S+) (\S+) (\S+) re S", stream)
    for found, box in ((outer, Rect.of(0, 0, 30, 8)), (inner, Rect.of(1.2, 1.2, 27.6, 5.6))):
        line, left, bottom, width, height = (float(part) for part in found)
        assert line == pytest.approx(Mm(0.2).pt, abs=1e-4)
        assert left == pytest.approx((box.x + 0.1).pt, abs=1e-4)
        assert bottom == pytest.approx((8 - box.bottom + 0.1).pt, abs=1e-4)
        assert width == pytest.approx((box.width - 0.2).pt, abs=1e-4)
        assert height == pytest.approx((box.height - 0.2).pt, abs=1e-4)


@given(st.integers(1, 999), st.integers(1, 999))
def test_copy_numbers_of_one_document_have_streams_of_one_length(one, other):
    streams = [
        content_stream(compose.copy_number_mark(PACK, number, 999), GLYPHS)
        for number in (one, other)
    ]
    assert len(streams[0]) == len(streams[1])
    changed = [at for at, (a, b) in enumerate(zip(*streams, strict=True)) if a != b]
    glyphs = streams[0].index(b"<")
    assert all(at > glyphs for at in changed)


@given(st.lists(st.text(fonts.SLOT_CHARACTERS, min_size=10, max_size=10), min_size=2, max_size=2))
def test_captions_of_equal_length_have_streams_of_equal_length(texts):
    lengths = {len(content_stream(compose.caption_mark((text,)), GLYPHS)) for text in texts}
    assert len(lengths) == 1


@given(st.floats(-99999, 99999, allow_nan=False))
def test_a_number_is_ten_characters_long_and_right(value):
    text = _number(value)
    assert len(text) == 10
    assert re.fullmatch(r"-?\d+\.\d+", text)
    assert float(text) == pytest.approx(value, abs=1e-3)
    assert text != "-0000.0000"


def test_refuses_a_character_that_was_not_embedded():
    drawing = compose.level_mark(PACK, Level.TOI_MAT)
    for glyphs in ({}, {Face.BOLD: fonts.embed(Face.BOLD, "TI MẬ").gids}):
        with pytest.raises(RulesRefused) as refusal:
            content_stream(drawing, glyphs)
        assert refusal.value.code == "stamps.glyph_missing"


def test_a_code_is_one_image_in_its_box():
    drawing = compose.page_code_mark("BM1:" + "0" * 63, Mm(20))
    stream = content_stream(drawing, {}).decode("ascii")
    side = _number(Mm(20).pt)
    assert f"q {side} 0 0 {side} 00000.0000 00000.0000 cm /Code Do Q" in stream
    (matrix,) = drawing.operations
    assert matrix_image_bytes(matrix) == matrix.rows
    assert len(matrix_image_bytes(matrix)) == 165


def test_the_streams_of_two_codes_are_the_same_bytes():
    one, other = ("BM1:" + char * 63 for char in "0Z")
    assert content_stream(compose.page_code_mark(one, Mm(20)), {}) == content_stream(
        compose.page_code_mark(other, Mm(20)), {}
    )


def test_refuses_matrix_bytes_of_another_length():
    drawing = compose.page_code_mark("BM1:" + "0" * 63, Mm(20))
    (matrix,) = drawing.operations
    with pytest.raises(ValueError, match="rows"):
        matrix_image_bytes(replace(matrix, rows=matrix.rows[:-1]))


def test_the_colour_is_the_drawings_ink_in_device_rgb():
    drawing = compose.level_mark(PACK, Level.MAT, (255, 0, 51))
    stream = content_stream(drawing, glyphs_for(drawing))
    assert b"1.0000 0.0000 0.2000 RG 1.0000 0.0000 0.2000 rg" in stream


def test_holes_are_an_even_odd_clip_of_boxes_that_do_not_overlap():
    holes = (Rect.of(10, 10, 20, 20), Rect.of(20, 20, 20, 20), Rect.of(25, 12, 30, 3))
    boxes = content._apart(holes)
    for index, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[index + 1 :])
    area = sum(box.width * box.height for box in boxes)
    assert area == pytest.approx(400 + 400 + 90 - 100 - 15)
    drawing = replace(compose.rehearsal_overlay(Size(Mm(210), Mm(297)), holes))
    found = operators(content_stream(drawing, glyphs_for(drawing)))
    assert found.count("re") == len(boxes) + 1
    assert found.index("W*") < found.index("BT")


def test_the_page_that_shows_a_mark_is_a_valid_pdf(as_pdf):
    drawing = compose.level_mark(PACK, Level.TUYET_MAT)
    with pikepdf.open(BytesIO(as_pdf(drawing))) as pdf:
        assert pdf.check_pdf_syntax() == []


def test_names_of_resources_are_those_others_rely_on():
    assert content.FONT_NAMES == {Face.REGULAR: "FR", Face.BOLD: "FB"}
    assert content.IMAGE_NAME == "Code"
    assert content.MASK_DECODE == (1, 0)

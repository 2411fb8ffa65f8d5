# SPDX-License-Identifier: Apache-2.0
"""Geometry in numbers; pictures are for test_pictures.py."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.errors import Fault, RulesRefused
from bmnn_mark.rules import Level, RulePack, Urgency, load_pack
from bmnn_mark.rules.figures import Ink
from bmnn_mark.stamps import compose, fonts
from bmnn_mark.stamps.model import BLACK, BitMatrix, Colour, Face, RectStroke, StampDrawing, TextRun
from bmnn_mark.units import Mm, Point, Rect, Size

PACK = load_pack("tt24-2020")
WIDTHS = {"tuyet-mat": 40, "toi-mat": 30, "mat": 20, "khan": 20, "thuong-khan": 40, "hoa-toc": 30}


def frames(drawing: StampDrawing) -> list[RectStroke]:
    return [one for one in drawing.operations if isinstance(one, RectStroke)]


def run_of(drawing: StampDrawing) -> TextRun:
    (run,) = [one for one in drawing.operations if isinstance(one, TextRun)]
    return run


def ink_of(run: TextRun) -> Rect:
    ink = fonts.measure(run.text, run.face, run.size_pt).ink
    return ink.moved(run.start.x, run.start.y)


def inside(drawing: StampDrawing) -> Rect:
    innermost = frames(drawing)[-1]
    return innermost.box.grown(-innermost.line)


def assert_centred(drawing: StampDrawing) -> None:
    ink, room = ink_of(run_of(drawing)), inside(drawing)
    left, right = ink.x - room.x, room.right - ink.right
    above, below = ink.y - room.y, room.bottom - ink.bottom
    assert left == pytest.approx(right, abs=1e-6)
    assert above == pytest.approx(below, abs=1e-6)
    assert min(left, right, above, below) >= 0.05


@pytest.mark.parametrize("level", list(Level))
def test_a_secrecy_mark_has_two_lines_one_millimetre_apart(pack, level):
    drawing = compose.level_mark(pack, level)
    outer, inner = frames(drawing)
    assert drawing.name == level.value
    assert drawing.size == Size(Mm(WIDTHS[level.value]), Mm(8))
    assert outer.box == Rect.of(0, 0, WIDTHS[level.value], 8.0)
    assert outer.line == inner.line == 0.2
    # clear distance from the outer line's inner edge to the inner line's outer edge, each side
    assert inner.box.x - (outer.box.x + outer.line) == pytest.approx(1.0)
    assert inner.box.y - (outer.box.y + outer.line) == pytest.approx(1.0)
    assert (outer.box.right - outer.line) - inner.box.right == pytest.approx(1.0)
    assert (outer.box.bottom - outer.line) - inner.box.bottom == pytest.approx(1.0)


@pytest.mark.parametrize("level", list(Level))
def test_a_secrecy_mark_says_its_level_in_13_point_bold_at_the_middle(pack, level):
    drawing = compose.level_mark(pack, level)
    run = run_of(drawing)
    assert (run.text, run.face, run.size_pt) == (pack.level_wording(level), Face.BOLD, 13)
    assert run.rotation == 0
    assert run.width == fonts.measure(run.text, Face.BOLD, 13).advance
    assert drawing.ink == Colour(208, 2, 27)
    assert_centred(drawing)


@pytest.mark.parametrize("urgency", list(Urgency))
def test_an_urgency_mark_has_one_line(pack, urgency):
    drawing = compose.urgency_mark(pack, urgency)
    (outer,) = frames(drawing)
    assert outer.box == Rect.of(0, 0, WIDTHS[urgency.value], 8.0)
    assert run_of(drawing).text == pack.urgency_wording(urgency)
    assert_centred(drawing)


def test_another_red_changes_the_colour_of_red_marks_and_nothing_else():
    plain = compose.level_mark(PACK, Level.MAT)
    assert compose.level_mark(PACK, Level.MAT, (1, 2, 3)) == replace(plain, ink=Colour(1, 2, 3))
    assert compose.urgency_mark(PACK, Urgency.KHAN, (1, 2, 3)).ink == Colour(1, 2, 3)
    number = compose.copy_number_mark(PACK, 1, 1)
    assert compose.copy_number_mark(PACK, 1, 1, (1, 2, 3)) == number


def test_urgency_is_red_the_copy_number_black_unless_the_rules_say_red(pack):
    for urgency in Urgency:
        assert compose.urgency_mark(pack, urgency).ink == Colour(208, 2, 27)
    assert compose.copy_number_mark(pack, 1, 5).ink == BLACK
    red = with_stamp("ban-so", ink=Ink.RED)
    assert compose.copy_number_mark(red, 1, 5).ink == Colour(208, 2, 27)
    assert compose.copy_number_mark(red, 1, 5, (1, 2, 3)).ink == Colour(1, 2, 3)


def test_composing_twice_gives_the_same_drawing():
    assert compose.level_mark(PACK, Level.TOI_MAT) == compose.level_mark(PACK, Level.TOI_MAT)


@pytest.mark.parametrize(
    ("number", "copies", "words"),
    [
        (1, 1, "BẢN SỐ: 01"),
        (3, 5, "BẢN SỐ: 03"),
        (10, 10, "BẢN SỐ: 10"),
        (7, 120, "BẢN SỐ: 007"),
        (9999, 9999, "BẢN SỐ: 9999"),
    ],
)
def test_a_copy_number_has_at_least_two_digits(number, copies, words):
    assert run_of(compose.copy_number_mark(PACK, number, copies)).text == words


@given(st.integers(1, 9999).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_all_copies_of_a_document_share_one_geometry(number_of_copies):
    number, copies = number_of_copies
    first = compose.copy_number_mark(PACK, 1, copies)
    drawing = compose.copy_number_mark(PACK, number, copies)
    run, first_run = run_of(drawing), run_of(first)
    assert replace(run, text="") == replace(first_run, text="")
    assert len(run.text) == len(first_run.text)
    assert frames(drawing) == frames(first)
    assert (drawing.name, drawing.size) == ("ban-so", first.size)
    room = inside(drawing).grown(-0.05)
    assert room.contains(ink_of(run))


def test_a_copy_number_is_its_text_and_two_millimetres_on_each_side_wide():
    drawing = compose.copy_number_mark(PACK, 1, 5)
    run = run_of(drawing)
    assert drawing.size.height == 8
    assert drawing.size.width == pytest.approx(run.width + 4)
    outer, inner = frames(drawing)
    assert inner.box.x - outer.line == pytest.approx(1.0)


def test_digits_are_all_as_wide_as_zero():
    for face in Face:
        widths = {fonts.measure(digit, face, 13).advance for digit in "0123456789"}
        assert len(widths) == 1


@pytest.mark.parametrize(("number", "copies"), [(0, 5), (6, 5), (-1, 5), (1, 0)])
def test_refuses_a_copy_number_that_is_not_issued(number, copies):
    with pytest.raises(RulesRefused) as refusal:
        compose.copy_number_mark(PACK, number, copies)
    assert refusal.value.code == "stamps.copy_number"
    assert refusal.value.detail == {"number": number, "copies": copies}


def with_stamp(name: str, **figures: object) -> RulePack:
    """The pack with values of a stamp's figures replaced."""
    rule = PACK.stamp(name)
    changed = {key: replace(getattr(rule, key), value=value) for key, value in figures.items()}
    return replace(PACK, stamps={**PACK.stamps, name: replace(rule, **changed)})


def test_refuses_text_too_wide_or_too_high_rather_than_shrink_it():
    wide = with_stamp("toi-mat", wording=PACK.level_wording(Level.TOI_MAT) * 2)
    high = with_stamp("toi-mat", text_size=14.0)
    for broken in (wide, high):
        with pytest.raises(RulesRefused) as refusal:
            compose.level_mark(broken, Level.TOI_MAT)
        assert refusal.value.code == "stamps.does_not_fit"
        assert refusal.value.detail == {"stamp": "toi-mat"}


def test_refuses_at_the_clearance_and_not_before():
    """The largest type whose ink keeps 0.05 mm from the inner line passes, a hair more does not."""
    ink = fonts.measure("TỐI MẬT", Face.BOLD, 1).ink
    limit = (8 - 2 * 1.4 - 2 * 0.05) / ink.height
    compose.level_mark(with_stamp("toi-mat", text_size=limit - 0.001), Level.TOI_MAT)
    with pytest.raises(RulesRefused):
        compose.level_mark(with_stamp("toi-mat", text_size=limit + 0.001), Level.TOI_MAT)


def test_a_stamp_that_fits_its_text_never_falls_below_the_legal_width():
    size = replace(PACK.stamp("ban-so").size.value, least_width=Mm(50))
    drawing = compose.copy_number_mark(with_stamp("ban-so", size=size), 1, 5)
    assert drawing.size.width == 50
    ink, room = ink_of(run_of(drawing)), inside(drawing)
    assert ink.x - room.x == pytest.approx(room.right - ink.right, abs=0.1)  # 01 in the place of 00


def test_refuses_wording_in_loose_parts():
    broken = with_stamp("mat", wording="MA\u0302\u0323T")
    with pytest.raises(RulesRefused) as refusal:
        compose.level_mark(broken, Level.MAT)
    assert refusal.value.code == "stamps.not_nfc"


CODE = "BM1:" + "0" * 63


def test_a_page_code_is_one_black_matrix_of_the_side_asked_for():
    drawing = compose.page_code_mark(CODE, Mm(20))
    (matrix,) = drawing.operations
    assert isinstance(matrix, BitMatrix)
    assert (drawing.name, drawing.size, drawing.ink) == ("page-code", Size(Mm(20), Mm(20)), BLACK)
    assert matrix.box == Rect.of(0, 0, 20, 20)
    assert (matrix.modules, len(matrix.rows)) == (33, 165)


def test_refuses_a_page_code_of_another_length():
    with pytest.raises(Fault) as fault:
        compose.page_code_mark(CODE + "0", Mm(20))
    assert fault.value.code == "stamps.code_text"


def test_a_caption_is_small_black_lines_one_below_the_other():
    drawing = compose.caption_mark(("Bản 01/05", "Trang 1/12", "7ZK3M9QX4T"))
    runs = [one for one in drawing.operations if isinstance(one, TextRun)]
    assert drawing.name == "caption"
    assert drawing.ink == BLACK
    assert {(run.face, run.size_pt) for run in runs} == {(Face.REGULAR, 6)}
    assert len({run.start.x for run in runs}) == 1
    steps = {round(b.start.y - a.start.y, 6) for a, b in pairwise(runs)}
    assert steps == {round(fonts.line_height(Face.REGULAR, 6), 6)}
    box = Rect.at(Point(Mm(0), Mm(0)), drawing.size)
    assert all(box.contains(ink_of(run)) for run in runs)
    assert PACK.page_code.caption_size.value == compose.CAPTION_PT


def test_lines_of_noi_nhan_have_the_face_and_size_asked_for():
    drawing = compose.text_lines(("- Người soạn thảo: Trần Thị Ứng;",), Face.BOLD, 11)
    run = run_of(drawing)
    assert (drawing.name, run.face, run.size_pt) == ("noi-nhan", Face.BOLD, 11)
    assert drawing.size.width == pytest.approx(run.width, abs=0.4)


@pytest.mark.parametrize("face", list(Face))
def test_no_letter_reaches_out_of_the_box_of_its_line(face):
    letters = [
        chr(code) for code in (*range(0x21, 0x7F), *range(0xC0, 0x1B1), *range(0x1EA0, 0x1EFA))
    ]
    for letter in letters:
        drawing = compose.text_lines((letter,), face, 11)
        box = Rect.at(Point(Mm(0), Mm(0)), drawing.size)
        assert box.contains(ink_of(run_of(drawing))), letter


def test_room_around_lines_of_everyday_letters_depends_on_their_size_alone():
    for text in ("Bản 01/05", "7ZK3M-9QX4T*~$=U", "jơỄ_Ẵg"):
        run = run_of(compose.caption_mark((text,)))
        assert run.start.x == pytest.approx(Mm.from_pt(0.04 * 6))


def test_no_lines_take_no_room():
    assert compose.caption_mark(()).size == Size(Mm(0), Mm(0))


def test_the_rehearsal_words_stand_in_every_part_of_the_page_and_leave_the_holes():
    holes = (Rect.of(30, 45, 30, 8),)
    drawing = compose.rehearsal_overlay(Size(Mm(210), Mm(297)), holes)
    runs = [one for one in drawing.operations if isinstance(one, TextRun)]
    assert (drawing.name, drawing.size) == ("rehearsal", Size(Mm(210), Mm(297)))
    assert drawing.holes == holes
    assert len(runs) == 3
    assert {run.text for run in runs} == {"DIỄN TẬP - KHÔNG CÓ GIÁ TRỊ"}
    assert all(run.size_pt >= 30 for run in runs)
    grey = drawing.ink
    assert grey.red == grey.green == grey.blue
    assert 150 < grey.red < 215


@pytest.mark.parametrize(
    "page", [(210, 297), (297, 210), (148, 210), (90, 50), (420, 297), (100, 900)]
)
def test_rehearsal_words_fit_pages_of_any_shape(page):
    size = Size(Mm(page[0]), Mm(page[1]))
    drawing = compose.rehearsal_overlay(size, ())
    sheet = Rect.at(Point(Mm(0), Mm(0)), size)
    inside_rows = 0
    for run in drawing.operations:
        end_x = run.start.x + run.width * 0.8829
        end_y = run.start.y - run.width * 0.4695
        row = Rect(run.start.x, end_y, end_x - run.start.x, run.start.y - end_y)
        inside_rows += sheet.contains(row)
    assert inside_rows >= 1
    # the middles of the rows leave no stretch of the page larger than its shorter side empty
    assert len(drawing.operations) >= round(max(page) / min(page))

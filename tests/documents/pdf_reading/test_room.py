# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from bmnn_mark.documents.pdf.room import SURVEY_DPI, Hit, Room, about, down_column, ink_of
from bmnn_mark.documents.rendering import pixel_box
from bmnn_mark.units import Mm, Point, Rect, Size

SHEET = Rect.of(0, 0, 100, 100)


def _room(*dark: Rect, paper=(255, 255, 255), ink=(0, 0, 0)) -> Room:
    side = round(Mm(100).px(SURVEY_DPI))
    image = Image.new("RGB", (side, side), paper)
    for box in dark:
        edges = [edge.px(SURVEY_DPI) for edge in (box.x, box.y, box.right, box.bottom)]
        ImageDraw.Draw(image).rectangle([round(edge) for edge in edges], fill=ink)
    return Room(sheet=SHEET, surveyed=SHEET, ink=ink_of(image))


def test_an_empty_sheet_is_free_up_to_its_edge():
    room = _room()
    assert room.hit(Rect.of(5, 5, 90, 90), edge=5) is None
    assert room.hit(Rect.of(4, 5, 30, 8), edge=5) is Hit.EDGE
    assert room.hit(Rect.of(80, 5, 30, 8)) is Hit.EDGE


def test_ink_in_the_box_or_within_a_millimetre_of_it_takes_the_place():
    room = _room(Rect.of(50, 50, 10, 10))
    assert room.hit(Rect.of(45, 45, 30, 8)) is Hit.INK
    assert room.hit(Rect.of(19.5, 50, 30, 8)) is Hit.INK, "half a millimetre away"
    assert room.hit(Rect.of(18, 50, 30, 8)) is None, "two millimetres away"
    assert room.hit(Rect.of(19.5, 50, 30, 8), clear=0) is None


def test_a_speck_is_no_ink():
    room = _room(Rect.of(20, 20, 0.25, 0.25))
    assert 0 < room.share(Rect.of(10, 18, 30, 8)) < 0.005
    assert room.hit(Rect.of(10, 18, 30, 8)) is None


@pytest.mark.parametrize("paper", [(255, 255, 255), (235, 225, 190), (170, 170, 170)])
def test_ink_is_judged_against_the_paper(paper):
    dark = tuple(round(part * 0.55) for part in paper)
    pale = tuple(round(part * 0.65) for part in paper)
    box = Rect.of(40, 40, 20, 20)
    assert _room(box, paper=paper, ink=dark).hit(box) is Hit.INK
    assert _room(box, paper=paper, ink=pale).hit(box) is None


def test_nothing_is_free_on_a_dark_page():
    assert _room(paper=(20, 30, 60)).hit(Rect.of(10, 10, 30, 8)) is Hit.INK


def test_kept_boxes_are_named_by_what_they_are():
    room = _room().keeping([(Rect.of(10, 10, 10, 10), Hit.MARK)])
    room = room.keeping(
        [(Rect.of(50, 10, 10, 10), Hit.ANNOTATION), (Rect.of(0, 40, 16, 20), Hit.HOLE)]
    )
    assert room.hit(Rect.of(15, 15, 5, 5)) is Hit.MARK
    assert room.hit(Rect.of(60.5, 12, 5, 5)) is Hit.ANNOTATION
    assert room.hit(Rect.of(15, 45, 5, 5)) is Hit.HOLE
    assert room.hit(Rect.of(16, 45, 5, 5)) is None


def test_part_of_a_page_gives_the_same_answer_as_the_whole():
    whole = _room(Rect.of(30, 60, 5, 5))
    part = Rect.of(20, 50, 40, 40)
    box = pixel_box(part, SURVEY_DPI)
    clipped = Room(sheet=SHEET, surveyed=part, ink=whole.ink.crop(box))
    for one in (Rect.of(25, 55, 8, 8), Rect.of(40, 70, 8, 8)):
        assert clipped.hit(one) == whole.hit(one)
        assert clipped.share(one) == pytest.approx(whole.share(one), abs=1e-9)


def test_the_column_is_searched_downwards():
    boxes = list(down_column(Rect.of(30, 45, 30, 8), 40))
    assert [box.y for box in boxes[:2]] == [46, 47]
    assert boxes[-1].y == 85
    assert {box.x for box in boxes} == {30}


@given(
    start=st.tuples(st.floats(-50, 250), st.floats(-50, 250)),
    size=st.tuples(st.floats(5, 60), st.floats(5, 60)),
    within=st.tuples(st.floats(5, 50), st.floats(5, 50), st.floats(1, 100), st.floats(1, 100)),
)
def test_places_about_a_slot_lie_inside_and_come_nearest_first(start, size, within):
    area = Rect.of(*within)
    corner = Point(Mm(start[0]), Mm(start[1]))
    boxes = list(about(corner, Size(Mm(size[0]), Mm(size[1])), area, step=3))
    far = [(box.x - corner.x) ** 2 + (box.y - corner.y) ** 2 for box in boxes]
    assert far == sorted(far)
    assert all(area.contains(box, slack=1e-3) for box in boxes)
    if area.width >= size[0] + 3 and area.height >= size[1] + 3:
        assert boxes

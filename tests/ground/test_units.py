# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.units import Mm, Rect

lengths = st.floats(-1000, 1000).map(Mm)
boxes = st.builds(Rect.of, *[st.floats(0, 500)] * 2, *[st.floats(0.1, 300)] * 2)


@given(lengths, lengths, st.floats(0.1, 10))
def test_arithmetic_keeps_the_unit(a, b, factor):
    for result in (a + b, a - b, a * factor, factor * a, a / factor, -a, sum([a, b])):
        assert isinstance(result, Mm)


@given(lengths)
def test_points_and_pixels_lead_back(length):
    assert Mm.from_pt(length.pt) == pytest.approx(length, abs=0.01)
    assert Mm.from_px(length.px(600), 600) == pytest.approx(length, abs=0.01)


def test_emu_are_whole_and_exact():
    assert Mm(30).emu == 1_080_000
    assert isinstance(Mm(0.2).emu, int)


@given(boxes, boxes)
def test_overlap_is_mutual_and_containment_implies_it(a, b):
    assert a.overlaps(b) == b.overlaps(a)
    if a.contains(b, slack=0):
        assert a.overlaps(b)


@given(boxes, st.floats(0.1, 10))
def test_a_grown_box_holds_the_box(box, by):
    assert box.grown(by).contains(box)

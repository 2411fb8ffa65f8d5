# SPDX-License-Identifier: Apache-2.0
"""Drawings become DrawingML without any decision: sizes and places in EMU are the drawing's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.word.parts import w
from bmnn_mark.documents.word.shapes import WP, A, label_of, run_with
from bmnn_mark.errors import Fault
from bmnn_mark.rules import Level, load_pack
from bmnn_mark.stamps.compose import level_mark
from bmnn_mark.units import Mm, Point, Rect

PACK = load_pack("nd63-2026")


def planned(level=Level.TOI_MAT, x=30.0, y=45.0, turn=0):
    drawing = level_mark(PACK, level)
    box = Rect.at(Point(Mm(x), Mm(y)), drawing.size)
    return PlannedMark(kind=MarkKind.LEVEL, drawing=drawing, page=1, box=box, turn=turn)


def run_of(mark):
    return run_with(mark, label_of(mark, PACK.id, "id0", "0.1.0"), 7)


def outer_edges(run):
    """The outer edges of every line on the page, in EMU: left, top, right, bottom."""
    page = [
        int(run.findtext(f".//{{{WP}}}position{axis}/{{{WP}}}posOffset")) for axis in ("H", "V")
    ]
    group = next(run.iter(f"{{{A}}}chOff"))
    origin = page[0] - int(group.get("x")), page[1] - int(group.get("y"))
    for line in run.iter(f"{{{A}}}ln"):
        if line.get("w") is None:
            continue
        half = int(line.get("w")) // 2
        shape = line.getparent()
        corner, size = shape.find(f".//{{{A}}}off"), shape.find(f".//{{{A}}}ext")
        left, top = origin[0] + int(corner.get("x")), origin[1] + int(corner.get("y"))
        yield (
            left - half, top - half,
            left + int(size.get("cx")) + half, top + int(size.get("cy")) + half,
        )  # fmt: skip


@given(
    level=st.sampled_from(list(Level)),
    x=st.floats(5, 150, allow_nan=False),
    y=st.floats(5, 250, allow_nan=False),
)
def test_outer_edge_of_the_outer_line_is_the_planned_box(level, x, y):
    mark = planned(level, x, y)
    outer, inner = outer_edges(run_of(mark))
    wanted = [mark.box.x.emu, mark.box.y.emu, mark.box.right.emu, mark.box.bottom.emu]
    assert all(abs(have - want) <= 3 for have, want in zip(outer, wanted, strict=True))
    gap_and_line = Mm(1.2).emu
    assert all(abs(abs(a - b) - gap_and_line) <= 3 for a, b in zip(outer, inner, strict=True))


def test_text_is_live_at_the_exact_size_in_shape_and_fallback():
    run = run_of(planned())
    assert [one.text for one in run.iter(w("t"))] == ["TỐI MẬT", "TỐI MẬT"]
    assert {one.get(w("val")) for one in run.iter(w("sz"))} == {"26"}
    assert {one.get(w("val")) for one in run.iter(w("color"))} == {"D0021B"}


def test_the_anchor_stands_in_front_relative_to_the_page_and_names_us():
    run = run_of(planned())
    anchor = next(run.iter(f"{{{WP}}}anchor"))
    assert (anchor.get("behindDoc"), anchor.get("layoutInCell")) == ("0", "0")
    assert {one.get("relativeFrom") for one in anchor.iter() if one.get("relativeFrom")} == {"page"}
    assert anchor.find(f"{{{WP}}}wrapNone") is not None
    label = anchor.find(f"{{{WP}}}docPr")
    assert label.get("name") == "bmnn-mark:level:toi-mat:id0"
    assert label.get("descr") == f"bmnn-mark 0.1.0 {PACK.id}"


def test_a_turned_mark_is_not_drawn_upright():
    with pytest.raises(Fault):
        run_of(planned(turn=90))

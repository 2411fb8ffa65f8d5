# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bmnn_mark.documents.pdf.frame import PageFrame, read_frames
from bmnn_mark.documents.rendering import pdfium_pages, poppler_render
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.units import Mm, Point, Rect, Size

SIZE = Size(Mm(30), Mm(8))
CORNER = Point(Mm(20), Mm(25))

SHAPES = {
    "plain": {},
    "turned 90": {"Rotate": 90},
    "turned 180": {"Rotate": 180},
    "turned 270": {"Rotate": 270},
    "turned -90": {"Rotate": -90},
    "turned 450": {"Rotate": 450},
    "origin elsewhere": {"MediaBox": (200, 300, 795, 1142)},
    "origin negative": {"MediaBox": (-300, -421, 295, 421)},
    "corners reversed": {"MediaBox": (595, 842, 0, 0), "Rotate": 90},
    "cropped": {"CropBox": (60, 80, 555, 742)},
    "cropped and turned 90": {"CropBox": (60, 80, 555, 742), "Rotate": 90},
    "cropped and turned 270": {"CropBox": (60, 80, 555, 742), "Rotate": 270},
    "cropped beyond the sheet": {"CropBox": (-50, 100, 900, 2000)},
}


def _frame_of(path) -> PageFrame:
    with pikepdf.open(path) as pdf:
        return read_frames(pdf.pages, DEFAULT_LIMITS)[0]


def _red_box(image: Image.Image, dpi: float) -> Rect:
    green = image.getchannel("G")  # red on white is dark in green
    box = green.point(lambda level: 255 if level < 128 else 0).getbbox()
    assert box is not None
    left, top, right, bottom = (Mm.from_px(edge, dpi) for edge in box)
    return Rect(left, top, right - left, bottom - top)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("turn", [0, 90])
def test_both_engines_show_a_drawing_where_the_frame_puts_it(make_pdf, tmp_path, shape, turn):
    keys = SHAPES[shape]
    path = make_pdf((b"", keys))
    frame = _frame_of(path)
    wide, high = (SIZE.height, SIZE.width) if turn else (SIZE.width, SIZE.height)
    box = Rect(CORNER.x, CORNER.y, wide, high)
    matrix = " ".join(f"{one:.6f}" for one in frame.matrix_for(box, SIZE, turn))
    area = f"0 0 {SIZE.width.pt:.4f} {SIZE.height.pt:.4f}"
    path = make_pdf((f"q {matrix} cm 1 0 0 rg {area} re f Q".encode(), keys))
    with pdfium_pages(path) as engine:
        assert engine.size(1).width == pytest.approx(frame.size.width, abs=0.05)
        images = [engine.render(1, 200), poppler_render(path, 1, 200, work=tmp_path)]
    for image in images:
        seen = _red_box(image, 200)
        for edge in ("x", "y", "right", "bottom"):
            assert getattr(seen, edge) == pytest.approx(getattr(box, edge), abs=0.2)


def test_a_turned_drawing_reads_from_below(make_pdf):
    frame = _frame_of(make_pdf((b"", {})))
    a, b, _, _, e, f = frame.matrix_for(Rect.of(10, 20, 8, 30), SIZE, 90)
    start, end = (e, f), (a * SIZE.width.pt + e, b * SIZE.width.pt + f)
    assert frame.seen(*start).y > frame.seen(*end).y
    assert frame.seen(*start).x == pytest.approx(frame.seen(*end).x)


@given(
    rotation=st.sampled_from([0, 90, 180, 270]),
    turn=st.sampled_from([0, 90, 180, 270]),
    visible=st.tuples(
        st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(50, 3000), st.floats(50, 3000)
    ),
    at=st.tuples(st.floats(0, 500), st.floats(0, 500)),
    size=st.tuples(st.floats(1, 200), st.floats(1, 200)),
)
def test_placing_and_seeing_are_inverse(rotation, turn, visible, at, size):
    left, bottom, width, height = visible
    shown = (height, width) if rotation % 180 else (width, height)
    frame = PageFrame(
        page=1,
        size=Size(Mm.from_pt(shown[0]), Mm.from_pt(shown[1])),
        rotation=rotation,
        visible=(left, bottom, left + width, bottom + height),
    )
    drawing = Size(Mm(size[0]), Mm(size[1]))
    box = Rect.of(*at, *(size if turn % 180 == 0 else reversed(size)))
    a, b, c, d, e, f = frame.matrix_for(box, drawing, turn)
    corners = [
        frame.seen(a * x + c * y + e, b * x + d * y + f)
        for x in (0, drawing.width.pt)
        for y in (0, drawing.height.pt)
    ]
    assert min(one.x for one in corners) == pytest.approx(box.x, abs=0.01)
    assert min(one.y for one in corners) == pytest.approx(box.y, abs=0.01)
    assert max(one.x for one in corners) == pytest.approx(box.right, abs=0.01)
    assert max(one.y for one in corners) == pytest.approx(box.bottom, abs=0.01)
    assert a * d - b * c == pytest.approx(1), "turned, never mirrored or scaled"


def test_never_scales_a_drawing_to_its_box(make_pdf):
    frame = _frame_of(make_pdf((b"", {})))
    with pytest.raises(ValueError, match="differ in size"):
        frame.matrix_for(Rect.of(10, 10, 29.5, 8), SIZE)


def test_boxes_and_rotation_are_inherited(make_pdf):
    path = make_pdf((b"", {}))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0].obj
        del page["/MediaBox"]
        pdf.Root.Pages["/MediaBox"] = pikepdf.Array([0, 0, 400, 200])
        pdf.Root.Pages["/CropBox"] = pikepdf.Array([10, 10, 390, 190])
        pdf.Root.Pages["/Rotate"] = 90
        frame = read_frames(pdf.pages, DEFAULT_LIMITS)[0]
    assert frame.rotation == 90
    assert frame.visible == (10, 10, 390, 190)
    assert frame.size.width == pytest.approx(Mm.from_pt(180))


def test_a_missing_or_empty_box_is_what_both_engines_take_for_it(make_pdf, tmp_path):
    for box in (None, pikepdf.Array([0, 0, 0, 0]), pikepdf.Name("/Nothing")):
        path = make_pdf((b"", {}))
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            if box is None:
                del pdf.pages[0].obj["/MediaBox"]
            else:
                pdf.pages[0].obj["/MediaBox"] = box
            pdf.save(path)
        frame = _frame_of(path)
        with pdfium_pages(path) as engine:
            assert engine.size(1).width == pytest.approx(frame.size.width, abs=0.05)
        image = poppler_render(path, 1, 72, work=tmp_path)
        assert image.width == math.ceil(frame.size.width.pt - 1e-6)


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"UserUnit": 2}, "page.user_unit"),
        ({"UserUnit": 0}, "page.user_unit"),
        ({"UserUnit": pikepdf.Name("/Big")}, "page.user_unit"),
        ({"Rotate": 45}, "page.rotation"),
        ({"MediaBox": (0, 0, 20000, 800)}, "page.too_large"),
        ({"MediaBox": (0, 0, 9000, 9000)}, "page.too_large"),
    ],
)
def test_refuses_a_page_whose_frame_is_not_certain(make_pdf, keys, code):
    with pytest.raises(DocumentRefused) as refusal:
        _frame_of(make_pdf((b"", keys)))
    assert refusal.value.code == code
    assert refusal.value.detail["page"] == 1


def test_a_turn_that_is_no_whole_number_is_seen_behind_one_that_is(make_pdf):
    path = make_pdf((b"", {"Rotate": 90}), (b"", {"Rotate": pikepdf.Object.parse(b"90.0")}))
    with pikepdf.open(path) as pdf, pytest.raises(DocumentRefused) as refusal:
        read_frames(pdf.pages, DEFAULT_LIMITS)
    assert refusal.value.detail == {"page": 2}

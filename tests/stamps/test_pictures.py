# SPDX-License-Identifier: Apache-2.0
"""Golden pictures, and that comparing with them would find what must not happen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bmnn_mark.stamps import compose, raster
from bmnn_mark.stamps.model import BLACK, CircleStroke, Colour, StampDrawing, TextRun
from bmnn_mark.units import Mm, Point, Rect, Size

GOLDEN = Path(__file__).parent / "golden"
NAMES = [
    "01-tuyet-mat", "02-toi-mat", "03-mat", "04-khan", "05-thuong-khan", "06-hoa-toc",
    "07-ban-so", "08-ky-hieu-a", "09-ky-hieu-b", "10-ky-hieu-c", "11-thoi-han", "12-gia-han",
    "13-dieu-chinh", "14-giai-mat", "15-thu-hoi", "16-boc-bi", "17-ban-sao-so", "18-ban-sao",
    "19-ban-so", "20-page-code", "21-caption", "22-level-guide",
]  # fmt: skip
DPI = 300


@pytest.fixture(scope="module")
def drawings(script) -> dict[str, StampDrawing]:
    made = script("stamp-sheet").drawings()
    return {f"{number:02d}-{one.name}": one for number, one in enumerate(made, start=1)}


def golden(name: str) -> Image.Image:
    with Image.open(GOLDEN / f"{name}.png") as picture:
        return picture.convert("RGB")


def test_there_is_a_golden_picture_of_every_mark_and_no_other(drawings):
    assert sorted(path.stem for path in GOLDEN.glob("*.png")) == NAMES == sorted(drawings)


@pytest.mark.parametrize("name", NAMES)
def test_the_preview_looks_as_it_did(name, drawings, differ):
    assert differ(raster.render(drawings[name], DPI), golden(name)) == ""


@pytest.mark.parametrize("name", [name for name in NAMES if "page-code" not in name])
def test_the_pdf_operators_look_like_the_preview(name, drawings, differ, shown):
    assert differ(shown(drawings[name], DPI), golden(name)) == ""


@pytest.mark.parametrize("way", ["preview", "pdf"])
def test_each_module_of_a_code_stands_where_the_drawing_has_it(way, drawings, shown):
    code = drawings["20-page-code"]
    (matrix,) = code.operations
    picture = raster.render(code, 600) if way == "preview" else shown(code, 600)
    module = Mm(20 / 33).px(600)
    for row in range(33):
        for column in range(33):
            middle = (int((column + 0.5) * module), int((row + 0.5) * module))
            dark = bool(matrix.rows[row * 5 + column // 8] & (0x80 >> column % 8))
            assert picture.getpixel(middle) == ((0, 0, 0) if dark else (255, 255, 255))
    ((left, _), *_, (_, right)) = dark_columns(picture, round(module / 2))
    assert (right - left) * 25.4 / 600 == pytest.approx(20.0, abs=0.1)


def moved(drawing: StampDrawing, by: float) -> StampDrawing:
    def move(one):
        if isinstance(one, TextRun):
            return replace(one, start=Point(one.start.x + by, one.start.y))
        if isinstance(one, CircleStroke):
            return replace(one, centre=Point(one.centre.x + by, one.centre.y))
        return replace(one, box=one.box.moved(by, 0))

    return replace(drawing, operations=tuple(move(one) for one in drawing.operations))


def reworded(drawing: StampDrawing, old: str, new: str) -> StampDrawing:
    def word(one):
        return replace(one, text=one.text.replace(old, new)) if isinstance(one, TextRun) else one

    changed = replace(drawing, operations=tuple(word(one) for one in drawing.operations))
    assert changed != drawing
    return changed


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("02-toi-mat", "Ậ", "Â"),
        ("02-toi-mat", "Ậ", "Ạ"),
        ("02-toi-mat", "Ố", "Ồ"),
        ("02-toi-mat", "Ố", "Ô"),
        ("01-tuyet-mat", "Ệ", "Ê"),
        ("05-thuong-khan", "Ẩ", "Â"),
        ("05-thuong-khan", "Ợ", "Ơ"),
        ("06-hoa-toc", "Ỏ", "O"),
        ("07-ban-so", "1", "7"),
        ("09-ky-hieu-b", "B", "C"),
        ("12-gia-han", "Ệ", "Ê"),
        ("13-dieu-chinh", "→", "-"),
        ("18-ban-sao", "ễ", "ê"),
    ],
)
def test_the_comparison_finds_a_missing_or_wrong_accent(name, old, new, drawings, differ):
    wrong = reworded(drawings[name], old, new)
    assert "pixels" in differ(raster.render(wrong, DPI), golden(name))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by", [1.0, -1.0, 0.3])
def test_the_comparison_finds_a_mark_that_moved(name, by, drawings, differ):
    assert differ(raster.render(moved(drawings[name], by), DPI), golden(name))


@pytest.mark.parametrize("ink", [BLACK, Colour(190, 2, 27), Colour(208, 40, 27), Colour(0, 0, 208)])
def test_the_comparison_finds_a_wrong_colour(ink, drawings, differ):
    wrong = replace(drawings["02-toi-mat"], ink=ink)
    assert "ink" in differ(raster.render(wrong, DPI), golden("02-toi-mat"))


def test_the_comparison_finds_a_missing_line_and_a_thin_one(drawings, differ):
    whole = drawings["02-toi-mat"]
    without = replace(whole, operations=whole.operations[1:])
    assert differ(raster.render(without, DPI), golden("02-toi-mat"))
    thin = tuple(
        replace(one, line=Mm(0.08)) if hasattr(one, "line") else one for one in whole.operations
    )
    assert differ(raster.render(replace(whole, operations=thin), DPI), golden("02-toi-mat"))


def test_the_comparison_finds_one_module_of_a_code_turned(drawings, differ):
    code = drawings["20-page-code"]
    (matrix,) = code.operations
    rows = bytearray(matrix.rows)
    rows[16 * 5 + 2] ^= 0x80
    wrong = replace(code, operations=(replace(matrix, rows=bytes(rows)),))
    assert differ(raster.render(wrong, DPI), golden("20-page-code"))


def dark_columns(picture: Image.Image, y: int) -> list[tuple[int, int]]:
    """Runs of ink along a row of pixels: first and last column of each."""
    ink = [picture.getpixel((x, y))[1] < 128 for x in range(picture.width)]
    edges = [x for x in range(1, len(ink)) if ink[x] != ink[x - 1]]
    starts = ([0] if ink[0] else []) + [x for x in edges if ink[x]]
    ends = [x for x in edges if not ink[x]] + ([len(ink)] if ink[-1] else [])
    return list(zip(starts, ends, strict=True))


def test_holes_of_the_rehearsal_overlay_stay_white_even_where_they_overlap(shown):
    page = Size(Mm(105), Mm(148))
    holes = (Rect.of(20, 20, 40, 60), Rect.of(40, 50, 40, 60), Rect.of(90, 100, 30, 60))
    drawing = compose.rehearsal_overlay(page, holes)
    for picture in (raster.render(drawing, 72), shown(drawing, 72)):
        assert picture.getextrema() != ((255, 255),) * 3
        for hole in holes:
            inner = hole.grown(-0.4)
            edges = (inner.x, inner.y, min(inner.right, page.width), min(inner.bottom, page.height))
            box = tuple(round(edge.px(72)) if isinstance(edge, Mm) else edge for edge in edges)
            assert picture.crop(box).getextrema() == ((255, 255),) * 3


def test_the_overlay_looks_alike_as_preview_and_as_pdf(differ, shown):
    drawing = compose.rehearsal_overlay(Size(Mm(105), Mm(148)), (Rect.of(20, 20, 40, 60),))
    assert differ(raster.render(drawing, 144), shown(drawing, 144)) == ""


def test_the_sheet_of_the_documentation_is_up_to_date(script, differ):
    sheet = script("stamp-sheet")
    with Image.open(sheet.TARGET) as drawn:
        assert differ(sheet.picture(), drawn.convert("RGB")) == ""


def test_refuses_a_picture_beyond_the_bound_of_pixels():
    with pytest.raises(ValueError, match="too many pixels"):
        raster.render(compose.rehearsal_overlay(Size(Mm(5080), Mm(5080)), ()), 600)

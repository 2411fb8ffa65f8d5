# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import re

import pytest
from PIL import Image, ImageChops

from bmnn_mark.documents import rendering
from bmnn_mark.documents.rendering import (
    engines,
    pdfium_pages,
    pixel_box,
    poppler_pages,
    poppler_render,
)
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.units import Rect

SQUARE = b"0 0 0 rg 72 72 144 144 re f"


def _dark_box(image: Image.Image) -> tuple[int, int, int, int]:
    box = image.convert("L").point(lambda level: 255 if level < 128 else 0).getbbox()
    assert box is not None
    return box


def test_both_engines_are_named_with_their_versions():
    first, second = engines()
    assert re.fullmatch(r"pdfium \d+(\.\d+)+", first)
    assert re.fullmatch(r"poppler \d+(\.\d+)+", second)


@pytest.mark.parametrize("dpi", [50, 100, 150, 600])
def test_both_engines_show_the_same_pixels_of_the_sheet(make_pdf, tmp_path, dpi):
    path = make_pdf((SQUARE, {"CropBox": (20, 30, 500, 700), "Rotate": 270}))
    with pdfium_pages(path) as engine:
        one = engine.render(1, dpi)
    other = poppler_render(path, 1, dpi, work=tmp_path)
    assert one.size == other.size
    assert one.mode == other.mode == "RGB"
    for first, second in zip(_dark_box(one), _dark_box(other), strict=True):
        assert abs(first - second) <= 1


def test_a_clip_is_a_part_of_the_whole_page_in_both_engines(make_pdf, tmp_path):
    path = make_pdf((SQUARE, {}))
    clip = Rect.of(20.3, 200.7, 33.1, 44.9)
    box = pixel_box(clip, 150)
    with pdfium_pages(path) as engine:
        pairs = [
            (engine.render(1, 150), engine.render(1, 150, clip)),
            (
                poppler_render(path, 1, 150, work=tmp_path),
                poppler_render(path, 1, 150, clip, work=tmp_path),
            ),
        ]
    for whole, part in pairs:
        assert part.size == (box[2] - box[0], box[3] - box[1])
        difference = ImageChops.difference(whole.crop(box), part)
        assert not any(difference.convert("L").histogram()[16:])


def test_a_clip_over_the_edge_ends_at_the_edge_in_both_engines(make_pdf, tmp_path):
    path = make_pdf((SQUARE, {}))
    clip = Rect.of(200, 290, 40, 40)
    with pdfium_pages(path) as engine:
        one = engine.render(1, 100, clip)
    other = poppler_render(path, 1, 100, clip, work=tmp_path)
    assert one.size == other.size
    assert one.width < 45


def test_pages_of_a_range_come_in_order(make_pdf, tmp_path):
    pages = [(b"0 0 0 rg 0 0 %d 100 re f" % (100 * number), {}) for number in range(1, 6)]
    path = make_pdf(*pages)
    images = list(poppler_pages(path, 2, 5, 50, page_pixels=8_000_000, work=tmp_path))
    widths = [_dark_box(image)[2] for image in images]
    assert len(widths) == 4
    assert widths == sorted(set(widths))


def test_a_run_of_pages_that_takes_too_long_is_done_page_by_page(make_pdf, tmp_path, monkeypatch):
    path = make_pdf(*[(SQUARE, {})] * 3)
    monkeypatch.setattr(rendering, "_RANGE_SECONDS", 0.0001)
    images = list(poppler_pages(path, 1, 3, 50, page_pixels=1, work=tmp_path))
    assert len(images) == 3
    hurried = dataclasses.replace(DEFAULT_LIMITS, render_seconds=0.0001)
    with pytest.raises(DocumentRefused) as refusal:
        list(poppler_pages(path, 1, 3, 50, page_pixels=1, work=tmp_path, limits=hurried))
    assert refusal.value.code == "document.too_slow"


def test_more_pixels_than_allowed_are_refused_by_both_engines(make_pdf, tmp_path):
    path = make_pdf((SQUARE, {}))
    few = dataclasses.replace(DEFAULT_LIMITS, raster_pixels=10_000)
    clip = Rect.of(0, 0, 200, 200)
    with pdfium_pages(path, few) as engine, pytest.raises(DocumentRefused) as refusal:
        engine.render(1, 100)
    assert refusal.value.code == "page.too_large"
    for one in (None, clip):
        with pytest.raises(DocumentRefused) as refusal:
            poppler_render(path, 1, 100, one, work=tmp_path, limits=few)
        assert refusal.value.code == "page.too_large"


def test_what_cannot_be_shown_is_refused_by_name(make_pdf, tmp_path):
    path = make_pdf((SQUARE, {}))
    with pdfium_pages(path) as engine, pytest.raises(DocumentRefused) as refusal:
        engine.render(2, 100)
    assert refusal.value.detail == {"engine": "pdfium", "page": 2}
    with pytest.raises(DocumentRefused) as refusal:
        poppler_render(path, 2, 100, work=tmp_path)
    assert refusal.value.code == "document.not_rendered"
    path.write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(DocumentRefused) as refusal, pdfium_pages(path):
        pass
    assert refusal.value.code == "document.not_rendered"
    with pytest.raises(DocumentRefused):
        poppler_render(path, 1, 100, work=tmp_path)

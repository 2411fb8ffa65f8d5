# SPDX-License-Identifier: Apache-2.0
"""The mark is right on every shape of page, in four engines, and on no other page."""

from __future__ import annotations

import pikepdf
import pytest
from four_engines import DPI, ENGINES, apart_mm, red_box, shown
from page_shapes import FIFTEEN, SHAPES
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from bmnn_mark.documents.pdf.normalising import normalised_copy
from bmnn_mark.documents.rendering import pixel_box
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.units import Mm, Rect

SLOT = Rect.of(30, 45, 30, 8)
BAR_MM = 0.5
TILES_ROUNDED = 2000  # pixels: engines round the cells of a pattern each in its own way
MARKED = [name for name, shape in SHAPES.items() if shape.refused is None]
REFUSED = [name for name, shape in SHAPES.items() if shape.refused is not None]
UNITS = [name for name in MARKED if SHAPES[name].unit != 1.0]


def test_there_are_shapes_enough():
    assert len(FIFTEEN) == 15
    assert len(SHAPES) >= 70
    assert len(UNITS) >= 5


@pytest.mark.parametrize("name", REFUSED)
def test_a_page_that_cannot_be_marked_right_is_refused_by_name(outcomes, name):
    refusal = outcomes[name].refusal
    assert refusal is not None
    assert refusal.code == SHAPES[name].refused
    assert refusal.detail["page"] == 1


@pytest.mark.parametrize("name", MARKED)
def test_the_mark_is_where_it_belongs_in_four_engines(outcomes, name):
    outcome = outcomes[name]
    assert outcome.refusal is None
    (mark,) = outcome.result.marks
    assert (apart_mm(mark.box, SLOT) > 1) == SHAPES[name].moved
    plain = outcomes["plain"]
    for engine in ENGINES:
        image = outcome.pages[engine][0]
        size = outcome.result.page_sizes[0]
        for pixels, length in zip(image.size, (size.width, size.height), strict=True):
            assert abs(Mm.from_px(pixels, DPI) - length) < BAR_MM, engine
        found = red_box(image)
        assert found is not None, engine
        assert apart_mm(found, mark.box) < BAR_MM, engine
        assert _reads_right(_words_of(image, mark.box), _words_of(plain.pages[engine][0], SLOT))


@pytest.mark.parametrize("name", MARKED)
def test_no_other_page_gets_the_mark(outcomes, name):
    outcome = outcomes[name]
    for engine in ENGINES:
        assert len(outcome.pages[engine]) == outcome.result.pages
        assert not any(red_box(image) for image in outcome.pages[engine][1:]), engine


def _words_of(image: Image.Image, box: Rect) -> Image.Image:
    """The words of a mark without its borders, blurred a little."""
    left, top, _, _ = pixel_box(box.grown(-1.6), DPI)
    clip = image.crop((left, top, left + 106, top + 20)).split()[1]
    return ImageOps.autocontrast(clip).filter(ImageFilter.GaussianBlur(1))


def _reads_right(words: Image.Image, model: Image.Image) -> bool:
    """Whether words are most like the model as they stand, not turned over or mirrored."""
    ways = (words, words.rotate(180), ImageOps.mirror(words), ImageOps.flip(words))
    unlike = [_least_difference(way, model) for way in ways]
    return unlike[0] < 0.8 * min(unlike[1:])


def _least_difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference, one moved by up to two pixels: engines round a page's edges."""
    inner = other.crop((2, 2, other.width - 2, other.height - 2))
    return min(
        ImageStat.Stat(
            ImageChops.difference(one.crop((x, y, x + inner.width, y + inner.height)), inner)
        ).mean[0]
        for x in range(5)
        for y in range(5)
    )


def test_a_mark_upside_down_would_be_seen(outcomes):
    for engine in ENGINES:
        model = _words_of(outcomes["plain"].pages[engine][0], SLOT)
        assert _reads_right(model, model)
        for wrong in (model.rotate(180), ImageOps.mirror(model), ImageOps.flip(model)):
            assert not _reads_right(wrong, model)


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_of_length_is_said_to_be_normalised(outcomes, name):
    notices = {notice.code: notice.detail for notice in outcomes[name].result.notices}
    assert notices["page.user_unit_normalised"] == {
        "page": 1, "factor": f"{SHAPES[name].unit:g}",
    }  # fmt: skip


def test_a_crop_box_cut_to_its_paper_is_told(outcomes):
    told = {
        name
        for name in MARKED
        for notice in outcomes[name].result.notices
        if notice.code == "page.crop_normalised"
    }
    assert told == {"crop box partly outside"}


@pytest.mark.parametrize("name", UNITS)
def test_a_normalised_page_is_shown_as_engines_that_honour_the_unit_showed_it(
    outcomes, name, tmp_path
):
    source = outcomes[name].source
    with pikepdf.open(source) as pdf:
        normalised, _ = normalised_copy(pdf, DEFAULT_LIMITS, tmp_path)
    with pikepdf.open(normalised) as pdf:
        assert "/UserUnit" not in pdf.pages[0].obj
    before = {engine: shown(engine, source)[0] for engine in ("ghostscript", "mupdf")}
    for engine in ("pdfium", "poppler"):
        after = shown(engine, normalised)[0]
        for honoured in before.values():
            assert max(
                abs(after.width - honoured.width), abs(after.height - honoured.height)
            ) <= 1  # fmt: skip
            whole = (0, 0, min(after.width, honoured.width), min(after.height, honoured.height))
            unlike = _unlike(after.crop(whole), honoured.crop(whole))
            assert unlike <= (TILES_ROUNDED if "patterns" in name else 0)


def _unlike(one: Image.Image, other: Image.Image) -> int:
    """How many pixels of one picture are like none about their place in the other."""
    one, other = (image.convert("L") for image in (one, other))
    count = 0
    for first, second in ((one, other), (other, one)):
        darker = ImageChops.subtract(first.filter(ImageFilter.MinFilter(5)), second)
        lighter = ImageChops.subtract(second, first.filter(ImageFilter.MaxFilter(5)))
        count += sum(ImageChops.lighter(darker, lighter).histogram()[24:])
    return count


def test_another_size_would_be_seen(outcomes):
    image = outcomes["user unit 2"].pages["mupdf"][0]
    bigger = image.resize((int(image.width * 1.02), int(image.height * 1.02)))
    assert _unlike(image, bigger.crop((0, 0, *image.size))) > 0


def test_what_cannot_be_multiplied_is_found_by_the_picture(tmp_path):
    """A form that borrows the page's patterns would have them scaled twice."""
    SHAPES["user unit 2 with patterns"].write(tmp_path / "patterns.pdf")
    with pikepdf.open(tmp_path / "patterns.pdf") as pdf:
        page = pdf.pages[0].obj
        form = pdf.make_stream(page.Contents.read_bytes(), Type=pikepdf.Name.XObject)
        form.Subtype, form.BBox = pikepdf.Name.Form, pikepdf.Array([0, 0, 300, 421])
        page.Resources.XObject = pikepdf.Dictionary(F=form)
        page.Contents = pdf.make_stream(b"/F Do\n")
        with pytest.raises(DocumentRefused) as caught:
            normalised_copy(pdf, DEFAULT_LIMITS, tmp_path)
    assert caught.value.code == "page.user_unit"

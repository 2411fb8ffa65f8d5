# SPDX-License-Identifier: Apache-2.0
"""Codes that no engine reads as they are: faded, hidden in part, askew, beside others."""

import math
import random
import time

import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from bmnn_mark.stamps import qr
from bmnn_mark.tracking import decoding
from bmnn_mark.tracking.code import PREFIX, PageCode, seal
from bmnn_mark.tracking.decoding import read_image
from bmnn_mark.tracking.key import TraceKey
from bmnn_mark.tracking.places import dense_places, likely_modules
from bmnn_mark.tracking.planes import grey_planes
from bmnn_mark.tracking.symbol import DARK, LIGHT, MODULES, OPEN, known_modules, redraw

DPI = 200
MM = DPI / 25.4


def drawn(text):
    rows = Image.frombytes("1", (MODULES, MODULES), qr.symbol(text)).convert("L")
    return ImageChops.invert(rows)


def without_a_corner(paper, x, y, corner, fill=255):
    """A blot of 6 mm over one finder pattern of the 20-mm code at (x, y), in mm."""
    paper = paper.copy()
    across, down = {"top left": (1, 1), "top right": (15, 1), "bottom left": (1, 15)}[corner]
    left, top = (x + across - 2) * MM, (y + down - 2) * MM
    ImageDraw.Draw(paper).ellipse((left, top, left + 6 * MM, top + 6 * MM), fill=fill)
    return paper


def a4(scans, texts):
    return scans.sheet(texts, dpi=DPI, size_mm=(210, 297))


@given(st.binary(min_size=14, max_size=14), st.integers(1, 1 << 30), st.integers(0, 65535))
def test_the_fixed_modules_are_those_of_every_code(root, position, page):
    key = TraceKey.from_entropy(bytes(67), rehearsal=False)
    text = seal(key, PageCode(position=position, page=page, attempt=1, root=root))
    symbol = drawn(text).tobytes()
    pairs = zip(known_modules().tobytes(), symbol, strict=True)
    assert all(known in (OPEN, module) for known, module in pairs)


def test_a_symbol_drawn_anew_keeps_its_data_and_mends_its_patterns(scans):
    symbol = drawn(scans.code_text())
    hurt = symbol.copy()
    hurt.paste(LIGHT, (0, 0, 8, 8))
    hurt.paste(DARK, (25, 0, 33, 8))
    assert redraw(hurt, 128).tobytes() == redraw(symbol, 128).tobytes()


@pytest.mark.parametrize("corner", ["top left", "top right", "bottom left"])
@pytest.mark.parametrize("fill", [255, 0])
def test_reads_a_code_without_one_of_its_corners(scans, corner, fill):
    paper = without_a_corner(a4(scans, {(7, 265): scans.code_text()}), 7, 265, corner, fill)
    chance = random.Random(corner)
    assert read_image(scans.scan(paper, chance, dpi=DPI * 3, angle=4)) == (scans.code_text(),)
    assert not decoding._engines().whole(paper)


def test_reads_a_sheet_at_any_angle_with_a_corner_gone(scans):
    paper = without_a_corner(a4(scans, {(95, 140): scans.code_text()}), 95, 140, "top left")
    for angle in (45, 110, 180, 215, 320):
        turned = paper.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        assert read_image(turned) == (scans.code_text(),), angle


def test_reads_two_hurt_codes_on_one_glass_and_the_foreign_one_between(scans):
    first, second = scans.code_text(1), scans.code_text(2)
    paper = scans.sheet({(7, 265): first, (217, 265): second}, dpi=DPI, size_mm=(420, 297))
    paper = without_a_corner(paper, 7, 265, "top right")
    paper = without_a_corner(paper, 217, 265, "bottom left")
    foreign = qrcode.make("https://example.org/parcel/4711", box_size=5).get_image().convert("L")
    paper.paste(foreign, (round(100 * MM), round(200 * MM)))
    assert set(read_image(paper)) == {first, second, "https://example.org/parcel/4711"}


def test_a_hurt_code_is_found_beside_a_whole_one(scans):
    paper = a4(scans, {(7, 265): scans.code_text(1), (150, 20): scans.code_text(2)})
    hurt = without_a_corner(paper, 150, 20, "top left")
    assert read_image(hurt) == (scans.code_text(1), scans.code_text(2))


def test_a_code_of_another_key_is_mended_too_and_a_foreign_one_is_not(scans):
    stranger = TraceKey.from_entropy(random.Random(5).randbytes(67), rehearsal=False)
    text = seal(stranger, PageCode(position=1, page=1, attempt=1, root=bytes(14)))
    paper = without_a_corner(a4(scans, {(7, 265): text}), 7, 265, "top left")
    assert read_image(paper) == (text,)
    other = "HTTPS://EXAMPLE.ORG/" + "7" * 47  # fills the same symbol, and is none of ours
    paper = without_a_corner(a4(scans, {(7, 265): other}), 7, 265, "top left")
    assert not [found for found in read_image(paper) if found.startswith(PREFIX)]


@pytest.mark.parametrize("ink", [(200, 30, 40), (30, 50, 190)])
def test_reads_through_a_coloured_blot_of_any_size(scans, ink):
    paper = a4(scans, {(7, 265): scans.code_text()})
    stamped = Image.merge("RGB", (paper, paper, paper))
    over = Image.new("RGB", stamped.size, "white")
    ImageDraw.Draw(over).ellipse((0, 255 * MM, 35 * MM, 290 * MM), fill=ink)
    assert read_image(ImageChops.multiply(stamped, over)) == (scans.code_text(),)


def test_reads_a_code_that_is_itself_coloured(scans):
    paper = a4(scans, {(7, 265): scans.code_text()})
    red = Image.merge("RGB", (Image.new("L", paper.size, 255), paper, paper))
    assert read_image(red) == (scans.code_text(),)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I", "I;16"])
def test_reads_pictures_of_every_kind(scans, mode):
    grey = a4(scans, {(7, 265): scans.code_text()}).point([100 + v // 4 for v in range(256)])
    if mode.startswith("I"):
        wide = grey.convert("I").point(lambda value: value * 256)
        image = wide if mode == "I" else wide.convert(mode)
    else:
        image = grey.convert(mode, dither=Image.Dither.NONE)
    assert image.mode == mode
    assert read_image(image) == (scans.code_text(),)


def test_a_scan_without_colour_has_one_plane(scans):
    paper = a4(scans, {})
    assert len(grey_planes(paper)) == 1
    assert len(grey_planes(paper.convert("RGB"))) == 1
    dotted = paper.convert("RGB")
    dotted.paste((220, 20, 30), (100, 100, 180, 180))
    assert len(grey_planes(dotted)) == 2


def test_the_place_of_a_code_is_known_by_its_texture_alone(scans):
    paper = a4(scans, {(7, 265): scans.code_text()})
    for corner in ("top left", "top right", "bottom left"):
        paper = without_a_corner(paper, 7, 265, corner)
    (module, *_) = likely_modules(paper.size, None)
    place = dense_places(paper, module)[0]
    assert math.dist((place.x, place.y), (17 * MM, 275 * MM)) < 5 * MM


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (7, 9), (33, 33), (100, 40), (450, 450)])
@pytest.mark.parametrize(
    "dpi", [None, (72, 72), (1200, 1200), (0, 0), ("x", 1), (math.nan, math.nan), ()]
)
def test_odd_pictures_hold_nothing_and_break_nothing(size, dpi):
    noise = Image.frombytes("L", size, random.Random(1).randbytes(size[0] * size[1]))
    noise.info["dpi"] = dpi
    assert read_image(noise) == ()


def test_a_sheet_of_finder_patterns_costs_no_more_than_seconds(scans):
    chance = random.Random(2)
    modules = Image.new("L", (354, 501), LIGHT)
    for _ in range(3000):
        x, y = chance.randrange(350), chance.randrange(500)
        for reach, colour in ((4, LIGHT), (3, DARK), (2, LIGHT), (1, DARK)):
            modules.paste(colour, (x - reach, y - reach, x + reach + 1, y + reach + 1))
    started = time.process_time()
    assert read_image(modules.resize((2478, 3507), Image.Resampling.NEAREST)) == ()
    assert time.process_time() - started < 10

# SPDX-License-Identifier: Apache-2.0
"""Every stamp of both packs measured on pixels at 600 dpi, as preview and through PDF."""

from __future__ import annotations

import math
import subprocess
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import product

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules import Level, RulePack, StampId, Urgency, load_pack, pack_ids
from bmnn_mark.stamps import compose, fonts, life, raster, reproductions, samples, symbols
from bmnn_mark.stamps.model import CircleStroke, Face, RectStroke, StampDrawing, TextRun
from bmnn_mark.units import Mm, Point, Rect, Size

DPI = 600
PIXEL = 25.4 / DPI
IDS = [*Level, *Urgency, *StampId]
AROUND = 2.0
DARK = 127
EVERY = pytest.mark.parametrize(
    ("pack", "stamp", "way"),
    [
        pytest.param(load_pack(pack), stamp.value, way, id=f"{pack}-{stamp}-{way}")
        for pack, stamp, way in product(pack_ids(), IDS, ("preview", "pdfium"))
    ],
)
Look = Callable[[StampDrawing, str], Image.Image]


@pytest.fixture(scope="module")
def ink_of(shown) -> Look:
    """Cover of ink, 0-255, of a stamp with 2 mm of paper around; the same drawing once."""

    @cache
    def look(drawing: StampDrawing, way: str) -> Image.Image:
        page = StampDrawing(
            drawing.name,
            Size(drawing.size.width + 2 * AROUND, drawing.size.height + 2 * AROUND),
            tuple(moved(one) for one in drawing.operations),
            drawing.ink,
        )
        picture = raster.render(page, DPI) if way == "preview" else shown(page, DPI)
        green = drawing.ink.green
        return picture.getchannel("G").point(
            lambda level: round((255 - level) * 255 / (255 - green))
        )

    return look


def moved(one):
    if isinstance(one, TextRun):
        return replace(one, start=Point(one.start.x + AROUND, one.start.y + AROUND))
    if isinstance(one, CircleStroke):
        return replace(one, centre=Point(one.centre.x + AROUND, one.centre.y + AROUND))
    return replace(one, box=one.box.moved(AROUND, AROUND))


def runs_of_ink(cover: Image.Image, row: int) -> list[tuple[float, float]]:
    """Stretches of ink along a row of pixels, mm, to a fraction of a pixel by their cover."""
    levels = list(cover.crop((0, row, cover.width, row + 1)).tobytes())
    found, start = [], None
    for x, level in enumerate([*levels, 0]):
        if level > 12 and start is None:
            start = x
        elif level <= 12 and start is not None:
            part = levels[start:x]
            left = start + 1 - part[0] / 255 if len(part) > 1 else start
            right = x - 1 + part[-1] / 255 if len(part) > 1 else start + part[0] / 255
            found.append((left * PIXEL, right * PIXEL))
            start = None
    return found


def asked_size(pack: RulePack, drawing: StampDrawing) -> tuple[float, float]:
    """What the rules say, else what its text takes by the rules' room around it."""
    rule = pack.stamp(drawing.name)
    size = rule.size.value
    texts = [one for one in drawing.operations if isinstance(one, TextRun)]
    width, height = size.width, size.height
    if width is None:
        width = max(run.width for run in texts) + 2 * rule.side_room.value
    if height is None:
        first, last = texts[0], texts[-1]
        top = first.start.y + fonts.measure(first.text, first.face, first.size_pt).ink.y
        bottom = last.start.y + fonts.measure(last.text, last.face, last.size_pt).ink.bottom
        height = bottom - top + 2 * rule.head_room.value
    return width, height


@EVERY
def test_outer_size_lines_and_their_distance_are_those_of_the_rules(pack, stamp, way, ink_of):
    drawing = samples.stamp_sample(pack, stamp)
    rule, line = pack.stamp(stamp), pack.border.line.value
    upright = ink_of(drawing, way)
    for side, cover in zip(
        asked_size(pack, drawing),
        (upright, upright.transpose(Image.Transpose.TRANSPOSE)),
        strict=True,
    ):
        # through the middle, but for rows of text: they are never so near the edges
        found = runs_of_ink(cover, cover.height // 2)
        assert found[-1][1] - found[0][0] == pytest.approx(side, abs=0.1)
        assert found[0][0] == pytest.approx(AROUND, abs=0.1)
        lines = rule.lines.value
        for start, end in (*found[:lines], *found[-lines:]):
            assert end - start == pytest.approx(line, abs=0.05)
        if lines == 2:
            assert found[1][0] - found[0][1] == pytest.approx(rule.gap.value, abs=0.1)
            assert found[-1][0] - found[-2][1] == pytest.approx(rule.gap.value, abs=0.1)


def text_alone(drawing: StampDrawing, cover: Image.Image, inset: float) -> Image.Image:
    """The cover with all but what is inside the inner line, less ``inset`` mm, taken away."""
    mask = Image.new("L", cover.size, 0)
    pen = ImageDraw.Draw(mask)
    frame = [one for one in drawing.operations if not isinstance(one, TextRun)][-1]
    box = frame.box if isinstance(frame, RectStroke) else Rect.of(
        *(side - frame.diameter / 2 for side in (frame.centre.x, frame.centre.y)),
        frame.diameter, frame.diameter,
    )  # fmt: skip
    inner = box.moved(AROUND, AROUND).grown(-frame.line - inset)
    corners = [side / PIXEL for side in (inner.x, inner.y, inner.right, inner.bottom)]
    shape = pen.rectangle if isinstance(frame, RectStroke) else pen.ellipse
    shape(
        [round(corners[0]), round(corners[1]), round(corners[2]) - 1, round(corners[3]) - 1],
        fill=255,
    )
    return ImageChops.multiply(cover, mask)


@EVERY
def test_type_has_the_size_of_the_rules_and_keeps_clear_of_the_inner_line(pack, stamp, way, ink_of):
    drawing = samples.stamp_sample(pack, stamp)
    rule = pack.stamp(stamp)
    cover = ink_of(drawing, way)
    text = text_alone(drawing, cover, 0.02).point(lambda level: 255 * (level > DARK))
    clear = text_alone(drawing, cover, 0.06).point(lambda level: 255 * (level > DARK))
    assert text.tobytes() == clear.tobytes()  # nothing in between
    texts = [one for one in drawing.operations if isinstance(one, TextRun)]
    assert len(texts) == 1 + len(rule.rows)
    for index, run in enumerate(texts):
        asked = rule.row_text_size.value if index else rule.text_size.value
        bold = rule.row_bold.value if index else rule.bold.value
        assert run.face is (Face.BOLD if bold else Face.REGULAR)
        base = run.start.y + AROUND
        band = text.crop(
            (
                0,
                round((base - fonts.cap_height(run.face, asked)) / PIXEL),
                text.width,
                round(base / PIXEL),
            )
        )
        left, _, right, _ = band.getbbox()
        by_point = fonts.measure(run.text, run.face, 1).ink.width
        assert (right - left) * PIXEL / by_point == pytest.approx(asked, rel=0.02)


@pytest.mark.parametrize("pack", [load_pack(one) for one in pack_ids()], ids=pack_ids())
def test_there_is_a_sample_of_every_stamp_and_of_no_other(pack):
    drawn = samples.stamp_samples(pack)
    assert [one.name for one in drawn] == [
        "tuyet-mat", "toi-mat", "mat", "khan", "thuong-khan", "hoa-toc", *StampId
    ]  # fmt: skip
    assert {one.name for one in drawn} == set(pack.stamps)
    for one in drawn:
        assert (one.ink.red, one.ink.green) == ((0, 0) if "ban" in one.name else (208, 2))
        other = samples.stamp_sample(pack, one.name, red=(1, 2, 3))
        assert (other.ink.red == 1) is ("ban" not in one.name)


PACK = load_pack("tt24-2020")
DAY = date(2031, 12, 25)


def texts_of(drawing: StampDrawing) -> list[str]:
    return [one.text for one in drawing.operations if isinstance(one, TextRun)]


def test_the_day_of_declassification_is_typed_only_where_it_fits_the_legal_width():
    for since in (DAY, None):
        drawing = life.declassification_mark(PACK, since)
        first, second = texts_of(drawing)
        assert first == "GIẢI MẬT"
        assert second.startswith("Từ:....")
        assert set(second[3:]) == {"."}
        assert drawing.size == Size(Mm(30), Mm(13))
    rule = PACK.stamp("giai-mat")
    small = replace(rule, row_text_size=replace(rule.row_text_size, value=12.0))
    fits = replace(PACK, stamps={**PACK.stamps, "giai-mat": small})
    assert texts_of(life.declassification_mark(fits, DAY)) == ["GIẢI MẬT", "Từ: 25/12/2031"]


@pytest.mark.parametrize("mark", [life.term_mark, life.extension_mark, life.recall_mark])
def test_stamps_of_any_two_days_share_one_geometry(mark):
    one, other = mark(PACK, date(2031, 12, 25)), mark(PACK, date(2027, 1, 1))
    assert one.size == other.size
    assert texts_of(other)[1].endswith("01/01/2027")
    starts = [[part.start for part in each.operations[2:]] for each in (one, other)]
    assert starts[0] == starts[1]


def test_a_change_of_level_says_from_which_to_which_and_since_when():
    drawing = life.relevelling_mark(PACK, Level.TUYET_MAT, Level.TOI_MAT, DAY)
    assert texts_of(drawing) == ["ĐIỀU CHỈNH ĐỘ MẬT", "TUYỆT MẬT → TỐI MẬT", "Từ: 25/12/2031"]


def test_numbers_of_reproductions_share_one_geometry_and_none_is_made_up():
    drawn = [reproductions.reproduction_number_mark(PACK, k, 120) for k in (1, 77, 120)]
    assert [texts_of(one)[0] for one in drawn] == [
        "BẢN SAO SỐ: 001", "BẢN SAO SỐ: 077", "BẢN SAO SỐ: 120"
    ]  # fmt: skip
    assert len({(one.size, one.operations[-1].start) for one in drawn}) == 1
    with pytest.raises(RulesRefused) as refusal:
        reproductions.reproduction_number_mark(PACK, 121, 120)
    assert refusal.value.code == "stamps.copy_number"


def reproduced(**changes: object) -> StampDrawing:
    asked = {
        "kind": "sao-luc", "made_on": DAY, "quantity": 3, "recipient": "UBND phường Mẫu",
        "authority": "KT. GIÁM ĐỐC", "signer": "Nguyễn Thị Ví Dụ",
    } | changes  # fmt: skip
    return reproductions.reproduction_mark(PACK, **asked)


def test_a_reproduction_says_all_that_it_must_and_leaves_room_to_sign():
    drawing = reproduced()
    assert texts_of(drawing) == [
        "BẢN SAO BÍ MẬT NHÀ NƯỚC", "Hình thức sao: sao lục", "Ngày sao: 25/12/2031",
        "Số lượng: 03 bản", "Nơi nhận: UBND phường Mẫu", "KT. GIÁM ĐỐC", "Nguyễn Thị Ví Dụ",
    ]  # fmt: skip
    authority, signer = drawing.operations[-2:]
    assert signer.start.y - authority.start.y > 15
    assert "....." in texts_of(reproduced(recipient=None))[4]


def test_a_long_recipient_is_broken_between_words_and_a_longer_one_refused_never_shrunk():
    name = "Ủy ban nhân dân xã Đại Nghĩa, Văn phòng Hội đồng nhân dân và các phòng chuyên môn"
    drawing = reproduced(recipient=name)
    lines = texts_of(drawing)[4:-2]
    assert " ".join(lines) == f"Nơi nhận: {name}"
    assert len(lines) == 3
    assert all(one.width <= 80 for one in drawing.operations[2:])
    assert {one.size_pt for one in drawing.operations[3:]} == {11}
    for long in (" ".join([name] * 3), "Ă" * 40):
        for field in ("recipient", "authority", "signer"):
            with pytest.raises(RulesRefused) as refusal:
                reproduced(**{field: long})
            assert refusal.value.code == "stamps.row_too_long"
            assert refusal.value.detail == {"row": field, "lines": 3}


@pytest.mark.parametrize("symbol", [StampId.SYMBOL_A, StampId.SYMBOL_B, StampId.SYMBOL_C])
def test_a_letter_in_a_circle_keeps_clear_by_its_outline(symbol):
    drawing = symbols.symbol_mark(PACK, symbol)
    *circles, run = drawing.operations
    inner = circles[-1].diameter / 2 - circles[-1].line
    reach = max(
        math.dist((run.start.x + x, run.start.y + y), (7.5, 7.5))
        for x, y in fonts.outline(run.text, run.face, run.size_pt)
    )
    assert inner - reach >= 0.05
    large = replace(PACK.stamp(symbol), text_size=replace(PACK.stamp(symbol).text_size, value=60.0))
    broken = replace(PACK, stamps={**PACK.stamps, symbol.value: large})
    with pytest.raises(RulesRefused) as refusal:
        symbols.symbol_mark(broken, symbol)
    assert refusal.value.code == "stamps.does_not_fit"


def test_a_stamp_that_is_no_circle_is_no_symbol():
    with pytest.raises(RulesRefused) as refusal:
        symbols.symbol_mark(PACK, "toi-mat")
    assert refusal.value.code == "rules.no_stamp"


@pytest.mark.parametrize("way", ["preview", "pdfium"])
def test_a_guide_marks_the_corners_of_the_place_and_nothing_between(way, shown):
    drawing = symbols.corner_guide(Size(Mm(30), Mm(8)))
    assert (drawing.size, drawing.ink) == (Size(Mm(30), Mm(8)), compose.BLACK)
    picture = raster.render(drawing, DPI) if way == "preview" else shown(drawing, DPI)
    grey = picture.convert("L").point(lambda level: 255 * (level < DARK))
    left, top, right, bottom = grey.getbbox()
    assert (right - left) * PIXEL == pytest.approx(30, abs=0.1)
    assert (bottom - top) * PIXEL == pytest.approx(8, abs=0.1)
    middle = (round(4.5 / PIXEL), 0, round(25.5 / PIXEL), grey.height)
    assert grey.crop(middle).getbbox() is None
    inner = tuple(round(side / PIXEL) for side in (0.3, 0.3, 29.7, 7.7))
    assert grey.crop(inner).getbbox() is None


ACCENTS = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
LETTERS = sorted(
    {
        letter
        for vowel, accent in product("aăâeêioôơuưy", ACCENTS)
        for small in (unicodedata.normalize("NFC", vowel + accent), "đ")
        for letter in (small, small.upper())
        if not letter.isascii()
    }
)
CELL, LETTER_PT, FINE = Mm(8), 13.0, 1800


def letter_sheet(face: Face) -> StampDrawing:
    """The letters in cells of 8 mm, twelve a row."""
    runs = tuple(
        TextRun(
            letter, face, LETTER_PT,
            Point(CELL * (index % 12) + 2, CELL * (index // 12) + 6),
            fonts.measure(letter, face, LETTER_PT).advance,
        )
        for index, letter in enumerate(LETTERS)
    )  # fmt: skip
    return StampDrawing("letters", Size(CELL * 12, CELL * 12), runs, compose.BLACK)


def base_of(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0]


def foot(picture: Image.Image) -> tuple[int, int]:
    """The lower left corner of the ink."""
    left, _, _, bottom = picture.point(lambda level: 255 * (level < DARK)).getbbox()
    return left, bottom


def far(one: Image.Image, other: Image.Image, where: Image.Image) -> int:
    counts = ImageChops.difference(one, other).histogram(where)
    return sum(level * count for level, count in enumerate(counts))


@pytest.mark.parametrize("face", list(Face))
def test_all_134_letters_have_their_own_shape_and_are_read_out_as_they_are(face, tmp_path, as_pdf):
    """What poppler shows of our PDF, letter by letter, beside FreeType on the whole face."""
    assert len(LETTERS) == 134
    drawing = letter_sheet(face)
    (tmp_path / "letters.pdf").write_bytes(as_pdf(drawing, FINE))
    command = ("pdftoppm", "-r", str(FINE), "-gray", "-singlefile", "letters.pdf", "shown")
    subprocess.run(command, cwd=tmp_path, check=True)
    with Image.open(tmp_path / "shown.pgm") as opened:
        page = opened.convert("L")
    side = round(CELL.px(FINE))
    # drawn large and made smaller, so that its hints for small type do not move an accent
    font = ImageFont.truetype(str(fonts.path_of(face)), LETTER_PT / 72 * FINE * 2)
    references, seen = {}, {}
    for index, letter in enumerate(LETTERS):
        x, y = (float((CELL * place).px(FINE)) for place in (index % 12, index // 12))
        left, top = round(x), round(y)
        start = [2 * (at + Mm(by).px(FINE)) for at, by in ((x - left, 2), (y - top, 6))]
        cell = Image.new("L", (side * 2, side * 2), 255)
        ImageDraw.Draw(cell).text(start, letter, fill=0, font=font, anchor="ls")
        cell = cell.reduce(2)
        references[letter] = cell.reduce(6)
        shown = page.crop((left, top, left + side, top + side))
        dx, dy = (one - other for one, other in zip(foot(shown), foot(cell), strict=True))
        assert max(abs(dx), abs(dy)) <= 4  # poppler sets letters on whole pixels
        left, top = left + dx, top + dy
        seen[letter] = page.crop((left, top, left + side, top + side)).reduce(6)
    for letter in LETTERS:
        own = references[letter]
        others = [one for one in LETTERS if base_of(one) == base_of(letter) and one != letter]
        for other in (references[one] for one in others):
            # only where the two differ: there it must be this one and not that one
            differ = ImageChops.difference(own, other).point(lambda level: 255 * (level > DARK))
            assert differ.getbbox() is not None
            assert far(seen[letter], own, differ) * 2 < far(seen[letter], other, differ), letter
    told = subprocess.run(
        ("pdftotext", "-raw", "letters.pdf", "-"), cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    assert "".join(told.split()) == "".join(LETTERS)
    assert unicodedata.is_normalized("NFC", told)

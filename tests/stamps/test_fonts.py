# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import subprocess
import sys
import unicodedata
from io import BytesIO
from itertools import product

import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules import load_pack, pack_ids
from bmnn_mark.stamps import compose, fonts
from bmnn_mark.stamps.model import Face
from bmnn_mark.stamps.typeface import Typeface
from bmnn_mark.units import Mm, Size

ACCENTS = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
VOWELS = ["a", "ă", "â", "e", "ê", "i", "o", "ô", "ơ", "u", "ư", "y"]
LETTERS = [
    unicodedata.normalize("NFC", vowel + accent) for vowel, accent in product(VOWELS, ACCENTS)
] + ["đ"]
#: The letters of Vietnamese that ASCII has not, small and capital.
VIETNAMESE = sorted(
    {letter for one in LETTERS for letter in (one, one.upper()) if not one.isascii()}
)

REFERENCE = {face: TTFont(fonts.path_of(face)) for face in Face}


def test_vietnamese_has_134_letters_with_diacritics():
    assert len(VIETNAMESE) == 134
    assert all(len(letter) == 1 for letter in VIETNAMESE)


@pytest.mark.parametrize("face", list(Face))
def test_both_faces_have_every_vietnamese_letter_with_ink(face):
    for letter in VIETNAMESE:
        measure = fonts.measure(letter, face, 13)
        assert measure.advance > 0
        assert measure.ink.width > 0
        assert measure.ink.height > 0
    for code in range(0x1EA0, 0x1EFA):
        assert fonts.glyph(face, chr(code)).gid > 0


@pytest.mark.parametrize("face", list(Face))
def test_the_faces_are_liberation_serif_2_1_or_newer_under_the_open_font_licence(face):
    font = REFERENCE[face]
    assert round(font["head"].fontRevision, 1) >= 2.1
    names = {record.nameID: record.toUnicode() for record in font["name"].names}
    assert names[6] == fonts.POSTSCRIPT_NAMES[face]
    assert "Open Font License" in names[13]
    assert font["OS/2"].fsType == 0  # embedding is free
    licence = (fonts.path_of(face).parent / "LICENSE-liberation.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Reserved Font Name Liberation" in licence


#: Of the files in Debian's fonts-liberation2 2.1.5-1.
RELEASED = {
    Face.REGULAR: "29d12439831b7f59194efec85872f24f54eff05738933f9a860220d2abff88ba",
    Face.BOLD: "446a4421f297698427170fd7db20e59169a4188baaaf940e9bea58af6341a723",
}


@pytest.mark.parametrize("face", list(Face))
def test_the_faces_are_unmodified(face):
    assert hashlib.sha256(fonts.path_of(face).read_bytes()).hexdigest() == RELEASED[face]


@pytest.mark.parametrize("face", list(Face))
def test_a_letter_measures_what_its_outline_in_the_face_does(face):
    glyf, hmtx = REFERENCE[face]["glyf"], REFERENCE[face]["hmtx"]
    cmap = REFERENCE[face].getBestCmap()
    for letter in VIETNAMESE:
        outline = glyf[cmap[ord(letter)]].getCoordinates(glyf)[0]
        left, bottom, right, top = outline.calcIntBounds()
        measure = fonts.measure(letter, face, 2048 * 72 / 25.4)  # a font unit is a millimetre
        assert measure.advance == pytest.approx(hmtx[cmap[ord(letter)]][0])
        ink = measure.ink
        found = (ink.x, ink.right, -ink.y, -ink.bottom)
        assert found == pytest.approx((left, right, top, bottom), abs=1e-6)


def test_measures_text_in_millimetres():
    measure = fonts.measure("TỐI MẬT", Face.BOLD, 13)
    assert measure.advance == pytest.approx(20.257, abs=0.001)
    assert measure.ink.height == pytest.approx(4.985, abs=0.001)
    assert measure.ink.y < 0 < measure.ink.bottom  # the dot below hangs under the baseline
    blank = fonts.measure("  ", Face.REGULAR, 10)
    assert blank.advance == pytest.approx(Mm.from_pt(5))
    assert blank.ink.width == blank.ink.height == 0


@given(st.text(VIETNAMESE + list("AZ09 -:/"), max_size=30), st.floats(4, 96))
def test_advances_add_up_and_grow_with_the_size(text, size):
    whole = fonts.measure(text, Face.BOLD, size)
    parts = sum(fonts.measure(char, Face.BOLD, size).advance for char in text)
    assert whole.advance == pytest.approx(parts, abs=1e-9)
    assert whole.advance == pytest.approx(fonts.measure(text, Face.BOLD, 1).advance * size)


@pytest.mark.parametrize("text", ["漢", "😀", "\ue000", "\uffff"])
def test_refuses_a_character_the_face_has_not(text):
    for attempt in (fonts.measure, lambda one, face, _size: fonts.embed(face, one)):
        with pytest.raises(RulesRefused) as refusal:
            attempt(text, Face.BOLD, 13)
        assert refusal.value.code == "stamps.glyph_missing"
        assert refusal.value.detail == {"character": f"U+{ord(text):04X}"}


def test_refuses_letters_in_loose_parts():
    with pytest.raises(RulesRefused) as refusal:
        fonts.measure("A\u0323\u0302", Face.BOLD, 13)
    assert refusal.value.code == "stamps.not_nfc"


def test_the_characters_of_drawings_are_told_by_face():
    pack = load_pack(pack_ids()[-1])
    found = fonts.characters(
        [compose.copy_number_mark(pack, 12, 20), compose.caption_mark(("Bản 12",))]
    )
    assert found == {Face.REGULAR: " 12Bnả", Face.BOLD: " 12:BNSẢỐ"}


def test_embedding_the_same_characters_gives_the_same_bytes_in_another_process():
    code = (
        "import hashlib; from bmnn_mark.stamps import fonts;"
        "from bmnn_mark.stamps.model import Face;"
        "face = fonts.embed(Face.BOLD, 'TỐI MẬT');"
        "print(face.name, hashlib.sha256(face.program + face.to_unicode).hexdigest())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "7"},
    ).stdout.split()  # fmt: skip
    face = fonts.embed(Face.BOLD, "MẬT TỐI")
    assert told[0] == face.name
    assert told[1] == hashlib.sha256(face.program + face.to_unicode).hexdigest()


def test_the_name_of_another_subset_has_another_tag():
    one, other = fonts.embed(Face.BOLD, "MẬT"), fonts.embed(Face.BOLD, "MẬTI")
    assert one.name != other.name
    tag, _, name = one.name.partition("+")
    assert (len(tag), tag.isalpha(), tag.isupper()) == (6, True, True)
    assert name == "LiberationSerif-Bold"


@pytest.mark.parametrize("face", list(Face))
def test_a_subset_is_a_sound_font_with_the_faces_own_outlines_at_their_own_numbers(face):
    wanted = "".join(VIETNAMESE) + fonts.SLOT_CHARACTERS
    embedded = fonts.embed(face, wanted)
    subset = TTFont(BytesIO(embedded.program), checkChecksums=2)
    whole = REFERENCE[face]
    order, glyf = whole.getGlyphOrder(), whole["glyf"]
    subset.setGlyphOrder(order[: subset["maxp"].numGlyphs])
    for char in wanted:
        gid = embedded.gids[char]
        assert order[gid] == whole.getBestCmap()[ord(char)]
        ours = subset["glyf"][order[gid]].getCoordinates(subset["glyf"])[0]
        assert ours == glyf[order[gid]].getCoordinates(glyf)[0]
        assert subset["hmtx"][order[gid]][0] == whole["hmtx"][order[gid]][0]
        assert embedded.widths[gid] == round(whole["hmtx"][order[gid]][0] * 1000 / 2048)


def test_a_subset_is_a_small_part_of_the_face_and_holds_no_other_letter():
    program = fonts.embed(Face.BOLD, "TỐI MẬT").program
    assert len(program) < 40_000
    subset = TTFont(BytesIO(program))
    order = REFERENCE[Face.BOLD].getGlyphOrder()
    subset.setGlyphOrder(order[: subset["maxp"].numGlyphs])
    filled = {name for name in subset.getGlyphOrder() if subset["glyf"][name].numberOfContours != 0}
    assert REFERENCE[Face.BOLD].getBestCmap()[ord("Q")] not in filled
    assert len(filled) <= len("TỐIMẬ") + 1 + 4  # the letters, glyph 0, parts of letters


def test_parts_of_a_composed_letter_come_along():
    order, glyf = REFERENCE[Face.BOLD].getGlyphOrder(), REFERENCE[Face.BOLD]["glyf"]
    cmap = REFERENCE[Face.BOLD].getBestCmap()
    composed = [one for one in VIETNAMESE if glyf[cmap[ord(one)]].isComposite()]
    assert composed
    for letter in composed[:10]:
        embedded = fonts.embed(Face.BOLD, letter)
        subset = TTFont(BytesIO(embedded.program))
        subset.setGlyphOrder(order[: subset["maxp"].numGlyphs])
        name = order[embedded.gids[letter]]
        ours = subset["glyf"][name].getCoordinates(subset["glyf"])[0]
        assert ours == glyf[name].getCoordinates(glyf)[0]


def test_glyph_numbers_are_those_of_every_subset_and_cut_nothing(monkeypatch):
    embedded = fonts.embed(Face.BOLD, fonts.SLOT_CHARACTERS)
    monkeypatch.delattr(Typeface, "program")
    assert fonts.glyph_numbers(Face.BOLD, fonts.SLOT_CHARACTERS) == embedded.gids


def test_the_same_characters_are_cut_out_once(monkeypatch):
    first = fonts.embed(Face.REGULAR, "MẬT")
    monkeypatch.delattr(Typeface, "program")
    assert fonts.embed(Face.REGULAR, "TẬMM") is first


def test_text_can_be_read_out_of_the_pdf_again(as_pdf):
    words = "TUYỆT MẬT, Nguyễn Đặng Thị Ưởng 0123"
    document = pypdfium2.PdfDocument(as_pdf(compose.text_lines((words,), Face.REGULAR, 11)))
    try:
        assert document[0].get_textpage().get_text_range().strip() == words
    finally:
        document.close()


#: Finely, then made smaller: they smooth and place letters each in its own way.
POPPLER = ("pdftoppm", "-r", "1200", "-png", "-singlefile", "mark.pdf", "shown")
GHOSTSCRIPT = (
    "gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dPDFSTOPONERROR", "-sDEVICE=png16m",
    "-r1200", "-o", "shown.png", "mark.pdf",
)  # fmt: skip


@pytest.mark.parametrize("command", [POPPLER, GHOSTSCRIPT], ids=lambda one: one[0])
@pytest.mark.parametrize("face", list(Face))
def test_other_renderers_show_an_embedded_face_without_complaint(
    command, face, tmp_path, as_pdf, shown, differ
):
    lines = ("TUYỆT MẬT, Nguyễn Đặng Thị Ưởng", "BẢN SỐ: 0123456789", fonts.SLOT_CHARACTERS)
    drawing = compose.text_lines(lines, face, 13)
    (tmp_path / "mark.pdf").write_bytes(as_pdf(drawing, 300))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
    with Image.open(tmp_path / "shown.png") as picture:
        assert differ(picture.convert("RGB").reduce(4), shown(drawing, 300)) == ""


@pytest.mark.parametrize(
    ("done", "loaded"),
    [
        ("pass", set()),
        ("fonts.measure('TỐI MẬT', Face.BOLD, 13)", {"fontTools"}),
        ("fonts.embed(Face.BOLD, 'TỐI MẬT')", {"fontTools", "fontTools.subset"}),
    ],
)
def test_the_font_library_is_loaded_as_late_as_it_can_be(done, loaded):
    code = (
        "import sys; from bmnn_mark.stamps import compose, content, fonts;"
        f"from bmnn_mark.stamps.model import Face; {done};"
        "heavy = {'fontTools', 'fontTools.subset', 'PIL', 'qrcode', 'pikepdf'};"
        "print(*(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(told.stdout.split()) == loaded


@pytest.mark.parametrize("face", list(Face))
def test_the_stem_told_to_pdf_is_that_of_the_letter_i(face):
    across = sorted({x for x, _ in REFERENCE[face]["glyf"]["I"].coordinates})
    stem = across[2] - across[1]
    assert fonts.embed(face, "I").stem_v == round(stem * 1000 / 2048)


def test_the_rehearsal_words_can_be_embedded():
    drawing = compose.rehearsal_overlay(Size(Mm(210), Mm(297)), ())
    for face, text in fonts.characters([drawing]).items():
        assert set(fonts.embed(face, text).gids) == set(compose.REHEARSAL_WORDS)

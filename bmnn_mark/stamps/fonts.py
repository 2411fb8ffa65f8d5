# SPDX-License-Identifier: Apache-2.0
"""The bundled faces: measuring text in millimetres and embedding the letters that are used.

Liberation Serif has the metrics of Times New Roman, which the forms name, and all Vietnamese
letters (U+1EA0-1EF9) from version 2 on.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from bmnn_mark.errors import RulesRefused
from bmnn_mark.stamps.model import Face, StampDrawing, TextRun
from bmnn_mark.stamps.typeface import Glyph, Typeface
from bmnn_mark.units import Mm, Rect

_FACES_FOLDER = Path(__file__).parent / "faces"

#: PostScript names of the faces; the file names follow them.
POSTSCRIPT_NAMES: Mapping[Face, str] = {
    Face.REGULAR: "LiberationSerif",
    Face.BOLD: "LiberationSerif-Bold",
}
_FILES: Mapping[Face, str] = {
    Face.REGULAR: "LiberationSerif-Regular.ttf",
    Face.BOLD: "LiberationSerif-Bold.ttf",
}

#: Characters that texts differing from copy to copy are made of: digits, the separators of
#: "k/n", the symbols of a short reference (Crockford's base32 with its five check symbols).
SLOT_CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U/-: "

#: Dominant vertical stem in 1/1000 em, measured on the letter I; PDF asks for it.
_STEM_V: Mapping[Face, int] = {Face.REGULAR: 94, Face.BOLD: 154}


@dataclass(frozen=True, slots=True)
class TextMeasure:
    """A line of text measured: ``advance`` and ``ink`` in mm.

    The frame of ``ink`` has its origin at the start of the baseline, y down (ink above the
    baseline has a negative y).
    """

    advance: Mm
    ink: Rect


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFace:
    """All that a Type0 font with a CIDFontType2 descendant and Identity-H encoding is made of.

    Numbers are in 1/1000 em as PDF has them; glyph numbers are those of the whole face.

    Attributes:
        face: which face.
        name: ``BaseFont`` and ``FontName``, with the subset's tag.
        program: the TrueType program for ``FontFile2``, not compressed.
        gids: glyph number of each embedded character.
        widths: advance of each embedded glyph by its number, ascending.
        missing_width: ``DW``.
        box: ``FontBBox``.
        ascent: ``Ascent``.
        descent: ``Descent`` (negative).
        cap_height: ``CapHeight``.
        stem_v: ``StemV``.
        flags: ``Flags``: serif, nonsymbolic.
        to_unicode: the ToUnicode CMap, not compressed.
    """

    face: Face
    name: str
    program: bytes
    gids: Mapping[str, int]
    widths: Mapping[int, int]
    missing_width: int
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    cap_height: int
    stem_v: int
    flags: int
    to_unicode: bytes


def path_of(face: Face) -> Path:
    """The face's file in this package."""
    return _FACES_FOLDER / _FILES[face]


@cache
def open_face(face: Face) -> Typeface:
    """The face's file, read once."""
    return Typeface(path_of(face))


@cache
def glyph(face: Face, char: str) -> Glyph:
    """The glyph of one character.

    Raises:
        RulesRefused: ``stamps.glyph_missing``.
    """
    font = open_face(face)
    gid = font.gid(char)
    if gid == 0:
        raise RulesRefused("stamps.glyph_missing", character=f"U+{ord(char):04X}")
    return font.glyph(gid)


def check_text(text: str) -> None:
    """Refuse text that is not in NFC: its letters would be drawn from loose parts.

    Raises:
        RulesRefused: ``stamps.not_nfc``.
    """
    if not unicodedata.is_normalized("NFC", text):
        raise RulesRefused("stamps.not_nfc")


@lru_cache(maxsize=512)
def measure(text: str, face: Face, size_pt: float) -> TextMeasure:
    """Advance and ink box of one line of NFC text.

    Args:
        text: the line; blanks have an advance and no ink.
        face: the face.
        size_pt: size in points.

    Raises:
        RulesRefused: ``stamps.glyph_missing``, ``stamps.not_nfc``.

    >>> measure("TỐI MẬT", Face.BOLD, 13).advance
    Mm(20.2568)
    """
    check_text(text)
    scale = Mm.from_pt(size_pt / open_face(face).units_per_em)
    pen = 0
    boxes = []
    for char in text:
        one = glyph(face, char)
        if one.box:
            left, bottom, right, top = one.box
            boxes.append((pen + left, bottom, pen + right, top))
        pen += one.advance
    if not boxes:
        return TextMeasure(scale * pen, Rect.of(0, 0, 0, 0))
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    bottom, top = min(box[1] for box in boxes), max(box[3] for box in boxes)
    ink = Rect(scale * left, scale * -top, scale * (right - left), scale * (top - bottom))
    return TextMeasure(scale * pen, ink)


def line_height(face: Face, size_pt: float) -> Mm:
    """Ascent plus descent of the face at a size: the distance of solid-set lines."""
    font = open_face(face)
    return Mm.from_pt(size_pt * (font.ascent - font.descent) / font.units_per_em)


def ascent(face: Face, size_pt: float) -> Mm:
    """From the top of a line to its baseline."""
    font = open_face(face)
    return Mm.from_pt(size_pt * font.ascent / font.units_per_em)


def cap_height(face: Face, size_pt: float) -> Mm:
    """Height of capitals without accents at a size."""
    font = open_face(face)
    return Mm.from_pt(size_pt * font.cap_height / font.units_per_em)


def outline(char: str, face: Face, size_pt: float) -> tuple[tuple[float, float], ...]:
    """Points all along the outline of one character, mm from the start of its baseline, y down.

    Raises:
        RulesRefused: ``stamps.glyph_missing``.
    """
    font = open_face(face)
    scale = Mm.from_pt(size_pt / font.units_per_em)
    points = font.outline(glyph(face, char).gid)
    return tuple((float(scale * x), float(scale * -y)) for x, y in points)


def characters(drawings: Iterable[StampDrawing]) -> Mapping[Face, str]:
    """The characters that drawings use, by face, sorted; only faces that are used."""
    used: dict[Face, set[str]] = {}
    for drawing in drawings:
        for operation in drawing.operations:
            if isinstance(operation, TextRun):
                used.setdefault(operation.face, set()).update(operation.text)
    return {face: "".join(sorted(used[face])) for face in Face if face in used}


def glyph_numbers(face: Face, text: str) -> Mapping[str, int]:
    """The glyph number of each character of ``text``, the same in every subset of the face.

    Raises:
        RulesRefused: ``stamps.glyph_missing``.
    """
    return {char: glyph(face, char).gid for char in text}


def embed(face: Face, wanted: str) -> EmbeddedFace:
    """The face with the characters of ``wanted`` and no others, ready for a PDF font.

    The same set of characters gives the same bytes, and is cut out of the face once a process.

    Raises:
        RulesRefused: ``stamps.glyph_missing``, ``stamps.not_nfc``.
    """
    check_text(wanted)
    return _embed(face, "".join(sorted(set(wanted))))


@lru_cache(maxsize=64)
def _embed(face: Face, wanted: str) -> EmbeddedFace:
    font = open_face(face)
    glyphs = {char: glyph(face, char) for char in wanted}

    def thousandths(units: int) -> int:
        return round(units * 1000 / font.units_per_em)

    by_gid = sorted({one.gid: one.advance for one in glyphs.values()}.items())
    program = font.program(one.gid for one in glyphs.values())
    left, bottom, right, top = (thousandths(side) for side in font.box)
    return EmbeddedFace(
        face=face,
        name=f"{_tag(program)}+{POSTSCRIPT_NAMES[face]}",
        program=program,
        gids={char: one.gid for char, one in glyphs.items()},
        widths={gid: thousandths(advance) for gid, advance in by_gid},
        missing_width=thousandths(font.glyph(0).advance),
        box=(left, bottom, right, top),
        ascent=thousandths(font.ascent),
        descent=thousandths(font.descent),
        cap_height=thousandths(font.cap_height),
        stem_v=_STEM_V[face],
        flags=(1 << 1) | (1 << 5),
        to_unicode=_to_unicode(glyphs),
    )


def _tag(program: bytes) -> str:
    """Six capitals that name the subset (ISO 32000-1, 9.6.4), from its content."""
    number = int.from_bytes(hashlib.sha256(program).digest()[:8])
    letters = []
    for _ in range(6):
        number, letter = divmod(number, 26)
        letters.append(chr(ord("A") + letter))
    return "".join(letters)


def _to_unicode(glyphs: Mapping[str, Glyph]) -> bytes:
    """The CMap from glyph numbers to text (ISO 32000-1, 9.10.3), at most 100 pairs a section."""
    # Where two characters share a glyph (space and no-break space) the first one is told.
    chars: dict[int, str] = {}
    for char in sorted(glyphs):
        chars.setdefault(glyphs[char].gid, char)
    pairs = [f"<{gid:04X}> <{ord(chars[gid]):04X}>" for gid in sorted(chars)]
    sections = []
    for at in range(0, len(pairs), 100):
        part = pairs[at : at + 100]
        sections.append(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar\n")
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        + "".join(sections)
        + "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")

# SPDX-License-Identifier: Apache-2.0
"""From rules to drawings: pure, deterministic, in millimetres.

Here are the marks of every document; stamps of its later life, of bản sao and of envelopes have
modules of their own. What does not fit is refused, never shrunk.
"""

from __future__ import annotations

import math

from bmnn_mark.rules.levels import Level, Urgency
from bmnn_mark.rules.model import RulePack, StampId
from bmnn_mark.stamps import fonts, qr
from bmnn_mark.stamps.frames import Shade, first_row, framed
from bmnn_mark.stamps.model import BLACK, BitMatrix, Colour, Face, StampDrawing, TextRun
from bmnn_mark.stamps.reproductions import numbered
from bmnn_mark.units import Mm, Point, Rect, Size

#: Size of the lines beside a page code.
CAPTION_PT = 6.0

#: How far letters such as j, ơ and Ễ reach out of their line box, as a share of the size; lines of
#: text keep so much room on each side, or more where a letter asks for it: nothing is cut off.
_OVERHANG = 0.04

REHEARSAL_WORDS = "DIỄN TẬP - KHÔNG CÓ GIÁ TRỊ"
REHEARSAL_GREY = Colour(190, 190, 190)


def level_mark(pack: RulePack, level: Level, red: Shade | None = None) -> StampDrawing:
    """The độ mật mark of a level.

    Args:
        pack: the rules.
        level: the level.
        red: the red to draw with instead of the pack's; a mark in black ink stays black.

    Raises:
        RulesRefused: ``stamps.does_not_fit``, ``stamps.glyph_missing``.
    """
    rule = pack.stamp(level.value)
    return framed(pack, level.value, (first_row(rule, rule.wording.value),), red)


def urgency_mark(pack: RulePack, urgency: Urgency, red: Shade | None = None) -> StampDrawing:
    """The mark of an urgency (NĐ 30/2020); arguments and refusals as of :func:`level_mark`."""
    rule = pack.stamp(urgency.value)
    return framed(pack, urgency.value, (first_row(rule, rule.wording.value),), red)


def copy_number_mark(
    pack: RulePack, number: int, copies: int, red: Shade | None = None
) -> StampDrawing:
    """The copy number k of n; all n copies share one geometry.

    Args:
        pack: the rules.
        number: k, from 1.
        copies: n; its digits, two at least, are those of every number.
        red: as of :func:`level_mark`.

    Raises:
        RulesRefused: ``stamps.copy_number`` (k outside 1 to n), ``stamps.does_not_fit``.
    """
    return numbered(pack, StampId.COPY_NUMBER, number, copies, red)


def page_code_mark(code_text: str, side: Mm) -> StampDrawing:
    """The page code as a drawing of one bit matrix, without its quiet zone.

    Args:
        code_text: 67 alphanumeric characters.
        side: side of the symbol, mm.

    Raises:
        Fault: ``stamps.code_text``.
    """
    box = Rect(Mm(0), Mm(0), side, side)
    matrix = BitMatrix(box, qr.MODULES, qr.symbol(code_text))
    return StampDrawing("page-code", box.size, (matrix,), BLACK)


def caption_mark(lines: tuple[str, ...]) -> StampDrawing:
    """Lines for people beside a page code: 6 pt, left aligned, black."""
    return _lines("caption", lines, Face.REGULAR, CAPTION_PT)


def text_lines(lines: tuple[str, ...], face: Face, size_pt: float) -> StampDrawing:
    """Lines of document text, as for the block Nơi nhận: left aligned, black, set solid.

    Args:
        lines: NFC text, one or more lines.
        face: the face.
        size_pt: size in points.
    """
    return _lines("noi-nhan", lines, face, size_pt)


def rehearsal_overlay(page: Size, holes: tuple[Rect, ...]) -> StampDrawing:
    """Words over a whole page that say it is worth nothing, in large grey letters on a slant.

    Args:
        page: size of the displayed page, mm.
        holes: boxes on the page that stay clear, for marks and codes.
    """
    return StampDrawing("rehearsal", page, _rehearsal_rows(page), REHEARSAL_GREY, holes)


def _lines(name: str, lines: tuple[str, ...], face: Face, size_pt: float) -> StampDrawing:
    if not lines:
        return StampDrawing(name, Size(Mm(0), Mm(0)), (), BLACK)
    step = fonts.line_height(face, size_pt)
    reach = max(_reach_out(text, face, size_pt) for text in lines)
    room = Mm(max(Mm.from_pt(_OVERHANG * size_pt), reach))
    first = room + fonts.ascent(face, size_pt)
    runs = tuple(
        TextRun(
            text,
            face,
            size_pt,
            Point(room, first + step * index),
            fonts.measure(text, face, size_pt).advance,
        )
        for index, text in enumerate(lines)
    )
    width = max(run.width for run in runs)
    return StampDrawing(name, Size(width + 2 * room, step * len(lines) + 2 * room), runs, BLACK)


def _reach_out(text: str, face: Face, size_pt: float) -> float:
    """How far ink reaches out of the box of its line, mm; negative where it stays inside."""
    measure, ascent = fonts.measure(text, face, size_pt), fonts.ascent(face, size_pt)
    ink, depth = measure.ink, fonts.line_height(face, size_pt) - ascent
    return max(-ink.x, ink.right - measure.advance, -ink.y - ascent, ink.bottom - depth)


#: Slant of the rehearsal words, degrees counter-clockwise.
_SLANT = 28
#: Length of the rehearsal words as a share of the page's shorter side, and their distance.
_ROW_SHARE, _ROW_STEP = 0.85, 0.42


def _rehearsal_rows(page: Size) -> tuple[TextRun, ...]:
    """Rows of the words, as many as the page needs for one in each of its parts."""
    short = min(page.width, page.height)
    size_pt = 100.0 * _ROW_SHARE * short / fonts.measure(REHEARSAL_WORDS, Face.BOLD, 100).advance
    width = fonts.measure(REHEARSAL_WORDS, Face.BOLD, size_pt).advance
    slant = math.radians(_SLANT)
    reach_x, reach_y = width * math.cos(slant) / 2, width * math.sin(slant) / 2
    rows = []
    for middle_x in _evenly(page.width, short):
        for middle_y in _evenly(page.height, _ROW_STEP * short):
            start = Point(middle_x - reach_x, middle_y + reach_y)
            rows.append(TextRun(REHEARSAL_WORDS, Face.BOLD, size_pt, start, width, _SLANT))
    return tuple(rows)


def _evenly(length: Mm, step: float) -> list[Mm]:
    """Middles of equal stretches of about ``step`` that fill a length."""
    count = max(1, round(length / step))
    return [length * ((index + 0.5) / count) for index in range(count)]

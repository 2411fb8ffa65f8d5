# SPDX-License-Identifier: Apache-2.0
"""From rules to drawings: pure, deterministic, in millimetres.

A size in a pack is the outer edge of the outer line; a gap is the clear distance between two
lines; ink of text is centred and keeps at least 0.05 mm from the inner line. What does not fit is
refused, never shrunk.
"""

from __future__ import annotations

import math

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules.figures import Ink
from bmnn_mark.rules.levels import Level, Urgency
from bmnn_mark.rules.model import COPY_NUMBER, RulePack, StampRule
from bmnn_mark.stamps import fonts, qr
from bmnn_mark.stamps.model import (
    BLACK,
    BitMatrix,
    Colour,
    Face,
    Operation,
    RectStroke,
    StampDrawing,
    TextRun,
)
from bmnn_mark.units import Mm, Point, Rect, Size

#: sRGB, 0-255 each.
Shade = tuple[int, int, int]

#: Least distance of ink from the inner line.
CLEARANCE = Mm(0.05)

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
    return _one_row_stamp(pack, level.value, rule, rule.wording.value, rule.wording.value, red)


def urgency_mark(pack: RulePack, urgency: Urgency, red: Shade | None = None) -> StampDrawing:
    """The mark of an urgency (NĐ 30/2020); arguments and refusals as of :func:`level_mark`."""
    rule = pack.stamp(urgency.value)
    return _one_row_stamp(pack, urgency.value, rule, rule.wording.value, rule.wording.value, red)


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
    if not 1 <= number <= copies:
        raise RulesRefused("stamps.copy_number", number=number, copies=copies)
    digits = max(2, len(str(copies)))
    rule = pack.stamp(COPY_NUMBER)
    text = rule.wording.value.replace("{number}", f"{number:0{digits}d}")
    widest = rule.wording.value.replace("{number}", "0" * digits)  # the faces' digits are as wide
    return _one_row_stamp(pack, COPY_NUMBER, rule, text, widest, red)


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


def _one_row_stamp(
    pack: RulePack, name: str, rule: StampRule, text: str, widest: str, red: Shade | None
) -> StampDrawing:
    """A framed row of ``text``, placed as if it read ``widest``."""
    face = Face.BOLD if rule.bold.value else Face.REGULAR
    size_pt = rule.text_size.value
    measure = fonts.measure(widest, face, size_pt)
    size = _outer_size(rule, measure.advance)
    frame, inside = _frame(pack, rule, size)
    room_x, room_y = inside.width - measure.ink.width, inside.height - measure.ink.height
    if min(room_x, room_y) / 2 < CLEARANCE:
        raise RulesRefused("stamps.does_not_fit", stamp=name)
    start = Point(
        inside.x + room_x / 2 - measure.ink.x,
        inside.y + room_y / 2 - measure.ink.y,
    )
    run = TextRun(text, face, size_pt, start, fonts.measure(text, face, size_pt).advance)
    ink = rule.ink.value
    shade = red if red and ink is Ink.RED else pack.ink.colour(ink)
    return StampDrawing(name, size, (*frame, run), Colour(*shade))


def _outer_size(rule: StampRule, text_width: Mm) -> Size:
    size = rule.size.value
    if size.width is not None:
        return Size(size.width, size.height)
    side_room = rule.side_room.value if rule.side_room else Mm(0)
    return Size(Mm(max(text_width + 2 * side_room, size.least_width or 0.0)), size.height)


def _frame(pack: RulePack, rule: StampRule, size: Size) -> tuple[tuple[Operation, ...], Rect]:
    """The border lines of a stamp and the box inside the innermost line."""
    line = pack.border.line.value
    gap = rule.gap.value if rule.gap else Mm(0)
    box = Rect(Mm(0), Mm(0), size.width, size.height)
    strokes = []
    for index in range(rule.lines.value):
        if index:
            box = box.grown(-gap)
        strokes.append(RectStroke(box, line))
        box = box.grown(-line)
    return tuple(strokes), box


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

# SPDX-License-Identifier: Apache-2.0
"""Framed rows of text, as nearly all stamps are: measured, placed, refused where they do not fit.

A size in a pack is the outer edge of the outer line; a gap is the clear distance between two
lines. The rows' ink is centred as one block and keeps at least 0.05 mm from the inner line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules.figures import Ink
from bmnn_mark.rules.model import RulePack, StampRule
from bmnn_mark.stamps import fonts
from bmnn_mark.stamps.model import (
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of text of a stamp.

    Attributes:
        text: what it says, NFC.
        face: the face.
        size_pt: size in points.
        widest: what it is placed as if it said, so that stamps that differ in a number alone
            share one geometry; None for the text itself.
        to_left: it begins where the widest row does; otherwise it stands in the middle.
        above: more room above it than the rows' own distance, mm.
    """

    text: str
    face: Face
    size_pt: float
    widest: str | None = None
    to_left: bool = False
    above: Mm = Mm(0)  # noqa: RUF009  # a length is a number and never changes

    @property
    def measure(self) -> fonts.TextMeasure:
        """Advance and ink of what it is placed as."""
        return fonts.measure(self.widest or self.text, self.face, self.size_pt)


def first_row(rule: StampRule, text: str, widest: str | None = None) -> Row:
    """The first row of a stamp."""
    return Row(
        text=text,
        face=Face.BOLD if rule.bold.value else Face.REGULAR,
        size_pt=rule.text_size.value,
        widest=widest,
    )


def framed(
    pack: RulePack, name: str, rows: Sequence[Row], red: Shade | None = None
) -> StampDrawing:
    """A stamp with its frame around rows of text.

    Args:
        pack: the rules.
        name: id of the stamp.
        rows: from the top.
        red: the red to draw with instead of the pack's; a stamp in black ink stays black.

    Raises:
        RulesRefused: ``stamps.does_not_fit``, ``stamps.glyph_missing``, ``stamps.not_nfc``,
            ``rules.no_stamp``.
    """
    rule = pack.stamp(name)
    baselines = _baselines(name, rule, rows)
    top = min(at + row.measure.ink.y for at, row in zip(baselines, rows, strict=True))
    bottom = max(at + row.measure.ink.bottom for at, row in zip(baselines, rows, strict=True))
    size = _outer_size(rule, max(row.measure.advance for row in rows), bottom - top)
    frame, inside = frame_of(pack, rule, size)
    if (inside.height - (bottom - top)) / 2 < CLEARANCE:
        raise RulesRefused("stamps.does_not_fit", stamp=name)
    down = inside.y + (inside.height - (bottom - top)) / 2 - top
    left = min(_in_the_middle(inside, row) + row.measure.ink.x for row in rows)
    runs = []
    for at, row in zip(baselines, rows, strict=True):
        if (inside.width - row.measure.ink.width) / 2 < CLEARANCE:
            raise RulesRefused("stamps.does_not_fit", stamp=name)
        x = left - row.measure.ink.x if row.to_left else _in_the_middle(inside, row)
        width = fonts.measure(row.text, row.face, row.size_pt).advance
        runs.append(TextRun(row.text, row.face, row.size_pt, Point(Mm(x), Mm(at + down)), width))
    return StampDrawing(name, size, (*frame, *runs), ink_colour(pack, rule, red))


def ink_colour(pack: RulePack, rule: StampRule, red: Shade | None) -> Colour:
    """The colour a stamp is drawn in."""
    ink = rule.ink.value
    return Colour(*(red if red and ink is Ink.RED else pack.ink.colour(ink)))


def frame_of(pack: RulePack, rule: StampRule, size: Size) -> tuple[tuple[Operation, ...], Rect]:
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


def _in_the_middle(inside: Rect, row: Row) -> float:
    """Where a row's baseline starts so that its ink stands in the middle."""
    ink = row.measure.ink
    return inside.x + (inside.width - ink.width) / 2 - ink.x


def _baselines(name: str, rule: StampRule, rows: Sequence[Row]) -> list[float]:
    """Baselines of the rows, mm below the first one's."""
    gap = rule.row_gap.value if rule.row_gap else Mm(0)
    found = [0.0]
    for before, row in pairwise(rows):
        capitals = fonts.cap_height(row.face, row.size_pt)
        at = found[-1] + gap + row.above + capitals
        if found[-1] + before.measure.ink.bottom > at + row.measure.ink.y:
            raise RulesRefused("stamps.does_not_fit", stamp=name)
        found.append(at)
    return found


def _outer_size(rule: StampRule, text_width: Mm, ink_height: float) -> Size:
    size = rule.size.value
    width, height = size.width, size.height
    if width is None:
        side_room = rule.side_room.value if rule.side_room else Mm(0)
        width = Mm(max(text_width + 2 * side_room, size.least_width or 0.0))
    if height is None:
        head_room = rule.head_room.value if rule.head_room else Mm(0)
        height = head_room * 2 + ink_height
    return Size(width, height)

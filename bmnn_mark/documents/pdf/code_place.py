# SPDX-License-Identifier: Apache-2.0
"""Where a page code and its caption go: low in the binding margin, else the next free place.

Order of places: bottom left, bottom right, top left, top right, up the left margin; at each the
preferred size first, then smaller ones down to the floor. The caption stands beside the symbol
in any way that fits, turned by 90 degrees where the margin is narrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bmnn_mark.documents.pdf.room import CLEARANCE_MM, Room
from bmnn_mark.rules.model import PageCodeRule
from bmnn_mark.stamps.qr import MODULES
from bmnn_mark.units import Mm, Point, Rect, Size

_SIDE_STEP = 1.25
_CLIMB_STEP = 5.0
_HOLE_RADIUS = 3.0
_HOLE_SLACK = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePlace:
    """A free place for a symbol and for the two parts of its caption.

    Attributes:
        symbol: box of the symbol without its quiet zone.
        copy_lines: box of the part that differs from copy to copy.
        page_line: box of the part that differs from page to page.
        turn: degrees counter-clockwise by which the caption is turned.
        displaced: not the first place at the preferred size.
    """

    symbol: Rect
    copy_lines: Rect
    page_line: Rect
    turn: int
    displaced: bool


def holes(sheet: Rect, rule: PageCodeRule) -> Rect:
    """What a two-hole punch may take away at the left edge of a sheet.

    The holes' centres lie ``hole_depth`` from the edge, ``hole_span`` above and below the middle
    (ISO 838: 12 mm and 40 mm, 6 mm wide).
    """
    reach = _HOLE_RADIUS + _HOLE_SLACK
    middle = sheet.height / 2
    span = rule.hole_span.value
    return Rect.of(0, middle - span - reach, rule.hole_depth.value + reach, 2 * (span + reach))


def preferred(sheet: Rect, rule: PageCodeRule) -> Rect:
    """The symbol's first place at the preferred size."""
    return _corner_box(sheet, rule, "bottom-left", rule.side.value)


def first_region(sheet: Rect, rule: PageCodeRule, caption: Size) -> Rect:
    """The part of a page that the first place at the preferred size needs surveyed."""
    side, quiet = rule.side.value, quiet_zone(rule.side.value, rule)
    symbol = preferred(sheet, rule)
    height = side + 2 * quiet + caption.height + CLEARANCE_MM
    return Rect.of(
        symbol.x - quiet,
        symbol.bottom + quiet - height,
        max(side + 2 * quiet, caption.width + quiet + CLEARANCE_MM),
        height,
    ).grown(0.5)


def first_place(
    room: Room, rule: PageCodeRule, copy_lines: Size, page_line: Size
) -> CodePlace | None:
    """The first place at the preferred size, when it is free."""
    symbol = preferred(room.sheet, rule)
    return _with_caption(room, rule, symbol, copy_lines, page_line, only_above=True)


def next_place(
    room: Room, rule: PageCodeRule, copy_lines: Size, page_line: Size, *, upright: bool = False
) -> CodePlace | None:
    """The next free place, on a page surveyed as a whole; None when there is none.

    Args:
        room: what the page has free.
        rule: sizes and distances.
        copy_lines: size of the caption's lines that are the copy's.
        page_line: size of the one that is the page's.
        upright: the caption must not be turned.
    """
    for symbol in _symbols(room.sheet, rule):
        place = _with_caption(room, rule, symbol, copy_lines, page_line, only_above=False)
        if place is not None and not (upright and place.turn):
            return place
    return None


def _symbols(sheet: Rect, rule: PageCodeRule) -> Iterator[Rect]:
    sides = list(_sides(rule))
    for corner in ("bottom-left", "bottom-right", "top-left", "top-right"):
        for side in sides:
            for hugging in (False, True):
                yield _corner_box(sheet, rule, corner, side, hugging=hugging)
    edge = rule.edge.value
    for side in sides:
        lowest = _corner_box(sheet, rule, "bottom-left", side)
        for left in (rule.left.value, edge):
            for climb in range(1, int((lowest.y - edge) / _CLIMB_STEP) + 1):
                yield Rect.at(Point(left, lowest.y - climb * _CLIMB_STEP), lowest.size)


def _sides(rule: PageCodeRule) -> Iterator[Mm]:
    side = rule.side.value
    while side > rule.floor.value:
        yield side
        side = side - _SIDE_STEP
    yield rule.floor.value


def _corner_box(
    sheet: Rect, rule: PageCodeRule, corner: str, side: Mm, *, hugging: bool = False
) -> Rect:
    """The symbol's box in a corner; ``hugging`` is as near to the edges as is allowed."""
    across = rule.edge.value if hugging else rule.left.value
    down = rule.edge.value if hugging else rule.bottom.value
    x = across if corner.endswith("left") else sheet.width - across - side
    y = down if corner.startswith("top") else sheet.height - down - side
    return Rect(x, y, side, side)


def quiet_zone(side: Mm, rule: PageCodeRule) -> Mm:
    """Width of the quiet zone about a symbol of that side, mm."""
    return side * (rule.quiet_modules.value / MODULES)


def _with_caption(
    room: Room,
    rule: PageCodeRule,
    symbol: Rect,
    copy_lines: Size,
    page_line: Size,
    *,
    only_above: bool,
) -> CodePlace | None:
    quiet = quiet_zone(symbol.width, rule)
    if room.hit(symbol, clear=quiet, edge=rule.edge.value) is not None:
        return None
    size = Size(max(copy_lines.width, page_line.width), copy_lines.height + page_line.height)
    for box, turn in _captions(symbol.grown(quiet), symbol, size, only_above=only_above):
        if room.hit(box, edge=rule.edge.value) is None:
            first, second = _split(box, turn, copy_lines, page_line)
            return CodePlace(
                symbol=symbol,
                copy_lines=first,
                page_line=second,
                turn=turn,
                displaced=not only_above,
            )
    return None


def _captions(
    quiet: Rect, symbol: Rect, size: Size, *, only_above: bool
) -> Iterator[tuple[Rect, int]]:
    """Boxes for the whole caption about a symbol, with its turn, the best first."""
    wide, high = size.width, size.height
    for left in (symbol.x, symbol.right - wide):
        yield Rect(left, quiet.y - high, wide, high), 0
        if only_above:
            return
        yield Rect(left, quiet.bottom, wide, high), 0
    for left in (symbol.x, symbol.right - high):
        yield Rect(left, quiet.y - wide, high, wide), 90
        yield Rect(left, quiet.bottom, high, wide), 90
    for top in (symbol.bottom - wide, symbol.y):
        yield Rect(quiet.right, top, high, wide), 90
        yield Rect(quiet.x - high, top, high, wide), 90
    for top in (symbol.bottom - high, symbol.y):
        yield Rect(quiet.right, top, wide, high), 0
        yield Rect(quiet.x - wide, top, wide, high), 0


def _split(box: Rect, turn: int, copy_lines: Size, page_line: Size) -> tuple[Rect, Rect]:
    """The caption's box as the box of its first lines and the box of its last."""
    if turn == 0:
        first = Rect.at(box.corner, copy_lines)
        return first, Rect.at(Point(box.x, first.bottom), page_line)
    # Turned counter-clockwise, reading from below: lines follow one another to the right.
    first = Rect(box.x, box.bottom - copy_lines.width, copy_lines.height, copy_lines.width)
    return first, Rect(first.right, box.bottom - page_line.width, page_line.height, page_line.width)

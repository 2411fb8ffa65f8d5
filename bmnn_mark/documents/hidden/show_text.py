# SPDX-License-Identifier: Apache-2.0
"""Where each character of a content stream starts, and a string without some of its characters.

Only what is needed to take characters out without moving the others (ISO 32000-1, 9.3 and 9.4): the
place of a character that goes is kept as a number between the strings that stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pikepdf import Array, Dictionary, Name, Object, String

from bmnn_mark.documents.pdf.frame import Matrix, compose, number_in

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_THOUSAND = 1000.0
_SPACE = 32


@dataclass(frozen=True, slots=True)
class Font:
    """How codes are read from strings and how wide each is.

    Attributes:
        wide: bytes of a code, 1 or 2.
        widths: width of each code, thousandths of the type size.
        default: of every other code; None where nothing says so.
    """

    wide: int
    widths: dict[int, float]
    default: float | None

    def codes(self, string: bytes) -> Iterator[tuple[int, bytes]]:
        """Codes with the bytes they are made of."""
        for at in range(0, len(string), self.wide):
            piece = string[at : at + self.wide]
            yield int.from_bytes(piece, "big"), piece

    def width(self, code: int) -> float | None:
        """Width of a code, thousandths of the type size; None where it is unknown."""
        return self.widths.get(code, self.default)


def read_font(font: Object | None) -> Font | None:
    """What a font dictionary says; None where its strings cannot be read here."""
    if not isinstance(font, Dictionary):
        return None
    if font.get("/Subtype") == Name.Type0:
        return _composite(font)
    first = number_in(font.get("/FirstChar"))
    listed, descriptor = font.get("/Widths"), font.get("/FontDescriptor")
    missing = (
        number_in(descriptor.get("/MissingWidth", 0))
        if isinstance(descriptor, Dictionary)
        else None
    )
    if not isinstance(listed, Array) or first is None:
        return Font(1, {}, None)
    scale = 1.0
    if font.get("/Subtype") == Name.Type3:
        matrix = font.get("/FontMatrix")
        scale = _THOUSAND * (number_in(matrix[0]) or 0.0) if isinstance(matrix, Array) else 1.0
    widths = {
        int(first) + index: (number_in(width) or 0.0) * scale for index, width in enumerate(listed)
    }
    return Font(1, widths, missing)


def _composite(font: Dictionary) -> Font | None:
    encoding = str(font.get("/Encoding", ""))
    below = font.get("/DescendantFonts")
    if encoding != "/Identity-H" or not isinstance(below, Array) or not len(below):
        return None
    descendant = below[0]
    widths: dict[int, float] = {}
    listed = descendant.get("/W")
    parts = list(listed) if isinstance(listed, Array) else []
    at = 0
    while at + 1 < len(parts):
        first, second = number_in(parts[at]), parts[at + 1]
        if first is None:
            return None
        if isinstance(second, Array):
            listed_here = (number_in(one) or 0.0 for one in second)
            widths |= {int(first) + index: width for index, width in enumerate(listed_here)}
            at += 2
            continue
        last = number_in(second)
        if at + 2 >= len(parts) or last is None or last - first > 0xFFFF:
            return None
        width = number_in(parts[at + 2]) or 0.0
        widths |= dict.fromkeys(range(int(first), int(last) + 1), width)
        at += 3
    return Font(2, widths, number_in(descendant.get("/DW", 1000)))


@dataclass(slots=True)
class TextState:
    """The part of the graphics state that places text."""

    ctm: Matrix = IDENTITY
    font: Font | None = None
    size: float = 0.0
    between: float = 0.0
    """Character spacing, Tc."""
    words: float = 0.0
    """Word spacing, Tw."""
    stretch: float = 1.0
    """Horizontal scaling, Tz over 100."""
    leading: float = 0.0
    rise: float = 0.0

    def copy(self) -> TextState:
        """A state that changes by itself."""
        return replace(self)


@dataclass(slots=True)
class Pen:
    """Text and line matrix between ``BT`` and ``ET``; ``sure`` until a width was unknown."""

    matrix: Matrix = IDENTITY
    line: Matrix = IDENTITY
    sure: bool = True

    def move(self, across: float, up: float) -> None:
        """To the start of a line, moved from the start of this one."""
        self.line = compose((1.0, 0.0, 0.0, 1.0, across, up), self.line)
        self.matrix = self.line
        self.sure = True

    def put(self, matrix: Matrix) -> None:
        """To a place of its own."""
        self.line = self.matrix = matrix
        self.sure = True

    def on(self, distance: float) -> None:
        """Along the line."""
        self.matrix = compose((1.0, 0.0, 0.0, 1.0, distance, 0.0), self.matrix)


@dataclass(slots=True)
class Shown:
    """What became of one operator that shows text.

    Attributes:
        parts: the new array for ``TJ``.
        dropped: characters that were taken out.
    """

    parts: list[Any] = field(default_factory=list)
    dropped: int = 0


def show(
    parts: Sequence[object],
    state: TextState,
    pen: Pen,
    goes: Callable[[float, float], bool],
    *,
    whole: Callable[[float, float], bool] = lambda _x, _y: False,
) -> Shown:
    """Walk over the strings of one operator and leave out the characters that ``goes`` names.

    Args:
        parts: strings and numbers as of ``TJ``.
        state: the text state; not changed.
        pen: moved along.
        goes: whether the character that starts at a point of the page's user space goes.
        whole: whether all goes, if the operator starts at that point.
    """
    shown = Shown()
    font = state.font
    if font is None or not state.size:
        pen.sure = False
        shown.parts = list(parts)
        return shown
    if pen.sure and whole(*start(state, pen)):
        goes = _all
    for part in parts:
        if isinstance(part, String | bytes):
            _string(bytes(part), font, state, pen, goes, shown)
        else:
            number = number_in(part) or 0.0
            pen.on(-number / _THOUSAND * state.size * state.stretch)
            shown.parts.append(part)
    return shown


def start(state: TextState, pen: Pen) -> tuple[float, float]:
    """Where the next character starts, in the page's user space."""
    *_, x, y = compose((1.0, 0.0, 0.0, 1.0, 0.0, state.rise), compose(pen.matrix, state.ctm))
    return x, y


def _all(_x: float, _y: float) -> bool:
    return True


def _string(
    string: bytes,
    font: Font,
    state: TextState,
    pen: Pen,
    goes: Callable[[float, float], bool],
    shown: Shown,
) -> None:
    kept = bytearray()
    for code, piece in font.codes(string):
        width = font.width(code)
        extra = state.between + (state.words if font.wide == 1 and code == _SPACE else 0.0)
        if width is not None and pen.sure and goes(*start(state, pen)):
            if kept:
                shown.parts.append(String(bytes(kept)))
                kept.clear()
            space = width + extra * _THOUSAND / state.size
            shown.parts.append(Decimal(f"{-space:.4f}"))
            shown.dropped += 1
        else:
            kept += piece
        if width is None:
            pen.sure = False
        pen.on(((width or 0.0) / _THOUSAND * state.size + extra) * state.stretch)
    if kept:
        shown.parts.append(String(bytes(kept)))

# SPDX-License-Identifier: Apache-2.0
"""A drawing as PDF operators in the space of its own form XObject (ISO 32000-1, 8 and 9).

The form's BBox is ``[0 0 width height]`` in points, y up. Resources it names: fonts ``/FR`` and
``/FB``, image ``/Code``. Numbers have a fixed length, so texts of equal length give content of
equal length. No PDF library is needed for any of this.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

from bmnn_mark.errors import RulesRefused
from bmnn_mark.stamps.model import (
    BitMatrix,
    CircleStroke,
    Colour,
    Face,
    Operation,
    RectStroke,
    StampDrawing,
    TextRun,
)
from bmnn_mark.units import Mm, Rect

#: Resource names.
FONT_NAMES: Mapping[Face, str] = {Face.REGULAR: "FR", Face.BOLD: "FB"}
IMAGE_NAME = "Code"

#: ``/Decode`` of the image mask: a set bit is painted.
MASK_DECODE = (1, 0)

#: Control points of a quarter circle, as a share of the radius.
_KAPPA = 4 / 3 * (math.sqrt(2) - 1)

#: What of the graphics state a caller may have left behind: solid lines, mitred joins.
_LINE_STATE = "[] 0 d 0 J 0 j 10 M"
#: The same for text: no spacing, no stretch, no rise, filled.
_TEXT_STATE = "0 Tc 0 Tw 100 Tz 0 Ts 0 Tr"


#: Glyph number of each character that may be painted, by face.
GlyphNumbers = Mapping[Face, Mapping[str, int]]


def content_stream(drawing: StampDrawing, glyphs: GlyphNumbers) -> bytes:
    """The operators that paint a drawing.

    Args:
        drawing: what to paint.
        glyphs: numbers of the glyphs that are embedded.

    Raises:
        RulesRefused: ``stamps.glyph_missing`` (a character that was not embedded).
    """
    height = drawing.size.height
    parts = ["q", _colour(drawing.ink), _LINE_STATE]
    if drawing.holes:
        boxes = (Rect(Mm(0), Mm(0), drawing.size.width, height), *_apart(drawing.holes))
        parts += [f"{_box(box, height)} re" for box in boxes]
        parts.append("W* n")
    parts += [_operation(operation, height, glyphs) for operation in drawing.operations]
    parts.append("Q\n")
    return "\n".join(parts).encode("ascii")


def matrix_image_bytes(matrix: BitMatrix) -> bytes:
    """The samples of a 1-bit image mask (``/Decode [1 0]``): 165 bytes for 33 modules.

    Raises:
        ValueError: the matrix has not as many rows as modules.
    """
    if len(matrix.rows) != matrix.modules * -(-matrix.modules // 8):
        raise ValueError("a matrix needs as many rows as modules")
    return matrix.rows


def _operation(operation: Operation, height: Mm, glyphs: GlyphNumbers) -> str:
    match operation:
        case RectStroke(box, line):
            return f"{_number(line.pt)} w {_box(box.grown(-line / 2), height)} re S"
        case CircleStroke():
            return _circle(operation, height)
        case TextRun():
            return _text(operation, height, glyphs)
        case BitMatrix(box):
            left, bottom, width, tall = _box(box, height).split()
            return f"q {width} 0 0 {tall} {left} {bottom} cm /{IMAGE_NAME} Do Q"


def _text(run: TextRun, height: Mm, glyphs: GlyphNumbers) -> str:
    gids = glyphs.get(run.face, {})
    missing = next((char for char in run.text if char not in gids), None)
    if missing is not None:
        raise RulesRefused("stamps.glyph_missing", character=f"U+{ord(missing):04X}")
    turn = math.radians(run.rotation)
    cosine, sine = _number(math.cos(turn)), _number(math.sin(turn))
    against = _number(-math.sin(turn))
    matrix = f"{cosine} {sine} {against} {cosine} {_point(run.start.x, run.start.y, height)}"
    shown = "".join(f"{gids[char]:04X}" for char in run.text)
    font = f"/{FONT_NAMES[run.face]} {_number(run.size_pt)} Tf"
    return f"BT {_TEXT_STATE} {font} {matrix} Tm <{shown}> Tj ET"


def _circle(circle: CircleStroke, height: Mm) -> str:
    """Four Bézier curves through the middle of the line."""
    radius = (circle.diameter - circle.line) / 2
    x, y, arm = circle.centre.x, circle.centre.y, radius * _KAPPA

    def at(dx: float, dy: float) -> str:
        return _point(x + dx, y + dy, height)

    right, top, left, bottom = at(radius, 0), at(0, -radius), at(-radius, 0), at(0, radius)
    curves = (
        f"{at(radius, -arm)} {at(arm, -radius)} {top} c",
        f"{at(-arm, -radius)} {at(-radius, -arm)} {left} c",
        f"{at(-radius, arm)} {at(-arm, radius)} {bottom} c",
        f"{at(arm, radius)} {at(radius, arm)} {right} c",
    )
    return f"{_number(circle.line.pt)} w {right} m {' '.join(curves)} h S"


def _apart(holes: tuple[Rect, ...]) -> tuple[Rect, ...]:
    """The same area as boxes that do not overlap: the even-odd rule would fill an overlap."""
    edges = sorted({edge for hole in holes for edge in (hole.y, hole.bottom)})
    pieces = []
    for top, bottom in pairwise(edges):
        spans = sorted((h.x, h.right) for h in holes if h.y <= top and bottom <= h.bottom)
        merged: list[tuple[Mm, Mm]] = []
        for left, right in spans:
            if merged and left <= merged[-1][1]:
                merged[-1] = (merged[-1][0], Mm(max(merged[-1][1], right)))
            else:
                merged.append((left, right))
        pieces += [Rect(left, top, right - left, bottom - top) for left, right in merged]
    return tuple(pieces)


def _colour(colour: Colour) -> str:
    parts = " ".join(f"{part / 255:.4f}" for part in (colour.red, colour.green, colour.blue))
    return f"{parts} RG {parts} rg"


def _box(box: Rect, height: Mm) -> str:
    """Left, bottom, width, height in points, y up."""
    size = f"{_number(box.width.pt)} {_number(box.height.pt)}"
    return f"{_point(box.x, box.bottom, height)} {size}"


def _point(x: Mm, y: Mm, height: Mm) -> str:
    return f"{_number(x.pt)} {_number((height - y).pt)}"


def _number(value: float) -> str:
    """A number of PDF, always 10 characters long.

    >>> _number(3.5), _number(-0.00001), _number(-14400)
    ('00003.5000', '00000.0000', '-14400.000')
    """
    value = round(value, 4) + 0.0
    return f"{value:010.4f}"[:10]

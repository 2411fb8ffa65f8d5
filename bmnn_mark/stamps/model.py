# SPDX-License-Identifier: Apache-2.0
"""What a stamp is before it becomes PDF, DrawingML or pixels: shapes and text runs in millimetres.

The frame of a drawing is its own box: origin at the top left corner, x right, y down. Renderers
translate operations one by one and decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bmnn_mark.units import Mm, Point, Rect, Size


class Face(StrEnum):
    """A bundled font face."""

    REGULAR = "regular"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour in sRGB, 0-255 each."""

    red: int
    green: int
    blue: int


BLACK = Colour(0, 0, 0)


@dataclass(frozen=True, slots=True)
class RectStroke:
    """A rectangle's line: ``box`` is the *outer* edge of the line, ``line`` its width (mm)."""

    box: Rect
    line: Mm


@dataclass(frozen=True, slots=True)
class CircleStroke:
    """A circle's line: ``diameter`` is measured over the outer edge of the line (mm)."""

    centre: Point
    diameter: Mm
    line: Mm


@dataclass(frozen=True, slots=True)
class TextRun:
    """One line of NFC text: ``start`` is the left end of its baseline, ``width`` its advance."""

    text: str
    face: Face
    size_pt: float
    start: Point
    width: Mm
    rotation: int = 0
    """Degrees counter-clockwise about ``start``."""


@dataclass(frozen=True, slots=True)
class BitMatrix:
    """Square black modules, as of a QR symbol without its quiet zone.

    ``rows`` holds ``modules`` rows of ``ceil(modules / 8)`` bytes, most significant bit leftmost,
    1 = dark.
    """

    box: Rect
    modules: int
    rows: bytes


Operation = RectStroke | CircleStroke | TextRun | BitMatrix


@dataclass(frozen=True, slots=True)
class StampDrawing:
    """One mark, composed.

    Attributes:
        name: stable id of the stamp (``toi-mat``) or of another mark (``page-code``).
        size: outer size (mm).
        operations: what to draw, in order.
        ink: one colour for all of it.
        holes: boxes inside the drawing where nothing of it is painted.
    """

    name: str
    size: Size
    operations: tuple[Operation, ...]
    ink: Colour
    holes: tuple[Rect, ...] = ()

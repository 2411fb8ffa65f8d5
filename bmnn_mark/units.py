# SPDX-License-Identifier: Apache-2.0
"""Lengths that know their unit, and the one frame everything is placed in.

The frame is the page *as a person sees it*: origin at the top left corner of the displayed page,
x to the right, y down, millimetres. Conversion to points, pixels and EMU happens here only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

MM_PER_INCH = 25.4
PT_PER_INCH = 72.0
EMU_PER_MM = 36000


class Mm(float):
    """A length in millimetres, closed under ``+ - * /`` and negation.

    >>> Mm(1) + Mm(0.5)
    Mm(1.5)
    >>> round(Mm(25.4).pt, 6), Mm(25.4).px(600), Mm(2).emu
    (72.0, 600.0, 72000)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Mm({float(self):g})"

    def __add__(self, other: float) -> Mm:
        return Mm(float(self) + other)

    __radd__ = __add__

    def __sub__(self, other: float) -> Mm:
        return Mm(float(self) - other)

    def __rsub__(self, other: float) -> Mm:
        return Mm(other - float(self))

    def __mul__(self, factor: float) -> Mm:
        return Mm(float(self) * factor)

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Mm:
        return Mm(float(self) / divisor)

    def __neg__(self) -> Mm:
        return Mm(-float(self))

    @classmethod
    def from_pt(cls, points: float) -> Self:
        """A length given in PDF points (1/72 inch)."""
        return cls(points * MM_PER_INCH / PT_PER_INCH)

    @classmethod
    def from_px(cls, pixels: float, dpi: float) -> Self:
        """A length given in pixels of a raster with ``dpi`` pixels an inch."""
        return cls(pixels * MM_PER_INCH / dpi)

    @property
    def pt(self) -> float:
        """The length in PDF points."""
        return float(self) * PT_PER_INCH / MM_PER_INCH

    @property
    def emu(self) -> int:
        """The length in English Metric Units of OOXML, rounded to a whole one."""
        return round(float(self) * EMU_PER_MM)

    def px(self, dpi: float) -> float:
        """The length in pixels at ``dpi`` pixels an inch."""
        return float(self) * dpi / MM_PER_INCH


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a displayed page or in a drawing, mm from its top left corner."""

    x: Mm
    y: Mm


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height, mm."""

    width: Mm
    height: Mm


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright box, mm: left edge ``x``, top edge ``y``, ``width``, ``height``.

    >>> Rect.of(0, 0, 10, 10).overlaps(Rect.of(10, 0, 5, 5))
    False
    """

    x: Mm
    y: Mm
    width: Mm
    height: Mm

    @classmethod
    def of(cls, x: float, y: float, width: float, height: float) -> Self:
        """A box from plain numbers in millimetres."""
        return cls(Mm(x), Mm(y), Mm(width), Mm(height))

    @classmethod
    def at(cls, corner: Point, size: Size) -> Self:
        """A box of ``size`` whose top left corner is ``corner``."""
        return cls(corner.x, corner.y, size.width, size.height)

    @property
    def right(self) -> Mm:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> Mm:
        """The y of the bottom edge."""
        return self.y + self.height

    @property
    def corner(self) -> Point:
        """The top left corner."""
        return Point(self.x, self.y)

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(self.width, self.height)

    def grown(self, by: float) -> Rect:
        """The box with ``by`` mm added on every side (taken away where negative)."""
        return Rect(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def moved(self, dx: float, dy: float) -> Rect:
        """The box shifted by ``dx``, ``dy`` mm."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def overlaps(self, other: Rect) -> bool:
        """Whether the two boxes share area (touching edges do not count)."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def contains(self, other: Rect, slack: float = 1e-6) -> bool:
        """Whether ``other`` lies inside, give or take ``slack`` mm."""
        return (
            other.x >= self.x - slack
            and other.y >= self.y - slack
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )

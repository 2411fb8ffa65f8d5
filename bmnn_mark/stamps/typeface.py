# SPDX-License-Identifier: Apache-2.0
"""The file of a bundled face, measured and cut by fontTools.

The library is loaded with the first letter that is asked for, the part that cuts with the first
program; importing this module costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

#: What a TrueType program embedded in PDF needs (ISO 32000-1, 9.9, table 126 and its text).
_KEPT = frozenset({"cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"})


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph in font units; ``box`` is its ink (x min, y min, x max, y max), None for a blank."""

    gid: int
    advance: int
    box: tuple[int, int, int, int] | None


class Typeface:
    """An open face; its figures are in font units.

    Args:
        path: one of the bundled faces; never a file from outside.
    """

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._font = self._open()
        self._names = self._font.getBestCmap()
        head, hhea = self._font["head"], self._font["hhea"]
        self.units_per_em: int = head.unitsPerEm
        self.box: tuple[int, int, int, int] = (head.xMin, head.yMin, head.xMax, head.yMax)
        self.ascent: int = hhea.ascent
        self.descent: int = hhea.descent
        self.cap_height: int = self._font["OS/2"].sCapHeight

    def gid(self, char: str) -> int:
        """The glyph of a character; 0 (the empty box) where the face has none."""
        name = self._names.get(ord(char))
        return 0 if name is None else int(self._font.getGlyphID(name))

    def glyph(self, gid: int) -> Glyph:
        """Advance and ink box of a glyph."""
        name = self._font.getGlyphName(gid)
        advance, _ = self._font["hmtx"][name]
        outline = self._font["glyf"][name]
        if outline.numberOfContours == 0:
            return Glyph(gid, advance, None)
        return Glyph(gid, advance, (outline.xMin, outline.yMin, outline.xMax, outline.yMax))

    def outline(self, gid: int) -> list[tuple[float, float]]:
        """Points along the outline of a glyph, close enough for a straight line between two."""
        from fontTools.pens import basePen, recordingPen  # noqa: PLC0415 - only for A, B, C

        glyphs = self._font.getGlyphSet()
        pen = recordingPen.DecomposingRecordingPen(glyphs)
        glyphs[self._font.getGlyphName(gid)].draw(pen)
        points: list[tuple[float, float]] = []
        for step, arguments in pen.value:
            if step == "qCurveTo":
                for control, end in basePen.decomposeQuadraticSegment(arguments):
                    points += _curve(points[-1], control, end)
            else:
                points += arguments
        return points

    def program(self, gids: Iterable[int]) -> bytes:
        """A TrueType program with the outlines of ``gids`` and what they are composed of.

        Glyph numbers stay those of the face, so that page content can be written without knowing
        which subset a file carries. Glyph 0 is kept always. The same glyphs give the same bytes.
        """
        from fontTools import subset  # noqa: PLC0415 - 100 ms, only where a PDF is written

        font = self._open()  # cutting changes it
        options = subset.Options(
            retain_gids=True,
            notdef_outline=True,
            drop_tables=sorted(tag.strip() for tag in set(font.keys()) - _KEPT),
        )
        cutter = subset.Subsetter(options)
        cutter.populate(gids=sorted(gids))
        cutter.subset(font)
        out = BytesIO()
        font.save(out)
        return out.getvalue()

    def _open(self) -> TTFont:
        from fontTools.ttLib import TTFont  # noqa: PLC0415 - 40 ms, only where text is measured

        # The face's own box and date stay: nothing of a program depends on when it was made.
        return TTFont(BytesIO(self._data), lazy=True, recalcBBoxes=False, recalcTimestamp=False)


#: Points that a curve of an outline is told by.
_CURVE_POINTS = 16


def _curve(
    start: tuple[float, float], control: tuple[float, float], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """Points along a quadratic Bézier curve, without its start."""
    found = []
    for index in range(1, _CURVE_POINTS + 1):
        t = index / _CURVE_POINTS
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        found.append(
            (
                a * start[0] + b * control[0] + c * end[0],
                a * start[1] + b * control[1] + c * end[1],
            )
        )
    return found

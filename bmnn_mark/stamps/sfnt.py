# SPDX-License-Identifier: Apache-2.0
"""Just enough of a TrueType file to measure text: glyph numbers, advances and ink boxes.

The general library costs 50 ms before the first letter is measured; a mark needs a dozen letters.
Read are ``head``, ``maxp``, ``hhea``, ``hmtx``, ``cmap`` (format 4), ``loca`` and the heads of
glyphs in ``glyf``, as of the OpenType specification; a test compares all of it with fontTools.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from struct import unpack_from

#: Unicode characters of the basic plane, Windows platform.
_UNICODE_BMP = (3, 1)


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph in font units; ``box`` is its ink (x min, y min, x max, y max), None for a blank."""

    gid: int
    advance: int
    box: tuple[int, int, int, int] | None


class Sfnt:
    """An open TrueType file, held in memory.

    Args:
        path: one of the bundled faces; never a file from outside.
    """

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        (count,) = unpack_from(">H", self.data, 4)
        self.tables: dict[str, tuple[int, int]] = {}
        for index in range(count):
            tag, _, offset, length = unpack_from(">4sLLL", self.data, 12 + 16 * index)
            self.tables[tag.decode("ascii")] = (offset, length)
        head = self.start("head")
        self.revision: float = unpack_from(">l", self.data, head + 4)[0] / 65536
        self.units_per_em: int = unpack_from(">H", self.data, head + 18)[0]
        self.box: tuple[int, int, int, int] = unpack_from(">4h", self.data, head + 36)
        self._long_loca: int = unpack_from(">h", self.data, head + 50)[0]
        self.glyph_count: int = unpack_from(">H", self.data, self.start("maxp") + 4)[0]
        self.ascent: int = unpack_from(">h", self.data, self.start("hhea") + 4)[0]
        self.descent: int = unpack_from(">h", self.data, self.start("hhea") + 6)[0]
        self._advances: int = unpack_from(">H", self.data, self.start("hhea") + 34)[0]
        self.cap_height: int = unpack_from(">h", self.data, self.start("OS/2") + 88)[0]
        self._cmap = self._find_cmap()

    def start(self, tag: str) -> int:
        """Where a table begins in the file."""
        return self.tables[tag][0]

    def gid(self, char: str) -> int:
        """The glyph of a character; 0 (the empty box) where the face has none."""
        code = ord(char)
        if code > 0xFFFF:
            return 0
        table, segments = self._cmap
        ends = table + 14
        starts = ends + 2 * segments + 2
        low, high = 0, segments - 1
        while low < high:  # the first segment that ends at or after the character
            middle = (low + high) // 2
            if unpack_from(">H", self.data, ends + 2 * middle)[0] < code:
                low = middle + 1
            else:
                high = middle
        (first,) = unpack_from(">H", self.data, starts + 2 * low)
        (delta,) = unpack_from(">H", self.data, starts + 2 * (segments + low))
        at = starts + 2 * (2 * segments + low)
        (range_offset,) = unpack_from(">H", self.data, at)
        if code < first:
            return 0
        if range_offset == 0:
            return int(code + delta) & 0xFFFF
        (found,) = unpack_from(">H", self.data, at + range_offset + 2 * (code - first))
        return int(found + delta) & 0xFFFF if found else 0

    def glyph(self, gid: int) -> Glyph:
        """Advance and ink box of a glyph."""
        metric = min(gid, self._advances - 1)
        (advance,) = unpack_from(">H", self.data, self.start("hmtx") + 4 * metric)
        begin, end = self.outline(gid)
        if begin == end:
            return Glyph(gid, advance, None)
        return Glyph(gid, advance, unpack_from(">4h", self.data, self.start("glyf") + begin + 2))

    def outline(self, gid: int) -> tuple[int, int]:
        """Where a glyph's outline begins and ends inside ``glyf``."""
        loca = self.start("loca")
        if self._long_loca:
            begin, end = unpack_from(">2L", self.data, loca + 4 * gid)
        else:
            begin, end = (2 * half for half in unpack_from(">2H", self.data, loca + 2 * gid))
        return begin, end

    def _find_cmap(self) -> tuple[int, int]:
        base = self.start("cmap")
        (count,) = unpack_from(">H", self.data, base + 2)
        for index in range(count):
            platform, encoding, offset = unpack_from(">HHL", self.data, base + 4 + 8 * index)
            table = base + offset
            kind, _, _, doubled = unpack_from(">4H", self.data, table)
            if (platform, encoding) == _UNICODE_BMP and kind == 4:
                return table, doubled // 2
        raise LookupError("the face has no Unicode cmap of format 4")

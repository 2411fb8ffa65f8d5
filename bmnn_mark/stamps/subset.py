# SPDX-License-Identifier: Apache-2.0
"""A TrueType program that holds only some glyphs, under their old numbers.

Glyph numbers stay those of the face, so that page content can be written without knowing which
subset a file carries. The result depends on the face and the glyphs alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import pack, pack_into, unpack_from

from bmnn_mark.stamps.sfnt import Sfnt

#: What a TrueType program embedded in PDF needs (ISO 32000-1, 9.9, table 126 and its text).
_KEPT = ("cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep")

#: Flags of a composite glyph's component (OpenType, ``glyf``).
_WORDS, _SCALE, _MORE, _XY_SCALE, _TWO_BY_TWO = 0x0001, 0x0008, 0x0020, 0x0040, 0x0080

_CHECKSUM_MAGIC = 0xB1B0AFBA


def subset_program(font: Sfnt, gids: Iterable[int]) -> bytes:
    """The face's program with the outlines of ``gids`` and what they are composed of.

    Glyph 0 is kept always. The same glyphs give the same bytes.
    """
    kept = _closure(font, {0, *gids})
    outlines, offsets = bytearray(), [0]
    metrics = bytearray(4 * font.glyph_count)
    for gid in range(font.glyph_count):
        if gid in kept:
            outlines += _outline(font, gid)
            outlines += bytes(-len(outlines) % 4)
            left = _left_bearing(font, gid)
            pack_into(">Hh", metrics, 4 * gid, font.glyph(gid).advance, left)
        offsets.append(len(outlines))
    tables = {tag: _table(font, tag) for tag in _KEPT if tag in font.tables}
    tables["glyf"] = bytes(outlines)
    tables["loca"] = pack(f">{len(offsets)}L", *offsets)
    tables["hmtx"] = bytes(metrics)
    tables["hhea"] = tables["hhea"][:34] + pack(">H", font.glyph_count)
    head = bytearray(tables["head"])
    pack_into(">L", head, 8, 0)  # the checksum adjustment counts as 0 while it is computed
    pack_into(">h", head, 50, 1)  # long offsets
    tables["head"] = bytes(head)
    return _assemble(tables)


def _closure(font: Sfnt, gids: set[int]) -> set[int]:
    found: set[int] = set()
    waiting = set(gids)
    while waiting:
        gid = waiting.pop()
        found.add(gid)
        waiting |= set(_components(_outline(font, gid))) - found
    return found


def _components(outline: bytes) -> list[int]:
    """The glyphs that a composite glyph is made of; none for a simple one."""
    if not outline or unpack_from(">h", outline)[0] >= 0:
        return []
    parts, at = [], 10
    while True:
        flags, gid = unpack_from(">2H", outline, at)
        parts.append(gid)
        at += 8 if flags & _WORDS else 6
        at += 2 if flags & _SCALE else 4 if flags & _XY_SCALE else 8 if flags & _TWO_BY_TWO else 0
        if not flags & _MORE:
            return parts


def _outline(font: Sfnt, gid: int) -> bytes:
    begin, end = font.outline(gid)
    base = font.start("glyf")
    return font.data[base + begin : base + end]


def _left_bearing(font: Sfnt, gid: int) -> int:
    box = font.glyph(gid).box
    return box[0] if box else 0


def _table(font: Sfnt, tag: str) -> bytes:
    offset, length = font.tables[tag]
    return font.data[offset : offset + length]


def _assemble(tables: dict[str, bytes]) -> bytes:
    """The file of these tables: directory sorted by tag, tables aligned to 4, checksums set."""
    power = len(tables).bit_length() - 1
    search = 16 << power
    head = pack(">4s4H", b"\0\1\0\0", len(tables), search, power, 16 * len(tables) - search)
    offset = len(head) + 16 * len(tables)
    directory, body = bytearray(head), bytearray()
    head_at = 0
    for tag in sorted(tables):
        data = tables[tag]
        if tag == "head":
            head_at = offset + len(body)
        directory += pack(
            ">4sLLL", tag.encode("ascii"), _checksum(data), offset + len(body), len(data)
        )
        body += data + bytes(-len(data) % 4)
    program = directory + body
    pack_into(">L", program, head_at + 8, (_CHECKSUM_MAGIC - _checksum(program)) & 0xFFFFFFFF)
    return bytes(program)


def _checksum(data: bytes | bytearray) -> int:
    padded = bytes(data) + bytes(-len(data) % 4)
    total: int = sum(unpack_from(f">{len(padded) // 4}L", padded))
    return total & 0xFFFFFFFF

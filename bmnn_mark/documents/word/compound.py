# SPDX-License-Identifier: Apache-2.0
"""Streams of a compound file (MS-CFB), the container of a Word package that has a password."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from bmnn_mark.errors import DocumentRefused

_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_HEADER_LIST = 109
_FREE = 0xFFFFFFFA  # this and above are no sector numbers
_STREAM = 2


def read_stream(content: bytes, wanted: str) -> bytes | None:
    """The stream of a name; None where the file has none.

    Raises:
        DocumentRefused: ``document.damaged``.
    """
    try:
        return _Compound(content).stream(wanted)
    except (struct.error, IndexError, ValueError) as error:
        raise DocumentRefused("document.damaged", reason="COMPOUND_FILE") from error


class _Compound:
    def __init__(self, content: bytes) -> None:
        if not content.startswith(_MAGIC):
            raise ValueError("not a compound file")
        self._content = content
        shift, small_shift = struct.unpack_from("<2H", content, 30)
        if shift not in {9, 12} or small_shift != 6:
            raise ValueError("sector size")
        self._size, self._small_size = 1 << shift, 1 << small_shift
        (self._directory,) = struct.unpack_from("<I", content, 48)
        self._cutoff, small_table = struct.unpack_from("<2I", content, 56)
        self._table = self._numbers(self._table_sectors())
        self._small_table = self._numbers(self._chain(small_table, self._table))

    def stream(self, wanted: str) -> bytes | None:
        root, found = None, None
        for entry in self._entries():
            name_length, kind = struct.unpack_from("<HB", entry, 64)
            name = entry[: max(name_length - 2, 0)].decode("utf-16-le", "replace")
            root = entry if kind == 5 else root
            found = entry if kind == _STREAM and name == wanted else found
        if root is None or found is None:
            return None
        start, size = struct.unpack_from("<2I", found, 116)
        if size >= self._cutoff:
            data = b"".join(map(self._sector, self._chain(start, self._table)))
        else:
            (first,) = struct.unpack_from("<I", root, 116)
            small = b"".join(map(self._sector, self._chain(first, self._table)))
            step = self._small_size
            data = b"".join(
                small[one * step : (one + 1) * step]
                for one in self._chain(start, self._small_table)
            )
        if len(data) < size:
            raise ValueError("stream is cut")
        return data[:size]

    def _entries(self) -> Iterator[bytes]:
        for sector in self._chain(self._directory, self._table):
            data = self._sector(sector)
            yield from (data[at : at + 128] for at in range(0, len(data), 128))

    def _table_sectors(self) -> list[int]:
        """Numbers of the sectors that hold the table of chains."""
        found = list(struct.unpack_from(f"<{_HEADER_LIST}I", self._content, 76))
        (following,) = struct.unpack_from("<I", self._content, 68)
        most = len(self._content) // self._size
        while following < _FREE:
            numbers = self._numbers([following])
            found += numbers[:-1]
            following = numbers[-1]
            if len(found) > most + _HEADER_LIST + self._size:
                raise ValueError("table runs in a circle")
        return [one for one in found if one < _FREE]

    def _numbers(self, sectors: list[int]) -> list[int]:
        data = b"".join(map(self._sector, sectors))
        return list(struct.unpack(f"<{len(data) // 4}I", data))

    def _chain(self, first: int, table: list[int]) -> list[int]:
        found: list[int] = []
        while first < _FREE:
            found.append(first)
            first = table[first]
            if len(found) > len(table):
                raise ValueError("chain runs in a circle")
        return found

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        data = self._content[start : start + self._size]
        if len(data) < self._size:  # the last sector of some files is cut short
            if not data:
                raise ValueError("sector outside the file")
            data = data.ljust(self._size, b"\0")
        return data

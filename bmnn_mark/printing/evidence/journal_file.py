# SPDX-License-Identifier: Apache-2.0
"""The journal of systemd, read as far as counting messages needs: no program is started for it.

Layout: systemd's ``docs/JOURNAL_FILE_FORMAT.md``. A message that was logged often stands in the
file once, with the number of its entries. Messages of less than 512 bytes are not compressed.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SIGNATURE = b"LPKSHHRH"
_COMPACT = 1 << 4
_HEADER_BYTES = 208
_OBJECT = struct.Struct("<BB6xQ")  # type, flags, size
_DATA, _ENTRY, _ENTRY_ARRAY = 1, 3, 6
_FIELD = b"MESSAGE="
#: Longest message that is looked at; longer ones are compressed.
_MESSAGE_BYTES = 512
_CHUNK_BYTES = 4 << 20
_MAX_ARRAYS = 64  # each is longer than the one before


class JournalFormatError(Exception):
    """The file is no journal, or is damaged where it was looked at."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a journal file says of itself; ``grown`` changes with everything that is added."""

    compact: bool
    start: int
    end: int
    grown: tuple[int, int, int]


def read_header(handle: int) -> Header:
    """The header of an open journal file.

    Raises:
        JournalFormatError: it has none.
    """
    data = os.pread(handle, _HEADER_BYTES, 0)
    if len(data) < _HEADER_BYTES or not data.startswith(_SIGNATURE):
        raise JournalFormatError
    (flags,) = struct.unpack_from("<I", data, 12)
    header_size, arena = struct.unpack_from("<QQ", data, 88)
    tail, objects, entries = struct.unpack_from("<QQQ", data, 136)
    end = min(header_size + arena, os.fstat(handle).st_size)
    return Header(
        compact=bool(flags & _COMPACT),
        start=header_size,
        end=end,
        grown=(tail, objects, entries),
    )


def find_messages(
    handle: int, header: Header, needles: tuple[bytes, ...], start: int
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Where messages with one of ``needles`` stand, chunk by chunk from ``start`` on.

    Yields:
        How far the file was read, and the places of the message objects found on the way there.
    """
    at = start
    while at < header.end:
        length = min(_CHUNK_BYTES, header.end - at)
        before = max(header.start, at - _MESSAGE_BYTES)
        text = os.pread(handle, at + length - before, before)
        if not text:
            return
        found = {
            place
            for needle in needles
            for hit in _hits(text, needle)
            if (place := _object_of(handle, header, text, before, hit)) is not None
        }
        at += length
        yield at, tuple(sorted(found))


def _hits(text: bytes, needle: bytes) -> Iterator[int]:
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


def _object_of(handle: int, header: Header, text: bytes, base: int, hit: int) -> int | None:
    """The message object that a hit lies in; None where it is something else."""
    begins = text.rfind(_FIELD, max(0, hit - _MESSAGE_BYTES), hit)
    if begins < 0:
        return None
    place = base + begins - _payload_at(header)
    data = os.pread(handle, _OBJECT.size, place) if place >= header.start else b""
    if len(data) < _OBJECT.size or place % 8:
        return None
    kind, _, size = _OBJECT.unpack(data)
    return place if kind == _DATA and place + size > base + hit else None


def message(handle: int, header: Header, place: int) -> bytes:
    """The text of the message object at ``place``, as far as it is looked at."""
    _, _, size = _OBJECT.unpack(_exactly(handle, _OBJECT.size, place))
    begins = _payload_at(header)
    length = max(0, min(size - begins, _MESSAGE_BYTES))
    return os.pread(handle, length, place + begins).removeprefix(_FIELD)


def logged(handle: int, header: Header, place: int) -> tuple[int, int]:
    """How often the message at ``place`` was logged, and the second of the last time.

    Raises:
        JournalFormatError: damaged.
    """
    first, array, count = struct.unpack("<QQQ", _exactly(handle, 24, place + 40))
    if not count:
        return 0, 0
    last = first
    for _ in range(_MAX_ARRAYS):
        if not array:
            break
        kind, _, size = _OBJECT.unpack(_exactly(handle, _OBJECT.size, array))
        if kind != _ENTRY_ARRAY or not _OBJECT.size + 8 <= size <= header.end:
            raise JournalFormatError
        (following,) = struct.unpack("<Q", _exactly(handle, 8, array + 16))
        items = os.pread(handle, size - 24, array + 24)
        width, code = (4, "I") if header.compact else (8, "Q")
        offsets = struct.unpack_from(f"<{len(items) // width}{code}", items)
        last = max((one for one in offsets if one), default=last)
        array = following
    kind, _, _ = _OBJECT.unpack(_exactly(handle, _OBJECT.size, last))
    if kind != _ENTRY:
        raise JournalFormatError
    (microseconds,) = struct.unpack("<Q", _exactly(handle, 8, last + 24))
    return count, microseconds // 1_000_000


def _payload_at(header: Header) -> int:
    return 72 if header.compact else 64


def _exactly(handle: int, length: int, place: int) -> bytes:
    data = os.pread(handle, length, place)
    if len(data) < length:
        raise JournalFormatError
    return data

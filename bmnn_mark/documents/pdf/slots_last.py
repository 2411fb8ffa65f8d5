# SPDX-License-Identifier: Apache-2.0
"""A saved template with the objects of its slots moved behind all others.

Then what all copies share is one stretch: it is written at once and hashed once for all copies.
Nothing but the order of the objects changes, and the offsets in the cross-reference section, which
keeps its place: the file stays as long as it was.
"""

from __future__ import annotations

import mmap
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bmnn_mark.documents.model import Slot
from bmnn_mark.errors import Fault

_TABLE = re.compile(rb"xref\n0 (\d+)\n")
_ROW_BYTES, _OFFSET_DIGITS = 20, 10
_STREAM = re.compile(
    rb"\d+ 0 obj\n<< /Type /XRef /Length (\d+) /W \[ (\d) (\d) (\d) \]",
)
_DATA = b"\nstream\n"  # in strings and names of the dictionary, qpdf escapes line ends
_HEADER = re.compile(rb"\d+ \d+ obj\n")
_ENDING = b"\nendobj\n"
_IN_FILE = 1  # type of an entry of a cross-reference stream, ISO 32000-1, table 18


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One object that stands by itself in the file.

    Attributes:
        offset: where it begins.
        place: where the cross-reference section says so.
        width: bytes of what is said there: ten digits in a table, fewer bytes in a stream.
    """

    offset: int
    place: int
    width: int


def move_slots_last(file: mmap.mmap, slots: Sequence[Slot], section: int) -> tuple[Slot, ...]:
    """Move the objects that hold slots behind all others.

    Args:
        file: a file as qpdf writes it: one revision, not linearised, open for writing.
        slots: stretches of it.
        section: offset of its cross-reference section.

    Returns:
        The slots at their new places, by offset.

    Raises:
        Fault: ``proof.slot`` (the file is not as qpdf writes it).
    """
    entries = sorted(_entries(file, section), key=lambda one: one.offset)
    begins = [entry.offset for entry in entries]
    ordered = sorted(slots, key=lambda slot: slot.offset)
    within = {bisect_right(begins, slot.offset) - 1: slot for slot in ordered}
    if len(within) != len(slots) or not entries or -1 in within:
        raise Fault("proof.slot", slot="")
    ends = [*begins[1:], section]
    held = [file[begins[one] : ends[one]] for one in within]
    if not all(_HEADER.match(one) and one.endswith(_ENDING) for one in held):
        raise Fault("proof.slot", slot="")
    to = begins[min(within)]
    for one in range(min(within), len(entries)):
        if one not in within:
            length = ends[one] - begins[one]
            file.move(to, begins[one], length)
            _enter(file, entries[one], to)
            to += length
    moved = []
    for (one, slot), data in zip(within.items(), held, strict=True):
        file[to : to + len(data)] = data
        _enter(file, entries[one], to)
        moved.append(replace(slot, offset=slot.offset - begins[one] + to))
        to += len(data)
    return tuple(moved)


def _enter(file: mmap.mmap, entry: _Entry, offset: int) -> None:
    """Let the cross-reference section say the new offset of an object."""
    digits = entry.width == _OFFSET_DIGITS
    data = b"%010d" % offset if digits else offset.to_bytes(entry.width)
    file[entry.place : entry.place + entry.width] = data


def _entries(file: mmap.mmap, section: int) -> Iterator[_Entry]:
    """The objects that a cross-reference section says are in the file, but for itself."""
    if (table := _TABLE.match(file, section)) is not None:
        for row in range(int(table[1])):
            place = table.end() + row * _ROW_BYTES
            if file[place + _ROW_BYTES - 3 : place + _ROW_BYTES - 2] == b"n":
                offset = int(file[place : place + _OFFSET_DIGITS])
                yield _Entry(offset=offset, place=place, width=_OFFSET_DIGITS)
    else:
        yield from _stream_entries(file, section)


def _stream_entries(file: mmap.mmap, section: int) -> Iterator[_Entry]:
    """The same of a cross-reference stream (ISO 32000-1, 7.5.8), which is not compressed.

    Raises:
        Fault: ``proof.slot`` (a stream that qpdf would not have written).
    """
    stream = _STREAM.match(file, section)
    if stream is None:
        raise Fault("proof.slot", slot="")
    length, kind, wide, rest = map(int, stream.groups())
    first = file.find(_DATA, section) + len(_DATA)
    for row in range(first, first + length, kind + wide + rest):
        place = row + kind
        offset = int.from_bytes(file[place : place + wide])
        if int.from_bytes(file[row:place]) == _IN_FILE and offset != section:
            yield _Entry(offset=offset, place=place, width=wide)

# SPDX-License-Identifier: Apache-2.0
"""Writing packages so that the same parts always give the same bytes, and copies by splicing.

Members keep the bytes they came with unless they were replaced; times, permissions, extra fields
and comments are not carried over, so nothing but the parts decides the result.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

from bmnn_mark.documents.word.package import Member
from bmnn_mark.errors import Fault

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
#: 1980-01-01 00:00, the first moment that the format can name.
_TIME, _DATE = 0, 0x21
_VERSION, _UTF8 = 20, 0x800


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySlot:
    """A stretch of fixed length inside a stored member that differs from copy to copy.

    Attributes:
        name: what stands there (``copy-number``, ``caption``, ``code``).
        member: the member's name.
        offset: bytes from the start of the member.
        length: bytes.
    """

    name: str
    member: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyTemplate:
    """A marked package of which numbered copies are made without parsing it again."""

    members: tuple[Member, ...]
    slots: tuple[CopySlot, ...]


def write_package(members: Iterable[Member]) -> bytes:
    """The ZIP file of ``members`` in their order.

    Raises:
        Fault: ``fault.unexpected`` where a size does not fit the format without ZIP64.
    """
    out = bytearray()
    directory = bytearray()
    count = 0
    for member in members:
        name = member.name.encode()
        flags = 0 if name.isascii() else _UTF8
        middle = (_VERSION, flags, member.method, _TIME, _DATE)
        sizes = (member.crc, len(member.raw), member.size)
        if len(out) + len(member.raw) >= 1 << 32:
            raise Fault("fault.unexpected", where="zipping")
        directory += _CENTRAL.pack(
            b"PK\x01\x02", _VERSION, *middle, *sizes, len(name), 0, 0, 0, 0, 0, len(out)
        )
        directory += name
        out += _LOCAL.pack(b"PK\x03\x04", *middle, *sizes, len(name), 0) + name + member.raw
        count += 1
    start = len(out)
    out += directory
    out += _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    return bytes(out)


def write_copy(template: CopyTemplate, values: Mapping[str, bytes]) -> bytes:
    """One numbered copy: the template's bytes with its slots filled.

    Args:
        template: from marking with copies.
        values: bytes for each slot's name, of exactly the slot's length.

    Raises:
        Fault: ``fault.unexpected`` for a missing value or one of another length.
    """
    filled: dict[str, bytearray] = {}
    by_name = {member.name: member for member in template.members}
    for slot in template.slots:
        value = values.get(slot.name)
        if value is None or len(value) != slot.length:
            raise Fault("fault.unexpected", where=f"copy slot {slot.name}")
        content = filled.setdefault(slot.member, bytearray(by_name[slot.member].raw))
        content[slot.offset : slot.offset + slot.length] = value
    return write_package(
        _refilled(member, filled[member.name]) if member.name in filled else member
        for member in template.members
    )


def _refilled(member: Member, content: bytearray) -> Member:
    raw = bytes(content)
    return Member(name=member.name, raw=raw, method=0, size=len(raw), crc=crc32(raw))

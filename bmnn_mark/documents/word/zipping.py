# SPDX-License-Identifier: Apache-2.0
"""Writing packages so that the same parts always give the same bytes, and copies by splicing.

Members keep the bytes they came with unless they were replaced; times, permissions, extra fields
and comments are not carried over, so nothing but the parts decides the result.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

from bmnn_mark.documents.model import Slot
from bmnn_mark.documents.word.package import Member
from bmnn_mark.errors import Fault

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
#: 1980-01-01 00:00, the first moment that the format can name.
_TIME, _DATE = 0, 0x21
_VERSION, _UTF8 = 20, 0x800
#: Where the checksum stands in either header.
_LOCAL_CRC, _CENTRAL_CRC = 14, 16


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


def data_offsets(package: bytes) -> Mapping[str, tuple[int, int, int]]:
    """Where each *stored* member's bytes lie in a package that :func:`write_package` made.

    Returns:
        By name: offset of its bytes, their number, and the offset of its directory entry.
    """
    count, _, at = struct.unpack_from("<HII", package, len(package) - _END.size + 10)
    found = {}
    for _ in range(count):
        entry = _CENTRAL.unpack_from(package, at)
        name_at = at + _CENTRAL.size
        name = package[name_at : name_at + entry[10]].decode()
        if entry[4] == 0:
            found[name] = (entry[16] + _LOCAL.size + entry[10], entry[8], at)
        at = name_at + entry[10]
    return found


def write_copy(template: bytes, slots: Sequence[Slot], values: Mapping[str, bytes]) -> bytes:
    """One numbered copy: the template's bytes with its slots filled and their checksums set.

    Args:
        template: a package made by :func:`write_package`.
        slots: where copies differ, all inside stored members; a name may stand several times.
        values: bytes for each slot's name, of exactly the slot's length.

    Raises:
        Fault: ``fault.unexpected`` for a missing value, one of another length, or a slot that
            lies in no stored member.
    """
    out = bytearray(template)
    members = data_offsets(template)
    touched: set[str] = set()
    for slot in slots:
        value = values.get(slot.name)
        inside = [
            name
            for name, (start, size, _) in members.items()
            if start <= slot.offset and slot.offset + slot.length <= start + size
        ]
        if value is None or len(value) != slot.length or not inside:
            raise Fault("fault.unexpected", where=f"copy slot {slot.name}")
        out[slot.offset : slot.offset + slot.length] = value
        touched.add(inside[0])
    for name in touched:
        start, size, entry = members[name]
        checksum = struct.pack("<I", crc32(memoryview(out)[start : start + size]))
        local = start - len(name.encode()) - _LOCAL.size
        out[local + _LOCAL_CRC : local + _LOCAL_CRC + 4] = checksum
        out[entry + _CENTRAL_CRC : entry + _CENTRAL_CRC + 4] = checksum
    return bytes(out)

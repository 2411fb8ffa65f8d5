# SPDX-License-Identifier: Apache-2.0
"""A ZIP package read under limits: nothing in it is believed before it was inflated and counted.

The central directory and the local headers must tell one story, because a reader that believes the
one and a reader that believes the other would see two documents.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import MIB, Limits

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_STORED, _DEFLATED = 0, 8
_ENCRYPTED_FLAG = 0x1
_STEP = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member as it lies in the package.

    Attributes:
        name: its name, ``/`` between the steps.
        raw: its bytes as stored (deflated where ``method`` is 8).
        method: 0 stored, 8 deflated.
        size: bytes after inflating, counted.
        crc: CRC-32 of the inflated bytes, checked.
    """

    name: str
    raw: bytes
    method: int
    size: int
    crc: int

    def data(self) -> bytes:
        """The inflated bytes."""
        return self.raw if self.method == _STORED else zlib.decompress(self.raw, -15, self.size)

    @classmethod
    def made(cls, name: str, data: bytes, *, stored: bool = False) -> Member:
        """A member of our own making; ``stored`` leaves its bytes as they are."""
        raw = data
        if not stored:
            squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
            raw = squeeze.compress(data) + squeeze.flush()
        method = _STORED if stored else _DEFLATED
        return cls(name=name, raw=raw, method=method, size=len(data), crc=crc32(data))


def read_members(path: Path, limits: Limits) -> tuple[Member, ...]:
    """Every member of the ZIP file at ``path``, inflated once to be counted and checked.

    Raises:
        DocumentRefused: ``docx.zip_bomb``, ``document.damaged``, ``document.encrypted``.
    """
    return members_of(path.read_bytes(), limits)


def members_of(content: bytes, limits: Limits) -> tuple[Member, ...]:
    """Every member of a ZIP file in memory; as :func:`read_members`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise DocumentRefused("document.damaged") from error
    if len(entries) > limits.zip_members:
        raise DocumentRefused("docx.zip_bomb", reason="MEMBERS", limit=limits.zip_members)
    _check_names(entries)
    members, total, end_of_last = [], 0, 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        start, raw = _stored_bytes(content, entry)
        if entry.header_offset < end_of_last:
            raise DocumentRefused("docx.zip_bomb", reason="OVERLAP")
        end_of_last = start + len(raw)
        member = _counted(entry, raw, limits)
        total += member.size
        if total > limits.zip_total_bytes:
            raise DocumentRefused("docx.zip_bomb", reason="TOTAL", limit=limits.zip_total_bytes)
        members.append(member)
    return tuple(members)


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        steps = name.split("/")
        if name.startswith("/") or "\\" in name or "\0" in name or ".." in steps:
            raise DocumentRefused("document.damaged", reason="MEMBER_NAME")
        # OPC compares part names without regard to case (ISO/IEC 29500-2, 9.1.1.1).
        if name.casefold() in seen:
            raise DocumentRefused("document.damaged", reason="DUPLICATE_MEMBER")
        seen.add(name.casefold())


def _stored_bytes(content: bytes, entry: zipfile.ZipInfo) -> tuple[int, bytes]:
    """Where the member's bytes start in the file, and the bytes; both headers must agree."""
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise DocumentRefused("document.encrypted")
    if entry.compress_type not in {_STORED, _DEFLATED}:
        raise DocumentRefused("document.damaged", reason="METHOD")
    head = content[entry.header_offset : entry.header_offset + _LOCAL_HEADER.size]
    if len(head) < _LOCAL_HEADER.size or not head.startswith(_LOCAL_MAGIC):
        raise DocumentRefused("document.damaged", reason="LOCAL_HEADER")
    fields = _LOCAL_HEADER.unpack(head)
    method, name_length, extra_length = fields[3], fields[9], fields[10]
    start = entry.header_offset + _LOCAL_HEADER.size
    encoding = "utf-8" if fields[2] & 0x800 else "cp437"
    name = content[start : start + name_length].decode(encoding, "replace")
    if method != entry.compress_type or name.split("\0")[0] != entry.orig_filename.split("\0")[0]:
        raise DocumentRefused("document.damaged", reason="HEADERS_DISAGREE")
    start += name_length + extra_length
    raw = content[start : start + entry.compress_size]
    if len(raw) != entry.compress_size:
        raise DocumentRefused("document.damaged", reason="CUT")
    return start, raw


def _counted(entry: zipfile.ZipInfo, raw: bytes, limits: Limits) -> Member:
    """The member with the size it really has."""
    size, crc = 0, 0
    for piece in [raw] if entry.compress_type == _STORED else _inflated(raw):
        size += len(piece)
        crc = crc32(piece, crc)
        if size > limits.zip_member_bytes:
            raise DocumentRefused("docx.zip_bomb", reason="MEMBER", limit=limits.zip_member_bytes)
        if size > MIB and size > limits.zip_ratio * max(len(raw), 1):
            raise DocumentRefused("docx.zip_bomb", reason="RATIO", limit=limits.zip_ratio)
    if size != entry.file_size or crc != entry.CRC:
        raise DocumentRefused("document.damaged", reason="CHECKSUM")
    return Member(name=entry.filename, raw=raw, method=entry.compress_type, size=size, crc=crc)


def _inflated(raw: bytes) -> Iterator[bytes]:
    """The inflated bytes piece by piece, so that a bomb is met at its first megabytes."""
    inflate = zlib.decompressobj(-15)
    rest = raw
    try:
        while True:
            piece = inflate.decompress(rest, _STEP)
            rest = inflate.unconsumed_tail
            yield piece
            if inflate.eof:
                return
            if not piece and not rest:
                raise DocumentRefused("document.damaged", reason="CUT")
    except zlib.error as error:
        raise DocumentRefused("document.damaged", reason="DEFLATE") from error

# SPDX-License-Identifier: Apache-2.0
"""More bytes than one QR code holds, as a series of codes on paper, and back again.

Each code is ``BMJ1:`` and base45 of: the first 8 bytes of the SHA-256 of the whole, the part's
number from 1, how many parts there are (2 bytes each), a CRC-32 over all that and the part's
bytes (4), then those bytes. Parts may be read in any order, more than once, and mixed with those
of other series; what comes out is what went in, by its hash, or nothing.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

from bmnn_mark.tracking import base45

PART_PREFIX = "BMJ1:"
#: Most bytes of the whole in one part: with them a code is full (version 25, level M).
PART_BYTES = 948
#: Symbols of the longest code.
PART_CHARS = 1451
MOST_PARTS = 0xFFFF

_HEADER = Struct(">8sHHI")
_ID_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What was read of one series.

    Attributes:
        name: id of the series, 16 hexadecimal digits.
        parts: how many it has.
        missing: numbers of those that were not read.
        whole: all its bytes; None while parts are missing or where they are not of one piece.
    """

    name: str
    parts: int
    missing: tuple[int, ...]
    whole: bytes | None


def series_name(whole: bytes) -> str:
    """The id of the series that carries these bytes."""
    return hashlib.sha256(whole).hexdigest()[: 2 * _ID_BYTES]


def split(whole: bytes) -> list[str]:
    """The codes' texts, in their order; parts are equally long, so codes are equally full.

    Raises:
        ValueError: more bytes than a series has parts for, or none.

    >>> [len(text) for text in split(bytes(1000))]
    [779, 779]
    """
    many = -(-len(whole) // PART_BYTES)
    if not 0 < many <= MOST_PARTS:
        raise ValueError("no bytes, or too many for one series")
    length = -(-len(whole) // many)
    name = bytes.fromhex(series_name(whole))
    return [
        _text(name, number, many, whole[(number - 1) * length : number * length])
        for number in range(1, many + 1)
    ]


def _text(name: bytes, number: int, many: int, data: bytes) -> str:
    check = _check(name, number, many, data)
    return PART_PREFIX + base45.encode(_HEADER.pack(name, number, many, check) + data)


def _check(name: bytes, number: int, many: int, data: bytes) -> int:
    return zlib.crc32(_HEADER.pack(name, number, many, 0) + data)


def join(untrusted_texts: Iterable[str]) -> tuple[Series, ...]:
    """Put parts together, each series apart, in the order in which they were met.

    Texts that are no parts, or were read wrongly, are nothing.
    """
    met: dict[tuple[bytes, int], dict[int, bytes]] = {}
    for text in untrusted_texts:
        part = _part(text)
        if part is not None:
            name, number, many, data = part
            met.setdefault((name, many), {})[number] = data
    return tuple(_series(name, many, parts) for (name, many), parts in met.items())


def _part(untrusted_text: str) -> tuple[bytes, int, int, bytes] | None:
    if not untrusted_text.startswith(PART_PREFIX) or len(untrusted_text) > PART_CHARS:
        return None
    raw = base45.decode(untrusted_text.removeprefix(PART_PREFIX))
    if raw is None or len(raw) <= _HEADER.size:
        return None
    name, number, many, check = _HEADER.unpack_from(raw)
    data = raw[_HEADER.size :]
    if not 0 < number <= many or _check(name, number, many, data) != check:
        return None
    return name, number, many, data


def _series(name: bytes, many: int, parts: dict[int, bytes]) -> Series:
    missing = tuple(number for number in range(1, many + 1) if number not in parts)
    whole = None if missing else b"".join(parts[number] for number in range(1, many + 1))
    if whole is not None and bytes.fromhex(series_name(whole)) != name:
        whole = None
    return Series(name=name.hex(), parts=many, missing=missing, whole=whole)

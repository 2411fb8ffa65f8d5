# SPDX-License-Identifier: Apache-2.0
"""Lines of canonical JSON as few bytes as paper needs, and back (``docs/register-format.md``).

Half of such a line is hexadecimal digits of ids, hashes and commitments, which no compressor
halves wholly. They are taken out as bytes and compressed apart; what is left is nearly the same
in every line.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

#: First bytes of what is packed: the name and the version of the form.
MAGIC = b"BMJ\x01"
_LENGTH_BYTES = 4
#: Bytes of the values that are taken out, by the byte that stands for each; canonical JSON has
#: none of these bytes.
_TAKEN = {b"\x01": 16, b"\x02": 32, b"\x03": 64}
_STANDS_FOR = {length: mark for mark, length in _TAKEN.items()}
_DIGITS = re.compile(rb'(?<=")(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{32})(?=")')
_MARKS = re.compile(rb"[\x01-\x03]")


class PackError(ValueError):
    """The bytes are not what :func:`pack` gives, or more than asked for."""


def pack(lines: Iterable[bytes]) -> bytes:
    """Pack lines of canonical JSON.

    >>> unpack(pack([b'{"a":1}', b'["x"]']), limit=100)
    [b'{"a":1}', b'["x"]']
    """
    text = b"".join(line + b"\n" for line in lines)
    values = b"".join(bytes.fromhex(found.decode()) for found in _DIGITS.findall(text))
    short = zlib.compress(_DIGITS.sub(_mark_of, text), 9)
    return MAGIC + len(short).to_bytes(_LENGTH_BYTES) + short + zlib.compress(values, 9)


def _mark_of(found: re.Match[bytes]) -> bytes:
    return _STANDS_FOR[len(found[0]) // 2]


def unpack(untrusted_data: bytes, *, limit: int) -> list[bytes]:
    """The lines again.

    Args:
        untrusted_data: from a file or from paper.
        limit: most bytes of all lines together.

    Raises:
        PackError: anything else than bytes of :func:`pack`, or more than ``limit`` in them.
    """
    start = len(MAGIC) + _LENGTH_BYTES
    if not untrusted_data.startswith(MAGIC) or len(untrusted_data) < start:
        raise PackError
    end = start + int.from_bytes(untrusted_data[len(MAGIC) : start])
    marked = _inflate(untrusted_data[start:end], limit)
    values = _inflate(untrusted_data[end:], limit)
    wanted = {mark: marked.count(mark) for mark in _TAKEN}
    digits = sum(many * _TAKEN[mark] for mark, many in wanted.items())
    grown = len(marked) + 2 * digits - sum(wanted.values())
    if digits != len(values) or grown > limit or marked[-1:] != b"\n":
        raise PackError
    return _with_digits(marked, values)[:-1].split(b"\n")


def _inflate(untrusted_data: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(untrusted_data, limit + 1)
    except zlib.error as error:
        raise PackError from error
    if not inflater.eof or inflater.unused_data or len(data) > limit:
        raise PackError
    return data


def _with_digits(marked: bytes, values: bytes) -> bytes:
    at = 0

    def digits(found: re.Match[bytes]) -> bytes:
        nonlocal at
        end = at + _TAKEN[found[0]]
        shown = values[at:end].hex().encode()
        at = end
        return shown

    return _MARKS.sub(digits, marked)

# SPDX-License-Identifier: Apache-2.0
"""A page code as a PNG of fixed length: what a copy's image member is replaced with.

The samples are stored, not deflated, so every code has the same number of bytes. A module is eight
pixels wide, which is one byte of a 1-bit image; so viewers that smooth keep its edges sharp.
"""

from __future__ import annotations

import struct
import zlib

from bmnn_mark.stamps.model import BitMatrix
from bmnn_mark.stamps.qr import MODULES, symbol

_SCALE = 8
#: Samples of the eight modules of a byte, a byte of eight pixels each: black where a bit is set.
_SAMPLES = tuple(
    bytes(0x00 if byte >> bit & 1 else 0xFF for bit in range(7, -1, -1)) for byte in range(256)
)
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def code_png(code_text: str) -> bytes:
    """The PNG of a code's text.

    Raises:
        Fault: ``stamps.code_text``.
    """
    return matrix_png(symbol(code_text), MODULES)


def png_of(matrix: BitMatrix) -> bytes:
    """The PNG of a drawing's bit matrix."""
    return matrix_png(matrix.rows, matrix.modules)


def matrix_png(rows: bytes, modules: int) -> bytes:
    """A 1-bit greyscale PNG, black where a bit is set; the same length for the same ``modules``."""
    pitch = (modules + 7) // 8
    lines = bytearray()
    for row in range(modules):
        samples = b"".join([_SAMPLES[byte] for byte in rows[row * pitch : (row + 1) * pitch]])
        lines += (b"\0" + samples[:modules]) * _SCALE
    side = modules * _SCALE
    head = struct.pack(">2I5B", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(lines), 0)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

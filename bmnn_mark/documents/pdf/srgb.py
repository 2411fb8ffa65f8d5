# SPDX-License-Identifier: Apache-2.0
"""An ICC profile of sRGB, made here so that it is the same bytes everywhere and nobody's but ours.

Version 2.1, a matrix and one curve (ICC.1:2001-04): what PDF/A-1 (ISO 19005-1, 6.2.2) admits too.
"""

from __future__ import annotations

import struct
from functools import cache

_POINTS = 1024
_D50 = (0.9642, 1.0, 0.8249)
#: The primaries of IEC 61966-2-1 as seen under D50 (Bradford).
_PRIMARIES = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}


@cache
def srgb_profile() -> bytes:
    """The profile's bytes."""
    curve = _curve()
    tags = {b"desc": _description(b"sRGB"), b"cprt": b"text\0\0\0\0No copyright claimed\0"}
    tags |= {b"wtpt": _xyz(_D50)} | {name: _xyz(value) for name, value in _PRIMARIES.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _assembled(tags)


def _assembled(tags: dict[bytes, bytes]) -> bytes:
    """Header, table and data; equal data stands in the file once."""
    start = 128 + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        if data not in places:
            places[data] = start + len(body)
            body += data + b"\0" * (-len(data) % 4)
        table += struct.pack(">4sII", name, places[data], len(data))
    head = struct.pack(
        ">I4sI4s4s4s6H4s", start + len(body), b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ",
        2026, 1, 1, 0, 0, 0, b"acsp",
    )  # fmt: skip
    head = head.ljust(68, b"\0") + b"".join(_fixed(one) for one in _D50)
    return head.ljust(128, b"\0") + table + body


def _curve() -> bytes:
    values = (round(65535 * _linear(step / (_POINTS - 1))) for step in range(_POINTS))
    return b"curv\0\0\0\0" + struct.pack(f">I{_POINTS}H", _POINTS, *values)


def _linear(value: float) -> float:
    """Light of an sRGB value (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _description(name: bytes) -> bytes:
    text = name + b"\0"
    head = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text
    return head + b"\0" * (4 + 4 + 2 + 1 + 67)  # no names in other scripts


def _xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_fixed(one) for one in value)


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(number * 65536))

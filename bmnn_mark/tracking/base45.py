# SPDX-License-Identifier: Apache-2.0
"""Base45 (RFC 9285): bytes in the alphabet of a QR code's alphanumeric mode, strict both ways.

The codes of a copy are written and read together: their numbers stand side by side in one long
integer, each in a lane wide enough for what is done to it, so one multiplication does them all.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE = len(ALPHABET)
_SYMBOLS = ALPHABET.encode("ascii").ljust(256)
_NONE = 255
_VALUES = bytes(ALPHABET.find(chr(byte)) % 256 for byte in range(256))
#: Bytes of a lane when encoding, and when decoding.
_WIDE, _NARROW = 5, 4
#: n // 45 is n * factor >> shift, for all n of 16 bits; and for all quotients of these.
_DIVIDE, _DIVIDE_AGAIN = (93207, 22), (46604, 21)


def encode(data: bytes) -> str:
    """The text of ``data``: three symbols for two bytes, two for a last single one.

    >>> encode(b"base-45")
    'UJCLQE7W581'
    """
    pairs = len(data) // 2
    value = (_lanes(data[: 2 * pairs : 2], _WIDE) << 8) + _lanes(data[1 : 2 * pairs : 2], _WIDE)
    high = _divided(value, _DIVIDE, 11, pairs)
    highest = _divided(high, _DIVIDE_AGAIN, 6, pairs)
    digits = ((value - _BASE * high) << 16) + ((high - _BASE * highest) << 8) + highest
    spread = digits.to_bytes(_WIDE * pairs)
    text = bytearray(3 * pairs)
    for place in range(3):
        text[place::3] = spread[_WIDE - 3 + place :: _WIDE]
    if len(data) % 2:
        text += bytes((data[-1] % _BASE, data[-1] // _BASE))
    return text.translate(_SYMBOLS).decode("ascii")


def decode(untrusted_text: str) -> bytes | None:
    """The bytes of a text; None when no bytes have it as their encoding.

    >>> decode("QED8WEX0")
    b'ietf!'
    >>> decode("GGX") is None
    True
    """
    if not untrusted_text.isascii():
        return None
    digits = untrusted_text.encode("ascii").translate(_VALUES)
    triples = len(digits) // 3
    rest = digits[3 * triples :]
    last = rest[0] + _BASE * rest[-1] if rest else 0
    if _NONE in digits or len(rest) == 1 or last > 0xFF:
        return None
    places = (_lanes(digits[place : 3 * triples : 3], _NARROW) for place in range(3))
    value = sum(_BASE**place * lanes for place, lanes in enumerate(places))
    spread = value.to_bytes(_NARROW * triples)
    if any(spread[1::_NARROW]):  # more than two bytes hold
        return None
    data = bytearray(2 * triples)
    data[0::2], data[1::2] = spread[2::_NARROW], spread[3::_NARROW]
    return bytes(data) + bytes((last,) if rest else ())


def _lanes(values: bytes, width: int) -> int:
    """Each byte in a lane of ``width`` bytes."""
    spread = bytearray(width * len(values))
    spread[width - 1 :: width] = values
    return int.from_bytes(spread)


def _divided(lanes: int, by: tuple[int, int], bits: int, count: int) -> int:
    """Each of ``count`` lanes divided by 45; ``bits`` hold any quotient."""
    factor, shift = by
    mask = int.from_bytes(((1 << bits) - 1).to_bytes(_WIDE) * count)
    return lanes * factor >> shift & mask

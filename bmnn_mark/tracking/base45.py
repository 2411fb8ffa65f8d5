# SPDX-License-Identifier: Apache-2.0
"""Base45 (RFC 9285): bytes in the alphabet of a QR code's alphanumeric mode, strict both ways."""

from __future__ import annotations

from struct import unpack

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE = len(ALPHABET)
_SQUARE = _BASE * _BASE
#: The two low digits of a pair of bytes, least significant first.
_LOW = tuple(ALPHABET[n % _BASE] + ALPHABET[n // _BASE] for n in range(_SQUARE))
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """The text of ``data``: three symbols for two bytes, two for a last single one.

    >>> encode(b"base-45")
    'UJCLQE7W581'
    """
    pairs = len(data) // 2
    text = "".join(
        [
            _LOW[value % _SQUARE] + ALPHABET[value // _SQUARE]
            for value in unpack(f">{pairs}H", data[: 2 * pairs])
        ]
    )
    return text + _LOW[data[-1]] if len(data) % 2 else text


def decode(untrusted_text: str) -> bytes | None:
    """The bytes of a text; None when no bytes have it as their encoding.

    >>> decode("QED8WEX0")
    b'ietf!'
    >>> decode("GGX") is None
    True
    """
    try:
        digits = [_VALUE[symbol] for symbol in untrusted_text]
    except KeyError:
        return None
    out = bytearray()
    for start in range(0, len(digits) - len(digits) % 3, 3):
        low, middle, high = digits[start : start + 3]
        value = low + middle * _BASE + high * _SQUARE
        if value > 0xFFFF:
            return None
        out += value.to_bytes(2)
    rest = digits[len(digits) - len(digits) % 3 :]
    if not rest:
        return bytes(out)
    if len(rest) == 1 or (value := rest[0] + rest[1] * _BASE) > 0xFF:
        return None
    return bytes(out) + bytes([value])

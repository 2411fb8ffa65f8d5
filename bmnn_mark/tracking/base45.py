# SPDX-License-Identifier: Apache-2.0
"""Base45 (RFC 9285): bytes in the alphabet of a QR code's alphanumeric mode, strict both ways."""

from __future__ import annotations

from struct import error, pack, unpack

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE = len(ALPHABET)
_SQUARE = _BASE * _BASE
#: The two low digits of a pair of bytes, least significant first.
_LOW = tuple(ALPHABET[n % _BASE] + ALPHABET[n // _BASE] for n in range(_SQUARE))
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_MIDDLE = {symbol: value * _BASE for symbol, value in _VALUE.items()}
_HIGH = {symbol: value * _SQUARE for symbol, value in _VALUE.items()}


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
    end = len(untrusted_text) - len(untrusted_text) % 3
    triples = zip(
        untrusted_text[0:end:3], untrusted_text[1:end:3], untrusted_text[2:end:3], strict=True
    )
    try:
        values = [_VALUE[low] + _MIDDLE[middle] + _HIGH[high] for low, middle, high in triples]
        return pack(f">{len(values)}H", *values) + _last(untrusted_text[end:])
    except (KeyError, error):  # no symbol of the alphabet, or a number past two bytes
        return None


def _last(rest: str) -> bytes:
    """The single last byte, if there is one; KeyError or struct.error where there cannot be."""
    if not rest:
        return b""
    low, middle = rest[0], rest[1:]
    return pack("B", _VALUE[low] + _MIDDLE[middle])

# SPDX-License-Identifier: Apache-2.0
"""Base45 (RFC 9285): bytes in the alphabet of a QR code's alphanumeric mode, strict both ways."""

from __future__ import annotations

from struct import error, pack, unpack

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE = len(ALPHABET)
_SQUARE = _BASE * _BASE
#: The two low digits of a pair of bytes, least significant first.
_LOW = tuple(ALPHABET[n % _BASE] + ALPHABET[n // _BASE] for n in range(_SQUARE))
#: By two ASCII bytes read as one number, the value of two low digits; by one, of a high digit.
_LOW_VALUE = {int.from_bytes(_LOW[n].encode("ascii")): n for n in range(_SQUARE)}
_HIGH_VALUE = {ord(symbol): value * _SQUARE for value, symbol in enumerate(ALPHABET)}


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
    triples = len(untrusted_text) // 3
    try:
        data = untrusted_text.encode("ascii")
        halves = unpack(">" + "HB" * triples, data[: 3 * triples])
        values = [
            _LOW_VALUE[low] + _HIGH_VALUE[high]
            for low, high in zip(halves[::2], halves[1::2], strict=True)
        ]
        last = bytes([_LOW_VALUE[int.from_bytes(rest)]]) if (rest := data[3 * triples :]) else b""
        return pack(f">{triples}H", *values) + last
    except (KeyError, ValueError, error):  # another symbol, half a byte, more than fits
        return None

# SPDX-License-Identifier: Apache-2.0
"""The short reference beside a page code, for people: nine symbols and a check symbol.

45 bits of an HMAC over document, copy and attempt, in Crockford's base32, and the value modulo 37
as the check symbol. It leads to a row of the register and proves nothing.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bmnn_mark.errors import UsageRefused
from bmnn_mark.tracking.key import TraceKey

REFERENCE_CHARS = 10
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS = _DIGITS + "*~$=U"
_VALUE = {symbol: value for value, symbol in enumerate(_DIGITS)}
_CHECK_VALUE = {symbol: value for value, symbol in enumerate(_CHECKS)}
_LOOK_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
_BITS = 45


@lru_cache(maxsize=32)
def _reference_key(secret: bytes) -> bytes:
    return HKDF(
        algorithm=hashes.SHA256(), length=32, salt=None, info=b"bmnn-mark/short-reference/1"
    ).derive(secret)


def reference(key: TraceKey, document_id: str, number: int, attempt: int, again: int = 0) -> int:
    """The reference of one attempt at one copy, 45 bits.

    Args:
        key: the register's trace key.
        document_id: opaque id of the document.
        number: k of n.
        attempt: from 1.
        again: counts up where an earlier value was taken by another attempt.
    """
    message = f"{document_id}/{number}/{attempt}/{again}".encode()
    digest = hmac.digest(_reference_key(key.secret), message, "sha256")
    return int.from_bytes(digest[:6]) >> (48 - _BITS)


def show_reference(value: int) -> str:
    """The ten symbols that people read.

    >>> show_reference(0), show_reference((1 << 45) - 1)
    ('0000000000', 'ZZZZZZZZZY')
    """
    digits = "".join(_DIGITS[value >> shift & 31] for shift in range(_BITS - 5, -1, -5))
    return digits + _CHECKS[value % 37]


def parse_reference(untrusted_text: str) -> int:
    """The value of a reference that a person typed, in any case, with or without hyphens.

    O is read as 0, I and L as 1. Any one wrong symbol, or two neighbours swapped, is noticed.

    Raises:
        UsageRefused: ``trace.reference_wrong``.

    >>> parse_reference("zzzz-zzzz-zy") == (1 << 45) - 1
    True
    """
    text = untrusted_text.strip().upper().translate(_LOOK_ALIKE)
    try:
        value = 0
        for symbol in text[: REFERENCE_CHARS - 1]:
            value = value << 5 | _VALUE[symbol]
        holds = (
            untrusted_text.isascii()
            and len(text) == REFERENCE_CHARS
            and value % 37 == _CHECK_VALUE[text[-1:]]
        )
    except KeyError:
        holds, value = False, 0
    if not holds:
        raise UsageRefused("trace.reference_wrong")
    return value

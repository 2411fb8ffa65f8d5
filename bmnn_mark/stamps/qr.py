# SPDX-License-Identifier: Apache-2.0
"""The page code's QR symbol in microseconds: version 4, level Q, one fixed mask.

With version, level, mask and payload length fixed, each module of a QR symbol is an affine
function of the payload's bits over GF(2): Reed-Solomon is linear, the mask a constant. So a symbol
is the symbol of the zero payload XOR one pattern for each bit that is set. ``qr-4q.bin`` holds
those patterns as the reference encoder ``qrcode`` draws them (``script/qr-patterns`` writes it, a
test draws them again); here they are only added up, eight bits at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bmnn_mark.errors import Fault

#: Symbol version, error correction level and mask pattern of every page code.
VERSION, LEVEL, MASK = 4, "Q", 0
#: Modules along a side.
MODULES = 33
#: Bytes of one row of modules, and of a symbol.
ROW_BYTES = 5
SYMBOL_BYTES = MODULES * ROW_BYTES
#: Alphanumeric characters that fill the symbol exactly (ISO/IEC 18004, table 7).
TEXT_LENGTH = 67
#: The alphanumeric mode's characters in the order of their values (ISO/IEC 18004, table 5).
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
#: Payload bits: 11 for each pair of characters, 6 for the last one.
PAYLOAD_BITS = 11 * (TEXT_LENGTH // 2) + 6

PATTERNS_FILE = Path(__file__).parent / "qr-4q.bin"

#: What a character adds to the 22 bits of its four, which are two pairs of 45 x first + second.
_WEIGHTS = (45 << 11, 1 << 11, 45, 1)
_FOUR_BITS, _FOUR_BYTES = 22, 3
#: Bits that come before the last character's six when it is written as one of a pair.
_EMPTY_BITS = 5
_PAYLOAD_BYTES = (TEXT_LENGTH + 1) // 4 * _FOUR_BYTES
_NONE = 255
_VALUES = bytes(ALPHABET.find(chr(byte)) % 256 for byte in range(256))


def symbol(text: str) -> bytes:
    """The symbol of a page code: 33 rows of 5 bytes, most significant bit leftmost, 1 = dark.

    Args:
        text: 67 characters of the alphanumeric mode.

    Raises:
        Fault: ``stamps.code_text`` (another length or another character).
    """
    return symbols((text,))[0]


def symbols(texts: Sequence[str]) -> list[bytes]:
    """The symbols of page codes, as :func:`symbol`; many together cost half of one by one.

    Raises:
        Fault: ``stamps.code_text`` (another length or another character).
    """
    zero, tables = _tables()
    payloads = _payloads(texts)
    drawn = [zero] * len(texts)
    for place, table in enumerate(tables):  # one table at a time stays in the processor's cache
        column = payloads[place::_PAYLOAD_BYTES]
        drawn = [modules ^ table[byte] for modules, byte in zip(drawn, column, strict=True)]
    return [modules.to_bytes(SYMBOL_BYTES) for modules in drawn]


def _payloads(texts: Sequence[str]) -> bytes:
    """The payload bits of all texts, four characters in 22 bits of three bytes.

    All fours are reckoned together, side by side in one long integer.
    """
    if not all(len(text) == TEXT_LENGTH and text.isascii() for text in texts):
        raise Fault("stamps.code_text")
    paired = "".join([f"{text[:-1]}0{text[-1]}" for text in texts])
    values = paired.encode("ascii").translate(_VALUES)
    if _NONE in values:
        raise Fault("stamps.code_text")
    total = 0
    for place, weight in enumerate(_WEIGHTS):
        lanes = bytearray(len(values) // 4 * _FOUR_BYTES)
        lanes[_FOUR_BYTES - 1 :: _FOUR_BYTES] = values[place::4]
        total += weight * int.from_bytes(lanes)
    return total.to_bytes(_PAYLOAD_BYTES * len(texts))


@cache
def _tables() -> tuple[int, tuple[tuple[int, ...], ...]]:
    """The zero symbol, and the patterns by payload byte."""
    data = PATTERNS_FILE.read_bytes()
    zero, *patterns = (
        int.from_bytes(data[at : at + SYMBOL_BYTES]) for at in range(0, len(data), SYMBOL_BYTES)
    )
    last = PAYLOAD_BITS - 6
    patterns = [*patterns[:last], *[0] * _EMPTY_BITS, *patterns[last:]]
    tables = []
    for four in range(0, len(patterns), _FOUR_BITS):
        ends = range(four + _FOUR_BITS % 8, four + _FOUR_BITS + 1, 8)
        for end in ends:
            table = [0]
            for pattern in reversed(patterns[max(four, end - 8) : end]):
                table += [pattern ^ one for one in table]
            tables.append(tuple(table))
    return zero, tuple(tables)

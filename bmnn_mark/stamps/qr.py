# SPDX-License-Identifier: Apache-2.0
"""The page code's QR symbol in microseconds: version 4, level Q, one fixed mask.

With version, level, mask and payload length fixed, each module of a QR symbol is an affine
function of the payload's bits over GF(2): Reed-Solomon is linear, the mask a constant. So a symbol
is the symbol of the zero payload XOR one pattern for each bit that is set. ``qr-4q.bin`` holds
those patterns as the reference encoder ``qrcode`` draws them (``script/qr-patterns`` writes it, a
test draws them again); here they are only added up, eight bits at a time.
"""

from __future__ import annotations

import struct
from functools import cache, reduce
from itertools import product
from operator import getitem, xor
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

_PAYLOAD_BYTES = -(-PAYLOAD_BITS // 8)
_TEXT = struct.Struct(f">{TEXT_LENGTH // 2}HB")


def symbol(text: str) -> bytes:
    """The symbol of a page code: 33 rows of 5 bytes, most significant bit leftmost, 1 = dark.

    Args:
        text: 67 characters of the alphanumeric mode.

    Raises:
        Fault: ``stamps.code_text`` (another length or another character).
    """
    pairs, singles, zero, tables = _tables()
    try:
        *read_pairs, last = _TEXT.unpack(text.encode("ascii"))
        bits = "".join(map(pairs.__getitem__, read_pairs)) + singles[last]
    except (KeyError, struct.error, UnicodeEncodeError) as error:
        raise Fault("stamps.code_text") from error
    payload = int(bits, 2).to_bytes(_PAYLOAD_BYTES)
    return reduce(xor, map(getitem, tables, payload), zero).to_bytes(SYMBOL_BYTES)


@cache
def _tables() -> tuple[dict[int, str], dict[int, str], int, tuple[tuple[int, ...], ...]]:
    """Bits of character pairs and of the last one, the zero symbol, and patterns by byte.

    A pair is known by its two ASCII bytes read as one number.
    """
    pairs = {
        ord(first) << 8 | ord(second): f"{45 * high + low:011b}"
        for (high, first), (low, second) in product(enumerate(ALPHABET), repeat=2)
    }
    singles = {ord(char): f"{value:06b}" for value, char in enumerate(ALPHABET)}
    data = PATTERNS_FILE.read_bytes()
    zero, *patterns = (
        int.from_bytes(data[at : at + SYMBOL_BYTES]) for at in range(0, len(data), SYMBOL_BYTES)
    )
    patterns = [0] * (-PAYLOAD_BITS % 8) + patterns  # to_bytes pads at the front
    tables = []
    for at in range(0, len(patterns), 8):
        table = [0]
        for pattern in reversed(patterns[at : at + 8]):
            table += [pattern ^ one for one in table]
        tables.append(tuple(table))
    return pairs, singles, zero, tuple(tables)

# SPDX-License-Identifier: Apache-2.0
"""The page code: sealed when a copy is made, opened when a sheet turns up again.

A code is ``BM1:`` and 63 symbols of base45: 3 bytes of key id in the clear, then AES-SIV
(RFC 5297) over 23 bytes: format, position, page, attempt, root. Its associated data is ``BM1``
and the key id. 67 alphanumeric symbols are exactly a QR symbol of version 4, level Q.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from struct import Struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from bmnn_mark.errors import Fault, RegisterRefused
from bmnn_mark.tracking import base45
from bmnn_mark.tracking.key import KEY_ID_BYTES, TraceKey, is_rehearsal

PREFIX = "BM1:"
CODE_CHARS = 67
ROOT_BYTES = 14
#: Page number of a cover or an envelope.
COVER_PAGE = 0
#: Page number of a code that stands for the whole copy.
WHOLE_COPY = 65535
MAX_POSITION = (1 << 40) - 1
MAX_ATTEMPT = 255

_FORMAT = 1
_BODY = Struct(">BBLHB14s")
_TEXT_CHARS = CODE_CHARS - len(PREFIX)
_CODE_BYTES = _TEXT_CHARS // 3 * 2
_KEY_ID_CHARS = 6  # of base45: the key id's three bytes and one more


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCode:
    """What one page's code says.

    Attributes:
        position: size of the register's tree just after the leaf that reserved this attempt.
        page: page number in the copy; 0 for a cover, 65535 for the whole copy.
        attempt: which attempt at this copy, from 1.
        root: first 14 bytes of the tree's root hash at that size.
    """

    position: int
    page: int
    attempt: int
    root: bytes


class Outcome(StrEnum):
    """How the reading of a code ended."""

    OURS = "ours"
    NOT_OURS = "not-ours"
    """Another kind of code, or sealed by a key that is not here."""
    FORGED = "forged"
    """It names a key of ours, and the seal does not hold."""
    NOT_FOUND = "not-found"
    """There is no code at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came of opening one code.

    Attributes:
        outcome: how it ended; ``code`` is there only for OURS.
        rehearsal: the code names a rehearsal register's key, ours or not.
        key_id: the key it names; None where it is no page code.
    """

    outcome: Outcome
    rehearsal: bool = False
    key_id: bytes | None = None
    code: PageCode | None = None


@lru_cache(maxsize=32)
def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(secret)  # the key schedule costs more than a seal


def seal(key: TraceKey, code: PageCode) -> str:
    """The code's text, 67 symbols; the same one for the same key and code.

    Raises:
        Fault: ``trace.out_of_range``: a number that has no place in a code.
    """
    return seal_pages(
        key, position=code.position, attempt=code.attempt, root=code.root, pages=(code.page,)
    )[0]


def seal_pages(
    key: TraceKey, *, position: int, attempt: int, root: bytes, pages: Iterable[int]
) -> list[str]:
    """The texts of one attempt's codes, one for each page number of ``pages``, in their order.

    Raises:
        Fault: ``trace.out_of_range``: a number that has no place in a code.
    """
    numbers = tuple(pages)
    _check_range(position, attempt, root, numbers)
    high, low = position >> 32, position & 0xFFFFFFFF
    key_id = key.key_id
    bound_to = [b"BM1" + key_id]
    encrypt, pack = _cipher(key.secret).encrypt, _BODY.pack
    sealed = b"".join(
        [
            key_id + encrypt(pack(_FORMAT, high, low, page, attempt, root), bound_to)
            for page in numbers
        ]
    )
    texts = base45.encode(sealed)  # a code's bytes are even in number, so they end with a symbol
    return [PREFIX + texts[at : at + _TEXT_CHARS] for at in range(0, len(texts), _TEXT_CHARS)]


def first_unsealed(
    key: TraceKey,
    texts: Sequence[str],
    *,
    position: int,
    attempt: int,
    root: bytes,
    pages: Iterable[int],
) -> int | None:
    """Open one attempt's codes again: the first page whose text does not open to just its code.

    Args:
        key: opens them.
        texts: as :func:`seal_pages` gave them.
        position: of the attempt, and so ``attempt`` and ``root``.
        attempt: which attempt.
        root: of the register's tree.
        pages: the page number of each text.

    Returns:
        None where every one does.

    Raises:
        Fault: ``trace.out_of_range``: a number that has no place in a code.
    """
    numbers = tuple(pages)
    _check_range(position, attempt, root, numbers)
    high, low = position >> 32, position & 0xFFFFFFFF
    head, bound_to = key.key_id, [b"BM1" + key.key_id]
    decrypt, pack = _cipher(key.secret).decrypt, _BODY.pack
    for page, data in zip(numbers, _decoded(texts), strict=True):
        if data is None or data[:KEY_ID_BYTES] != head:
            return page
        try:
            body = decrypt(data[KEY_ID_BYTES:], bound_to)
        except InvalidTag:
            return page
        if body != pack(_FORMAT, high, low, page, attempt, root):
            return page
    return None


def _decoded(texts: Sequence[str]) -> list[bytes | None]:
    """Key id and seal of each code; None for a text that is none."""
    bare = [text.removeprefix(PREFIX) for text in texts]
    whole = all(
        len(text) == CODE_CHARS and len(rest) == _TEXT_CHARS
        for text, rest in zip(texts, bare, strict=True)
    )
    data = base45.decode("".join(bare)) if whole else None
    if data is not None:
        return [data[at : at + _CODE_BYTES] for at in range(0, len(data), _CODE_BYTES)]
    if len(texts) == 1:
        return [None]
    return [one for text in texts for one in _decoded((text,))]


def _check_range(position: int, attempt: int, root: bytes, pages: tuple[int, ...]) -> None:
    for field, holds in (
        ("position", 1 <= position <= MAX_POSITION),
        ("attempt", 1 <= attempt <= MAX_ATTEMPT),
        ("root", len(root) == ROOT_BYTES),
        ("page", all(0 <= page <= WHOLE_COPY for page in pages)),
    ):
        if not holds:
            raise Fault("trace.out_of_range", field=field)


def open_code(untrusted_text: str, keys: Iterable[TraceKey]) -> Reading:
    """Open a code that was read from paper or typed.

    Args:
        untrusted_text: the code's text, exactly as read.
        keys: the trace keys at hand; several may have one id.

    Raises:
        RegisterRefused: ``trace.newer_format``: sealed by a key of ours in a form that a later
            version of this program made.
    """
    if not untrusted_text.strip():
        return Reading(outcome=Outcome.NOT_FOUND)
    if not untrusted_text.startswith(PREFIX):
        return Reading(outcome=Outcome.NOT_OURS)
    text = untrusted_text.removeprefix(PREFIX)
    data = base45.decode(text) if len(text) == _TEXT_CHARS else None
    start = base45.decode(text[:_KEY_ID_CHARS]) if data is None else data
    if start is None or len(start) <= KEY_ID_BYTES:
        return Reading(outcome=Outcome.NOT_OURS)
    key_id = start[:KEY_ID_BYTES]
    rehearsal = is_rehearsal(key_id)
    known = [key for key in keys if key.key_id == key_id]
    if not known:
        return Reading(outcome=Outcome.NOT_OURS, rehearsal=rehearsal, key_id=key_id)
    for key in known if data is not None else ():
        assert data is not None
        code = _unseal(key, data[KEY_ID_BYTES:])
        if code is not None:
            return Reading(outcome=Outcome.OURS, rehearsal=rehearsal, key_id=key_id, code=code)
    return Reading(outcome=Outcome.FORGED, rehearsal=rehearsal, key_id=key_id)


def _unseal(key: TraceKey, sealed: bytes) -> PageCode | None:
    try:
        body = _cipher(key.secret).decrypt(sealed, [b"BM1" + key.key_id])
    except InvalidTag:
        return None
    form, high, low, page, attempt, root = _BODY.unpack(body)
    if form != _FORMAT:
        raise RegisterRefused("trace.newer_format", format=form)
    return PageCode(position=high << 32 | low, page=page, attempt=attempt, root=root)

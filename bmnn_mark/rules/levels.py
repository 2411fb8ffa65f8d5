# SPDX-License-Identifier: Apache-2.0
"""The closed sets of the field: levels of secrecy, of urgency, and what is said about copying."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class Level(StrEnum):
    """Độ mật, lowest first (Luật 29/2018 Điều 8; kept in Luật 117/2025)."""

    MAT = "mat"
    TOI_MAT = "toi-mat"
    TUYET_MAT = "tuyet-mat"


class Urgency(StrEnum):
    """Mức độ khẩn (NĐ 30/2020)."""

    KHAN = "khan"
    THUONG_KHAN = "thuong-khan"
    HOA_TOC = "hoa-toc"


class Copying(StrEnum):
    """Được phép hay không được phép sao, chụp (NĐ 26/2020 Điều 2.1)."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"


#: How much a wrongly typed level must resemble a right one to be suggested (difflib's ratio).
_LIKENESS = 0.6


def suggest_level(untrusted_text: str) -> Level | None:
    """The level somebody probably meant; only to be offered, never to be taken.

    Args:
        untrusted_text: what was typed: with or without accents, in any case.

    Returns:
        The nearest level, or None where nothing is near.

    >>> suggest_level("TỐI MẬT"), suggest_level("tuyet mật"), suggest_level("công khai")
    (<Level.TOI_MAT: 'toi-mat'>, <Level.TUYET_MAT: 'tuyet-mat'>, None)
    """
    from difflib import get_close_matches  # noqa: PLC0415 - costs 2 ms, for a typing error only

    folded = unicodedata.normalize("NFD", untrusted_text[:80].casefold())
    letters = "".join(
        char if char.isalnum() else " " for char in folded if not unicodedata.combining(char)
    )
    near = get_close_matches("-".join(letters.split()), list(Level), n=1, cutoff=_LIKENESS)
    return Level(near[0]) if near else None

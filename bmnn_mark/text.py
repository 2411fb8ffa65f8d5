# SPDX-License-Identifier: Apache-2.0
"""Lines that people type or files claim: checked on the way in, harmless on the way out."""

from __future__ import annotations

import unicodedata

from bmnn_mark.errors import UsageRefused
from bmnn_mark.limits import DEFAULT_LIMITS

#: Unicode categories that may not stand in a one-line value: controls, formats (bidi overrides
#: among them), surrogates, private use, unassigned, line and paragraph separators.
_BANNED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_line(field: str, untrusted_value: str, *, limit: int = DEFAULT_LIMITS.field_chars) -> str:
    """The value in NFC with outer blanks removed.

    Args:
        field: the stable name of the field, for the refusal.
        untrusted_value: what was typed or read.
        limit: most characters.

    Raises:
        UsageRefused: ``input.control_character``, ``input.empty`` or ``input.too_long``.

    >>> one_line("actor", "  Nguye\u0302\u0303n  An ")
    'Nguyễn An'
    """
    if any(unicodedata.category(char) in _BANNED for char in untrusted_value):
        raise UsageRefused("input.control_character", field=field)
    value = " ".join(unicodedata.normalize("NFC", untrusted_value).split())
    if not value:
        raise UsageRefused("input.empty", field=field)
    if len(value) > limit:
        raise UsageRefused("input.too_long", field=field, limit=limit)
    return value


def name_key(name: str) -> str:
    """What is equal for two spellings of one name: however wide, in which case, where the tone is.

    Vietnamese is written with the tone mark on either of two vowels, and both are right.

    >>> name_key("TRẦN THỊ  HÒA") == name_key("Trần Thị Hoà")
    True
    >>> name_key("Trần Thị Hòa") == name_key("Trần Thị Hoa")
    False
    """
    syllables = unicodedata.normalize("NFKD", name.casefold()).split()
    return " ".join("".join(sorted(one, key=unicodedata.combining)) for one in syllables)


def shown(untrusted_value: str, *, limit: int = 80) -> str:
    """The value fit to be shown on a terminal: no control or format characters, not too long."""
    safe = "".join(
        "�" if unicodedata.category(char) in _BANNED else char for char in untrusted_value
    )
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"

# SPDX-License-Identifier: Apache-2.0
"""Values of figures as people write them: ``30 x 8``, ``20 - 25``, ``208, 2, 27``, ``có``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from bmnn_mark.errors import RulesRefused, UsageRefused
from bmnn_mark.rules.figures import (
    Count,
    Day,
    Days,
    Figure,
    Flag,
    InkChoice,
    InkColour,
    Length,
    LengthSpan,
    OuterSize,
    StampSize,
    TextSize,
    Wording,
    Years,
)
from bmnn_mark.text import one_line

#: Most characters of a value; a book's columns are one.
_LONGEST_VALUE = 1000
_NUMBER = r"\d+(?:[.,]\d+)?"
_SIZE = re.compile(
    rf"(?:(?P<fits>\*)|(?P<least>>=)?\s*(?P<width>{_NUMBER}))\s*[x×]\s*(\*|{_NUMBER})"
)
_SPAN = re.compile(rf"({_NUMBER})\s*-\s*({_NUMBER})")
_FLAGS = {
    "có": True, "co": True, "yes": True, "true": True,
    "không": False, "khong": False, "no": False, "false": False,
}  # fmt: skip
_INKS = {"đỏ": "red", "do": "red", "red": "red", "đen": "black", "den": "black", "black": "black"}


def show_value(figure: Figure) -> str:
    """A figure's value as a person writes it, without its unit.

    >>> from bmnn_mark.rules import load_pack
    >>> pack = load_pack("tt24-2020")
    >>> [show_value(pack.figure(path)) for path in ("toi-mat.size", "ban-so.size", "toi-mat.bold")]
    ['30 x 8', '* x 8', 'yes']
    """
    value: Any = getattr(figure, "value")  # noqa: B009 - every kind of figure has one
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StampSize):
        least = f">={value.least_width:g}" if value.least_width is not None else "*"
        width = least if value.width is None else f"{value.width:g}"
        return f"{width} x {'*' if value.height is None else f'{value.height:g}'}"
    if isinstance(figure, LengthSpan):
        return f"{figure.value.least:g} - {figure.value.most:g}"
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def unit_of(figure: Figure) -> str:
    """The unit of a figure; empty where it has none."""
    return str(getattr(figure, "unit", ""))


def parse_value(path: str, kind: type[Figure], untrusted_text: str) -> object:
    """The value that somebody wrote, as plain data for an overlay.

    Args:
        path: the figure, for the refusal.
        kind: what kind of figure it is.
        untrusted_text: what was written.

    Raises:
        RulesRefused: ``rules.value_wrong``.

    >>> parse_value("toi-mat.size", OuterSize, "30x8")
    {'height': 8.0, 'least_width': None, 'width': 30.0}
    """
    try:
        return _READERS[kind](one_line("--value", untrusted_text, limit=_LONGEST_VALUE))
    except (ValueError, UsageRefused):
        raise RulesRefused("rules.value_wrong", figure=path) from None


def _number(text: str) -> float:
    if not re.fullmatch(_NUMBER, text):
        raise ValueError
    return float(text.replace(",", "."))


def _size(text: str) -> object:
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError
    width = None if found["fits"] else _number(found["width"])
    height = None if found[4] == "*" else _number(found[4])
    least = width if found["least"] else None
    return {"height": height, "least_width": least, "width": None if found["least"] else width}


def _span(text: str) -> object:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError
    return {"least": _number(found[1]), "most": _number(found[2])}


def _one_of(choices: Mapping[str, object]) -> Callable[[str], object]:
    def read(text: str) -> object:
        if text.casefold() not in choices:
            raise ValueError
        return choices[text.casefold()]

    return read


def _colour(text: str) -> object:
    parts = [int(part) for part in text.split(",")]
    if len(parts) != 3:
        raise ValueError
    return parts


def _whole(text: str) -> object:
    if not re.fullmatch(r"\d{1,4}", text):
        raise ValueError
    return int(text)


_READERS: Mapping[type[Figure], Callable[[str], object]] = {
    Length: _number,
    TextSize: _number,
    Count: _whole,
    Years: _whole,
    Days: _whole,
    OuterSize: _size,
    LengthSpan: _span,
    Flag: _one_of(_FLAGS),
    InkChoice: _one_of(_INKS),
    InkColour: _colour,
    Day: lambda text: date.fromisoformat(text).isoformat(),
    Wording: lambda text: text,
}

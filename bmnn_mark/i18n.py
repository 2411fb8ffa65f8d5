# SPDX-License-Identifier: Apache-2.0
"""Every sentence a person reads, in Vietnamese and English, through one catalogue.

The catalogue lies beside this module in ``words/<area>.toml``; the area is the part of a key
before the first dot. An entry holds ``vi`` and ``en`` and, for a refusal or a finding, the next
step as ``next_vi`` and ``next_en``. ``{blanks}`` are filled from the arguments; a blank like
``{hit:marks.hit}`` names the words of a code: filled with ``ink`` it reads ``marks.hit.ink``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter

WORDS_FOLDER = Path(__file__).parent / "words"


class Lang(StrEnum):
    """A language of the catalogue."""

    VI = "vi"
    EN = "en"


def choose_lang(asked: str | None, configured: str | None) -> Lang:
    """The language to speak: asked for, else ``BMNN_LANG``, else configured, else the locale.

    A locale of ``vi*``, ``C``, ``POSIX`` or none means Vietnamese; any other, English.
    """
    for choice in (asked, os.environ.get("BMNN_LANG"), configured):
        if choice in {Lang.VI.value, Lang.EN.value}:
            return Lang(choice)
    name = next(
        (os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), ""
    )
    base = name.split(".")[0].split("@")[0]
    return Lang.VI if base in {"", "C", "POSIX"} or base.startswith("vi") else Lang.EN


@cache
def area_words(area: str) -> Mapping[str, Mapping[str, str]]:
    """The entries of one area of the catalogue, by the rest of their key."""
    with (WORDS_FOLDER / f"{area}.toml").open("rb") as file:
        entries: Mapping[str, Mapping[str, str]] = tomllib.load(file)
    return entries


def areas() -> tuple[str, ...]:
    """The areas of the catalogue, sorted."""
    return tuple(sorted(path.stem for path in WORDS_FOLDER.glob("*.toml")))


def has_words(untrusted_key: str) -> bool:
    """Whether the catalogue has an entry of that key.

    >>> has_words("document.encrypted"), has_words("document.nonsense"), has_words("../x.y")
    (True, False, False)
    """
    area, _, rest = untrusted_key.partition(".")
    return area in areas() and rest in area_words(area)


def words(key: str, lang: Lang, /, **blanks: object) -> str:
    """The text of ``key`` in ``lang`` with its blanks filled.

    Raises:
        KeyError: no such entry; a test holds that this cannot happen for a key in the code.

    >>> words("output.unwritable", Lang.EN, reason="ENOSPC")
    'The output cannot be written (the disk is full).'
    """
    return _fill(_entry(key)[lang.value], blanks, lang)


def next_step(key: str, lang: Lang, /, **blanks: object) -> str:
    """What to do about ``key``, in ``lang``; empty where the entry names nothing."""
    return _fill(_entry(key).get(f"next_{lang.value}", ""), blanks, lang)


def _entry(key: str) -> Mapping[str, str]:
    area, _, rest = key.partition(".")
    return area_words(area)[rest]


class _Lenient(Formatter):
    """Leaves a blank visible as an ellipsis rather than failing while reporting a failure."""

    def __init__(self, lang: Lang) -> None:
        self._lang = lang

    def get_value(self, key: int | str, args: object, kwargs: Mapping[str, object]) -> object:
        return kwargs.get(str(key), "…")

    def format_field(self, value: object, format_spec: str) -> str:
        key = f"{format_spec}.{value}"
        return words(key, self._lang) if format_spec and has_words(key) else str(value)


def _fill(text: str, blanks: Mapping[str, object], lang: Lang) -> str:
    return _Lenient(lang).vformat(text, (), blanks) if "{" in text else text

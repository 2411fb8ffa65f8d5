# SPDX-License-Identifier: Apache-2.0
"""Packs are data files; one that is wrong in any way does not load."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules.checks import PackWrongError, build_pack
from bmnn_mark.rules.model import RulePack

PACKS_FOLDER = Path(__file__).parent / "packs"


@cache
def pack_ids() -> tuple[str, ...]:
    """The ids of the packs that ship, oldest rules first."""
    ids = [path.stem for path in PACKS_FOLDER.glob("*.toml")]
    return tuple(sorted(ids, key=lambda one: load_pack(one).validity.first.value))


@cache
def load_pack(pack_id: str) -> RulePack:
    """The pack of an id.

    Raises:
        RulesRefused: ``rules.unknown_pack``, ``rules.pack_wrong``.

    >>> load_pack("tt24-2020").stamp("toi-mat").wording.value
    'TỐI MẬT'
    """
    path = PACKS_FOLDER / f"{pack_id}.toml"
    if path.parent != PACKS_FOLDER or not path.is_file():
        raise RulesRefused("rules.unknown_pack")
    return parse_pack(path.read_text(encoding="utf-8"), pack_id)


def parse_pack(untrusted_text: str, pack_id: str) -> RulePack:
    """Read a pack from the text of its file.

    Raises:
        RulesRefused: ``rules.pack_wrong`` with the key that is wrong.
    """
    try:
        raw: Mapping[str, Any] = tomllib.loads(untrusted_text)
        return build_pack(raw, pack_id)
    except tomllib.TOMLDecodeError as error:
        raise RulesRefused("rules.pack_wrong", pack=pack_id, key="") from error
    except PackWrongError as error:
        raise RulesRefused("rules.pack_wrong", pack=pack_id, key=error.key) from error


def pack_for(day: date) -> RulePack:
    """The pack that governs an act of that day.

    Args:
        day: for issuing, the document's date; for giải mật, gia hạn, điều chỉnh, thu hồi and
            bản sao, the date of that decision.

    Raises:
        RulesRefused: ``rules.no_pack`` (no pack governs that day).
    """
    for pack_id in pack_ids():
        pack = load_pack(pack_id)
        last = pack.validity.last
        if pack.validity.first.value <= day and (last is None or day <= last.value):
            return pack
    raise RulesRefused("rules.no_pack", day=day.isoformat())

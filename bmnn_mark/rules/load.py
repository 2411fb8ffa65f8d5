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
from bmnn_mark.rules.agency import AgencyFigure
from bmnn_mark.rules.checks import PackWrongError, build_pack, overlaid
from bmnn_mark.rules.model import RulePack

PACKS_FOLDER = Path(__file__).parent / "packs"


@cache
def pack_ids() -> tuple[str, ...]:
    """The ids of the packs that ship, oldest rules first."""
    ids = [path.stem for path in PACKS_FOLDER.glob("*.toml")]
    return tuple(sorted(ids, key=lambda one: load_pack(one).validity.first.value))


def load_pack(pack_id: str, overlay: tuple[AgencyFigure, ...] = ()) -> RulePack:
    """The pack of an id.

    Args:
        pack_id: one of :func:`pack_ids`.
        overlay: figures that an officer confirmed; those of other packs make no difference.

    Raises:
        RulesRefused: ``rules.unknown_pack``, ``rules.pack_wrong``; ``rules.overlay_wrong`` with
            the confirmed figure that is wrong.

    >>> load_pack("tt24-2020").stamp("toi-mat").wording.value
    'TỐI MẬT'
    """
    return _load(pack_id, tuple(one for one in overlay if one.pack == pack_id))


@cache
def _load(pack_id: str, overlay: tuple[AgencyFigure, ...]) -> RulePack:
    text = _text_of(pack_id)
    pack = parse_pack(text, pack_id)
    if not overlay:
        return pack
    try:
        return overlaid(tomllib.loads(text), pack_id, overlay)
    except PackWrongError as error:
        raise RulesRefused("rules.overlay_wrong", pack=pack_id, key=error.key) from error


def _text_of(pack_id: str) -> str:
    path = PACKS_FOLDER / f"{pack_id}.toml"
    if path.parent != PACKS_FOLDER or not path.is_file():
        raise RulesRefused("rules.unknown_pack")
    return path.read_text(encoding="utf-8")


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


def pack_for(day: date, overlay: tuple[AgencyFigure, ...] = ()) -> RulePack:
    """The pack that governs an act of that day.

    Args:
        day: for issuing, the document's date; for giải mật, gia hạn, điều chỉnh, thu hồi and
            bản sao, the date of that decision.
        overlay: as of :func:`load_pack`.

    Raises:
        RulesRefused: ``rules.no_pack`` (no pack governs that day), ``rules.overlay_wrong``.
    """
    for pack_id in pack_ids():
        pack = load_pack(pack_id, overlay)
        last = pack.validity.last
        if pack.validity.first.value <= day and (last is None or day <= last.value):
            return pack
    raise RulesRefused("rules.no_pack", day=day.isoformat())

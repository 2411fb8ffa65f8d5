# SPDX-License-Identifier: Apache-2.0
"""The law as dated data, every figure with where it comes from.

The packs and their schema are loaded at first use: naming a level costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bmnn_mark.rules.agency import AgencyFigure
from bmnn_mark.rules.levels import Copying, Level, Urgency, suggest_level

if TYPE_CHECKING:
    from bmnn_mark.rules.figures import Basis, Figure, Provenance
    from bmnn_mark.rules.load import load_pack, pack_for, pack_ids, parse_pack
    from bmnn_mark.rules.model import COPY_NUMBER, SYMBOLS, RulePack, StampId, StampRule

__all__ = [
    "COPY_NUMBER",
    "SYMBOLS",
    "AgencyFigure",
    "Basis",
    "Copying",
    "Figure",
    "Level",
    "Provenance",
    "RulePack",
    "StampId",
    "StampRule",
    "Urgency",
    "load_pack",
    "pack_for",
    "pack_ids",
    "parse_pack",
    "suggest_level",
]

_LATER = {
    "COPY_NUMBER": "model",
    "SYMBOLS": "model",
    "StampId": "model",
    "load_pack": "load",
    "pack_for": "load",
    "pack_ids": "load",
    "parse_pack": "load",
    "Basis": "figures",
    "Figure": "figures",
    "Provenance": "figures",
    "RulePack": "model",
    "StampRule": "model",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(name)
    return getattr(import_module(f"bmnn_mark.rules.{_LATER[name]}"), name)

# SPDX-License-Identifier: Apache-2.0
"""A figure as an officer confirmed it against the official text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyFigure:
    """One figure of a rule pack, compared with the official text and put in place of the shipped.

    Attributes:
        pack: id of the rule pack.
        figure: path of the figure: ``toi-mat.size``.
        value: its value as JSON text, keys sorted.
        instrument: the official text.
        clause: article or form of it.
        on: day of the comparison.
    """

    pack: str
    figure: str
    value: str
    instrument: str
    clause: str
    on: date

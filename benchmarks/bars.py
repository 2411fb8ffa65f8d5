# SPDX-License-Identifier: Apache-2.0
"""The table that every benchmark prints of its bars; ``script/bench`` puts them together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One figure and what it must keep.

    Attributes:
        what: in a few words.
        measured: the figure.
        bar: the limit; None where the figure only informs.
        unit: of both; empty for a ratio.
        at_least: the limit is the least, not the most.
    """

    what: str
    measured: float
    bar: float | None = None
    unit: str = ""
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the limit is kept."""
        if self.bar is None:
            return True
        return self.measured >= self.bar if self.at_least else self.measured <= self.bar

    def row(self) -> str:
        """A row of the table."""
        unit = f" {self.unit}" if self.unit else ""
        sign = ">=" if self.at_least else "<="
        bar = "" if self.bar is None else f"{sign} {self.bar:g}{unit}"
        holds = "" if self.bar is None else "yes" if self.holds else "NO"
        return f"| {self.what} | {self.measured:.3g}{unit} | {bar} | {holds} |"


def report(bars: Iterable[Bar]) -> int:
    """Print the table; 1 where a bar is missed, 0 otherwise."""
    every = tuple(bars)
    print("| what | measured | bar | holds |\n|---|---|---|---|")
    for one in every:
        print(one.row())
    return 0 if all(one.holds for one in every) else 1

# SPDX-License-Identifier: Apache-2.0
"""One drawing of every stamp of a pack, with harmless values, for pictures and measuring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from bmnn_mark.rules.levels import Level, Urgency
from bmnn_mark.rules.model import RulePack, StampId
from bmnn_mark.stamps import compose, life, reproductions, symbols
from bmnn_mark.stamps.frames import Shade
from bmnn_mark.stamps.model import StampDrawing

#: A day of which no digit is like another where it matters.
SAMPLE_DAY = date(2031, 12, 25)


def stamp_sample(pack: RulePack, stamp: str, *, red: Shade | None = None) -> StampDrawing:
    """The stamp of an id, with sample values where it has blanks.

    Raises:
        RulesRefused: ``rules.no_stamp``; what the stamp itself is refused with.
    """
    pack.stamp(stamp)
    if stamp in set(Level):
        return compose.level_mark(pack, Level(stamp), red)
    if stamp in set(Urgency):
        return compose.urgency_mark(pack, Urgency(stamp), red)
    return _OTHERS[StampId(stamp)](pack, red)


def stamp_samples(pack: RulePack) -> tuple[StampDrawing, ...]:
    """Every stamp of a pack: levels from the highest, urgency, then in the order of their ids."""
    ids = (*reversed(Level), *Urgency, *StampId)
    return tuple(stamp_sample(pack, one.value) for one in ids)


def _reproduction(pack: RulePack, red: Shade | None) -> StampDrawing:
    return reproductions.reproduction_mark(
        pack,
        kind="sao-y",
        made_on=SAMPLE_DAY,
        quantity=5,
        recipient="Ủy ban nhân dân phường Mẫu",
        authority="KT. GIÁM ĐỐC",
        signer="Nguyễn Thị Ví Dụ",
        red=red,
    )


_OTHERS: Mapping[StampId, Callable[[RulePack, Shade | None], StampDrawing]] = {
    StampId.COPY_NUMBER: lambda pack, red: compose.copy_number_mark(pack, 1, 5, red),
    StampId.SYMBOL_A: lambda pack, red: symbols.symbol_mark(pack, StampId.SYMBOL_A, red=red),
    StampId.SYMBOL_B: lambda pack, red: symbols.symbol_mark(pack, StampId.SYMBOL_B, red=red),
    StampId.SYMBOL_C: lambda pack, red: symbols.symbol_mark(pack, StampId.SYMBOL_C, red=red),
    StampId.TERM: lambda pack, red: life.term_mark(pack, SAMPLE_DAY, red=red),
    StampId.EXTENSION: lambda pack, red: life.extension_mark(pack, SAMPLE_DAY, red=red),
    StampId.RELEVELLING: lambda pack, red: life.relevelling_mark(
        pack, Level.TOI_MAT, Level.MAT, SAMPLE_DAY, red=red
    ),
    StampId.DECLASSIFICATION: lambda pack, red: life.declassification_mark(
        pack, SAMPLE_DAY, red=red
    ),
    StampId.RECALL: lambda pack, red: life.recall_mark(pack, SAMPLE_DAY, red=red),
    StampId.OPENING: lambda pack, red: symbols.opening_mark(pack, red=red),
    StampId.REPRODUCTION_NUMBER: lambda pack, red: reproductions.reproduction_number_mark(
        pack, 1, 5, red=red
    ),
    StampId.REPRODUCTION: _reproduction,
}

# SPDX-License-Identifier: Apache-2.0
"""When protection ends: what a document states, else the term that the rules give its level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bmnn_mark.register.life import Standing
from bmnn_mark.register.views import DocumentRow
from bmnn_mark.rules import AgencyFigure, Level, load_pack
from bmnn_mark.workflow.acts import years_after
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.office import Office


@dataclass(frozen=True, slots=True, kw_only=True)
class TermEnd:
    """When a document's protection ends.

    Attributes:
        day: last day of protection.
        stated: it stands on the document or in a decision; else it is the level's own term.
        years: the level's own term; None where it is stated.
        provenance: what is known of that term; None where it is stated.
        source: text it was read in; None where it is stated.
    """

    day: date
    stated: bool
    years: int | None = None
    provenance: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A document whose protection ends soon, or ended: giải mật is proposed.

    A term that ends releases the document by law (Luật 117/2025 Điều 22); that it did is still
    decided, stamped and told by people.

    Attributes:
        document: id.
        number_sign: of it.
        dated: its date.
        level: its độ mật.
        end: when its protection ends.
        days_left: until then; negative where it ended.
    """

    document: str
    number_sign: str
    dated: date
    level: Level
    end: TermEnd
    days_left: int


def end_of_term(row: DocumentRow, overlay: tuple[AgencyFigure, ...]) -> TermEnd:
    """When the protection of a document ends.

    Args:
        row: the document; its own pack says how long its level is protected.
        overlay: figures that the agency confirmed.

    Raises:
        RulesRefused: the pack is not known.
    """
    if row.term is not None:
        return TermEnd(day=row.term, stated=True)
    term = load_pack(row.pack, overlay).terms[row.level]
    return TermEnd(
        day=years_after(row.dated, term.value),
        stated=False,
        years=term.value,
        provenance=term.provenance.value,
        source=term.source.text,
    )


def ending_within(office: Office, days: int) -> tuple[Ending, ...]:
    """Documents whose protection ends within ``days`` from today or ended, soonest first.

    Series of copies follow their document and are not told apart.
    """
    overlay, today = agency_figures(office), office.today()
    found = []
    for row in office.open_register().documents():
        if row.parent is not None or row.standing is Standing.DECLASSIFIED:
            continue
        end = end_of_term(row, overlay)
        if end.day <= today + timedelta(days=days):
            found.append(
                Ending(
                    document=row.document_id,
                    number_sign=row.number_sign,
                    dated=row.dated,
                    level=row.level,
                    end=end,
                    days_left=(end.day - today).days,
                )
            )
    return tuple(sorted(found, key=lambda one: one.end.day))

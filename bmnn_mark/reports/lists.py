# SPDX-License-Identifier: Apache-2.0
"""What the figures count, one by one, for whoever has to answer who, where to and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bmnn_mark.i18n import Lang, has_words, words
from bmnn_mark.register.book_rows import (
    CarryingEntry,
    HandOverEntry,
    IncidentEntry,
    MeetingEntry,
)
from bmnn_mark.register.host_events import HostIncident
from bmnn_mark.register.life import CopyAct
from bmnn_mark.reports.paper import Align, Cell, Column, Table, level_word, show_day


def carrying_table(entries: Sequence[CarryingEntry], lang: Lang) -> Table:
    """Copies carried out of the place of keeping."""
    rows = [
        (
            one.on,
            one.number_sign,
            level_word(one.level, lang),
            f"{one.copy:02d}",
            _lines(one.carrier, one.office),
            _lines(one.place, _way(one.abroad, lang)),
            one.purpose,
            show_day(one.due),
            show_day(one.back),
        )
        for one in entries
    ]
    names = ("on", "document", "level", "copy", "who", "where", "purpose", "due", "back")
    return _table("carried", names, rows, lang)


def provided_table(entries: Sequence[HandOverEntry], lang: Lang) -> Table:
    """Copies provided or handed over to others; hand-overs within the office are left out."""
    rows = [
        (
            one.on,
            one.number_sign,
            level_word(one.level, lang),
            f"{one.copy:02d}",
            _lines(one.receiver, one.office, _way(bool(one.abroad), lang)),
            _lines(one.decision, one.clause),
            one.purpose,
        )
        for one in entries
        if one.act is CopyAct.PROVIDED
    ]
    return _table(
        "provided", ("on", "document", "level", "copy", "who", "ground", "purpose"), rows, lang
    )


def meeting_table(entries: Sequence[MeetingEntry], lang: Lang) -> Table:
    """Meetings in which secrets were used."""
    foreign = words("reports.figure.meetings-foreign", lang)
    rows = [
        (
            one.on,
            level_word(one.level, lang),
            one.subject,
            _lines(one.place, one.host),
            one.decision,
            str(one.copies),
            foreign if one.foreign else "",
        )
        for one in entries
    ]
    names = ("on", "level", "subject", "place", "ground", "copies", "foreign")
    return _table("meetings", names, rows, lang)


def incident_table(entries: Sequence[IncidentEntry], lang: Lang) -> Table:
    """Leaks, losses and violations."""
    rows = [
        (
            one.on,
            words(f"reports.figure.incidents-{one.kind}", lang),
            level_word(one.level, lang),
            _lines(one.number_sign, f"{one.copy:02d}" if one.copy else ""),
            one.subject,
            one.reason,
            one.party,
            _lines(show_day(one.closed), one.outcome),
        )
        for one in entries
    ]
    names = ("on", "incident", "level", "document", "happened", "reason", "concerned", "outcome")
    return _table("incidents", names, rows, lang)


def host_table(entries: Sequence[HostIncident], lang: Lang) -> Table:
    """What the computer's guard told, apart from what people reported."""
    rows = [
        (
            date.fromisoformat(one.at[:10]),
            one.at[11:19],
            words(one.code, lang, **one.detail) if has_words(one.code) else one.code,
            _lines(one.code, *(f"{name}: {value}" for name, value in one.detail.items())),
        )
        for one in entries
    ]
    return _table("host", ("on", "hour", "happened", "facts"), rows, lang)


#: By name, the share of a column's width; others take one.
_SHARES = {
    "who": 2.0, "where": 2.0, "purpose": 2.0, "ground": 2.2, "subject": 2.6, "place": 2.0,
    "happened": 3.0, "reason": 2.0, "concerned": 1.6, "outcome": 2.4, "document": 1.3,
    "on": 1.1, "hour": 0.9, "facts": 2.4, "copy": 0.7, "copies": 0.8, "due": 1.1, "back": 1.1,
}  # fmt: skip
_CENTRED = frozenset({"on", "level", "copy", "copies", "due", "back"})


def _table(name: str, names: Sequence[str], rows: Sequence[tuple[Cell, ...]], lang: Lang) -> Table:
    columns = tuple(
        Column(
            heading=words(f"reports.lists.{one}", lang),
            share=_SHARES.get(one, 1.0),
            align=Align.CENTRE if one in _CENTRED else Align.LEFT,
        )
        for one in names
    )
    return Table(
        columns=columns, rows=tuple(rows), caption=words(f"reports.lists.caption.{name}", lang)
    )


def _way(abroad: bool, lang: Lang) -> str:  # noqa: FBT001
    return words("reports.lists.abroad", lang) if abroad else ""


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)

# SPDX-License-Identifier: Apache-2.0
"""What can happen to copies and documents once they are made, and from where to where it leads.

Everything that names somebody or says what a document is about is given as *words*: they are
sealed. What stands in the clear is which act, which copy, which day, which level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bmnn_mark.rules import Level


class Whereabouts(StrEnum):
    """Where a numbered copy is, as far as the register was told."""

    NOT_MADE = "not-made"
    """Its number is reserved; there is no paper or file of it, or what there was is spoiled."""
    IN_OFFICE = "in-office"
    WITH_HOLDER = "with-holder"
    CARRIED_OUT = "carried-out"
    """Out of the place of keeping, to be brought back."""
    PROVIDED = "provided"
    """Provided or handed over to another agency, organisation or person (Law, Articles 15, 16)."""
    LOST = "lost"
    DESTROYED = "destroyed"


class CopyAct(StrEnum):
    """What is done with a copy."""

    HANDED_OVER = "handed-over"
    RETURNED = "returned"
    CARRIED_OUT = "carried-out"
    CARRIED_BACK = "carried-back"
    PROVIDED = "provided"
    SEEN = "seen"
    """Its paper was looked at or scanned; it stays where it is."""
    LOST = "lost"
    DESTROYED = "destroyed"


_HELD = frozenset({Whereabouts.IN_OFFICE, Whereabouts.WITH_HOLDER})

#: By act: from where, to where. What is not here is refused.
COPY_MOVES: Mapping[CopyAct, Mapping[Whereabouts, frozenset[Whereabouts]]] = {
    CopyAct.HANDED_OVER: {one: frozenset({Whereabouts.WITH_HOLDER}) for one in _HELD},
    CopyAct.RETURNED: {
        one: frozenset({Whereabouts.IN_OFFICE})
        for one in (Whereabouts.WITH_HOLDER, Whereabouts.PROVIDED, Whereabouts.LOST)
    },
    CopyAct.CARRIED_OUT: {one: frozenset({Whereabouts.CARRIED_OUT}) for one in _HELD},
    CopyAct.CARRIED_BACK: {Whereabouts.CARRIED_OUT: _HELD},
    CopyAct.PROVIDED: {Whereabouts.IN_OFFICE: frozenset({Whereabouts.PROVIDED})},
    CopyAct.SEEN: {one: frozenset({one}) for one in Whereabouts if one is not Whereabouts.NOT_MADE},
    CopyAct.LOST: {
        one: frozenset({Whereabouts.LOST})
        for one in (*_HELD, Whereabouts.CARRIED_OUT, Whereabouts.PROVIDED)
    },
    CopyAct.DESTROYED: {Whereabouts.IN_OFFICE: frozenset({Whereabouts.DESTROYED})},
}

#: By act, the words that must be given; ``actor`` always is.
COPY_WORDS: Mapping[CopyAct, tuple[str, ...]] = {
    CopyAct.HANDED_OVER: ("party",),
    CopyAct.RETURNED: (),
    CopyAct.CARRIED_OUT: ("party", "place", "purpose"),
    CopyAct.CARRIED_BACK: (),
    CopyAct.PROVIDED: ("party", "decision", "clause"),
    CopyAct.SEEN: (),
    CopyAct.LOST: ("reason",),
    CopyAct.DESTROYED: ("second_actor", "reason"),
}


class Standing(StrEnum):
    """Where a document stands."""

    IN_FORCE = "in-force"
    RECALLED = "recalled"
    """Its copies are called back; those that are out are still to be returned."""
    DECLASSIFIED = "declassified"


class DocumentAct(StrEnum):
    """What is decided about a whole document."""

    TERMED = "termed"
    """A term of protection is stated on it (Law, Article 19)."""
    EXTENDED = "extended"
    RELEVELLED = "relevelled"
    RECALLED = "recalled"
    DECLASSIFIED = "declassified"


#: By act, from which standings; what is not here is refused.
DOCUMENT_MOVES: Mapping[DocumentAct, Mapping[Standing, Standing]] = {
    DocumentAct.TERMED: {Standing.IN_FORCE: Standing.IN_FORCE},
    DocumentAct.EXTENDED: {one: one for one in (Standing.IN_FORCE, Standing.RECALLED)},
    DocumentAct.RELEVELLED: {one: one for one in (Standing.IN_FORCE, Standing.RECALLED)},
    DocumentAct.RECALLED: {Standing.IN_FORCE: Standing.RECALLED},
    DocumentAct.DECLASSIFIED: dict.fromkeys(
        (Standing.IN_FORCE, Standing.RECALLED), Standing.DECLASSIFIED
    ),
}

#: By act, the words that must be given.
DOCUMENT_WORDS: Mapping[DocumentAct, tuple[str, ...]] = {
    DocumentAct.TERMED: (),
    DocumentAct.EXTENDED: ("decision",),
    DocumentAct.RELEVELLED: ("decision",),
    DocumentAct.RECALLED: ("reason",),
    DocumentAct.DECLASSIFIED: ("reason",),
}

#: Every word that may be given with an act; each is one line of text, sealed.
WORDS = frozenset(
    {
        "clause",  # of the law or decree that it rests on
        "decision",  # number, sign and date of the decision or permission
        "note",
        "office",  # post or unit of the party
        "outcome",
        "party",  # who receives, carries, provides for
        "place",
        "purpose",
        "reason",
        "receipt",  # how the receipt was acknowledged: signature, PIN
        "second_actor",
        "subject",
    }
)


class CopyKind(StrEnum):
    """How a copy of a document was made (Decree 26/2020, Article 3.1)."""

    SAO_Y = "sao-y"
    SAO_LUC = "sao-luc"
    TRICH_SAO = "trich-sao"


class IncidentKind(StrEnum):
    """What went wrong."""

    LEAK = "leak"
    LOSS = "loss"
    VIOLATION = "violation"


class Direction(StrEnum):
    """Which way a document came into the register."""

    OUT = "out"
    """Issued here."""
    IN = "in"
    """Received from elsewhere."""
    COPY = "copy"
    """Copies of a document of this register, made under a permission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyActRequest:
    """One act with one copy.

    Attributes:
        document_id: of the document.
        copy: its number.
        act: what is done.
        on: the day it was done.
        actor: who says so.
        words: what is sealed, by name (:data:`WORDS`).
        abroad: whether the party is a foreign one, or the way leads abroad; needed where a copy is
            carried out or provided, None elsewhere.
        due: day by which it is to be back; needed where it is carried out.
        incident: number of the event that reported the incident, where one was.
    """

    document_id: str
    copy: int
    act: CopyAct
    on: date
    actor: str
    words: Mapping[str, str] = field(default_factory=dict)
    abroad: bool | None = None
    due: date | None = None
    incident: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentActRequest:
    """One decision about a document.

    Attributes:
        document_id: of the document.
        act: what was decided.
        on: the day from which it holds.
        actor: who enters it.
        words: what is sealed, by name.
        level: the new one, where it is relevelled; else None.
        term: last day of protection, where one is stated or extended; else None.
        partly: only a part is declassified; the rest keeps its level, the document its standing.
    """

    document_id: str
    act: DocumentAct
    on: date
    actor: str
    words: Mapping[str, str] = field(default_factory=dict)
    level: Level | None = None
    term: date | None = None
    partly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveRequest:
    """A document from elsewhere, as it is entered in the book of incoming secrets.

    Attributes:
        agency: who issued it.
        number_sign: its number and sign.
        dated: its date.
        level: its độ mật.
        pack: the rule pack in force where it is received; says whether a title may be kept.
        arrived: day of arrival.
        actor: who receives it.
        number: số đến; None takes the next one of the year.
        numbers: numbers of the copies received, as they are printed on them.
        pages: pages of each copy; 0 where nobody counted.
        title: loại and trích yếu.
        unit: who it is for.
        note: ghi chú.
        source_sha256: of the scan, where one was read.
    """

    agency: str
    number_sign: str
    dated: date
    level: Level
    pack: str
    arrived: date
    actor: str
    number: int | None = None
    numbers: tuple[int, ...] = (1,)
    pages: int = 0
    title: str | None = None
    unit: str | None = None
    note: str | None = None
    source_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Who permitted copying; nothing of it is judged, all of it is kept (Law, Article 11).

    Attributes:
        by: name.
        office: post.
        clause: point and clause of the law relied on.
        on: day of the permission.
        allowed: number of copies permitted.
    """

    by: str
    office: str
    clause: str
    on: date
    allowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRequest:
    """A leak, loss or violation.

    Attributes:
        kind: what went wrong.
        on: the day it happened or was noticed.
        actor: who reports it.
        words: ``subject`` (what happened) is needed; ``reason``, ``party``, ``note`` may be given.
        level: of what leaked or was lost; None where unknown.
        document_id: of this register; None where it is not known.
        copy: its number; None where it is not known.
    """

    kind: IncidentKind
    on: date
    actor: str
    words: Mapping[str, str] = field(default_factory=dict)
    level: Level | None = None
    document_id: str | None = None
    copy: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRequest:
    """A meeting in which secrets were used (Law, Articles 17, 18).

    Attributes:
        on: its day.
        actor: who enters it.
        level: the highest of what was used.
        foreign: whether foreigners took part.
        copies: document id and copy number of each copy used.
        words: ``subject`` and ``place`` are needed; ``party`` (host), ``decision``, ``note``.
    """

    on: date
    actor: str
    level: Level
    foreign: bool
    copies: tuple[tuple[str, int], ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosing:
    """What came of an incident.

    Attributes:
        incident: number of the event that reported it.
        on: the day it was settled.
        actor: who enters it.
        words: ``outcome`` is needed; ``reason`` (cause), ``decision``, ``note`` may be given.
    """

    incident: int
    on: date
    actor: str
    words: Mapping[str, str] = field(default_factory=dict)

# SPDX-License-Identifier: Apache-2.0
"""What the register shows of itself; titles are not among it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bmnn_mark.register.life import Direction, Standing, Whereabouts
from bmnn_mark.register.port import CopyState
from bmnn_mark.rules import Copying, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document as a list shows it.

    Attributes:
        document_id: opaque id.
        agency: who issued it.
        number_sign: its number and sign.
        dated: its date.
        level: độ mật.
        pack: the rule pack it was marked by.
        copies: n.
        pages: pages of each copy.
        copying: what the document says of copying; None where it says nothing.
        entered_at: when it was entered, the last time.
        states: how many of the copies' last attempts are in which state.
        direction: which way it came into the register.
        standing: in force, recalled or declassified.
        term: last day of protection, where one was stated or extended; None where none was.
        parent: id of the document whose copies these are; None for a document.
    """

    document_id: str
    agency: str
    number_sign: str
    dated: date
    level: Level
    pack: str
    copies: int
    pages: int
    copying: Copying | None
    entered_at: datetime
    states: dict[CopyState, int]
    direction: Direction
    standing: Standing
    term: date | None
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One attempt at one copy.

    Attributes:
        attempt_id: opaque id.
        number: k of n.
        attempt: from 1.
        state: where it stands.
        recipient: who it is for.
        position: of its page codes.
        reference: its short reference.
        changed_at: when it came to this state.
        host: mark of the machine at whose printer it is, as its last step says; empty where it
            says none.
    """

    attempt_id: str
    number: int
    attempt: int
    state: CopyState
    recipient: str
    position: int
    reference: str
    changed_at: datetime
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """A document with every attempt at its copies, by number and attempt.

    ``overlap_reason`` says why a mark might be stamped over what the page shows; None where none
    might.
    """

    document: DocumentRow
    attempts: tuple[AttemptRow, ...]
    overlap_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAttempt:
    """An attempt that somebody has to bring to an end."""

    document_id: str
    attempt: AttemptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A figure of the rules that was confirmed, or whose confirmation was taken back.

    Attributes:
        event: number of the event.
        at: when it was entered.
        confirmed: False where it was taken back.
        pack: id of the rule pack; None, as is ``figure``, where all were taken back.
        figure: path of the figure.
        value: its value as JSON text; None where it was taken back.
        source: official text and clause; None where it was taken back.
        actor: who did it.
        overlay: SHA-256 of the overlay file from then on; None where there is none any more.
    """

    event: int
    at: datetime
    confirmed: bool
    pack: str | None
    figure: str | None
    value: str | None
    source: str | None
    actor: str
    overlay: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingRow:
    """Where one copy is.

    Attributes:
        document_id: of its document.
        copy: its number.
        whereabouts: where it is.
        holder: who has it; empty where nobody outside the office has.
        office: post or unit of the holder; empty where nobody said.
        since: day from which that is so; None where it was never made.
        due: day by which it is to be back; None where none was set.
        seen: day on which its paper was seen last; None where it never was.
    """

    document_id: str
    copy: int
    whereabouts: Whereabouts
    holder: str
    office: str
    since: date | None
    due: date | None
    seen: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """One act of the register's life, with what is sealed of it.

    Attributes:
        event: number of the event.
        at: when it was entered.
        act: type of the event.
        day: the day of the act.
        document_id: of the document; empty where it is about none.
        copy: number of the copy; 0 where it is about none or all.
        level: độ mật at that time; None where it has none.
        kind: direction, kind of copy or kind of incident; empty where there is none.
        abroad: whether the act led abroad or to foreigners; None where that is no question.
        many: copies; of a meeting 1.
        waiting: an incident that is not closed.
        actor: who entered it.
        words: what is sealed of it, by name, ``actor`` not among it.
    """

    event: int
    at: datetime
    act: str
    day: date
    document_id: str
    copy: int
    level: Level | None
    kind: str
    abroad: bool | None
    many: int
    waiting: bool
    actor: str
    words: dict[str, str]

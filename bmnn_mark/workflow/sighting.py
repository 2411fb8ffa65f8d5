# SPDX-License-Identifier: Apache-2.0
"""Paper that was seen: entered for its copy, and what waited for that is closed as printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bmnn_mark.register.life import CopyAct, CopyActRequest, Whereabouts
from bmnn_mark.register.port import CopyRecord, CopyState, FoundCopy
from bmnn_mark.register.store import Register
from bmnn_mark.tracking.code import WHOLE_COPY
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.hand_stamp import left_to_hand
from bmnn_mark.workflow.living import check_day
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.tracing import ALARMS, Traced, trace


class Sight(StrEnum):
    """What seeing the paper of a copy led to."""

    ENTERED = "entered"
    """The copy was made; that it was seen is entered."""
    CLOSED = "closed"
    """Every page was seen of a copy that waited for it: it is printed."""
    INCOMPLETE = "incomplete"
    """The copy waits for all of its pages to be seen; nothing was entered."""
    NOT_STAMPED = "not-stamped"
    """Every page was seen, but the độ mật mark is stamped by hand, and a person has to say that it
    was; nothing was entered."""
    NOT_CLOSED = "not-closed"
    """Its print run is not at an end for the register; nothing was entered."""
    DEAD_SHEET = "dead-sheet"
    """Paper of a spoiled or void attempt, which should not be there; nothing was entered."""


_WAITING = frozenset({CopyState.DEVICE_DONE, CopyState.UNKNOWN})
_MADE = frozenset({CopyState.PRINTED, CopyState.EXPORTED})
_DEAD = frozenset({CopyState.SPOILED, CopyState.VOID})
_GONE = frozenset({Whereabouts.LOST, Whereabouts.DESTROYED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCopy:
    """A copy whose paper was seen.

    Attributes:
        document: id of its document.
        number_sign: of its document.
        copy: its number.
        attempt: the attempt that its codes name.
        seen: pages whose codes were seen, in order; none where only its reference was typed.
        pages: of the copy.
        sight: what it led to.
        whereabouts: where the register had it; None where it keeps no account of that.
        holder: who had it.
    """

    document: str
    number_sign: str
    copy: int
    attempt: int
    seen: tuple[int, ...]
    pages: int
    sight: Sight
    whereabouts: Whereabouts | None
    holder: str

    @property
    def alarm(self) -> bool:
        """Whether there should be no such paper."""
        return self.sight is Sight.DEAD_SHEET or self.whereabouts in _GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenReport:
    """What became of what was seen.

    Attributes:
        copies: in the order in which they were seen first.
        others: codes and pages that led to no copy.
    """

    copies: tuple[SeenCopy, ...]
    others: tuple[Traced, ...]

    @property
    def alarm(self) -> bool:
        """Whether something was seen that should not be there."""
        return any(one.alarm for one in self.copies) or any(
            one.trace in ALARMS for one in self.others
        )


@dataclass(slots=True)
class _Sheets:
    """The sheets of one attempt at one copy."""

    copy: FoundCopy
    by_hand: bool
    pages: set[int] = field(default_factory=set)

    @property
    def whole(self) -> bool:
        return WHOLE_COPY in self.pages or self.pages >= set(range(1, self.copy.pages + 1))

    @property
    def sight(self) -> Sight:
        if self.copy.superseded or self.copy.state in _DEAD:
            return Sight.DEAD_SHEET
        if self.copy.state in _MADE:
            return Sight.ENTERED
        if self.copy.state in _WAITING:
            if not self.whole:
                return Sight.INCOMPLETE
            return Sight.NOT_STAMPED if self.by_hand else Sight.CLOSED
        return Sight.NOT_CLOSED


def enter_seen(
    office: Office,
    untrusted_words: tuple[str, ...],
    *,
    on: date,
    actor: str,
    on_progress: OnProgress = ignore_progress,
) -> SeenReport:
    """Enter the copies whose scans, codes or references are given as seen on a day.

    A copy that waits for a person to count its sheets is closed as printed where the codes of all
    its pages are among what was given. A typed reference shows no page.

    Raises:
        DocumentRefused: a scan cannot be read.
        UsageRefused: a word is neither a file, a code nor a reference; ``input.act_to_come``.
        RegisterRefused: what the register refuses; nothing was entered.
    """
    check_day(office, on)
    register = office.open_register()
    traced = trace(office, untrusted_words, on_progress, register=register)
    sheets: dict[tuple[str, int, int], _Sheets] = {}
    for one in traced:
        if one.copy is not None:
            key = (one.copy.document_id, one.copy.number, one.copy.attempt)
            if key not in sheets:
                by_hand = left_to_hand(register, one.copy.document_id)
                sheets[key] = _Sheets(one.copy, by_hand)
            found = sheets[key]
            if one.page:
                found.pages.add(one.page)
    _enter(register, sheets.values(), on, actor)
    return SeenReport(
        copies=tuple(_told(one) for one in sheets.values()),
        others=tuple(one for one in traced if one.copy is None),
    )


def _enter(register: Register, sheets: Iterable[_Sheets], on: date, actor: str) -> None:
    known = list(sheets)
    closed = [one.copy for one in known if one.sight is Sight.CLOSED]
    register.record(
        tuple(
            CopyRecord(attempt_id=_attempt_id(register, one), state=CopyState.PRINTED, actor=actor)
            for one in closed
        )
    )
    seen = [one.copy for one in known if one.sight in {Sight.CLOSED, Sight.ENTERED}]
    if seen:
        register.act_on_copies(
            [
                CopyActRequest(
                    document_id=one.document_id,
                    copy=one.number,
                    act=CopyAct.SEEN,
                    on=on,
                    actor=actor,
                )
                for one in seen
            ]
        )


def _attempt_id(register: Register, copy: FoundCopy) -> str:
    return next(
        one.attempt_id
        for one in register.document(copy.document_id).attempts
        if (one.number, one.attempt) == (copy.number, copy.attempt)
    )


def _told(sheets: _Sheets) -> SeenCopy:
    copy = sheets.copy
    pages = range(1, copy.pages + 1) if WHOLE_COPY in sheets.pages else sorted(sheets.pages)
    return SeenCopy(
        document=copy.document_id,
        number_sign=copy.number_sign,
        copy=copy.number,
        attempt=copy.attempt,
        seen=tuple(pages),
        pages=copy.pages,
        sight=sheets.sight,
        whereabouts=copy.whereabouts,
        holder=copy.holder,
    )

# SPDX-License-Identifier: Apache-2.0
"""Holding what lies in a cupboard against what the register says should lie there.

Pure: from the register's account of copies and the codes that were read to findings. Nothing is
left out of them: each sheet of a copy belongs to one finding, each other sheet is listed as odd.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bmnn_mark.register.life import Whereabouts
from bmnn_mark.register.port import CopyState, FoundCopy
from bmnn_mark.rules import Level
from bmnn_mark.text import name_key
from bmnn_mark.tracking.code import COVER_PAGE, WHOLE_COPY
from bmnn_mark.workflow.tracing import Trace, Traced


class Finding(StrEnum):
    """What the muster found of a copy."""

    PRESENT = "present"
    INCOMPLETE = "incomplete"
    """It is here, but not all of its pages were seen."""
    MISSING = "missing"
    """It should be here, and no page of it was seen."""
    HELD_ELSEWHERE = "held-elsewhere"
    """It is here, but the register says that somebody else has it."""
    REAPPEARED = "reappeared"
    """It is here, but the register says that it is lost or destroyed."""
    SUPERSEDED = "superseded"
    """Sheets of an attempt that was spoiled, void or replaced; they should have been destroyed."""
    NOT_CLOSED = "not-closed"
    """Sheets of a copy whose print run nobody has closed."""


#: Findings that nobody has to look into.
IN_ORDER = frozenset({Finding.PRESENT})
#: Sheets of no copy that nobody has to look into: paper without a code.
_PLAIN = frozenset({Trace.NOT_FOUND})
_GONE = frozenset({Whereabouts.LOST, Whereabouts.DESTROYED})
_DEAD = frozenset({CopyState.SPOILED, CopyState.VOID})
_MADE = frozenset({CopyState.PRINTED, CopyState.EXPORTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountedCopy:
    """A copy as the register accounts for it.

    Attributes:
        document_id: of its document.
        number_sign: of its document.
        level: độ mật now.
        copy: its number, k.
        of: number of copies, n.
        pages: of the copy; 0 where nobody counted.
        whereabouts: where it is.
        holder: who has it; empty where nobody outside the office has.
    """

    document_id: str
    number_sign: str
    level: Level
    copy: int
    of: int
    pages: int
    whereabouts: Whereabouts
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MusteredCopy:
    """One copy, and what was found of it.

    Attributes:
        account: what the register says of it.
        finding: what was found.
        attempt: whose sheets they are; 0 where none was seen.
        seen: pages that were seen, in order.
        missing: pages that were not; empty where none of it was seen.
        doubled: pages that were seen more than once: one of them is a photocopy, or was scanned
            twice.
    """

    account: AccountedCopy
    finding: Finding
    attempt: int = 0
    seen: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    doubled: tuple[int, ...] = ()

    @property
    def in_order(self) -> bool:
        """Whether nobody has to look into it."""
        return self.finding in IN_ORDER and not self.doubled


@dataclass(frozen=True, slots=True, kw_only=True)
class MusterReport:
    """What a muster found.

    Attributes:
        holder: whose cupboard was mustered; empty for the office's own.
        copies: those that were seen or should have been, in the register's order.
        odd: sheets that lead to no copy: without a code, not ours, forged, or of another history.
        unread: names of files that could not be read.
        sheets: how many sheets were read.
        elsewhere: how many made copies are not expected here and were not seen.
    """

    holder: str
    copies: tuple[MusteredCopy, ...]
    odd: tuple[Traced, ...]
    unread: tuple[str, ...]
    sheets: int
    elsewhere: int

    @property
    def in_order(self) -> bool:
        """Whether everything is where it should be and every file could be read."""
        strange = any(one.trace not in _PLAIN for one in self.odd)
        return not self.unread and not strange and all(one.in_order for one in self.copies)

    def counts(self) -> dict[Finding, int]:
        """How many copies ended how; every finding has its number."""
        many = Counter(one.finding for one in self.copies)
        return {finding: many[finding] for finding in Finding}


@dataclass(slots=True)
class _Pile:
    """The sheets of one attempt at one copy."""

    copy: FoundCopy
    pages: Counter[int] = field(default_factory=Counter)


def muster(
    accounts: Sequence[AccountedCopy],
    sheets: Iterable[Traced],
    *,
    holder: str = "",
    unread: Sequence[str] = (),
) -> MusterReport:
    """Compare accounts with sheets.

    Args:
        accounts: of the copies the muster is about, in the register's order.
        sheets: what was read, each code traced.
        holder: whose cupboard it is; empty for the office's own.
        unread: names of files that could not be read.
    """
    read = list(sheets)
    piles: dict[tuple[str, int], dict[int, _Pile]] = {}
    odd = []
    for one in read:
        if one.copy is None or one.trace is not Trace.CONSISTENT:
            odd.append(one)
            continue
        key = (one.copy.document_id, one.copy.number)
        attempts = piles.setdefault(key, {})
        pile = attempts.setdefault(one.copy.attempt, _Pile(one.copy))
        pile.pages[COVER_PAGE if one.page is None else one.page] += 1
    known = {(one.document_id, one.copy): one for one in accounts}
    found: list[MusteredCopy] = []
    elsewhere = 0
    for key in [*known, *(key for key in piles if key not in known)]:
        seen = [
            _judged(pile, known.get(key) or _account_of(pile.copy), holder)
            for _attempt, pile in sorted(piles.get(key, {}).items())
        ]
        found += seen
        living = any(one.finding is not Finding.SUPERSEDED for one in seen)
        if key in known and not living:
            if _expected(known[key], holder):
                found.append(MusteredCopy(account=known[key], finding=Finding.MISSING))
            elif not seen:
                elsewhere += 1
    return MusterReport(
        holder=holder,
        copies=tuple(found),
        odd=tuple(odd),
        unread=tuple(unread),
        sheets=len({(one.source, one.scan_page) for one in read}),
        elsewhere=elsewhere,
    )


def _expected(account: AccountedCopy, holder: str) -> bool:
    """Whether a copy should lie in the cupboard that is mustered."""
    if holder:
        there = account.whereabouts is Whereabouts.WITH_HOLDER
        return there and name_key(account.holder) == name_key(holder)
    return account.whereabouts is Whereabouts.IN_OFFICE


def _judged(pile: _Pile, account: AccountedCopy, holder: str) -> MusteredCopy:
    pages = {page for page in pile.pages if page not in {COVER_PAGE, WHOLE_COPY}}
    whole = WHOLE_COPY in pile.pages
    missing = () if whole else tuple(sorted(set(range(1, pile.copy.pages + 1)) - pages))
    return MusteredCopy(
        account=account,
        finding=_finding(pile.copy, account, holder, incomplete=bool(missing)),
        attempt=pile.copy.attempt,
        seen=tuple(range(1, pile.copy.pages + 1)) if whole else tuple(sorted(pages)),
        missing=missing,
        doubled=tuple(sorted(page for page, many in pile.pages.items() if many > 1)),
    )


def _finding(copy: FoundCopy, account: AccountedCopy, holder: str, *, incomplete: bool) -> Finding:
    if copy.superseded or copy.state in _DEAD:
        return Finding.SUPERSEDED
    if copy.state not in _MADE:
        return Finding.NOT_CLOSED
    if account.whereabouts in _GONE:
        return Finding.REAPPEARED
    if not _expected(account, holder):
        return Finding.HELD_ELSEWHERE
    return Finding.INCOMPLETE if incomplete else Finding.PRESENT


def _account_of(copy: FoundCopy) -> AccountedCopy:
    """The account of a copy that the muster was not about, by its own code."""
    return AccountedCopy(
        document_id=copy.document_id,
        number_sign=copy.number_sign,
        level=copy.level,
        copy=copy.number,
        of=copy.copies,
        pages=copy.pages,
        whereabouts=copy.whereabouts or Whereabouts.NOT_MADE,
        holder=copy.holder,
    )

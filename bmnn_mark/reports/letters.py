# SPDX-License-Identifier: Apache-2.0
"""Letters about copies that are out: recall, and change of level; each a dataclass with ``paper``.

:func:`bmnn_mark.reports.writing.write_paper` makes a file of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bmnn_mark.errors import UsageRefused
from bmnn_mark.reports.listing import (
    DOTS,
    ListedCopy,
    bare,
    copies_table,
    ground,
    level_of,
    phrase,
    text_of,
    to_whom,
)
from bmnn_mark.reports.paper import (
    NOBODY,
    Letterhead,
    Paper,
    Signature,
    highest,
    level_word,
    show_day,
    spoken_day,
)
from bmnn_mark.rules import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallLetter:
    """Thông báo thu hồi to one holder.

    Attributes:
        head: letterhead.
        addressee: the holder, with post or unit where known.
        copies: what the holder has.
        reason: why.
        until: day by which it is to be given back; None leaves room for the hand.
        decision: the decision or instruction it rests on; empty for none.
        signature: who signs.
    """

    head: Letterhead
    addressee: str
    copies: tuple[ListedCopy, ...]
    reason: str
    until: date | None = None
    decision: str = ""
    signature: Signature = NOBODY

    def paper(self) -> Paper:
        """The letter."""
        many = len(self.copies)
        return Paper(
            head=self.head,
            title=phrase("notice"),
            subject=phrase("recall.subject"),
            blocks=(
                to_whom(self.addressee),
                *ground(self.decision),
                text_of(
                    "recall.body", agency=self.head.agency, addressee=self.addressee, many=many
                ),
                copies_table(self.copies, "since", "note"),
                text_of("recall.reason", reason=bare(self.reason)),
                text_of("recall.until", until=spoken_day(self.until)),
                text_of("recall.slip"),
            ),
            copies_to=(phrase("as_above"), phrase("filed")),
            signatures=(self.signature,),
            footnote=phrase("own_wording"),
            handle_at=level_of(self.copies),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderList:
    """List of all who hold copies that are called back; for the office itself.

    Attributes:
        head: letterhead.
        copies: those that are out, with their holders.
        until: day by which they are to be given back; None for none.
        signature: who signs.
    """

    head: Letterhead
    copies: tuple[ListedCopy, ...]
    until: date | None = None
    signature: Signature = NOBODY

    def paper(self) -> Paper:
        """The list, with room to tick off what came back."""
        until = (text_of("recall.until_list", until=spoken_day(self.until)),) if self.until else ()
        return Paper(
            head=self.head,
            title=phrase("list"),
            subject=phrase("holders.subject"),
            blocks=(*until, copies_table(self.copies, "holder", "since", "back")),
            signatures=(self.signature,),
            footnote=phrase("own_wording"),
            handle_at=level_of(self.copies),
            landscape=True,
        )


class Change(StrEnum):
    """What changed of a document."""

    RELEVELLED = "relevelled"
    DECLASSIFIED = "declassified"
    PARTLY_DECLASSIFIED = "partly-declassified"
    TERMED = "termed"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNotice:
    """Thông báo to one recipient of a changed level, a declassification, a term or its extension.

    Attributes:
        head: letterhead.
        addressee: the recipient, with post or unit where known.
        change: what changed.
        copies: those the recipient has; their ``level`` is the one before.
        since: day from which it holds.
        level: the new one; needed where it changed.
        term: last day of protection; needed where one is stated or extended.
        decision: number, sign and date of the decision; empty leaves dots.
        until: last day for telling (:func:`notify_by`); None where it does not matter.
        signature: who signs.
    """

    head: Letterhead
    addressee: str
    change: Change
    copies: tuple[ListedCopy, ...]
    since: date
    level: Level | None = None
    term: date | None = None
    decision: str = ""
    until: date | None = None
    signature: Signature = NOBODY

    def paper(self) -> Paper:
        """The notice.

        Raises:
            UsageRefused: ``input.needed``: the new level or term is missing.
        """
        if self.change is Change.RELEVELLED and self.level is None:
            raise UsageRefused("input.needed", field="level")
        if self.change in {Change.TERMED, Change.EXTENDED} and self.term is None:
            raise UsageRefused("input.needed", field="term")
        until = (text_of("change.until", until=show_day(self.until)),) if self.until else ()
        return Paper(
            head=self.head,
            title=phrase("notice"),
            subject=phrase(f"change.{self.change}.subject"),
            blocks=(
                to_whom(self.addressee),
                text_of("ground", decision=self.decision or DOTS),
                text_of(
                    f"change.{self.change}.body",
                    agency=self.head.agency,
                    since=spoken_day(self.since),
                    level=level_word(self.level),
                    term=spoken_day(self.term),
                ),
                copies_table(self.copies, "since", "note"),
                text_of(f"change.{self.change}.do", addressee=self.addressee),
                *until,
            ),
            copies_to=(phrase("as_above"), phrase("filed")),
            signatures=(self.signature,),
            footnote=phrase("own_wording"),
            handle_at=highest([level_of(self.copies), self.level]),
        )

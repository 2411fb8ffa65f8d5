# SPDX-License-Identifier: Apache-2.0
"""Minutes of a destruction and slips of a hand-over, each a dataclass with :meth:`paper`.

:func:`bmnn_mark.reports.writing.write_paper` makes a file of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bmnn_mark.errors import UsageRefused
from bmnn_mark.reports.listing import (
    DOTS,
    ListedCopy,
    Person,
    bare,
    copies_table,
    level_of,
    named,
    people_lines,
    phrase,
    text_of,
)
from bmnn_mark.reports.paper import (
    Letterhead,
    Paper,
    Signature,
    spoken_day,
)
from bmnn_mark.text import name_key


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionMinutes:
    """Biên bản tiêu hủy.

    Attributes:
        head: letterhead.
        on: day of destruction.
        place: where; empty leaves dots.
        people: who destroyed and who saw it; two or more.
        reason: why.
        copies: what was destroyed.
        decision: who allowed it, by which decision; empty leaves dots.
        method: how; empty leaves dots.
    """

    head: Letterhead
    on: date
    people: tuple[Person, ...]
    reason: str
    copies: tuple[ListedCopy, ...]
    place: str = ""
    decision: str = ""
    method: str = ""

    def paper(self) -> Paper:
        """The minutes.

        Raises:
            UsageRefused: ``input.two_people``.
        """
        if len({name_key(one.name) for one in self.people}) < 2:
            raise UsageRefused("input.two_people")
        return Paper(
            head=self.head,
            title=phrase("minutes"),
            subject=phrase("destruction.subject"),
            blocks=(
                text_of("destruction.we", on=spoken_day(self.on), place=self.place or DOTS),
                *people_lines(self.people),
                text_of("destruction.ground", decision=self.decision or DOTS),
                text_of("destruction.body", many=len(self.copies)),
                copies_table(self.copies, "pages", "note"),
                text_of("destruction.reason", reason=bare(self.reason)),
                text_of("destruction.method", method=bare(self.method) or DOTS),
                text_of("destruction.checked"),
                text_of("destruction.end", many=max(2, len(self.people))),
            ),
            copies_to=(phrase("filed"),),
            signatures=tuple(
                Signature(
                    title=one.part.upper() or phrase("signs"), name=one.name, hint=phrase("hint")
                )
                for one in self.people
            ),
            footnote=phrase("own_wording"),
            handle_at=level_of(self.copies),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverSlip:
    """Phiếu giao nhận, with a line for each signature; also for returning, in the other direction.

    Attributes:
        head: letterhead.
        on: the day; None leaves room for the hand.
        giver: who gives.
        receiver: who receives.
        copies: what is handed over.
        purpose: what for; empty for nothing said.
    """

    head: Letterhead
    on: date | None
    giver: Person
    receiver: Person
    copies: tuple[ListedCopy, ...]
    purpose: str = ""

    def paper(self) -> Paper:
        """The slip."""
        purpose = (text_of("slip.purpose", purpose=bare(self.purpose)),) if self.purpose else ()
        return Paper(
            head=self.head,
            title=phrase("slip.title"),
            subject=phrase("slip.subject"),
            blocks=(
                text_of("slip.body", on=spoken_day(self.on)),
                text_of("slip.giver", who=named(self.giver)),
                text_of("slip.receiver", who=named(self.receiver)),
                *purpose,
                copies_table(self.copies, "pages", "note"),
                text_of("slip.checked", many=len(self.copies)),
            ),
            signatures=(
                Signature(title=phrase("slip.gives"), name=self.giver.name, hint=phrase("hint")),
                Signature(
                    title=phrase("slip.receives"), name=self.receiver.name, hint=phrase("hint")
                ),
            ),
            footnote=phrase("own_wording"),
            handle_at=level_of(self.copies),
        )

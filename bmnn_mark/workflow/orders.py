# SPDX-License-Identifier: Apache-2.0
"""What a clerk asks for, checked once at the edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bmnn_mark.documents.model import Relevelling, Reproduction
from bmnn_mark.errors import UsageRefused
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Copying, Level, Urgency
from bmnn_mark.text import one_line
from bmnn_mark.units import Mm, Point


@dataclass(frozen=True, slots=True, kw_only=True)
class StampOrder:
    """Mark one document.

    Attributes:
        source: the DOCX or PDF.
        level: độ mật; after a change of it the new one.
        dated: date of the document; decides the rule pack.
        pack: id of a rule pack, where the dates shall not decide.
        to_pdf: deliver a PDF although the source is a DOCX.
        at: top left corner of the độ mật mark on page 1, mm.
        allow_overlap: reason for stamping over ink.
        restamp: take marks of ours by another request out first.
        frame: keep the place of the độ mật mark free for the hand stamp instead of printing it.
        level_there: the paper bears its độ mật mark already (a scan); print none.
        term: last day of protection.
        extended: last day of the extended protection.
        relevelling: the change of độ mật to ``level``.
        declassified: day of the decision on giải mật.
        recall: day until which the document has to be given back.
        reproduction: what the marks of a bản sao say.
        decided: day of the decision on gia hạn or thu hồi, whose rules those marks follow; today
            where None, or the document's date where that is later.
        flatten: draw form fields and comments into the page first.
        as_printout: take a signed document as it is seen.
        accept_changes: accept the tracked changes of a DOCX.
        password: opens an encrypted document.
    """

    source: Path
    level: Level
    dated: date
    pack: str | None = None
    urgency: Urgency | None = None
    copying: Copying | None = None
    drafter: str | None = None
    to_pdf: bool = False
    at: Point | None = None
    allow_overlap: str | None = None
    restamp: bool = False
    frame: bool = False
    level_there: bool = False
    term: date | None = None
    extended: date | None = None
    relevelling: Relevelling | None = None
    declassified: date | None = None
    recall: date | None = None
    reproduction: Reproduction | None = None
    decided: date | None = None
    flatten: bool = False
    as_printout: bool = False
    accept_changes: bool = False
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOrder:
    """Register a document and give out its numbered copies.

    Attributes:
        stamp: how it is marked.
        number_sign: số, ký hiệu, such as ``12/BC-SXD``.
        recipients: in the order of the copy numbers.
        actor: who does this at the machine.
        title: trích yếu for the register.
        ground: the clause the level rests on.
        approved_by: who approved the number of copies, and ``approved_on`` when.
        signer: who signed the document.
        kept_by: unit that keeps the original.
    """

    stamp: StampOrder
    number_sign: str
    recipients: tuple[Recipient, ...]
    actor: str
    title: str | None = None
    ground: str | None = None
    approved_by: str | None = None
    approved_on: date | None = None
    signer: str | None = None
    kept_by: str | None = None

    @property
    def copies(self) -> int:
        """Number of copies, n."""
        return sum(recipient.copies for recipient in self.recipients)


def optional_line(field: str, untrusted_value: str | None) -> str | None:
    """A checked one-line value, or None where nothing was given."""
    return None if untrusted_value is None else one_line(field, untrusted_value)


def parse_point(untrusted_value: str) -> Point:
    """``X,Y`` in millimetres.

    Raises:
        UsageRefused: ``input.point``.

    >>> parse_point("30,45.5")
    Point(x=Mm(30), y=Mm(45.5))
    """
    try:
        x, y = (float(part) for part in untrusted_value.split(","))
    except ValueError:
        raise UsageRefused("input.point") from None
    if not (0 <= x <= 5080 and 0 <= y <= 5080):
        raise UsageRefused("input.point")
    return Point(Mm(x), Mm(y))

# SPDX-License-Identifier: Apache-2.0
"""Requests to and results from the room that handles documents; plain values all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar

from bmnn_mark.documents.findings import Certificate
from bmnn_mark.errors import Scalar
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.rules import AgencyFigure, Copying, Level, Urgency
from bmnn_mark.units import Point, Rect, Size


class MarkKind(StrEnum):
    """What a mark on a page is for."""

    LEVEL = "level"
    URGENCY = "urgency"
    COPY_NUMBER = "copy-number"
    PAGE_CODE = "page-code"
    CAPTION = "caption"
    NOI_NHAN = "noi-nhan"
    REHEARSAL = "rehearsal"
    LEVEL_GUIDE = "level-guide"
    """Corners that keep the place of a độ mật mark free for the hand stamp."""
    TERM = "term"
    """Thời hạn bảo vệ."""
    EXTENSION = "extension"
    """Gia hạn."""
    RELEVELLING = "relevelling"
    """Điều chỉnh độ mật."""
    DECLASSIFICATION = "declassification"
    """Giải mật."""
    RECALL = "recall"
    """Tài liệu thu hồi."""
    REPRODUCTION_NUMBER = "reproduction-number"
    """Bản sao số, on page 1 of a bản sao."""
    REPRODUCTION = "reproduction"
    """Bản sao bí mật nhà nước, on the last page of a bản sao."""
    SYMBOL = "symbol"
    """A, B or C on an envelope."""
    OPENING = "opening"
    """Chỉ người có tên mới được bóc bì, on an inner envelope."""
    ENVELOPE_TEXT = "envelope-text"
    """Sender, số, ký hiệu or addressee of an envelope."""


class ReproductionKind(StrEnum):
    """The kinds of bản sao (Luật 29/2018 and NĐ 30/2020)."""

    SAO_Y = "sao-y"
    SAO_LUC = "sao-luc"
    TRICH_SAO = "trich-sao"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevelling:
    """A decision to change the độ mật: from ``old`` to the request's level, since a day."""

    old: Level
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """What the marks of a bản sao say.

    Attributes:
        kind: sao y, sao lục or trích sao.
        made_on: day of copying.
        number: of this bản sao, from 1.
        quantity: number of bản sao made.
        recipient: who gets this one; None leaves dots for the hand.
        authority: capacity of who permitted it.
        signer: name of who signs.
    """

    kind: ReproductionKind
    made_on: date
    number: int
    quantity: int
    recipient: str | None
    authority: str
    signer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRequest:
    """What to put on a document.

    The caller resolves dates, names and packs; nothing here is read from a clock or a setting.
    """

    level: Level
    pack: str
    """Id of the rule pack."""
    urgency: Urgency | None = None
    copying: Copying | None = None
    """Statement on copying for the Nơi nhận block; None adds none."""
    drafter: str | None = None
    """Drafter's name for the Nơi nhận block; None adds none."""
    copies: int | None = None
    """Number of copies issued; None marks the document itself, without copy number or code."""
    page_code: bool = True
    """Whether numbered copies get a code on each page."""
    rehearsal: bool = False
    """Draw the rehearsal overlay over every page."""
    at: Point | None = None
    """Where the độ mật mark's top left corner shall be on page 1, mm; None finds the place."""
    allow_overlap: str | None = None
    """Reason for stamping over ink; None refuses to."""
    require_noi_nhan: bool = False
    """Refuse a document without a Nơi nhận block."""
    ink: tuple[int, int, int] | None = None
    """sRGB of the red marks; None is the pack's."""
    mark_id: str = "0"
    """Id written beside our marks in the file, chosen by the caller."""
    act_pack: str | None = None
    """Id of the rule pack of the day of a later act (gia hạn, điều chỉnh, giải mật, thu hồi, bản
    sao), whose marks follow that day's rules; None is ``pack``."""
    frame: bool = False
    """Print no độ mật mark: corners keep its place free for the hand stamp."""
    level_there: bool = False
    """Print no độ mật mark and no corners: the paper bears its mark already, as a scan does."""
    term: date | None = None
    """Last day of protection, for the mark thời hạn; None sets none."""
    extended: date | None = None
    """Last day of the extended protection, for the mark gia hạn."""
    relevelling: Relevelling | None = None
    """For the mark điều chỉnh độ mật."""
    declassified: date | None = None
    """First day without protection, for the mark giải mật."""
    recall: date | None = None
    """Day until which the document has to be given back, for the mark thu hồi."""
    reproduction: Reproduction | None = None
    """For the marks of a bản sao."""
    flatten: bool = False
    """Draw form fields and comments into the page first."""
    as_printout: bool = False
    """Take what only a printout may be made of (a signed document) as it is seen."""
    accept_changes: bool = False
    """Accept the tracked changes of a DOCX."""
    overlay: tuple[AgencyFigure, ...] = ()
    """Figures that an officer confirmed, in the place of the packs' own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the clerk should know although the work was done; ``code`` is in the catalogue."""

    code: str
    detail: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedMark:
    """A mark in its place on a displayed page.

    Attributes:
        kind: what it is for.
        stamp: stable id of the drawing (``toi-mat``).
        page: page number from 1.
        box: planned outer box, mm from the page's top left corner.
        measured: box of the ink found by the renderers, mm; None where proven by bytes.
        displaced: True when its own slot was taken and the next free place was used.
        certificate: each figure of its form beside what was measured; None where it is no stamp
            of the rules, or was proven by bytes.
    """

    kind: MarkKind
    stamp: str
    page: int
    box: Rect
    measured: Rect | None = None
    displaced: bool = False
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stretch of fixed length in a marked file that differs from copy to copy.

    Attributes:
        name: ``copy-number``, ``caption``, ``id`` or ``code:<page>``.
        offset: bytes from the start of the file.
        length: bytes.
    """

    name: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkTask:
    """Mark ``source`` and leave the result at ``target``, both inside private or checked places."""

    source: str
    target: str
    work: str
    """Private folder for intermediate files."""
    request: MarkRequest
    limits: Limits = DEFAULT_LIMITS
    password: str | None = field(default=None, repr=False)
    """Opens an encrypted document; never a part of the request, so of nothing that is kept."""
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("target",)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkResult:
    """What was done to a document and how it was shown to be so.

    Attributes:
        pages: page count of the result.
        page_sizes: displayed size of each page, mm.
        marks: every mark with its place.
        notices: what the clerk should know.
        source_sha256: of the input's bytes.
        output_sha256: of the result's bytes.
        renderers: the engines that showed every mark, name and version.
        slots: for a template of copies, where its bytes differ per copy.
        unchanged: True when the very same request had been carried out before; nothing was written.
    """

    pages: int
    page_sizes: tuple[Size, ...]
    marks: tuple[PlacedMark, ...]
    notices: tuple[Notice, ...]
    source_sha256: str
    output_sha256: str
    renderers: tuple[str, ...]
    slots: tuple[Slot, ...] = ()
    unchanged: bool = False

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates of the marks, in their order."""
        return tuple(mark.certificate for mark in self.marks if mark.certificate is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmarkTask:
    """Take our marks out of ``source`` and leave the result at ``target``.

    Both lie inside private or checked places, as those of :class:`MarkTask` do.
    """

    source: str
    target: str
    work: str
    """Private folder for intermediate files."""
    limits: Limits = DEFAULT_LIMITS
    password: str | None = field(default=None, repr=False)
    """Opens an encrypted document, as that of :class:`MarkTask`."""
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("target",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmarkResult:
    """What was taken out of a document and how it was shown to be so.

    Attributes:
        pages: page count of the marked document; 0 for a DOCX that bears no mark of ours.
        marks: the marks that were taken out, where they were.
        lines: lines of ours taken out of the Nơi nhận block of a Word document.
        notices: what the clerk should know.
        source_sha256: of the input's bytes.
        output_sha256: of the result's bytes; the input's where nothing was written.
        renderers: the engines that showed that the marks, and nothing else, are gone.
    """

    pages: int
    marks: tuple[PlacedMark, ...]
    lines: int
    notices: tuple[Notice, ...]
    source_sha256: str
    output_sha256: str
    renderers: tuple[str, ...]

    @property
    def removed(self) -> int:
        """Marks and lines taken out; where there were none, nothing was written."""
        return len(self.marks) + self.lines


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperResult:
    """An unmarked PDF made from a DOCX, with the Nơi nhận lines in place.

    Attributes:
        pages: its page count.
        notices: what the clerk should know.
        source_sha256: of the DOCX.
        output_sha256: of the PDF.
    """

    pages: int
    notices: tuple[Notice, ...]
    source_sha256: str
    output_sha256: str

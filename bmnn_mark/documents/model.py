# SPDX-License-Identifier: Apache-2.0
"""Requests to and results from the room that handles documents; plain values all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bmnn_mark.errors import Scalar
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.rules import Copying, Level, Urgency
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
    """

    kind: MarkKind
    stamp: str
    page: int
    box: Rect
    measured: Rect | None = None
    displaced: bool = False


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

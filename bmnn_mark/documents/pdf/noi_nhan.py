# SPDX-License-Identifier: Apache-2.0
"""The block Nơi nhận: found, checked against the request, its missing lines made and placed.

NĐ 26/2020 Điều 2 wants recipients, number of copies issued, drafter, and whether copying is
allowed in it. What a document states already is never written again, and never contradicted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bmnn_mark.documents.model import MarkRequest, Notice
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.text import TextLine, page_text, text_lines
from bmnn_mark.documents.pdf.wording import RECIPIENTS_HEADING
from bmnn_mark.documents.rendering import PdfiumPages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import Copying
from bmnn_mark.rules.model import RulePack
from bmnn_mark.units import Point

_LEFT_PART = 0.5
_INDENT_MM = (-4.0, 15.0)
_LINE_GAP = 2.2  # in heights of the lines; blank lines end the block
_LEADING_MM = 0.6
_STATED_COPIES = re.compile(
    r"số\s*(?:lượng)?\s*bản(?:\s*phát\s*hành)?\s*[:=]?\s*\(?\s*(\d{1,5})", re.IGNORECASE
)
_STATED_DRAFTER = re.compile(r"người\s*(?:soạn\s*thảo|soạn|thảo)\s*:\s*([^;,.\n]+)", re.IGNORECASE)
_STATED_FORBIDDEN = re.compile(r"không\s*(?:được)?\s*(?:phép)?\s*sao\b", re.IGNORECASE)
_STATED_ALLOWED = re.compile(r"(?<!không )được\s*(?:phép)?\s*sao\b", re.IGNORECASE)
_FILED_COPIES = re.compile(r"lưu\s*:.*?\b(\d{1,4})\s*(?:b|bản)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block Nơi nhận.

    Attributes:
        page: page it stands on.
        heading: its first line.
        lines: the lines under it; may be empty.
    """

    page: int
    heading: TextLine
    lines: tuple[TextLine, ...]

    @property
    def end(self) -> Point:
        """Where the next line of the block begins: its left edge and upper edge."""
        last = self.lines[-1] if self.lines else self.heading
        left = min((line.box.x for line in self.lines), default=self.heading.box.x)
        return Point(left, last.box.bottom + _LEADING_MM)

    @property
    def text(self) -> str:
        """All of the block's lines, one to a line."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What is still to be written at the end of a block.

    Attributes:
        block: the block; None where the document has none.
        lines: the lines to add, in order.
        notices: what the clerk should know.
    """

    block: Block | None
    lines: tuple[str, ...]
    notices: tuple[Notice, ...]


def find_block(engine: PdfiumPages, frames: Sequence[PageFrame]) -> Block | None:
    """The first block Nơi nhận of the document, by its text."""
    for frame in frames:
        if RECIPIENTS_HEADING.search(page_text(engine, frame.page)) is None:
            continue
        block = _block_on(text_lines(engine, frame), frame)
        if block is not None:
            return block
    return None


def _block_on(lines: Sequence[TextLine], frame: PageFrame) -> Block | None:
    middle = _LEFT_PART * frame.size.width
    left = [line for line in lines if line.box.x < middle]
    for at, heading in enumerate(left):
        if RECIPIENTS_HEADING.match(heading.text) is None:
            continue
        taken: list[TextLine] = []
        above = heading
        for line in left[at + 1 :]:
            shift = line.box.x - heading.box.x
            gap = line.box.y - above.box.bottom
            if not _INDENT_MM[0] <= shift <= _INDENT_MM[1]:
                continue
            if gap > _LINE_GAP * max(line.box.height, above.box.height):
                break
            taken.append(line)
            above = line
        return Block(page=frame.page, heading=heading, lines=tuple(taken))
    return None


def statements(block: Block | None, request: MarkRequest, pack: RulePack) -> Statements:
    """What is to be written, after checking what is there.

    Raises:
        DocumentRefused: ``noi_nhan.required``; ``noi_nhan.disagrees`` where the block states
            another number of copies, another permission or another drafter.
    """
    if block is None:
        if request.require_noi_nhan:
            raise DocumentRefused("noi_nhan.required")
        return Statements(block=None, lines=(), notices=(Notice(code="noi_nhan.absent"),))
    text = " ".join(block.text.split())
    lines = (
        *_copies_line(text, request, pack),
        *_drafter_line(text, request, pack),
        *_copying_line(text, request, pack),
    )
    return Statements(block=block, lines=lines, notices=_filed_notice(text, request))


def _copies_line(text: str, request: MarkRequest, pack: RulePack) -> tuple[str, ...]:
    if request.copies is None:
        return ()
    stated = [int(number) for number in _STATED_COPIES.findall(text)]
    for number in stated:
        if number != request.copies:
            raise DocumentRefused(
                "noi_nhan.disagrees", about="copies", stated=number, asked=request.copies
            )
    if stated:
        return ()
    digits = pack.noi_nhan.copies_digits.value
    number_text = f"{request.copies:0{digits}d}"
    return (pack.noi_nhan.copies.value.replace("{copies}", number_text),)


def _drafter_line(text: str, request: MarkRequest, pack: RulePack) -> tuple[str, ...]:
    if request.drafter is None:
        return ()
    stated = _STATED_DRAFTER.search(text)
    if stated is None:
        return (pack.noi_nhan.drafter.value.replace("{drafter}", request.drafter),)
    if _bare(request.drafter) not in _bare(stated.group(1)):
        raise DocumentRefused("noi_nhan.disagrees", about="drafter")
    return ()


def _copying_line(text: str, request: MarkRequest, pack: RulePack) -> tuple[str, ...]:
    if request.copying is None:
        return ()
    forbidden = _STATED_FORBIDDEN.search(text) is not None
    allowed = _STATED_ALLOWED.search(_STATED_FORBIDDEN.sub("", text)) is not None
    if not forbidden and not allowed:
        return (pack.copying_wording(request.copying),)
    if (forbidden and allowed) or forbidden is not (request.copying is Copying.FORBIDDEN):
        stated = Copying.FORBIDDEN if forbidden else Copying.ALLOWED
        raise DocumentRefused(
            "noi_nhan.disagrees",
            about="copying",
            stated="both" if forbidden and allowed else stated.value,
            asked=request.copying.value,
        )
    return ()


def _filed_notice(text: str, request: MarkRequest) -> tuple[Notice, ...]:
    """``Lưu: VT, TH, 10b``: NĐ 30/2020 has all copies there, some offices only the filed ones."""
    filed = _FILED_COPIES.search(text)
    if filed is None or request.copies is None or int(filed.group(1)) == request.copies:
        return ()
    return (
        Notice(
            code="noi_nhan.filed_number",
            detail={"stated": int(filed.group(1)), "asked": request.copies},
        ),
    )


def _bare(text: str) -> str:
    return "".join(text.casefold().split())

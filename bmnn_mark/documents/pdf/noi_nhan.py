# SPDX-License-Identifier: Apache-2.0
"""The block Nơi nhận on the pages of a PDF: found by its text, its missing lines put at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bmnn_mark.documents.model import MarkRequest, Notice
from bmnn_mark.documents.noi_nhan import is_head, missing, stated, wanted
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.text import TextLine, page_text, text_lines
from bmnn_mark.documents.rendering import PdfiumPages
from bmnn_mark.errors import DocumentRefused, RulesRefused
from bmnn_mark.rules import RulePack
from bmnn_mark.units import Point

_LEFT_PART = 0.5
_INDENT_MM = (-4.0, 15.0)
_LINE_GAP = 1.5  # in heights of the lines; blank lines end the block
_ENTRY_GAP = 3.0  # before a line that begins with a dash: Word's own spacing of paragraphs
_LEADING_MM = 0.6
_FOOT = 0.7  # of the page's height; a block that ends above does not run over
_HEADING = re.compile(r"nơi\s+nhận\s*:", re.IGNORECASE)
_BULLET = tuple("-–—•*+")
_FILED = re.compile(r"lưu\s*:.*?\b(\d{1,4})\s*(?:b|bản)\b", re.IGNORECASE)

_FORBIDDEN = ("copying", "forbidden")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block Nơi nhận.

    Attributes:
        page: page it stands on.
        heading: its first line.
        lines: the lines under it; may be empty.
        rest: its lines at the head of the next page, where it goes on there.
    """

    page: int
    heading: TextLine
    lines: tuple[TextLine, ...]
    rest: tuple[TextLine, ...] = ()

    @property
    def end(self) -> Point:
        """Where the next line of the block begins: its left edge and upper edge."""
        last = self.lines[-1] if self.lines else self.heading
        left = min((line.box.x for line in self.lines), default=self.heading.box.x)
        return Point(left, last.box.bottom + _LEADING_MM)

    def items(self) -> Iterator[str]:
        """The block's entries; an entry that runs over several lines of the page as one."""
        entry = ""
        for line in (*self.lines, *self.rest):
            if entry and line.text.lstrip().startswith(_BULLET):
                yield entry
                entry = ""
            entry = f"{entry} {line.text}".strip()
        if entry:
            yield entry


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


def find_block(
    engine: PdfiumPages, frames: Sequence[PageFrame], *, which: bool = True
) -> Block | None:
    """The first block Nơi nhận of the document, by its text; a scan has none.

    Args:
        engine: shows the document.
        frames: its pages.
        which: it matters which block it is. Otherwise any will do, looked for from the last page
            on: reading the text of a page takes half a millisecond, and most blocks are at the end.
    """
    places = range(len(frames))
    for place in places if which else reversed(places):
        frame = frames[place]
        if _HEADING.search(page_text(engine, frame.page)) is None:
            continue
        block = _block_on(text_lines(engine, frame), frame)
        if block is not None:
            following = frames[place + 1 : place + 2]
            at_foot = block.end.y > _FOOT * frame.size.height
            if at_foot and following:
                return replace(block, rest=tuple(_rest(engine, following[0], block)))
            return block
    return None


def _rest(engine: PdfiumPages, frame: PageFrame, block: Block) -> Iterator[TextLine]:
    """The lines at the next page's head, where its first one at the block's edge is an entry."""
    lines = text_lines(engine, frame)
    near = (number for number, line in enumerate(lines) if _at_edge(line, block.heading))
    first = next(near, None)
    if first is not None and lines[first].text.lstrip().startswith(_BULLET):
        yield lines[first]
        yield from _under(lines[first], lines[first + 1 :])


def _at_edge(line: TextLine, heading: TextLine) -> bool:
    return bool(_INDENT_MM[0] <= line.box.x - heading.box.x <= _INDENT_MM[1])


def reads_block(request: MarkRequest, pack: RulePack) -> bool:
    """Whether what a block says, or where it is, matters; otherwise only whether there is one."""
    return bool(wanted(request, pack.noi_nhan)) or request.reproduction is not None


def statements(block: Block | None, request: MarkRequest, pack: RulePack) -> Statements:
    """What is to be written, after checking what is there.

    Raises:
        DocumentRefused: ``noi_nhan.required``; ``noi_nhan.disagrees`` where the block states
            something else than the request; ``noi_nhan.split`` where its end is on another page.
        RulesRefused: ``noi_nhan.copying_forbidden`` where a bản sao is asked for of a document
            that says that it may not be copied.
    """
    if block is None:
        if request.require_noi_nhan:
            raise DocumentRefused("noi_nhan.required")
        return Statements(block=None, lines=(), notices=(Notice(code="noi_nhan.absent"),))
    if request.reproduction is not None and _FORBIDDEN in map(stated, block.items()):
        raise RulesRefused("noi_nhan.copying_forbidden", page=block.page)
    lines = tuple(one.line for one in missing(request, pack.noi_nhan, block.items()))
    if lines and block.rest:
        raise DocumentRefused("noi_nhan.split", page=block.page)
    return Statements(block=block, lines=lines, notices=_filed_notice(block, request))


def _block_on(lines: Sequence[TextLine], frame: PageFrame) -> Block | None:
    middle = _LEFT_PART * frame.size.width
    left = [line for line in lines if line.box.x < middle]
    for at, heading in enumerate(left):
        if is_head(heading.text):
            under = tuple(_under(heading, left[at + 1 :]))
            return Block(page=frame.page, heading=heading, lines=under)
    return None


def _under(heading: TextLine, following: Sequence[TextLine]) -> Iterator[TextLine]:
    """The lines that go on from the heading without a gap, at about its left edge."""
    above = heading
    for line in following:
        if not _at_edge(line, heading):
            continue
        gap = _ENTRY_GAP if line.text.lstrip().startswith(_BULLET) else _LINE_GAP
        if line.box.y - above.box.bottom > gap * max(line.box.height, above.box.height):
            return
        yield line
        above = line


def _filed_notice(block: Block, request: MarkRequest) -> tuple[Notice, ...]:
    """``Lưu: VT, TH, 10b``: NĐ 30/2020 has all copies there, some offices only the filed ones."""
    filed = next((found for item in block.items() if (found := _FILED.search(item))), None)
    if filed is None or request.copies is None or int(filed[1]) == request.copies:
        return ()
    if request.reproduction is not None:  # their number is none of the document's own copies
        return ()
    detail = {"stated": int(filed[1]), "asked": request.copies}
    return (Notice(code="noi_nhan.filed_number", detail={**detail}),)

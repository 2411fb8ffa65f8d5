# SPDX-License-Identifier: Apache-2.0
"""Where the Nơi nhận block lies in a Word document.

Offices set it in the left cell of a table without lines, in two rows of such a table, in a text
box, or as paragraphs with the signature behind tabs; its entries begin with a typed dash, with an
automatic one, or, in a cell, with nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from bmnn_mark.documents.noi_nhan import is_head
from bmnn_mark.documents.word.opening import OpenedDocx
from bmnn_mark.documents.word.own_lines import text_of
from bmnn_mark.documents.word.parts import w

_BLOCK_ENDS = (w("tbl"), w("sdt"), w("sectPr"))
_MARKS = ("-", "–", "—", "•", "+", "*")
#: What entries begin with where nobody typed a dash.
_ENTRIES = ("lưu", "như ")
#: Blank paragraphs that may stand between two entries.
_BLANKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The block's paragraphs, the one with its heading first."""

    paragraphs: tuple[etree._Element, ...]

    def lines(self) -> list[str]:
        """The block's lines from its heading on; a paragraph with line breaks has several."""
        lines = [line for one in self.paragraphs for line in text_of(one).split("\n")]
        start = next(number for number, line in enumerate(lines) if is_head(line))
        return lines[start:]

    def is_bare(self) -> bool:
        """Whether nothing stands below the heading."""
        return not any(line.strip() for line in self.lines()[1:])


def find_block(body: etree._Element, lists: frozenset[str] = frozenset()) -> Block | None:
    """The first Nơi nhận block of the document; None where there is none.

    Args:
        body: what holds the document's paragraphs.
        lists: ids of the paragraph styles that number their paragraphs.
    """
    head = next(
        (
            one
            for one in body.iter(w("p"))
            if any(is_head(line) for line in text_of(one).split("\n"))
        ),
        None,
    )
    if head is None:
        return None
    parent = head.getparent()
    if parent is None or parent.tag != w("tc"):
        return Block(paragraphs=(head, *_entries(_following(head), lists)))
    in_cell = [head, *_following(head)]
    block = Block(paragraphs=tuple(_without_blank_end(in_cell)))
    if block.is_bare():
        below = _entries_below(parent, lists)
        block = Block(paragraphs=(*block.paragraphs, *below))
    return block


def numbering_styles(opened: OpenedDocx) -> frozenset[str]:
    """Ids of the paragraph styles that number their paragraphs, by themselves or by inheritance."""
    found: set[str] = set()
    based: dict[str, str] = {}
    for name in opened.package.related(opened.main, "styles"):
        for style in opened.package.root(name).iter(w("style")):
            key = style.get(w("styleId"), "")
            base = style.find(w("basedOn"))
            based[key] = base.get(w("val"), "") if base is not None else ""
            if style.find(f"{w('pPr')}/{w('numPr')}") is not None:
                found.add(key)
    for _ in range(len(based)):
        more = {key for key, base in based.items() if base in found} - found
        if not more:
            break
        found |= more
    return frozenset(found)


def is_numbered(paragraph: etree._Element, lists: frozenset[str]) -> bool:
    """Whether a paragraph begins with an automatic dash or number."""
    properties = paragraph.find(w("pPr"))
    if properties is None:
        return False
    numbering, style = properties.find(w("numPr")), properties.find(w("pStyle"))
    if numbering is not None:
        number = numbering.find(w("numId"))
        return number is None or number.get(w("val")) != "0"
    return style is not None and style.get(w("val")) in lists


def _following(head: etree._Element) -> list[etree._Element]:
    """The paragraphs after one, up to a table or anything else that is none."""
    found = []
    for one in head.itersiblings(w("p"), *_BLOCK_ENDS):
        if one.tag in _BLOCK_ENDS:
            break
        found.append(one)
    return found


def _entries(
    following: Iterable[etree._Element], lists: frozenset[str]
) -> Sequence[etree._Element]:
    """The paragraphs that go on with the block, in running text."""
    found: list[etree._Element] = []
    blanks, before = 0, ""
    for one in following:
        text = unicodedata.normalize("NFC", text_of(one)).strip()
        if not text:
            blanks += 1
            if blanks > _BLANKS:
                break
        elif _is_entry(text) or is_numbered(one, lists) or (before.endswith(",") and not blanks):
            blanks, before = 0, text
        else:
            break
        found.append(one)
    return _without_blank_end(found)


def _is_entry(text: str) -> bool:
    return text.startswith(_MARKS) or text.casefold().startswith(_ENTRIES)


def _without_blank_end(paragraphs: list[etree._Element]) -> list[etree._Element]:
    while paragraphs and not text_of(paragraphs[-1]).strip():
        paragraphs.pop()
    return paragraphs


def _entries_below(cell: etree._Element, lists: frozenset[str]) -> Sequence[etree._Element]:
    """The entries in the cell below that of a bare heading."""
    row = cell.getparent()
    if row is None:
        return ()
    column = [one for one in row if one.tag == w("tc")].index(cell)
    under = next(row.itersiblings(w("tr")), None)
    cells = [one for one in under if one.tag == w("tc")] if under is not None else []
    if column >= len(cells):
        return ()
    paragraphs = _without_blank_end([one for one in cells[column] if one.tag == w("p")])
    first = next((one for one in paragraphs if text_of(one).strip()), None)
    if first is None:
        return ()
    text = unicodedata.normalize("NFC", text_of(first)).strip()
    return paragraphs if _is_entry(text) or is_numbered(first, lists) else ()

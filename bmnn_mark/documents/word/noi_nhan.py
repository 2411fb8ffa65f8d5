# SPDX-License-Identifier: Apache-2.0
"""The Nơi nhận block of a Word document: found, checked, and completed with text of its own kind.

The statements go after the block's last line, below ``Lưu:``. NĐ 30/2020 makes ``Lưu:`` the last
of the *recipients*; the statements are not recipients, and the PDF room puts them there too.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from lxml import etree

from bmnn_mark.documents import noi_nhan
from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.documents.word.own_lines import sign_line, text_of
from bmnn_mark.documents.word.parts import XML_SPACE, W, w
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules.model import RulePack

_BLOCK_ENDS = (w("tbl"), w("sdt"), w("sectPr"))
_MARKS = ("-", "–", "—", "•", "+", "*")
#: Properties of a line that must not be repeated on the lines after it.
_NOT_COPIED = ("sectPr", "pageBreakBefore", "keepNext", "framePr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The block's paragraphs, its heading first."""

    paragraphs: tuple[etree._Element, ...]

    def lines(self) -> list[str]:
        """The block's lines; a paragraph with line breaks has several."""
        return [line for one in self.paragraphs for line in text_of(one).split("\n")]


def find_block(body: etree._Element) -> Block | None:
    """The first Nơi nhận block of the document; None where there is none."""
    heads = [one for one in body.iter(w("p")) if noi_nhan.is_head(text_of(one))]
    if not heads:
        return None
    head = heads[0]
    parent = head.getparent()
    in_cell = parent is not None and parent.tag == w("tc")
    found = [head]
    for one in head.itersiblings(w("p"), *_BLOCK_ENDS):
        if one.tag in _BLOCK_ENDS or not (in_cell or _is_block_line(one)):
            break
        found.append(one)
    while len(found) > 1 and not text_of(found[-1]).strip():
        found.pop()
    return Block(paragraphs=tuple(found))


def _is_block_line(paragraph: etree._Element) -> bool:
    text = text_of(paragraph).strip()
    numbered = paragraph.find(f"{w('pPr')}/{w('numPr')}") is not None
    return bool(text) and (numbered or text.startswith((*_MARKS, "Lưu", "Như trên")))


def complete(root: etree._Element, request: MarkRequest, pack: RulePack) -> bool | None:
    """Write the statements that are missing into the document's block.

    Returns:
        True when lines were added, False when all stood there, None where there is no block.

    Raises:
        DocumentRefused: ``noi_nhan.disagrees``, ``noi_nhan.no_room`` (a row of fixed height, a text
            box), ``noi_nhan.required``.
    """
    block = find_block(root)
    if block is None:
        if request.require_noi_nhan:
            raise DocumentRefused("noi_nhan.required")
        return None
    lines = noi_nhan.missing(request, pack.noi_nhan, block.lines())
    if not lines:
        return False
    last = block.paragraphs[-1]
    if next(last.iterancestors(w("txbxContent")), None) is not None or _row_is_fixed(last):
        raise DocumentRefused("noi_nhan.no_room", page=0, lines=len(lines))
    alone = len(block.paragraphs) == 1 and "\n" not in text_of(last)
    size = pack.noi_nhan.text_size.value if alone else None
    number = _free_bookmark(root)
    for index, line in reversed(list(enumerate(lines))):
        added = _line_like(last, line.line, size)
        sign_line(added, line.name, number + index)
        last.addnext(added)
    _keep_section_break(last, len(lines))
    return True


def _free_bookmark(root: etree._Element) -> int:
    """An id above those of all bookmarks, comments and the like."""
    taken = [one.get(w("id"), "") for one in root.iter(f"{{{W}}}*")]
    return 1 + max((int(one) for one in taken if one.isdecimal() and len(one) < 9), default=0)


def _row_is_fixed(paragraph: etree._Element) -> bool:
    """Whether the block stands in a table row of exact height, which would hide more lines."""
    for row in paragraph.iterancestors(w("tr")):
        height = row.find(f"{w('trPr')}/{w('trHeight')}")
        if height is not None and height.get(w("hRule")) == "exact":
            return True
    return False


def _line_like(model: etree._Element, text: str, size_pt: float | None) -> etree._Element:
    """A paragraph in the manner of ``model``; upright at ``size_pt`` below a bare heading."""
    paragraph = etree.Element(w("p"))
    own = model.find(w("pPr"))
    if own is not None:
        properties = copy.deepcopy(own)
        for tag in _NOT_COPIED:
            for one in properties.findall(w(tag)):
                properties.remove(one)
        paragraph.append(properties)
        if properties.find(w("numPr")) is not None and size_pt is None:
            text = text.removeprefix("- ")
            text = text[:1].upper() + text[1:]
    run = etree.SubElement(paragraph, w("r"))
    run_properties = _run_properties(model, size_pt)
    if run_properties is not None:
        run.append(run_properties)
    content = etree.SubElement(run, w("t"))
    content.text = text
    content.set(XML_SPACE, "preserve")
    return paragraph


def _run_properties(model: etree._Element, size_pt: float | None) -> etree._Element | None:
    runs = [one for one in model.iter(w("r")) if one.find(w("t")) is not None]
    own = runs[-1].find(w("rPr")) if runs else None
    if size_pt is None:
        return copy.deepcopy(own)
    properties = etree.Element(w("rPr"))
    fonts = own.find(w("rFonts")) if own is not None else None
    if fonts is not None:
        properties.append(copy.deepcopy(fonts))
    for tag in ("b", "i"):
        etree.SubElement(properties, w(tag)).set(w("val"), "0")
    for tag in ("sz", "szCs"):
        etree.SubElement(properties, w(tag)).set(w("val"), str(round(2 * size_pt)))
    return properties


def _keep_section_break(model: etree._Element, added: int) -> None:
    """A section that ended with the block's last line must end with the new last line."""
    own = model.find(w("pPr"))
    section = own.find(w("sectPr")) if own is not None else None
    if section is None:
        return
    end = list(model.itersiblings(w("p")))[added - 1]
    properties = end.find(w("pPr"))
    assert properties is not None  # copied from the model, which has one
    place = properties.find(w("pPrChange"))
    if place is None:
        properties.append(section)
    else:
        place.addprevious(section)

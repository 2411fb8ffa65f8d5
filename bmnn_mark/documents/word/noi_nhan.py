# SPDX-License-Identifier: Apache-2.0
"""The Nơi nhận block of a Word document: found, checked, and completed with text of its own kind.

The statements go after the block's last line, below ``Lưu:``. NĐ 30/2020 makes ``Lưu:`` the last
of the *recipients*; the statements are not recipients, and the PDF room puts them there too.
"""

from __future__ import annotations

import copy

from lxml import etree

from bmnn_mark.documents import noi_nhan
from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.documents.word.block import find_block, is_numbered
from bmnn_mark.documents.word.own_lines import sign_line
from bmnn_mark.documents.word.parts import XML_SPACE, W, w
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules.model import RulePack

#: Properties of a line that must not be repeated on the lines after it.
_NOT_COPIED = ("sectPr", "pageBreakBefore", "keepNext", "framePr")


def complete(
    root: etree._Element,
    request: MarkRequest,
    pack: RulePack,
    lists: frozenset[str] = frozenset(),
    *,
    else_on_paper: bool = False,
) -> bool | None:
    """Write the statements that are missing into the document's block.

    Args:
        root: the main part, changed in place.
        request: what shall stand there.
        pack: the wording.
        lists: ids of the paragraph styles that number their paragraphs.
        else_on_paper: leave a block that cannot take more lines to who marks the paper.

    Returns:
        True when lines were added, False when all stood there, None where there is no block, or
        none that takes lines.

    Raises:
        DocumentRefused: ``noi_nhan.disagrees``, ``noi_nhan.no_room_in_text`` (a row of fixed
            height, a text box), ``noi_nhan.required``.
    """
    block = find_block(root, lists)
    if block is None:
        if request.require_noi_nhan:
            raise DocumentRefused("noi_nhan.required")
        return None
    lines = noi_nhan.missing(request, pack.noi_nhan, block.lines())
    if not lines:
        return False
    last = block.paragraphs[-1]
    if next(last.iterancestors(w("txbxContent")), None) is not None or _row_is_fixed(last):
        if else_on_paper:
            return None
        raise DocumentRefused("noi_nhan.no_room_in_text", lines=len(lines))
    size = pack.noi_nhan.text_size.value if block.is_bare() else None
    numbered = size is None and is_numbered(last, lists)
    number = _free_bookmark(root)
    for index, line in reversed(list(enumerate(lines))):
        added = _line_like(last, _without_dash(line.line) if numbered else line.line, size)
        sign_line(added, line.name, number + index)
        last.addnext(added)
    _keep_section_break(last, len(lines))
    return True


def _without_dash(line: str) -> str:
    text = line.removeprefix("- ")
    return text[:1].upper() + text[1:]


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
    run = etree.SubElement(paragraph, w("r"))
    run_properties = _run_properties(model, size_pt)
    if run_properties is not None:
        run.append(run_properties)
    content = etree.SubElement(run, w("t"))
    content.text = text
    content.set(XML_SPACE, "preserve")
    return paragraph


def _run_properties(model: etree._Element, size_pt: float | None) -> etree._Element | None:
    run = _entry_run(model)
    own = run.find(w("rPr")) if run is not None else None
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


def _entry_run(model: etree._Element) -> etree._Element | None:
    """The run whose type an entry has: the first with words in the paragraph's last line.

    What follows it there, behind tabs, may be the name of who signs.
    """
    found: list[etree._Element] = []
    new_line = True
    for one in model.iter(w("t"), w("br"), w("cr")):
        if next(one.iterancestors(w("p"))) is not model:
            continue
        if one.tag != w("t"):
            new_line = new_line or one.get(w("type")) is None
        elif new_line and any(char.isalnum() for char in one.text or ""):
            found.append(next(one.iterancestors(w("r"))))
            new_line = False
    return found[-1] if found else next(model.iter(w("r")), None)


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

# SPDX-License-Identifier: Apache-2.0
"""Lines of ours in a Nơi nhận block: signed with a hidden bookmark, found by it, taken out again.

A bookmark changes nothing on paper and outlives editing in a word processor. Its name ends with a
digest of the line, so a line that somebody has edited since is known for theirs and stays.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lxml import etree

from bmnn_mark.documents.word.parts import w

#: What the names of our bookmarks begin with; Word hides names that begin with an underscore.
BOOKMARK = "_bmnn_mark_"

_DIGEST_DIGITS = 12
_TEXT = {w("t"), w("tab"), w("br"), w("cr"), w("noBreakHyphen")}
_THINGS = tuple(
    w(tag)
    for tag in (
        "drawing", "pict", "object", "footnoteReference", "endnoteReference", "commentReference",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLines:
    """The lines we once added.

    Attributes:
        intact: paragraphs that still say what we wrote, and nothing else.
        edited: number of the others.
    """

    intact: tuple[etree._Element, ...]
    edited: int


def text_of(paragraph: etree._Element) -> str:
    """A paragraph's own text, without that of text boxes anchored in it."""
    out = []
    for one in paragraph.iter(*_TEXT):
        if next(one.iterancestors(w("p"))) is not paragraph:
            continue
        if one.tag == w("t"):
            out.append(one.text or "")
        elif one.tag == w("noBreakHyphen"):
            out.append("-")
        else:
            out.append("\t" if one.tag == w("tab") else "\n")
    return "".join(out)


def sign_line(paragraph: etree._Element, name: str, number: int) -> None:
    """Put a hidden bookmark around a line's text.

    Args:
        paragraph: the line, not yet signed.
        name: what it states (``drafter``).
        number: id of the bookmark, unique in the document.
    """
    start, end = etree.Element(w("bookmarkStart")), etree.Element(w("bookmarkEnd"))
    start.set(w("id"), str(number))
    start.set(w("name"), f"{BOOKMARK}{name}_{_digest(paragraph)}")
    end.set(w("id"), str(number))
    paragraph.insert(0 if paragraph.find(w("pPr")) is None else 1, start)
    paragraph.append(end)


def find_lines(root: etree._Element) -> OwnLines:
    """The lines of ours in a story."""
    intact, edited = [], 0
    for start in root.iter(w("bookmarkStart")):
        name = start.get(w("name"), "")
        line = start.getparent()
        if not name.startswith(BOOKMARK) or line is None:
            continue
        if line.tag == w("p") and name.rpartition("_")[2] == _digest(line) and _is_free(line):
            intact.append(line)
        else:
            edited += 1
    return OwnLines(intact=tuple(intact), edited=edited)


def _is_free(line: etree._Element) -> bool:
    """Whether a line stands below another paragraph and holds nothing but its text."""
    above = line.getprevious()
    return above is not None and above.tag == w("p") and next(line.iter(*_THINGS), None) is None


def take_out(line: etree._Element) -> None:
    """Take a line of ours out; a section that ended with it ends with the line above again."""
    section = line.find(f"{w('pPr')}/{w('sectPr')}")
    above = line.getprevious()
    if section is not None and above is not None:
        properties = above.find(w("pPr"))
        if properties is None:  # a word processor drops what is empty
            properties = etree.Element(w("pPr"))
            above.insert(0, properties)
        properties.append(section)
    remove(line)


def remove(element: etree._Element) -> None:
    """Take an element out of its tree; the blanks behind it stay."""
    parent, before = element.getparent(), element.getprevious()
    assert parent is not None
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _digest(paragraph: etree._Element) -> str:
    return hashlib.sha256(text_of(paragraph).encode()).hexdigest()[:_DIGEST_DIGITS]

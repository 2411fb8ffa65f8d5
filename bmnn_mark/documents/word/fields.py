# SPDX-License-Identifier: Apache-2.0
"""Fields of a Word document: their codes, and those that read another file or program."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from bmnn_mark.documents.word.own_lines import remove
from bmnn_mark.documents.word.parts import w

#: Fields that read another file or program when the document is opened or printed.
OUTSIDE_FIELDS = re.compile(
    r"^\s*(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE)\b", re.IGNORECASE
)
#: What a field's code may hold and a page would show once the code is no longer one.
_SHOWN = tuple(
    w(tag) for tag in ("t", "tab", "br", "cr", "sym", "noBreakHyphen", "drawing", "pict", "object")
)


@dataclass(slots=True, kw_only=True)
class _Field:
    """A field while it is read: what goes when only its last result is kept."""

    machinery: list[etree._Element]
    code: list[str] = field(default_factory=list)
    in_code: bool = True


def field_codes(root: etree._Element) -> list[str]:
    """Each field's code, put together from its runs."""
    codes = [one.get(w("instr"), "") for one in root.iter(w("fldSimple"))]
    current: list[str] = []
    for one in root.iter(w("fldChar"), w("instrText")):
        if one.tag == w("instrText"):
            current.append(one.text or "")
        elif current:
            codes.append("".join(current))
            current = []
    return codes


def outside_fields(root: etree._Element) -> list[str]:
    """Codes of the fields that read another file or program."""
    return [code for code in field_codes(root) if OUTSIDE_FIELDS.match(code)]


def unlink_fields(root: etree._Element, which: re.Pattern[str] = OUTSIDE_FIELDS) -> int:
    """Leave of each field whose code is such a one its last result only; returns their number."""
    simple = [one for one in root.iter(w("fldSimple")) if which.match(one.get(w("instr"), ""))]
    for one in simple:
        for child in [*one]:
            one.addprevious(child)
        remove(one)
    count, open_fields = len(simple), list[_Field]()
    for one in [*root.iter(w("fldChar"), w("instrText"), *_SHOWN)]:
        if one.tag != w("fldChar"):
            _read(one, open_fields)
            continue
        kind = one.get(w("fldCharType"))
        if kind == "begin":
            open_fields.append(_Field(machinery=[]))
        if not open_fields:
            continue
        current = open_fields[-1]
        current.machinery.append(one)
        if kind == "separate":
            current.in_code = False
        elif kind == "end":
            open_fields.pop()
            if which.match("".join(current.code)):
                count += 1
                for part in current.machinery:
                    remove(part)
            elif any(outer.in_code for outer in open_fields):
                open_fields[-1].machinery += current.machinery
    return count


def _read(element: etree._Element, open_fields: list[_Field]) -> None:
    """Take down a part of a field's code; parts of its result stay where they are."""
    coding = next((one for one in reversed(open_fields) if one.in_code), None)
    if coding is None:
        return
    coding.machinery.append(element)
    if element.tag == w("instrText"):
        coding.code.append(element.text or "")

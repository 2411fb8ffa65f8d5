# SPDX-License-Identifier: Apache-2.0
"""Strict Open XML (ISO/IEC 29500-1) told in the names of the transitional form, part by part.

Word and every other reader know both by a table of names; only a few use the strict ones. Content
stays what it is: measures with units and the values that differ are legal in both.
"""

from __future__ import annotations

import re

from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import Package

_STRICT = b"http://purl.oclc.org/ooxml/"
_OPEN = b"http://schemas.openxmlformats.org/"
#: First step of a strict name: first step and year of the transitional one (Annex A of part 4).
_YEARS = b"2006"
_NAMES = {
    b"wordprocessingml/main": b"wordprocessingml/2006/main",
    b"officeDocument/relationships": b"officeDocument/2006/relationships",
    b"officeDocument/math": b"officeDocument/2006/math",
    b"officeDocument/bibliography": b"officeDocument/2006/bibliography",
    b"officeDocument/customXml": b"officeDocument/2006/customXml",
    b"officeDocument/characteristics": b"officeDocument/2006/characteristics",
    b"officeDocument/extendedProperties": b"officeDocument/2006/extended-properties",
    b"officeDocument/customProperties": b"officeDocument/2006/custom-properties",
    b"officeDocument/docPropsVTypes": b"officeDocument/2006/docPropsVTypes",
    b"officeDocument/sharedTypes": b"officeDocument/2006/sharedTypes",
    b"schemaLibrary/main": b"schemaLibrary/2006/main",
    b"spreadsheetml/main": b"spreadsheetml/2006/main",
    b"presentationml/main": b"presentationml/2006/main",
}
_RELATIONSHIPS = {
    b"extendedProperties": b"extended-properties",
    b"customProperties": b"custom-properties",
}
_TAG = re.compile(rb"<[^<>]*" + re.escape(_STRICT) + rb"[^<>]*>")
_NAME = re.compile(rb"(?<=[\"'])" + re.escape(_STRICT) + rb"([\w/.-]+)(?=[\"'])")
_CONFORMANCE = re.compile(rb"\s[\w.-]+:conformance=([\"'])strict\1")


def translate(package: Package) -> bool:
    """Put transitional names in the place of strict ones, in the tags of every XML part.

    Returns:
        Whether there were any.
    """
    found = False
    for name, member in list(package.members.items()):
        if not name.casefold().endswith((".xml", ".rels")):
            continue
        data = member.data()
        if _STRICT in data and (told := _TAG.sub(_retold, data)) != data:
            package.put(Member.made(name, told))
            found = True
    return found


def _retold(tag: re.Match[bytes]) -> bytes:
    return _CONFORMANCE.sub(b"", _NAME.sub(_transitional, tag[0]))


def _transitional(name: re.Match[bytes]) -> bytes:
    """The transitional name of a strict one; a name that the table lacks stays."""
    strict = name[1]
    if strict in _NAMES:
        return _OPEN + _NAMES[strict]
    area, _, rest = strict.partition(b"/")
    if area == b"drawingml":
        return _OPEN + area + b"/" + _YEARS + b"/" + rest
    if strict.startswith(b"officeDocument/relationships/"):
        kind = rest.removeprefix(b"relationships/")
        return (
            _OPEN + _NAMES[b"officeDocument/relationships"] + b"/" + _RELATIONSHIPS.get(kind, kind)
        )
    return name[0]

# SPDX-License-Identifier: Apache-2.0
"""Who made a PDF and what it is called, as its metadata tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pikepdf import Dictionary, Object, Pdf, Stream

from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.kinds import found
from bmnn_mark.documents.hidden.objects import text_of
from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.limits import MIB

#: Entries that tell of programs and days only.
_PLAIN = frozenset(
    {"/Producer", "/Creator", "/CreationDate", "/ModDate", "/Trapped", "/PTEX.Fullbanner"}
)
_NAMED = ("/Author", "/Title", "/Subject", "/Keywords", "/Company", "/Manager", "/SourceModified")
_XMP_FIELDS = (
    "dc:creator", "dc:title", "dc:description", "dc:subject", "dc:contributor", "dc:rights",
    "pdf:Keywords", "pdf:Author", "xmpMM:History", "xmpMM:DerivedFrom", "xmpMM:Ingredients",
    "xmpMM:Pantry", "photoshop:AuthorsPosition", "photoshop:History",
    "Iptc4xmpCore:CreatorContactInfo", "exif:GPSLatitude", "pdfx:Company", "pdfx:SourceModified",
    "xmpRights:Owner", "xmp:Author",
)  # fmt: skip
_TAGS = re.compile(r"<[^>]*>")


def find_metadata(pdf: Pdf) -> Iterator[Finding]:
    """Names, titles and the like in the document information and in XMP."""
    fields, custom = [], 0
    info = pdf.trailer.get("/Info")
    if isinstance(info, Dictionary):
        for key, value in info.items():
            if key in _PLAIN or not text_of(value):
                continue
            if key in _NAMED:
                fields.append(key.lstrip("/"))
            else:
                custom += 1
    if fields or custom:
        yield found("hidden.metadata", fields=", ".join(sorted(fields)) or "—", custom=custom)
    told = xmp_fields(pdf.Root.get("/Metadata"))
    if told:
        yield found("hidden.metadata_xmp", fields=", ".join(told))


def xmp_fields(stream: Object | None) -> list[str]:
    """Names of the telling fields of an XMP packet that hold something."""
    if not isinstance(stream, Stream):
        return []
    try:
        data = stream.read_bytes()[: 4 * MIB]
    except BROKEN_STRUCTURE:
        return []
    text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")
    return [name for name in _XMP_FIELDS if name in text and _holds(text, name)]


def _holds(text: str, name: str) -> bool:
    """Whether a field is there, as an element or an attribute, and not empty."""
    quoted = re.escape(name)
    if re.search(rf"{quoted}\s*=\s*(?:\"[^\"]*\S[^\"]*\"|'[^']*\S[^']*')", text):
        return True
    for one in re.finditer(rf"<{quoted}[\s>]", text):
        end = text.find(f"</{name}>", one.end())
        inner = text[one.end() - 1 : end] if end >= 0 else ""
        if _TAGS.sub("", inner.lstrip(">")).strip(" \t\r\n>") or ("History" in name and inner):
            return True
    return False

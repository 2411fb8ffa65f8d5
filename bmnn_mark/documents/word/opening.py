# SPDX-License-Identifier: Apache-2.0
"""Opening a DOCX: refuse what cannot be marked truthfully, before any office suite touches it.

What Word would show and what LibreOffice shows must be the same paper. So whatever pulls content in
from outside, or is shown in two states (tracked changes), is refused by name rather than converted.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.word.package import read_members
from bmnn_mark.documents.word.parts import TYPES_PART, Package, scan, w
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import FileKind, check_size, sniff
from bmnn_mark.limits import Limits

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TEMPLATE_MAIN = _MAIN.replace("document.main", "template.main")
_STRICT = "http://purl.oclc.org/ooxml/"
_OFFICE_DOCUMENT = "/relationships/officeDocument"
_SIGNATURE = "digital-signature/origin"
_MACRO_WORDS = ("macroenabled", "vbaproject", "vbadata", "activex")

#: Elements that record a change somebody has yet to accept or reject (ISO/IEC 29500-1, 17.13.5).
CHANGES = tuple(
    w(tag)
    for tag in (
        "ins",
        "del",
        "moveFrom",
        "moveTo",
        "rPrChange",
        "pPrChange",
        "sectPrChange",
        "tblPrChange",
        "tblPrExChange",
        "tblGridChange",
        "tcPrChange",
        "trPrChange",
        "numberingChange",
        "cellIns",
        "cellDel",
        "cellMerge",
    )
)

#: Relationship types that bring outside content onto the page; a hyperlink or a style template
#: on the same machine changes nothing that is printed.
_HARMLESS_OUTSIDE = ("/hyperlink",)
_TEMPLATE = "/attachedTemplate"
NET_ADDRESS = re.compile(
    r"^(?:(?:https?|ftps?|webdavs?|smb):|file:/{0,3}\\\\|\\\\|//|file:////)", re.IGNORECASE
)
#: Fields that read another file or program when the document is opened or printed.
OUTSIDE_FIELDS = re.compile(
    r"^\s*(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE)\b", re.IGNORECASE
)

_STORIES = ("header", "footer", "footnotes", "endnotes", "comments", "glossaryDocument")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDocx:
    """A DOCX that may be marked.

    Attributes:
        package: its parts.
        main: name of the main document part.
        notices: what the clerk should know.
    """

    package: Package
    main: str
    notices: tuple[Notice, ...]

    def stories(self) -> tuple[str, ...]:
        """The main part and every part with text of its own that belongs to it."""
        names = [self.main]
        for kind in _STORIES:
            names += self.package.related(self.main, kind)
        return tuple(dict.fromkeys(names))


def open_docx(path: Path, limits: Limits) -> OpenedDocx:
    """Open a DOCX under ``limits``.

    Raises:
        DocumentRefused: ``document.unreadable``, ``.empty``, ``.too_large``, ``.not_a_document``,
            ``.encrypted``, ``.damaged``, ``.signed``, ``.too_deep``; ``docx.legacy_doc``,
            ``.template``, ``.zip_bomb``, ``.xml_entities``, ``.macros``, ``.strict``,
            ``.tracked_changes``, ``.external_content``, ``.alt_chunk``.
    """
    check_size(path, limits)
    kind = sniff(path)
    if kind is FileKind.OLE:
        raise DocumentRefused(ole_code(path))
    if kind is not FileKind.ZIP:
        raise DocumentRefused("document.not_a_document")
    members = read_members(path, limits)
    package = Package(members, limits)
    if TYPES_PART not in package:
        raise DocumentRefused("document.not_a_document")
    for member in members:
        if member.name.casefold().endswith((".xml", ".rels")):
            scan(member.data(), limits)
    main = _main_part(package)
    opened = OpenedDocx(package=package, main=main, notices=())
    _refuse_foreign_content(opened)
    _refuse_changes(opened)
    return OpenedDocx(package=package, main=main, notices=_notices(opened))


def ole_code(path: Path) -> str:
    """What an OLE container is: its streams' names stand in its directory in UTF-16."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            return "document.encrypted"
        if content.find("WordDocument".encode("utf-16-le")) >= 0:
            return "docx.legacy_doc"
    return "document.not_a_document"


def _main_part(package: Package) -> str:
    types = " ".join(sorted(package.content_types())).casefold()
    names = " ".join(package.members).casefold()
    if any(word in types for word in _MACRO_WORDS) or "vbaproject" in names:
        raise DocumentRefused("docx.macros")
    relationships = package.relationships()
    if any(_SIGNATURE in one.type for one in relationships) or "digital-signature" in types:
        raise DocumentRefused("document.signed")
    mains = [one for one in relationships if one.type.endswith(_OFFICE_DOCUMENT)]
    if not mains:
        raise DocumentRefused("document.not_a_document")
    if len(mains) > 1 or mains[0].external or mains[0].target not in package:
        raise DocumentRefused("document.damaged", reason="MAIN_PART")
    main = mains[0].target
    if package.content_type(main) == _TEMPLATE_MAIN:
        raise DocumentRefused("docx.template")
    if package.content_type(main) != _MAIN:
        raise DocumentRefused("document.not_a_document")
    root = package.root(main)
    if mains[0].type.startswith(_STRICT) or root.tag.startswith(f"{{{_STRICT}"):
        raise DocumentRefused("docx.strict")
    if root.tag != w("document") or root.find(w("body")) is None:
        raise DocumentRefused("document.damaged", reason="BODY")
    return main


def _refuse_foreign_content(opened: OpenedDocx) -> None:
    package = opened.package
    for name in package.members:
        source = source_of(name)
        if source is None:
            continue
        for one in package.relationships(source):
            if one.type.endswith("/aFChunk"):
                raise DocumentRefused("docx.alt_chunk")
            local_template = one.type.endswith(_TEMPLATE) and not NET_ADDRESS.match(one.target)
            if one.external and not one.type.endswith(_HARMLESS_OUTSIDE) and not local_template:
                raise DocumentRefused(
                    "docx.external_content", kind=one.type.rpartition("/")[2][:40]
                )
    for story in opened.stories():
        for code in field_codes(package.root(story)):
            if OUTSIDE_FIELDS.match(code):
                raise DocumentRefused("docx.external_content", kind=code.split()[0].upper()[:40])


def source_of(rels: str) -> str | None:
    """The part that a relationships part belongs to; None where ``rels`` is not one.

    >>> source_of("word/_rels/document.xml.rels"), source_of("word/document.xml")
    ('word/document.xml', None)
    """
    folder, _, name = rels.rpartition("/")
    if not name.endswith(".rels") or not folder.endswith("_rels"):
        return None
    return folder.removesuffix("_rels") + name.removesuffix(".rels")


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


def _refuse_changes(opened: OpenedDocx) -> None:
    for story in opened.stories():
        root = opened.package.root(story)
        if next(root.iter(*CHANGES), None) is not None:
            raise DocumentRefused("docx.tracked_changes")


def _notices(opened: OpenedDocx) -> tuple[Notice, ...]:
    package, codes = opened.package, []
    if any(True for _ in package.related(opened.main, "comments")) and any(
        next(package.root(name).iter(w("comment")), None) is not None
        for name in package.related(opened.main, "comments")
    ):
        codes.append("docx.comments")
    for settings in package.related(opened.main, "settings"):
        lock = package.root(settings).find(w("documentProtection"))
        if lock is not None and lock.get(w("enforcement")) in {"1", "true", "on"}:
            codes.append("docx.protected")
    if any("/embeddings/" in name for name in package.members):
        codes.append("docx.embedded_files")
    return tuple(Notice(code=code) for code in codes)

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

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.word.fields import outside_fields
from bmnn_mark.documents.word.package import Member, members_of, read_members
from bmnn_mark.documents.word.parts import (
    TYPES_PART,
    Package,
    Relationship,
    scan,
    serialise,
    w,
)
from bmnn_mark.documents.word.printout import cut_links, has_macros, make_ordinary
from bmnn_mark.documents.word.protection import unlock
from bmnn_mark.documents.word.revisions import accept_changes, drop_notes, has_changes
from bmnn_mark.documents.word.strict import translate
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import FileKind, check_size, sniff
from bmnn_mark.limits import Limits

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MAIN_TYPES = frozenset(
    {
        _MAIN,
        _MAIN.replace("document.main", "template.main"),
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    }
)
#: Refusals that a printout does not need.
PRINTOUT_ONLY = frozenset(
    {"document.signed", "docx.macros", "docx.template", "docx.external_content"}
)
_OFFICE_DOCUMENT = "/relationships/officeDocument"
_SIGNATURE = "digital-signature/origin"

#: Relationship types that bring outside content onto the page; a hyperlink or a style template
#: on the same machine changes nothing that is printed.
_HARMLESS_OUTSIDE = ("/hyperlink",)
_TEMPLATE = "/attachedTemplate"
NET_ADDRESS = re.compile(
    r"^(?:(?:https?|ftps?|webdavs?|smb):|file:/{0,3}\\\\|\\\\|//|file:////)", re.IGNORECASE
)
_NOTES = ("footnotes", "endnotes", "comments")
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


def open_docx(
    path: Path,
    limits: Limits,
    *,
    accept: bool = False,
    as_printout: bool = False,
    password: str | None = None,
) -> OpenedDocx:
    """Open a DOCX under ``limits``.

    Args:
        path: the file.
        limits: bounds on its parts.
        accept: tracked changes are accepted.
        as_printout: what only a printout may be made of is opened too, made ordinary; the package
            is then for the office suite only.
        password: opens a file that has one.

    Raises:
        DocumentRefused: ``document.unreadable``, ``.empty``, ``.too_large``, ``.not_a_document``,
            ``.encrypted``, ``.wrong_password``, ``.damaged``, ``.too_deep``;
            ``docx.protection_unknown``, ``docx.legacy_doc``, ``.zip_bomb``,
            ``.xml_entities``, ``.tracked_changes``, ``.alt_chunk``; those of
            :data:`PRINTOUT_ONLY`.
    """
    package, told = _package(path, limits, password)
    if translate(package):
        told.append(Notice(code="docx.strict_translated"))
    main = _main_part(package)
    if as_printout:
        told += make_ordinary(package, main, _MAIN)
    else:
        _refuse_unfit(package, main)
    opened = OpenedDocx(package=package, main=main, notices=())
    told += _settle_outside(opened, cut=as_printout)
    told += _settle_changes(opened, accept=accept)
    return OpenedDocx(package=package, main=main, notices=(*told, *_notices(opened)))


def _package(path: Path, limits: Limits, password: str | None) -> tuple[Package, list[Notice]]:
    """The package, unlocked where it has a password, and what is to be told of that."""
    check_size(path, limits)
    kind = sniff(path)
    told: list[Notice] = []
    if kind is FileKind.OLE:
        code = ole_code(path)
        if code != "document.encrypted" or password is None:
            raise DocumentRefused(code)
        members = members_of(unlock(path.read_bytes(), password, limits), limits)
        told.append(Notice(code="docx.unlocked"))
    elif kind is FileKind.ZIP:
        members = read_members(path, limits)
    else:
        raise DocumentRefused("document.not_a_document")
    package = Package(members, limits)
    if TYPES_PART not in package:
        raise DocumentRefused("document.not_a_document")
    for member in members:
        if member.name.casefold().endswith((".xml", ".rels")):
            scan(member.data(), limits)
    return package, told


def ole_code(path: Path) -> str:
    """What an OLE container is: its streams' names stand in its directory in UTF-16."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            return "document.encrypted"
        if content.find("WordDocument".encode("utf-16-le")) >= 0:
            return "docx.legacy_doc"
    return "document.not_a_document"


def _main_part(package: Package) -> str:
    mains = [one for one in package.relationships() if one.type.endswith(_OFFICE_DOCUMENT)]
    if not mains:
        raise DocumentRefused("document.not_a_document")
    if len(mains) > 1 or mains[0].external or mains[0].target not in package:
        raise DocumentRefused("document.damaged", reason="MAIN_PART")
    main = mains[0].target
    if package.content_type(main) not in _MAIN_TYPES:
        raise DocumentRefused("document.not_a_document")
    root = package.root(main)
    if root.tag != w("document") or root.find(w("body")) is None:
        raise DocumentRefused("document.damaged", reason="BODY")
    return main


def _refuse_unfit(package: Package, main: str) -> None:
    """What a mark would spoil, or what a marked file must not carry."""
    if has_macros(package):
        raise DocumentRefused("docx.macros")
    types = " ".join(sorted(package.content_types())).casefold()
    signed = any(_SIGNATURE in one.type for one in package.relationships())
    if signed or "digital-signature" in types:
        raise DocumentRefused("document.signed")
    if package.content_type(main) != _MAIN:
        raise DocumentRefused("docx.template")


def _settle_outside(opened: OpenedDocx, *, cut: bool) -> tuple[Notice, ...]:
    """See that nothing is taken from outside the file; where ``cut``, by cutting it off."""
    package = opened.package
    outside: list[tuple[str, Relationship]] = []
    for name in list(package.members):
        source = source_of(name)
        for one in package.relationships(source) if source is not None else ():
            if one.type.endswith("/aFChunk"):
                raise DocumentRefused("docx.alt_chunk")
            local_template = one.type.endswith(_TEMPLATE) and not NET_ADDRESS.match(one.target)
            if one.external and not one.type.endswith(_HARMLESS_OUTSIDE) and not local_template:
                outside.append((source or "", one))
    if cut:
        return cut_links(package, outside, opened.stories())
    if outside:
        kind = outside[0][1].type.rpartition("/")[2][:40]
        raise DocumentRefused("docx.external_content", kind=kind)
    for story in opened.stories():
        for code in outside_fields(package.root(story)):
            raise DocumentRefused("docx.external_content", kind=code.split()[0].upper()[:40])
    return ()


def source_of(rels: str) -> str | None:
    """The part that a relationships part belongs to; None where ``rels`` is not one.

    >>> source_of("word/_rels/document.xml.rels"), source_of("word/document.xml")
    ('word/document.xml', None)
    """
    folder, _, name = rels.rpartition("/")
    if not name.endswith(".rels") or not folder.endswith("_rels"):
        return None
    return folder.removesuffix("_rels") + name.removesuffix(".rels")


def _settle_changes(opened: OpenedDocx, *, accept: bool) -> tuple[Notice, ...]:
    """Accept the tracked changes of every story.

    Raises:
        DocumentRefused: ``docx.tracked_changes`` where that is not asked for.
    """
    package, total = opened.package, 0
    gone: set[tuple[str, str]] = set()
    for story in opened.stories():
        root = package.root(story)
        if not has_changes(root):
            continue
        if not accept:
            raise DocumentRefused("docx.tracked_changes")
        changes, uncalled = accept_changes(root)
        total += changes
        gone |= uncalled
        package.put(Member.made(story, serialise(root)))
    for kind in _NOTES:
        ids = {
            number
            for reference, number in gone
            if f"{reference.removesuffix('Reference')}s" == kind
        }
        for name in package.related(opened.main, kind) if ids else ():
            root = package.root(name)
            drop_notes(root, ids)
            package.put(Member.made(name, serialise(root)))
    return (Notice(code="docx.changes_accepted", detail={"count": total}),) if total else ()


def _notices(opened: OpenedDocx) -> tuple[Notice, ...]:
    package, codes = opened.package, []
    if any(True for _ in package.related(opened.main, "comments")) and any(
        next(package.root(name).iter(w("comment")), None) is not None
        for name in package.related(opened.main, "comments")
    ):
        codes.append("docx.comments")
    for settings in package.related(opened.main, "settings"):
        root = package.root(settings)
        lock = root.find(w("documentProtection"))
        enforced = lock is not None and lock.get(w("enforcement")) in {"1", "true", "on"}
        if enforced or root.find(w("writeProtection")) is not None:
            codes.append("docx.protected")
    if any("/embeddings/" in name for name in package.members):
        codes.append("docx.embedded_files")
    return tuple(Notice(code=code) for code in codes)

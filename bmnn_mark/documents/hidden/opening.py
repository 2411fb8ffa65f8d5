# SPDX-License-Identifier: Apache-2.0
"""Documents opened to be looked at, not to be marked: what bears macros or a signature is let in.

Every bound of the strict openers holds; only their verdicts on content do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pikepdf

from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.documents.pdf.frame import PageFrame, inherited, number_in, overlap, visible_boxes
from bmnn_mark.documents.word.opening import ole_code
from bmnn_mark.documents.word.package import read_members
from bmnn_mark.documents.word.parts import TYPES_PART, Package, scan
from bmnn_mark.documents.word.strict import translate
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import FileKind, check_size, sniff
from bmnn_mark.limits import Limits
from bmnn_mark.units import Mm, Size

_OFFICE_DOCUMENT = "/officeDocument"


@contextmanager
def loose_pdf(path: Path, limits: Limits, password: str | None = None) -> Iterator[pikepdf.Pdf]:
    """A PDF parsed with whatever recovery it needs, for as long as the block runs.

    Raises:
        DocumentRefused: ``document.unreadable``, ``.empty``, ``.too_large``, ``.not_a_document``,
            ``.encrypted``, ``.damaged``, ``.no_pages``, ``.too_many_pages``.
    """
    check_size(path, limits)
    if sniff(path) is not FileKind.PDF:
        raise DocumentRefused("document.not_a_document")
    try:
        pdf = pikepdf.open(path, password=password or "", suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise DocumentRefused("document.encrypted") from error
    except BROKEN_STRUCTURE as error:
        raise DocumentRefused("document.damaged", reason="BEYOND_REPAIR") from error
    with pdf:
        try:
            pages = len(pdf.pages)
        except BROKEN_STRUCTURE as error:
            raise DocumentRefused("document.damaged", reason="PAGE_TREE") from error
        if pages == 0:
            raise DocumentRefused("document.no_pages")
        if pages > limits.pages:
            raise DocumentRefused("document.too_many_pages", pages=pages, limit=limits.pages)
        yield pdf


def loose_frame(page: pikepdf.Object, number: int) -> PageFrame:
    """The frame of a page, also of one that could not be marked for its unit or its turn.

    Raises:
        DocumentRefused: ``document.damaged`` where the page tree loops.
    """
    media, crop = visible_boxes(page)
    visible = (overlap(crop, media) if crop else None) or media
    rotation = round((number_in(inherited(page, "/Rotate")) or 0.0) / 90) * 90 % 360
    wide, high = visible[2] - visible[0], visible[3] - visible[1]
    if rotation % 180:
        wide, high = high, wide
    size = Size(Mm.from_pt(wide), Mm.from_pt(high))
    return PageFrame(page=number, size=size, rotation=rotation, visible=visible)


def loose_package(path: Path, limits: Limits) -> tuple[Package, str]:
    """An OOXML text document's parts and the name of its main one.

    Raises:
        DocumentRefused: ``document.unreadable``, ``.empty``, ``.too_large``, ``.not_a_document``,
            ``.encrypted``, ``.damaged``, ``.too_deep``; ``docx.legacy_doc``, ``.zip_bomb``,
            ``.xml_entities``.
    """
    check_size(path, limits)
    kind = sniff(path)
    if kind is FileKind.OLE:
        raise DocumentRefused(ole_code(path))
    if kind is not FileKind.ZIP:
        raise DocumentRefused("document.not_a_document")
    package = Package(read_members(path, limits), limits)
    if TYPES_PART not in package:
        raise DocumentRefused("document.not_a_document")
    for member in package.members.values():
        if _is_xml(member.name):
            scan(member.data(), limits)
    translate(package)
    mains = [
        one for one in package.relationships()
        if one.type.endswith(_OFFICE_DOCUMENT) and not one.external and one.target in package
    ]  # fmt: skip
    if not mains:
        raise DocumentRefused("document.not_a_document")
    if not package.root(mains[0].target).tag.endswith("}document"):
        raise DocumentRefused("document.not_a_document")
    return package, mains[0].target


def _is_xml(name: str) -> bool:
    return name.casefold().endswith((".xml", ".rels"))

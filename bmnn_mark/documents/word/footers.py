# SPDX-License-Identifier: Apache-2.0
"""The tracking strip of a numbered copy: code and caption in every footer that a page may show.

A footer is the same on every page, so the code stands for the copy, not the page. A section shows
up to three kinds of footer (default, first page, even pages) and inherits those it does not have;
so the strip goes into every footer there is, and the first section gets the kinds it lacks.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TypeAlias

from lxml import etree

from bmnn_mark.documents.word.opening import OpenedDocx
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import (
    RELS,
    TYPES,
    TYPES_PART,
    R,
    W,
    rels_name,
    serialise,
    w,
)

_FOOTER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
_TYPE_PREFIX = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_KINDS = ("default", "first", "even")
#: A paragraph that takes as good as no height, so that the page's text stays where it is.
_FLAT = (
    f'<w:ftr xmlns:w="{W}" xmlns:r="{R}"><w:p><w:pPr>'
    '<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/></w:pPr></w:p></w:ftr>'
)

#: Makes the runs of a strip, given the relationship id of the code's picture.
StripRuns: TypeAlias = "Callable[[str], list[etree._Element]]"  # noqa: SLF001 - its public name


def put_strip(
    opened: OpenedDocx, root: etree._Element, picture: Member, runs: StripRuns
) -> tuple[str, ...]:
    """Put the strip into every footer; ``root`` is the main part, changed in place.

    Args:
        opened: the document; its package gets the parts.
        root: the main part's root element.
        picture: the code's image, stored.
        runs: makes the strip's runs for one footer.

    Returns:
        Names of the footer parts, each left stored so that copies can be spliced.
    """
    _declare(opened, "Default", "Extension", "png", "image/png")
    opened.package.put(picture)
    for kind in _missing_kinds(opened, root):
        _add_footer(opened, root, kind)
    names = tuple(dict.fromkeys(opened.package.related(opened.main, "footer")))
    for name in names:
        footer = opened.package.root(name)
        target = posixpath.relpath(picture.name, posixpath.dirname(name))
        for run in runs(_relate(opened, name, "image", target)):
            _first_paragraph(footer).append(run)
        opened.package.put(Member.made(name, serialise(footer), stored=True))
    return names


def _missing_kinds(opened: OpenedDocx, root: etree._Element) -> list[str]:
    """Kinds of footer that some page shows and that the first section does not have."""
    sections = list(root.iter(w("sectPr")))
    if not sections:
        return ["default"]
    there = {one.get(w("type"), "default") for one in sections[0].iter(w("footerReference"))}
    needed = {"default"}
    if any(_is_on(section.find(w("titlePg"))) for section in sections):
        needed.add("first")
    for name in opened.package.related(opened.main, "settings"):
        if _is_on(opened.package.root(name).find(w("evenAndOddHeaders"))):
            needed.add("even")
    return [kind for kind in _KINDS if kind in needed - there]


def _is_on(switch: etree._Element | None) -> bool:
    return switch is not None and switch.get(w("val"), "1") not in {"0", "false", "off"}


def _add_footer(opened: OpenedDocx, root: etree._Element, kind: str) -> None:
    folder = posixpath.dirname(opened.main)
    name = posixpath.join(folder, f"bmnn-mark-footer-{kind}.xml")
    opened.package.put(Member.made(name, serialise(etree.fromstring(_FLAT)), stored=True))
    _declare(opened, "Override", "PartName", f"/{name}", _FOOTER_TYPE)
    relation = _relate(opened, opened.main, "footer", posixpath.basename(name))
    section = next(root.iter(w("sectPr")), None)
    if section is None:
        body = root.find(w("body"))
        assert body is not None  # opening made sure
        section = etree.SubElement(body, w("sectPr"))
    reference = etree.Element(w("footerReference"))
    reference.set(w("type"), kind)
    reference.set(f"{{{R}}}id", relation)
    section.insert(0, reference)


def _relate(opened: OpenedDocx, source: str, kind: str, target: str) -> str:
    """A new relationship of a part; returns its id."""
    name = rels_name(source)
    if name in opened.package:
        root = opened.package.root(name)
    else:
        root = etree.Element(f"{{{RELS}}}Relationships", nsmap={None: RELS})  # type: ignore[dict-item]  # lxml takes None for the default namespace
    taken = {one.get("Id") for one in root}
    number = 1
    while f"rIdBmnn{number}" in taken:
        number += 1
    one = etree.SubElement(root, f"{{{RELS}}}Relationship")
    one.set("Id", f"rIdBmnn{number}")
    one.set("Type", _TYPE_PREFIX + kind)
    one.set("Target", target)
    opened.package.put(Member.made(name, serialise(root)))
    return f"rIdBmnn{number}"


def _declare(opened: OpenedDocx, tag: str, key: str, value: str, kind: str) -> None:
    """A content type, unless the package declares it already."""
    root = opened.package.root(TYPES_PART)
    if any(one.get(key, "").casefold() == value.casefold() for one in root):
        return
    one = etree.Element(f"{{{TYPES}}}{tag}")
    one.set(key, value)
    one.set("ContentType", kind)
    if tag == "Default":
        root.insert(0, one)
    else:
        root.append(one)
    opened.package.put(Member.made(TYPES_PART, serialise(root)))


def _first_paragraph(footer: etree._Element) -> etree._Element:
    found = footer.find(w("p"))
    if found is None:
        found = etree.Element(w("p"))
        footer.insert(0, found)
    return found

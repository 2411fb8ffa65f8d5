# SPDX-License-Identifier: Apache-2.0
"""What only a printout may be made of: a signed document, one with macros or links, a template.

The package is made into an ordinary one for the office suite and for nobody else; each thing that
a printout cannot keep is told to the clerk. Nothing is fetched: a link shows the copy that lies in
the file, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.word.fields import outside_fields, unlink_fields
from bmnn_mark.documents.word.own_lines import remove
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import (
    RELS,
    Package,
    R,
    Relationship,
    rels_name,
    serialise,
)
from bmnn_mark.documents.word.signatures import ORIGIN, told_signatures
from bmnn_mark.errors import DocumentRefused

_MACRO_WORDS = ("macroenabled", "vbaproject", "vbadata", "activex")
_IMAGE, _SUBDOCUMENT = "/image", "/subDocument"
_DROPPED = (ORIGIN, "/vbaProject", "/wordVbaData")
_LINKS, _EMBEDS = (f"{{{R}}}link", f"{{{R}}}href"), (f"{{{R}}}embed", f"{{{R}}}id")


def make_ordinary(package: Package, main: str, main_type: str) -> tuple[Notice, ...]:
    """Make a package ordinary for printing.

    Args:
        package: the package, changed in place.
        main: name of its main part.
        main_type: content type that the main part shall have.

    Returns:
        What the printout does not keep.

    Raises:
        DocumentRefused: ``docx.external_content`` for a document made up of other files.
    """
    notices = list(told_signatures(package, main))
    if notices:
        notices.append(Notice(code="docx.printout_of_signed"))
    if has_macros(package):
        notices.append(Notice(code="docx.printout_of_macros"))
    stated = package.content_type(main)
    if "template" in stated.casefold():
        notices.append(Notice(code="docx.printout_of_template"))
    if stated != main_type:
        package.state_type(main, main_type)
    for source in _sources(package):
        _drop_relationships(package, source, _DROPPED)
    return tuple(notices)


def cut_links(
    package: Package, outside: list[tuple[str, Relationship]], stories: tuple[str, ...]
) -> tuple[Notice, ...]:
    """Cut what brings content in from outside; what lies in the file of it stays.

    Args:
        package: the package, changed in place.
        outside: relationships to outside content, each with the part that has it.
        stories: names of the parts with text.

    Raises:
        DocumentRefused: ``docx.external_content`` for a document made up of other files.
    """
    if any(one.type.endswith(_SUBDOCUMENT) for _, one in outside):
        raise DocumentRefused("docx.external_content", kind=_SUBDOCUMENT[1:])
    missing = sum(
        not _is_embedded_too(package, source, one.id)
        for source, one in outside
        if one.type.endswith(_IMAGE)
    )
    for source, one in outside:
        _drop_relationship(package, source, one.id)
    fields = 0
    for story in stories:
        root = package.root(story)
        if outside_fields(root):
            fields += unlink_fields(root)
            package.put(Member.made(story, serialise(root)))
    notices = []
    if len(outside) + fields:
        notices.append(
            Notice(code="docx.printout_of_links", detail={"count": len(outside) + fields})
        )
    if missing:
        notices.append(Notice(code="docx.pictures_missing", detail={"count": missing}))
    return tuple(notices)


def has_macros(package: Package) -> bool:
    """Whether the package carries macros or ActiveX."""
    types = " ".join(sorted(package.content_types())).casefold()
    names = " ".join(package.members).casefold()
    return any(word in types for word in _MACRO_WORDS) or "vbaproject" in names


def _sources(package: Package) -> Iterator[str]:
    """The parts with relationships, the package itself (an empty name) first."""
    yield ""
    yield from [name for name in package.members if rels_name(name) in package]


def _drop_relationships(package: Package, source: str, endings: tuple[str, ...]) -> None:
    for one in package.relationships(source):
        if one.type.endswith(endings):
            _drop_relationship(package, source, one.id)


def _drop_relationship(package: Package, source: str, relation: str) -> None:
    name = rels_name(source)
    root = package.root(name)
    for one in [*root.iter(f"{{{RELS}}}Relationship")]:
        if one.get("Id") == relation:
            remove(one)
    package.put(Member.made(name, serialise(root)))


def _is_embedded_too(package: Package, source: str, relation: str) -> bool:
    """Whether each picture with this link has its copy in the file."""
    pictures = package.root(source).iter(etree.Element)
    linked = [one for one in pictures if relation in {one.get(link) for link in _LINKS}]
    return bool(linked) and all(any(one.get(own) for own in _EMBEDS) for one in linked)

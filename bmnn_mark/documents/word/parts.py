# SPDX-License-Identifier: Apache-2.0
"""The parts of an OOXML package: their types, their relationships, their XML without entities."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote
from xml.parsers import expat

from lxml import etree

from bmnn_mark.documents.word.package import Member
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
TYPES_PART = "[Content_Types].xml"


def w(tag: str) -> str:
    """The qualified name of a WordprocessingML element or attribute.

    >>> w("p")
    '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}p'
    """
    return f"{{{W}}}{tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A relationship of a part; ``target`` is a part's name, or an address where ``external``."""

    id: str
    type: str
    target: str
    external: bool


class Package:
    """An OOXML package in memory; parts are replaced, never changed in place."""

    def __init__(self, members: tuple[Member, ...], limits: Limits) -> None:
        self._members: dict[str, Member] = {member.name: member for member in members}
        self._limits = limits

    @property
    def members(self) -> Mapping[str, Member]:
        """Members by name, in the order of the package."""
        return self._members

    def put(self, member: Member) -> None:
        """Add a member or put it in the place of the one with its name."""
        self._members[member.name] = member
        self.__dict__.pop("_types", None)

    def state_type(self, name: str, content_type: str) -> None:
        """Say of one part, by its name, what type it is; whatever was said of it is forgotten."""
        root = self.root(TYPES_PART)
        for one in [*root]:
            if one.get("PartName", "").lstrip("/").casefold() == name.casefold():
                root.remove(one)
        stated = etree.SubElement(root, f"{{{TYPES}}}Override")
        stated.set("PartName", f"/{name}")
        stated.set("ContentType", content_type)
        self.put(Member.made(TYPES_PART, serialise(root)))

    def with_member(self, member: Member) -> Package:
        """The same package with one member added or replaced."""
        changed = Package(tuple(self._members.values()), self._limits)
        changed.put(member)
        return changed

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def root(self, name: str) -> etree._Element:
        """The root element of an XML part.

        Raises:
            DocumentRefused: ``document.damaged`` (missing, not well-formed),
                ``document.too_deep``, ``docx.xml_entities``.
        """
        if name not in self._members:
            raise DocumentRefused("document.damaged", reason="PART_MISSING")
        return parse(self._members[name].data(), self._limits)

    @cached_property
    def _types(self) -> tuple[dict[str, str], dict[str, str]]:
        parts, endings = {}, {}
        for one in self.root(TYPES_PART):
            kind = one.get("ContentType", "")
            if one.tag == f"{{{TYPES}}}Override":
                parts[one.get("PartName", "").lstrip("/").casefold()] = kind
            elif one.tag == f"{{{TYPES}}}Default":
                endings[one.get("Extension", "").casefold()] = kind
        return parts, endings

    def content_type(self, name: str) -> str:
        """The content type of a part; empty where the package names none."""
        parts, endings = self._types
        ending = name.rpartition(".")[2].casefold()
        return parts.get(name.casefold()) or endings.get(ending, "")

    def content_types(self) -> frozenset[str]:
        """Every content type that the package declares."""
        parts, endings = self._types
        return frozenset(parts.values()) | frozenset(endings.values())

    def relationships(self, source: str = "") -> tuple[Relationship, ...]:
        """The relationships of a part, or of the package where ``source`` is empty."""
        name = rels_name(source)
        if name not in self._members:
            return ()
        folder = posixpath.dirname(source)
        found = []
        for one in self.root(name).iter(f"{{{RELS}}}Relationship"):
            external = one.get("TargetMode") == "External"
            target = one.get("Target", "")
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip(
                    "/"
                )
            found.append(
                Relationship(
                    id=one.get("Id", ""), type=one.get("Type", ""), target=target, external=external
                )
            )
        return tuple(found)

    def related(self, source: str, ending: str) -> Iterator[str]:
        """Names of the inner parts that ``source`` leads to by a relationship type's last word."""
        for one in self.relationships(source):
            if one.type.endswith("/" + ending) and not one.external and one.target in self._members:
                yield one.target


def rels_name(source: str) -> str:
    """Where the relationships of a part lie.

    >>> rels_name("word/document.xml"), rels_name("")
    ('word/_rels/document.xml.rels', '_rels/.rels')
    """
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def parse(data: bytes, limits: Limits) -> etree._Element:
    """Parse untrusted XML: no document type, no entities, no network, bounded depth.

    Raises:
        DocumentRefused: ``document.damaged``, ``document.too_deep``, ``docx.xml_entities``.
    """
    scan(data, limits)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_pis=False, huge_tree=False
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentRefused("document.damaged", reason="XML") from error


def scan(data: bytes, limits: Limits) -> None:
    """Walk XML without building anything, and refuse what must not reach a tree builder."""
    depth = 0

    def opened(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > limits.xml_depth:
            raise DocumentRefused("document.too_deep")

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_args: object) -> None:
        raise DocumentRefused("docx.xml_entities")

    walker = expat.ParserCreate()
    walker.StartElementHandler = opened
    walker.EndElementHandler = closed
    walker.StartDoctypeDeclHandler = doctype
    try:
        walker.Parse(data, True)  # noqa: FBT003 - the parser's own interface
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DocumentRefused("document.damaged", reason="XML") from error


def serialise(root: etree._Element) -> bytes:
    """The part's bytes, as Word writes them: UTF-8, declaration, standalone."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)

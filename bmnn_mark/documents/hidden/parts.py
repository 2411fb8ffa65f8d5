# SPDX-License-Identifier: Apache-2.0
"""What the parts of an OOXML package are for, and which of them nothing leads to."""

from __future__ import annotations

from collections.abc import Iterator

from bmnn_mark.documents.word.opening import source_of
from bmnn_mark.documents.word.parts import TYPES_PART, Package, Relationship, rels_name

#: Relationships to the parts whose text pages show.
BODY_KINDS = ("header", "footer", "footnotes", "endnotes")
#: End of the content type of comments.
COMMENTS_TYPE = "wordprocessingml.comments+xml"
#: In lower case.
CONTENT_TYPES_OF_MACROS = ("vbaproject", "vbadata", "activex", "keymapcustomizations")
#: Core properties that may hold a name or words of the document; the others hold days and counts.
CORE_NAMES = (
    "creator", "lastModifiedBy", "title", "subject", "description", "keywords", "category",
    "contentStatus", "identifier", "version",
)  # fmt: skip
CORE_PLAIN = ("created", "modified", "lastPrinted", "revision", "language", "contentType")
_NEVER_RELATED = (TYPES_PART.casefold(),)


def external_links(package: Package, *, inner: bool = False) -> Iterator[tuple[str, Relationship]]:
    """Relationships that lead out of the package, or all the ``inner`` ones; with their parts."""
    for name in package.members:
        source = source_of(name)
        if source is None:
            continue
        for one in package.relationships(source):
            if one.external is not inner:
                yield source, one


def unused_parts(package: Package) -> tuple[str, ...]:
    """Members that no relationship leads to from the package's own."""
    by_fold = {name.casefold(): name for name in package.members}
    reached: set[str] = set()
    waiting = [""]
    while waiting:
        source = waiting.pop()
        for one in package.relationships(source):
            target = by_fold.get(one.target.casefold())
            if not one.external and target is not None and target not in reached:
                reached.add(target)
                waiting.append(target)
    machinery = {rels_name(one) for one in ("", *reached)}
    return tuple(
        name
        for name in package.members
        if name not in reached
        and name not in machinery
        and name.casefold() not in _NEVER_RELATED
        and not name.endswith("/")
    )

# SPDX-License-Identifier: Apache-2.0
"""Hidden matter taken out of an OOXML package, part by part; parts it is not in keep their bytes.

Steps that could change what is printed have names, so that they can be left out one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lxml import etree

from bmnn_mark.documents.hidden.docx import HYPERLINK_FIELDS, story_parts
from bmnn_mark.documents.hidden.parts import unused_parts
from bmnn_mark.documents.hidden.unseen_runs import unseen_runs
from bmnn_mark.documents.word.fields import unlink_fields
from bmnn_mark.documents.word.opening import source_of
from bmnn_mark.documents.word.own_lines import remove
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import (
    RELS,
    TYPES_PART,
    Package,
    R,
    Relationship,
    rels_name,
    serialise,
    w,
)
from bmnn_mark.limits import Limits

#: Steps that a page could show; the others never touch what is printed.
RISKY_STEPS = ("metadata", "links", "hidden_text", "embedded", "custom_xml")

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_ID = f"{{{R}}}id"
_OLE = "{urn:schemas-microsoft-com:office:office}OLEObject"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}externalData"
_COMMENT_TAGS = tuple(
    w(tag) for tag in ("commentRangeStart", "commentRangeEnd", "commentReference")
)
_SETTINGS = (
    "docVars",
    "mailMerge",
    "attachedTemplate",
    "rsids",
    "attachedSchema",
    "saveThroughXslt",
)
_PROPERTIES = ("core-properties", "extended-properties", "custom-properties")
_NEVER_PRINTED = frozenset({
    "people", "printerSettings", "glossaryDocument", "vbaProject", "wordVbaData",
    "keyMapCustomizations", "recipientData", "mailMergeSource", "thumbnail",
    "comments", "commentsExtended", "commentsIds", "commentsExtensible",
})  # fmt: skip


def prune(package: Package, main: str, steps: Iterable[str], limits: Limits) -> Package:
    """The package without its hidden matter.

    Args:
        package: changed in place, too.
        main: name of its main part.
        steps: which of :data:`RISKY_STEPS` are taken.
        limits: of the package that is made.
    """
    chosen = frozenset(steps)
    _drop_relations(package, lambda one: _word(one) in _NEVER_PRINTED)
    if "metadata" in chosen:
        _drop_relations(package, lambda one: _word(one) in _PROPERTIES)
    _edit_stories(package, main, chosen)
    _edit_settings(package, main)
    if "embedded" in chosen:
        _unlink_embedded(package)
    if "custom_xml" in chosen:
        _drop_relations(package, lambda one: _word(one) == "customXml")
    _drop_traces(package)
    _make_ordinary(package, main)
    return _without_unused(package, limits)


def _word(one: Relationship) -> str:
    """The last word of a relationship's type."""
    return one.type.rpartition("/")[2]


def _drop_relations(package: Package, which: Callable[[Relationship], bool]) -> None:
    for name in list(package.members):
        source = source_of(name)
        if source is None:
            continue
        gone = {one.id for one in package.relationships(source) if which(one)}
        if gone:
            _drop_ids(package, name, gone)


def _drop_ids(package: Package, rels: str, gone: set[str]) -> None:
    root = package.root(rels)
    for one in [*root.iter(f"{{{RELS}}}Relationship")]:
        if one.get("Id") in gone:
            remove(one)
    package.put(Member.made(rels, serialise(root)))


def _edit_stories(package: Package, main: str, chosen: frozenset[str]) -> None:
    stories = story_parts(package, main)
    hidden = (
        [one.run for one in unseen_runs(package, main, stories) if not one.pale]
        if "hidden_text" in chosen
        else []
    )
    changed = set()
    for run in hidden:
        changed.add(run.getroottree().getroot())
        _empty(run)
    for name, root in stories.items():
        touched = root in changed
        for one in [*root.iter(*_COMMENT_TAGS, w("printerSettings"))]:
            remove(one)
            touched = True
        if "links" in chosen:
            touched |= _unlink(package, name, root)
        if "custom_xml" in chosen:
            for one in [*root.iter(w("dataBinding"))]:
                remove(one)
                touched = True
        if touched:
            package.put(Member.made(name, serialise(root)))


def _empty(run: etree._Element) -> None:
    """Take the words out of a run; what else stands in it stays."""
    for one in [*run.iter(w("t"), w("delText"))]:
        remove(one)


def _unlink(package: Package, name: str, root: etree._Element) -> bool:
    """Cut links to the outside; the words they stand on stay."""
    outside = {
        one.id for one in package.relationships(name) if one.external and _word(one) == "hyperlink"
    }
    touched = unlink_fields(root, HYPERLINK_FIELDS) > 0
    for one in [*root.iter()]:
        if outside and one.get(_ID) in outside:
            touched = True
            if str(one.tag).endswith(("hlinkClick", "hlinkHover")):
                remove(one)
            else:
                del one.attrib[_ID]
                for extra in ("tooltip", "history", "tgtFrame", "docLocation"):
                    one.attrib.pop(w(extra), "")
    if outside:
        _drop_ids(package, rels_name(name), outside)
    return touched


def _edit_settings(package: Package, main: str) -> None:
    for name in package.related(main, "settings"):
        root = package.root(name)
        found = [*root.iter(*(w(tag) for tag in _SETTINGS))]
        gone = {inner.get(_ID) for one in found for inner in one.iter() if inner.get(_ID)}
        for one in found:
            remove(one)
        package.put(Member.made(name, serialise(root)))
        if gone and rels_name(name) in package:
            _drop_ids(package, rels_name(name), {str(one) for one in gone})


def _unlink_embedded(package: Package) -> None:
    """Objects keep the picture that is shown of them, charts the values that are drawn."""
    for name in list(package.members):
        if not name.casefold().endswith(".xml") or rels_name(name) not in package:
            continue
        root = package.root(name)
        found = [*root.iter(_OLE, _CHART)]
        gone = {str(one.get(_ID)) for one in found if one.get(_ID)}
        for one in found:
            remove(one)
        if found:
            package.put(Member.made(name, serialise(root)))
            _drop_ids(package, rels_name(name), gone)


def _drop_traces(package: Package) -> None:
    """Numbers of editing sessions out of every part that has them."""
    wanted = w("rsid").encode().rpartition(b"}")[2]
    for name, member in list(package.members.items()):
        if not name.casefold().endswith(".xml") or wanted not in member.data():
            continue
        root = package.root(name)
        touched = False
        for element in root.iter():
            for key in [key for key in element.attrib if str(key).startswith(w("rsid"))]:
                del element.attrib[key]
                touched = True
        for one in [*root.iter(w("rsid"))]:  # of a style
            remove(one)
            touched = True
        if touched:
            package.put(Member.made(name, serialise(root)))


def _make_ordinary(package: Package, main: str) -> None:
    """The main part is that of an ordinary document, whatever it was."""
    if package.content_type(main) == _MAIN:
        return
    package.state_type(main, _MAIN)


def _without_unused(package: Package, limits: Limits) -> Package:
    """The package without parts that nothing leads to, and without their types."""
    unused = set(unused_parts(package))
    left = Package(
        tuple(one for name, one in package.members.items() if name not in unused), limits
    )
    empty = {
        name for name in left.members if source_of(name) is not None and not len(left.root(name))
    }
    left = Package(tuple(one for name, one in left.members.items() if name not in empty), limits)
    root = left.root(TYPES_PART)
    names = {name.casefold() for name in left.members}
    for one in [*root]:
        part = one.get("PartName")
        if part is not None and part.lstrip("/").casefold() not in names:
            remove(one)
    left.put(Member.made(TYPES_PART, serialise(root)))
    return left

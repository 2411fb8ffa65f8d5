# SPDX-License-Identifier: Apache-2.0
"""Tracked changes accepted, as ISO/IEC 29500-1, 17.13.5 says what each of them stands for.

What was inserted or moved here stays, what was deleted or moved away goes, new formatting stands.
What only deleted text had called for goes with it: a deleted footnote must not be left in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from bmnn_mark.documents.word.own_lines import remove
from bmnn_mark.documents.word.parts import W, w
from bmnn_mark.errors import DocumentRefused

_IN, _OUT = (w("ins"), w("moveTo")), (w("del"), w("moveFrom"))
_FORMATTING = tuple(
    w(tag)
    for tag in (
        "rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "tblPrExChange", "tblGridChange",
        "tcPrChange", "trPrChange", "numberingChange",
    )
)  # fmt: skip
_CELLS = (w("cellIns"), w("cellDel"), w("cellMerge"))
#: Elements that record a change somebody has yet to accept or reject (ISO/IEC 29500-1, 17.13.5).
CHANGES = (*_IN, *_OUT, *_FORMATTING, *_CELLS)

_RANGES = tuple(
    w(f"{kind}Range{end}")
    for kind in ("moveFrom", "moveTo", "customXmlIns", "customXmlDel", "customXmlMoveFrom",
                 "customXmlMoveTo")
    for end in ("Start", "End")
)  # fmt: skip
_GONE_WRAPPERS = (w("customXmlDelRangeStart"), w("customXmlMoveFromRangeStart"))
_WRAPPERS = (w("sdt"), w("customXml"))
#: What only marks a place: it outlives the text around it.
_PLACES = tuple(
    w(tag) for tag in ("bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd")
)
_BLOCKS = (w("p"), w("tbl"), w("sdt"), w("customXml"), w("sectPr"))
_NOTES = (w("footnoteReference"), w("endnoteReference"), w("commentReference"))
#: What stands in a cell's properties before the merge (CT_TcPr).
_BEFORE_MERGE = frozenset({w("cnfStyle"), w("tcW"), w("gridSpan"), w("hMerge")})


def has_changes(root: etree._Element) -> bool:
    """Whether a story has a tracked change."""
    return next(root.iter(*CHANGES), None) is not None


def accept_changes(root: etree._Element) -> tuple[int, frozenset[tuple[str, str]]]:
    """Accept every tracked change of a story, in place.

    Returns:
        The number of changes; and the notes and comments that only deleted text called for, each
        as the name of its reference and its id.

    Raises:
        DocumentRefused: ``docx.tracked_changes`` for a deletion inside a formula, which needs Word.
    """
    changes = sum(1 for _ in root.iter(*CHANGES))
    if any(_is_math(one.getparent()) for one in root.iter(*_OUT)):
        raise DocumentRefused("docx.tracked_changes")
    called_before = set(_calls(root))
    _settle_tables(root)
    joined = [one for one in root.iter(w("p")) if _mark_of(one, _OUT) is not None]
    for one in [*root.iter(*_OUT)]:
        if _is_container(one):
            _take_out(one)
    for one in [*root.iter(*_IN)]:
        if _is_container(one):
            _unwrap(one)
    for paragraph in joined:
        _join_with_next(paragraph)
    _settle_wrappers(root)
    for one in [*root.iter(*CHANGES, *_RANGES)]:
        remove(one)
    gone = frozenset(called_before - set(_calls(root)))
    for one in [*root.iter(w("commentRangeStart"), w("commentRangeEnd"))]:
        if ("commentReference", one.get(w("id"))) in gone:
            remove(one)
    return changes, gone


def drop_notes(root: etree._Element, ids: Iterable[str]) -> None:
    """Take notes or comments that nothing calls for any more out of their story."""
    gone = set(ids)
    for one in [*root]:
        if one.get(w("id")) in gone and one.tag != w("sectPr"):
            remove(one)


def _is_math(parent: etree._Element | None) -> bool:
    return parent is not None and etree.QName(parent).namespace != W


def _is_container(change: etree._Element) -> bool:
    """Whether a change holds what was changed, rather than marking the thing it is in."""
    parent = change.getparent()
    return parent is not None and parent.tag not in {w("rPr"), w("trPr"), w("numPr")}


def _calls(root: etree._Element) -> Iterator[tuple[str, str]]:
    for one in root.iter(*_NOTES):
        yield etree.QName(one).localname, one.get(w("id"), "")


def _mark_of(paragraph: etree._Element, tags: tuple[str, ...]) -> etree._Element | None:
    """The change of a paragraph's own mark."""
    properties = paragraph.find(f"{w('pPr')}/{w('rPr')}")
    if properties is None:
        return None
    return next((one for one in properties if one.tag in tags), None)


def _take_out(change: etree._Element) -> None:
    """Take a deletion out; places inside it stay where it was."""
    for place in [*change.iter(*_PLACES)]:
        change.addprevious(place)
    remove(change)


def _unwrap(element: etree._Element, content: etree._Element | None = None) -> None:
    """Put what an element holds (or what ``content`` inside it does) in its place."""
    for child in [*(element if content is None else content)]:
        element.addprevious(child)
    remove(element)


def _join_with_next(paragraph: etree._Element) -> None:
    """A paragraph whose mark was deleted goes on in the next one, whose properties are kept."""
    following = next(paragraph.itersiblings(*_BLOCKS), None)
    content = [one for one in paragraph if one.tag != w("pPr")]
    if following is not None and following.tag == w("p"):
        place = 0 if following.find(w("pPr")) is None else 1
        for index, one in enumerate(content):
            following.insert(place + index, one)
        remove(paragraph)
    elif following is not None and following.tag != w("sectPr") and not content:
        remove(paragraph)


def _settle_tables(root: etree._Element) -> None:
    """Deleted rows and cells go, and tables with nothing left; merged cells stay merged."""
    for row in [*root.iter(w("tr"))]:
        if row.find(f"{w('trPr')}/{w('del')}") is not None:
            remove(row)
    for cell in [*root.iter(w("tc"))]:
        properties = cell.find(w("tcPr"))
        merge = properties.find(w("cellMerge")) if properties is not None else None
        if properties is not None and properties.find(w("cellDel")) is not None:
            remove(cell)
        elif properties is not None and merge is not None:
            _merge(properties, merge.get(w("vMerge")))
    for row in [*root.iter(w("tr"))]:
        if next(row.iter(w("tc")), None) is None:
            remove(row)
    for table in [*root.iter(w("tbl"))]:
        if next(table.iter(w("tr")), None) is None:
            remove(table)


def _merge(properties: etree._Element, kind: str | None) -> None:
    """State as a property what a change says of a cell's merging (ST_AnnotationVMerge)."""
    if kind is None or properties.find(w("vMerge")) is not None:
        return
    merge = etree.Element(w("vMerge"))
    if kind == "rest":
        merge.set(w("val"), "restart")
    place = sum(1 for one in properties if one.tag in _BEFORE_MERGE)
    properties.insert(place, merge)


def _settle_wrappers(root: etree._Element) -> None:
    """Custom XML and content controls that were deleted around their content."""
    for wrapper in [*root.iter(*_WRAPPERS)]:
        before = wrapper.getprevious()
        if before is None or before.tag not in _GONE_WRAPPERS:
            continue
        content = wrapper.find(w("sdtContent"))
        for properties in wrapper.findall(w("customXmlPr")):
            remove(properties)
        _unwrap(wrapper, content)

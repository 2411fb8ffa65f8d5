# SPDX-License-Identifier: Apache-2.0
"""Runs of a Word document whose text is hidden, of the paper's colour, or too small to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from bmnn_mark.documents.word.parts import Package, w

_PALEST = 0xF5
"""A colour whose three parts are above this is not seen on white paper."""
_TINIEST = 2
"""Half points: text of one point and below is not read by anybody."""
_OFF = frozenset({"0", "false", "off"})
_PLAIN_FILLS = frozenset({None, "", "auto", "FFFFFF", "ffffff"})
_TEXT_BOX = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}txbx"
_VML_BOX = "{urn:schemas-microsoft-com:vml}textbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenRun:
    """One run with text that nobody sees.

    Attributes:
        run: the element.
        characters: how many, blanks left out.
        pale: for its colour or size; otherwise it is marked as hidden.
    """

    run: etree._Element
    characters: int
    pale: bool


def unseen_runs(
    package: Package, main: str, stories: dict[str, etree._Element]
) -> Iterator[UnseenRun]:
    """The unseen runs of all stories."""
    styles = _hiding_styles(package, main)
    for root in stories.values():
        for run in root.iter(w("r")):
            characters = sum(
                len("".join((one.text or "").split())) for one in run.iter(w("t"), w("delText"))
            )
            if not characters:
                continue
            if _is_hidden(run, styles):
                yield UnseenRun(run=run, characters=characters, pale=False)
            elif _is_pale(run):
                yield UnseenRun(run=run, characters=characters, pale=True)


def _is_hidden(run: etree._Element, styles: frozenset[str]) -> bool:
    """The run's own word, else its character style's, else its paragraph style's."""
    properties = run.find(w("rPr"))
    own = _switch(properties, "vanish")
    if own is not None:
        return own
    paragraph = next(run.iterancestors(w("p")), None)
    named = [_value(properties, "rStyle")]
    if paragraph is not None:
        named.append(_value(paragraph.find(w("pPr")), "pStyle"))
    return any(name in styles for name in named if name)


def _is_pale(run: etree._Element) -> bool:
    properties = run.find(w("rPr"))
    if properties is None:
        return False
    size = _value(properties, "sz")
    if size is not None and size.isdigit() and int(size) <= _TINIEST:
        return True
    colour = _value(properties, "color")
    if colour is None or len(colour) != 6:
        return False
    try:
        parts = bytes.fromhex(colour)
    except ValueError:
        return False
    return min(parts) > _PALEST and not _has_ground(run, properties)


def _has_ground(run: etree._Element, properties: etree._Element) -> bool:
    """Whether something dark may lie under a run: shading, highlight, a text box, a table style."""
    highlight = _value(properties, "highlight")
    if highlight not in {None, "none", "white"}:
        return True
    for one in (run, *run.iterancestors()):
        for holder in ("rPr", "pPr", "tcPr", "tblPr"):
            shading = one.find(f"{w(holder)}/{w('shd')}")
            if shading is not None and shading.get(w("fill")) not in _PLAIN_FILLS:
                return True
        if one.tag in {_TEXT_BOX, _VML_BOX}:
            return True
        if one.tag == w("tbl") and _value(one.find(w("tblPr")), "tblStyle") not in {
            None, "TableGrid", "TableNormal",
        }:  # fmt: skip
            return True
    return False


def _hiding_styles(package: Package, main: str) -> frozenset[str]:
    """Styles that hide text, those based on them among them."""
    own: dict[str, bool | None] = {}
    based: dict[str, str] = {}
    for name in package.related(main, "styles"):
        for style in package.root(name).iter(w("style")):
            key = style.get(w("styleId"), "")
            own[key] = _switch(style.find(w("rPr")), "vanish")
            based[key] = _value(style, "basedOn") or ""
    hiding = set()
    for key in own:
        at, seen = key, {""}
        while at not in seen and own.get(at) is None:
            seen.add(at)
            at = based.get(at, "")
        if own.get(at):
            hiding.add(key)
    return frozenset(hiding)


def _switch(properties: etree._Element | None, tag: str) -> bool | None:
    """A switch that is on, off, or not spoken of."""
    one = properties.find(w(tag)) if properties is not None else None
    return None if one is None else one.get(w("val"), "1") not in _OFF


def _value(element: etree._Element | None, tag: str) -> str | None:
    one = element.find(w(tag)) if element is not None else None
    return one.get(w("val")) if one is not None else None

# SPDX-License-Identifier: Apache-2.0
"""Marks of ours that a Word document bears already, recognised by the names of their shapes."""

from __future__ import annotations

from lxml import etree

from bmnn_mark.documents.earlier import OwnMarks
from bmnn_mark.documents.model import MarkKind, PlacedMark
from bmnn_mark.documents.word.opening import OpenedDocx
from bmnn_mark.documents.word.shapes import PREFIX, WP, A
from bmnn_mark.units import EMU_PER_MM, Rect

_KINDS = frozenset(kind.value for kind in MarkKind)


def own_marks(opened: OpenedDocx) -> OwnMarks | None:
    """The marks of ours in the document's stories; None where there are none."""
    ids, packs, marks = set(), set(), []
    for story in opened.stories():
        for anchor in opened.package.root(story).iter(f"{{{WP}}}anchor"):
            label = anchor.find(f"{{{WP}}}docPr")
            parts = (label.get("name", "") if label is not None else "").split(":")
            if label is None or len(parts) != 4 or f"{parts[0]}:" != PREFIX:
                continue
            ids.add(parts[3])
            packs.add(label.get("descr", "").rpartition(" ")[2])
            if story == opened.main and parts[1] in _KINDS:
                marks.append(_placed(anchor, MarkKind(parts[1]), parts[2]))
    if not ids:
        return None
    return OwnMarks(mark_ids=frozenset(ids), packs=frozenset(packs), marks=tuple(marks))


def _placed(anchor: etree._Element, kind: MarkKind, stamp: str) -> PlacedMark:
    extent = anchor.find(f"{{{WP}}}extent")
    sides = [_number(extent.get(side)) if extent is not None else 0.0 for side in ("cx", "cy")]
    x, y = (
        _number(anchor.findtext(f"{{{WP}}}position{axis}/{{{WP}}}posOffset")) for axis in ("H", "V")
    )
    box = Rect.of(x, y, sides[0], sides[1])
    line = next(anchor.iter(f"{{{A}}}ln"), None)  # the anchor's box ends in the middle of the line
    outer = box.grown(_number(line.get("w")) / 2 if line is not None else 0.0)
    return PlacedMark(kind=kind, stamp=stamp, page=1, box=outer)


def _number(untrusted_emu: str | None) -> float:
    """A length in mm; zero for what is no number."""
    try:
        return int(untrusted_emu or "0") / EMU_PER_MM
    except ValueError:
        return 0.0

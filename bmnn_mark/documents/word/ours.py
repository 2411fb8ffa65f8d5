# SPDX-License-Identifier: Apache-2.0
"""Marks of ours that a Word document bears already, recognised by the names of their shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from bmnn_mark.documents.earlier import OwnMarks
from bmnn_mark.documents.model import MarkKind, PlacedMark
from bmnn_mark.documents.word.opening import OpenedDocx
from bmnn_mark.documents.word.shapes import PREFIX, WP, A
from bmnn_mark.units import EMU_PER_MM, Rect

_KINDS = frozenset(kind.value for kind in MarkKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLabel:
    """What a shape of ours says of itself; ``kind`` is None where this version knows no such."""

    kind: MarkKind | None
    stamp: str
    mark_id: str
    pack: str


def own_marks(opened: OpenedDocx) -> OwnMarks | None:
    """The marks of ours in the document's stories; None where there are none."""
    ids, packs, kinds, marks = set(), set(), set(), []
    for story in opened.stories():
        for anchor, label in own_anchors(opened.package.root(story)):
            ids.add(label.mark_id)
            packs.add(label.pack)
            if label.kind is not None:
                kinds.add(label.kind)
            if story == opened.main and label.kind is not None:
                marks.append(_placed(anchor, label.kind, label.stamp))
    if not ids:
        return None
    return OwnMarks(
        mark_ids=frozenset(ids),
        packs=frozenset(packs),
        marks=tuple(marks),
        kinds=frozenset(kinds),
    )


def own_anchors(root: etree._Element) -> Iterator[tuple[etree._Element, OwnLabel]]:
    """The anchors of our drawings in a story, each with what its name says."""
    for anchor in root.iter(f"{{{WP}}}anchor"):
        label = anchor.find(f"{{{WP}}}docPr")
        parts = (label.get("name", "") if label is not None else "").split(":")
        if label is not None and len(parts) == 4 and f"{parts[0]}:" == PREFIX:
            yield (
                anchor,
                OwnLabel(
                    kind=MarkKind(parts[1]) if parts[1] in _KINDS else None,
                    stamp=parts[2],
                    mark_id=parts[3],
                    pack=label.get("descr", "").rpartition(" ")[2],
                ),
            )


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

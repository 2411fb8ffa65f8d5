# SPDX-License-Identifier: Apache-2.0
"""What a PDF holds beside its pages, counted in one walk: files, scripts, actions, leftovers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pikepdf import Array, Dictionary, Object, Pdf, Stream

from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.kinds import found
from bmnn_mark.documents.hidden.objects import (
    LINKS,
    REACHING_OUT,
    SCRIPTS,
    Walk,
    action_kind,
    unreached,
)

_PAGE_KINDS = frozenset({"/Page", "/Pages"})


@dataclass(slots=True)
class _Counts:
    scripts: int = 0
    links: int = 0
    actions: dict[str, int] = field(default_factory=dict)
    files: int = 0
    outside: int = 0
    thumbnails: int = 0
    pieces: int = 0
    packets: int = 0


def find_beside_pages(pdf: Pdf) -> Iterator[Finding]:
    """Findings about the whole file."""
    walk = Walk(pdf)
    counts = _Counts()
    for one in walk:
        _count(one, counts)
    if counts.files:
        yield found("hidden.attachments", count=counts.files)
    if counts.scripts:
        yield found("hidden.scripts", count=counts.scripts)
    if counts.actions:
        kinds = ", ".join(sorted(kind.lstrip("/") for kind in counts.actions))
        yield found("hidden.actions", count=sum(counts.actions.values()), kinds=kinds)
    if counts.outside:
        yield found("hidden.external_content", count=counts.outside, kind="PDF")
    if counts.links:
        yield found("hidden.links", count=counts.links)
    if counts.thumbnails:
        yield found("hidden.thumbnails", count=counts.thumbnails)
    if counts.pieces:
        yield found("hidden.piece_info", count=counts.pieces)
    if counts.packets:
        yield found("hidden.picture_metadata", count=counts.packets)
    yield from _layers(pdf)
    yield from _leftovers(pdf, walk)


def _count(one: Object, counts: _Counts) -> None:
    kind = action_kind(one)
    if kind in SCRIPTS:
        counts.scripts += 1
    elif kind in REACHING_OUT:
        counts.actions[kind] = counts.actions.get(kind, 0) + 1
    elif kind in LINKS:
        counts.links += 1
    if isinstance(one.get("/EF"), Dictionary):
        counts.files += 1
    if isinstance(one, Stream) and "/F" in one and "/Type" not in one:
        counts.outside += "/Subtype" in one or "/FFilter" in one
    counts.thumbnails += isinstance(one.get("/Thumb"), Stream)
    counts.pieces += isinstance(one.get("/PieceInfo"), Dictionary)
    counts.packets += "/Metadata" in one and str(one.get("/Type")) != "/Catalog"


def _layers(pdf: Pdf) -> Iterator[Finding]:
    """Layers that are not shown, or not printed as they are shown."""
    properties = pdf.Root.get("/OCProperties")
    if not isinstance(properties, Dictionary):
        return
    off = len(layers_off(properties))
    unlike = 0
    groups = properties.get("/OCGs")
    for group in groups if isinstance(groups, Array) else ():
        usage = group.get("/Usage") if isinstance(group, Dictionary) else None
        printing = usage.get("/Print") if isinstance(usage, Dictionary) else None
        if isinstance(printing, Dictionary) and str(printing.get("/PrintState")) == "/OFF":
            unlike += 1
    if off or unlike:
        yield found("hidden.layers_off", count=off, unlike=unlike)


def layers_off(properties: Object) -> list[Dictionary]:
    """The layers that the file opens with switched off."""
    default = properties.get("/D")
    if not isinstance(default, Dictionary):
        return []
    off = _listed(default.get("/OFF"))
    if str(default.get("/BaseState")) == "/OFF":
        shown = {one.objgen for one in _listed(default.get("/ON"))}
        off = [one for one in _listed(properties.get("/OCGs")) if one.objgen not in shown]
    return off


def _listed(array: Object | None) -> list[Dictionary]:
    return [one for one in array if isinstance(one, Dictionary)] if isinstance(array, Array) else []


def _leftovers(pdf: Pdf, walk: Walk) -> Iterator[Finding]:
    objects = pages = 0
    for one in unreached(pdf, walk.reached):
        objects += 1
        pages += isinstance(one, Dictionary) and str(one.get("/Type")) in _PAGE_KINDS
    if pages:
        yield found("hidden.unused_pages", count=pages)
    if objects > pages:
        yield found("hidden.unused_objects", count=objects - pages)

# SPDX-License-Identifier: Apache-2.0
"""Form fields and comments drawn into the page as they are printed, then removed (12.5.5).

qpdf draws the appearances; what has none, or what an engine draws otherwise, makes the pages look
another way than they are printed, and that is found out by pixels (:mod:`.printed`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pikepdf import Array, Dictionary, Name, Object, Pdf

from bmnn_mark.documents.pdf.frame import number_in, overlap, visible_boxes
from bmnn_mark.documents.pdf.isolation import Isolator
from bmnn_mark.documents.pdf.layers import States

_HIDDEN, _PRINT, _NO_VIEW = 0b10, 0b100, 0b100000
_SEEN_AT_ALL = ~(0b1 | _HIDDEN | _NO_VIEW)
#: Not drawn by the file but by whoever shows it; stays as it is.
_KEPT = Name.Link
_UNDRAWN = frozenset({_KEPT, Name.Popup})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flattened:
    """What became of a document's annotations.

    Attributes:
        drawn: fields and comments drawn into the pages.
        dropped: those that are not printed or that nothing in the file draws; they are gone.
    """

    drawn: int
    dropped: int


def show_as_printed(pdf: Pdf, layers: States) -> None:
    """Have annotations seen on a screen if, and only if, they are printed."""
    for annotation in {one.objgen: one for one in _of_all_pages(pdf)}.values():
        flags = _flags(annotation)
        if _is_printed(annotation, layers):
            annotation[Name.F] = flags & _SEEN_AT_ALL
        elif annotation.get(Name.Subtype) != _KEPT:
            annotation[Name.F] = flags | _HIDDEN | _NO_VIEW


def flatten(pdf: Pdf, layers: States) -> Flattened:
    """Draw what is printed of the annotations, drop the rest, and the form with its values.

    Args:
        pdf: the document; it is changed.
        layers: which layers are printed.
    """
    isolator = Isolator(pdf)
    kept: list[tuple[Object, list[Object]]] = []
    gone: dict[tuple[int, int], Object] = {}
    drawn = 0
    form = pdf.Root.get(Name.AcroForm)
    if isinstance(form, Dictionary) and Name.NeedAppearances in form:
        del form[Name.NeedAppearances]  # who heeds it draws fields that nobody has seen yet
    pages: list[Object] = list({one.obj.objgen: one.obj for one in pdf.pages}.values())
    for page in pages:
        every = _own(pdf, page)
        if not every:
            continue
        printed = [one for one in every if _is_printed(one, layers)]
        kept.append((page, [one for one in every if one.get(Name.Subtype) == _KEPT]))
        gone.update({one.objgen: one for one in every if one.get(Name.Subtype) != _KEPT})
        drawn += sum(Name.AP in one for one in printed)
        media, crop = visible_boxes(page)
        isolator.settle(page, (overlap(crop, media) if crop else None) or media)
        page[Name.Annots] = Array(printed)
    pdf.flatten_annotations("all")
    for page, links in kept:
        if links:
            page[Name.Annots] = Array(links)
        elif Name.Annots in page:
            del page[Name.Annots]
    # The structure tree may still point at them: nothing of theirs shall be found there.
    for annotation in gone.values():
        for key in list(annotation.keys()):
            del annotation[key]
    if Name.AcroForm in pdf.Root:
        del pdf.Root[Name.AcroForm]
    return Flattened(drawn=drawn, dropped=len(gone) - drawn)


def _of_all_pages(pdf: Pdf) -> Iterator[Object]:
    for page in pdf.pages:
        yield from _own(pdf, page.obj)


def _own(pdf: Pdf, page: Object) -> list[Object]:
    """The annotations of a page, each an object of the file, which the page then names."""
    found = page.get(Name.Annots)
    if not isinstance(found, Array):
        return []
    every: list[Object] = [
        one if one.is_indirect else pdf.make_indirect(one)
        for one in found
        if isinstance(one, Dictionary)
    ]
    page[Name.Annots] = Array(every)
    return every


def _flags(annotation: Object) -> int:
    return int(number_in(annotation.get(Name.F, 0)) or 0)


def _is_printed(annotation: Object, layers: States) -> bool:
    """Whether an annotation that is drawn by its appearance is on the paper."""
    kind, flags = annotation.get(Name.Subtype), _flags(annotation)
    layer = annotation.get(Name.OC)
    shown = not isinstance(layer, Dictionary) or layers.get(layer.objgen, True)
    return shown and bool(flags & _PRINT) and not flags & _HIDDEN and kind not in _UNDRAWN

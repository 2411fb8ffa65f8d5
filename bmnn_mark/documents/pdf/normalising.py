# SPDX-License-Identifier: Apache-2.0
"""Pages that engines show at different sizes, rewritten so that all show them alike.

``UserUnit`` (ISO 32000-1, table 30) says how many points a unit of a page's space is long. Some
engines honour it, some do not, so that such a page has two sizes. Here boxes, content and
annotations are multiplied by it and the key is removed; what cannot be multiplied is refused.
The result must look like the page before at that many times the resolution, by both engines.
Links and bookmarks that jump to a place on the page keep its numbers: paper has no jumps.

A CropBox that reaches out of its MediaBox is cut to it (14.11.2.1), as most engines do by
themselves; poppler forgets such a CropBox on that axis.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import (
    Array,
    Dictionary,
    Name,
    Object,
    ObjectStreamMode,
    Pdf,
    Stream,
    StreamDecodeLevel,
)

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.pdf.frame import Box, inherited, number_in, overlap, visible_boxes
from bmnn_mark.documents.pdf.isolation import inherited_resources, own_streams
from bmnn_mark.documents.pdf.printed import alike
from bmnn_mark.documents.rendering import pdfium_pages, poppler_render
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits

_DPI = 75
_NO_ZOOM = 0b1000
_OWN_BOXES = ("/BleedBox", "/TrimBox", "/ArtBox")
#: Entries in user space that nothing here can multiply: measuring scales, article threads.
_UNKNOWN = ("/VP", "/B")
#: Annotations that are wholly drawn by their appearance, which follows /Rect (12.5.5).
_SCALABLE = frozenset({
    "/Link", "/Popup", "/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine",
    "/Highlight", "/Underline", "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink",
    "/FileAttachment", "/Watermark", "/Redact",
})  # fmt: skip
_SHOWN_BY_THEMSELVES = frozenset({"/Link", "/Popup"})
_LENGTHS = (
    "/Rect", "/RD", "/QuadPoints", "/L", "/CL", "/CO", "/Vertices", "/InkList", "/Path",
    "/LL", "/LLE", "/LLO", "/Border",
)  # fmt: skip
_STYLE_LENGTHS = ("/W", "/D")


def normalised_copy(pdf: Pdf, limits: Limits, work: Path) -> tuple[Path, tuple[Notice, ...]] | None:
    """A copy of a document whose pages all engines measure alike; None where they do already.

    Args:
        pdf: the document; it is changed where a copy is made.
        limits: bounds on rendering.
        work: private folder; holds the copy.

    Returns:
        The copy, and what the clerk should know about it.

    Raises:
        DocumentRefused: ``page.user_unit`` where a unit is no length, a page holds what cannot be
            multiplied, or an engine shows the copy otherwise; what the engines refuse.
    """
    factors, crops = _factors(pdf.pages), _crops(pdf.pages)
    if not factors and not crops:
        return None
    notices = []
    target = work / "normalised.pdf"
    for number, crop in crops.items():
        pdf.pages[number - 1].obj[Name.CropBox] = Array([*crop])
    if crops:
        notices.append(Notice(code="page.crop_normalised", detail={"page": min(crops)}))
    if factors:
        plain = _without_units(pdf, factors, work)
        _multiply(pdf, factors)
        _save(pdf, target)
        _compare(plain, target, factors, limits, work)
        notices.append(_units_notice(factors))
    else:
        _save(pdf, target)
    return target, tuple(notices)


def _units_notice(factors: dict[int, float]) -> Notice:
    first = min(factors)
    return Notice(
        code="page.user_unit_normalised", detail={"page": first, "factor": f"{factors[first]:g}"}
    )


def _without_units(pdf: Pdf, factors: dict[int, float], work: Path) -> Path:
    """A copy that lacks nothing but the units, to compare with; refuses what none can be made of.

    Engines that honour a unit and those that do not show this copy alike.
    """
    for number, factor in factors.items():
        page = pdf.pages[number - 1].obj
        del page[Name.UserUnit]
        _check(page, number, factor)
    _check_shared_annotations(pdf, factors)
    plain = work / "without-unit.pdf"
    _save(pdf, plain)
    return plain


def _multiply(pdf: Pdf, factors: dict[int, float]) -> None:
    scaled: set[tuple[int, int]] = set()
    for number, factor in factors.items():
        page = pdf.pages[number - 1].obj
        _scale_boxes(page, factor)
        _scale_content(pdf, page, factor)
        _scale_annotations(page, factor, scaled)


def _crops(pages: Iterable[pikepdf.Page]) -> dict[int, Box]:
    """The visible box of every page whose CropBox is forgotten by some on an axis."""
    crops = {}
    for number, page in enumerate(pages, 1):
        media, crop = visible_boxes(page.obj)
        cut = overlap(crop, media) if crop else None
        if crop is None or cut is None:
            continue
        for low, high in ((0, 2), (1, 3)):
            outside = crop[low] < media[low] or crop[high] > media[high]
            if outside and (cut[low], cut[high]) != (media[low], media[high]):
                crops[number] = cut
    return crops


def _factors(pages: Iterable[pikepdf.Page]) -> dict[int, float]:
    """The unit of every page that has one of its own, in points."""
    factors = {}
    for number, page in enumerate(pages, 1):
        if "/UserUnit" not in page.obj:
            continue
        factor = number_in(page.obj.get("/UserUnit"))
        if factor is None or factor <= 0:
            raise refused(number, factor)
        if factor != 1.0:
            factors[number] = factor
    return factors


def refused(page: int, factor: float | None) -> DocumentRefused:
    """The refusal of a page whose size programs do not agree on."""
    return DocumentRefused("page.user_unit", page=page, factor=f"{factor or 0:g}")


def _annotations(page: Object) -> list[Object]:
    found = page.get(Name.Annots)
    return [one for one in found if isinstance(one, Dictionary)] if isinstance(found, Array) else []


def _check(page: Object, number: int, factor: float) -> None:
    """Refuse a page that holds what cannot be multiplied."""
    if any(key in page for key in _UNKNOWN):
        raise refused(number, factor)
    for one in _annotations(page):
        kind, flags = str(one.get("/Subtype")), number_in(one.get("/F", 0))
        drawn = kind in _SHOWN_BY_THEMSELVES or "/AP" in one
        if kind not in _SCALABLE or not drawn or flags is None or int(flags) & _NO_ZOOM:
            raise refused(number, factor)


def _check_shared_annotations(pdf: Pdf, factors: dict[int, float]) -> None:
    """Refuse an annotation that lies on pages of different units."""
    units: dict[tuple[int, int], float] = {}
    for number, page in enumerate(pdf.pages, 1):
        factor = factors.get(number, 1.0)
        for one in _annotations(page.obj):
            if one.is_indirect and units.setdefault(one.objgen, factor) != factor:
                raise refused(number, factor)


def _save(pdf: Pdf, target: Path) -> None:
    pdf.save(
        target,
        static_id=True,
        compress_streams=False,
        stream_decode_level=StreamDecodeLevel.none,
        object_stream_mode=ObjectStreamMode.preserve,
        fix_metadata_version=False,
    )


def _scale_boxes(page: Object, factor: float) -> None:
    """Every box of a page, stated or inherited, becomes one of its own."""
    media, crop = visible_boxes(page)
    page[Name.MediaBox] = _times(Array([*media]), factor)
    if crop is not None:
        page[Name.CropBox] = _times(Array([*crop]), factor)
    for key in _OWN_BOXES:
        box = inherited(page, key)
        if isinstance(box, Array):
            page[key] = _times(box, factor)


def _scale_content(pdf: Pdf, page: Object, factor: float) -> None:
    """Content is led in by ``cm``; patterns, which do not follow it (8.7.3.1), have their own."""
    lead = Stream(pdf, b"%b 0 0 %b 0 0 cm\n" % ((_shown(factor),) * 2))
    page[Name.Contents] = Array([pdf.make_indirect(lead), *own_streams(page)])
    shared = inherited_resources(page)
    patterns = shared.get(Name.Pattern)
    if not isinstance(patterns, Dictionary):
        return
    resources, own = copy(shared), copy(patterns)
    for name, pattern in patterns.items():
        own[name] = _scaled_pattern(pattern, factor)
    resources[Name.Pattern] = own
    page[Name.Resources] = pdf.make_indirect(resources)


def _scaled_pattern(pattern: Object, factor: float) -> Object:
    if not isinstance(pattern, (Stream, Dictionary)):
        return pattern
    scaled = copy(pattern)
    stated = pattern.get(Name.Matrix)
    matrix = stated if isinstance(stated, Array) else Array([1, 0, 0, 1, 0, 0])
    scaled[Name.Matrix] = _times(matrix, factor)
    return scaled


def _scale_annotations(page: Object, factor: float, scaled: set[tuple[int, int]]) -> None:
    """Each annotation of a page once; ``scaled`` knows those that lie on several pages."""
    for one in _annotations(page):
        if one.is_indirect and one.objgen in scaled:
            continue
        if one.is_indirect:
            scaled.add(one.objgen)
        for key in _LENGTHS:
            if key in one:
                one[key] = _times(one[key], factor)
        style = one.get(Name.BS)
        if isinstance(style, Dictionary):
            own = copy(style)
            for key in _STYLE_LENGTHS:
                if key in own:
                    own[key] = _times(own[key], factor)
            one[Name.BS] = own


def _times(value: object, factor: float) -> Any:
    """A number, or an array of them of any depth, multiplied; anything else as it is."""
    if isinstance(value, Array):
        return Array([_times(one, factor) for one in value])
    number = None if isinstance(value, (bool, Object)) else number_in(value)
    return value if number is None else Decimal(f"{number * factor:.6f}")


def _shown(number: float) -> bytes:
    """A number as content streams write it, without an exponent."""
    return f"{number:.9f}".rstrip("0").rstrip(".").encode("ascii")


def _compare(
    plain: Path, target: Path, factors: dict[int, float], limits: Limits, work: Path
) -> None:
    """See that both engines show each page as before at so many times the resolution."""
    with pdfium_pages(plain, limits) as before, pdfium_pages(target, limits) as after:
        for number, factor in factors.items():
            near = _DPI * factor
            one, other = before.render(number, near), after.render(number, _DPI)
            third = poppler_render(plain, number, near, work=work, limits=limits)
            fourth = poppler_render(target, number, _DPI, work=work, limits=limits)
            if not alike(one, other) or not alike(third, fourth):
                raise refused(number, factor)

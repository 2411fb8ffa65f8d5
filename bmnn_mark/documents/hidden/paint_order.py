# SPDX-License-Identifier: Apache-2.0
"""What a PDF page paints, in its order, with the boxes in the page's user space."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
from pypdfium2 import raw

from bmnn_mark.documents.pdf.frame import Box, Matrix, compose

_TEXT = int(raw.FPDF_PAGEOBJ_TEXT)
_OBJECTS = 200_000
_DEPTH = 12
_OPAQUE = 255
_LAYER_MARK = "OC"
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_SLACK_PT = 0.5
_RECTANGLE_POINTS = (4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """One object of a page or of a form on it.

    Attributes:
        place: its place in the order of painting.
        handle: the engine's own object.
        address: of the engine's object; names it.
        kind: the engine's number for text, path, picture, shading, form.
        box: its bounds in the page's user space, pt.
        origin: where text starts, in the page's user space, pt.
        mode: rendering mode of text; -1 for anything else.
        opaque: it hides what lies under all of its box.
        plain_rectangle: an opaque path that is an upright rectangle, not cut by a clip.
        in_layer: it belongs to an optional layer.
    """

    place: int
    handle: Any
    address: int
    kind: int
    box: Box
    origin: tuple[float, float] = (0.0, 0.0)
    mode: int = -1
    opaque: bool = False
    plain_rectangle: bool = False
    in_layer: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it is text."""
        return self.kind == _TEXT

    @property
    def is_image(self) -> bool:
        """Whether it is a picture."""
        return self.kind == int(raw.FPDF_PAGEOBJ_IMAGE)

    def spans(self, box: Box) -> bool:
        """Whether its bounds hold all of ``box``."""
        return (
            self.box[0] - _SLACK_PT <= box[0]
            and self.box[1] - _SLACK_PT <= box[1]
            and self.box[2] + _SLACK_PT >= box[2]
            and self.box[3] + _SLACK_PT >= box[3]
        )


def paint_order(sheet: pypdfium2.PdfPage) -> tuple[Painted, ...]:
    """Text, paths and pictures of a page, those of its forms where the form is painted."""
    found: list[Painted] = []
    handles = (
        raw.FPDFPage_GetObject(sheet, index) for index in range(raw.FPDFPage_CountObjects(sheet))
    )
    _collect(handles, _IDENTITY, found, depth=0, in_layer=False)
    return tuple(found)


def _collect(
    handles: Iterator[Any], outer: Matrix, found: list[Painted], *, depth: int, in_layer: bool
) -> None:
    for handle in handles:
        if not handle or len(found) >= _OBJECTS:
            return
        kind = raw.FPDFPageObj_GetType(handle)
        layer = in_layer or _has_layer_mark(handle)
        if kind == raw.FPDF_PAGEOBJ_FORM:
            if depth < _DEPTH:
                inner = (
                    raw.FPDFFormObj_GetObject(handle, index)
                    for index in range(raw.FPDFFormObj_CountObjects(handle))
                )
                matrix = compose(_matrix(handle), outer)
                _collect(inner, matrix, found, depth=depth + 1, in_layer=layer)
            continue
        box = _bounds(handle, outer)
        if box is not None:
            origin = compose(_matrix(handle), outer)[4:] if kind == _TEXT else (0.0, 0.0)
            found.append(_painted(len(found), handle, kind, box, origin, in_layer=layer))


def _painted(
    place: int, handle: Any, kind: int, box: Box, origin: tuple[float, float], *, in_layer: bool
) -> Painted:
    text = kind == _TEXT
    opaque = not text and not in_layer and _is_opaque(handle, kind)
    return Painted(
        place=place,
        handle=handle,
        address=ctypes.cast(handle, ctypes.c_void_p).value or 0,
        kind=kind,
        box=box,
        origin=origin,
        mode=raw.FPDFTextObj_GetTextRenderMode(handle) if text else -1,
        opaque=opaque,
        plain_rectangle=opaque and kind == raw.FPDF_PAGEOBJ_PATH and _is_rectangle(handle),
        in_layer=in_layer,
    )


def _has_layer_mark(handle: Any) -> bool:
    for index in range(min(raw.FPDFPageObj_CountMarks(handle), 8)):
        mark = raw.FPDFPageObj_GetMark(handle, index)
        name = (ctypes.c_ushort * 8)()
        length = ctypes.c_ulong()
        if raw.FPDFPageObjMark_GetName(mark, name, ctypes.sizeof(name), length):
            text = bytes(name)[: max(0, length.value - 2)].decode("utf-16-le", "replace")
            if text == _LAYER_MARK:
                return True
    return False


def _is_opaque(handle: Any, kind: int) -> bool:
    if raw.FPDFPageObj_HasTransparency(handle):
        return False
    if kind == raw.FPDF_PAGEOBJ_IMAGE:
        return True
    if kind != raw.FPDF_PAGEOBJ_PATH:
        return False
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(handle, fill, stroke) or fill.value == 0:
        return False
    parts = [ctypes.c_uint() for _ in range(4)]
    return bool(raw.FPDFPageObj_GetFillColor(handle, *parts)) and parts[3].value == _OPAQUE


def _is_rectangle(handle: Any) -> bool:
    """Whether a path is one upright rectangle that no clip cuts."""
    clip = raw.FPDFPageObj_GetClipPath(handle)
    if clip and raw.FPDFClipPath_CountPaths(clip) > 0:
        return False
    count = raw.FPDFPath_CountSegments(handle)
    if count not in _RECTANGLE_POINTS:
        return False
    x, y = ctypes.c_float(), ctypes.c_float()
    points = []
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(handle, index)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_BEZIERTO:
            return False
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        points.append((round(x.value, 2), round(y.value, 2)))
    return len({one for one, _ in points}) == 2 and len({one for _, one in points}) == 2


def _matrix(handle: Any) -> Matrix:
    values = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(handle, values):
        return _IDENTITY
    return values.a, values.b, values.c, values.d, values.e, values.f


def _bounds(handle: Any, outer: Matrix) -> Box | None:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(handle, left, bottom, right, top):
        return None
    a, b, c, d, e, f = outer
    corners = [
        (a * x + c * y + e, b * x + d * y + f)
        for x in (left.value, right.value)
        for y in (bottom.value, top.value)
    ]
    across, up = [x for x, _ in corners], [y for _, y in corners]
    return min(across), min(up), max(across), max(up)

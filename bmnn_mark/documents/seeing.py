# SPDX-License-Identifier: Apache-2.0
"""A planned mark as one engine shows it: its border, its rows of type, its ink."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image, ImageChops, ImageDraw

from bmnn_mark.documents.certificates import MarkSeen
from bmnn_mark.documents.colouring import full_cover, shade_of
from bmnn_mark.documents.ink import on_page, operation_ink, union
from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.measuring import Coverage, FrameSeen, find_frame
from bmnn_mark.documents.measuring_type import TypeSeen, measure_type
from bmnn_mark.documents.pixels import Difference
from bmnn_mark.stamps.model import CircleStroke, RectStroke, TextRun
from bmnn_mark.units import Rect

_ABOUT_TYPE = 0.12  # mm around a row within which nothing else of its mark is drawn
_HALF = 128


def seen_mark(mark: PlannedMark, difference: Difference, after: Image.Image) -> MarkSeen | None:
    """The mark as measured on a clip; None where its ink is not seen.

    Args:
        mark: the plan of it, upright.
        difference: of the clip without and with the mark, so nothing else counts.
        after: the clip with the mark, RGB.
    """
    if difference.image is None:
        return None
    cover = Coverage(
        image=full_cover(difference.image),
        left=difference.left,
        top=difference.top,
        dpi=difference.dpi,
    )
    ink = _ink_box(cover, mark.box.grown(_ABOUT_TYPE))
    if ink is None:
        return None
    ring = any(isinstance(one, CircleStroke) for one in mark.drawing.operations)
    border = _border(mark, cover, ring=ring)
    if ring and border is not None:
        cover = _within_ring(cover, border.inside)
    runs = [run for run in mark.drawing.operations if isinstance(run, TextRun)]
    rows = [_row(mark, run, cover, border) for run in runs]
    drawn = [row.ink for row in rows if row]
    return MarkSeen(
        box=border.box if border else ink,
        frame=border,
        sizes=tuple(row.size_pt if row else None for row in rows),
        ink=union(drawn) if drawn else None,
        shade=shade_of(after, cover.image),
    )


def _border(mark: PlannedMark, cover: Coverage, *, ring: bool) -> FrameSeen | None:
    if not ring and not any(isinstance(one, RectStroke) for one in mark.drawing.operations):
        return None
    found = find_frame(cover, mark.box, ring=ring)
    return found[0] if found else None


def _within_ring(cover: Coverage, inside: Rect) -> Coverage:
    """The ink without that of a ring, whose lines cross the corners of a letter's box."""
    kept = Image.new("L", cover.image.size)
    ImageDraw.Draw(kept).ellipse(cover.pixels(inside), fill=255)
    return replace(cover, image=ImageChops.darker(cover.image, kept))


def _row(
    mark: PlannedMark, run: TextRun, cover: Coverage, border: FrameSeen | None
) -> TypeSeen | None:
    if not run.text.strip():
        return None
    region = on_page(mark, operation_ink(run)).grown(_ABOUT_TYPE)
    if border is not None:
        region = _common(region, border.inside)
    return measure_type(cover, region, run.text, run.face)


def _common(one: Rect, other: Rect) -> Rect:
    x, y = max(one.x, other.x), max(one.y, other.y)
    return Rect(x, y, min(one.right, other.right) - x, min(one.bottom, other.bottom) - y)


def _ink_box(cover: Coverage, about: Rect) -> Rect | None:
    x0, y0, x1, y1 = (round(edge) for edge in cover.pixels(about))
    x0, y0 = max(0, x0), max(0, y0)
    part = cover.image.crop((x0, y0, x1, y1)).point([0] * _HALF + [255] * _HALF)
    found = part.getbbox()
    if found is None:
        return None
    return cover.rect(x0 + found[0], y0 + found[1], x0 + found[2], y0 + found[3])

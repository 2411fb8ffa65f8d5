# SPDX-License-Identifier: Apache-2.0
"""The displayed page as the only frame: from millimetres as seen to a page's own user space.

The visible box is CropBox within MediaBox (both may be inherited, reversed, anywhere), turned
clockwise by Rotate (ISO 32000-1, 7.7.3.3 and 14.11.2).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import pikepdf

from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits
from bmnn_mark.units import Mm, Point, Rect, Size

Matrix = tuple[float, float, float, float, float, float]
"""``a b c d e f`` as of the ``cm`` operator: x' = ax + cy + e, y' = bx + dy + f."""
Box = tuple[float, float, float, float]
"""Left, bottom, right, top in user space, pt."""

_DEFAULT_BOX: Box = (0.0, 0.0, 612.0, 792.0)  # what both engines show where MediaBox is missing
_FRAME_KEYS = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
_TREE_DEPTH = 100
_SURVEY_DPI = 100
_SIZE_SLACK_MM = 0.01


def compose(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does ``first``, then ``then``."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (
        a * p + b * r, a * q + b * s,
        c * p + d * r, c * q + d * s,
        e * p + f * r + t, e * q + f * s + u,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFrame:
    """One page as a person sees it.

    Attributes:
        page: number from 1.
        size: displayed width and height, mm.
        rotation: degrees by which the page is turned clockwise when shown: 0, 90, 180, 270.
        visible: the visible box in user space, pt.
        user_unit: length of one unit of user space in points; always 1 here.
    """

    page: int
    size: Size
    rotation: int
    visible: Box
    user_unit: float = 1.0

    @property
    def sheet(self) -> Rect:
        """The whole displayed page."""
        return Rect(Mm(0), Mm(0), self.size.width, self.size.height)

    @property
    def to_user(self) -> Matrix:
        """From displayed points (origin top left, y down, pt) to user space."""
        left, bottom, right, top = self.visible
        return {
            0: (1.0, 0.0, 0.0, -1.0, left, top),
            90: (0.0, 1.0, 1.0, 0.0, left, bottom),
            180: (-1.0, 0.0, 0.0, 1.0, right, bottom),
            270: (0.0, -1.0, -1.0, 0.0, right, top),
        }[self.rotation]

    def matrix_for(self, box: Rect, drawing_size: Size, turn: int = 0) -> Matrix:
        """The ``cm`` matrix that shows a form XObject in ``box`` of the displayed page.

        Args:
            box: where the drawing shall be seen, mm.
            drawing_size: the drawing's own size; the form's BBox is ``0 0 width height`` in pt
                with y up.
            turn: degrees counter-clockwise by which the drawing is turned as seen.

        Raises:
            ValueError: the box is not exactly as large as the (turned) drawing; a mark is never
                scaled.
        """
        wide, high = drawing_size.width, drawing_size.height
        shown = (high, wide) if turn % 180 else (wide, high)
        if any(
            abs(have - want) > _SIZE_SLACK_MM
            for have, want in zip((box.width, box.height), shown, strict=True)
        ):
            raise ValueError("box and drawing differ in size")
        left, top, right, bottom = box.x.pt, box.y.pt, box.right.pt, box.bottom.pt
        on_page: Matrix = {
            0: (1.0, 0.0, 0.0, -1.0, left, bottom),
            90: (0.0, -1.0, -1.0, 0.0, right, bottom),
            180: (-1.0, 0.0, 0.0, 1.0, right, top),
            270: (0.0, 1.0, 1.0, 0.0, left, top),
        }[turn % 360]
        return compose(on_page, self.to_user)

    def seen(self, x: float, y: float) -> Point:
        """Where a point of user space (pt) is seen, mm."""
        left, bottom, right, top = self.visible
        across, down = {
            0: (x - left, top - y),
            90: (y - bottom, x - left),
            180: (right - x, y - bottom),
            270: (top - y, right - x),
        }[self.rotation]
        return Point(Mm.from_pt(across), Mm.from_pt(down))

    def seen_box(self, box: Box) -> Rect:
        """Where an upright box of user space is seen, mm."""
        one, other = self.seen(box[0], box[1]), self.seen(box[2], box[3])
        return Rect.of(
            min(one.x, other.x),
            min(one.y, other.y),
            abs(one.x - other.x),
            abs(one.y - other.y),
        )


def read_frames(pages: Iterable[pikepdf.Page], limits: Limits) -> tuple[PageFrame, ...]:
    """The frame of every page.

    Raises:
        DocumentRefused: ``page.rotation``, ``page.user_unit``, ``page.too_large``,
            ``page.frame_disputed``, ``document.damaged`` where the page tree loops.
    """
    alike: dict[tuple[object, ...], PageFrame] = {}  # most pages of a document are
    frames = []
    for number, page in enumerate(pages, 1):
        key = _stated(page.obj)
        frame = alike.get(key) if key else None
        if frame is None:
            frame = _read_frame(page.obj, number, limits)
            if key:
                alike[key] = frame
        frames.append(replace(frame, page=number))
    return tuple(frames)


def _stated(page: pikepdf.Object) -> tuple[object, ...] | None:
    """What a page states of its frame and where it inherits the rest; None where that is unsure."""
    stated = page.keys()  # looking for a key that is not there costs far more than its value
    parent = page.get("/Parent") if "/Parent" in stated else None
    if parent is None or not parent.is_indirect:
        return None
    return parent.objgen, *(_plain(page.get(key)) if key in stated else None for key in _FRAME_KEYS)


def _plain(value: object) -> object:
    """Something equal for equal values only: 90.0 is another rotation than 90."""
    if isinstance(value, int):  # first, as asking whether it is an object costs far more
        return value
    return value.unparse() if isinstance(value, pikepdf.Object) else (type(value), value)


def _read_frame(page: pikepdf.Object, number: int, limits: Limits) -> PageFrame:
    factor = number_in(page.get("/UserUnit")) if "/UserUnit" in page else 1.0
    if factor is None or factor != 1.0:
        raise DocumentRefused("page.user_unit", page=number, factor=f"{factor or 0:g}")
    turn = inherited(page, "/Rotate")
    degrees = number_in(turn) or 0.0
    if isinstance(turn, Decimal):  # must be a whole number: some engines take 90.0 for no turn
        raise DocumentRefused("page.frame_disputed", page=number)
    if degrees % 90:
        raise DocumentRefused("page.rotation", page=number, degrees=f"{degrees:g}")
    rotation = int(degrees) % 360
    media, crop = visible_boxes(page)
    visible = (overlap(crop, media) if crop else None) or media
    wide, high = visible[2] - visible[0], visible[3] - visible[1]
    if rotation % 180:
        wide, high = high, wide
    size = Size(Mm.from_pt(wide), Mm.from_pt(high))
    pixels = size.width.px(_SURVEY_DPI) * size.height.px(_SURVEY_DPI)
    if max(size.width, size.height) > limits.page_side_mm or pixels > limits.raster_pixels:
        raise DocumentRefused("page.too_large", page=number)
    return PageFrame(page=number, size=size, rotation=rotation, visible=visible)


def visible_boxes(page: pikepdf.Object) -> tuple[Box, Box | None]:
    """MediaBox and CropBox of a page, stated or inherited, corners in order, pt.

    A MediaBox that is none is what both engines take for it; a CropBox that is none is None.

    Raises:
        DocumentRefused: ``document.damaged`` where the page tree loops.
    """
    media = _box(inherited(page, "/MediaBox")) or _DEFAULT_BOX
    return media, _box(inherited(page, "/CropBox"))


def inherited(page: pikepdf.Object, key: str) -> pikepdf.Object | None:
    """The value of an inheritable attribute, from the page or the nearest node above it.

    Raises:
        DocumentRefused: ``document.damaged`` where the page tree loops.
    """
    node: pikepdf.Object | None = page
    for _ in range(_TREE_DEPTH):
        if not isinstance(node, pikepdf.Dictionary):
            return None
        if key in node:
            return node.get(key)
        node = node.get("/Parent")
    raise DocumentRefused("document.damaged", reason="PAGE_TREE")


def number_in(value: object) -> float | None:
    """A finite number of an untrusted file; None for anything else."""
    try:
        number = float(value)  # type: ignore[arg-type]  # whatever the file holds
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        return None
    return number if math.isfinite(number) else None


def _box(value: object) -> Box | None:
    """A box with its corners put in order; None where the value is no box with an area."""
    if not isinstance(value, pikepdf.Array) or len(value) != 4:
        return None
    left, bottom, right, top = (number_in(one) for one in value)
    if left is None or bottom is None or right is None or top is None:
        return None
    box = (min(left, right), min(bottom, top), max(left, right), max(bottom, top))
    return box if box[2] > box[0] and box[3] > box[1] else None


def overlap(one: Box, other: Box) -> Box | None:
    """What two boxes have in common; None where that has no area."""
    box = (
        max(one[0], other[0]), max(one[1], other[1]),
        min(one[2], other[2]), min(one[3], other[3]),
    )  # fmt: skip
    return box if box[2] > box[0] and box[3] > box[1] else None

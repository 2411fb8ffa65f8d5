# SPDX-License-Identifier: Apache-2.0
"""The border of a stamp measured on a sharp rendering of it: size, lines, gap, tilt.

It is measured as a person would with a fine rule, whoever made it: real text with a drawn frame,
a Word text box, a picture, a scan of a hand stamp. What cannot be told is None, never a guess.

A line is a row (or column) of pixels whose ink covers the stamp from end to end. Its middle is
that of its ink and its width is all of its ink put together, so a blurred scan measures like a
sharp drawing. A stamp that stands up to two degrees askew is turned upright first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from PIL import Image

from bmnn_mark.documents.rendering import pixel_box
from bmnn_mark.units import Mm, Rect

DPI = 600
"""Resolution at which marks are measured; a pixel is 0.042 mm."""

_FULL = 255
_ANY_INK = [0] * 64 + [
    255
] * 192  # thin lines of a blurred scan are nowhere ink through and through
_LINE_SHARE = 0.6  # of a stamp's side along which a border line bears ink
_SIDE_INSET_MM = 1.5  # corners are left out of a profile
_THICKER = 3.0
_AXIS_MM = 0.35  # about a circle's axis its lines are straight
_NEAR_MM = 1.2  # how far a border may be from where it is looked for
_LINE_MOST_MM = 0.9
_GAP_MOST_MM, _RING_GAP_MOST_MM = 2.2, 1.6  # a letter in a ring is closer than a row of type
_TILT_LEAST, _TILT_MOST = 0.04, 2.5  # degrees
_FADED, _CLEAR = 0.06, 0.2  # shares of ink at which a line has faded away, and nearly so
_SOFT_MM = 0.12
_ROUGH_MM = 0.03  # deviation of an edge from a straight line that is more than rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of each pixel is ink, on a part of a displayed page.

    Attributes:
        image: ``L``, 255 where all is ink.
        left: column of the page's raster at which the image begins.
        top: row at which it begins.
        dpi: pixels an inch.
    """

    image: Image.Image
    left: int
    top: int
    dpi: float

    @classmethod
    def of_clip(cls, image: Image.Image, clip: Rect, dpi: float) -> Coverage:
        """Ink on a clip as it was rendered; ``image`` is 255 where all is ink."""
        left, top, _, _ = pixel_box(clip, dpi)
        return cls(image=image, left=left, top=top, dpi=dpi)

    def rect(self, x0: float, y0: float, x1: float, y1: float) -> Rect:
        """A box of pixels of this image (edges, fractions allowed) on the page, mm."""
        return Rect(
            Mm.from_px(self.left + x0, self.dpi),
            Mm.from_px(self.top + y0, self.dpi),
            Mm.from_px(x1 - x0, self.dpi),
            Mm.from_px(y1 - y0, self.dpi),
        )

    def pixels(self, box: Rect) -> tuple[float, float, float, float]:
        """Edges of a box of the page in pixels of this image."""
        return (
            box.x.px(self.dpi) - self.left,
            box.y.px(self.dpi) - self.top,
            box.right.px(self.dpi) - self.left,
            box.bottom.px(self.dpi) - self.top,
        )

    def mm(self, pixels: float) -> float:
        """A number of pixels in mm."""
        return float(Mm.from_px(pixels, self.dpi))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSeen:
    """The border of a stamp as seen.

    Attributes:
        box: outer box, mm, after turning it upright about its middle.
        inside: box inside the innermost line, clear of its blur.
        lines: number of border lines; None where the sides do not agree.
        gaps: clear distance between two lines on each side that shows one, mm.
        widths: width of every line that was seen, mm.
        tilt: degrees clockwise by which it stands askew.
        rough: how far its edges deviate from straight lines, mm; that of a clean drawing is 0.
        soft: how much wider its lines are with their blur, mm; about a pixel on a clean drawing.
    """

    box: Rect
    inside: Rect
    lines: int | None
    gaps: tuple[float, ...]
    widths: tuple[float, ...]
    tilt: float
    rough: float
    soft: float

    @property
    def uncertainty(self) -> float:
        """By how much a length may differ from what was measured, mm; 0 for a clean drawing."""
        if self.rough <= _ROUGH_MM and self.soft <= _SOFT_MM:
            return 0.0
        return 0.1 + max(2 * self.rough, self.soft / 2)


def find_frame(
    coverage: Coverage, about: Rect, *, ring: bool = False
) -> tuple[FrameSeen, Coverage] | None:
    """The border near ``about``, and the ink turned upright; None where no closed border is seen.

    Args:
        coverage: the ink of a clip that holds the whole stamp.
        about: its outer box as far as it is known, within about a millimetre.
        ring: the border is a circle; its lines are looked at where they cross its two axes.
    """
    tilt, rough = (0.0, 0.0) if ring else _tilt(coverage, about)
    upright, near = _turned(coverage, about, tilt)
    if upright is not coverage:  # edges are told more sharply where they nearly stand upright
        more, rough = _tilt(upright, near)
        tilt += more
        upright, near = _turned(coverage, about, tilt)
    if abs(tilt) > _TILT_MOST:
        return None
    first = _sides(upright, near, ring=ring)
    sides = first and _sides(upright, _outer(upright, first), ring=ring)
    if sides is None:
        return None
    counts = {len(side) for side in sides}
    frame = FrameSeen(
        box=_outer(upright, sides),
        inside=_inner(upright, sides, min(counts)),
        lines=counts.pop() if len(counts) == 1 else None,
        gaps=tuple(upright.mm(_gap(*pair)) for side in sides for pair in pairwise(side)),
        widths=tuple(upright.mm(line.width) for side in sides for line in side),
        tilt=tilt if upright is not coverage else 0.0,
        rough=rough,
        soft=upright.mm(fmean(line.blur for side in sides for line in side)),
    )
    return frame, upright


def _turned(coverage: Coverage, about: Rect, tilt: float) -> tuple[Coverage, Rect]:
    """The ink turned upright about the middle of a box, and what the box has become."""
    if abs(tilt) < _TILT_LEAST:
        return coverage, about
    x0, y0, x1, y1 = coverage.pixels(about)
    middle = (x0 + x1) / 2, (y0 + y1) / 2
    image = coverage.image.rotate(tilt, Image.Resampling.BICUBIC, center=middle)
    turned = Coverage(image=image, left=coverage.left, top=coverage.top, dpi=coverage.dpi)
    return turned, _upright(about, tilt)


@dataclass(frozen=True, slots=True)
class _Line:
    """A border line across a profile: its edges, and where its blur has faded on either side."""

    near: float
    far: float
    clear_near: float
    clear_far: float

    @property
    def width(self) -> float:
        """Its width."""
        return self.far - self.near

    @property
    def blur(self) -> float:
        """How much wider it is with its blur."""
        return (self.clear_far - self.clear_near) - self.width


_Sides = tuple[list[_Line], list[_Line], list[_Line], list[_Line]]
"""The lines of the upper, lower, left and right side, outermost first."""


def _sides(coverage: Coverage, about: Rect, *, ring: bool) -> _Sides | None:
    rows = _border(coverage, about, down=True, ring=ring)
    columns = _border(coverage, about, down=False, ring=ring)
    return None if rows is None or columns is None else (*rows, *columns)


def _outer(coverage: Coverage, sides: _Sides) -> Rect:
    """The outer box."""
    upper, lower, left, right = (side[0] for side in sides)
    return coverage.rect(left.near, upper.near, right.far, lower.far)


def _inner(coverage: Coverage, sides: _Sides, lines: int) -> Rect:
    """The box inside so many lines, clear of their blur."""
    upper, lower, left, right = (side[lines - 1] for side in sides)
    return coverage.rect(left.clear_far, upper.clear_far, right.clear_near, lower.clear_near)


def _border(
    coverage: Coverage, about: Rect, *, down: bool, ring: bool
) -> tuple[list[_Line], list[_Line]] | None:
    """The lines of two opposite sides, outermost first; None where a side has none."""
    across = _axis(about) if ring else about.grown(-_SIDE_INSET_MM)
    inked = _profiles(coverage, coverage.image.point(_ANY_INK), across, down=down)
    lowest = [min(parts) for parts in zip(*inked, strict=True)]
    solid = _profiles(coverage, coverage.image, across, down=down)
    ink = [fmean(parts) for parts in zip(*solid, strict=True)]
    x0, y0, x1, y1 = coverage.pixels(about.grown(_NEAR_MM))
    begin, end = (y0, y1) if down else (x0, x1)
    lines = [
        line
        for line in _lines(lowest, ink)
        if coverage.mm(line.width) <= _LINE_MOST_MM and begin <= line.near and line.far <= end
    ]
    middle = (begin + end) / 2
    near = [line for line in lines if line.far < middle]
    far = [line for line in reversed(lines) if line.near > middle]
    if not near or not far:
        return None
    most = _RING_GAP_MOST_MM if ring else _GAP_MOST_MM
    return _next_to(coverage, near, most), _next_to(coverage, far, most)


def _upright(about: Rect, tilt: float) -> Rect:
    """The box that, turned by ``tilt`` degrees about its middle, fills ``about``."""
    turn = math.radians(abs(tilt))
    cosine, sine = math.cos(turn), math.sin(turn)
    wide = (about.width * cosine - about.height * sine) / math.cos(2 * turn)
    high = (about.height * cosine - about.width * sine) / math.cos(2 * turn)
    middle_x, middle_y = about.x + about.width / 2, about.y + about.height / 2
    return Rect.of(middle_x - wide / 2, middle_y - high / 2, wide, high)


def _axis(about: Rect) -> Rect:
    """A narrow box about the middle of another."""
    middle = Rect(about.x + about.width / 2, about.y + about.height / 2, Mm(0), Mm(0))
    return middle.grown(_AXIS_MM)


def _next_to(coverage: Coverage, lines: list[_Line], most: float) -> list[_Line]:
    """The outermost line and those that follow it closely."""
    kept = lines[:1]
    for line in lines[1:]:
        thick = line.width > _THICKER * kept[0].width  # the bar of a letter, not a line
        if thick or coverage.mm(_gap(kept[-1], line)) > most:
            break
        kept.append(line)
    return kept


def _gap(one: _Line, other: _Line) -> float:
    return max(other.near - one.far, one.near - other.far)


def _profiles(
    coverage: Coverage, image: Image.Image, across: Rect, *, down: bool
) -> list[list[float]]:
    """Mean of each row (or column) of an image, from 0 to 1, in four parts of a stretch of it."""
    x0, y0, x1, y1 = coverage.pixels(across)
    begin, end = (x0, x1) if down else (y0, y1)
    parts = 4  # a stem or the bars of a row of type do not reach through all of them
    step = (end - begin) / parts
    found = []
    for index in range(parts):
        a, b = round(begin + index * step), round(begin + (index + 1) * step)
        wide, high = image.size
        strip = image.crop((a, 0, b, high) if down else (0, a, wide, b))
        flat = strip.resize((1, high) if down else (wide, 1), Image.Resampling.BOX)
        found.append([level / _FULL for level in flat.tobytes()])
    return found


def _lines(lowest: Sequence[float], ink: Sequence[float]) -> list[_Line]:
    """Every run of rows that bear ink from end to end."""
    found: list[_Line] = []
    at, end = 0, len(ink)
    while at < end:
        first = at
        while at < end and lowest[at] >= _LINE_SHARE:
            at += 1
        if at > first:
            line = _line(ink, max(range(first, at), key=ink.__getitem__))
            if not found or line.near > found[-1].far:  # a broken line is one all the same
                found.append(line)
        at += 1
    return found


def _line(mean: Sequence[float], peak: int) -> _Line:
    """The line whose ink is densest at a pixel of a profile."""
    begin, finish = _foot(mean, peak, -1), _foot(mean, peak, 1)
    paper = min(mean[begin], mean[finish])
    ink = [max(0.0, mean[at] - paper) for at in range(begin, finish + 1)]
    mass = sum(ink)
    middle = begin + 0.5 + sum(at * share for at, share in enumerate(ink)) / mass
    clear = [at for at in range(begin, finish + 1) if mean[at] > _CLEAR]
    return _Line(middle - mass / 2, middle + mass / 2, float(clear[0]), float(clear[-1] + 1))


def _foot(mean: Sequence[float], start: int, step: int) -> int:
    """Where a line has faded away, walking out of it: no more ink, or that of something else."""
    at, half = start, mean[start] / 2
    while 0 <= at + step < len(mean) and mean[at] > _FADED:
        if mean[at + step] > half or mean[at + step] < mean[at] + 0.01:
            at += step
        else:
            break
    return at


def _tilt(coverage: Coverage, about: Rect) -> tuple[float, float]:
    """Degrees clockwise by which the upper and lower edge fall to the right, and their roughness.

    The edge is where ink is first met from outside; pairs of columns half a side apart give a
    slope each, and the mean of the middle half counts, so gaps and stray ink have no say.
    """
    x0, y0, x1, y1 = (round(edge) for edge in coverage.pixels(about))
    inset = round(Mm(_SIDE_INSET_MM).px(coverage.dpi))
    reach = round(Mm(_NEAR_MM).px(coverage.dpi))
    edges = []
    for top in (True, False):
        box = (x0 + inset, y0 - reach, x1 - inset, (y0 + y1) // 2)
        if not top:
            box = (x0 + inset, (y0 + y1) // 2, x1 - inset, y1 + reach)
        strip = coverage.image.crop(box)
        edges.append(_first_ink(strip if top else strip.transpose(_FLIPPED)))
    slopes: list[float] = []
    for sign, edge in zip((1, -1), edges, strict=True):
        lag = len(edge) // 2
        slopes += [
            sign * (b - a) / lag
            for a, b in zip(edge, edge[lag:], strict=False)
            if a is not None and b is not None
        ]
    if not slopes:
        return 0.0, 0.0
    slopes.sort()
    slope = fmean(slopes[len(slopes) // 4 : -(len(slopes) // 4) or None])
    rough = max(_roughness(edges[0], slope), _roughness(edges[1], -slope))
    return _degrees(slope), coverage.mm(rough)


_FLIPPED = Image.Transpose.FLIP_TOP_BOTTOM


def _degrees(slope: float) -> float:
    return math.degrees(math.atan(slope))


def _first_ink(strip: Image.Image) -> list[int | None]:
    """The first row with ink of each column."""
    columns = strip.point(_ANY_INK).transpose(Image.Transpose.TRANSPOSE)
    data, high = columns.tobytes(), columns.width
    found = (data.find(b"\xff", at, at + high) - at for at in range(0, len(data), high))
    return [row if row >= 0 else None for row in found]


def _roughness(edge: Sequence[int | None], slope: float) -> float:
    """How far the middle two thirds of the edge's points stray from a line, in pixels."""
    rest = [y - slope * x for x, y in enumerate(edge) if y is not None]
    if len(rest) < 12:
        return 0.0
    rest.sort()
    sixth = len(rest) // 6
    spread = (rest[-sixth - 1] - rest[sixth]) / 2
    return spread if spread > 0.6 else 0.0

# SPDX-License-Identifier: Apache-2.0
"""The certificate of a mark: each figure of its form beside what was measured, by two engines.

A figure that the engines do not agree on counts as not measured; on a scan, whose own edges are
unsure, they may differ by as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bmnn_mark.documents.findings import Certificate, Measure, Part
from bmnn_mark.documents.measuring import FrameSeen
from bmnn_mark.rules import Figure, RulePack
from bmnn_mark.rules.model import StampRule
from bmnn_mark.units import Rect, Size

_ENGINES_MM = 0.09  # by which two engines may differ: one of them draws lines in whole pixels
_ENGINES_TYPE = 0.015  # the same as a share of a size of type


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """What counts as the same.

    Attributes:
        size: of an outer side, mm.
        gap: between two lines, mm.
        line: width of a line, mm.
        type_share: of a size of type, as a share of it.
    """

    size: float
    gap: float
    line: float
    type_share: float


OWN = Tolerances(size=0.1, gap=0.1, line=0.1, type_share=0.02)
"""For marks we drew."""
FOREIGN = Tolerances(size=0.3, gap=0.2, line=1.0, type_share=0.04)
"""For marks of others: no text read gives a tolerance; these are the project's own. A size of type
is told from one half a point larger or smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSeen:
    """One mark as one engine showed it.

    Attributes:
        box: its outer box, mm.
        frame: its border; None where it has none or none was seen.
        sizes: size of type of each row, pt; None for one that was not measured.
        ink: box of the ink of all rows, mm; None without any.
        shade: mean sRGB of its ink.
        rough_type: share by which the sizes of type are unsure.
    """

    box: Rect
    frame: FrameSeen | None
    sizes: tuple[float | None, ...]
    ink: Rect | None
    shade: tuple[int, int, int] | None
    rough_type: float = 0.0


def certificate(
    stamp: str,
    pack: RulePack,
    page: int,
    views: Sequence[MarkSeen],
    *,
    dpi: int,
    tolerances: Tolerances = OWN,
    drawn: Size | None = None,
) -> Certificate | None:
    """What was asked for and what was found; None for a mark that is no stamp of the pack.

    Args:
        stamp: id of the stamp.
        pack: the rules.
        page: page number from 1.
        views: the mark as each engine showed it, the first one's box counts.
        dpi: resolution of the clips.
        tolerances: what counts as the same.
        drawn: outer size it was drawn with, for sides that the form does not give.
    """
    rule = pack.stamps.get(stamp)
    if rule is None or not views:
        return None
    measures = [*_sides(stamp, rule, views, tolerances.size, drawn)]
    if any(one.frame for one in views):
        measures += _lines(stamp, pack, rule, views, tolerances)
    measures += _type(stamp, rule, views, tolerances)
    measures += _nominal(stamp, rule, views[0], tolerances.size)
    return Certificate(
        stamp=stamp,
        pack=pack.id,
        page=page,
        box=views[0].box,
        dpi=dpi,
        shade=views[0].shade,
        measures=tuple(measures),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A figure of the form, what of a mark it is about, and what it asks for."""

    path: str
    part: Part
    figure: Figure
    required: float

    def found(
        self,
        measured: float | None,
        tolerance: float,
        uncertainty: float = 0.0,
        *,
        nominal: bool = False,
    ) -> Measure:
        """The measure that sets what was found beside it."""
        return Measure(
            figure=self.path,
            part=self.part,
            required=round(float(self.required), 3),
            measured=None if measured is None else round(measured, 3),
            tolerance=tolerance,
            uncertainty=round(uncertainty, 3),
            provenance=self.figure.provenance.value,
            source=self.figure.source.text,
            nominal=nominal,
        )


def _asked(path: str, part: Part, figure: Figure, required: float) -> _Asked:
    return _Asked(path=path, part=part, figure=figure, required=required)


def _sides(
    stamp: str, rule: StampRule, views: Sequence[MarkSeen], tolerance: float, drawn: Size | None
) -> Iterator[Measure]:
    unsure, size = _unsure(views), rule.size.value
    apart = max(_ENGINES_MM, unsure)
    wide = size.width or (drawn.width if drawn else None)
    high = size.height or (drawn.height if drawn else None)
    if wide is not None:
        found = _agreed([float(one.box.width) for one in views], apart)
        asked = _asked(f"{stamp}.size", Part.WIDTH, rule.size, wide)
        yield asked.found(found, tolerance, unsure)
    if high is not None:
        found = _agreed([float(one.box.height) for one in views], apart)
        asked = _asked(f"{stamp}.size", Part.HEIGHT, rule.size, high)
        yield asked.found(found, tolerance, unsure)


def _lines(
    stamp: str, pack: RulePack, rule: StampRule, views: Sequence[MarkSeen], tolerances: Tolerances
) -> Iterator[Measure]:
    frames = [one.frame for one in views if one.frame]
    unsure, line, gap = _unsure(views), pack.border.line, rule.gap
    apart = max(_ENGINES_MM, unsure)
    counts = {frame.lines for frame in frames} if len(frames) == len(views) else {None}
    count = counts.pop() if len(counts) == 1 else None
    yield _asked(f"{stamp}.lines", Part.LINES, rule.lines, rule.lines.value).found(count, 0.0)
    if gap is not None:
        clear = _agreed([_worst(frame.gaps, gap.value) for frame in frames], apart)
        asked = _asked(f"{stamp}.gap", Part.GAP, gap, gap.value)
        yield asked.found(clear, tolerances.gap, unsure)
    thick = _agreed([_worst(frame.widths, line.value) for frame in frames], apart)
    asked = _asked("border.line", Part.LINE, line, line.value)
    yield asked.found(thick, tolerances.line, unsure)


def _type(
    stamp: str, rule: StampRule, views: Sequence[MarkSeen], tolerances: Tolerances
) -> Iterator[Measure]:
    share, unsure = tolerances.type_share, max(one.rough_type for one in views)
    apart = max(_ENGINES_TYPE, unsure) * rule.text_size.value
    rows = [_agreed(row, apart) for row in zip(*(one.sizes for one in views), strict=True)]
    first, below = rule.text_size, rule.row_text_size
    if rows:
        asked = _asked(f"{stamp}.text-size", Part.TEXT_SIZE, first, first.value)
        yield asked.found(rows[0], share * first.value, unsure * first.value)
    if below is not None and len(rows) > 1:
        asked = _asked(f"{stamp}.row-text-size", Part.ROW_TEXT_SIZE, below, below.value)
        found = _worst(rows[1:], below.value)
        yield asked.found(found, share * below.value, unsure * below.value)


def _nominal(stamp: str, rule: StampRule, seen: MarkSeen, tolerance: float) -> Iterator[Measure]:
    """What the form names beside its size of type although both cannot hold."""
    if seen.ink is None:
        return
    if rule.clearance is not None:
        asked = _asked(f"{stamp}.clearance", Part.CLEARANCE, rule.clearance, rule.clearance.value)
        yield asked.found(_clearance(seen.box, seen.ink), tolerance, nominal=True)
    if (letter := rule.letter_height) is not None:
        asked = _asked(f"{stamp}.letter-height", Part.LETTER_HEIGHT, letter, letter.value)
        yield asked.found(float(seen.ink.height), tolerance, nominal=True)


def _unsure(views: Sequence[MarkSeen]) -> float:
    return max((one.frame.uncertainty for one in views if one.frame), default=0.0)


def _agreed(values: Sequence[float | None], allowed: float) -> float | None:
    """What the first engine showed where the others show about the same; else None."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    return known[0] if max(known) - min(known) <= allowed else None


def _worst(values: Sequence[float | None], required: float) -> float | None:
    """The value farthest from what is required; None where one was not measured, or none was."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    return max(known, key=lambda value: abs(value - required))


def _clearance(box: Rect, ink: Rect) -> float:
    """Least distance of the type from the outer edge, mm."""
    return float(min(ink.x - box.x, ink.y - box.y, box.right - ink.right, box.bottom - ink.bottom))

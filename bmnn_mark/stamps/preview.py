# SPDX-License-Identifier: Apache-2.0
"""Sheets of stamps at true size, each with its name, its measures and where its figures come from.

A sheet is drawings in their places, so that pixels and PDF are made of one layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bmnn_mark.i18n import Lang, words
from bmnn_mark.rules.figures import Figure, Provenance
from bmnn_mark.rules.model import RulePack, StampRule
from bmnn_mark.stamps import compose
from bmnn_mark.stamps.model import BLACK, Colour, Face, StampDrawing
from bmnn_mark.units import Mm, Point, Size

if TYPE_CHECKING:
    from PIL import Image

#: A drawing with its top left corner on the sheet.
Placed = tuple[StampDrawing, Point]

A4 = Size(Mm(210), Mm(297))

_MARGIN, _ROW_GAP, _CELL_GAP, _LABEL_GAP = Mm(12), Mm(8), Mm(10), Mm(1.2)
_NAME_PT, _LABEL_PT, _TITLE_PT = 9.0, 7.5, 13.0
_GREY = Colour(90, 90, 90)

#: The colour in which a part of a stamp is named, by where its figures come from.
SHADES: Mapping[Provenance, Colour] = {
    Provenance.READ: Colour(0, 110, 50),
    Provenance.AGENCY: Colour(0, 70, 170),
    Provenance.PRIOR_LAW: Colour(170, 95, 0),
    Provenance.PROJECT_DEFAULT: Colour(125, 60, 150),
}
#: From the surest; a part made of several figures is as sure as the least sure of them.
_SUREST = (
    Provenance.AGENCY,
    Provenance.READ,
    Provenance.PRIOR_LAW,
    Provenance.PROJECT_DEFAULT,
)
_PARTS: Mapping[str, tuple[str, ...]] = {
    "wording": ("wording",),
    "size": ("size", "circle", "side_room", "head_room"),
    "border": ("lines", "gap"),
    "type": ("text_size", "bold", "row_text_size", "row_bold", "row_gap"),
    "ink": ("ink",),
}


@dataclass(frozen=True, slots=True)
class Block:
    """Drawings that stay together, placed from their common top left corner."""

    parts: tuple[Placed, ...]

    @property
    def size(self) -> Size:
        """What they take, mm."""
        return Size(
            Mm(max(corner.x + drawing.size.width for drawing, corner in self.parts)),
            Mm(max(corner.y + drawing.size.height for drawing, corner in self.parts)),
        )

    def at(self, x: float, y: float) -> tuple[Placed, ...]:
        """The same with their corner at ``x``, ``y`` mm."""
        return tuple((drawing, Point(corner.x + x, corner.y + y)) for drawing, corner in self.parts)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of drawings in their places."""

    size: Size
    parts: tuple[Placed, ...]


def stamp_block(pack: RulePack, drawing: StampDrawing, lang: Lang) -> Block:
    """A stamp under its name, its measures and the parts of it, coloured by provenance.

    Raises:
        RulesRefused: ``rules.no_stamp``.
    """
    rule = pack.stamp(drawing.name)
    measures = f"{drawing.size.width:.1f} × {drawing.size.height:.1f} mm"
    typed = f"{rule.text_size.value:g}"
    if rule.row_text_size:
        typed += f" / {rule.row_text_size.value:g}"
    lines = [
        (_line(drawing.name, _NAME_PT, BLACK, Face.BOLD),),
        (_line(f"{measures}, {typed} pt", _LABEL_PT, _GREY),),
        tuple(
            _line(words(f"stamps.part.{part}", lang), _LABEL_PT, SHADES[_weakest(rule, names)])
            for part, names in _PARTS.items()
        ),
    ]
    parts, y = _label(lines)
    return Block((*parts, (drawing, Point(Mm(0), y + _LABEL_GAP))))


def title_block(pack: RulePack, lang: Lang) -> Block:
    """What a pack is called."""
    title = pack.title_vi if lang is Lang.VI else pack.title_en
    parts, _ = _label([(_line(f"{pack.id}: {title}", _TITLE_PT, BLACK, Face.BOLD),)])
    return Block(tuple(parts))


def legend_block(lang: Lang) -> Block:
    """What the colours say."""
    rows = [
        (_line(words(f"stamps.provenance.{one.value}", lang), _LABEL_PT + 1, SHADES[one]),)
        for one in _SUREST
    ]
    parts, _ = _label(rows)
    return Block(tuple(parts))


def lay_out(rows: Iterable[Sequence[Block]], page: Size | None = None) -> tuple[Sheet, ...]:
    """Blocks in rows, each row broken where it is too wide.

    Args:
        rows: blocks that stand side by side.
        page: size of the pages; None makes one that is as wide and as long as it takes.
    """
    wide = page.width if page else Mm(1e6)
    pages: list[list[Placed]] = [[]]
    y = _MARGIN
    for row in (part for one in rows for part in _broken(one, wide - 2 * _MARGIN)):
        tall = max(block.size.height for block in row)
        if page and pages[-1] and y + tall > page.height - _MARGIN:
            pages.append([])
            y = _MARGIN
        x = _MARGIN
        for block in row:
            pages[-1] += block.at(x, y)
            x += block.size.width + _CELL_GAP
        y += tall + _ROW_GAP
    return tuple(Sheet(page or _taken(parts), tuple(parts)) for parts in pages)


def render(sheet: Sheet, dpi: float) -> Image.Image:
    """A sheet as pixels, RGB on white.

    Raises:
        ValueError: the picture would have more than the bound of pixels.
    """
    from PIL import Image  # noqa: PLC0415 - only where a picture is made

    from bmnn_mark.limits import DEFAULT_LIMITS  # noqa: PLC0415
    from bmnn_mark.stamps import raster  # noqa: PLC0415

    width, height = round(sheet.size.width.px(dpi)), round(sheet.size.height.px(dpi))
    if width * height > DEFAULT_LIMITS.raster_pixels:
        raise ValueError("too many pixels")
    page = Image.new("RGB", (width, height), "white")
    for drawing, corner in sheet.parts:
        place = (round(corner.x.px(dpi)), round(corner.y.px(dpi)))
        page.paste(raster.render(drawing, dpi), place)
    return page


def _line(text: str, size_pt: float, colour: Colour, face: Face = Face.REGULAR) -> StampDrawing:
    return replace(compose.text_lines((text,), face, size_pt), ink=colour)


def _label(lines: Sequence[Sequence[StampDrawing]]) -> tuple[list[Placed], Mm]:
    """Lines of words below one another, and where they end."""
    parts: list[Placed] = []
    y = Mm(0)
    for line in lines:
        x = Mm(0)
        for drawing in line:
            parts.append((drawing, Point(x, y)))
            x += drawing.size.width + 1
        y += max(drawing.size.height for drawing in line)
    return parts, y


def _weakest(rule: StampRule, names: Sequence[str]) -> Provenance:
    figures: list[Figure | None] = [getattr(rule, name) for name in names]
    if "wording" in names:
        figures += rule.rows.values()
    return max((one.provenance for one in figures if one is not None), key=_SUREST.index)


def _broken(row: Sequence[Block], width: Mm) -> Iterator[list[Block]]:
    """The row in as many rows as it needs."""
    part: list[Block] = []
    taken = Mm(0)
    for block in row:
        if part and taken + block.size.width > width:
            yield part
            part, taken = [], Mm(0)
        part.append(block)
        taken += block.size.width + _CELL_GAP
    if part:
        yield part


def _taken(parts: Sequence[Placed]) -> Size:
    whole = Block(tuple(parts)).size
    return Size(whole.width + _MARGIN, whole.height + _MARGIN)

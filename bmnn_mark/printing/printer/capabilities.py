# SPDX-License-Identifier: Apache-2.0
"""What the enrolled queue can do, and whether that is enough: paper, sides, trays, colour, pixels.

The scheduler takes any nonsense it is asked for and prints something (``sides=banana`` is printed
one-sided), so what the queue does not name is refused here, before a job exists. Colour that a
queue does not claim is no colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.units import MM_PER_INCH, Mm, Size

ONE_SIDED = "one-sided"
#: How far a page may be from the paper it is printed on, mm: the five points that PPDs allow.
SIZE_SLACK_MM = 1.8
#: Pixels an inch at which pages are made into images where the device can take them.
RASTER_DPI = 600
_LEAST_RASTER_DPI = 300
_DOTS_PER_INCH = 3  # IPP's unit of a resolution; 4 is per centimetre
_NAMED_SIZE = re.compile(r"_([0-9.]+)x([0-9.]+)(mm|in)$")  # PWG 5101.1, 5.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a queue says of itself.

    Attributes:
        colour: it claims to print colours, so also the red of the marks.
        sides: IPP ``sides`` that it names.
        media: papers by their PWG names.
        trays: IPP ``media-source`` keywords; empty where it has one tray or does not tell.
        resolutions: pixels an inch, the same both ways, lowest first.
    """

    colour: bool
    sides: tuple[str, ...]
    media: tuple[str, ...]
    trays: tuple[str, ...]
    resolutions: tuple[int, ...]

    @property
    def raster_dpi(self) -> int:
        """Pixels an inch at which pages are made into images for this device.

        600, or a device's own lower figure; never below 300, where page codes are still read.
        """
        if not self.resolutions or max(self.resolutions) >= RASTER_DPI:
            return RASTER_DPI
        return max(_LEAST_RASTER_DPI, *self.resolutions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """How sheets are taken and printed; every value is one that the queue named.

    Attributes:
        media: PWG name of the paper.
        sides: IPP keyword.
        tray: IPP ``media-source`` keyword; empty leaves it to the device.
    """

    media: str = "iso_a4_210x297mm"
    sides: str = ONE_SIDED
    tray: str = ""

    def for_cups(self) -> dict[str, str]:
        """The job's options: a tray goes with the size of its paper, as IPP has it."""
        if not self.tray:
            return {"media": self.media, "sides": self.sides}
        size = media_size(self.media)
        if size is None:
            raise PrinterRefused("printer.media", media=self.media)
        wide, high = (round(length * 100) for length in (size.width, size.height))
        collection = (
            f"{{media-size={{x-dimension={wide} y-dimension={high}}} media-source={self.tray}}}"
        )
        return {"media-col": collection, "sides": self.sides}


def capabilities_of(answer: Mapping[str, Any]) -> Capabilities:
    """Read a queue's attributes as the scheduler gave them."""
    return Capabilities(
        colour=answer.get("color-supported") is True,
        sides=_texts(answer.get("sides-supported")),
        media=_texts(answer.get("media-supported")),
        trays=_texts(answer.get("media-source-supported")),
        resolutions=_resolutions(answer.get("printer-resolution-supported")),
    )


def media_size(name: str) -> Size | None:
    """Width and height of a paper by its PWG name; None for one that does not tell them.

    >>> media_size("iso_a4_210x297mm")
    Size(width=Mm(210), height=Mm(297))
    >>> media_size("na_letter_8.5x11in")
    Size(width=Mm(215.9), height=Mm(279.4))
    >>> media_size("auto") is None
    True
    """
    found = _NAMED_SIZE.search(name)
    if found is None:
        return None
    scale = MM_PER_INCH if found[3] == "in" else 1.0
    try:
        return Size(Mm(float(found[1]) * scale), Mm(float(found[2]) * scale))
    except ValueError:
        return None


def paper_for(
    capabilities: Capabilities,
    pages: Sequence[Size],
    *,
    media: str | None = None,
    sides: str | None = None,
    tray: str | None = None,
) -> Paper:
    """The paper for a document's pages, every part of it named by the queue.

    Args:
        capabilities: of the queue.
        pages: displayed size of each page, mm; a page may lie on its side.
        media: PWG name of the paper; None takes the queue's of the pages' size.
        sides: IPP keyword; None is one-sided.
        tray: IPP ``media-source`` keyword; None leaves it to the device.

    Raises:
        PrinterRefused: ``printer.media``, ``printer.sides``, ``printer.tray`` (not named by the
            queue); ``printer.no_paper_of_size``; ``printer.mixed_paper``: pages of several sizes
            would be printed scaled, cut or on paper of another size.
    """
    chosen_sides, chosen_tray = sides or ONE_SIDED, tray or ""
    if chosen_sides not in capabilities.sides:
        raise PrinterRefused("printer.sides", sides=chosen_sides)
    if chosen_tray and chosen_tray not in capabilities.trays:
        raise PrinterRefused("printer.tray", tray=chosen_tray)
    for number, size in enumerate(pages, 1):
        if not _same_paper(size, pages[0]):
            raise PrinterRefused("printer.mixed_paper", page=number, **_shown(size))
    if media is not None:
        named = media_size(media) if media in capabilities.media else None
        if named is None:
            raise PrinterRefused("printer.media", media=media)
        if pages and not _same_paper(named, pages[0]):
            raise PrinterRefused("printer.other_paper", media=media, **_shown(pages[0]))
        return Paper(media=media, sides=chosen_sides, tray=chosen_tray)
    name = _paper_named(capabilities.media, pages[0])
    if name is None:
        raise PrinterRefused("printer.no_paper_of_size", **_shown(pages[0]))
    return Paper(media=name, sides=chosen_sides, tray=chosen_tray)


def demand(capabilities: Capabilities, paper: Paper) -> None:
    """Refuse a paper that the queue does not name (any more).

    Raises:
        PrinterRefused: ``printer.media``, ``printer.sides``, ``printer.tray``.
    """
    if paper.media not in capabilities.media:
        raise PrinterRefused("printer.media", media=paper.media)
    if paper.sides not in capabilities.sides:
        raise PrinterRefused("printer.sides", sides=paper.sides)
    if paper.tray and paper.tray not in capabilities.trays:
        raise PrinterRefused("printer.tray", tray=paper.tray)


def _paper_named(media: Iterable[str], page: Size) -> str | None:
    """The queue's paper of a page's size, the plainest name first; ranges are no paper."""
    fitting = [
        name
        for name in media
        if not name.startswith("custom_")
        and (size := media_size(name)) is not None
        and _same_paper(size, page)
    ]
    return min(fitting, key=lambda name: (len(name), name), default=None)


def _same_paper(one: Size, other: Size) -> bool:
    """Whether two sizes are one paper, upright or on its side."""
    return all(
        abs(a - b) <= SIZE_SLACK_MM
        for a, b in zip(
            sorted((one.width, one.height)), sorted((other.width, other.height)), strict=True
        )
    )


def _shown(size: Size) -> dict[str, float]:
    return {"width": round(float(size.width), 1), "height": round(float(size.height), 1)}


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else (str(value),)


def _resolutions(value: object) -> tuple[int, ...]:
    """The square resolutions; a lone one comes without a list about it."""
    many = value if isinstance(value, list | tuple) else ()
    if many and isinstance(many[0], int):
        many = (many,)
    return tuple(
        sorted(
            {
                one[0]
                for one in many
                if isinstance(one, list | tuple)
                and len(one) == 3
                and one[0] == one[1]
                and one[2] == _DOTS_PER_INCH
                and isinstance(one[0], int)
            }
        )
    )

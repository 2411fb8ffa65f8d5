# SPDX-License-Identifier: Apache-2.0
"""The verified pixels as what goes to the printer: requests and results, plain values all of them.

Pages that all copies share are drawn and packed once a document (the *base*). A copy has the same
packed rows but for those that its own marks touch; so a copy costs the drawing of these, and what
was not drawn anew is the base's byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.units import Rect


class Ink(StrEnum):
    """What a page's pixels hold; the least that loses nothing."""

    BLACK = "black"
    """One bit: black or white."""
    GREY = "grey"
    """Eight bits."""
    COLOUR = "colour"
    """Eight bits each of red, green and blue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterForm:
    """What the device takes.

    Attributes:
        dpi: pixels an inch, both ways.
        colour: it prints colours; if not, pages come in greys.
    """

    dpi: int = 600
    colour: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlace:
    """A place of a page that differs from copy to copy.

    Attributes:
        page: number from 1.
        box: on the displayed page, mm.
        code: a page code stands there.
    """

    page: int
    box: Rect
    code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Some rows of a page as they lie packed in the file.

    Attributes:
        rows: how many.
        offset: bytes from the start of the file.
        length: bytes there.
        adler: Adler-32 of the rows unpacked.
    """

    rows: int
    offset: int
    length: int
    adler: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterPage:
    """One page of a raster file: its pixels, and where they are."""

    columns: int
    rows: int
    ink: Ink
    strips: tuple[Strip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterFile:
    """A file of page images.

    Attributes:
        pages: in order.
        dpi: pixels an inch.
        bytes: its length.
        sha256: of its bytes, hexadecimal.
    """

    pages: tuple[RasterPage, ...]
    dpi: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterBaseTask:
    """Draw every page of ``source``, the template of copies, into images at ``target``."""

    source: str
    target: str
    work: str
    form: RasterForm
    limits: Limits = DEFAULT_LIMITS
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("target",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterCopyTask:
    """Make the images of one copy: the base's rows, and those with its own marks drawn anew.

    Attributes:
        source: the copy, whose bytes are the template's but for its slots.
        base: images of the template.
        target: where the copy's go.
        work: private folder.
        layout: of the base.
        form: as the base was made.
        own: the places that are each copy's own.
        limits: bounds on rendering.
    """

    source: str
    base: str
    target: str
    work: str
    layout: RasterFile
    form: RasterForm
    own: tuple[OwnPlace, ...]
    limits: Limits = DEFAULT_LIMITS
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source", "base")
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("target",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterCopy:
    """The images of one copy.

    Attributes:
        file: what was written.
        codes: for each page with a page code, its number and every text the decoders read from the
            finished file's pixels there; untrusted until opened by a key.
    """

    file: RasterFile
    codes: tuple[tuple[int, tuple[str, ...]], ...]

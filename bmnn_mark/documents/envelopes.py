# SPDX-License-Identifier: Apache-2.0
"""What is asked of an envelope, and what came of it; plain values all of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from bmnn_mark.documents.model import MarkRequest, PlacedMark
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.units import Mm, Size


class EnvelopeSize(StrEnum):
    """Sizes of envelopes (ISO 269), and a whole sheet to be put on a parcel."""

    DL = "dl"
    C5 = "c5"
    C4 = "c4"
    A4 = "a4"

    @property
    def size(self) -> Size:
        """Width and height with the long side across, mm.

        >>> EnvelopeSize.DL.size
        Size(width=Mm(220), height=Mm(110))
        """
        width, height = _SIDES[self]
        return Size(Mm(width), Mm(height))


_SIDES = {
    EnvelopeSize.DL: (220, 110),
    EnvelopeSize.C5: (229, 162),
    EnvelopeSize.C4: (324, 229),
    EnvelopeSize.A4: (297, 210),
}


class EnvelopeLayer(StrEnum):
    """Which envelope it is (NĐ 26/2020 Điều 4)."""

    INNER = "inner"
    """Of two, for Tuyệt mật: số, ký hiệu, addressee, độ mật; sealed."""
    OUTER = "outer"
    """Of two, for Tuyệt mật: as ordinary mail, with the sign A."""
    SOLE = "sole"
    """The only one, for Tối mật and Mật, with the sign B or C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What one envelope says.

    Attributes:
        sender: agency that sends.
        sender_address: its address; empty for none.
        number_sign: số, ký hiệu; empty for none.
        addressee: agency that receives.
        person: who alone may open it; empty for none.
        address: of the addressee; empty for none.
    """

    sender: str
    sender_address: str
    number_sign: str
    addressee: str
    person: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeTask:
    """Draw envelopes of one layer and size, a page each, and prove them.

    Attributes:
        target: where the PDF goes.
        work: private folder.
        layer: which envelope of a letter they are.
        size: of each.
        envelopes: in the order of the pages.
        request: level, urgency, rules and ink; nothing else of it is used.
        limits: bounds on rendering.
    """

    target: str
    work: str
    layer: EnvelopeLayer
    size: EnvelopeSize
    envelopes: tuple[Envelope, ...]
    request: MarkRequest
    limits: Limits = DEFAULT_LIMITS
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("target",)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeResult:
    """Envelopes that were drawn and shown to be so.

    Attributes:
        layer: which envelope of a letter they are.
        size: width and height, mm.
        pages: number of envelopes.
        marks: every stamp and text with its place.
        output_sha256: of the PDF's bytes.
        renderers: the engines that showed every mark, name and version.
    """

    layer: EnvelopeLayer
    size: Size
    pages: int
    marks: tuple[PlacedMark, ...]
    output_sha256: str
    renderers: tuple[str, ...]

# SPDX-License-Identifier: Apache-2.0
"""What ties the pixels for the printer to a document's marks: requests, plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from bmnn_mark.documents.copies import CopyValues
from bmnn_mark.documents.model import MarkKind, MarkRequest, PlacedMark
from bmnn_mark.documents.raster import OwnPlace, RasterFile, RasterForm
from bmnn_mark.limits import DEFAULT_LIMITS, Limits

#: The marks that are each copy's own.
OWN_KINDS = frozenset(
    {
        MarkKind.COPY_NUMBER,
        MarkKind.REPRODUCTION_NUMBER,
        MarkKind.PAGE_CODE,
        MarkKind.CAPTION,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveRasterTask:
    """Prove a raster file against the document it was made of.

    Attributes:
        source: the unmarked document.
        copy: the proven marked file that the images were drawn from.
        raster: the images.
        work: private folder.
        layout: of the images.
        form: as they were made.
        request: as of the template.
        values: what the copy says of itself; None proves the template's.
        limits: bounds on rendering.
        password: opens an encrypted source.
    """

    source: str
    copy: str
    raster: str
    work: str
    layout: RasterFile
    form: RasterForm
    request: MarkRequest
    values: CopyValues | None = None
    limits: Limits = DEFAULT_LIMITS
    password: str | None = field(default=None, repr=False)
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source", "copy", "raster")


def own_places(marks: Iterable[PlacedMark]) -> tuple[OwnPlace, ...]:
    """The places of those marks that differ from copy to copy."""
    return tuple(
        OwnPlace(page=mark.page, box=mark.box, code=mark.kind is MarkKind.PAGE_CODE)
        for mark in marks
        if mark.kind in OWN_KINDS
    )

# SPDX-License-Identifier: Apache-2.0
"""What is asked of an overprint sheet, and what came of it; plain values all of them.

A later act stamps copies that are on paper already. The sheet holds the stamp alone, where it
stands on their page 1, and nothing else: those copies go through the printer once more, or it
shows where the hand stamp goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bmnn_mark.documents.model import MarkKind, MarkRequest, PlacedMark
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.units import Rect, Size

#: Stamps of decisions about a document whose copies are out already.
OVERPRINTED = frozenset({MarkKind.EXTENSION, MarkKind.RELEVELLING, MarkKind.DECLASSIFICATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class OverprintTask:
    """Draw the stamp of a later act alone on a page, and prove it.

    Attributes:
        target: where the PDF goes.
        work: private folder.
        size: of the copies' page 1, mm.
        kind: which stamp.
        box: where it stands on the copies' page 1, mm.
        request: what its rows say, its rules and ink.
        limits: bounds on rendering.
    """

    target: str
    work: str
    size: Size
    kind: MarkKind
    box: Rect
    request: MarkRequest
    limits: Limits = DEFAULT_LIMITS
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("target",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverprintResult:
    """A sheet that was drawn and shown to be so.

    Attributes:
        size: of the page, mm.
        mark: the stamp in its place.
        output_sha256: of the PDF's bytes.
        renderers: the engines that showed it, name and version.
    """

    size: Size
    mark: PlacedMark
    output_sha256: str
    renderers: tuple[str, ...]

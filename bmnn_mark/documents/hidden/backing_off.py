# SPDX-License-Identifier: Apache-2.0
"""What of hidden text may not be taken out, as one engine shows a trace of it after all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bmnn_mark.documents.hidden.page_text import HiddenStretch
from bmnn_mark.documents.hidden.page_views import DPI
from bmnn_mark.documents.pixels import Difference
from bmnn_mark.documents.rendering import pdfium_pages, poppler_render
from bmnn_mark.limits import Limits
from bmnn_mark.units import Mm

Hidden = dict[int, tuple[HiddenStretch, ...]]
"""The hidden text of each page that has any, by page number."""
_TRACE_MM = Mm.from_px(1.5, DPI)


def still_hidden(both: tuple[Path, Path], hidden: Hidden, work: Path, limits: Limits) -> Hidden:
    """The hidden text without the characters whose going changes a pixel in either engine.

    Args:
        both: the document, and the copy without the hidden text.
        hidden: what was taken out of the copy.
        work: private folder.
        limits: bounds on rendering.

    Raises:
        DocumentRefused: what the engines refuse.
    """
    left: Hidden = {}
    with pdfium_pages(both[0], limits) as one, pdfium_pages(both[1], limits) as other:
        for page, stretches in hidden.items():
            views = [
                (one.render(page, DPI), other.render(page, DPI)),
                (
                    poppler_render(both[0], page, DPI, work=work, limits=limits),
                    poppler_render(both[1], page, DPI, work=work, limits=limits),
                ),
            ]
            changes = [Difference(*pair, DPI) for pair in views if pair[0].size == pair[1].size]
            kept = tuple(_without_traces(stretch, changes) for stretch in stretches)
            if any(stretch.pieces for stretch in kept):
                left[page] = tuple(stretch for stretch in kept if stretch.pieces)
    return left


def _without_traces(stretch: HiddenStretch, changes: Sequence[Difference]) -> HiddenStretch:
    pieces = tuple(
        piece
        for piece in stretch.pieces
        if not any(change and change.ink_box(piece.box.grown(_TRACE_MM)) for change in changes)
    )
    return replace(stretch, pieces=pieces)

# SPDX-License-Identifier: Apache-2.0
"""The lines beside a page code that people read: one drawing per copy, one per page."""

from __future__ import annotations

from functools import lru_cache

from bmnn_mark.stamps.compose import caption_mark
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.tracking.reference import REFERENCE_CHARS

_WIDEST_SYMBOL = "W"


def copy_caption(number: int, copies: int, reference: str) -> StampDrawing:
    """Copy k of n and its short reference; the same on every page of a copy.

    Args:
        number: k, from 1.
        copies: n.
        reference: ten symbols as ``tracking.reference.show_reference`` gives them.
    """
    return caption_mark(copy_lines(number, copies, reference))


def copy_lines(number: int, copies: int, reference: str) -> tuple[str, ...]:
    """What :func:`copy_caption` reads."""
    half = REFERENCE_CHARS // 2
    return f"Bản {number}/{copies}", f"{reference[:half]}-{reference[half:]}"


def widest_copy_caption(copies: int) -> StampDrawing:
    """A copy caption as wide as any of ``copies`` copies can have."""
    return copy_caption(copies, copies, _WIDEST_SYMBOL * REFERENCE_CHARS)


@lru_cache(maxsize=64)
def page_caption(page: int, pages: int) -> StampDrawing:
    """Page i of m; the same in every copy."""
    return caption_mark((f"Trang {page}/{pages}",))

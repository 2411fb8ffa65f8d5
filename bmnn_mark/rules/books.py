# SPDX-License-Identifier: Apache-2.0
"""Columns of the books as figures of the law: what stands in each, and what it is headed.

A figure is one line, ``key=heading | key=heading | …``, left to right. A key names what the
register knows; ``hand`` is a column that is filled by hand. So an officer who has read the official
form confirms its very columns, in their order and with their number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: What can stand in a column, by book.
COLUMN_KEYS: Mapping[str, frozenset[str]] = {
    "outgoing": frozenset(
        {
            "order", "number-sign", "dated", "title", "level", "level-letter", "signer",
            "recipients", "kept-by", "copies", "pages", "note", "hand",
        }
    ),
    "incoming": frozenset(
        {
            "order", "arrived", "arrival-number", "agency", "number-sign", "dated", "title",
            "level", "level-letter", "unit", "copies", "pages", "note", "hand",
        }
    ),
    "copying": frozenset(
        {
            "order", "permitted-on", "number-sign", "dated", "level", "level-letter", "kind",
            "of-copy", "allowed", "copies", "permitted-by", "clause", "purpose", "recipients",
            "destroyed", "copier", "note", "hand",
        }
    ),
    "handing-over": frozenset(
        {
            "order", "on", "number-sign", "dated", "level", "level-letter", "copy", "act", "giver",
            "receiver", "purpose", "receipt", "returned", "note", "hand",
        }
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BookColumn:
    """A column of a book: what stands in it, and its heading."""

    key: str
    heading: str


def book_columns(book: str, text: str) -> tuple[BookColumn, ...]:
    """The columns that a figure describes.

    Args:
        book: ``outgoing``, ``incoming``, ``copying`` or ``handing-over``.
        text: the figure's value.

    Raises:
        ValueError: a column without key or heading, or a key that no such book has.

    >>> [one.key for one in book_columns("incoming", "order=Số thứ tự | arrived=Ngày đến")]
    ['order', 'arrived']
    """
    columns = []
    for part in text.split("|"):
        key, equals, heading = (piece.strip() for piece in part.partition("="))
        if not equals or not heading or key not in COLUMN_KEYS[book]:
            raise ValueError(book)
        columns.append(BookColumn(key=key, heading=heading))
    return tuple(columns)

# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark register export --book``: a book of a year as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import output_path
from bmnn_mark.cli.register.figures import tell_handling
from bmnn_mark.cli.reporting import tell_unconfirmed
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.workflow.books import BookReport


def export_book(  # noqa: PLR0913 - what stands on a cover
    desk: Desk,
    output: str | None,
    *,
    overwrite: bool,
    book: str,
    year: int,
    superior: str | None,
    volume: str | None,
    rules: str | None,
) -> None:
    """Write a book of a year; a PDF where no name says otherwise."""
    from bmnn_mark import plain
    from bmnn_mark.reports.books import Book
    from bmnn_mark.workflow import books

    report = books.export_book(
        desk.office(),
        books.BookRequest(
            book=Book(book), year=year, superior=superior or "", volume=volume or "", pack=rules
        ),
        output_path(output) or Path(f"so-{book}-{year}.pdf"),
        overwrite=overwrite,
        on_progress=desk.progress(),
    )
    tell_unconfirmed(desk, report.unconfirmed)
    desk.give(plain.to_builtins(report), _lines(desk, report))
    tell_handling(desk, report.written.handle_at)


def _lines(desk: Desk, report: BookReport) -> list[str]:
    written = desk.word(
        "cli.register.book",
        book=desk.word(f"cli.register.book.{report.book.value}"),
        year=report.year,
        entries=report.entries,
        file=shown(str(report.written.path), limit=400),
    )
    basis = desk.word("cli.register.book.columns", basis=report.basis.cited(desk.lang))
    return [
        written,
        basis,
        *(
            desk.word("cli.register.book.by_hand", heading=heading, many=many)
            for heading, many in report.by_hand.items()
        ),
    ]

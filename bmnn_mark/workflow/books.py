# SPDX-License-Identifier: Apache-2.0
"""A book of a year, from the register to a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bmnn_mark.i18n import Lang, words
from bmnn_mark.register.book_rows import RegisterState
from bmnn_mark.register.books import Reading
from bmnn_mark.register.life import CopyKind
from bmnn_mark.reports.books import Book, BookOrder, Entry, book_paper, left_to_hand
from bmnn_mark.reports.writing import WrittenPaper, check_paper_target, write_paper
from bmnn_mark.rules import RulePack, load_pack, pack_for
from bmnn_mark.rules.books import book_columns
from bmnn_mark.rules.figures import Basis, Wording
from bmnn_mark.text import one_line
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.unconfirmed import Unconfirmed, figures_of

#: Hexadecimal digits of the root that a cover shows: the 14 bytes that a page code carries.
_ROOT_DIGITS = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRequest:
    """Which book is wanted.

    Attributes:
        book: which one.
        year: of its lines.
        superior: superior body, for the cover; empty for none.
        volume: number of the volume, for the cover; empty leaves room for the hand.
        pack: id of a rule pack, where the last day of the year shall not decide.
    """

    book: Book
    year: int
    superior: str = ""
    volume: str = ""
    pack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookReport:
    """A book that was written.

    Attributes:
        book: which one.
        year: of its lines.
        entries: number of its lines.
        written: the file, and the level it must be handled at.
        pack: id of the rule pack whose columns it has.
        columns: headings, left to right.
        basis: what the columns rest on.
        unconfirmed: figures of the rules used that nobody compared with the official text.
        by_hand: by heading, how many cells the register leaves to the hand.
        state: of the register, when it was read.
    """

    book: Book
    year: int
    entries: int
    written: WrittenPaper
    pack: str
    columns: tuple[str, ...]
    basis: Basis
    unconfirmed: tuple[Unconfirmed, ...]
    by_hand: Mapping[str, int]
    state: RegisterState


def export_book(
    office: Office,
    request: BookRequest,
    target: Path,
    *,
    overwrite: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> BookReport:
    """Write a book of a year as ``.docx``, ``.pdf`` or ``.xlsx``.

    Args:
        office: whose register.
        request: which book.
        target: the file; mode 0600.
        overwrite: replace a file of that name.
        on_progress: called while a PDF is made.

    Raises:
        UsageRefused: ``reports.kind_unknown``, ``input.*``.
        RulesRefused: ``rules.no_pack``, ``rules.unknown_pack``; ``rules.unconfirmed`` where the
            office demands confirmed figures.
        DocumentRefused: ``output.*``, ``conversion.*``.
        RegisterRefused: not found, key missing, broken.
    """
    check_paper_target(target, overwrite=overwrite)
    overlay = agency_figures(office)
    if request.pack is not None:
        pack = load_pack(request.pack, overlay)
    else:
        pack = pack_for(date(request.year, 12, 31), overlay)
    rule = request.book.rule
    unconfirmed = figures_of(office, pack, (f"books.{rule}", "books.cover"))
    register = office.open_register()
    with register.accounts.reading() as reading:
        entries, state = _entries(reading, request), reading.state()
    order = _order(office, request, pack, agency=register.agency, state=state)
    paper = book_paper(order, entries)
    return BookReport(
        book=request.book,
        year=request.year,
        entries=len(entries),
        written=write_paper(
            paper,
            target,
            rehearsal=register.rehearsal,
            overwrite=overwrite,
            limits=office.limits,
            on_progress=on_progress,
        ),
        pack=pack.id,
        columns=tuple(column.heading for column in order.columns),
        basis=order.basis,
        unconfirmed=unconfirmed,
        by_hand=left_to_hand(order, paper),
        state=state,
    )


def _entries(reading: Reading, request: BookRequest) -> tuple[Entry, ...]:
    first, last = date(request.year, 1, 1), date(request.year, 12, 31)
    match request.book:
        case Book.OUTGOING:
            return reading.outgoing(first, last)
        case Book.INCOMING:
            return reading.incoming(first, last)
        case Book.COPYING:
            return reading.copyings(first, last)
    return reading.hand_overs(first, last)


def _order(
    office: Office, request: BookRequest, pack: RulePack, *, agency: str, state: RegisterState
) -> BookOrder:
    figure: Wording = getattr(pack.books, request.book.rule.replace("-", "_"))
    return BookOrder(
        book=request.book,
        year=request.year,
        agency=agency,
        superior=one_line("--superior", request.superior) if request.superior else "",
        number=one_line("--volume", request.volume, limit=20) if request.volume else "",
        columns=book_columns(request.book.rule, figure.value),
        basis=figure.basis,
        printed_on=office.today(),
        witness=words(
            "reports.book.witness", Lang.VI, events=state.events, root=state.root[:_ROOT_DIGITS]
        ),
        kinds={kind.value: pack.reproduction_wording(kind.value) for kind in CopyKind},
    )

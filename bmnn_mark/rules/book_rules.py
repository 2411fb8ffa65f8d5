# SPDX-License-Identifier: Apache-2.0
"""What a rule pack says of books and reports."""

from __future__ import annotations

from dataclasses import dataclass

from bmnn_mark.rules.figures import Days, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRule:
    """Columns of the books, each a line that :func:`bmnn_mark.rules.books.book_columns` reads.

    Attributes:
        outgoing: sổ đăng ký bí mật nhà nước đi.
        incoming: sổ đăng ký bí mật nhà nước đến.
        copying: sổ quản lý sao, chụp bí mật nhà nước.
        handing_over: sổ chuyển giao bí mật nhà nước.
        cover: what the cover states, in words.
    """

    outgoing: Wording
    incoming: Wording
    copying: Wording
    handing_over: Wording
    cover: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingRule:
    """The yearly report, and what others are told.

    Attributes:
        first: first day of the report's figures, in the year before: day and month, ``15/12``.
        last: last day of its figures.
        sent: day by which it is sent.
        notice: days within which those concerned are told of a change of độ mật.
    """

    first: Wording
    last: Wording
    sent: Wording
    notice: Days

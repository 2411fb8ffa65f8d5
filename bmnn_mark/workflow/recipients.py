# SPDX-License-Identifier: Apache-2.0
"""The list of recipients, from a CSV that a clerk saved out of a spreadsheet."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from bmnn_mark.errors import UsageRefused
from bmnn_mark.files import os_reason, regular_size
from bmnn_mark.limits import Limits
from bmnn_mark.register.port import Recipient
from bmnn_mark.text import one_line

#: Column names of the contract; ``ten`` is required.
NAME, COPIES, ADDRESS, NOTE = "ten", "so_ban", "dia_chi", "ghi_chu"
_COLUMNS = (NAME, COPIES, ADDRESS, NOTE)
#: What people write over a column of names, without its accents.
_HEADINGS = frozenset(
    {
        "co quan", "co quan nhan", "don vi", "don vi nhan", "ho ten", "ho va ten", "name",
        "nguoi nhan", "noi nhan", "recipient", "stt", "ten", "ten co quan", "ten don vi",
        "ten noi nhan",
    }
)  # fmt: skip


def read_recipients(path: Path, limits: Limits) -> tuple[Recipient, ...]:
    """Read recipients in the order of the copy numbers they will get.

    UTF-8 with or without a byte order mark; ``,`` or ``;``; a header, which a list of one column
    may leave out.

    Raises:
        UsageRefused: ``recipients.*``, with the line number where one applies.
    """
    text = _read_text(path, limits)
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UsageRefused("recipients.not_csv") from error
    recipients = tuple(_recipient(line, row) for line, row in _named_rows(rows))
    _check_list(recipients, limits)
    return recipients


def unnamed(copies: int, limits: Limits) -> tuple[Recipient, ...]:
    """``copies`` copies whose recipients are entered at hand-over.

    Raises:
        UsageRefused: ``recipients.count``.
    """
    if not 1 <= copies <= limits.recipients:
        raise UsageRefused("recipients.count", limit=limits.recipients)
    return (Recipient(name="", copies=copies),)


def _read_text(path: Path, limits: Limits) -> str:
    try:
        data = path.read_bytes() if regular_size(path) <= limits.csv_bytes else None
    except OSError as error:
        raise UsageRefused("recipients.unreadable", reason=os_reason(error)) from error
    if data is None:
        raise UsageRefused("recipients.too_large", limit=limits.csv_bytes >> 20)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageRefused("recipients.encoding") from error
    if "\x00" in text:
        raise UsageRefused("recipients.encoding")
    return text


def _named_rows(rows: list[list[str]]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Line number and columns by name of each row that is not blank."""
    filled = [(line, row) for line, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not filled:
        raise UsageRefused("recipients.none")
    header = [cell.strip().lower() for cell in filled[0][1]]
    if NAME in header:
        unknown = next((name for name in header if name and name not in _COLUMNS), None)
        if unknown is not None or len(set(header)) != len(header):
            raise UsageRefused("recipients.column", column=_wrong_column(header, unknown) + 1)
        del filled[0]
    elif len(header) == 1:
        if _is_heading(header[0]):
            raise UsageRefused("recipients.heading")
        header = [NAME]
    else:
        raise UsageRefused("recipients.no_header")
    for line, row in filled:
        if len(row) > len(header):
            raise UsageRefused("recipients.cells", line=line)
        yield line, dict(zip(header, row, strict=False))


def _wrong_column(header: list[str], unknown: str | None) -> int:
    """Where the column stands whose name is unknown, or there a second time."""
    if unknown is not None:
        return header.index(unknown)
    return next(place for place, name in enumerate(header) if name in header[:place])


def _is_heading(untrusted_cell: str) -> bool:
    """Whether a list's first line is a title in other words than ours: nobody gets copy 1 then."""
    letters = unicodedata.normalize("NFKD", untrusted_cell.casefold())
    plain = "".join(char for char in letters if not unicodedata.combining(char))
    return " ".join(plain.replace("đ", "d").replace("_", " ").split()) in _HEADINGS


def _recipient(line: int, untrusted_row: Mapping[str, str]) -> Recipient:
    def cell(column: str) -> str:
        value = untrusted_row.get(column, "")
        if not value.strip():
            return ""
        try:
            return one_line(column, value)
        except UsageRefused as error:
            raise UsageRefused("recipients.cell", line=line, column=column) from error

    name = cell(NAME)
    if not name:
        raise UsageRefused("recipients.empty_name", line=line)
    count = cell(COPIES) or "1"
    if not (count.isascii() and count.isdigit() and 1 <= int(count) <= 9999):
        raise UsageRefused("recipients.copies", line=line)
    return Recipient(name=name, copies=int(count), address=cell(ADDRESS), note=cell(NOTE))


def _check_list(recipients: tuple[Recipient, ...], limits: Limits) -> None:
    if not recipients:
        raise UsageRefused("recipients.none")
    seen: set[str] = set()
    for place, recipient in enumerate(recipients, 1):
        name = recipient.name.casefold()
        if name in seen:
            raise UsageRefused("recipients.duplicate", place=place)
        seen.add(name)
    if sum(recipient.copies for recipient in recipients) > limits.recipients:
        raise UsageRefused("recipients.count", limit=limits.recipients)

# SPDX-License-Identifier: Apache-2.0
"""A paper as a spreadsheet: its head or cover on the first sheet, each table on one of its own.

No cell is ever a formula or a link, whatever it begins with.
"""

from __future__ import annotations

import datetime
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from bmnn_mark.i18n import Lang, words
from bmnn_mark.reports.grid import shown_cell
from bmnn_mark.reports.paper import Align, Cell, Paper, Picture, Table, Text, spoken_day

_FONT = {"font_name": "Times New Roman", "font_size": 12}
_A4 = 9
#: Days before it are no days to a spreadsheet.
_FIRST_DAY = date(1900, 3, 1)
#: Width of all columns together, in characters, on A4 upright and across.
_UPRIGHT, _ACROSS = 92.0, 140.0
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
#: The time in the workbook's properties; a paper's own day stands on it.
_WHEN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def write_xlsx(paper: Paper, target: Path, *, rehearsal: bool) -> None:
    """Write the paper as a workbook; the same bytes for the same paper.

    Raises:
        OSError: there is no room.
    """
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    # In memory first: on a full disk the library would leave a half file and complain on its own.
    made = io.BytesIO()
    workbook = xlsxwriter.Workbook(made, options)
    workbook.set_properties({"created": _WHEN})
    workbook.set_size(2400, 1600)
    book = _Book(workbook, rehearsal=rehearsal)
    book.front(paper)
    for index, table in enumerate(paper.tables, 1):
        book.table(table, index, landscape=paper.landscape)
    workbook.close()
    target.write_bytes(made.getvalue())


class _Book:
    """A workbook that is being written, with its formats."""

    def __init__(self, workbook: Any, *, rehearsal: bool) -> None:
        self._workbook = workbook
        self._rehearsal = rehearsal
        wrapped = _FONT | {"text_wrap": True, "valign": "top"}
        bordered = wrapped | {"border": 1}
        self._plain = workbook.add_format(wrapped)
        self._strong = workbook.add_format(wrapped | {"bold": True})
        self._title = workbook.add_format(wrapped | {"bold": True, "font_size": 16})
        self._heading = workbook.add_format(
            bordered | {"bold": True, "align": "center", "valign": "vcenter"}
        )
        self._number = workbook.add_format(bordered | {"italic": True, "align": "center"})
        self._cells = {
            (align, bold): workbook.add_format(bordered | {"align": align.value, "bold": bold})
            for align in (Align.LEFT, Align.CENTRE, Align.RIGHT)
            for bold in (False, True)
        }
        self._days = workbook.add_format(bordered | {"align": "center", "num_format": "dd/mm/yyyy"})
        self._names: set[str] = set()

    def front(self, paper: Paper) -> None:
        """What stands before the tables: cover or letterhead, title, paragraphs, small print."""
        sheet = self._sheet(_say("sheet.front"), landscape=paper.landscape)
        sheet.set_column(0, 0, 34, self._plain)
        sheet.set_column(1, 1, 70, self._plain)
        after = 0
        for row, (label, value, style) in enumerate(self._front_lines(paper)):
            sheet.write_string(row, 0, shown_cell(label), style)
            if value:
                sheet.write_string(row, 1, shown_cell(value), self._plain)
            after = row + 1
        for picture in (one for one in paper.blocks if isinstance(one, Picture)):
            data = io.BytesIO(picture.png)
            sheet.insert_image(
                after + 1, 0, "chart.png", {"image_data": data, "x_scale": 0.35, "y_scale": 0.35}
            )

    def _front_lines(self, paper: Paper) -> list[tuple[str, str, Any]]:
        plain, strong, title = self._plain, self._strong, self._title
        lines: list[tuple[str, str, Any]] = []
        if self._rehearsal:
            lines.append((_say("rehearsal"), "", title))
        if paper.cover is not None:
            cover = paper.cover
            lines += [(cover.superior, "", plain)] if cover.superior else []
            lines += [(cover.agency, "", strong), (cover.title, "", title)]
            lines += [(label, value, plain) for label, value in cover.lines]
            lines += [("", note, plain) for note in cover.notes]
        if paper.head is not None:
            head = paper.head
            lines += [(head.superior, "", plain)] if head.superior else []
            lines += [(head.agency, "", strong)]
            lines += [(_say("number_sign", number_sign=head.number_sign), "", plain)]
            lines += [("", spoken_day(head.on), plain)] if head.on else []
        if paper.cover is None:
            lines += [(paper.title, "", title), (paper.subject, "", strong)]
        lines += [("", one.text, plain) for one in paper.blocks if isinstance(one, Text)]
        return lines + ([("", paper.footnote, plain)] if paper.footnote else [])

    def table(self, table: Table, index: int, *, landscape: bool) -> None:
        """A table on a sheet of its own, its headings on each printed page."""
        name = table.caption or _say("sheet.table", index=index)
        sheet = self._sheet(name, landscape=landscape)
        whole = sum(column.share for column in table.columns)
        room = _ACROSS if landscape else _UPRIGHT
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, max(5.0, room * column.share / whole))
            sheet.write_string(0, place, shown_cell(column.heading), self._heading)
            if table.numbered:
                sheet.write_string(1, place, f"({place + 1})", self._number)
        first = 2 if table.numbered else 1
        sheet.repeat_rows(0, first - 1)
        sheet.freeze_panes(first, 0)
        for row, cells in enumerate(table.rows, first):
            bold = table.bold_last and row == first + len(table.rows) - 1
            for place, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
                self._cell(sheet, row, place, cell, self._cells[column.align, bold])

    def _cell(self, sheet: Any, row: int, place: int, cell: Cell, style: Any) -> None:
        if isinstance(cell, int):
            sheet.write_number(row, place, cell, style)
        elif isinstance(cell, date) and cell >= _FIRST_DAY:
            sheet.write_datetime(row, place, cell, self._days)
        else:
            sheet.write_string(row, place, shown_cell(cell), style)

    def _sheet(self, name: str, *, landscape: bool) -> Any:
        sheet = self._workbook.add_worksheet(self._sheet_name(name))
        sheet.set_paper(_A4)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.8, right=0.6, top=0.8, bottom=0.8)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P/&N")
        if self._rehearsal:
            sheet.set_header(f'&C&"Times New Roman,Bold"&14{_say("rehearsal")}')
        return sheet

    def _sheet_name(self, name: str) -> str:
        """A name that a sheet may have: 31 characters, none of those with a meaning, no other's."""
        base = _FORBIDDEN_IN_NAMES.sub(" ", shown_cell(name)).strip()[:27] or "-"
        made, again = base, 1
        while made.casefold() in self._names:
            again += 1
            made = f"{base} {again}"
        self._names.add(made.casefold())
        return made


def _say(key: str, /, **blanks: object) -> str:
    return words(f"reports.{key}", Lang.VI, **blanks)

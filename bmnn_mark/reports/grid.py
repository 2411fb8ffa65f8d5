# SPDX-License-Identifier: Apache-2.0
"""A table of a Word document, written at once: thousands of rows take the library minutes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap
from typing import Any
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from bmnn_mark.reports.paper import Align, Cell, Table, show_day
from bmnn_mark.text import shown

_TWIPS_PER_MM = 1440 / 25.4
_JC = {
    Align.LEFT: "left", Align.CENTRE: "center", Align.RIGHT: "right", Align.JUSTIFIED: "both",
}  # fmt: skip
_EDGE = '<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
_EDGES = "".join(
    _EDGE.format(side=side) for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
#: Most characters of a cell; a paper is for reading, and a longer one would break the page.
_CELL_CHARS = 1200


def grid(table: Table, width_mm: float, size_pt: float) -> Any:
    """The table as an element of a Word document, with borders, its headings on each page.

    Args:
        table: what it says.
        width_mm: of all columns together.
        size_pt: size of its type.
    """
    whole = sum(column.share for column in table.columns)
    widths = [round(width_mm * column.share / whole * _TWIPS_PER_MM) for column in table.columns]
    half_points = round(size_pt * 2)
    headings = [
        (column.heading, Align.CENTRE, width)
        for column, width in zip(table.columns, widths, strict=True)
    ]
    rows = [_row(headings, half_points, bold=True, heading=True)]
    if table.numbered:
        numbers = [(f"({n})", Align.CENTRE, width) for n, width in enumerate(widths, 1)]
        rows.append(_row(numbers, half_points, heading=True))
    for index, row in enumerate(table.rows, 1):
        cells = [
            (shown_cell(cell), column.align, width)
            for cell, column, width in zip(row, table.columns, widths, strict=True)
        ]
        rows.append(_row(cells, half_points, bold=table.bold_last and index == len(table.rows)))
    return parse_xml(
        f"<w:tbl {nsdecls('w')}><w:tblPr>"
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{_EDGES}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="57" w:type="dxa"/>'
        '<w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>'
        + "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        + f"</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def shown_cell(cell: Cell) -> str:
    """A cell's text; lines stay lines, and nothing in it is markup or a control character."""
    if isinstance(cell, str):
        lines = cell[:_CELL_CHARS].split("\n")
        return "\n".join(shown(one, limit=_CELL_CHARS) for one in lines)
    return str(cell) if isinstance(cell, int) else show_day(cell)


def _row(
    cells: Sequence[tuple[str, Align, int]],
    half_points: int,
    *,
    bold: bool = False,
    heading: bool = False,
) -> str:
    repeated = "<w:tblHeader/>" if heading else ""
    style = f'<w:rPr>{"<w:b/>" if bold else ""}<w:sz w:val="{half_points}"/></w:rPr>'
    middle = '<w:vAlign w:val="center"/>' if heading else ""

    def built(text: str, align: Align, width: int) -> str:
        paragraphs = "".join(
            f'<w:p><w:pPr><w:jc w:val="{_JC[align]}"/></w:pPr><w:r>{style}'
            f'<w:t xml:space="preserve">{escape(one)}</w:t></w:r></w:p>'
            for one in text.split("\n")
        )
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{middle}</w:tcPr>{paragraphs}</w:tc>'
        )

    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(starmap(built, cells))}</w:tr>"

# SPDX-License-Identifier: Apache-2.0
"""Every row of the tables of hostile cases is held by a test, and the document says by which."""

from pathlib import Path

from tests.printing.case_list import OFFLINE, PRINT, held, tables, tables_in

QUALITY = Path(__file__).parents[2] / "docs" / "quality.md"


def rows_of(table):
    return {row for one in held() if one.table == table for row in one.rows}


def test_every_offline_row_has_a_test():
    assert set(OFFLINE) == set(range(1, 69)) == rows_of("offline")


def test_every_printing_row_has_a_test():
    assert set(PRINT) == set(range(1, 55)) == rows_of("print")


def test_the_tables_of_the_document_are_fresh():
    """Run ``script/case-tables`` after a change."""
    assert tables_in(QUALITY.read_text("utf-8")) == tables()

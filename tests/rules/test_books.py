# SPDX-License-Identifier: Apache-2.0
"""Columns of the books and days of the yearly report, as figures of the packs."""

import pytest

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules import Provenance, load_pack, pack_ids, parse_pack
from bmnn_mark.rules.books import COLUMN_KEYS, book_columns
from bmnn_mark.rules.load import PACKS_FOLDER


@pytest.mark.parametrize("book", ["outgoing", "incoming"])
def test_the_books_of_2026_have_ten_columns_that_nobody_compared_yet(book):
    figure = getattr(load_pack("nd63-2026").books, book)
    columns = book_columns(book, figure.value)
    assert len(columns) == 10
    assert columns[0].key == "order"
    assert columns[-1].heading == "Ghi chú"
    assert figure.provenance is Provenance.PROJECT_DEFAULT
    assert "Phụ lục Nghị định 63/2026/NĐ-CP" in figure.source.why_vi


def test_the_outgoing_book_of_2020_is_not_passed_off_as_its_form():
    source = load_pack("tt24-2020").books.outgoing.source
    assert "không phải Mẫu 14" in source.why_vi
    assert "9 cột" in source.why_vi


@pytest.mark.parametrize("pack_id", pack_ids())
def test_columns_of_the_other_books_are_said_to_be_ours(pack_id):
    books = load_pack(pack_id).books
    for figure in (books.copying, books.handing_over):
        assert figure.provenance is Provenance.PROJECT_DEFAULT
        assert "do chương trình đặt" in figure.source.why_vi


def test_the_yearly_report_of_2026_still_rests_on_the_decree_of_2020():
    assert load_pack("tt24-2020").reporting.first.provenance is Provenance.READ
    report = load_pack("nd63-2026").reporting
    assert (report.first.value, report.last.value, report.sent.value) == ("15/12", "14/12", "20/12")
    assert report.first.provenance is Provenance.PRIOR_LAW


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("arrived=Ngày đến", "arrived-on=Ngày đến", "books.incoming.value"),
        ("allowed=Số bản cho phép", "allowed=", "books.copying.value"),
        ("on=Ngày | ", "Ngày | ", "books.handing-over.value"),
        ('"15/12"', '"31/02"', "reporting.first.value"),
        ('"20/12"', '"giữa tháng"', "reporting.sent.value"),
    ],
)
def test_a_column_or_a_day_that_is_none_is_refused(old, new, key):
    text = (PACKS_FOLDER / "nd63-2026.toml").read_text("utf-8")
    with pytest.raises(RulesRefused) as refused:
        parse_pack(text.replace(old, new), "nd63-2026")
    assert refused.value.detail["key"] == key


def test_a_form_with_other_columns_can_be_told_whole():
    (first, second) = book_columns("outgoing", "hand=Chữ ký | title=Trích yếu")
    assert (first.key, second.heading) == ("hand", "Trích yếu")
    assert all("hand" in keys for keys in COLUMN_KEYS.values())

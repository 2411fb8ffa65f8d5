# SPDX-License-Identifier: Apache-2.0
"""Books: what stands in which column, what the cover says of the columns, what is left empty."""

from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from bmnn_mark.register.book_rows import (
    ChangeEntry,
    CopyingEntry,
    HandOverEntry,
    IncomingEntry,
    OutgoingEntry,
    RecipientEntry,
)
from bmnn_mark.register.life import CopyAct, CopyKind, DocumentAct
from bmnn_mark.reports.books import Book, BookOrder, book_paper, left_to_hand
from bmnn_mark.reports.writing import write_paper
from bmnn_mark.rules import Level, load_pack
from bmnn_mark.rules.books import COLUMN_KEYS, BookColumn, book_columns

DAY = date(2026, 3, 2)
PEOPLE = (
    RecipientEntry(name="Bí thư", copies=(1, 2, 4), handed_on=DAY, receipt="ký sổ"),
    RecipientEntry(name="", copies=(3,), handed_on=None, receipt=""),
)
ENTRIES = {
    Book.OUTGOING: OutgoingEntry(
        document_id="d", number_sign="1/BC", dated=DAY, level=Level.MAT, title="Báo cáo",
        signer="", kept_by="VT", recipients=PEOPLE, copies=4, made=3, pages=2,
        changes=(
            ChangeEntry(
                act=DocumentAct.RELEVELLED, on=DAY, level=Level.TOI_MAT, term=None, partly=False
            ),
            ChangeEntry(
                act=DocumentAct.DECLASSIFIED, on=DAY, level=Level.TOI_MAT, term=None, partly=True
            ),
        ),
    ),
    Book.INCOMING: IncomingEntry(
        document_id="d", number=7, arrived=DAY, agency="UBND", number_sign="2/CV", dated=DAY,
        level=Level.TUYET_MAT, title="", unit="Phòng TH", note="khẩn", copies=2, pages=0,
        handed=PEOPLE[:1], changes=(),
    ),
    Book.COPYING: CopyingEntry(
        document_id="d", on=DAY, number_sign="1/BC", dated=DAY, level=Level.MAT,
        kind=CopyKind.SAO_LUC, of_copy=0, allowed=5, copies=2, permitted_by="Chi",
        office="Giám đốc", clause="Điều 11", purpose="", recipients=PEOPLE, spoiled=0, copier="An",
    ),
    Book.HANDING_OVER: HandOverEntry(
        document_id="d", on=DAY, number_sign="1/BC", dated=DAY, level=Level.TOI_MAT, copy=1, of=4,
        act=CopyAct.PROVIDED, abroad=True, giver="An", receiver="Đại sứ quán", office="",
        purpose="", receipt="", decision="", clause="", returned=None, note="",
    ),
}  # fmt: skip


def order(book, pack="nd63-2026", **changes):
    figure = getattr(load_pack(pack).books, book.rule.replace("-", "_"))
    values = {
        "book": book,
        "year": 2026,
        "agency": "Sở Mẫu",
        "columns": book_columns(book.rule, figure.value),
        "basis": figure.basis,
        "printed_on": DAY,
        "kinds": {kind.value: kind.value for kind in CopyKind},
    }
    return BookOrder(**values | changes)


def only_row(paper):
    (table,) = paper.tables
    (row,) = table.rows
    return dict(zip([column.heading for column in table.columns], row, strict=True))


def test_the_outgoing_book_of_2026_has_its_ten_columns_filled():
    row = only_row(book_paper(order(Book.OUTGOING), [ENTRIES[Book.OUTGOING]]))
    assert list(row.values()) == [
        "01",
        "1/BC",
        DAY,
        "Báo cáo",
        "Mật",
        "",
        "Bản 01-02, 04: Bí thư (giao 02/03/2026, ký sổ)\nBản 03: ……………",
        "VT",
        4,
        "1 bản không in\nĐiều chỉnh độ mật thành Tối mật từ 02/03/2026\n"
        "Giải mật một phần từ 02/03/2026",
    ]


def test_the_incoming_book_of_2026_has_its_ten_columns_filled():
    row = only_row(book_paper(order(Book.INCOMING), [ENTRIES[Book.INCOMING]]))
    assert list(row.values()) == [
        "01", DAY, "07", "UBND", "2/CV", DAY, "", "Tuyệt mật",
        "Phòng TH\nBản 01-02, 04: Bí thư (giao 02/03/2026, ký sổ)", "khẩn\n2 bản",
    ]  # fmt: skip


def test_running_numbers_begin_with_01_and_the_cover_tells_the_span():
    later = replace(ENTRIES[Book.OUTGOING], dated=date(2026, 12, 1))
    paper = book_paper(order(Book.OUTGOING, number="02"), [ENTRIES[Book.OUTGOING], later])
    assert [row[0] for row in paper.tables[0].rows] == ["01", "02"]
    assert dict(paper.cover.lines) == {
        "Năm": "2026",
        "Từ ngày": "02/03/2026 đến ngày 01/12/2026",
        "Từ số": "01 đến số 02",
        "Quyển số": "02",
    }


@pytest.mark.parametrize("book", Book)
@pytest.mark.parametrize("pack", ["nd63-2026", "tt24-2020"])
def test_the_cover_says_that_nobody_compared_the_columns(book, pack):
    notes = " ".join(book_paper(order(book, pack), [ENTRIES[book]]).cover.notes)
    assert "lựa chọn của phần mềm; " in notes
    assert "chưa đọc được" in notes or "không phải Mẫu 14" in notes


@pytest.mark.parametrize("book", Book)
def test_everything_that_may_be_a_column_can_be_filled(book):
    keys = sorted(COLUMN_KEYS[book.rule])
    columns = tuple(BookColumn(key=key, heading=key) for key in keys)
    row = only_row(book_paper(order(book, columns=columns), [ENTRIES[book]]))
    assert row["hand"] == ""
    assert row["order"] == "01"
    assert row["level-letter"] == {"Tuyệt mật": "A", "Tối mật": "B", "Mật": "C"}[row["level"]]


def test_what_is_left_to_the_hand_is_counted():
    asked = order(Book.OUTGOING)
    paper = book_paper(asked, [ENTRIES[Book.OUTGOING], replace(ENTRIES[Book.OUTGOING], title="")])
    assert left_to_hand(asked, paper) == {"Tên loại và trích yếu nội dung": 1, "Người ký": 2}


def test_a_book_must_be_handled_at_the_highest_level_that_it_names():
    paper = book_paper(order(Book.OUTGOING), [ENTRIES[Book.OUTGOING]])
    assert paper.handle_at is Level.TOI_MAT  # which its document had later
    assert "đến độ Tối mật" in " ".join(paper.cover.notes)
    assert book_paper(order(Book.OUTGOING), []).handle_at is None


def test_a_long_book_is_landscape_with_its_headings_on_each_page(tmp_path):
    entries = [replace(ENTRIES[Book.OUTGOING], number_sign=f"{n}/BC") for n in range(1, 61)]
    made = write_paper(
        book_paper(order(Book.OUTGOING), entries), tmp_path / "so.pdf", rehearsal=False
    )
    pages = PdfReader(made.path).pages
    assert made.pages == len(pages) > 5
    assert all(page.mediabox.width > page.mediabox.height for page in pages)
    for page in pages[1:]:
        text = " ".join(page.extract_text().split())
        assert "(1) (2) (3) (4) (5) (6) (7) (8) (9) (10)" in text
        assert "Nơi nhận và ký nhận" in text
    assert "60/BC" in pages[-1].extract_text()

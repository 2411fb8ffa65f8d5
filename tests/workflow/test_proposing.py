# SPDX-License-Identifier: Apache-2.0
"""Looking before stamping: what is read off a page, and a picture that costs nothing."""

from datetime import date

import pikepdf
import pytest
from PIL import Image

from bmnn_mark.config import Config
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.errors import DocumentRefused, UsageRefused
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Copying, Level
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder, parse_point
from bmnn_mark.workflow.proposing import PREVIEW_DPI, preview, propose
from bmnn_mark.workflow.stamping import stamp


@pytest.fixture
def office(tmp_path):
    return office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path / "data")), None)


def order_for(source, **asked):
    return StampOrder(source=source, level=Level.TOI_MAT, dated=date(2026, 11, 5), **asked)


def redness(picture, box):
    """Share of clearly red pixels in a box of the page."""
    with Image.open(picture) as image:
        edges = (box.x, box.y, box.right, box.bottom)
        part = image.convert("RGB").crop([round(edge.px(PREVIEW_DPI)) for edge in edges])
    flat = part.tobytes()
    pixels = list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))
    return sum(red - max(green, blue) > 80 for red, green, blue in pixels) / len(pixels)


def test_number_date_and_recipients_are_read_off_the_page(office, sample_pdf):
    read = propose(office, sample_pdf)
    assert (read.number_sign.value, read.dated.value) == ("12/KH-SM", "2026-11-05")
    assert read.number_sign.box.y < read.number_sign.box.bottom < 60
    assert [one.value for one in read.recipients] == [
        "UBND tỉnh Mẫu (để báo cáo)", "Công an tỉnh Mẫu (để phối hợp)",
    ]  # fmt: skip
    assert {one.page for one in read.recipients} == {read.pages}
    assert (read.level, read.drafter, read.own_marks) == (None, None, ())


def test_what_we_wrote_is_read_back(office, sample_pdf, tmp_path):
    marked = tmp_path / "a.pdf"
    asked = order_for(sample_pdf, drafter="Lê Bình", copying=Copying.FORBIDDEN)
    stamp(office, asked, marked)
    read = propose(office, marked)
    assert (read.drafter.value, read.copying.value) == ("Lê Bình", "forbidden")
    assert read.level.value == "toi-mat"
    assert MarkKind.LEVEL in {one.kind for one in read.own_marks}


def test_a_page_without_text_says_nothing(office, tmp_path):
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        pdf.save(tmp_path / "a.pdf")
    read = propose(office, tmp_path / "a.pdf")
    assert (read.pages, read.number_sign, read.dated, read.recipients) == (1, None, None, ())


def test_a_preview_shows_the_mark_and_writes_nothing_else(office, sample_pdf, tmp_path):
    made = preview(office, order_for(sample_pdf), tmp_path / "a.png")
    (level,) = made.mark.result.marks
    assert redness(tmp_path / "a.png", level.box) > 0.1
    assert redness(tmp_path / "a.png", level.box.moved(0, 100)) == 0
    assert (made.mark.output, made.copies) == (None, None)
    assert [one.name for one in tmp_path.iterdir()] == ["a.png"]


def test_a_preview_of_copies_spends_no_number(office, sample_pdf, tmp_path):
    register = bookkeeping.create(office, agency=None, rehearsal=False, actor="An")
    order = IssueOrder(
        stamp=order_for(sample_pdf),
        number_sign="12/KH-SM",
        recipients=(Recipient(name="Sở A", copies=2),),
        actor="An",
    )
    made = preview(office, order, tmp_path / "a.png")
    assert made.copies == 2
    assert MarkKind.PAGE_CODE in {one.kind for one in made.mark.result.marks}
    assert register.documents() == ()
    assert register.verify().events == 1


def test_a_preview_of_what_would_be_refused_is_refused(office, sample_pdf, tmp_path):
    with pytest.raises(DocumentRefused, match=r"marks\.no_room"):
        preview(office, order_for(sample_pdf, at=parse_point("60,100")), tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"mine")
    with pytest.raises(DocumentRefused, match=r"output\.exists"):
        preview(office, order_for(sample_pdf), tmp_path / "b.png")
    assert {one.name for one in tmp_path.iterdir()} == {"b.png"}


def test_a_preview_never_takes_the_place_of_the_document(office, sample_pdf, tmp_path):
    source = tmp_path / "a.pdf"
    source.write_bytes(sample_pdf.read_bytes())
    with pytest.raises(UsageRefused, match=r"output\.is_source"):
        preview(office, order_for(source), source, overwrite=True)
    assert source.read_bytes() == sample_pdf.read_bytes()

# SPDX-License-Identifier: Apache-2.0
"""What goes to the printer for a copy: its file or its verified pixels, as the device can."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pikepdf
import pypdfium2
import pytest

from bmnn_mark.errors import DocumentRefused, PrinterRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.printing.printer.capabilities import Capabilities
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Level, Urgency
from bmnn_mark.worker import ignore_progress
from bmnn_mark.workflow import rastering
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.producing import make_copies
from bmnn_mark.workflow.submitting import PrintWish, press_for, suited
from bmnn_mark.workflow.template import issue_request, prepared

COLOUR = Capabilities(
    colour=True, sides=("one-sided",), media=("iso_a4_210x297mm",), trays=(), resolutions=(300,)
)
BLACK_AND_WHITE = replace(COLOUR, colour=False)


@pytest.fixture(scope="module")
def one_page(tmp_path_factory, sample_pdf):
    """The first page of the sample."""
    path = tmp_path_factory.mktemp("one") / "mot.pdf"
    with pikepdf.open(sample_pdf) as pdf:
        del pdf.pages[1:]
        pdf.save(path)
    return path


def an_order(source, level=Level.TUYET_MAT, **stamp):
    marks = StampOrder(source=source, level=level, dated=date(2026, 11, 5), **stamp)
    recipients = (Recipient(name="A"), Recipient(name="B"))
    return IssueOrder(stamp=marks, number_sign="1/KH", recipients=recipients, actor="An")


@contextmanager
def press_of(office, order, capabilities=COLOUR, **wish):
    """A press, its register and the copies as they were reserved."""
    register = office.open_register()
    with prepared(office, register, order, ignore_progress) as template:
        press = press_for(template, capabilities, PrintWish(**wish), ignore_progress)
        reservation = register.reserve(issue_request(register, order, template))
        made = make_copies(
            template, register, reservation.copies, order.copies, template.work, ignore_progress
        )
        yield press, register, made


@pytest.fixture(scope="module")
def printed(tmp_path_factory, one_page):
    """What was found of a Tuyệt mật document's copies in a real register."""
    from bmnn_mark.config import Config
    from bmnn_mark.workflow.bookkeeping import create
    from bmnn_mark.workflow.office import office_for

    folder = tmp_path_factory.mktemp("press")
    office = office_for(Config(data_folder=str(folder), agency="SỞ MẪU"), None)
    create(office, agency=None, rehearsal=False, actor="An")
    found = {}
    with press_of(office, an_order(one_page)) as (press, register, made):
        steps = []
        going = press.copy(register, made[0], 2, steps.append, proven=True)
        found["first"] = going
        found["sha256"] = sha256_of(going.path)
        found["length"] = going.path.stat().st_size
        found["phases"] = {step.phase for step in steps}
        with pypdfium2.PdfDocument(going.path) as pdf:
            found["objects"] = [one.type for one in pdf[0].get_objects()]
        found["copy"] = made[0]
        second = press.copy(register, made[1], 2, ignore_progress, proven=False)
        found["second"] = second.sha256
        (copy, _, digest), (_, other_file, _) = made
        with pytest.raises(DocumentRefused) as refused:
            press.copy(register, (copy, other_file, digest), 2, ignore_progress, proven=False)
        found["swapped"] = refused.value.code, dict(refused.value.detail)
        register_of_another = replace(copy, attempt=copy.attempt + 1)
        with pytest.raises(DocumentRefused) as refused:
            press.copy(
                register, (register_of_another, made[0][1], digest), 2, ignore_progress,
                proven=False,
            )  # fmt: skip
        found["other attempt"] = refused.value.code
    return found


def test_the_pixels_of_tuyet_mat_are_printed_by_default(printed):
    assert printed["objects"] == [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    assert printed["first"].detail == {"copy_sha256": printed["copy"][2], "raster_dpi": 300}


def test_the_hash_for_ticket_and_register_is_that_of_the_file_that_goes_out(printed):
    assert printed["first"].sha256 == printed["sha256"] != printed["copy"][2]
    assert printed["first"].length == printed["length"]
    assert printed["second"] != printed["sha256"]


def test_drawing_and_proving_are_told_page_by_page(printed):
    assert {"raster", "prove"} <= printed["phases"]


def test_another_copys_pixels_are_refused(printed):
    assert printed["swapped"] == ("proof.raster_code", {"page": 1})
    assert printed["other attempt"] == "proof.raster_code"


def test_a_code_that_cannot_be_read_from_the_pixels_is_refused(
    life_office, one_page, tmp_path, monkeypatch
):
    real = rastering.confined.raster_copy

    def unread(task, on_progress):
        made = real(task, on_progress)
        return replace(made, codes=tuple((page, ()) for page, _ in made.codes))

    with press_of(life_office(tmp_path), an_order(one_page, Level.MAT), raster=True) as one:
        press, register, made = one
        monkeypatch.setattr(rastering.confined, "raster_copy", unread)
        with pytest.raises(DocumentRefused, match=r"proof\.raster_code"):
            press.copy(register, made[0], 2, ignore_progress, proven=False)
        monkeypatch.setattr(
            rastering.confined, "raster_copy",
            lambda task, told: replace(real(task, told), codes=()),
        )  # fmt: skip
        with pytest.raises(DocumentRefused, match=r"proof\.raster_code"):
            press.copy(register, made[0], 2, ignore_progress, proven=False)


def test_files_go_out_as_they_are_where_no_pixels_are_wanted(life_office, one_page, tmp_path):
    with press_of(life_office(tmp_path), an_order(one_page, Level.MAT)) as (press, register, made):
        going = press.copy(register, made[0], 2, ignore_progress, proven=True)
        assert (going.path, going.sha256, going.detail) == (made[0][1], made[0][2], {})
        assert press.paper.media == "iso_a4_210x297mm"


def test_a_device_without_colours_leaves_the_level_to_the_hand(life_office, one_page, tmp_path):
    order = suited(an_order(one_page, Level.MAT), BLACK_AND_WHITE)
    assert order.stamp.frame is True
    with press_of(life_office(tmp_path), order, BLACK_AND_WHITE, raster=True) as one:
        press, register, made = one
        going = press.copy(register, made[0], 2, ignore_progress, proven=True)
        assert going.detail["by_hand"] is True
        assert [page.ink.value for page in press.pixels.base.pages] == ["black"]
        assert going.path.stat().st_size < 400_000


def test_no_red_mark_is_printed_black(life_office, one_page, tmp_path):
    office = life_office(tmp_path)
    for level_left, urgency, mark in ((False, None, "mat"), (True, Urgency.KHAN, "khan")):
        order = an_order(one_page, Level.MAT, urgency=urgency)
        order = suited(order, BLACK_AND_WHITE) if level_left else order
        with (
            pytest.raises(PrinterRefused) as refused,
            press_of(office, order, BLACK_AND_WHITE),
        ):
            pass
        assert (refused.value.code, refused.value.detail) == ("printer.not_red", {"mark": mark})
    assert office.open_register().documents() == ()


def test_a_device_with_colours_changes_nothing_of_the_order(one_page):
    order = an_order(one_page)
    assert suited(order, COLOUR) is order
    paper_has_it = an_order(one_page, level_there=True)
    assert suited(paper_has_it, BLACK_AND_WHITE) is paper_has_it

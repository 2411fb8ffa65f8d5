# SPDX-License-Identifier: Apache-2.0
"""Enrolment: the queue written through the gate, everything pinned, the test page measured."""

import os
import shutil
import struct
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bmnn_mark.config import Config
from bmnn_mark.documents.device_raster import read_device_page
from bmnn_mark.documents.test_page import measure, write_test_page
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import work_folder
from bmnn_mark.printing import rehearsal
from bmnn_mark.printing.attempt import PrintOptions
from bmnn_mark.printing.printer import preflight
from bmnn_mark.printing.printer.enrolment import RegisterKey, Wish, enroll
from bmnn_mark.printing.printer.filters import chain_of, filtered, refuse_commands
from bmnn_mark.printing.printer.record import ProofWay, enrolled
from bmnn_mark.printing.scheduler.process import SchedulerPlace
from bmnn_mark.rules import pack_for
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.enrolling import confirm_page, enroll_printer
from bmnn_mark.workflow.office import office_for
from tests.printing.test_print_rows import ONE, USB, usb_tree

CODE = "BM1:" + "A" * 63
PPD = Path(rehearsal.__file__).with_name("private") / "queue.ppd"
PASSED_ON = '*cupsFilter2: "application/pdf application/pdf 0 -"'
DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    target = folder / "page.pdf"
    return write_test_page(pack_for(DAY), CODE, target), target


@pytest.fixture
def system(tmp_path):
    """The system's filters and tables, with settings of our own."""
    root = tmp_path / "etc"
    root.mkdir()
    (root / "cups-files.conf").write_text(
        f"ServerRoot {root}\nServerBin /usr/lib/cups\nDataDir /usr/share/cups\n"
    )
    return SchedulerPlace(
        socket=root, program=root, server_bin=Path("/usr/lib/cups"), server_root=root,
        data_dir=Path("/usr/share/cups"), spool=root,
    )  # fmt: skip


def description(folder, line):
    path = folder / "x.ppd"
    path.write_text(PPD.read_text().replace(PASSED_ON, line))
    return path


@pytest.mark.parametrize(
    ("line", "chain"),
    [
        (PASSED_ON, []),
        ('*cupsFilter2: "application/vnd.cups-pdf application/pdf 0 -"', ["pdftopdf"]),
        ('*cupsFilter: "application/vnd.cups-postscript 0 -"', ["pdftopdf", "pdftops"]),
        ('*cupsFilter2: "image/pwg-raster image/pwg-raster 0 -"', ["pdftopdf", "gstoraster"]),
        ('*cupsFilter: "application/vnd.cups-raster 0 -"', ["pdftopdf", "gstoraster"]),
    ],
)
def test_what_goes_to_the_device_is_measured_within_a_fifth_of_a_millimetre(
    page, system, tmp_path, line, chain
):
    told, original = page
    ppd = description(tmp_path, line)
    assert [one.name for one in chain_of(system, ppd)] == chain
    device = filtered(system, ppd, original, PrintOptions().for_cups())
    with work_folder() as work:
        deviation = measure(told, original, device, work)
    assert deviation is not None
    assert deviation <= 0.2


def test_a_stream_that_no_program_here_reads_is_left_to_the_officer(page, system, tmp_path):
    told, original = page
    ppd = description(tmp_path, '*cupsFilter: "application/vnd.cups-raster 0 rastertohp"')
    assert chain_of(system, ppd)[-1].name == "rastertohp"
    device = filtered(system, ppd, original, PrintOptions().for_cups())
    with work_folder() as work:
        assert measure(told, original, device, work) is None


@pytest.mark.parametrize("options", [{"fit-to-page": "true", "media": "A3"}, {"number-up": "2"}])
def test_filters_that_move_or_stretch_marks_are_seen(page, system, tmp_path, options):
    told, original = page
    ppd = description(tmp_path, '*cupsFilter2: "application/vnd.cups-pdf application/pdf 0 -"')
    device = filtered(system, ppd, original, options)
    assert not _within(told, original, device)


def _within(told, original, device):
    with work_folder() as work:
        try:
            return measure(told, original, device, work) <= 0.2
        except PrinterRefused:
            return False  # a mark or the code is not where it was put


def test_a_raster_page_begins_where_its_margins_end():
    numbers = [0] * 41
    for at, value in {
        276: 100, 280: 100, 284: 36, 288: 36, 292: 559, 296: 756, 352: 595, 356: 792, 372: 727,
        376: 1000, 384: 8, 388: 8, 392: 727, 400: 0,
    }.items():  # fmt: skip
        numbers[(at - 256) // 4] = value
    head = bytes(256) + struct.pack("<41I", *numbers)
    page = read_device_page(b"tSaR" + head + bytes(727 * 1000))
    assert page is not None
    assert page.dpi == (100, 100)
    assert abs(page.left_mm - 12.7) < 0.01
    assert abs(page.top_mm - 12.7) < 0.01
    assert page.grey.getextrema() == (0, 0)
    assert read_device_page(b"tSaR" + head + bytes(10)) is None
    assert read_device_page(b"\x1bE nothing known") is None


@pytest.fixture
def office(tmp_path, room):
    made = office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path / "data")), None)
    bookkeeping.create(made, agency=None, rehearsal=True, actor="An")
    return replace(made, guard=room.guard_place)


def test_an_enrolled_printer_has_everything_pinned_and_its_page_measured(office, room):
    done = enroll_printer(office, Wish(queue=room.queue), scheduler=room.scheduler)
    record = enrolled(room.guard_place.pins)
    assert (done.printer, done.sheet_sent) == (record, False)
    assert record.device_uri == room.device_uri
    assert record.register_public_key == office.open_register().public_key.hex()
    names = {Path(one.path).name for one in record.programs}
    assert names >= {
        "bmnn", "bmnn-rehearsal", "cupsd", "cups-exec", "python3", "setpriv", "mime.types",
        "mime.convs", f"{room.queue}.ppd",
    }  # fmt: skip
    assert record.proof.way is ProofWay.RASTERISED
    assert record.proof.deviation_mm <= 0.2
    assert record.proof.device_format == "application/pdf"
    assert preflight.check(record) == ()


def test_a_page_that_cannot_be_measured_is_printed_and_measured_by_an_officer(
    office, room, tmp_path
):
    shout = room.server_bin / "filter/shout"
    shout.write_text("#!/bin/sh\necho 'ESC something only this printer reads'\n")
    shout.chmod(0o755)
    ppd = description(tmp_path, '*cupsFilter: "application/pdf 0 shout"')
    wish = Wish(queue=room.queue, description=ppd)
    done = enroll_printer(office, wish, scheduler=room.scheduler)
    assert done.sheet_sent
    assert done.printer.proof is None
    assert str(shout) in {one.path for one in done.printer.programs}
    assert room.sheets() == (b"ESC something only this printer reads\n",)
    real = replace(done.printer, rehearsal=False, device_uri=f"bmnn:/{USB}")
    found = {one.code for one in preflight.check(real, done.printer.connect())}
    assert "printer.unproven" in found
    with pytest.raises(PrinterRefused, match=r"printer\.page_shifted"):
        confirm_page(office, 148.0, 240.0)
    with pytest.raises(PrinterRefused, match=r"printer\.page_shifted"):
        confirm_page(office, float("nan"), 240.0)
    record = confirm_page(office, 149.5, 240.0)
    assert (record.proof.way, record.proof.deviation_mm) == (ProofWay.SHEET, 0.1)
    assert enrolled(room.guard_place.pins) == record


def test_filters_that_stretch_the_page_are_not_proven(office, room, tmp_path):
    small = room.server_bin / "filter/small"
    small.write_text(
        "#!/bin/sh\nexec gs -q -dSAFER -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sOutputFile=- "
        '-c "<</BeginPage{0.98 0.98 scale}>>setpagedevice" -f "$6"\n'
    )
    small.chmod(0o755)
    ppd = description(tmp_path, '*cupsFilter2: "application/pdf application/pdf 0 small"')
    with pytest.raises(PrinterRefused, match=r"printer\.page_(shifted|lost)"):
        enroll_printer(office, Wish(queue=room.queue, description=ppd), scheduler=room.scheduler)
    assert enrolled(room.guard_place.pins).proof is None


def test_a_new_queue_is_written_through_the_gate_for_a_usb_printer(room, tmp_path):
    shutil.copy(room.server_bin / "backend/bmnn-rehearsal", room.server_bin / "backend/usb")
    (room.server_bin / "backend/bmnn-rehearsal").unlink()
    key = RegisterKey(register_id="ab" * 16, public_key=bytes(32), rehearsal=True)
    root = usb_tree(tmp_path, ONE)
    wish = Wish(queue="mat", device_uri=USB, description=PPD)
    record = enroll(wish, key, place=room.guard_place, scheduler=room.scheduler, root=root)
    queue = record.connect().queue("mat")
    assert queue.device_uri == f"bmnn:/{USB}" == record.device_uri
    assert (queue.error_policy, queue.shared, queue.accepting) == ("stop-printer", False, True)
    assert record.usb.port == "1-2"
    assert preflight.check(record, root=root) == ()
    other = usb_tree(tmp_path / "other", ("1-2", *ONE[1:3], "SIM99999"))
    assert [one.code for one in preflight.check(record, root=other)] == ["printer.usb_other"]
    again = enroll(
        Wish(queue="mat", any_port=True), key, place=room.guard_place, scheduler=room.scheduler,
        root=root,
    )  # fmt: skip
    assert again.usb.port == ""
    assert again.device_uri == record.device_uri


def test_an_existing_queue_is_led_through_the_gate_once(room):
    key = RegisterKey(register_id="ab" * 16, public_key=bytes(32), rehearsal=True)
    for _ in range(2):
        record = enroll(
            Wish(queue=room.queue), key, place=room.guard_place, scheduler=room.scheduler
        )
        assert record.device_uri == room.device_uri


def test_only_root_enrols(room, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    key = RegisterKey(register_id="ab" * 16, public_key=bytes(32), rehearsal=True)
    with pytest.raises(PrinterRefused, match=r"print\.needs_root"):
        enroll(Wish(queue=room.queue), key, place=room.guard_place, scheduler=room.scheduler)


@pytest.mark.parametrize("text", [b'*cupsFilter: "x 0 rastertohp"', b"*% FoomaticRIP is a word"])
def test_a_description_without_commands_is_taken(text):
    refuse_commands(text)

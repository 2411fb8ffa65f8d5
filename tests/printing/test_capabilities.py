# SPDX-License-Identifier: Apache-2.0
"""What a queue can do, read from its answers; what it does not name is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.printer.capabilities import (
    Capabilities,
    Paper,
    capabilities_of,
    demand,
    media_size,
    paper_for,
)
from bmnn_mark.printing.rehearsal import SCHEME
from bmnn_mark.printing.scheduler.cups import Server
from bmnn_mark.units import Mm, Size
from tests.printing.conftest import lpadmin, wait_for

QUEUE = Capabilities(
    colour=True,
    sides=("one-sided", "two-sided-long-edge"),
    media=("iso_a4_210x297mm", "iso_a3_297x420mm", "iso_a5_148x210mm", "custom_max_300x500mm"),
    trays=("tray-1", "tray-2"),
    resolutions=(600,),
)
A4, A3 = Size(Mm(210), Mm(297)), Size(Mm(297), Mm(420))
ON_ITS_SIDE = Size(Mm(297), Mm(210))


def refusal(call, *arguments, **more):
    with pytest.raises(PrinterRefused) as refused:
        call(*arguments, **more)
    return refused.value.code


def test_the_paper_is_that_of_the_pages():
    assert paper_for(QUEUE, [A4]) == Paper(media="iso_a4_210x297mm")
    assert paper_for(QUEUE, [A3]).media == "iso_a3_297x420mm"
    assert paper_for(QUEUE, [Size(Mm(209.9), Mm(297.04))]).media == "iso_a4_210x297mm"


def test_pages_may_lie_on_their_side_among_upright_ones():
    assert paper_for(QUEUE, [A4, ON_ITS_SIDE, A4]).media == "iso_a4_210x297mm"


def test_the_plainest_name_of_a_size_is_taken():
    many = replace(QUEUE, media=("iso_a4.borderless_210x297mm", "iso_a4_210x297mm"))
    assert paper_for(many, [A4]).media == "iso_a4_210x297mm"


@pytest.mark.parametrize(
    ("pages", "wish", "code"),
    [
        ([A4, A3], {}, "printer.mixed_paper"),
        ([A3, A4], {"media": "iso_a3_297x420mm"}, "printer.mixed_paper"),
        ([A4], {"media": "iso_a3_297x420mm"}, "printer.other_paper"),
        ([A4], {"media": "banana"}, "printer.media"),
        ([A4], {"media": "na_letter_8.5x11in"}, "printer.media"),
        ([Size(Mm(215.9), Mm(279.4))], {}, "printer.no_paper_of_size"),
        ([Size(Mm(300), Mm(500))], {}, "printer.no_paper_of_size"),
        ([A4], {"sides": "banana"}, "printer.sides"),
        ([A4], {"sides": "two-sided-short-edge"}, "printer.sides"),
        ([A4], {"tray": "tray-3"}, "printer.tray"),
        ([A4], {"tray": "tray-1} job-sheets=standard"}, "printer.tray"),
    ],
)
def test_what_the_queue_does_not_name_is_refused(pages, wish, code):
    assert refusal(paper_for, QUEUE, pages, **wish) == code


def test_a_queue_that_changed_meanwhile_is_asked_again():
    paper = Paper(media="iso_a4_210x297mm", sides="two-sided-long-edge", tray="tray-2")
    demand(QUEUE, paper)
    assert refusal(demand, replace(QUEUE, media=()), paper) == "printer.media"
    assert refusal(demand, replace(QUEUE, sides=("one-sided",)), paper) == "printer.sides"
    assert refusal(demand, replace(QUEUE, trays=()), paper) == "printer.tray"


_SIDE = st.floats(50, 500)


@given(
    sizes=st.lists(st.tuples(_SIDE, _SIDE), min_size=1, max_size=4),
    media=st.lists(st.tuples(_SIDE, _SIDE), max_size=5),
)
def test_no_page_is_ever_printed_on_paper_of_another_size(sizes, media):
    names = tuple(f"om_paper_{round(a, 1)}x{round(b, 1)}mm" for a, b in media)
    pages = [Size(Mm(a), Mm(b)) for a, b in sizes]
    try:
        paper = paper_for(replace(QUEUE, media=names), pages)
    except PrinterRefused:
        return
    assert paper.media in names
    size = media_size(paper.media)
    wanted = sorted((size.width, size.height))
    for page in pages:
        sides = zip(sorted((page.width, page.height)), wanted, strict=True)
        assert all(abs(a - b) <= 3.7 for a, b in sides)


@pytest.mark.parametrize(
    ("answer", "dpi"),
    [
        ([[600, 600, 3]], 600),
        ([[300, 300, 3], [600, 600, 3]], 600),
        ([[1200, 1200, 3]], 600),
        ([300, 300, 3], 300),
        ([[203, 203, 3]], 300),
        ([[1200, 600, 3]], 600),
        ([[236, 236, 4]], 600),
        (None, 600),
        ("banana", 600),
    ],
)
def test_pixels_are_made_at_600_an_inch_or_what_the_device_has(answer, dpi):
    assert capabilities_of({"printer-resolution-supported": answer}).raster_dpi == dpi


@pytest.mark.parametrize("answer", [{}, {"color-supported": None}, {"color-supported": "maybe"}])
def test_colour_that_a_queue_does_not_claim_is_no_colour(answer):
    assert capabilities_of(answer).colour is False
    assert capabilities_of({"color-supported": True}).colour is True


DEVICE = 'echo "$5" >> {folder}/argv\numask 077'


def test_a_real_scheduler_passes_on_tray_paper_and_sides(room):
    """What the gate's device program is told, by a queue that leads straight to the device."""
    device = room.folder / "lib/backend" / SCHEME
    told = DEVICE.format(folder=room.folder)
    device.write_text(device.read_text().replace("umask 077", told))
    lpadmin(
        room, "-p", "direct", "-v", f"{SCHEME}:{room.outbox}", "-P",
        str(room.folder / "queue.ppd"), "-E",
    )  # fmt: skip
    server = Server(room.socket, room.program)
    capabilities = server.queue("direct").capabilities
    assert capabilities.colour is True
    assert capabilities.trays == ("tray-1", "tray-2")
    assert capabilities.raster_dpi == 600
    paper = paper_for(capabilities, [A3], sides="two-sided-long-edge", tray="tray-2")
    document = room.folder / "one.pdf"
    document.write_bytes(b"%PDF-1.4\n")
    job = server.create_held("direct", "bmnn", {"copies": "1", **paper.for_cups()})
    server.send(job, document)
    server.release(job)
    argv = room.folder / "argv"
    wait_for(lambda: argv.exists() and argv.read_text().endswith("\n"))
    options = argv.read_text().split()
    assert {"InputSlot=Tray2", "PageSize=A3", "Duplex=DuplexNoTumble"} <= set(options)

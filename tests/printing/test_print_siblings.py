# SPDX-License-Identifier: Apache-2.0
"""Other ways to the harms of the printing rows; each with scheduler, gate, device and guard."""

import base64
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import cups
import pytest

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.guard.journal import IncidentBook
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import ReceiptState
from bmnn_mark.printing.printer.devices import refuse_device
from bmnn_mark.printing.printer.pinning import changed_files, only_roots
from bmnn_mark.printing.printer.record import PinnedFile
from bmnn_mark.printing.ticket import OPTION, SIGNED_AS, Ticket
from tests.printing.press import DOCUMENT, REGISTER, S, print_room, wait_for
from tests.printing.test_settings import SETTINGS, faults

BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@pytest.fixture(scope="module")
def shared():
    with print_room() as made:
        yield made


@pytest.fixture
def press(shared, monkeypatch):
    monkeypatch.delenv("CUPS_SERVER", raising=False)
    yield shared
    shared.reset()


def tickets_of(press, monkeypatch):
    """The tickets that the book signs from now on, by attempt, as jobs carry them."""
    kept, sign = {}, press.book.ticket

    def signing(attempt_id, payload):
        signature = sign(attempt_id, payload)
        kept[attempt_id] = base64.urlsafe_b64encode(payload + signature).decode().rstrip("=")
        return signature

    monkeypatch.setattr(press.book, "ticket", signing)
    return kept


def send(press, content, kind="application/pdf", **options):
    """A job of somebody else's that goes at once; its number."""
    line = cups.Connection(host=str(press.cupsd.socket))
    job = line.createJob(press.cupsd.queue, "n", {"copies": "1", **options})
    line.startDocument(press.cupsd.queue, job, "d", kind, 1)
    line.writeRequestData(content, len(content))
    line.finishDocument(press.cupsd.queue)
    return job


def last_incident(press):
    with press.guard() as guard:
        return guard.incidents().incidents[-1]


def test_the_ticket_of_an_attempt_that_became_void_opens_the_gate_no_more(press, monkeypatch):
    tickets, copy = tickets_of(press, monkeypatch), press.copy()

    def interrupt(_attempt, state, _detail):
        if state is S.RELEASING:
            raise PrinterRefused("print.interrupted")

    press.book.hook = interrupt
    (outcome,) = press.print(copy)
    press.book.hook = None
    assert (outcome.state, outcome.code) == (S.VOID, "print.interrupted")
    job = send(press, copy.path.read_bytes(), **{OPTION: tickets[copy.attempt_id]})
    incident = wait_for(
        lambda: (one := last_incident(press)).detail.get("job") == job and one, seconds=10.0
    )
    assert incident.code == "guard.called_off"
    assert press.cupsd.starts() == 0
    assert press.receipt(copy) is ReceiptState.NONE


def test_a_document_that_was_being_sent_when_the_scheduler_died_is_seen_and_removed(press):
    line = cups.Connection(host=str(press.cupsd.socket))
    job = line.createJob(press.cupsd.queue, "n", {"job-hold-until": "indefinite"})
    line.startDocument(press.cupsd.queue, job, "d", "application/pdf", 1)
    for _ in range(40):
        line.writeRequestData(b"%PDF-1.4 BMNN-CANARY\n" * 3000, 63000)
    wait_for(lambda: len(press.spooled()) > 2)
    press.tell("signal", "cupsd", int(signal.SIGKILL))
    press.tell("await_end", "cupsd")
    press.tell("start_cupsd")
    press.up()
    assert "printer.spool_not_empty" in press.codes()
    with press.guard() as guard, pytest.raises(PrinterRefused, match="not_empty|foreign_job"):
        guard.resume()
    with press.guard() as guard:
        guard.recover([])
    assert press.spooled() == []


def leave(press, copy, seconds=100):
    """The ticket of a copy, as the register would sign it."""
    one = Ticket(
        register_id=REGISTER, attempt_id=copy.attempt_id, document_id=DOCUMENT, copy=copy.number,
        attempt=copy.attempt, sha256=copy.sha256, length=copy.length, queue=press.cupsd.queue,
        expires_at=int(time.time()) + seconds, boot_id=BOOT,
    )  # fmt: skip
    return one.signed(press.book.key.sign(SIGNED_AS + one.payload()))


def test_a_ticket_of_before_the_clock_was_set_back_is_worth_nothing(press):
    copy = press.copy()
    send(press, copy.path.read_bytes(), **{OPTION: leave(press, copy, 7200)})
    wait_for(lambda: last_incident(press).code == "guard.ticket_expired")
    assert press.cupsd.starts() == 0


ESCAPED = """#!/bin/sh
[ $# -eq 0 ] && exit 0
exec 3<&0
setsid sh -c 'while head -c 4096 > {log}.p && [ -s {log}.p ]; do cat {log}.p >> {log}; sleep 0.05; done' <&3 &
sleep 30
"""  # noqa: E501  # one line of a shell


def test_a_device_program_in_a_group_of_its_own_gets_no_byte_after_the_stop(press):
    log = press.cupsd.folder / "escaped"
    program = press.cupsd.server_bin / "backend/bmnn-rehearsal"
    former = program.read_text()
    program.write_text(ESCAPED.format(log=log))
    try:
        press.enroll()
        copy = press.copy(content=b"%PDF-1.4\n" * 60_000)
        send(press, copy.path.read_bytes(), **{OPTION: leave(press, copy)})
        wait_for(lambda: log.exists() and log.stat().st_size > 8000)
        with press.guard() as guard:
            guard.pause()
        wait_for(lambda: press.receipt(copy) is ReceiptState.FAILED)
        taken = log.stat().st_size
        time.sleep(0.5)
        assert log.stat().st_size <= taken + 4096  # what it had read before
    finally:
        with press.guard() as guard:
            guard.recover([])
            guard.resume()
        program.write_text(former)
        press.enroll()


def test_a_guard_whose_receipts_are_gone_calls_no_attempt_void(press):
    copy = press.copy()
    press.print(copy)
    press.tell("signal", "guard", int(signal.SIGTERM))
    press.tell("await_end", "guard")
    aside = press.place.receipts.rename(press.place.state / "aside")
    try:
        press.tell("start_guard")
        press.tell("await_end", "guard")
        with pytest.raises(PrinterRefused, match="guard"):
            press.recover(copy, S.PRINTING)
        assert not press.place.receipts.exists()
    finally:
        aside.rename(press.place.receipts)
        press.tell("start_guard")
        press.up()
    assert press.recover(copy, S.PRINTING) is S.DEVICE_DONE


@contextlib.contextmanager
def read_only(press, folder):
    """A folder that guard and gate can write to no more."""
    for words in (("--bind", str(folder), str(folder)), ("-o", "remount,bind,ro", str(folder))):
        assert press.tell("run", "/usr/bin/mount", *words)[0] == 0
    try:
        yield
    finally:
        assert press.tell("run", "/usr/bin/umount", str(folder))[0] == 0


@pytest.mark.parametrize("what", ["receipts", "state"])
def test_where_no_receipt_can_be_kept_nothing_begins_and_that_is_said(press, what):
    with read_only(press, getattr(press.place, what)):
        (outcome,) = press.print(press.copy())
        assert press.spooled() == []
    assert (outcome.state, outcome.code) == (S.VOID, "guard.receipts_unwritable")
    assert outcome.detail == {"reason": "EROFS"}
    assert press.cupsd.starts() == 0


def test_receipts_that_can_be_kept_no_more_when_the_job_is_let_go_stop_it(press):
    copy, late = press.copy(), contextlib.ExitStack()

    def hook(_attempt, state, _detail):
        if state is S.RELEASING:
            late.enter_context(read_only(press, press.place.receipts))

    press.book.hook = hook
    with late:
        (outcome,) = press.print(copy)
    assert (outcome.state, outcome.code) == (S.PRINTING, "guard.receipts_unwritable")
    assert press.cupsd.starts() == 0
    assert press.recover(copy, outcome.state) is S.VOID


@pytest.mark.parametrize(
    "option",
    [
        "orientation-requested=4", "landscape=true", "page-top=200", "outputorder=reverse",
        "number-up-layout=btlr", "imposition-template=booklet", "x-image-shift=100",
    ],
)  # fmt: skip
def test_options_that_move_or_turn_pages_do_not_pass_the_gate(press, option):
    name, _, value = option.partition("=")
    copy = press.copy()
    job = send(press, copy.path.read_bytes(), **{OPTION: leave(press, copy), name: value})
    incident = wait_for(lambda: (one := last_incident(press)).detail.get("job") == job and one)
    assert incident.code == "gate.options"
    assert press.receipt(copy) is ReceiptState.NONE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Number-Up", "2"), ("Page-Ranges", "1"), ("Landscape", "true"), ("MIRROR", "true"),
        ("Scaling", "50"), ("Fill", "true"), ("Sides", "two-sided-long-edge"),
        ("A\\ number-up", "2"), ("A' number-up=2 B'", "1"), ("A=b,'c number-up=2 d' E", "1"),
        ("A", "b{ C"), ("page-label", "\x1cBMNN"), ("page-label", "\xa0BMNN"),
    ],
)  # fmt: skip
def test_options_that_filters_read_otherwise_than_they_look_do_not_pass_the_gate(
    press, name, value
):
    copy = press.copy()
    job = send(press, copy.path.read_bytes(), **{OPTION: leave(press, copy), name: value})
    incident = wait_for(lambda: (one := last_incident(press)).detail.get("job") == job and one)
    assert incident.code == "gate.options"
    assert press.receipt(copy) is ReceiptState.NONE


def restart_scheduler(press):
    press.tell("signal", "cupsd", int(signal.SIGTERM))
    press.tell("await_end", "cupsd")
    press.tell("start_cupsd")
    press.up()


def test_a_copy_that_is_not_sent_as_a_pdf_does_not_pass_the_gate(press):
    types = press.cupsd.folder / "share/mime/mime.types"
    former = types.read_text()
    types.write_text(f"{former}\napplication/vnd.cups-raw\n")
    try:
        restart_scheduler(press)
        press.enroll()
        copy = press.copy()
        raw = "application/vnd.cups-raw"
        job = send(press, copy.path.read_bytes(), raw, **{OPTION: leave(press, copy)})
        incident = wait_for(lambda: (one := last_incident(press)).detail.get("job") == job and one)
        assert incident.code == "gate.options"
        assert press.receipt(copy) is ReceiptState.NONE
    finally:
        types.write_text(former)
        restart_scheduler(press)
        press.enroll()


def test_a_default_that_a_queue_had_before_it_was_enrolled_prints_nothing(press):
    queue = ["/usr/sbin/lpadmin", "-h", str(press.cupsd.socket), "-p", press.cupsd.queue]
    subprocess.run([*queue, "-o", "landscape-default=true"], check=True)
    try:
        press.enroll()
        (outcome,) = press.print(press.copy())
        assert (outcome.state, outcome.code) == (S.VOID, "gate.options")
        assert press.cupsd.starts() == 0
    finally:
        subprocess.run([*queue, "-R", "landscape-default"], check=True)
        press.enroll()


def test_what_an_ended_filter_left_of_a_document_does_not_stay(press):
    left = press.cupsd.spool / "tmp/gs_x1Y2z3"
    left.write_bytes(b"BMNN-CANARY")
    copy = press.copy()
    (outcome,) = press.print(copy)
    assert outcome.state is S.DEVICE_DONE
    assert press.spooled() == []
    left.write_bytes(b"BMNN-CANARY")
    with press.guard() as guard:
        guard.recover([])
    assert press.spooled() == []


# --- what needs no print room ---


def test_a_link_on_the_way_to_a_program_that_another_may_turn_is_seen(tmp_path):
    away = tmp_path / "away"
    away.mkdir()
    os.chown(away, 65534, 65534)
    (away / "turn").symlink_to("/usr/bin/true")
    (tmp_path / "filter").symlink_to(away / "turn")
    (tmp_path / "folder").symlink_to(away)
    (tmp_path / "good").symlink_to("/usr/bin/true")
    assert only_roots(tmp_path / "good")
    assert not only_roots(tmp_path / "filter")
    assert not only_roots(tmp_path / "folder/turn")


def test_links_in_a_circle_are_a_program_that_is_not_there(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (found,) = changed_files([PinnedFile(path=str(tmp_path / "a"), sha256="0" * 64)])
    assert found.code == "printer.program_missing"


@pytest.mark.parametrize(
    ("line", "setting"),
    [("PreserveJobFiles\tYes", "PreserveJobFiles"), ("Port \t 631", "Port")],
)
def test_settings_are_divided_by_tabs_as_well(line, setting):
    assert setting in faults(settings=f"{SETTINGS}\n{line}\n")


def test_a_section_that_an_address_satisfies_lets_anybody_in():
    any_of_both = SETTINGS.replace(
        "    Require user root\n", "    Require user root\n    Satisfy any\n"
    )
    assert any(one.startswith("<Limit All") for one in faults(settings=any_of_both))


def test_a_part_of_the_journal_is_never_written_over(tmp_path):
    place = GuardPlace.below(tmp_path)
    place.state.mkdir()

    def opened():
        book = IncidentBook(place, "b", lambda: "2026-11-22T08:00:00.000001Z")
        book.open()
        return book

    for _ in range(3):
        opened().write("gate.no_ticket", {})
        place.incidents.write_bytes(place.incidents.read_bytes() + b"x\n")
    opened()
    first, second, third = sorted(place.state.glob("incidents-*.jsonl"))
    kept = second.read_bytes(), third.read_bytes()
    first.unlink()
    place.incidents.write_bytes(place.incidents.read_bytes() + b"x\n")
    opened()
    assert (second.read_bytes(), third.read_bytes()) == kept


@pytest.mark.parametrize(
    "serial",
    ["12345678", "0123456789ABCDEF", "unknown", "  a", "A%00BCDE", "None", "----"],
)
def test_a_serial_number_that_makers_give_to_all_is_none(serial):
    with pytest.raises(PrinterRefused, match="usb_serial"):
        refuse_device(f"usb://HP/LJ?serial={serial}", rehearsal=False)


@pytest.mark.parametrize("serial", ["VNB3K12345", "CN0A1B2C3D", "000000000012"])
def test_a_serial_number_of_its_own_is_one(serial):
    refuse_device(f"usb://HP/LJ?serial={serial}", rehearsal=False)

# SPDX-License-Identifier: Apache-2.0
"""Copies on their way to paper, with scheduler, gate, device and guard: bytes and spool asserted.

The rows of the hostile table for printing from 27 on, but for those of the printer itself.
"""

import os
import signal
import threading
import time
from pathlib import Path

import cups
import pytest

from bmnn_mark.errors import PrinterRefused, RegisterRefused
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import ReceiptState
from bmnn_mark.printing.run import print_copies
from bmnn_mark.printing.scheduler.cups import Server
from tests.printing.crashes import crash, wrong_with
from tests.printing.press import PrintOptions, S, print_room, wait_for


@pytest.fixture(scope="module")
def running_press():
    with print_room() as press:
        yield press


@pytest.fixture
def press(running_press, monkeypatch):
    """The room, as it was at first."""
    monkeypatch.delenv("CUPS_SERVER", raising=False)
    running_press.reset()
    return running_press


def assert_nothing_left(press):
    assert press.spooled() == []
    assert press.jobs() == ()


def assert_unknown(press, copy, outcome, code):
    """It came to the device once; the queue waits for a person; nothing prints when it goes on."""
    assert (outcome.state, outcome.code) == (S.UNKNOWN, code)
    assert press.book.states(copy.attempt_id)[-1] is S.UNKNOWN
    assert_nothing_left(press)
    assert press.cupsd.starts() == 1
    assert press.codes() == ["printer.paused"]
    assert_nothing_prints_when_it_goes_on(press)


def assert_nothing_prints_when_it_goes_on(press):
    sheets, starts = press.cupsd.sheets(), press.cupsd.starts()
    press.cupsd.set_device("ok")
    with press.guard() as guard:
        guard.resume()
    time.sleep(0.2)
    assert (press.cupsd.sheets(), press.cupsd.starts()) == (sheets, starts)


def assert_void(press, copy, outcome, code):
    """Nothing came to the device, and the next copy can be printed at once."""
    assert (outcome.state, outcome.code) == (S.VOID, code)
    assert press.book.states(copy.attempt_id)[-1] is S.VOID
    assert press.cupsd.starts() == 0
    assert not press.started(copy)
    assert_nothing_left(press)


def at(press, wanted, act):
    """Do something just after a step was decided on, before it stands in the book."""

    def hook(_attempt, state, _detail):
        if state is wanted:
            act()

    press.book.hook = hook


def at_the_device(press, act, pieces=1):
    """Do something as soon as bytes are at the device, in a thread; joined by ``join``."""

    def wait_and_act():
        wait_for(
            lambda: any(one.stat().st_size >= 4096 * pieces for one in press.cupsd.outbox.iterdir())
        )
        act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


#: A new link is told by the kernel as a device and as a link, in either order.
CHANGED = {"guard.network_changed", "guard.device_changed"}
LONG = b"%PDF-1.4 BMNN-CANARY" + b"0123456789abcdef" * 4096


def test_three_copies_reach_the_device_byte_for_byte_and_leave_nothing(press):
    copies = [press.copy(number) for number in (1, 2, 3)]
    contents = [one.path.read_bytes() for one in copies]
    outcomes = press.print(*copies)
    assert [one.state for one in outcomes] == [S.DEVICE_DONE] * 3
    assert press.cupsd.sheets() == tuple(contents)
    for copy in copies:
        steps = [S.CREATED, S.LOADED, S.RELEASING, S.PRINTING, S.DEVICE_DONE]
        assert press.book.states(copy.attempt_id) == steps
        _, detail = press.book.last(copy.attempt_id)
        assert (detail["receipt"], detail["device_bytes"]) == ("done", copy.length)
        assert detail["device_sha256"] == copy.sha256
    assert all(len(one.snapshots) == 3 for one in outcomes)
    assert_nothing_left(press)


def test_each_step_is_committed_before_it_is_done(press):
    seen = {}

    def look(_attempt, state, _detail):
        server = press.server()
        jobs = server.jobs(press.cupsd.queue, ended=True)
        states = [int(server.job(one).state) for one in jobs]
        seen[state] = (len(jobs), states, press.cupsd.starts())

    press.book.hook = look
    press.print()
    assert seen[S.CREATED] == (0, [], 0)
    assert seen[S.LOADED] == (1, [4], 0)
    assert seen[S.RELEASING] == (1, [4], 0)
    assert seen[S.DEVICE_DONE] == (0, [], 1)


def test_progress_names_copy_and_pages(press):
    steps = []
    press.print(press.copy(2, of=5), on_progress=steps.append)
    first = steps[0]
    assert (first.phase, first.copy, first.copies, first.page, first.pages) == ("print", 2, 5, 0, 1)


@pytest.mark.parametrize("mode", ["media-empty", "offline"])
def test_print_row_27_28_a_device_that_waits_too_long_is_ended(press, mode):
    press.cupsd.set_device(mode)
    first, second = press.copy(1), press.copy(2)
    steps = []
    outcomes = press.print(first, second, wait_seconds=0.4, on_progress=steps.append)
    assert [one.number for one in outcomes] == [1]
    assert "printer-waits" in [one.phase for one in steps]
    assert outcomes[0].detail["reason"] == mode
    assert_unknown(press, first, outcomes[0], "print.device_waits")
    assert press.cupsd.sheets() == ()


def test_print_row_27_a_device_that_gets_paper_in_time_goes_on_and_it_is_told(press):
    press.cupsd.set_device("media-empty")

    def load_paper(step):
        if step.phase == "printer-waits":
            press.cupsd.set_device("ok")

    (outcome,) = press.print(wait_seconds=8.0, on_progress=load_paper)
    assert outcome.state is S.DEVICE_DONE
    assert "media-empty" in outcome.reasons
    assert len(press.cupsd.sheets()) == 1


@pytest.mark.parametrize("status", [1, 2, 3, 4, 5, 6, 8])
def test_print_row_29_30_31_32_33_34_35_36_a_failed_device_leaves_the_copy_unknown(press, status):
    press.cupsd.set_device(f"fail {status}")
    first, second = press.copy(1), press.copy(2)
    outcomes = press.print(first, second)
    assert len(outcomes) == 1
    assert_unknown(press, first, outcomes[0], outcomes[0].code)
    assert outcomes[0].code in {"print.device_failed", "gate.device_ended_early"}
    assert press.cupsd.sheets() == ()


def test_print_row_35_37_a_device_that_asks_to_be_restarted_forever_is_started_once(press):
    press.cupsd.set_device("fail 7")
    copy = press.copy()
    (outcome,) = press.print(copy)
    assert_unknown(press, copy, outcome, outcome.code)
    assert press.cupsd.sheets() == ()


def test_print_row_38_a_killed_device_that_cups_would_call_completed_is_unknown(press):
    press.cupsd.set_device("die")
    copy = press.copy()
    (outcome,) = press.print(copy)
    assert_unknown(press, copy, outcome, outcome.code)
    assert press.cupsd.sheets() == ()
    assert "printed" not in {one.value for one in S}


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_print_row_38_gate_or_device_killed_in_mid_print_leaves_the_copy_unknown(press, turn):
    seen = crash(press, "printing", "backend", turn)
    assert (seen.after, seen.sheets, wrong_with(seen)) == (S.UNKNOWN, 0, [])


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP], ids=["kill", "term", "restart"]
)
def test_print_row_39_40_41_a_scheduler_that_ends_in_mid_print_starts_nothing_again(press, number):
    press.cupsd.set_device("trickle 0.05")
    copy = press.copy(content=LONG)
    ender = at_the_device(press, lambda: press.tell("signal", "cupsd", number))
    (outcome,) = press.print(copy)
    ender.join()
    if number != signal.SIGHUP:
        press.tell("await_end", "cupsd")
        press.tell("start_cupsd")
    press.up()
    time.sleep(0.3)  # a scheduler that wants to print again does so at once
    state = outcome.state
    if state is S.PRINTING:
        state = press.recover(copy, state)
    sheets = len(press.cupsd.sheets())
    assert press.cupsd.starts() == 1
    if number == signal.SIGHUP:  # told to read its settings anew, it may let the job end first
        assert (state, sheets) in {(S.UNKNOWN, 0), (S.UNKNOWN, 1), (S.DEVICE_DONE, 1)}
    else:
        assert (state, sheets) == (S.UNKNOWN, 0)
    assert_nothing_left(press)
    assert_nothing_prints_when_it_goes_on(press)


@pytest.mark.parametrize("flushed", [True, False], ids=["flushed", "unflushed"])
def test_print_row_42_a_power_cut_reprints_nothing_and_leaves_no_document(press, flushed):
    def lose():
        """What a scheduler had not yet written down, a power cut takes."""
        if not flushed:
            for one in (*press.cupsd.spool.glob("c*"), press.cupsd.folder / "cache/job.cache"):
                one.unlink(missing_ok=True)
            assert any(one.startswith("d") for one in press.spooled())

    seen = crash(press, "printing", "all", meanwhile=lose)
    assert (seen.before, seen.after, seen.sheets) == (S.PRINTING, S.UNKNOWN, 0)
    assert wrong_with(seen) == []


@pytest.mark.parametrize(
    ("point", "after"),
    [
        ("judged", S.VOID), ("created", S.VOID), ("held", S.VOID), ("sent", S.VOID),
        ("loaded", S.VOID), ("releasing", S.VOID), ("printing", S.UNKNOWN),
        ("received", S.DEVICE_DONE),
    ],
)  # fmt: skip
def test_print_row_43_a_program_killed_at_any_point_leaves_what_recovery_settles(
    press, point, after
):
    seen = crash(press, point, "client")
    assert (seen.after, wrong_with(seen)) == (after, [])


@pytest.mark.parametrize(
    ("point", "victim"),
    [
        ("created", "guard"), ("sent", "cupsd"), ("releasing", "all"), ("released", "guard"),
        ("released", "cupsd"), ("released", "client"), ("printing", "guard"),
        ("received", "cupsd"), ("received", "all"),
    ],
)  # fmt: skip
def test_whoever_dies_at_whatever_point_no_copy_is_printed_twice_or_left_open(press, point, victim):
    assert wrong_with(crash(press, point, victim)) == []


def test_print_row_44_enabling_the_queue_after_a_failure_prints_nothing(press):
    press.cupsd.set_device("fail 1")
    copy = press.copy()
    press.print(copy)
    press.cupsd.set_device("ok")
    cups.Connection(host=str(press.cupsd.socket)).enablePrinter(press.cupsd.queue)
    time.sleep(0.3)
    assert press.cupsd.sheets() == ()
    assert press.codes() == []


def test_print_row_50_a_step_the_book_refuses_is_not_done(press):
    def refuse():
        raise PrinterRefused("print.system", reason="EEXIST")

    at(press, S.RELEASING, refuse)
    copy = press.copy()
    assert_void(press, copy, press.print(copy)[0], "print.system")


def test_a_book_that_takes_no_more_leaves_the_copy_to_recovery_and_its_outcome_is_told(press):
    def hook(_attempt, state, _detail):
        if state is S.UNKNOWN:
            raise RegisterRefused("register.busy")

    press.book.hook = hook
    press.cupsd.set_device("fail 3")
    copy = press.copy(content=LONG)
    (outcome,) = press.print(copy)
    press.book.hook = None
    assert outcome.state in {S.RELEASING, S.PRINTING}
    assert outcome.code == "gate.device_ended_early"
    assert press.spooled() == []
    assert press.recover(copy, outcome.state) is S.UNKNOWN
    assert press.cupsd.starts() == 1


def test_a_job_that_is_gone_as_soon_as_it_was_made_voids_the_copy(press, monkeypatch):
    monkeypatch.setattr(Server, "job", lambda _server, _number: None)
    copy = press.copy()
    assert_void(press, copy, press.print(copy)[0], "printer.job_lost")


def test_where_the_gate_had_its_own_reasons_no_device_is_said_to_have_failed(press):
    copy = press.copy()

    def turn():
        (document,) = press.cupsd.spool.glob("d*-001")
        document.unlink()
        document.symlink_to(copy.path)

    at(press, S.RELEASING, turn)
    assert_void(press, copy, press.print(copy)[0], "print.not_let_through")


def test_why_the_guard_let_a_job_not_through_is_said_with_its_blanks(press):
    program = press.cupsd.server_bin / "backend/bmnn-rehearsal"
    former = program.read_text()
    at(press, S.RELEASING, lambda: program.write_text(f"{former}\n# other\n"))
    try:
        (outcome,) = press.print(press.copy())
    finally:
        program.write_text(former)
        press.enroll()
    assert (outcome.state, outcome.code) == (S.VOID, "printer.program_changed")
    assert outcome.detail["program"] == "bmnn-rehearsal"
    assert press.cupsd.starts() == 0


def test_print_row_50_an_attempt_that_was_started_is_never_started_again(press):
    copy = press.copy()
    content = copy.path.read_bytes()
    assert press.print(copy)[0].state is S.DEVICE_DONE
    press.book.steps.clear()
    (again,) = press.print(copy)
    assert again.state is S.UNKNOWN  # the receipt is there, and it is another job's
    assert press.cupsd.sheets() == (content,)
    assert press.cupsd.starts() == 1


def test_print_row_51_a_link_that_comes_up_during_the_print_ends_it(press):
    press.cupsd.set_device("trickle 0.05")
    first, second = press.copy(1, content=LONG), press.copy(2)
    began = time.monotonic()
    plug = at_the_device(press, lambda: press.ip("link", "add", "e0", "type", "ifb"))
    try:
        outcomes = press.print(first, second)
        plug.join()
        size = sum(one.stat().st_size for one in press.cupsd.outbox.iterdir())
        assert time.monotonic() - began < 5.0
        time.sleep(0.2)
        assert sum(one.stat().st_size for one in press.cupsd.outbox.iterdir()) == size
    finally:
        plug.join()
        press.ip("link", "del", "e0")
    assert len(outcomes) == 1
    assert outcomes[0].state is S.UNKNOWN
    assert outcomes[0].code in CHANGED
    with press.guard() as guard:
        (receipt,) = guard.receipts([first.attempt_id])
    assert receipt.state is ReceiptState.FAILED
    assert receipt.end.stopped in CHANGED
    assert press.cupsd.sheets() == ()
    assert_nothing_left(press)


def test_a_link_that_comes_up_before_the_release_lets_no_job_go(press):
    at(press, S.RELEASING, lambda: press.ip("link", "add", "e0", "type", "ifb"))
    copy = press.copy()
    try:
        outcome = press.print(copy)[0]
    finally:
        press.ip("link", "del", "e0")
    assert outcome.code in CHANGED | {"host.online"}  # the gate may have come to ask first
    assert_void(press, copy, outcome, outcome.code)


def test_print_row_52_a_full_spool_ends_the_copy_before_it_is_let_go(press):
    spool = str(press.cupsd.spool)
    size = "size=64k,mode=0710"
    assert press.tell("run", "/usr/bin/mount", "-t", "tmpfs", "-o", size, "tmpfs", spool)[0] == 0
    try:
        copy = press.copy(content=os.urandom(1 << 20))
        (outcome,) = press.print(copy)
        left = press.tell("run", "/usr/bin/find", spool, "-type", "f", "-name", "d*")
    finally:
        assert press.tell("run", "/usr/bin/umount", "-l", spool)[0] == 0
    assert outcome.state is S.VOID
    assert left[:2] == [0, ""]
    assert press.cupsd.starts() == 0
    assert_nothing_left(press)


def test_print_row_54_what_the_device_reported_is_told_and_the_docs_say_what_to_do(press):
    press.cupsd.set_device("jam")
    (outcome,) = press.print()
    assert outcome.state is S.DEVICE_DONE
    assert "media-jam" in outcome.reasons  # and what a device that was ended in a test left said
    _, detail = press.book.last(outcome.attempt_id)
    assert "media-jam" in detail["reasons"]
    page = (Path(__file__).parents[2] / "docs/printing.md").read_text("utf-8")
    assert "two sheets with one number may" in page
    assert "--outcome spoiled --second-actor" in page


def test_without_a_guard_nothing_is_printed(press, tmp_path):
    copy = press.copy()
    with pytest.raises(PrinterRefused, match=r"guard\.absent"):
        print_copies([copy], GuardPlace.below(tmp_path), press.book, PrintOptions())
    assert press.book.steps == []
    assert press.jobs() == ()


def test_a_host_that_is_not_offline_gets_no_job_at_all(press):
    press.ip("link", "add", "e0", "type", "ifb")
    press.ip("link", "set", "e0", "up")
    copy = press.copy()
    try:
        outcome = press.print(copy)[0]
    finally:
        press.ip("link", "del", "e0")
    assert_void(press, copy, outcome, "host.online")
    assert press.book.states(copy.attempt_id) == [S.VOID]


@pytest.mark.parametrize("stops_at", [S.CREATED, S.RELEASING])
def test_a_scheduler_that_hangs_is_given_up_and_what_is_on_its_way_stays_open(
    press, monkeypatch, stops_at
):
    monkeypatch.setattr("bmnn_mark.printing.scheduler.cups.CALL_SECONDS", 0.5)
    copy = press.copy()
    at(press, stops_at, lambda: press.tell("signal", "cupsd", signal.SIGSTOP))
    began = time.monotonic()
    try:
        outcome = press.print(copy)[0]
    finally:
        press.tell("signal", "cupsd", signal.SIGCONT)
    assert time.monotonic() - began < 15
    assert outcome.state is stops_at
    assert press.recover(copy, outcome.state) is S.VOID
    assert_nothing_left(press)
    assert press.cupsd.starts() == 0


def test_bytes_that_are_not_the_registered_ones_are_not_printed(press):
    copy = press.copy()
    copy.path.write_bytes(copy.path.read_bytes() + b"x")
    assert_void(press, copy, press.print(copy)[0], "print.bytes_changed")


def test_an_unreadable_copy_is_void(press):
    copy = press.copy()
    copy.path.unlink()
    outcome = press.print(copy)[0]
    assert_void(press, copy, outcome, outcome.code)


@pytest.mark.parametrize("point", [S.CREATED, S.LOADED, S.RELEASING, S.DEVICE_DONE])
def test_stopping_from_the_front_end_ends_the_copy_in_flight(press, point):
    def interrupt():
        raise KeyboardInterrupt

    at(press, point, interrupt)
    copy = press.copy()
    with pytest.raises(KeyboardInterrupt):
        press.print(copy)
    end = S.UNKNOWN if point is S.DEVICE_DONE else S.VOID
    assert press.book.states(copy.attempt_id)[-1] is end
    assert_nothing_left(press)


def test_stopping_in_mid_print_ends_the_bytes_at_once(press):
    press.cupsd.set_device("trickle 0.05")
    copy = press.copy(content=LONG)
    main = threading.main_thread().ident
    ender = at_the_device(press, lambda: signal.pthread_kill(main, signal.SIGINT))
    # who starts the tests in the background has them ignore the signal
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            press.print(copy)
    finally:
        signal.signal(signal.SIGINT, before)
    ender.join()
    assert press.book.states(copy.attempt_id)[-1] is S.UNKNOWN
    assert press.cupsd.sheets() == ()
    assert_nothing_left(press)


def test_a_job_that_somebody_else_lets_go_or_moves_is_not_printed(press):
    line = cups.Connection(host=str(press.cupsd.socket))

    def let_go():
        (number,) = press.jobs()
        line.cancelJob(number, purge_job=False)

    at(press, S.LOADED, let_go)
    copy = press.copy()
    assert_void(press, copy, press.print(copy)[0], "print.job_changed")


def test_a_queue_that_somebody_pauses_before_the_device_begins_gets_nothing(press):
    line = cups.Connection(host=str(press.cupsd.socket))
    at(press, S.RELEASING, lambda: line.disablePrinter(press.cupsd.queue))
    copy = press.copy()
    assert_void(press, copy, press.print(copy)[0], "printer.paused")
    assert press.codes() == ["printer.paused"]  # who paused it may have had a reason


def test_a_job_that_an_administrator_removes_in_mid_print_is_unknown(press):
    press.cupsd.set_device("trickle 0.05")
    line = cups.Connection(host=str(press.cupsd.socket))
    copy = press.copy(content=LONG)
    remover = at_the_device(press, lambda: line.cancelJob(press.jobs()[0], purge_job=True))
    (outcome,) = press.print(copy)
    remover.join()
    assert_unknown(press, copy, outcome, "guard.gate_vanished")  # cupsd kills what it purges
    assert press.cupsd.sheets() == ()


def test_why_the_gate_let_a_job_not_through_is_said(press):
    copy = press.copy()
    (outcome,) = press.print(copy, ticket_seconds=-5.0)
    assert_void(press, copy, outcome, "guard.ticket_expired")


def test_a_line_that_was_cut_is_made_anew(press, monkeypatch):
    monkeypatch.setattr("bmnn_mark.printing.scheduler.cups.CALL_SECONDS", 0.5)
    server = press.server()
    press.tell("signal", "cupsd", signal.SIGSTOP)
    with pytest.raises(PrinterRefused, match=r"printer\.no_answer"):
        server.queues()
    press.tell("signal", "cupsd", signal.SIGCONT)
    assert server.queues() == (press.cupsd.queue,)


def test_an_interrupted_call_leaves_no_answer_for_the_next_one(press):
    def interrupt(_number, _frame):
        raise KeyboardInterrupt

    server = press.server()
    before = signal.signal(signal.SIGALRM, interrupt)
    press.tell("signal", "cupsd", signal.SIGSTOP)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            server.queues()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        press.tell("signal", "cupsd", signal.SIGCONT)
    assert server.jobs(press.cupsd.queue) == ()


def test_a_scheduler_that_is_not_the_one_meant_is_refused(press):
    with pytest.raises(PrinterRefused, match=r"printer\.wrong_server"):
        Server(press.cupsd.socket)

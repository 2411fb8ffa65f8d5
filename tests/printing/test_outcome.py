# SPDX-License-Identifier: Apache-2.0
"""What became of an attempt: every receipt with every word of the scheduler; who may say go on."""

import time
from dataclasses import replace

import pytest

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.attempt import AttemptState as S
from bmnn_mark.printing.guard.protocol import End, Receipt, ReceiptState
from bmnn_mark.printing.model import Verdict
from bmnn_mark.printing.outcome import outcome, told
from bmnn_mark.printing.permission import Permission
from bmnn_mark.printing.printer.record import PrinterFinding
from bmnn_mark.printing.recovery import OpenAttempt, recover
from bmnn_mark.printing.scheduler.cups import JobState
from tests.printing.parts import offline_report
from tests.printing.press import Book

UUID = "urn:uuid:1"


def receipt(state, uuid=UUID, end=None):
    return Receipt(attempt_id="a1", state=state, job_uuid=uuid, end=end)


@pytest.mark.parametrize("job", [None, *JobState])
@pytest.mark.parametrize("state", list(ReceiptState))
def test_the_receipt_decides_and_the_scheduler_only_takes_away(state, job):
    end = outcome(receipt(state), job, UUID)
    if state is ReceiptState.NONE:
        assert end is S.VOID
    elif state is ReceiptState.DONE and job in {None, JobState.COMPLETED}:
        assert end is S.DEVICE_DONE
    else:
        assert end is S.UNKNOWN


def test_a_receipt_of_another_job_is_nobodys_end():
    assert outcome(receipt(ReceiptState.DONE, "urn:uuid:2"), JobState.COMPLETED, UUID) is S.UNKNOWN


def test_what_the_gate_says_goes_into_the_book():
    end = End(status=-9, sent=4096, device_sha256="ab" * 32, stopped="guard.network_changed")
    assert told(receipt(ReceiptState.FAILED, end=end)) == {
        "receipt": "failed", "device_bytes": 4096, "device_sha256": "ab" * 32, "device_status": -9,
    }  # fmt: skip
    assert told(receipt(ReceiptState.NONE)) == {"receipt": "none"}


class Guard:
    """Answers as a guard does, from a table."""

    def __init__(self, receipts, working=True):
        self.receipts = receipts
        self.working = working
        self.asked = []

    def pause(self):
        self.asked.append("pause")
        return self.working

    def recover(self, attempts):
        self.asked.append("recover")
        return tuple(self.receipts[one] for one in attempts)

    def resume(self):
        self.asked.append("resume")


@pytest.mark.parametrize(
    ("before", "state", "after"),
    [
        (S.CREATED, ReceiptState.NONE, S.VOID),
        (S.LOADED, ReceiptState.NONE, S.VOID),
        (S.RELEASING, ReceiptState.NONE, S.VOID),
        (S.PRINTING, ReceiptState.NONE, S.VOID),
        (S.RELEASING, ReceiptState.STARTED, S.UNKNOWN),
        (S.PRINTING, ReceiptState.FAILED, S.UNKNOWN),
        (S.RELEASING, ReceiptState.DONE, S.DEVICE_DONE),
        (S.PRINTING, ReceiptState.DONE, S.DEVICE_DONE),
        (S.CREATED, ReceiptState.DONE, S.UNKNOWN),  # nobody had given it leave
        (S.LOADED, ReceiptState.DONE, S.UNKNOWN),
    ],
)
@pytest.mark.parametrize("working", [True, False])
def test_recovery_settles_by_the_receipt_and_leaves_a_doubtful_queue_paused(
    before, state, after, working
):
    guard, book = Guard({"a1": receipt(state)}, working), Book()
    assert recover(guard, book, [OpenAttempt(attempt_id="a1", state=before)])[0].state is after
    assert book.states("a1") == [after]
    going_on = working and after is not S.UNKNOWN
    assert guard.asked == ["pause", "recover", *(["resume"] if going_on else [])]


@pytest.mark.parametrize("state", [S.DEVICE_DONE, S.UNKNOWN])
def test_recovery_leaves_alone_what_waits_for_a_person(state):
    guard, book = Guard({}), Book()
    waiting = OpenAttempt(attempt_id="a1", state=state)
    assert recover(guard, book, [waiting]) == (waiting,)
    assert (guard.asked, book.steps) == ([], [])


class Line:
    """A line to a guard that says what a test wants."""

    def __init__(self):
        self.findings = ()
        self.says = offline_report()
        self.looks = 0

    def report(self):
        self.looks += 1
        return self.says

    def preflight(self, _own_job):
        return self.findings

    def close(self):
        pass


class Quiet:
    code = ""

    def changed(self, _seconds):
        return self.code


@pytest.fixture
def permission(monkeypatch):
    line, watch = Line(), Quiet()
    monkeypatch.setattr("bmnn_mark.printing.permission.GuardLine", lambda _place: line)
    with Permission(None, watch, rehearsal=True) as asked:
        asked.line, asked.watch = line, watch
        yield asked


def test_leave_is_given_where_all_is_well(permission):
    assert permission.demand(None) is permission.line.says


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.ONLINE, "host.online"), (Verdict.UNKNOWN, "host.unknown")]
)
def test_no_leave_on_a_host_that_is_not_offline(permission, verdict, code):
    permission.line.says = replace(offline_report(), verdict=verdict)
    with pytest.raises(PrinterRefused) as caught:
        permission.demand(7)
    assert caught.value.code == code


def test_no_leave_by_a_report_of_long_ago_or_of_another_boot(permission):
    good = offline_report()
    for changes in ({"boottime_ns": good.boottime_ns - 6_000_000_000}, {"boot_id": "other"}):
        permission.line.says = replace(good, **changes)
        with pytest.raises(PrinterRefused, match=r"host\.unknown"):
            permission.demand(None)


def test_no_leave_by_a_rehearsals_rules_for_a_real_printer(monkeypatch, permission):
    monkeypatch.setattr(permission, "_rehearsal", False)
    with pytest.raises(PrinterRefused, match=r"printer\.wrong_register"):
        permission.demand(None)


def test_no_leave_while_anything_is_wrong_with_the_printer_or_changed(permission):
    permission.line.findings = (PrinterFinding(code="printer.paused"),)
    with pytest.raises(PrinterRefused, match=r"printer\.paused"):
        permission.demand(None)
    permission.line.findings = ()
    permission.watch.code = "guard.network_changed"
    with pytest.raises(PrinterRefused, match=r"guard\.network_changed"):
        permission.demand(None)


def test_what_was_found_after_a_copy_holds_for_the_next_one_once_and_at_once(permission):
    permission.demand(None)
    permission.demand_at_rest()
    assert permission.line.looks == 1
    permission.demand_at_rest()
    assert permission.line.looks == 2  # it was used up


def test_what_was_found_with_a_job_or_some_time_ago_is_looked_at_again(permission, monkeypatch):
    permission.demand(7)
    permission.demand_at_rest()
    assert permission.line.looks == 2
    permission.demand(None)
    later = time.monotonic() + 2.0
    monkeypatch.setattr("bmnn_mark.printing.permission.time.monotonic", lambda: later)
    permission.demand_at_rest()
    assert permission.line.looks == 4


def test_a_change_between_two_copies_is_seen_though_nothing_is_looked_at_again(permission):
    permission.demand(None)
    permission.watch.code = "guard.lost"
    with pytest.raises(PrinterRefused, match=r"guard\.lost"):
        permission.demand_at_rest()

# SPDX-License-Identifier: Apache-2.0
"""Leave for one start at the device: what the guard demands for it, and how it takes it back."""

import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bmnn_mark import plain
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.guard.protocol import Admission, End, Start
from bmnn_mark.printing.ticket import SIGNED_AS, Ticket
from tests.printing.gate_line import GateLine
from tests.printing.press import DOCUMENT, REGISTER, print_room, wait_for

BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
GOOD = End(status=0, sent=5, device_sha256="7" * 64)
NOW = int(time.time())


@pytest.fixture(scope="module")
def shared():
    with print_room() as press:
        yield press


@pytest.fixture
def press(shared):
    """The room, whose guard has nothing on its way and lets the next start."""
    yield shared
    with GateLine(shared.place) as line:
        wait_for(lambda: not refusal(line, admission(shared)), 10.0)
        line.ended(GOOD)


def ticket(number, **changes):
    facts = {
        "register_id": REGISTER, "attempt_id": f"{number:032x}", "document_id": DOCUMENT,
        "copy": 1, "attempt": 1, "sha256": "3" * 64, "length": 5, "queue": "bmnn-dien-tap",
        "expires_at": NOW + 900, "boot_id": BOOT,
    }  # fmt: skip
    return Ticket(**{**facts, **changes})


NUMBERS = iter(range(1, 10_000))


def admission(press, key=None, *, number=None, ticketed=(), **changes):
    one = ticket(number or next(NUMBERS), **dict(ticketed))
    text = one.signed((key or press.book.key).sign(SIGNED_AS + one.payload()))
    facts = {
        "ticket": text, "queue": press.cupsd.queue, "job_uuid": "urn:uuid:1", "job_id": 1,
        "files": 1, "sha256": "3" * 64, "length": 5, "device_uri": press.cupsd.device_uri,
    }  # fmt: skip
    return Admission(**{**facts, **changes})


def refusal(line, asked):
    try:
        line.admit(asked)
    except Exception as error:  # noqa: BLE001  # which class it is the caller sees by the code
        return error.code
    return ""


def stopped(line):
    """A start that slipped in between two changes is stopped by the next."""
    assert line.said(5.0)["stop"]
    line.ended(replace(GOOD, status=-9, stopped="guard.network_changed"))
    return "stopped"


def last(press):
    with GateLine(press.place) as line:
        page = line.incidents()
    return page.incidents[-1]


def attempt_of(number):
    return f"{number:032x}"


def of(entry, number):
    return entry.detail.get("attempt") == attempt_of(number)


def test_a_good_ticket_gets_its_leave_and_nothing_is_an_incident(press):
    with GateLine(press.place) as line:
        before = line.incidents().newest
        number = next(NUMBERS)
        leave = line.admit(admission(press, number=number))
        assert leave.attempt == attempt_of(number)
        assert len(leave.snapshot_sha256) == 64
        assert line.said(0.2) == {}
        line.ended(GOOD)
        assert line.incidents().newest == before


def other_key(_press):
    return {"key": Ed25519PrivateKey.generate()}


REFUSED = {
    "no ticket": ("gate.no_ticket", lambda _: {"ticket": ""}),
    "no base64": ("gate.ticket_form", lambda _: {"ticket": "?" * 99}),
    "too short": ("gate.ticket_form", lambda _: {"ticket": "AQ"}),
    "another's key": ("gate.ticket_forged", other_key),
    "another register": ("guard.wrong_register", lambda _: {"ticketed": {"register_id": "0" * 32}}),
    "another queue's": ("gate.ticket_queue", lambda _: {"ticketed": {"queue": "other"}}),
    "moved to a queue": ("gate.ticket_queue", lambda _: {"queue": "other"}),
    "ticket and job moved": (
        "guard.wrong_queue", lambda _: {"queue": "other", "ticketed": {"queue": "other"}},
    ),
    "another boot": ("guard.wrong_boot", lambda _: {"ticketed": {"boot_id": REGISTER}}),
    "expired": ("guard.ticket_expired", lambda _: {"ticketed": {"expires_at": NOW - 1}}),
    "no file": ("guard.not_one_file", lambda _: {"files": 0}),
    "two files": ("guard.not_one_file", lambda _: {"files": 2}),
    "other bytes": ("guard.bytes_differ", lambda _: {"sha256": "4" * 64}),
    "more bytes": ("guard.bytes_differ", lambda _: {"length": 6}),
    "another device": ("guard.wrong_device", lambda _: {"device_uri": "bmnn:/usb://X/Y?serial=1"}),
    "the device itself": ("guard.wrong_device", lambda p: {
        "device_uri": p.cupsd.device_uri.removeprefix("bmnn:/")}),
    "what the gate found": ("gate.options", lambda _: {"fault": "gate.options"}),
    "what no gate says": ("guard.asked_wrong", lambda _: {"fault": "{evil} words\n"}),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_ticket_binds_must_hold_and_its_breach_is_an_incident(press, case):
    code, changes = REFUSED[case]
    given = changes(press)
    with GateLine(press.place) as line:
        assert refusal(line, admission(press, given.pop("key", None), **given)) == code
    entry = last(press)
    assert entry.code == code
    assert entry.detail == {"queue": given.get("queue", press.cupsd.queue), "job": 1}


@pytest.mark.parametrize("kind", ["start", "end"])
@pytest.mark.parametrize("data", [b"", plain.encode(GOOD)], ids=["empty", "whole"])
def test_an_attempt_with_any_receipt_never_starts_again(press, kind, data):
    number = next(NUMBERS)
    path = press.place.receipts / f"{attempt_of(number)}.{kind}"
    path.write_bytes(data)
    with GateLine(press.place) as line:
        assert refusal(line, admission(press, number=number)) == "guard.started_before"
    path.unlink()


def test_only_one_attempt_is_on_its_way_at_a_time(press):
    with GateLine(press.place) as one, GateLine(press.place) as other:
        one.admit(admission(press))
        assert refusal(other, admission(press)) == "guard.in_flight"
        with pytest.raises(PrinterRefused, match="guard.not_in_flight"):
            other.ended(GOOD)
        one.ended(GOOD)
        assert refusal(other, admission(press)) == ""
        other.ended(GOOD)


def test_of_many_gates_at_one_moment_one_gets_leave(press):
    start, codes = threading.Barrier(6), []

    def ask(asked):
        with GateLine(press.place) as line:
            start.wait()
            codes.append(refusal(line, asked))
            start.wait()

    same = admission(press)
    threads = [threading.Thread(target=ask, args=(same,)) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(codes) == ["", *["guard.in_flight"] * 5]


def test_a_gate_that_vanishes_is_an_incident_and_its_place_is_free(press):
    with GateLine(press.place) as line:
        number = next(NUMBERS)
        line.admit(admission(press, number=number))
    wait_for(lambda: last(press).code == "guard.gate_vanished")
    assert last(press).detail == {"attempt": attempt_of(number)}


def test_a_gate_that_stopped_by_itself_is_an_incident(press):
    with GateLine(press.place) as line:
        line.admit(admission(press))
        line.ended(replace(GOOD, status=-9, stopped="gate.scheduler_lost"))
        entry = line.incidents().incidents[-1]
    assert (entry.code, entry.detail["why"]) == ("guard.gate_stopped", "gate.scheduler_lost")


def test_row_63_a_link_that_comes_up_stops_what_is_on_its_way_at_once(press):
    with GateLine(press.place) as line:
        number = next(NUMBERS)
        line.admit(admission(press, number=number))
        assert line.said(0.2) == {}
        press.ip("link", "add", "e0", "type", "ifb")
        try:
            assert line.said(5.0)["stop"] in {"guard.network_changed", "guard.device_changed"}
            line.ended(replace(GOOD, status=-9, stopped="guard.network_changed"))
            (entry,) = [one for one in line.incidents().incidents if of(one, number)]
            assert entry.code == "guard.stopped"
            press.ip("link", "set", "e0", "up")
            assert refusal(line, admission(press)) == "host.online"
            assert line.incidents().incidents[-1].code == "host.online"
        finally:
            press.ip("link", "del", "e0")


def test_row_62_a_host_that_changes_while_it_is_looked_at_lets_nothing_start(press):
    flap = "while :; do /usr/sbin/ip link set lo up; /usr/sbin/ip link set lo down; done"
    process = subprocess.Popen(
        ["nsenter", "-t", str(press.host), "-n", "sh", "-c", flap], start_new_session=True
    )
    try:
        time.sleep(0.2)
        with GateLine(press.place) as line:
            codes = [refusal(line, admission(press)) or stopped(line) for _ in range(8)]
    finally:
        subprocess.run(["kill", "-9", "--", f"-{process.pid}"], check=True)
        process.wait()
    assert set(codes) <= {"host.changed", "stopped"}


def test_row_64_a_flood_of_changes_stops_what_is_on_its_way(press):
    with GateLine(press.place) as line:
        line.admit(admission(press))
        for number in range(30):
            press.ip("link", "add", f"e{number}", "type", "ifb")
        try:
            assert line.said(5.0)["stop"].startswith("guard.")
            line.ended(replace(GOOD, status=-9, stopped="guard.network_changed"))
        finally:
            for number in range(30):
                press.ip("link", "del", f"e{number}")


def test_another_namespace_with_a_link_is_found_while_an_attempt_is_on_its_way(press):
    """The kernel tells nobody of it: the guard looks again every second."""
    with GateLine(press.place) as line:
        line.admit(admission(press))
        pid = press.work / "pid"
        hidden = f"echo $$ >{pid}; ip link add e0 type ifb; ip link set e0 up; exec sleep 60"
        command = f"PATH=/usr/sbin:/usr/bin:/bin; unshare -n sh -c '{hidden}' >/dev/null 2>&1 &"
        press.tell("run", "/bin/sh", "-c", command)
        try:
            assert line.said(8.0) == {"stop": "host.online"}
            line.ended(replace(GOOD, status=-9, stopped="host.online"))
        finally:
            press.tell("run", "/bin/kill", "-9", pid.read_text().strip())


@pytest.mark.parametrize("act", ["pause", "purge", "recover"])
def test_what_is_on_its_way_is_stopped_before_the_queue_is_touched(press, act):
    with GateLine(press.place) as line, press.guard() as clerk:
        line.admit(admission(press))
        done = []
        acts = {"pause": clerk.pause, "purge": clerk.purge, "recover": lambda: clerk.recover([])}
        thread = threading.Thread(target=lambda: done.append(acts[act]()))
        thread.start()
        assert line.said(5.0) == {"stop": "guard.recalled"}
        line.ended(replace(GOOD, status=-9, stopped="guard.recalled"))
        thread.join(20)
        assert len(done) == 1
        clerk.resume()


def test_a_paused_queue_gives_no_leave(press):
    with GateLine(press.place) as line:
        assert line.pause() is True
        assert line.pause() is False
        assert refusal(line, admission(press)) == "printer.paused"
        line.resume()


def test_receipts_are_told_in_the_order_asked_for(press):
    start = Start(job_uuid="urn:uuid:9", job_id=9, sha256="3" * 64, length=5,
                  snapshot_sha256="4" * 64, at=NOW)  # fmt: skip
    number = next(NUMBERS)
    (press.place.receipts / f"{attempt_of(number)}.start").write_bytes(plain.encode(start))
    with GateLine(press.place) as line:
        told = line.receipts([attempt_of(99_999), attempt_of(number)])
    assert [one.state.value for one in told] == ["none", "started"]
    assert (told[1].job_uuid, told[1].snapshot_sha256) == ("urn:uuid:9", "4" * 64)

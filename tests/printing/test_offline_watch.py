# SPDX-License-Identifier: Apache-2.0
"""Rows 26 and 62 to 64 of the offline table: what comes between two looks, seen by the guard."""

import threading
import time

import pytest

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.printing.guard.client import Watch
from bmnn_mark.printing.guard.protocol import ReceiptState
from bmnn_mark.printing.model import Severity, Verdict
from tests.printing.press import S, print_room, wait_for

CHANGED = {"guard.network_changed", "guard.device_changed", "guard.overrun"}
LONG = b"%PDF-1.4 BMNN-CANARY" + b"0123456789abcdef" * 4096

#: How a network may come up, and how it goes again.
COMING = {
    "card": (["link", "add", "e0", "type", "ifb"], ["link", "del", "e0"]),
    "tunnel": (["tuntap", "add", "t0", "mode", "tun"], ["link", "del", "t0"]),
    "address": (
        ["addr", "add", "203.0.113.9/32", "dev", "lo"],
        ["addr", "del", "203.0.113.9/32", "dev", "lo"],
    ),
    "default route": (
        ["route", "add", "default", "dev", "lo"],
        ["route", "del", "default", "dev", "lo"],
    ),
    "rule": (["rule", "add", "to", "8.8.8.8", "lookup", "100"], ["rule", "del", "lookup", "100"]),
}


@pytest.fixture(scope="module")
def running_press():
    with print_room() as press:
        press.ip("link", "set", "lo", "up")
        yield press


@pytest.fixture
def press(running_press, monkeypatch):
    """The room, as it was at first."""
    monkeypatch.delenv("CUPS_SERVER", raising=False)
    running_press.reset()
    wait_for(lambda: verdict_of(running_press) is Verdict.OFFLINE)
    return running_press


def verdict_of(press):
    try:
        with press.guard() as guard:
            return guard.report().verdict
    except BmnnMarkError:  # the host does not hold still yet
        return None


def assert_nothing_came(press):
    assert press.cupsd.starts() == 0
    assert press.cupsd.sheets() == ()
    assert press.spooled() == []
    assert press.jobs() == ()


@pytest.mark.parametrize("step", [S.CREATED, S.LOADED, S.RELEASING])
@pytest.mark.parametrize("what", COMING)
def test_offline_row_62_link_between_check_and_release(press, what, step):
    """Whatever comes up after the host was judged, no job is let go, also where it goes again."""
    up, down = COMING[what]

    def plug(_attempt, state, _detail):
        if state is step:
            press.ip(*up)
            press.ip(*down)

    press.book.hook = plug
    copy = press.copy()
    (outcome,) = press.print(copy)
    assert outcome.state is S.VOID
    seen = {"host.online"} if step is S.LOADED else set()  # the host is looked at meanwhile
    assert outcome.code in CHANGED | seen
    assert not press.started(copy)
    assert_nothing_came(press)


@pytest.mark.parametrize("what", ["card", "address"])
def test_offline_row_63_link_during_the_print(press, what):
    up, down = COMING[what]
    press.cupsd.set_device("trickle 0.05")
    first, second = press.copy(1, content=LONG), press.copy(2)
    plugged = []

    def plug():
        wait_for(lambda: any(one.stat().st_size >= 4096 for one in press.cupsd.outbox.iterdir()))
        press.ip(*up)
        plugged.append(time.monotonic())

    hand = threading.Thread(target=plug)
    hand.start()
    try:
        outcomes = press.print(first, second)
        ended = time.monotonic()
        hand.join()
        size = sum(one.stat().st_size for one in press.cupsd.outbox.iterdir())
        time.sleep(0.2)
        assert sum(one.stat().st_size for one in press.cupsd.outbox.iterdir()) == size
    finally:
        hand.join()
        press.ip(*down)
    assert ended - plugged[0] < 5.0
    assert [one.state for one in outcomes] == [S.UNKNOWN]
    assert outcomes[0].code in CHANGED
    with press.guard() as guard:
        (receipt,) = guard.receipts([first.attempt_id])
        assert "printer.paused" in [one.code for one in guard.preflight()]
    assert receipt.state is ReceiptState.FAILED
    assert receipt.end.stopped in CHANGED
    assert size < len(LONG)
    assert press.cupsd.sheets() == ()
    assert press.spooled() == []


def test_offline_row_64_flood_of_link_events(press):
    """More than the line holds: that something was lost is itself a change."""
    many = "for i in $(seq 300); do echo link add f$i type ifb; done | ip -batch -; "
    gone = "for i in $(seq 300); do echo link del f$i; done | ip -batch -"
    copy = press.copy()

    def flood(_attempt, state, _detail):
        if state is S.LOADED:
            code, _, said = press.tell(
                "run", "/usr/bin/sh", "-c", f"PATH=/usr/sbin:$PATH; {many}{gone}"
            )
            assert code == 0, said

    press.book.hook = flood
    with Watch(press.place) as watch:
        (outcome,) = press.print(copy)
        assert watch.changed(5.0) in CHANGED
    assert outcome.state is S.VOID
    assert_nothing_came(press)


def test_offline_row_26_used_and_deleted_is_seen_by_who_keeps_watch(press):
    with Watch(press.place) as watch:
        press.ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
        press.ip("link", "set", "v0", "up")
        press.ip("link", "set", "v1", "up")
        press.ip("link", "del", "v0")
        assert watch.changed(5.0) in CHANGED
    wait_for(lambda: verdict_of(press) is Verdict.OFFLINE)  # one look finds nothing any more
    with press.guard() as guard:
        codes = [one.code for one in guard.incidents().incidents]
        assert guard.report().codes(Severity.BLOCK) == ()
    assert CHANGED & set(codes)

# SPDX-License-Identifier: Apache-2.0
"""What the host's guard told: entered once each, without gap, apart from people's incidents."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.register.events import Leaf, decode_leaf, encode_leaf
from bmnn_mark.register.heads import Head
from bmnn_mark.register.host_events import HostCommissioned, HostIncident
from bmnn_mark.register.hosted import plain_detail

PART, OTHER = "ab" * 16, "cd" * 16
DAY = date(2026, 11, 22)


def incident(number, **changes):
    facts = {
        "guard": PART, "number": number, "code": "gate.no_ticket" if number > 1 else
        "guard.journal_begun", "at": f"2026-11-22T08:00:00.{number:06d}Z",
        "boot": "efd78b80-f662-4322-be87-e0d016730234", "detail": {"queue": "q", "job": number},
        "chain": f"{number:064x}",
    }  # fmt: skip
    return HostIncident(**{**facts, **changes})


def commissioned(number):
    one = incident(number)
    return HostCommissioned(
        guard=one.guard, number=number, at=one.at, boot=one.boot, chain=one.chain, baseline=1,
        policy="air-gapped", sha256="5" * 64,
    )  # fmt: skip


def refused(call, *given):
    with pytest.raises(BmnnMarkError) as caught:
        call(*given)
    return caught.value.code


def test_an_entry_is_taken_in_once_however_often_it_is_told(place):
    register = place.create()
    assert register.newest_host_event(PART) is None
    assert register.enter_host_events([], "An") == 0
    assert register.enter_host_events([incident(1), incident(2)], "An") == 2
    assert register.enter_host_events([incident(1), incident(2)], "An") == 0
    assert register.enter_host_events([incident(2), commissioned(3), incident(4)], "An") == 2
    assert register.newest_host_event(PART) == incident(4)
    assert register.newest_host_event(OTHER) is None
    assert register.enter_host_events([incident(1, guard=OTHER)], "An") == 1
    assert register.newest_host_event(PART) == incident(4)
    again = place.open()
    assert again.newest_host_event(PART) == incident(4)
    assert again.host_incidents(DAY, DAY) == (incident(2), incident(4))
    assert again.host_incidents(date(2026, 11, 23), date(2026, 12, 31)) == ()
    before = again.verify()
    assert before.intact
    again.rebuild()
    assert again.newest_host_event(PART) == incident(4)
    assert again.verify().intact


def test_entries_are_taken_in_without_gap_or_not_at_all(place):
    register = place.create()
    assert refused(register.enter_host_events, [incident(2)], "An") == "register.host_gap"
    register.enter_host_events([incident(1)], "An")
    for told in (
        [incident(3)],
        [incident(2), incident(4)],
        [incident(2), incident(3, guard=OTHER)],
    ):
        assert refused(register.enter_host_events, told, "An") == "register.host_gap"
    assert register.newest_host_event(PART) == incident(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"guard": "x"}, {"guard": PART.upper()}, {"number": 0}, {"number": -1}, {"chain": "5"},
        {"code": "Đơn"}, {"code": "no dot"}, {"at": "yesterday"}, {"at": "2026-11-22T08:00:00Z"},
        {"boot": "Hà Nội"}, {"boot": ""},
    ],
)  # fmt: skip
def test_what_has_not_the_form_of_an_entry_is_refused(place, changes):
    register = place.create()
    told = [replace(incident(1), **changes)]
    assert refused(register.enter_host_events, told, "An") == "register.host_form"
    assert register.newest_host_event(PART) is None


def test_two_programs_at_once_take_an_entry_in_once(place):
    place.create()
    start, entered = threading.Barrier(4), []

    def take():
        register = place.open()
        start.wait()
        entered.append(register.enter_host_events([incident(1), incident(2)], "An"))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(entered) == [0, 0, 0, 2]
    assert place.open().verify().intact


def test_they_are_counted_apart_from_the_incidents_that_people_report(place):
    from bmnn_mark.reports.figures import counted

    register = place.create()
    register.enter_host_events([incident(1), incident(2), commissioned(3), incident(4)], "An")
    told = counted(register.accounts.figures(DAY, DAY, DAY), None)
    assert told["host-incidents"]["total"] == 2
    assert told["incidents"]["total"] == 0
    assert [one.act for one in register.acts(DAY, DAY)] == [
        "host.noted", "host.incident", "host.commissioned", "host.incident",
    ]  # fmt: skip


def test_detail_may_stand_in_the_clear_for_ever():
    told = plain_detail(
        {"queue": "in-phòng họp", "job": 7, "link": "e0", "name": "", "Bad Key": 1, "on": True,
         "none": None, "line": "a\nb", "real": 1.5},
    )  # fmt: skip
    assert (told["job"], told["link"], told["on"], told["none"]) == (7, "e0", True, None)
    assert {str(told[one])[:7] for one in ("queue", "name", "line")} == {"sha256:"}
    assert told["real"] == "1.5"
    assert "Bad Key" not in told
    assert len(told) == 9


@pytest.mark.parametrize("what", [incident(2), commissioned(3)], ids=["incident", "commissioned"])
def test_a_leaf_reads_back_as_what_it_was(what):
    at = datetime(2026, 11, 22, 8, tzinfo=UTC)
    leaf = Leaf(n=7, at=at, what=what, sealed={"actor": "5" * 64})
    assert decode_leaf(encode_leaf(leaf)) == leaf


def test_a_register_knows_its_own_heads(place):
    register = place.create()
    first = register.newest_head()
    register.enter_host_events([incident(1)], "An")
    assert register.newest_head().size == first.size + 1
    assert register.has_head(first)
    assert register.has_head(register.newest_head())
    other = Head(register=first.register, size=first.size, root=bytes(32), at=first.at)
    assert not register.has_head(other)
    later = Head(register=first.register, size=99, root=first.root, at=first.at)
    assert not register.has_head(later)

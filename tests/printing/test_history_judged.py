# SPDX-License-Identifier: Apache-2.0
"""What the judge makes of a host's past, with and without a baseline (offline rows 66 and 67)."""

from dataclasses import replace

import pytest

from bmnn_mark.printing.baseline import BaselineFault, ExplainedTrace
from bmnn_mark.printing.evidence.history import History
from bmnn_mark.printing.facts import ClockFacts, HistoryTrace, TraceKind
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import (
    AIR_GAPPED,
    REHEARSAL,
    AllowedLink,
    Policy,
    PolicyName,
    Severity,
    Verdict,
)
from tests.printing.parts import clean_snapshot, commissioned
from tests.printing.test_history import written

NOW = 1_700_000_000
LAN = Policy(name=PolicyName.INDEPENDENT_LAN)


LEASE = HistoryTrace(kind=TraceKind.DHCP_LEASE, place="var/lib/dhcp/a.leases", count=2, newest=NOW)


def explained(trace):
    return commissioned(
        made_at=1,
        history=(
            ExplainedTrace(
                kind=trace.kind, place=trace.place, count=trace.count, newest=trace.newest,
                explanation="cài đặt qua mạng trước khi giao",
            ),
        ),
    )  # fmt: skip


def judged(trace, baseline, policy=AIR_GAPPED):
    report = judge(clean_snapshot(history=(trace,)), policy, baseline)
    return report.verdict, {one.code for one in report.evidence}


@pytest.mark.parametrize("policy", [AIR_GAPPED, LAN])
@pytest.mark.parametrize(
    "change", [{"count": 3}, {"newest": NOW + 1}, {"place": "var/lib/dhcp/b.leases"},
               {"kind": TraceKind.WIFI_KNOWN}],
)  # fmt: skip
def test_offline_row_66_a_trace_that_came_since_the_baseline_is_online(policy, change):
    baseline = explained(LEASE)
    assert judged(LEASE, baseline, policy) == (Verdict.OFFLINE, {"hist.known"})
    verdict, codes = judged(replace(LEASE, **change), baseline, policy)
    assert (verdict, "hist.new_since_baseline" in codes) == (Verdict.ONLINE, True)


@pytest.mark.parametrize("kind", sorted(set(TraceKind) - {TraceKind.STORAGE}))
def test_what_any_card_leaves_at_every_start_warns_where_a_card_is_allowed(kind):
    card = AllowedLink(permanent_mac="02:00:00:00:00:01", bus_path="x")
    lan = replace(LAN, allowed_links=(card,))
    known = replace(LEASE, kind=kind)
    newer = replace(known, count=9)
    every_start = {"journal", "log", "network_used", "time_synchronised"}
    for policy in (AIR_GAPPED, LAN, lan):
        verdict, _ = judged(newer, explained(known), policy)
        harmless = kind is TraceKind.CLOCK_FILE or (policy is lan and kind.value in every_start)
        assert verdict is (Verdict.OFFLINE if harmless else Verdict.ONLINE), policy


def test_fewer_traces_than_were_explained_are_still_explained():
    assert judged(replace(LEASE, count=1, newest=5), explained(LEASE))[0] is Verdict.OFFLINE


@pytest.mark.parametrize("mark", ["last_report", "baseline"])
def test_offline_row_66_a_clock_set_back_is_online(mark):
    known = {"last_report": NOW, "baseline": 0}[mark]
    baseline = commissioned(made_at=NOW if mark == "baseline" else 1)
    for seconds, verdict in ((-90, Verdict.OFFLINE), (-300, Verdict.ONLINE), (9, Verdict.OFFLINE)):
        facts = clean_snapshot(
            clock=ClockFacts(known_until=known), taken_at_ns=(NOW + seconds) * 1_000_000_000
        )
        report = judge(facts, AIR_GAPPED, baseline)
        assert report.verdict is verdict, seconds
        found = [one.subject for one in report.evidence if one.code == "hist.clock_set_back"]
        assert found == ([mark] if verdict is Verdict.ONLINE else [])


def test_offline_row_66_on_a_tree_a_new_lease_file_since_commissioning(tmp_path):
    written(tmp_path, {"etc/wireguard/wg0.conf": "x"})
    history = History(tmp_path)
    (known,) = history.read(seconds=5.0)
    baseline = explained(known)
    assert judged(known, baseline)[0] is Verdict.OFFLINE
    written(tmp_path, {"var/lib/NetworkManager/internal-a-usb0.lease": "ADDRESS=192.168.42.7\n"})
    report = judge(clean_snapshot(history=history.read(seconds=5.0)), AIR_GAPPED, baseline)
    assert report.verdict is Verdict.ONLINE
    assert report.codes(Severity.BLOCK) == ("hist.new_since_baseline",)


@pytest.mark.parametrize("fault", BaselineFault)
@pytest.mark.parametrize("policy", [AIR_GAPPED, LAN])
def test_offline_row_67_without_a_baseline_nothing_is_better_than_unknown(fault, policy):
    for history in ((), (LEASE,)):
        report = judge(clean_snapshot(history=history), policy, fault)
        assert report.verdict is Verdict.UNKNOWN
        assert fault.value in report.codes(Severity.UNVERIFIED)


@pytest.mark.parametrize(
    "other", [{"machine_id": "n"}, {"product_serial": "S2"}, {"machine_id": ""}]
)
def test_offline_row_67_the_baseline_of_another_machine_is_none(other):
    facts = clean_snapshot(product_serial="S1")
    mine = commissioned(product_serial="S1")
    assert judge(facts, AIR_GAPPED, mine).verdict is Verdict.OFFLINE
    report = judge(facts, AIR_GAPPED, replace(mine, **other))
    assert report.verdict is Verdict.UNKNOWN
    assert report.codes(Severity.UNVERIFIED) == ("baseline.other_machine",)


def test_a_host_without_a_name_of_its_own_has_no_baseline():
    report = judge(clean_snapshot(machine_id=""), AIR_GAPPED, commissioned(machine_id=""))
    assert report.verdict is Verdict.UNKNOWN


def test_in_a_rehearsal_an_unexplained_past_is_told_and_no_more():
    report = judge(clean_snapshot(history=(LEASE,)), REHEARSAL)
    (found,) = [one for one in report.evidence if one.code == "hist.uncompared"]
    assert (report.verdict, found.would_be) == (Verdict.OFFLINE, Severity.UNVERIFIED)
    assert judged(LEASE, commissioned(), REHEARSAL)[0] is Verdict.ONLINE

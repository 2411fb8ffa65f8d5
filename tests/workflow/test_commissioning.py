# SPDX-License-Identifier: Apache-2.0
"""Commissioning: all shown, all explained, signed only where the host is OFFLINE from then on."""

from dataclasses import replace

import pytest

from bmnn_mark.config import Config
from bmnn_mark.errors import HostOnline, HostUnknown, UsageRefused
from bmnn_mark.printing.baseline import BaselineFault
from bmnn_mark.printing.baseline_file import former_sha256, read_baseline
from bmnn_mark.printing.evidence.clock_mark import read_clock
from bmnn_mark.printing.facts import (
    ClockFacts,
    CollectorResult,
    CollectorState,
    HistoryTrace,
    TraceKind,
)
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL, AllowedLink, Policy, PolicyName, Verdict
from bmnn_mark.workflow import commissioning
from bmnn_mark.workflow.commissioning import (
    chosen_policy,
    commission,
    demand_commissionable,
    explanations,
    survey,
    survey_host,
)
from bmnn_mark.workflow.office import office_for
from tests.printing.parts import CARD, EXAMPLES, LOOPBACK, clean_snapshot, commissioned

NOW = 1_700_000_000
LEASE = HistoryTrace(kind=TraceKind.DHCP_LEASE, place="var/lib/dhcp/a.leases", count=1, newest=9)
LISTS = HistoryTrace(kind=TraceKind.PACKAGE_LISTS, place="var/lib/apt/lists", count=6, newest=9)
WEAK = HistoryTrace(kind=TraceKind.CLOCK_FILE, place="var/lib/systemd/timesync/clock", count=1)
MAC, BUS = "02:00:00:00:00:01", "pci0000:00/0000:00:03.0"
LAN = Policy(
    name=PolicyName.INDEPENDENT_LAN,
    allowed_links=(AllowedLink(permanent_mac=MAC, bus_path=BUS),),
    allowed_nets=("10.1.0.0/24",),
)


def host(**changes):
    return clean_snapshot(taken_at_ns=NOW * 1_000_000_000, **changes)


@pytest.fixture
def office(tmp_path):
    place = GuardPlace.below(tmp_path / "guard")
    place.pins.mkdir(mode=0o700, parents=True)
    return replace(office_for(Config(data_folder=str(tmp_path / "data")), None), guard=place)


def sign(office, snapshot, words, policy=AIR_GAPPED):
    seen = survey(snapshot, policy, read_baseline(office.guard))
    return commission(office, seen, explanations(words, seen), actor="An")


def test_a_clean_host_is_commissioned_and_offline_from_then_on(office):
    snapshot = host(product_serial="S1")
    seen = survey(snapshot, AIR_GAPPED, BaselineFault.MISSING)
    assert (seen.report.verdict, seen.questions, seen.obstacles) == (Verdict.UNKNOWN, (), ())
    signed = commission(office, seen, {}, actor="An")
    assert read_baseline(office.guard) == signed.baseline
    assert (signed.baseline.number, signed.baseline.made_by, signed.baseline.made_at) == (
        1, "An", NOW,
    )  # fmt: skip
    assert (signed.baseline.product_serial, signed.baseline.former) == ("S1", "")
    assert signed.baseline.snapshot_sha256 == snapshot.sha256()
    assert judge(snapshot, AIR_GAPPED, signed.baseline).verdict is Verdict.OFFLINE
    assert read_clock(office.guard.state).known_until == NOW


def test_every_trace_is_asked_about_and_signed_with_its_explanation(office):
    snapshot = host(history=(LEASE, LISTS, WEAK))
    seen = survey(snapshot, AIR_GAPPED, BaselineFault.MISSING)
    assert [one.trace for one in seen.questions] == [LEASE, LISTS]
    given = {
        "hist.dhcp_lease": "cấp khi cài đặt",
        "hist.package_lists@var/lib/apt/lists": "  cài qua mạng  ",
    }
    signed = commission(office, seen, explanations(given, seen), actor="An")
    assert [one.explanation for one in signed.baseline.history] == [
        "cấp khi cài đặt", "cài qua mạng",
    ]  # fmt: skip
    assert judge(snapshot, AIR_GAPPED, signed.baseline).verdict is Verdict.OFFLINE


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "host.unexplained"),
        ({"hist.dhcp_lease": "x"}, "host.unexplained"),
        ({"hist.vpn": "x"}, "host.explains_nothing"),
        ({"hist.dhcp_lease@elsewhere": "x"}, "host.explains_nothing"),
        ({"hist.dhcp_lease": " "}, "input.empty"),
        ({"hist.dhcp_lease": "a\x1b[2Jb"}, "input.control_character"),
    ],
)
def test_an_explanation_that_is_missing_or_of_nothing_is_refused(given, code):
    seen = survey(host(history=(LEASE, LISTS)), AIR_GAPPED, BaselineFault.MISSING)
    with pytest.raises(UsageRefused) as refusal:
        explanations(given, seen)
    assert refusal.value.code == code


def test_nothing_is_signed_without_every_explanation(office):
    seen = survey(host(history=(LEASE,)), AIR_GAPPED, BaselineFault.MISSING)
    with pytest.raises(UsageRefused):
        commission(office, seen, {LISTS: "x"}, actor="An")
    assert read_baseline(office.guard) is BaselineFault.MISSING


def test_one_place_is_explained_apart_from_its_kind():
    other = replace(LEASE, place="var/lib/dhcp/b.leases")
    seen = survey(host(history=(LEASE, other)), AIR_GAPPED, BaselineFault.MISSING)
    given = {"hist.dhcp_lease": "all", f"hist.dhcp_lease@{other.place}": "this one"}
    assert explanations(given, seen) == {LEASE: "all", other: "this one"}


def test_what_was_explained_before_and_did_not_change_need_not_be_explained_again(office):
    first = sign(office, host(history=(LEASE,)), {"hist.dhcp_lease": "cũ"})
    newer = replace(LISTS, count=7)
    again = host(history=(LEASE, newer))
    seen = survey(again, AIR_GAPPED, read_baseline(office.guard))
    assert seen.report.verdict is Verdict.ONLINE
    assert {one.trace: one.said for one in seen.questions} == {LEASE: "cũ", newer: ""}
    digest = former_sha256(office.guard)
    signed = sign(office, again, {"hist.package_lists": "mới"})
    assert (signed.baseline.number, signed.baseline.former) == (2, digest)
    assert [one.explanation for one in signed.baseline.history] == ["cũ", "mới"]
    assert signed.fingerprint == first.fingerprint
    grown = survey(host(history=(replace(LEASE, newest=99),)), AIR_GAPPED, signed.baseline)
    assert [one.said for one in grown.questions] == [""]


def test_another_machines_explanations_are_not_taken_over():
    other = commissioned(machine_id="other", history=())
    seen = survey(host(history=(LEASE,)), AIR_GAPPED, other)
    assert [one.said for one in seen.questions] == [""]


REFUSING = sorted(set(EXAMPLES) - {"history", "clock", "rules", "resolvers", "storage"})


@pytest.mark.parametrize("part", [one for one in REFUSING if not EXAMPLES[one].warning])
def test_a_host_that_would_not_be_offline_is_not_commissioned(office, part):
    seen = survey(host(**{part: EXAMPLES[part].refusing}), AIR_GAPPED, BaselineFault.MISSING)
    with pytest.raises((HostOnline, HostUnknown)) as refusal:
        commission(office, seen, {}, actor="An")
    assert refusal.value.code == "host.not_commissionable"
    assert {one.code for one in seen.obstacles} == set(refusal.value.detail["reasons"].split(", "))
    assert read_baseline(office.guard) is BaselineFault.MISSING


def test_every_reason_is_named_and_online_is_the_harder_word():
    snapshot = host(
        links=(LOOPBACK, replace(CARD, flags=0x10043)),
        environment=EXAMPLES["environment"].refusing,
    )
    with pytest.raises(HostOnline) as refusal:
        demand_commissionable(survey(snapshot, AIR_GAPPED, BaselineFault.MISSING))
    assert {"env.virtual_machine", "link.up"} <= set(refusal.value.detail["reasons"].split(", "))
    alone = survey(
        host(environment=EXAMPLES["environment"].refusing), AIR_GAPPED, BaselineFault.MISSING
    )
    with pytest.raises(HostUnknown):
        demand_commissionable(alone)


@pytest.mark.parametrize("part", sorted(EXAMPLES))
def test_a_part_that_was_not_read_is_never_commissioned(part):
    others = tuple(one for one in clean_snapshot().collectors if one.name != part)
    mine = CollectorResult(name=part, state=CollectorState.PARTIAL, reason="EACCES")
    seen = survey(host(collectors=(*others, mine)), AIR_GAPPED, BaselineFault.MISSING)
    with pytest.raises(HostUnknown):
        demand_commissionable(seen)


def test_a_clock_set_back_is_explained_and_then_begins_anew(office):
    back = host(clock=ClockFacts(known_until=NOW + 86_400))
    seen = survey(back, AIR_GAPPED, BaselineFault.MISSING)
    assert [one.code for one in seen.questions] == ["hist.clock_set_back"]
    signed = sign(office, back, {"hist.clock_set_back": "pin đồng hồ hỏng, đã chỉnh đúng giờ"})
    assert read_clock(office.guard.state).known_until == NOW
    later = host(clock=read_clock(office.guard.state))
    assert judge(later, AIR_GAPPED, signed.baseline).verdict is Verdict.OFFLINE


def test_a_clock_before_the_former_baseline_is_explained_too(office):
    sign(office, host(), {})
    early = clean_snapshot(taken_at_ns=(NOW - 86_400) * 1_000_000_000)
    signed = sign(office, early, {"hist.clock_set_back@baseline": "chỉnh lại đồng hồ"})
    assert judge(early, AIR_GAPPED, signed.baseline).verdict is Verdict.OFFLINE


def test_a_broken_baseline_is_kept_and_followed(office):
    sign(office, host(), {})
    sign(office, host(), {})
    office.guard.baseline.write_bytes(b"broken")
    signed = sign(office, host(), {})
    assert signed.baseline.number == 3
    assert office.guard.baseline.with_name("baseline-2.json").read_bytes() == b"broken"
    assert read_baseline(office.guard) == signed.baseline


def test_a_removed_baseline_does_not_begin_the_count_anew(office):
    sign(office, host(), {})
    sign(office, host(), {})
    office.guard.baseline.unlink()
    assert sign(office, host(), {}).baseline.number == 2


def test_a_lan_is_commissioned_with_its_lists(office):
    link = replace(CARD, flags=0x10043, permanent_mac=MAC, bus_path=BUS, carrier_up_count=1)
    names = ("lo", "e0")
    snapshot = host(links=(LOOPBACK, link))
    own = replace(snapshot.namespace, own_links=names, host_links=names, sysfs_links=names)
    snapshot = replace(snapshot, namespace=own)
    with pytest.raises(HostOnline):
        demand_commissionable(survey(snapshot, AIR_GAPPED, BaselineFault.MISSING))
    signed = sign(office, snapshot, {}, LAN)
    assert signed.baseline.policy == LAN
    assert [(one.bus, one.mac, one.place) for one in signed.baseline.devices] == [("net", MAC, BUS)]
    assert judge(snapshot, LAN, signed.baseline).verdict is Verdict.OFFLINE


# What the administrator chooses.


def test_the_configuration_proposes_and_the_options_decide(tmp_path):
    lan = Config(data_folder=str(tmp_path), policy="independent-lan", lan_nets=("10.9.0.0/16",))
    office = office_for(lan, None)
    assert chosen_policy(office, None, (), ()).allowed_nets == ("10.9.0.0/16",)
    assert chosen_policy(office, "air-gapped", (), ()) == AIR_GAPPED
    chosen = chosen_policy(office, None, (f"{MAC.upper()}@{BUS}",), ("10.1.0.0/24",))
    assert chosen == LAN


@pytest.mark.parametrize(
    ("name", "cards", "nets", "code"),
    [
        ("air-gapped", (f"{MAC}@{BUS}",), (), "host.lists_need_lan"),
        (None, (), ("10.1.0.0/24",), "host.lists_need_lan"),
        ("independent-lan", ("eth0",), (), "host.card_form"),
        ("independent-lan", (f"{MAC}@",), (), "host.card_form"),
        ("independent-lan", (f"02:00@{BUS}",), (), "host.card_form"),
        ("independent-lan", (), ("10.1.0.5/24",), "host.net_form"),
        ("independent-lan", (), ("mang noi bo",), "host.net_form"),
        ("independent-lan", (), ("10.1.0.0/24", "0.0.0.0/0"), "host.net_form"),
        ("independent-lan", (), ("8000::/1",), "host.net_form"),
    ],
)
def test_a_choice_that_means_nothing_is_refused(office, name, cards, nets, code):
    with pytest.raises(UsageRefused) as refusal:
        chosen_policy(office, name, cards, nets)
    assert refusal.value.code == code


def test_a_configured_subnet_that_is_none_is_refused(tmp_path):
    config = Config(data_folder=str(tmp_path), policy="independent-lan", lan_nets=("all",))
    with pytest.raises(UsageRefused) as refusal:
        chosen_policy(office_for(config, None), None, (), ())
    assert refusal.value.code == "host.net_form"


def test_only_root_commissions_and_never_for_rehearsals(office, monkeypatch):
    with pytest.raises(UsageRefused) as refusal:
        survey_host(office, REHEARSAL)
    assert refusal.value.code == "host.policy_rehearsal"
    seen = survey(host(), AIR_GAPPED, BaselineFault.MISSING)
    monkeypatch.setattr(commissioning.os, "geteuid", lambda: 1000)
    with pytest.raises(HostUnknown) as refusal:
        survey_host(office, AIR_GAPPED)
    assert refusal.value.code == "host.needs_root"
    with pytest.raises(HostUnknown):
        commission(office, seen, {}, actor="An")


def test_this_very_host_is_looked_at_and_refused(office):
    seen = survey_host(office, AIR_GAPPED)  # what runs the tests is a virtual machine or online
    assert seen.obstacles
    with pytest.raises((HostOnline, HostUnknown)):
        commission(office, seen, {one.trace: "x" for one in seen.questions}, actor="An")

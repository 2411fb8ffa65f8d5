# SPDX-License-Identifier: Apache-2.0
"""Doubt never permits: properties of the judge over generated snapshots of every kind of fact."""

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bmnn_mark.printing.facts import CollectorState
from bmnn_mark.printing.judge import MANDATORY, judge
from bmnn_mark.printing.model import AIR_GAPPED, Moment, Verdict
from tests.printing.generated import (
    baselines,
    few_parts,
    policies,
    snapshots,
    with_more,
)
from tests.printing.parts import clean_snapshot, commissioned

HARDNESS = [Verdict.OFFLINE, Verdict.UNKNOWN, Verdict.ONLINE]
NOW = Moment(boot_id="b", boottime_ns=2)
ENDS = (CollectorState.FAILED, CollectorState.PARTIAL, None)


def hardness(report):
    return HARDNESS.index(report.verdict)


@settings(max_examples=250, deadline=None)
@given(snapshot=snapshots, more=few_parts, policy=policies, baseline=baselines)
def test_more_evidence_never_softens_a_verdict(snapshot, more, policy, baseline):
    before = judge(snapshot, policy, baseline)
    after = judge(with_more(snapshot, more), policy, baseline)
    assert hardness(after) >= hardness(before)
    if not before.permits_printing(NOW):
        assert not after.permits_printing(NOW)


@settings(max_examples=150, deadline=None)
@given(
    snapshot=snapshots,
    lost=st.dictionaries(st.sampled_from(MANDATORY), st.sampled_from(ENDS), min_size=1),
    dropped=st.booleans(),
    policy=policies,
    baseline=baselines,
)
def test_a_failing_collector_never_permits(snapshot, lost, dropped, policy, baseline):
    before = judge(snapshot, policy, baseline)
    ended = tuple(
        replace(one, state=lost.get(one.name, one.state))
        for one in snapshot.collectors
        if lost.get(one.name, one.state) is not None
    )
    facts = dict.fromkeys(lost) if dropped else {}
    after = judge(replace(snapshot, collectors=ended, **facts), policy, baseline)
    assert not after.permits_printing(NOW)
    if not dropped:  # what was read in part is judged all the same
        assert hardness(after) >= hardness(before)


@settings(max_examples=150, deadline=None)
@given(snapshot=snapshots, more=few_parts, lost=st.sampled_from(MANDATORY), policy=policies)
def test_evidence_that_comes_while_a_collector_fails_never_permits(snapshot, more, lost, policy):
    ended = tuple(
        replace(one, state=CollectorState.FAILED) if one.name == lost else one
        for one in snapshot.collectors
    )
    facts = replace(with_more(snapshot, more), collectors=ended)
    assert not judge(facts, policy, commissioned()).permits_printing(NOW)


@settings(max_examples=100, deadline=None)
@given(snapshot=snapshots, baseline=baselines)
def test_only_the_two_softer_policies_permit_what_the_air_gapped_one_refuses(snapshot, baseline):
    """And whatever is found names a check, with a severity of that policy."""
    report = judge(snapshot, AIR_GAPPED, baseline)
    assert all(one.would_be is None for one in report.evidence)
    assert (report.verdict is Verdict.OFFLINE) == report.permits_printing(NOW)


@example(age_ns=0, boot_id="b")
@given(age_ns=st.integers(-10, 6_000_000_000), boot_id=st.sampled_from(["b", "", "c"]))
def test_a_report_speaks_for_one_boot_and_five_seconds(age_ns, boot_id):
    report = judge(clean_snapshot(boottime_ns=1_000), AIR_GAPPED, commissioned())
    assert report.verdict is Verdict.OFFLINE
    now = Moment(boot_id=boot_id, boottime_ns=1_000 + age_ns)
    assert report.permits_printing(now) == (boot_id == "b" and 0 <= age_ns <= 5_000_000_000)
    unnamed = judge(clean_snapshot(boot_id="", boottime_ns=1_000), AIR_GAPPED, commissioned())
    assert not unnamed.permits_printing(Moment(boot_id="", boottime_ns=1_000))

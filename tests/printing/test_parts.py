# SPDX-License-Identifier: Apache-2.0
"""No kind of evidence can be forgotten: each has a field, a collector, rules and examples."""

from dataclasses import replace

import pytest

from bmnn_mark.printing.evidence.collecting import every_collector
from bmnn_mark.printing.facts import CollectorResult, CollectorState
from bmnn_mark.printing.judge import MANDATORY, judge
from bmnn_mark.printing.judging.rules import RULES
from bmnn_mark.printing.model import AIR_GAPPED, PolicyName, Severity, Verdict
from tests.printing.parts import EXAMPLES, clean_snapshot, commissioned


def test_every_part_of_a_snapshot_has_a_collector_rules_and_examples():
    assert set(every_collector()) == set(RULES) == set(EXAMPLES) == set(MANDATORY)


@pytest.mark.parametrize("part", MANDATORY)
def test_the_rules_of_every_part_bite(part):
    example = EXAMPLES[part]
    facts = clean_snapshot(**{part: example.refusing})
    if part == "links":
        names = tuple(one.name for one in example.refusing)
        seen = replace(facts.namespace, own_links=names, host_links=names, sysfs_links=names)
        facts = replace(facts, namespace=seen)
    report = judge(facts, AIR_GAPPED, commissioned())
    if example.warning:
        assert example.warning in report.codes(Severity.WARN)
    else:
        assert report.verdict is not Verdict.OFFLINE


@pytest.mark.parametrize("policy", PolicyName)
@pytest.mark.parametrize("part", MANDATORY)
@pytest.mark.parametrize("state", [None, *CollectorState])
def test_a_part_without_facts_never_permits(part, state, policy):
    others = tuple(one for one in clean_snapshot().collectors if one.name != part)
    mine = () if state is None else (CollectorResult(name=part, state=state, reason="EIO"),)
    facts = clean_snapshot(collectors=(*others, *mine), **{part: None})
    report = judge(facts, replace(AIR_GAPPED, name=policy), commissioned())
    assert report.verdict is Verdict.UNKNOWN
    codes = {one.code for one in report.evidence if one.subject == part}
    expected = {
        None: "collector.missing",
        CollectorState.PARTIAL: "collector.partial",
        CollectorState.FAILED: "collector.failed",
        CollectorState.OK: "collector.failed",
    }[state]
    assert codes == {expected}

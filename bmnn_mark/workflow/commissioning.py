# SPDX-License-Identifier: Apache-2.0
"""Commissioning the host: root looks at it, explains its past, chooses a policy and signs.

Only a host is commissioned that would be OFFLINE from then on. Traces of former connections are
the one thing that an explanation settles: each is told in words, and signed with them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bmnn_mark.errors import HostOnline, HostUnknown, UsageRefused
from bmnn_mark.printing.baseline import (
    Baseline,
    BaselineFault,
    BaselineReading,
    ExplainedTrace,
)
from bmnn_mark.printing.baseline_file import (
    former_sha256,
    kept_baselines,
    read_baseline,
    write_baseline,
)
from bmnn_mark.printing.evidence.clock_mark import set_clock_mark
from bmnn_mark.printing.evidence.collecting import THIS_HOST
from bmnn_mark.printing.facts import ClockFacts, HistoryTrace, Snapshot, TraceKind
from bmnn_mark.printing.guard.place import SYSTEM
from bmnn_mark.printing.inventory import known_devices, known_storage
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.judging.history import WEAK
from bmnn_mark.printing.model import (
    AIR_GAPPED,
    REHEARSAL,
    AllowedLink,
    Evidence,
    OfflineReport,
    Policy,
    PolicyName,
    Severity,
    Verdict,
)
from bmnn_mark.text import one_line
from bmnn_mark.workflow.hosting import demand_nets, is_rehearsal, look, proposed_policy
from bmnn_mark.workflow.office import Office

_CODE = "hist."
_CARD = re.compile(r"((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})@([0-9A-Za-z._:/-]{1,200})")
_SECOND_NS = 1_000_000_000
_HARD = frozenset({Severity.BLOCK, Severity.UNVERIFIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A trace that the administrator explains; ``said`` is the explanation given before, if any."""

    trace: HistoryTrace
    said: str = ""

    @property
    def code(self) -> str:
        """What it is named by on the command line: ``hist.dhcp_lease``."""
        return f"{_CODE}{self.trace.kind.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the administrator is shown before anything is signed.

    Attributes:
        snapshot: the facts.
        policy: what the host shall be judged by.
        report: how it is judged by that now, compared with the former baseline.
        former: that baseline, or why there is none.
        questions: every trace of a network, to be explained.
        obstacles: findings that keep the host from being OFFLINE even once commissioned.
    """

    snapshot: Snapshot
    policy: Policy
    report: OfflineReport
    former: BaselineReading
    questions: tuple[Question, ...]
    obstacles: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commissioned:
    """What was signed, and by which key: SHA-256 of the public one."""

    baseline: Baseline
    fingerprint: str
    path: Path


def chosen_policy(
    office: Office, name: str | None, untrusted_cards: Sequence[str], untrusted_nets: Sequence[str]
) -> Policy:
    """The policy that the administrator asks for; what is not said, the configuration proposes.

    Args:
        office: has the configuration.
        name: ``air-gapped`` or ``independent-lan``; None as proposed.
        untrusted_cards: each ``<permanent MAC>@<place below /sys/devices>``.
        untrusted_nets: each as ``10.1.0.0/24``.

    Raises:
        UsageRefused: ``host.card_form``, ``host.net_form``, ``host.lists_need_lan``.
    """
    proposed = proposed_policy(office)
    chosen = Policy(
        name=PolicyName(name) if name else proposed.name,
        allowed_links=tuple(_card(one) for one in untrusted_cards) or proposed.allowed_links,
        allowed_nets=tuple(untrusted_nets) or proposed.allowed_nets,
    )
    if chosen.name is PolicyName.AIR_GAPPED:
        if untrusted_cards or untrusted_nets:
            raise UsageRefused("host.lists_need_lan")
        return AIR_GAPPED
    demand_nets(chosen.allowed_nets)
    return chosen


def _card(untrusted_text: str) -> AllowedLink:
    found = _CARD.fullmatch(untrusted_text.strip())
    if found is None:
        raise UsageRefused("host.card_form")
    return AllowedLink(permanent_mac=found[1].lower(), bus_path=found[2])


def survey_host(office: Office, policy: Policy) -> Survey:
    """Look at the host as it would be commissioned now.

    Args:
        office: says where the guard keeps the baseline.
        policy: what the host shall be judged by.

    Raises:
        HostUnknown: ``host.needs_root``.
        UsageRefused: ``host.policy_rehearsal``.
    """
    if os.geteuid() != 0:
        raise HostUnknown("host.needs_root")
    if policy.name is PolicyName.REHEARSAL:
        raise UsageRefused("host.policy_rehearsal")
    snapshot = look(replace(THIS_HOST, state=office.guard.state))
    judged_by = REHEARSAL if _trains(office) else policy
    return survey(snapshot, policy, read_baseline(office.guard), judged_by=judged_by)


def _trains(office: Office) -> bool:
    """Whether this is a private print room of rehearsals; the system's guard never is one."""
    return office.guard != SYSTEM and is_rehearsal(office)


def survey(
    snapshot: Snapshot, policy: Policy, former: BaselineReading, *, judged_by: Policy | None = None
) -> Survey:
    """What there is to explain, and what stands in the way.

    Args:
        snapshot: the facts.
        policy: what the host shall be judged by.
        former: the baseline that is there.
        judged_by: what it is judged by for this; None for ``policy`` itself.
    """
    by = judged_by or policy
    questions = tuple(_questions(snapshot, former))
    trial = _baseline(snapshot, policy, questions, {}, number=1, by="", former="")
    settled = replace(snapshot, clock=snapshot.clock and ClockFacts(known_until=0))
    outcome = judge(settled, by, trial)
    return Survey(
        snapshot=snapshot,
        policy=policy,
        report=judge(snapshot, by, former),
        former=former,
        questions=questions,
        obstacles=tuple(one for one in outcome.evidence if one.severity in _HARD),
    )


def _questions(snapshot: Snapshot, former: BaselineReading) -> Iterator[Question]:
    said = {}
    if isinstance(former, Baseline) and former.machine_id == snapshot.machine_id:
        said = {(one.kind, one.place): one for one in former.history}
    for trace in (*(snapshot.history or ()), *_clock(snapshot, former)):
        if trace.kind in WEAK:
            continue
        known = said.get((trace.kind, trace.place))
        same = known is not None and trace.count <= known.count and trace.newest <= known.newest
        yield Question(trace=trace, said=known.explanation if known and same else "")


def _clock(snapshot: Snapshot, former: BaselineReading) -> Iterator[HistoryTrace]:
    """That the clock was set back, as something to be explained."""
    report = judge(snapshot, Policy(name=PolicyName.AIR_GAPPED), former)
    for one in report.evidence:
        if one.code == "hist.clock_set_back":
            yield HistoryTrace(
                kind=TraceKind.CLOCK_SET_BACK,
                place=one.subject,
                count=1,
                newest=snapshot.taken_at_ns // _SECOND_NS,
            )


def explanations(untrusted_words: Mapping[str, str], survey: Survey) -> dict[HistoryTrace, str]:
    """Each question's explanation: given for ``hist.kind@place``, for ``hist.kind``, or before.

    Args:
        untrusted_words: explanations by these names.
        survey: what was asked.

    Raises:
        UsageRefused: ``host.explains_nothing``, ``host.unexplained``, ``input.*``.
    """
    given = {name: one_line("--explain", text) for name, text in untrusted_words.items()}
    names = {one.code for one in survey.questions}
    names |= {f"{one.code}@{one.trace.place}" for one in survey.questions}
    for name in given:
        if name not in names:
            known = name.partition("@")[0]
            raise UsageRefused(
                "host.explains_nothing", name=known if re.fullmatch(r"[a-z_.]{1,40}", known) else ""
            )
    found = {}
    for one in survey.questions:
        text = given.get(f"{one.code}@{one.trace.place}") or given.get(one.code) or one.said
        if text:
            found[one.trace] = text
    missing = [one for one in survey.questions if one.trace not in found]
    if missing:
        raise UsageRefused("host.unexplained", many=len(missing), name=missing[0].code)
    return found


def commission(
    office: Office, survey: Survey, explained: Mapping[HistoryTrace, str], *, actor: str
) -> Commissioned:
    """Sign what was shown. The guard tells its journal, as soon as it runs.

    Args:
        office: says where the guard keeps the baseline.
        survey: what was shown.
        explained: an explanation of every trace that was asked about.
        actor: the administrator.

    Raises:
        HostOnline, HostUnknown: ``host.not_commissionable`` with every reason; ``host.needs_root``.
        UsageRefused: ``host.unexplained``.
        Fault: ``fault.folder``.
    """
    if os.geteuid() != 0:
        raise HostUnknown("host.needs_root")
    demand_commissionable(survey)
    missing = [one for one in survey.questions if not explained.get(one.trace)]
    if missing:
        raise UsageRefused("host.unexplained", many=len(missing), name=missing[0].code)
    baseline = _baseline(
        survey.snapshot,
        survey.policy,
        survey.questions,
        explained,
        number=_next_number(office, survey.former),
        by=actor,
        former=former_sha256(office.guard),
    )
    fingerprint = write_baseline(baseline, office.guard)
    set_clock_mark(office.guard.state, baseline.made_at)
    return Commissioned(baseline=baseline, fingerprint=fingerprint, path=office.guard.baseline)


def demand_commissionable(survey: Survey) -> None:
    """Refuse a host that would not be OFFLINE even with its past explained.

    Raises:
        HostOnline, HostUnknown: ``host.not_commissionable``.
    """
    if not survey.obstacles:
        return
    online = any(one.severity is Severity.BLOCK for one in survey.obstacles)
    kind = HostOnline if online else HostUnknown
    reasons = ", ".join(sorted({one.code for one in survey.obstacles}))
    raise kind(
        "host.not_commissionable",
        reasons=reasons,
        verdict=(Verdict.ONLINE if online else Verdict.UNKNOWN).value,
    )


def _next_number(office: Office, former: BaselineReading) -> int:
    if isinstance(former, Baseline):
        return former.number + 1
    newest = max(kept_baselines(office.guard), default=0)
    return newest + (1 if former is BaselineFault.MISSING else 2)


def _baseline(
    snapshot: Snapshot,
    policy: Policy,
    questions: tuple[Question, ...],
    explained: Mapping[HistoryTrace, str],
    *,
    number: int,
    by: str,
    former: str,
) -> Baseline:
    return Baseline(
        machine_id=snapshot.machine_id,
        product_serial=snapshot.product_serial,
        number=number,
        made_at=snapshot.taken_at_ns // _SECOND_NS,
        made_by=by,
        snapshot_sha256=snapshot.sha256(),
        policy=policy,
        devices=known_devices(snapshot),
        storage=known_storage(snapshot),
        history=tuple(
            ExplainedTrace(
                kind=one.trace.kind,
                place=one.trace.place,
                count=one.trace.count,
                newest=one.trace.newest,
                explanation=explained.get(one.trace, ""),
            )
            for one in questions
        ),
        former=former,
    )

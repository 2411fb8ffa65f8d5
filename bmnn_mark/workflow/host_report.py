# SPDX-License-Identifier: Apache-2.0
"""The self-inspection's list of this computer, read, judged and written as a paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.i18n import Lang, words
from bmnn_mark.printing.baseline import Baseline
from bmnn_mark.printing.baseline_file import read_baseline
from bmnn_mark.printing.evidence.antimalware import Antimalware, read_antimalware
from bmnn_mark.printing.evidence.installed import read_applications, read_machine, read_packages
from bmnn_mark.printing.facts import Link, Snapshot
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.inventory import seen_devices
from bmnn_mark.printing.model import OfflineReport, Severity
from bmnn_mark.printing.printer.record import EnrolledPrinter, enrolled
from bmnn_mark.reports.host import Finding, HostSheet, Line, Thing
from bmnn_mark.reports.paper import Letterhead
from bmnn_mark.reports.writing import WrittenPaper, check_paper_target, write_paper
from bmnn_mark.text import one_line, shown
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.hosting import is_rehearsal, judge_host
from bmnn_mark.workflow.office import Office

_ROOT = Path("/")
_HARDNESS = tuple(reversed(Severity))
_UP, _LOWER_UP, _LOOPBACK = 0x1, 0x10000, 0x8
_SUBJECTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HostUse:
    """What no file of the computer says.

    Attributes:
        actor: who makes the list, and says this.
        user: who was given the computer; empty leaves room for the hand.
        use: what it is used for; likewise.
    """

    actor: str
    user: str = ""
    use: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReport:
    """The paper, and the judgement that it states."""

    paper: WrittenPaper
    report: OfflineReport


def write_host_report(
    office: Office,
    target: Path,
    told: HostUse,
    *,
    direct: bool = False,
    overwrite: bool = False,
    lang: Lang = Lang.VI,
    on_progress: OnProgress = ignore_progress,
) -> HostReport:
    """Read what there is, judge the host, and write both as a paper.

    Args:
        office: has the agency, the guard and the printer.
        target: the file; the end of its name decides the kind.
        told: what only people know.
        direct: do not ask the guard.
        overwrite: replace a file of that name.
        lang: language of the paper.
        on_progress: called while the paper is converted.

    Raises:
        UsageRefused: ``reports.kind_unknown``, ``input.*``.
        HostUnknown: the guard is there and cannot be relied on.
        DocumentRefused: ``output.*``, ``conversion.*``.
    """
    check_paper_target(target, overwrite=overwrite)
    told = HostUse(
        actor=told.actor,
        user=one_line("--user", told.user) if told.user.strip() else "",
        use=one_line("--use", told.use) if told.use.strip() else "",
    )
    looked = judge_host(office, direct=direct)
    sheet = _Words(lang).sheet(office, looked.snapshot, looked.report, told)
    written = write_paper(
        sheet.paper(),
        target,
        rehearsal=is_rehearsal(office),
        overwrite=overwrite,
        limits=office.limits,
        on_progress=on_progress,
    )
    return HostReport(paper=written, report=looked.report)


def _permitted(office: Office) -> EnrolledPrinter | None:
    """The permitted printer: the guard tells, and root may read."""
    try:
        with GuardLine(office.guard) as guard:
            return guard.printer()
    except PrinterRefused:
        try:
            return enrolled(office.guard.pins)
        except PrinterRefused:
            return None


class _Words:
    """The parts of the list in one language."""

    def __init__(self, lang: Lang) -> None:
        self._lang = lang

    def sheet(
        self, office: Office, snapshot: Snapshot, report: OfflineReport, told: HostUse
    ) -> HostSheet:
        packages = read_packages(_ROOT)
        programs = read_applications(_ROOT, packages, self._lang)
        stated = [
            Line(what=one.what, value=one.value, source=_place(one.source))
            for one in read_machine(_ROOT)
        ]
        said = self._say("source.said", actor=told.actor)
        return HostSheet(
            head=Letterhead(agency=office.config.agency, on=office.today()),
            lang=self._lang,
            machine=(
                *stated,
                Line(what="user", value=told.user, source=said if told.user else ""),
                Line(what="use", value=told.use, source=said if told.use else ""),
                Line(
                    what="packages",
                    value=str(len(packages)) if packages else "",
                    source="/var/lib/dpkg/status",
                ),
            ),
            applications=tuple(
                Thing(name=one.name, more=one.version, source=_place(one.source))
                for one in programs
            ),
            antimalware=tuple(self._antimalware(one) for one in read_antimalware(_ROOT, packages)),
            network=tuple(self._network(snapshot)),
            storage=tuple(self._storage(snapshot)),
            printer=self._printer(office),
            check=self._check(office, report),
            findings=tuple(self._findings(report)),
            user=told.user,
        )

    def _antimalware(self, one: Antimalware) -> Thing:
        more = ", ".join(filter(None, (one.version, one.signatures)))
        state = self._say("state.running" if one.running else "state.not_running")
        return Thing(
            name=one.name, more=more or self._say("unknown"), state=state, source=one.source
        )

    def _network(self, snapshot: Snapshot) -> Iterator[Thing]:
        """Interfaces, then what carries or may carry a network on the buses, then radios."""
        for link in snapshot.links or ():
            if not link.flags & _LOOPBACK:
                place = link.bus_path or link.kind
                yield Thing(
                    name=self._say("network.interface", name=shown(link.name)),
                    more=", ".join(filter(None, (link.permanent_mac, place))),
                    state=self._say(_state_of(link)),
                    source="rtnetlink",
                )
        for one in seen_devices(snapshot):
            known = one.known_as
            if one.network and known.bus != "net":
                yield Thing(
                    name=f"{known.bus} {known.identity}".strip(),
                    more=known.place,
                    state=self._say("state.driver", driver=known.driver)
                    if known.driver
                    else self._say("state.no_driver"),
                    source=f"/sys/bus/{known.bus}",
                )
        for radio in snapshot.hardware.radios if snapshot.hardware else ():
            blocked = "hard" if radio.hard_blocked else "soft" if radio.soft_blocked else "on"
            yield Thing(
                name=self._say("network.radio", kind=radio.kind.value),
                more=shown(radio.name),
                state=self._say(f"state.radio_{blocked}"),
                source="/sys/class",
            )

    def _storage(self, snapshot: Snapshot) -> Iterator[Thing]:
        for one in snapshot.storage.devices if snapshot.storage else ():
            state = "used" if one.used else "present" if one.medium else "empty"
            yield Thing(
                name=shown(" ".join(filter(None, (one.kind.value, one.identity)))),
                more=shown(one.serial or one.place),
                state=self._say(f"state.storage_{state}"),
                source="/sys/block, /sys/bus/usb",
            )

    def _printer(self, office: Office) -> tuple[Line, ...]:
        record = _permitted(office)
        source = self._say("source.record")
        if record is None:
            value = self._say("printer.none")
            return (Line(what="printer", value=value, source=source),)
        return (
            Line(what="printer", value=shown(record.queue), source=source),
            Line(what="device", value=shown(record.device_uri, limit=200), source=source),
        )

    def _check(self, office: Office, report: OfflineReport) -> tuple[Line, ...]:
        verdict = words(
            f"cli.host.verdict.{report.verdict.value}", self._lang, policy=report.policy.value
        )
        baseline = read_baseline(office.guard)
        facts = (
            ("verdict", f"{report.verdict.value}. {verdict}"),
            ("policy", report.policy.value),
            ("taken", _moment(report.taken_at_ns // 1_000_000_000)),
            ("evidence", report.snapshot_sha256),
            ("boot", report.boot_id),
        )
        lines = [Line(what=what, value=value, source="bmnn-mark") for what, value in facts]
        if isinstance(baseline, Baseline):
            value = self._say(
                "baseline",
                number=baseline.number,
                at=_moment(baseline.made_at),
                by=baseline.made_by,
            )
        else:
            value = words(f"host.{baseline.value}", self._lang)
        return (*lines, Line(what="baseline", value=value, source=str(office.guard.baseline)))

    def _findings(self, report: OfflineReport) -> Iterator[Finding]:
        counts = Counter((one.severity, one.code) for one in report.evidence)
        for severity, code in sorted(counts, key=lambda one: (_HARDNESS.index(one[0]), one[1])):
            subjects = list(
                dict.fromkeys(
                    shown(one.subject)
                    for one in report.evidence
                    if one.code == code and one.subject
                )
            )
            more = [" …"] if len(subjects) > _SUBJECTS else []
            yield Finding(
                severity=words(f"cli.host.severity.{severity.value}", self._lang),
                code=code,
                meaning=words(f"host.{code}", self._lang),
                count=counts[severity, code],
                subjects=", ".join(subjects[:_SUBJECTS]) + "".join(more),
            )

    def _say(self, key: str, /, **blanks: object) -> str:
        return words(f"reports.host.{key}", self._lang, **blanks)


def _place(source: str) -> str:
    return f"/{source}" if "/" in source else source


def _state_of(link: Link) -> str:
    if not link.flags & _UP:
        return "state.down"
    return "state.carrier" if link.flags & _LOWER_UP else "state.no_carrier"


def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

# SPDX-License-Identifier: Apache-2.0
"""What a host is judged by, and what was judged; plain frozen values all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bmnn_mark.errors import Scalar, UsageRefused


class Severity(StrEnum):
    """What a piece of evidence does to the verdict."""

    INFO = "info"
    WARN = "warn"
    UNVERIFIED = "unverified"
    BLOCK = "block"


class Verdict(StrEnum):
    """Whether the host may print; only OFFLINE permits it."""

    OFFLINE = "OFFLINE"
    ONLINE = "ONLINE"
    UNKNOWN = "UNKNOWN"


class PolicyName(StrEnum):
    """The rules a host is judged by."""

    AIR_GAPPED = "air-gapped"
    INDEPENDENT_LAN = "independent-lan"
    REHEARSAL = "rehearsal"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedLink:
    """A network card that an independent LAN may use; a name alone identifies nothing."""

    permanent_mac: str
    """Address burnt into the card, ``aa:bb:cc:dd:ee:ff``."""
    bus_path: str
    """Where the card sits below ``/sys/devices``, as ``pci0000:00/0000:00:03.0``."""

    def __post_init__(self) -> None:
        if not self.permanent_mac or not self.bus_path:
            raise UsageRefused("host.allowed_link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A named policy with what the administrator certified for it.

    Attributes:
        name: which severities hold.
        allowed_links: cards of an independent LAN.
        allowed_nets: its subnets, as ``10.1.0.0/24``.
    """

    name: PolicyName
    allowed_links: tuple[AllowedLink, ...] = ()
    allowed_nets: tuple[str, ...] = ()


AIR_GAPPED = Policy(name=PolicyName.AIR_GAPPED)

#: Handed over by the workflow for a rehearsal register only; no option leads here.
REHEARSAL = Policy(name=PolicyName.REHEARSAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One finding of the judge.

    Attributes:
        code: entry of :data:`bmnn_mark.printing.checks.CHECKS` and of the words catalogue.
        severity: what it does to the verdict under the policy in force.
        source: where the fact was read: ``rtnetlink.link``, ``proc.ns``.
        subject: interface, address or other name of the thing.
        detail: numbers and names only, never content.
        would_be: for a rehearsal, what it would be on a real host, where that is harder.
    """

    code: str
    severity: Severity
    source: str
    subject: str = ""
    detail: dict[str, Scalar] = field(default_factory=dict)
    would_be: Severity | None = None


#: How long a report speaks for the host, in nanoseconds.
VALID_NS = 5_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment of this boot; the clock that nobody can set.

    Attributes:
        boot_id: which boot.
        boottime_ns: nanoseconds since it began, sleep included (CLOCK_BOOTTIME).
    """

    boot_id: str
    boottime_ns: int

    def speaks_for(self, now: Moment) -> bool:
        """Whether facts read then still say how the host is ``now``: same boot, within 5 s."""
        age_ns = now.boottime_ns - self.boottime_ns
        return bool(self.boot_id) and self.boot_id == now.boot_id and 0 <= age_ns <= VALID_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineReport:
    """The verdict on a snapshot, with everything it rests on.

    Attributes:
        verdict: what follows from the evidence.
        policy: which severities held.
        evidence: every finding.
        snapshot_sha256: of the facts.
        taken_at_ns: when they were read, by the wall clock, nanoseconds since 1970.
        boottime_ns: the same by the clock of :class:`Moment`, at the start of the reading.
        boot_id: the boot they were read in.
        machine_id: the host they were read on.
    """

    verdict: Verdict
    policy: PolicyName
    evidence: tuple[Evidence, ...]
    snapshot_sha256: str
    taken_at_ns: int
    boottime_ns: int
    boot_id: str
    machine_id: str

    def permits_printing(self, now: Moment) -> bool:
        """Whether a copy may be handed to the printer ``now``: in the same boot, within 5 s."""
        taken = Moment(boot_id=self.boot_id, boottime_ns=self.boottime_ns)
        return self.verdict is Verdict.OFFLINE and taken.speaks_for(now)

    def codes(self, severity: Severity) -> tuple[str, ...]:
        """The codes found with ``severity``, each once, in order."""
        return tuple(dict.fromkeys(one.code for one in self.evidence if one.severity is severity))

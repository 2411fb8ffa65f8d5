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


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineReport:
    """The verdict on a snapshot, with everything it rests on."""

    verdict: Verdict
    policy: PolicyName
    evidence: tuple[Evidence, ...]
    snapshot_sha256: str
    boot_id: str

    def permits_printing(self) -> bool:
        """Whether a copy may be handed to the printer now."""
        return self.verdict is Verdict.OFFLINE

    def codes(self, severity: Severity) -> tuple[str, ...]:
        """The codes found with ``severity``, each once, in order."""
        return tuple(dict.fromkeys(one.code for one in self.evidence if one.severity is severity))

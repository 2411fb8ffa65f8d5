# SPDX-License-Identifier: Apache-2.0
"""What the host's guard told: incidents at the gate and of the host, and its commissioning.

The guard keeps its own journal, root's, in parts whose entries are chained and numbered. Part and
number name an entry for ever, so that it is entered here once; ``chain`` is the witness by which
a journal that was changed afterwards is told. Keys of events are for ever
(``docs/register-format.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bmnn_mark.errors import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class HostIncident:
    """An entry of the guard's journal. Sealed: ``actor``, who had it taken in."""

    TYPE: ClassVar[str] = "host.incident"

    guard: str
    """Id of the part of the guard's journal, 32 hexadecimal digits."""
    number: int
    """Of the entry in its part, from 1, without gap."""
    code: str
    """What happened: ``gate.no_ticket``, ``guard.stopped``, ..."""
    at: str
    """When, by the host's clock, as leaves write a time."""
    boot: str
    """Id of the boot it happened in."""
    detail: dict[str, Scalar]
    chain: str
    """SHA-256, hexadecimal, over all entries of the part up to this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCommissioned:
    """Root signed a baseline of the host, as the guard's journal says. Sealed: ``actor``."""

    TYPE: ClassVar[str] = "host.commissioned"

    guard: str
    """As in :class:`HostIncident`; also ``number``, ``at``, ``boot`` and ``chain``."""
    number: int
    at: str
    boot: str
    baseline: int
    """Number of the baseline, from 1."""
    policy: str
    """What the host is judged by from then on: ``air-gapped``, ``independent-lan``."""
    sha256: str
    """Of the baseline's file, hexadecimal."""
    chain: str


HostEvent = HostIncident | HostCommissioned
HOST = (HostIncident, HostCommissioned)
#: What the table of acts calls an entry that tells of nothing but a beginning.
NOTED = "host.noted"
#: Codes of such entries.
NO_INCIDENTS = frozenset({"guard.journal_begun"})

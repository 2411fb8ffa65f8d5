# SPDX-License-Identifier: Apache-2.0
"""Rules on programs that run and on files that name servers."""

from __future__ import annotations

from collections.abc import Iterator

from bmnn_mark.printing.evidence.daemons import PRINTER_DISCOVERY
from bmnn_mark.printing.facts import Daemon, Resolver
from bmnn_mark.printing.judging.court import Court
from bmnn_mark.printing.model import Evidence


def judge_daemons(court: Court, facts: tuple[Daemon, ...]) -> Iterator[Evidence]:
    """Programs of networks have no work here; one that makes queues for found printers blocks."""
    for one in facts:
        discovers = one.name in PRINTER_DISCOVERY
        code = "daemon.printer_discovery" if discovers else "daemon.network"
        yield court.found(code, "proc.comm", one.name, processes=one.processes)


def judge_resolvers(court: Court, facts: tuple[Resolver, ...]) -> Iterator[Evidence]:
    """A name server elsewhere is what a host asks that was set up for a network."""
    for one in facts:
        if not one.loopback:
            yield court.found("resolv.non_loopback", one.place, one.server)

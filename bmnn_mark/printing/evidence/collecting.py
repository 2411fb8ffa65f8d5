# SPDX-License-Identifier: Apache-2.0
"""Collect the facts about this host into a :class:`Snapshot`; send no frame, resolve no name.

Complete only as root. A collector that raises or takes too long has failed: its part of the
snapshot stays empty and the judge says UNKNOWN.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.files import os_reason
from bmnn_mark.printing.facts import CollectorResult, CollectorState, Snapshot
from bmnn_mark.printing.judge import MANDATORY, judge
from bmnn_mark.printing.model import OfflineReport, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where facts are read. Only the test harness and a rehearsal give other than the defaults.

    Attributes:
        root: folder that holds ``proc`` and ``sys``.
        host_pid: process that stands for the host.
        seconds: longest time of one collector.
    """

    root: Path = Path("/")
    host_pid: int = 1
    seconds: float = 5.0


THIS_HOST = Sources()

Collector = Callable[[Sources], object]


def host_check(policy: Policy, sources: Sources = THIS_HOST) -> OfflineReport:
    """Look at the host now and judge it under ``policy``."""
    return judge(collect(sources), policy)


def collect(sources: Sources = THIS_HOST) -> Snapshot:
    """Read every fact once."""
    try:
        collectors = _collectors()
    except (ImportError, OSError):  # short of descriptors or memory: nothing can be read
        collectors = dict.fromkeys(MANDATORY, _cannot_start)
    return assemble(collectors, sources)


def assemble(collectors: Mapping[str, Collector], sources: Sources) -> Snapshot:
    """Run collectors one after the other, each under a time limit, and keep how each ended."""
    facts: dict[str, object] = {}
    results = []
    for name, collector in collectors.items():
        result, fact = _bounded(name, collector, sources)
        results.append(result)
        if result.state is CollectorState.OK:
            facts[name] = fact
    return Snapshot(
        taken_at_ns=time.time_ns(),
        boot_id=_one_word(sources.root / "proc/sys/kernel/random/boot_id"),
        machine_id=_one_word(sources.root / "etc/machine-id"),
        collectors=tuple(results),
        **facts,  # type: ignore[arg-type]  # keys and types are those of _collectors
    )


def _collectors() -> Mapping[str, Collector]:
    """The collectors by the name of the snapshot's part that they fill.

    Imported here, inside the failure fence: a host short of descriptors fails, not crashes.
    """
    from bmnn_mark.printing.evidence import namespaces, netlink, system  # noqa: PLC0415  # see above

    return {
        "namespace": lambda at: namespaces.read_namespace(at.root, at.host_pid),
        "other_namespaces": lambda at: namespaces.read_other_namespaces(at.root, at.host_pid),
        "links": lambda at: netlink.read_links(namespaces.bus_paths(at.root)),
        "addresses": lambda _: netlink.read_addresses(),
        "routes": lambda _: netlink.read_routes(),
        "rules": lambda _: netlink.read_rules(),
        "neighbours": lambda _: netlink.read_neighbours(),
        "sockets": lambda at: system.read_sockets(at.root),
        "environment": lambda at: system.read_environment(at.root),
    }


def _cannot_start(_sources: Sources) -> object:
    raise OSError(errno.EMFILE, "collectors cannot be loaded")


def _bounded(
    name: str, collector: Collector, sources: Sources
) -> tuple[CollectorResult, object | None]:
    """Run one collector in a thread that is left behind when it does not come back."""
    outcome: list[tuple[CollectorResult, object | None]] = []

    def work() -> None:
        try:
            fact = collector(sources)
        except InterruptedError:
            outcome.append((_ended(name, CollectorState.PARTIAL, "EINTR"), None))
        except OSError as error:
            outcome.append((_ended(name, CollectorState.FAILED, os_reason(error)), None))
        except Exception as error:  # noqa: BLE001  # whatever goes wrong is a failed collector
            outcome.append((_ended(name, CollectorState.FAILED, type(error).__name__), None))
        else:
            outcome.append((_ended(name, CollectorState.OK, ""), fact))

    worker = threading.Thread(target=work, daemon=True, name=f"collect-{name}")
    try:
        worker.start()
    except RuntimeError:
        return _ended(name, CollectorState.FAILED, "EAGAIN"), None
    worker.join(timeout=sources.seconds)
    return outcome[0] if outcome else (_ended(name, CollectorState.FAILED, "ETIMEDOUT"), None)


def _ended(name: str, state: CollectorState, reason: str) -> CollectorResult:
    return CollectorResult(name=name, state=state, reason=reason)


def _one_word(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""

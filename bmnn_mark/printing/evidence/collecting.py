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
from queue import Empty, SimpleQueue
from typing import Self

from bmnn_mark.files import os_reason
from bmnn_mark.printing.baseline import BaselineFault, BaselineReading
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.evidence.partly import PartlyReadError
from bmnn_mark.printing.facts import CollectorResult, CollectorState, Snapshot
from bmnn_mark.printing.guard.place import SYSTEM
from bmnn_mark.printing.judge import MANDATORY, judge
from bmnn_mark.printing.model import OfflineReport, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where facts are read. Only the test harness and a rehearsal give other than the defaults.

    Attributes:
        root: folder that holds ``proc`` and ``sys``.
        host_pid: process that stands for the host.
        state: folder of the guard's own records.
        seconds: longest time of one collector.
    """

    root: Path = Path("/")
    host_pid: int = 1
    state: Path = SYSTEM.state
    seconds: float = 5.0


THIS_HOST = Sources()

Read = Callable[[Sources], object]
_Outcome = tuple[CollectorResult, object | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """How one part of a snapshot is read.

    Attributes:
        read: reads the facts.
        keep_seconds: how long a :class:`Collecting` may give the facts again; 0 for all but slow
            collectors.
        mark: a cheap sign of what ``read`` would find, such as the times of the folders; facts
            are given again only while it stays the same.
    """

    read: Read
    keep_seconds: float = 0.0
    mark: Read | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    fact: object
    mark: object
    read_at_ns: int


def host_check(
    policy: Policy,
    baseline: BaselineReading = BaselineFault.MISSING,
    sources: Sources = THIS_HOST,
) -> OfflineReport:
    """Look at the host now and judge it under ``policy``."""
    return judge(collect(sources), policy, baseline)


def collect(sources: Sources = THIS_HOST) -> Snapshot:
    """Read every fact once."""
    return Collecting(sources).snapshot()


class Collecting:
    """Takes one snapshot after the other; gives again what is slow to read and did not change."""

    def __init__(
        self, sources: Sources = THIS_HOST, collectors: Mapping[str, Collector] | None = None
    ) -> None:
        self._sources = sources
        self._collectors = collectors
        self._kept: dict[str, _Kept] = {}

    def snapshot(self) -> Snapshot:
        """Read every part, each under a time limit, and keep how each ended."""
        taken_at_ns, moment = time.time_ns(), this_moment(self._sources.root)
        facts: dict[str, object] = {}
        results = []
        with _Reader(self._sources) as reader:
            for name, collector in self._loaded().items():
                result, fact = self._part(reader, name, collector, moment.boottime_ns)
                results.append(result)
                if fact is not None:
                    facts[name] = fact
        return Snapshot(
            taken_at_ns=taken_at_ns,
            boottime_ns=moment.boottime_ns,
            boot_id=moment.boot_id,
            machine_id=_one_word(self._sources.root / "etc/machine-id"),
            product_serial=_one_word(self._sources.root / "sys/class/dmi/id/product_serial"),
            collectors=tuple(results),
            **facts,  # type: ignore[arg-type]  # keys and types are those of every_collector
        )

    def _loaded(self) -> Mapping[str, Collector]:
        if self._collectors is None:
            try:
                self._collectors = every_collector()
            except (ImportError, OSError):  # short of descriptors or memory: nothing can be read
                return dict.fromkeys(MANDATORY, Collector(read=_cannot_start))
        return self._collectors

    def _part(self, reader: _Reader, name: str, collector: Collector, now_ns: int) -> _Outcome:
        """Read a part, or give it again while it may be kept."""
        if not collector.keep_seconds:
            return reader.read(name, collector.read)
        marked, mark = reader.read(name, collector.mark or _no_mark)
        if marked.state is not CollectorState.OK:
            return marked, None
        kept = self._kept.get(name)
        if kept is not None and kept.mark == mark:
            age_ns = now_ns - kept.read_at_ns
            if age_ns <= collector.keep_seconds * 1e9:
                return CollectorResult(name=name, state=CollectorState.OK, age_ns=age_ns), kept.fact
        result, fact = reader.read(name, collector.read)
        if result.state is CollectorState.OK:
            self._kept[name] = _Kept(fact, mark, now_ns)
        return result, fact


def every_collector() -> Mapping[str, Collector]:
    """The collectors by the name of the snapshot's part that they fill.

    Imported here, inside the failure fence: a host short of descriptors fails, not crashes.
    """
    from bmnn_mark.printing.evidence import (  # noqa: PLC0415  # see above
        clock_mark,
        daemons,
        hardware,
        held,
        history,
        kernel_tables,
        machine,
        namespaces,
        netlink,
        resolver,
        storage,
        system,
    )

    return {
        "namespace": Collector(read=lambda at: namespaces.read_namespace(at.root, at.host_pid)),
        "other_namespaces": Collector(
            read=lambda at: held.read_other_namespaces(at.root, at.host_pid)
        ),
        "held_namespaces": Collector(
            read=lambda at: held.read_held_namespaces(at.root, at.host_pid), keep_seconds=3.0
        ),
        "links": Collector(read=lambda at: netlink.read_links(namespaces.bus_paths(at.root))),
        "addresses": Collector(read=lambda _: netlink.read_addresses()),
        "routes": Collector(read=lambda _: netlink.read_routes()),
        "nexthops": Collector(read=lambda _: netlink.read_nexthops()),
        "rules": Collector(read=lambda _: netlink.read_rules()),
        "neighbours": Collector(read=lambda _: netlink.read_neighbours()),
        "transforms": Collector(read=lambda at: kernel_tables.read_transforms(at.root)),
        "translations": Collector(read=lambda at: kernel_tables.read_translations(at.root)),
        "sockets": Collector(read=lambda at: system.read_sockets(at.root)),
        "environment": Collector(read=lambda at: machine.read_environment(at.root)),
        "hardware": Collector(read=lambda at: hardware.read_hardware(at.root)),
        "storage": Collector(read=lambda at: storage.read_storage(at.root, at.host_pid)),
        "daemons": Collector(read=lambda at: daemons.read_daemons(at.root, at.host_pid)),
        "resolvers": Collector(read=lambda at: resolver.read_resolvers(at.root)),
        "history": Collector(
            read=lambda at: history.history_of(at.root).read(seconds=at.seconds / 2)
        ),
        "clock": Collector(read=lambda at: clock_mark.read_clock(at.state)),
    }


def _cannot_start(_sources: Sources) -> object:
    raise OSError(errno.EMFILE, "collectors cannot be loaded")


def _no_mark(_sources: Sources) -> object:
    return None


class _Reader:
    """A thread that reads one part after the other, and is left behind when one does not end."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._asked: SimpleQueue[tuple[str, Read] | None] | None = None
        self._told: SimpleQueue[_Outcome] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._asked is not None and self._thread is not None:
            self._asked.put(None)
            self._thread.join(timeout=self._sources.seconds)

    def read(self, name: str, read: Read) -> _Outcome:
        """Read a part; it has failed where it does not end in time."""
        if self._asked is None:
            self._asked, self._told = SimpleQueue(), SimpleQueue()
            self._thread = threading.Thread(
                target=self._work, args=(self._asked, self._told), daemon=True, name="collect"
            )
            try:
                self._thread.start()
            except RuntimeError:
                self._asked = None
                return _ended(name, CollectorState.FAILED, "EAGAIN"), None
        self._asked.put((name, read))
        try:
            return self._told.get(timeout=self._sources.seconds)
        except Empty:
            self._asked.put(None)  # it ends by itself, should it ever come back
            self._asked = None
            return _ended(name, CollectorState.FAILED, "ETIMEDOUT"), None

    def _work(
        self, asked: SimpleQueue[tuple[str, Read] | None], told: SimpleQueue[_Outcome]
    ) -> None:
        while (one := asked.get()) is not None:
            told.put(_outcome(*one, self._sources))


def _outcome(name: str, read: Read, sources: Sources) -> _Outcome:
    try:
        fact = read(sources)
    except PartlyReadError as part:
        return _ended(name, CollectorState.PARTIAL, part.reason), part.fact
    except InterruptedError:
        return _ended(name, CollectorState.PARTIAL, "EINTR"), None
    except OSError as error:
        return _ended(name, CollectorState.FAILED, os_reason(error)), None
    except Exception as error:  # noqa: BLE001  # whatever goes wrong is a failed collector
        return _ended(name, CollectorState.FAILED, type(error).__name__), None
    return _ended(name, CollectorState.OK, ""), fact


def _ended(name: str, state: CollectorState, reason: str) -> CollectorResult:
    return CollectorResult(name=name, state=state, reason=reason)


def _one_word(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""

# SPDX-License-Identifier: Apache-2.0
"""A register of a million events against one of a thousand: reserving a copy, finding a copy.

``python benchmarks/register.py [EVENTS]`` fills both, then prints medians of interleaved rounds and
the bars of ``docs/architecture.md``; the exit code is 1 where one is missed. Filling is timed too.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bars import Bar, report

from bmnn_mark.register.opening import create_register
from bmnn_mark.register.port import DocumentIdentity, IssueRequest, Recipient, ReservedCopy
from bmnn_mark.register.store import Register
from bmnn_mark.rules import Level
from bmnn_mark.tracking.code import open_code

SMALL, LARGE = 1_000, 1_000_000
ROUNDS = 41
BATCH = 9_000
RESERVE_RATIO, FIND_MILLISECONDS = 1.5, 5.0


def request(number: int, copies: int) -> IssueRequest:
    return IssueRequest(
        identity=DocumentIdentity(agency="A", number_sign=str(number), dated=date(2026, 3, 2)),
        level=Level.MAT,
        pack="nd63-2026",
        recipients=(Recipient(name="B", copies=copies),),
        pages=2,
        source_sha256="00" * 32,
        actor="C",
    )


def filled(folder: Path, events: int) -> tuple[Register, list[ReservedCopy]]:
    """A register of so many events, and some of its copies."""
    folder.mkdir()
    url = f"sqlite:///{folder}/register.db"
    register = create_register(url, folder, agency="A", actor="C", rehearsal=True)
    there, some = 1, []
    while there < events:
        copies = min(BATCH, events - there - 1)
        reserved = register.reserve(request(there, max(copies, 1))).copies
        some += reserved[:: max(len(reserved) // 4, 1)]
        there += 1 + len(reserved)
    return register, some


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def main() -> int:
    large = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    with tempfile.TemporaryDirectory(prefix="bmnn-benchmark-") as name:
        registers, copies = {}, {}
        for events in (SMALL, large):
            start = time.perf_counter()
            registers[events], copies[events] = filled(Path(name) / str(events), events)
            print(f"filled {events:>9,} events in {time.perf_counter() - start:6.1f} s")
        reserving: dict[int, list[float]] = {SMALL: [], large: []}
        finding: list[float] = []
        for turn in range(ROUNDS):
            for events, register in registers.items():
                one = request(-1 - turn, 1)
                reserving[events].append(milliseconds(lambda r=register, q=one: r.reserve(q)))
            register = registers[large]
            copy = copies[large][turn * len(copies[large]) // ROUNDS]
            (text,) = register.page_codes(copy, [1])
            key = register.trace_key()
            finding.append(
                milliseconds(lambda r=register, t=text, k=key: r.find_code(open_code(t, [k]).code))
            )
    few, many = statistics.median(reserving[SMALL]), statistics.median(reserving[large])
    print(f"reserve one copy: {many:.1f} ms with {large:,} events, {few:.1f} ms with {SMALL:,}")
    return report(
        (
            Bar(
                what=f"reserve one copy with {large:,} events / with {SMALL:,}",
                measured=many / few,
                bar=RESERVE_RATIO,
            ),
            Bar(
                what=f"find a copy by its page code in {large:,}",
                measured=statistics.median(finding),
                bar=FIND_MILLISECONDS,
                unit="ms",
            ),
        )
    )


if __name__ == "__main__":
    sys.exit(main())

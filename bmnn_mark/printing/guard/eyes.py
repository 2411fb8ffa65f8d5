# SPDX-License-Identifier: Apache-2.0
"""The guard's eyes: a process that looks at the host whenever it is told to, and judges.

It is a process of its own so that a slow look never delays the word that stops a device, and so
that one that hangs can be ended. Each line on its standard input asks for a look; each look is
answered with one line, the report. It ends with the guard.
"""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from dataclasses import replace

from bmnn_mark import plain
from bmnn_mark.errors import BmnnMarkError, PrinterRefused
from bmnn_mark.printing.baseline import Baseline, BaselineReading
from bmnn_mark.printing.baseline_file import read_baseline
from bmnn_mark.printing.evidence.clock_mark import raise_clock_mark
from bmnn_mark.printing.evidence.collecting import Collecting, Sources
from bmnn_mark.printing.evidence.history import history_of
from bmnn_mark.printing.evidence.partly import PartlyReadError
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL, Policy
from bmnn_mark.printing.printer.record import enrolled

_ANEW = b"anew\n"
_SLICE_SECONDS = 0.5
_NICE = -10  # a gate waits for the look


def policy_of(place: GuardPlace, baseline: BaselineReading) -> Policy:
    """What the host is judged by: root's baseline; for a rehearsal's printer, the rehearsal's."""
    if is_rehearsal(place):
        return REHEARSAL
    return baseline.policy if isinstance(baseline, Baseline) else AIR_GAPPED


def is_rehearsal(place: GuardPlace) -> bool:
    """Whether the one permitted printer is a rehearsal's; no option of the guard says so."""
    try:
        return enrolled(place.pins).rehearsal
    except PrinterRefused:
        return False


def _read_ahead(sources: Sources) -> None:
    """Read long journals as long as nobody asks, so that the first look need not."""
    past = history_of(sources.root)
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            past.read(seconds=_SLICE_SECONDS)
        except PartlyReadError as part:
            if part.reason == "ETIMEDOUT":
                continue
        except OSError:
            return  # the look says so
        return


def main(place: GuardPlace, sources: Sources) -> None:
    """Answer each line with a look until the guard is gone.

    A line that says ``anew`` has everything read again, also what is slow to read and kept.
    """
    with suppress(OSError):
        os.nice(_NICE)
    here = replace(sources, state=place.state)
    _read_ahead(here)
    collecting = Collecting(here)
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        if line == _ANEW:
            collecting = Collecting(here)
        baseline = read_baseline(place)
        policy = policy_of(place, baseline)
        snapshot = collecting.snapshot()
        report = judge(snapshot, policy, baseline)
        out.write(plain.encode({"report": report, "nets": policy.allowed_nets}) + b"\n")
        out.flush()
        with suppress(BmnnMarkError):  # a full disk; the judge goes by the mark that is there
            raise_clock_mark(place.state, snapshot.taken_at_ns // 1_000_000_000)


if __name__ == "__main__":
    main(
        plain.decode(sys.argv[1].encode(), GuardPlace), plain.decode(sys.argv[2].encode(), Sources)
    )

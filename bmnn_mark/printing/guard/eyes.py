# SPDX-License-Identifier: Apache-2.0
"""The guard's eyes: a process that looks at the host whenever it is told to, and judges.

It is a process of its own so that a slow look never delays the word that stops a device, and so
that one that hangs can be ended. Each line on its standard input asks for a look; each look is
answered with one line, the report. It ends with the guard.
"""

from __future__ import annotations

import sys

from bmnn_mark import plain
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.evidence.collecting import Sources, host_check
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL, OfflineReport, Policy
from bmnn_mark.printing.printer import enrolled


def look(place: GuardPlace, sources: Sources) -> OfflineReport:
    """Look at the host now and judge it by what root decided for this place."""
    return host_check(policy_of(place), sources=sources)


def policy_of(place: GuardPlace) -> Policy:
    """What the host is judged by: root's baseline; for a rehearsal's printer, the rehearsal's."""
    try:
        rehearsal = enrolled(place.pins).rehearsal
    except PrinterRefused:
        rehearsal = False
    return REHEARSAL if rehearsal else AIR_GAPPED


def main(untrusted_place: str, untrusted_sources: str) -> None:
    """Answer until the guard is gone.

    Args:
        untrusted_place: JSON of the place.
        untrusted_sources: JSON of where facts are read.
    """
    place = plain.decode(untrusted_place.encode(), GuardPlace)
    sources = plain.decode(untrusted_sources.encode(), Sources)
    out = sys.stdout.buffer
    for _ in sys.stdin.buffer:
        out.write(plain.encode(look(place, sources)) + b"\n")
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

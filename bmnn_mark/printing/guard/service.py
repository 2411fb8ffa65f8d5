# SPDX-License-Identifier: Apache-2.0
"""The guard as a service: what it is started as, and how it is ended."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

from bmnn_mark.errors import BmnnMarkError, PrinterRefused
from bmnn_mark.printing.evidence.collecting import THIS_HOST, Sources
from bmnn_mark.printing.guard.place import SYSTEM, GuardPlace
from bmnn_mark.printing.guard.server import Guard


def serve(place: GuardPlace = SYSTEM, sources: Sources = THIS_HOST) -> None:
    """Be the guard of a place until told to end.

    Raises:
        PrinterRefused: ``print.needs_root``, ``guard.runs_already``.
    """
    if os.geteuid() != 0:
        raise PrinterRefused("print.needs_root")
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ending: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: ending.append(got))
    guard = Guard(place, sources)
    try:
        guard.open()
        guard.serve(until=lambda: bool(ending))
    finally:
        guard.close()


def main() -> None:
    """``bmnn-mark-guard [--foreground] [--place FOLDER]``."""
    words = [one for one in sys.argv[1:] if one != "--foreground"]
    place = SYSTEM
    if len(words) == 2 and words[0] == "--place" and words[1].startswith("/"):
        place = GuardPlace.below(Path(words[1]))
    elif words:
        sys.exit("bmnn-mark-guard [--foreground] [--place FOLDER]")
    try:
        serve(place)
    except BmnnMarkError as error:
        sys.exit(f"bmnn-mark-guard: {error.code}")


if __name__ == "__main__":
    main()

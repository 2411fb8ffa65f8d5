# SPDX-License-Identifier: Apache-2.0
"""Keeps books at random, and kills offices at random, many times over; see ``script/endure``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "register"))

from bookkeeper import TOTALS, run_books
from conftest import Place, request
from endurance import Account, killed_offices

#: Kills of the offices of one register; a new one then, for its check takes longer as it grows.
KILLS_OF_ONE = 30


def endure_books(many: int) -> str:
    """Keep so many books."""
    start = time.monotonic()
    run_books(Place, request, examples=many, steps=30)
    seconds = time.monotonic() - start
    return (
        f"{TOTALS['books']} books of up to 30 steps, {TOTALS['events']} events, "
        f"{TOTALS['copies']} attempts at copies, each verified: no fault; {seconds:.0f} s"
    )


def endure_kills(many: int, seed: int) -> str:
    """Kill so many offices."""
    start = time.monotonic()
    sums: Counter[str] = Counter()
    for place in range(0, many, KILLS_OF_ONE):
        kills = min(KILLS_OF_ONE, many - place)
        with tempfile.TemporaryDirectory(prefix="bmnn-test-") as folder:
            account = Account(Path(folder))
            killed_offices(account, kills, seed + place)
        sums.update(
            kills=kills, transactions=account.transactions, attempts=len(account.copies),
            unheard=account.unheard,
        )  # fmt: skip
        sys.stderr.write(f"{sums['kills']} kills\n")
    seconds = time.monotonic() - start
    return (
        f"{sums['kills']} kills, {sums['transactions']} transactions, {sums['attempts']} attempts "
        f"at copies, {sums['unheard']} transactions entered whose office could not say so any "
        f"more: none lost, doubled or unaccounted; {seconds:.0f} s"
    )


def main() -> None:
    """Endure, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    asked = parser.parse_args()
    if os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"  # a kill is one wherever the file lies
    print(f"seed {asked.seed}")
    if asked.books:
        print(endure_books(asked.books), flush=True)
    if asked.kills:
        print(endure_kills(asked.kills, asked.seed), flush=True)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""The crash matrix: nine points of a print, five victims, many repeats; see ``crash-matrix``."""

import hashlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.printing.crashes import POINTS, VICTIMS, crash, wrong_with
from tests.printing.press import print_room

REPEATS = 20
PACKAGE = Path(__file__).parents[1] / "bmnn_mark"
_ROOM_RUNS = 60  # a new print room after so many


def main(repeats=REPEATS, state=None):
    """Do what is missing, then print what all came to."""
    state = state or state_of_this_code()
    began = time.monotonic()
    while missing := missing_of(repeats, state):
        with print_room() as press:
            for turn, point, victim in missing[:_ROOM_RUNS]:
                note(state, turn, point, victim, press)
        gone, load = time.monotonic() - began, os.getloadavg()[0]
        left = len(missing_of(repeats, state))
        print(f"{left} to do, {gone:.0f} s, load {load:.1f}", file=sys.stderr, flush=True)
    return tell(one for one in read(state) if one["turn"] < repeats)


def state_of_this_code():
    """Where runs of the program as it stands are written: those of another count for nothing."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return Path(tempfile.gettempdir(), f"bmnn-crash-matrix-{digest.hexdigest()[:12]}.jsonl")


def missing_of(repeats, state):
    """The runs that were not done yet."""
    done = {(one["turn"], one["point"], one["victim"]) for one in read(state)}
    wanted = ((turn, point, one) for turn in range(repeats) for point in POINTS for one in VICTIMS)
    return [one for one in wanted if one not in done]


def note(state, turn, point, victim, press):
    """One run, and its line; one that did not come to its point is done again another time."""
    seen = crash(press, point, victim, turn)
    if not seen.reached:
        print(f"{point} was not reached", file=sys.stderr, flush=True)
        press.reset()
        return
    line = {
        "turn": turn, "point": point, "victim": victim, "before": seen.before,
        "after": seen.after, "starts": seen.starts, "sheets": seen.sheets,
        "wrong": wrong_with(seen),
    }  # fmt: skip
    with state.open("a") as file:
        file.write(json.dumps(line) + "\n")
    press.reset()


def read(state):
    """The runs that were done."""
    return list(map(json.loads, state.read_text().splitlines())) if state.exists() else []


def tell(runs):
    """Print the table; 1 where anything is wrong."""
    runs = list(runs)
    ends = Counter((one["victim"], one["point"], one["after"]) for one in runs)
    print(f"| point | {' | '.join(VICTIMS)} |\n|---|{'---|' * len(VICTIMS)}")
    for point in POINTS:
        cells = [
            ", ".join(
                f"{count} {after}"
                for (who, where, after), count in sorted(ends.items())
                if (who, where) == (victim, point)
            )
            for victim in VICTIMS
        ]
        print(f"| {point} | {' | '.join(cells)} |")
    wrong = [one for one in runs if one["wrong"]]
    started = max((one["starts"] for one in runs), default=0)
    sheets = max((one["sheets"] for one in runs), default=0)
    print(f"{len(runs)} runs; starts of an attempt: at most {started}; sheets: at most {sheets}")
    for one in wrong:
        print(f"WRONG: {one}")
    return 1 if wrong else 0


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(*[int(given[0])] if given else [], *map(Path, given[1:])))

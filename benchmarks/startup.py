# SPDX-License-Identifier: Apache-2.0
"""What ``bmnn-mark --version`` costs over ``python -c pass``, medians of interleaved runs."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from bars import Bar, report

BAR_MS = 100.0
ROUNDS = 15


def milliseconds(command):
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return (time.perf_counter() - started) * 1000


def main():
    program = Path(sys.executable).with_name("bmnn-mark")
    bare, version, help_text = [], [], []
    for _ in range(ROUNDS):
        bare.append(milliseconds([sys.executable, "-c", "pass"]))
        version.append(milliseconds([program, "--version"]))
        help_text.append(milliseconds([program, "--help"]))
    base = statistics.median(bare)
    over = statistics.median(version) - base
    print(f"python -c pass            {base:6.1f} ms")
    print(f"bmnn-mark --help         +{statistics.median(help_text) - base:6.1f} ms")
    what = "bmnn-mark --version over python -c pass"
    return report([Bar(what=what, measured=over, bar=BAR_MS, unit="ms")])


if __name__ == "__main__":
    sys.exit(main())

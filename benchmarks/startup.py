# SPDX-License-Identifier: Apache-2.0
"""What ``bmnn-mark --version`` costs over ``python -c pass``, medians of interleaved runs."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

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
    print(f"bmnn-mark --version      +{over:6.1f} ms  bar +{BAR_MS:.0f}  {over <= BAR_MS}")
    print(f"bmnn-mark --help         +{statistics.median(help_text) - base:6.1f} ms")
    return 0 if over <= BAR_MS else 1


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""What a look at the host costs the guard: every part of a snapshot read, and judged. Needs root.

It is taken on a host of its own with as many processes and open files as a desktop has, as the
guard's eyes take it: what changes slowly is kept for some seconds. Processor time, of which
other work on the machine takes none.
"""

import statistics
import subprocess
import sys
import time

from bars import Bar, report

from bmnn_mark.printing.evidence.collecting import Collecting
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED
from bmnn_mark.printing.rehearsal import isolated

BAR_MS = 15.0
PROCESSES, FILES, LOOKS = 250, 16, 40
#: One process with open files, as a desktop's have.
OPEN = " ".join(f"{number}</dev/null" for number in range(3, 3 + FILES))


def milliseconds(act):
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


def look(collecting):
    judge(collecting.snapshot(), AIR_GAPPED)


def measure():
    script = f"exec {OPEN}; exec sleep 120"
    crowd = [subprocess.Popen(["/bin/bash", "-c", script]) for _ in range(PROCESSES)]
    try:
        time.sleep(1.0)
        collecting = Collecting()
        look(collecting)  # loads what it needs
        kept = statistics.median(milliseconds(lambda: look(collecting)) for _ in range(LOOKS))
        whole = statistics.median(milliseconds(lambda: look(Collecting())) for _ in range(LOOKS))
    finally:
        for one in crowd:
            one.kill()
    print(f"{kept:.2f} {whole:.2f}")


def main():
    if sys.argv[1:] == ["there"]:
        measure()
        return 0
    said = subprocess.run(
        isolated([sys.executable, __file__, "there"]), check=True, capture_output=True, text=True
    )
    kept, whole = (float(one) for one in said.stdout.split())
    print(f"with everything that is kept read anew  {whole:6.1f} ms")
    what = f"a look at a host with {PROCESSES} processes, read and judged"
    return report([Bar(what=what, measured=kept, bar=BAR_MS, unit="ms")])


if __name__ == "__main__":
    sys.exit(main())

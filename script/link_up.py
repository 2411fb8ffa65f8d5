# SPDX-License-Identifier: Apache-2.0
"""From a link that comes up to a dead device program; see ``link-up``."""

import os
import statistics
import struct
import subprocess
import sys
import threading
import time

from tests.printing.press import S, print_room, wait_for

BAR_MS = 100
_ENTRY = struct.Struct("<QI")  # nanosecond, bytes taken then
_PAGES = b"%PDF-1.4 " + os.urandom(1 << 20) * 8

#: A device that takes 4 KiB every 2 ms and notes when.
_DEVICE = """#!/usr/bin/python3 -IS
import os, struct, sys, time
if len(sys.argv) == 1:
    sys.exit(0)
room = "{room}"
os.umask(0o077)
open(room + "/starts", "a").write(sys.argv[1] + "\\n")
log = os.open(room + "/taken", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
open(room + "/device-pid", "w").write(str(os.getpid()))
while data := os.read(0, 4096):
    os.write(log, struct.pack("<QI", time.monotonic_ns(), len(data)))
    time.sleep(0.002)
"""


def main(rounds=50):
    """Measure idle and loaded."""
    bad = False
    with print_room() as press:
        device = press.cupsd.server_bin / "backend/bmnn-rehearsal"
        device.write_text(_DEVICE.format(room=press.cupsd.folder))
        press.enroll()
        for load in (0, os.cpu_count()):
            busy = [
                subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(load)
            ]
            try:
                bad |= told(load, [one_round(press) for _ in range(rounds)])
            finally:
                for one in busy:
                    one.kill()
                    one.wait()
    return int(bad)


def one_round(press):
    """Milliseconds from the link to the device's last byte and to its end, and bytes after."""
    taken, pid = press.cupsd.folder / "taken", press.cupsd.folder / "device-pid"
    for one in (taken, pid):
        one.unlink(missing_ok=True)
    press.reset()
    press.ip("link", "add", "e0", "type", "ifb")
    settle(press)
    seen = {}

    def plug():
        wait_for(lambda: taken.exists() and taken.stat().st_size >= 20 * _ENTRY.size, 20.0)
        seen["times"] = press.tell("link_up", "e0", int(pid.read_text()))

    thread = threading.Thread(target=plug)
    thread.start()
    try:
        (outcome,) = press.print(press.copy(content=_PAGES))
    finally:
        thread.join()
        size = taken.stat().st_size
        press.ip("link", "del", "e0")
    asked, _, ended = seen["times"]
    assert outcome.state is S.UNKNOWN, outcome
    time.sleep(0.05)
    entries = list(_ENTRY.iter_unpack(taken.read_bytes()))
    assert taken.stat().st_size == size
    late = sum(count for at, count in entries if at > ended)
    return (entries[-1][0] - asked) / 1e6, (ended - asked) / 1e6, late


def settle(press):
    """Wait until the guard holds nothing of the new link against the next print."""

    def offline():
        with press.guard() as guard:
            return guard.report().verdict == "OFFLINE"

    wait_for(offline, 10.0)


def told(load, rounds):
    """Print a line; whether it misses the bar."""
    last, ended, late = zip(*rounds, strict=True)
    median = statistics.median(ended)
    name = f"{load} cores loaded" if load else "no load of its own"
    print(
        f"{name}, {len(rounds)} rounds: device dead after {median:.1f} ms (median; {min(ended):.1f}"
        f" to {max(ended):.1f}), last byte taken after {statistics.median(last):.1f} ms (at most "
        f"{max(last):.1f}), bytes taken after the end: {sum(late)}; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return median > BAR_MS or statistics.median(last) > BAR_MS or sum(late) > 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

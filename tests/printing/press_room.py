# SPDX-License-Identifier: Apache-2.0
"""A print room on a host of its own, kept running for who printed there: told by lines of JSON.

Started by :mod:`tests.printing.press` inside ``isolated``; the one who prints stays outside and
reaches scheduler and guard by their sockets, as a clerk's program does.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from pyroute2 import IPRoute

from bmnn_mark import proc
from bmnn_mark.files import work_folder
from bmnn_mark.printing.printer.enrolment import RegisterKey, Wish, enroll
from bmnn_mark.printing.rehearsal import guard_command, private_scheduler, scheduler_command
from bmnn_mark.printing.scheduler.process import device_programs

#: The guard of a test gives a scheduler that hangs up sooner.
_BRIEF = "import bmnn_mark.printing.scheduler.cups as cups; cups.CALL_SECONDS = 3.0; "


class Room:
    """The room's processes, which a test ends and starts."""

    def __init__(self, room):
        self.room = room
        self.cupsd = None
        self.guard = None
        self.start_guard()

    def start_guard(self):
        python, isolated, _, module, *words = guard_command(self.room)
        brief = f"{_BRIEF}import runpy; runpy.run_module({module!r}, run_name='__main__')"
        command = [python, isolated, "-c", brief, *words]
        self.guard = proc.start(command, home=self.room.folder / "home")

    def start_cupsd(self):
        self.room.socket.unlink(missing_ok=True)
        self.cupsd = proc.start(scheduler_command(self.room), home=self.room.folder / "home")

    def pids(self, who):
        if who == "guard":
            return [self.guard.pid]
        if who == "cupsd":
            return [self.cupsd.pid if self.cupsd else self.room.pid]
        return [
            one
            for one in device_programs(self.room.device_uri)
            if (Path("/proc") / str(one) / "exe").exists()
        ]

    def signal(self, who, number):
        hit = []
        for pid in self.pids(who):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
                hit.append(pid)
        return hit

    def end_backend(self, turn):
        """End the gate, the device program, or both, by turns."""
        pids = self.pids("backend")
        gates = [one for one in pids if b"/backend/bmnn " in _command(one)]
        some = (gates, [one for one in pids if one not in gates], pids)[turn % 3]
        for pid in some:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return some

    def cut_power(self):
        """Everything of the room at once, as far as one process can; the spool is what was kept."""
        pids = [pid for who in ("cupsd", "guard", "backend") for pid in self.pids(who)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pids

    def enroll(self, register, key):
        wanted = RegisterKey(register_id=register, public_key=bytes.fromhex(key), rehearsal=True)
        wish = Wish(queue=self.room.queue)
        enroll(wish, wanted, place=self.room.guard_place, scheduler=self.room.scheduler)
        return True

    def await_end(self, who):
        """Wait until a process has ended."""
        ends_at = time.monotonic() + 20
        while any(_command(one) for one in self.pids(who)):
            assert time.monotonic() < ends_at
            time.sleep(0.01)
        return True

    def link_up(self, name, pid):
        """Set a link up and wait until a process has ended.

        Answer: nanoseconds (CLOCK_MONOTONIC) before the kernel was told, after, and of the end.
        """
        ended = select.poll()
        handle = os.pidfd_open(pid)
        ended.register(handle, select.POLLIN)
        with IPRoute() as netlink:
            index = netlink.link_lookup(ifname=name)[0]
            times = [time.monotonic_ns()]
            netlink.link("set", index=index, state="up")
            times.append(time.monotonic_ns())
        assert ended.poll(10_000)
        times.append(time.monotonic_ns())
        os.close(handle)
        return times

    def run(self, *command):
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        return [done.returncode, done.stdout.decode(), done.stderr.decode()]

    def started(self):
        ends_at = time.monotonic() + 20
        while not self.room.socket.exists():
            assert time.monotonic() < ends_at
            time.sleep(0.01)
        return True


def _command(pid):
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return b""


def main():
    with work_folder() as folder, private_scheduler(folder) as room:
        here = Room(room)
        told = {"folder": str(folder), "queue": room.queue, "pid": os.getpid()}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            name, *words = json.loads(line)
            answer = getattr(here, name)(*words)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
        for process in (here.guard, here.cupsd):
            if process is not None:
                proc.end_group(process)
                process.wait()


if __name__ == "__main__":
    main()

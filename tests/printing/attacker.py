# SPDX-License-Identifier: Apache-2.0
"""An ordinary user who arranges namespaces and mounts as they please, then tries to print.

Run in the print room by root; it becomes the user before anything else. Its arrangement is built
of steps, in their order, and what it tried and got is printed as JSON. Nothing here is an
administrator's: whatever it gets root's number for, it has only in namespaces of its own.
"""

import contextlib
import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import cups

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.printing.evidence.collecting import host_check
from bmnn_mark.printing.gate import gate as gate_module
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import Admission
from bmnn_mark.printing.model import REHEARSAL
from tests.printing.gate_line import GateLine

USER, MOUNT, PROCESSES, NET = 0x10000000, 0x00020000, 0x20000000, 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
GATE = Path(gate_module.__file__).read_text("utf-8")
SPELL = {"admit": {"attempt": "ab" * 16, "snapshot_sha256": "cd" * 32}, "ended": {}}
OFFLINE = {
    "verdict": "OFFLINE", "policy": "rehearsal", "evidence": [], "snapshot_sha256": "0" * 64,
    "taken_at_ns": 1, "boottime_ns": 1, "boot_id": "b", "machine_id": "m",
}  # fmt: skip


def done(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(source, target, kind, flags=0):
    words = (one.encode() if one else None for one in (source, target, kind))
    done(LIBC.mount(*words, flags, None))


class Attacker:
    """The user, and what it was told of the room."""

    def __init__(self, told):
        self.told = told
        self.place = GuardPlace.below(Path(told["guard"]))
        self.home = Path(tempfile.mkdtemp(prefix="bmnn-attacker-"))
        os.chown(self.home, told["uid"], told["gid"])
        self.early = None

    def become_user(self):
        os.setgroups([])
        os.setgid(self.told["gid"])
        os.setuid(self.told["uid"])
        done(LIBC.prctl(4, 1, 0, 0, 0))  # may write its own maps, as any user's program
        while len(list(Path("/proc/self/task").iterdir())) > 1:  # a thread that ended a moment ago
            time.sleep(0.01)
        self.early = GateLine(self.place, seconds=20.0)
        with contextlib.suppress(BmnnMarkError):
            self.early.report()

    # Steps of arrangements.

    def user(self):
        uid, gid = os.getuid(), os.getgid()
        done(LIBC.unshare(USER))
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")

    def mounts(self):
        done(LIBC.unshare(MOUNT))

    def net(self):
        done(LIBC.unshare(NET))

    def processes(self):
        """What follows is done by process 1 of a namespace of its own."""
        done(LIBC.unshare(PROCESSES))
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    def own_proc(self):
        mount("proc", "/proc", "proc")

    def own_sys(self):
        mount("sysfs", "/sys", "sysfs")

    def false_proc(self):
        mount("t", "/proc", "tmpfs")
        for one in ("self", "1"):
            (Path("/proc") / one / "net").mkdir(parents=True)
            (Path("/proc") / one / "net/dev").write_text("a\nb\n    lo: 0\n")

    def false_sys(self):
        mount("t", "/sys", "tmpfs")
        (Path("/sys") / "class/net/lo").mkdir(parents=True)

    def false_process_1(self):
        mount("/proc/self", "/proc/1", None, 0x1000)

    def false_guard(self):
        """One that says what a clerk would like to hear, in the guard's own place."""
        mount("t", str(self.place.socket.parent), "tmpfs")
        self.serve(self.place.socket)

    def false_cupsd(self):
        mount("t", str(Path(self.told["cups"]).parent), "tmpfs")
        self.serve(Path(self.told["cups"]))

    def serve(self, path):
        line = socket.socket(socket.AF_UNIX)
        line.bind(str(path))
        line.listen()

        def answer(caller):
            with caller, caller.makefile("rwb") as lines, contextlib.suppress(OSError, ValueError):
                for asked in lines:
                    op = json.loads(asked)["op"]
                    said = {"value": SPELL.get(op, OFFLINE if op == "report" else [])}
                    lines.write(json.dumps(said, separators=(",", ":")).encode() + b"\n")
                    lines.flush()

        def accept():
            while True:
                caller, _ = line.accept()
                threading.Thread(target=answer, args=(caller,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()

    # What it then tries.

    def verdict(self, line):
        try:
            return line.report().verdict.value
        except BmnnMarkError as refusal:
            return refusal.code

    def admit(self):
        asked = Admission(
            ticket=self.told["ticket"], queue=self.told["queue"], job_uuid="urn:uuid:1", job_id=1,
            files=1, sha256=self.told["sha256"], length=self.told["length"],
            device_uri=self.told["device_uri"],
        )  # fmt: skip
        try:
            return self.early.admit(asked).attempt
        except BmnnMarkError as refusal:
            return refusal.code

    def submit(self, claim):
        """A job with a ticket that holds, sent to whatever is at the scheduler's socket."""
        content = self.told["content"].encode()
        cups.setUser(claim)
        try:
            line = cups.Connection(host=self.told["cups"])
            options = {"bmnn-ticket": self.told["ticket"]}
            job = line.createJob(self.told["queue"], "n", options)
            line.startDocument(self.told["queue"], job, "d", "application/pdf", 1)
            line.writeRequestData(content, len(content))
            line.finishDocument(self.told["queue"])
        except (cups.IPPError, RuntimeError) as error:
            return type(error).__name__
        return "accepted"

    def own_gate(self):
        """A copy of the gate that believes in another guard, run for the room's device."""
        desk = self.home / "gate"
        for name in ("spool", "receipts"):
            (desk / name).mkdir(parents=True)
        (desk / "spool/d00001-001").write_bytes(self.told["content"].encode())
        self.serve(desk / "guard.sock")
        places = {
            "/run/bmnn-mark/guard.sock": desk / "guard.sock",
            "/var/lib/bmnn-mark-guard/receipts": desk / "receipts",
            "/var/spool/cups": desk / "spool",
            "/usr/lib/cups/backend": self.told["backends"],
        }
        text = GATE
        for old, new in places.items():
            text = text.replace(f'"{old}"', f'"{new}"')
        (desk / "gate.py").write_text(text, "utf-8")
        options = f"bmnn-ticket={self.told['ticket']}"
        answer = subprocess.run(
            ["/usr/bin/python3", "-I", "-S", str(desk / "gate.py"), "1", "u", "t", "1", options],
            env={
                "DEVICE_URI": self.told["device_uri"], "PRINTER": self.told["queue"],
                "PATH": "/usr/bin:/bin",
            },
            capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return answer.returncode

    def device(self):
        """Straight to the device, and to the gate and the spool, by their files."""
        got = []
        places = [self.told["outbox"], self.told["backends"], self.told["spool"]]
        for place in places:
            with contextlib.suppress(OSError):
                (Path(place) / "9.pdf").write_bytes(b"x")
                got.append(place)
        for name in ("bmnn", "bmnn-rehearsal"):
            with contextlib.suppress(OSError):
                subprocess.run([f"{self.told['backends']}/{name}"], timeout=5, check=False)
                got.append(name)
        return got

    def own_view(self):
        try:
            return host_check(REHEARSAL).verdict.value
        except (OSError, BmnnMarkError) as error:
            return type(error).__name__


def main():
    told = json.load(sys.stdin)
    attacker = Attacker(told)
    host_check(REHEARSAL)  # loads what it needs before it cannot read the program any more
    attacker.become_user()
    for step in told["steps"]:
        getattr(attacker, step)()
    late = GuardLine(attacker.place, seconds=20.0)
    got = {
        "uid": os.getuid(),
        "verdict": attacker.verdict(attacker.early),
        "late": attacker.verdict(late),
        "admit": attacker.admit(),
        "jobs": [attacker.submit(claim) for claim in ("root", "nobody")],
        "gate": attacker.own_gate(),
        "device": attacker.device(),
        "own_view": attacker.own_view(),
    }
    shutil.rmtree(attacker.home, ignore_errors=True)
    sys.stdout.write(json.dumps(got))
    sys.stdout.flush()
    os._exit(0)


main()

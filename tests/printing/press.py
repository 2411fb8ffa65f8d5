# SPDX-License-Identifier: Apache-2.0
"""For tests and scripts that print: a print room on a host of its own, and a clerk outside it.

The room (scheduler, gate, device, guard) runs in namespaces of its own, because the machine that
tests run on has a network; the clerk's side is this process, by the room's sockets.
"""

import contextlib
import ctypes
import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bmnn_mark import plain
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import sha256_of, work_folder, write_whole
from bmnn_mark.printing.attempt import AttemptState, PrintCopy, PrintOptions
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import ReceiptState
from bmnn_mark.printing.printer.record import EnrolledPrinter
from bmnn_mark.printing.recovery import OpenAttempt, recover
from bmnn_mark.printing.rehearsal import PrivateCupsd, isolated
from bmnn_mark.printing.run import print_copies
from bmnn_mark.printing.scheduler.cups import Server
from bmnn_mark.register.tickets import SIGNED_AS

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
REGISTER = "5e" * 16
DOCUMENT = "d0" * 16
S = AttemptState


@dataclass
class Book:
    """A book of attempts that remembers, signs, and that a test may let fail."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    steps: list = field(default_factory=list)
    hook: object = None

    def record(self, attempt_id, state, detail):
        if self.hook is not None:
            self.hook(attempt_id, state, detail)
        self.steps.append((attempt_id, state, dict(detail)))

    def ticket(self, attempt_id, payload):
        last = [(state, detail) for one, state, detail in self.steps if one == attempt_id][-1]
        assert last[0] is S.CREATED
        assert last[1]["ticket"] == hashlib.sha256(payload).hexdigest()
        return self.key.sign(SIGNED_AS + payload)

    def states(self, attempt_id):
        return [state for one, state, _ in self.steps if one == attempt_id]

    def last(self, attempt_id):
        return [(state, detail) for one, state, detail in self.steps if one == attempt_id][-1]


@dataclass
class Press:
    """The room, and what a clerk does in it."""

    process: subprocess.Popen
    cupsd: PrivateCupsd
    work: Path
    book: Book
    host: int
    """The room's first process, for entering its network."""

    @property
    def place(self):
        return self.cupsd.guard_place

    def tell(self, *words):
        """Have the room do something."""
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def enroll(self):
        """Enrol the printer with the book's key."""
        key = self.book.key.public_key().public_bytes_raw().hex()
        assert self.tell("enroll", REGISTER, key)

    def ip(self, *words):
        """Change the network of the room's host."""
        code, _, said = self.tell("run", "/usr/sbin/ip", *words)
        assert code == 0, said

    def copy(self, number=1, of=3, content=b"%PDF-1.4 BMNN-CANARY\n" * 40, attempt=1):
        path = self.work / f"{number}-{secrets.token_hex(4)}.pdf"
        path.write_bytes(content + b"%d\n" % number)
        return PrintCopy(
            attempt_id=secrets.token_hex(16), register_id=REGISTER, document_id=DOCUMENT,
            number=number, of=of, attempt=attempt, path=path, sha256=sha256_of(path),
            length=path.stat().st_size, pages=1,
        )  # fmt: skip

    def print(self, *copies, on_progress=lambda _step: None, **options):
        settings = PrintOptions(**{"total_seconds": 15.0, **options})
        return print_copies(copies or (self.copy(),), self.place, self.book, settings, on_progress)

    def guard(self):
        return GuardLine(self.place)

    def server(self):
        return Server(self.cupsd.socket, self.cupsd.program)

    def recover(self, copy, state):
        with self.guard() as guard:
            open_one = OpenAttempt(attempt_id=copy.attempt_id, state=state)
            return recover(guard, self.book, [open_one])[0].state

    def receipt(self, copy):
        with self.guard() as guard:
            return guard.receipts([copy.attempt_id])[0].state

    def started(self, copy):
        return self.receipt(copy) is not ReceiptState.NONE

    def spooled(self):
        return [one.name for one in self.cupsd.spool.rglob("*") if one.is_file()]

    def jobs(self):
        return self.server().jobs(self.cupsd.queue, ended=True)

    def codes(self):
        """What the guard finds at the printer."""
        with self.guard() as guard:
            return [one.code for one in guard.preflight()]

    def reset(self):
        """Make the room as it was at first, for the next test."""
        self.cupsd.set_device("ok")
        with self.guard() as guard:
            guard.pause()
            guard.purge()
            guard.resume()
        for one in (*self.cupsd.outbox.iterdir(), *self.work.iterdir()):
            one.unlink()
        (self.cupsd.folder / "starts").unlink(missing_ok=True)
        self.book.hook = None
        self.book.steps.clear()

    def up(self):
        """Wait until guard and scheduler answer; the scheduler's process may be a new one."""
        self.tell("started")

        def answering():
            try:
                with self.guard() as guard:
                    guard.preflight()
            except PrinterRefused:
                return False
            return True

        wait_for(answering, 20.0)


@contextlib.contextmanager
def _in_network_of(pid):
    """Be in another process's network: a socket belongs to that of whoever connects."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        assert libc.setns(there, _NEW_NETWORK) == 0, "these tests need root"
        yield
    finally:
        assert libc.setns(home, _NEW_NETWORK) == 0
        os.close(there)
        os.close(home)


@contextlib.contextmanager
def print_room():
    """A print room with its enrolled printer."""
    with work_folder() as work:
        process = subprocess.Popen(
            isolated([sys.executable, "-I", str(Path(__file__).with_name("press_room.py"))]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, cwd="/",
            start_new_session=True,
        )  # fmt: skip
        try:
            told = json.loads(process.stdout.readline())
            folder = Path(told["folder"])
            cupsd = PrivateCupsd(
                socket=folder / "state/cups.sock", queue=told["queue"], outbox=folder / "outbox",
                spool=folder / "spool", program=folder / "bin/cupsd", server_bin=folder / "lib",
                guard_place=GuardPlace.below(folder / "guard"), folder=folder, pid=0,
            )  # fmt: skip
            press = Press(process=process, cupsd=cupsd, work=work, book=Book(), host=process.pid)
            with _in_network_of(process.pid):
                press.enroll()
                press.up()
                yield press
        finally:
            process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def belong_to(press, register):
    """Let a real register's tickets open the gate from now on, instead of the book's."""
    record = plain.decode(press.place.printer.read_bytes(), EnrolledPrinter)
    record = replace(
        record,
        register_id=register.register_id,
        register_public_key=register.public_key.hex(),
    )
    write_whole(press.place.printer, [plain.encode(record)], overwrite=True)


def wait_for(condition, seconds=8.0):
    """Wait until a condition holds."""
    ends_at = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < ends_at, "the condition never came true"
        time.sleep(0.005)
    return answer

# SPDX-License-Identifier: Apache-2.0
"""A real scheduler, in a network namespace of its own that the test process enters."""

import ctypes
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bmnn_mark.files import sha256_of, work_folder
from bmnn_mark.printing import printer as printers
from bmnn_mark.printing.rehearsal import private_cupsd
from bmnn_mark.printing.run import AttemptState, PrintCopy, PrintOptions, print_copies
from tests.printing.parts import offline_report

CLONE_NEWNET = 0x40000000


@dataclass
class Book:
    """An attempt book that remembers, and that a test may let fail."""

    steps: list = field(default_factory=list)
    hook: object = None

    def record(self, attempt_id, state, detail):
        if self.hook is not None:
            self.hook(attempt_id, state, detail)
        self.steps.append((attempt_id, state, dict(detail)))

    def states(self, attempt_id="a1"):
        return [state for one, state, _ in self.steps if one == attempt_id]


@dataclass
class Lab:
    """A private scheduler with its enrolled printer, and one copy after another to print."""

    cupsd: object
    folder: Path
    enrolled: object
    book: Book = field(default_factory=Book)
    judge_host: object = offline_report

    def copy(self, number=1, of=3, content=b"%PDF-1.4 BMNN-CANARY\n" * 40):
        path = self.folder / f"{number}.pdf"
        path.write_bytes(content + b"%d\n" % number)
        return PrintCopy(
            attempt_id=f"a{number}", register_id="r9", number=number, of=of, attempt=1,
            path=path, sha256=sha256_of(path), pages=1,
        )  # fmt: skip

    def print(self, *copies, **options):
        settings = PrintOptions(**{"total_seconds": 10.0, "poll_seconds": 0.02, **options})
        return print_copies(
            copies or (self.copy(),), self.enrolled, self.judge_host, self.book, settings
        )

    def spooled(self):
        return [one.name for one in self.cupsd.spool.rglob("*") if one.is_file()]

    def server(self):
        return self.enrolled.connect()


@pytest.fixture
def own_network():
    """Enter an empty network namespace, so that the host's own traffic is not seen."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    assert libc.unshare(CLONE_NEWNET) == 0, "these tests need root"
    try:
        yield
    finally:
        assert libc.setns(home, CLONE_NEWNET) == 0
        os.close(home)


@pytest.fixture
def room(own_network, monkeypatch):
    """A private scheduler."""
    monkeypatch.delenv("CUPS_SERVER", raising=False)
    with work_folder() as folder, private_cupsd(folder) as cupsd:
        yield cupsd


def enroll(cupsd, data_folder, **changes):
    known = {
        "queue": cupsd.queue, "socket": cupsd.socket, "program": cupsd.program,
        "spool": cupsd.spool, "rehearsal": True,
    }  # fmt: skip
    return printers.enroll(data_folder=data_folder, **{**known, **changes})


@pytest.fixture
def lab(room, tmp_path):
    """The scheduler with its printer enrolled."""
    return Lab(cupsd=room, folder=tmp_path, enrolled=enroll(room, tmp_path))


def lpadmin(cupsd, *arguments):
    """Change the private scheduler's queues as an administrator would."""
    command = ["/usr/sbin/lpadmin", "-h", str(cupsd.socket), *arguments]
    subprocess.run(command, check=True, timeout=20, capture_output=True)


def wait_for(condition, seconds=8.0):
    """Wait until a condition holds."""
    ends_at = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < ends_at, "the condition never came true"
        time.sleep(0.01)
    return answer


__all__ = ["AttemptState"]

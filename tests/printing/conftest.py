# SPDX-License-Identifier: Apache-2.0
"""A real scheduler, in a network namespace of its own that the test process enters."""

import ctypes
import os
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bmnn_mark.files import sha256_of, work_folder
from bmnn_mark.printing import printer as printers
from bmnn_mark.printing.evidence.moment import this_moment
from bmnn_mark.printing.facts import (
    CollectorResult,
    CollectorState,
    Environment,
    Link,
    NamespaceFacts,
    Snapshot,
)
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import REHEARSAL
from bmnn_mark.printing.rehearsal import private_cupsd
from bmnn_mark.printing.run import AttemptState, PrintCopy, PrintOptions, print_copies

CLONE_NEWNET = 0x40000000
PARTS = (
    "namespace", "other_namespaces", "links", "addresses", "routes", "rules", "neighbours",
    "sockets", "environment",
)  # fmt: skip

LOOPBACK = Link(
    index=1, name="lo", flags=0x10049, hardware=772, kind="", permanent_mac="", bus_path="",
    master=0, carrier_up_count=0, packets=0,
)  # fmt: skip


def clean_snapshot(**changes):
    """The facts of a host that has nothing but its loopback."""
    facts = Snapshot(
        taken_at_ns=1,
        boottime_ns=1,
        boot_id="b",
        machine_id="m",
        collectors=tuple(CollectorResult(name=one, state=CollectorState.OK) for one in PARTS),
        namespace=NamespaceFacts(
            own_net=7, host_net=7, kernel_net=7, own_pid=4026531836, own_links=("lo",),
            host_links=("lo",), sysfs_links=("lo",), overmounted=(),
        ),
        other_namespaces=(),
        links=(LOOPBACK,),
        addresses=(),
        routes=(),
        rules=(),
        neighbours=(),
        sockets=(),
        environment=Environment(hypervisor=(), container=(), forwarding=()),
    )  # fmt: skip
    return replace(facts, **changes)


def now():
    moment = this_moment()
    return {"boot_id": moment.boot_id, "boottime_ns": moment.boottime_ns}


def offline_report():
    return judge(clean_snapshot(**now()), REHEARSAL)


def online_report():
    card = replace(LOOPBACK, index=2, name="e0", flags=0x10001, hardware=1)
    facts = clean_snapshot(links=(LOOPBACK, card), **now())
    return judge(facts, REHEARSAL)


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

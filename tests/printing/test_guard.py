# SPDX-License-Identifier: Apache-2.0
"""A running guard: what it says to whom, and that nobody makes it wait or fall."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bmnn_mark.errors import HostUnknown, PrinterRefused
from bmnn_mark.files import work_folder
from bmnn_mark.printing.guard.client import GuardLine, Watch
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import Admission, End, ReceiptState
from bmnn_mark.printing.guard.service import serve
from bmnn_mark.printing.model import Verdict
from bmnn_mark.printing.rehearsal import isolated
from tests.printing.gate_line import GateLine
from tests.printing.press import wait_for

SERVICE = [sys.executable, "-I", "-m", "bmnn_mark.printing.guard.service", "--place"]
A = "a1" * 16
NOBODY = 65534
ADMISSION = Admission(
    ticket="", queue="q", job_uuid="u", job_id=1, files=1, sha256="0" * 64, length=1,
    device_uri="bmnn:/x",
)  # fmt: skip


class Running:
    """A guard on a host of its own."""

    def __init__(self, folder, process):
        self.folder = folder
        self.process = process
        self.place = GuardPlace.below(folder)

    def line(self):
        return GuardLine(self.place, seconds=20.0)

    def connect(self, data=b""):
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(self.place.socket))  # waits while too many knock; with a timeout it fails
        line.settimeout(15)
        line.sendall(data)
        return line

    def ip(self, *words):
        enter = ["nsenter", "-t", str(self.process.pid), "-n", "/usr/sbin/ip", *words]
        subprocess.run(enter, check=True, timeout=20, capture_output=True)

    def pid(self):
        """The guard itself, below the processes that keep its namespaces."""
        return descendant(self.process.pid, b"guard.service")

    def eyes(self):
        return descendant(self.process.pid, b"guard.eyes")

    def codes(self):
        with self.line() as line:
            return [one.code for one in line.incidents().incidents]


def answers(place):
    try:
        with GuardLine(place) as line:
            return line.receipts([A])
    except PrinterRefused as refusal:
        if refusal.code != "guard.absent":  # not listening yet
            raise
        return None


def descendant(pid, word):
    found = []

    def look(one):
        with contextlib.suppress(OSError):
            words = (Path("/proc") / str(one) / "cmdline").read_bytes().split(b"\0")
            if any(part.endswith(word) for part in words) and words[0] == sys.executable.encode():
                found.append(one)
            for task in (Path("/proc") / str(one) / "task").iterdir():
                for child in (task / "children").read_text().split():
                    look(int(child))

    look(pid)
    (one,) = found
    return one


@contextlib.contextmanager
def running(folder):
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            isolated([*SERVICE, str(folder)]), stdout=said, stderr=said, cwd="/",
            start_new_session=True,
        )  # fmt: skip
    guard = Running(folder, process)
    try:
        wait_for(lambda: answers(guard.place), 20.0)
        yield guard
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def shared():
    with work_folder() as folder, running(folder) as guard:
        yield guard


@pytest.fixture
def guard(shared):
    """A running guard, seen well before and after each test."""
    with shared.line() as line:
        line.report()
    yield shared
    with shared.line() as line:
        assert line.receipts([A])[0].state is ReceiptState.NONE
    assert shared.folder.joinpath("said").read_bytes() == b""


@pytest.fixture
def own():
    """A running guard of this test alone."""
    with work_folder() as folder, running(folder) as guard:
        yield guard


def as_uid(uid, groups, what):
    """Do something in a process of another user, and return what it says."""
    told, say = os.pipe()
    child = os.fork()
    if not child:
        os.close(told)
        try:
            os.setgroups(groups)
            os.setgid(uid)
            os.setuid(uid)
            answer = what()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer
            answer = f"{type(error).__name__} {getattr(error, 'code', '')}"
        os.write(say, answer.encode())
        os._exit(0)
    os.close(say)
    with os.fdopen(told) as heard:
        answer = heard.read()
    os.waitpid(child, 0)
    return answer


# --- what it says ---


def test_it_judges_by_the_strictest_policy_where_root_decided_nothing(guard):
    with guard.line() as line:
        report = line.report()
    assert report.policy.value == "air-gapped"
    assert report.verdict is not Verdict.OFFLINE
    assert "baseline.missing" in [one.code for one in report.evidence]
    with guard.line() as line, pytest.raises(PrinterRefused, match="printer.not_enrolled"):
        line.printer()


def test_a_link_that_comes_up_is_told_and_judged(own):
    with own.line() as line:
        before = line.report()
        assert not {"link.up", "link.present_down"} & {one.code for one in before.evidence}
        with Watch(own.place) as watch:
            assert watch.changed(0.2) == ""
            own.ip("link", "add", "e0", "type", "ifb")
            assert watch.changed(5.0) in {"guard.network_changed", "guard.device_changed"}
            own.ip("link", "set", "e0", "up")
            after = line.report()
    assert after.verdict is Verdict.ONLINE
    assert "link.up" in [one.code for one in after.evidence]
    assert after.snapshot_sha256 != before.snapshot_sha256


def test_a_change_before_anybody_looks_is_not_lost(own):
    with Watch(own.place) as watch:
        own.ip("link", "set", "lo", "up")
        time.sleep(0.2)
        assert watch.changed() == "guard.network_changed"
        assert watch.changed() == "guard.network_changed"


def test_a_report_is_never_older_than_the_question(own):
    """Many ask while the host changes; whoever asks after the change sees it."""

    def ask(_number):
        with own.line() as line:
            return line.report()

    with ThreadPoolExecutor(8) as many:
        early = [many.submit(ask, number) for number in range(8)]
        own.ip("link", "add", "e0", "type", "ifb")
        own.ip("link", "set", "e0", "up")
        late = [many.submit(ask, number) for number in range(8)]
        assert all(one.result(30).verdict is Verdict.ONLINE for one in late)
        assert all(one.result(30) for one in early)


def test_nothing_is_said_of_a_host_that_does_not_hold_still(own):
    flap = "while :; do /usr/sbin/ip link set lo up; /usr/sbin/ip link set lo down; done"
    process = subprocess.Popen(
        ["nsenter", "-t", str(own.process.pid), "-n", "sh", "-c", flap], start_new_session=True
    )
    try:
        with own.line() as line:
            time.sleep(0.1)
            with pytest.raises(HostUnknown, match="guard.host_restless"):
                [line.report() for _ in range(20)]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with own.line() as line:
        wait_for(lambda: line.report() is not None)


def test_eyes_that_die_or_hang_say_nothing_and_come_back(own):
    with own.line() as line:
        line.report()
        os.kill(own.eyes(), signal.SIGKILL)
        reports = []
        for _ in range(3):
            with contextlib.suppress(Exception):
                reports.append(line.report())
        assert reports


def test_a_guard_that_is_killed_counts_as_a_change_and_says_so_afterwards(own):
    with Watch(own.place) as watch, own.line() as line:
        line.report()
        os.kill(own.pid(), signal.SIGKILL)
        assert watch.changed(5.0) == "guard.lost"
        with pytest.raises(PrinterRefused, match="guard.absent"):
            line.report()
        own.process.wait(20)
    with running(own.folder) as again:
        assert again.codes() == ["guard.journal_begun", "guard.ended_hard"]
        os.kill(again.pid(), signal.SIGTERM)
        again.process.wait(20)
    with running(own.folder) as once_more:
        assert once_more.codes() == ["guard.journal_begun", "guard.ended_hard"]


def test_a_second_guard_of_a_place_does_not_start(own):
    done = subprocess.run(
        isolated([*SERVICE, str(own.folder)]), capture_output=True, timeout=60, cwd="/"
    )
    assert done.returncode == 1
    assert done.stderr == b"bmnn-mark-guard: guard.runs_already\n"
    with own.line() as line:
        assert line.report() is not None


def test_it_does_not_watch_a_network_that_is_not_the_hosts(tmp_path):
    done = subprocess.run(
        isolated(["unshare", "-n", "--", *SERVICE, str(tmp_path)]),
        capture_output=True, timeout=60, cwd="/",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, b"bmnn-mark-guard: guard.not_host\n")
    done = subprocess.run(
        ["unshare", "-r", "--", *SERVICE, str(tmp_path)], capture_output=True, timeout=60, cwd="/"
    )
    assert (done.returncode, done.stderr) == (1, b"bmnn-mark-guard: guard.not_host\n")


def test_it_is_root_or_nobody(tmp_path):
    said = as_uid(NOBODY, [], lambda: serve(GuardPlace.below(tmp_path)))
    assert said == "PrinterRefused print.needs_root"
    assert not list(tmp_path.iterdir())


def test_what_it_keeps_is_roots_alone_and_leaves_no_core(own):
    for path in (own.folder / "pins", own.folder / "state", *(own.folder / "state").rglob("*")):
        assert path.lstat().st_mode & 0o077 == 0, path.name
    limits = Path(f"/proc/{own.pid()}/limits").read_text()
    assert [one.split()[4] for one in limits.splitlines() if one.startswith("Max core")] == ["0"]


# --- who may ask ---


def test_only_root_and_the_group_are_let_in(guard):
    assert guard.place.socket.stat().st_mode & 0o007 == 0

    def ask():
        with GuardLine(guard.place, seconds=5.0) as line:
            line.report()
        return "answered"

    assert as_uid(NOBODY, [], ask).startswith("PrinterRefused guard.absent")
    for folder in (guard.folder, *guard.folder.parents[:0]):
        folder.chmod(0o711)
    guard.place.socket.chmod(0o666)  # as if somebody had opened it
    try:
        assert as_uid(NOBODY, [], ask) == "PrinterRefused guard.not_yours"
        in_namespace = subprocess.run(
            [
                "setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--",
                "unshare", "-r", "--", "/usr/bin/python3", "-c",
                "import socket,sys\ns=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1])\n"
                "print(__import__('os').getuid());print(s.recv(9999).decode())",
                str(guard.place.socket),
            ],
            capture_output=True, timeout=60, text=True,
        )  # fmt: skip
        assert in_namespace.stdout.startswith("0\n"), in_namespace.stderr
        assert "guard.not_yours" in in_namespace.stdout
    finally:
        guard.place.socket.chmod(0o660)
        guard.folder.chmod(0o700)


def test_a_member_of_the_group_may_ask_but_not_what_is_the_gates(own):
    """The group is made in this machine's list of groups for as long as the test takes."""
    with group_bmnn() as number:
        own.folder.chmod(0o711)
        own.place.socket.chmod(0o666)

        def report():
            with GuardLine(own.place, seconds=20.0) as line:
                return line.report().verdict.value

        def admit():
            with GateLine(own.place, seconds=20.0) as line:
                line.admit(ADMISSION)
            return "admitted"

        def end():
            with GateLine(own.place, seconds=20.0) as line:
                line.ended(End(status=0, sent=0, device_sha256=""))
            return "ended"

        assert as_uid(NOBODY, [number], report) in {"UNKNOWN", "ONLINE"}
        assert as_uid(NOBODY, [], report) == "PrinterRefused guard.not_yours"
        assert as_uid(NOBODY, [number], admit) == "PrinterRefused guard.not_yours"
        assert as_uid(NOBODY, [number], end) == "PrinterRefused guard.not_yours"


@contextlib.contextmanager
def group_bmnn():
    import grp

    with contextlib.suppress(KeyError):
        yield grp.getgrnam("bmnn").gr_gid
        return
    subprocess.run(["groupadd", "--system", "bmnn"], check=True, timeout=20)
    try:
        yield grp.getgrnam("bmnn").gr_gid
    finally:
        subprocess.run(["groupdel", "bmnn"], check=True, timeout=20)


def test_a_line_that_is_not_roots_is_refused(tmp_path):
    path = tmp_path / "guard.sock"
    child = os.fork()
    if not child:
        line = socket.socket(socket.AF_UNIX)
        line.bind(str(path))
        os.setuid(NOBODY)  # who listens is the one whom the kernel names
        line.listen()
        line.accept()
        time.sleep(20)
        os._exit(0)
    try:
        wait_for(path.exists)
        place = GuardPlace.below(tmp_path)
        with pytest.raises(PrinterRefused, match="guard.impostor"):
            wait_for(lambda: answers(place))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


# --- hostile askers ---


GARBAGE = [
    b"\n", b"{}\n", b"[]\n", b"null\n", b"7\n", b'"report"\n', b"\xff\xfe\n", b"\0" * 99 + b"\n",
    b'{"op":"format-disk"}\n', b'{"op":7}\n', b'{"op":["report"]}\n', b'{"op":"report","with":7}\n',
    b'{"op":"receipts"}\n', b'{"op":"receipts","with":{"attempts":7}}\n',
    b'{"op":"receipts","with":{"attempts":["../../etc/passwd"]}}\n',
    b'{"op":"receipts","with":{"attempts":[null]}}\n',
    b'{"op":"incidents","with":{"after":"x"}}\n', b'{"op":"incidents","with":{"journal":7}}\n',
    b'{"op":"incidents","with":{"after":-5,"journal":"' + b"z" * 64 + b'"}}\n',
    b'{"op":"head","with":{"register_id":"../x"}}\n', b'{"op":"head"}\n',
    b'{"op":"raise-head","with":{}}\n', b'{"op":"preflight","with":{"own_job":"1"}}\n',
    b'{"op":"admit","with":{}}\n', b'{"op":"admit","with":{"ticket":7}}\n',
    b'{"op":"ended","with":{"status":0,"sent":1,"device_sha256":""}}\n', b'{"op":"ended"}\n',
    b'{"op":"purge","with":{"uuid":{"x":1}}}\n', b'{"op":"pause"}\n', b'{"op":"resume"}\n',
    b'{"op":"report","op":"report","with":null}\n', b"[" * 60000 + b"\n",
    b'{"op":"receipts","with":{"attempts":[' + b",".join([b'"aaaa"'] * 6000) + b"]}}\n",
]  # fmt: skip


@pytest.mark.parametrize("data", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused_with_a_code_and_the_next_question_answered(guard, data):
    with guard.connect(data + b'{"op":"subscribe"}\n') as line, line.makefile("rb") as file:
        first = json.loads(file.readline())
        assert set(first["refused"]) == {"code", "kind", "detail"}
        assert json.loads(file.readline()) == {"value": {}}


def test_a_line_without_end_and_one_that_is_too_long_end_the_connection(guard):
    with guard.connect() as line:
        with contextlib.suppress(OSError):
            for _ in range(64):
                line.sendall(b"a" * 4096)
        with contextlib.suppress(ConnectionResetError):
            assert line.recv(99) == b""
    with guard.connect(b'{"op":') as line:
        began = time.monotonic()
        assert line.recv(99) == b""
        assert 4.0 < time.monotonic() - began < 9.0


def test_those_who_are_silent_slow_or_greedy_keep_nobody_waiting(guard):
    """Half lines, unread answers, a thousand questions at once: another's answer comes quickly."""
    with contextlib.ExitStack() as held:
        for _ in range(10):
            held.enter_context(guard.connect())
            held.enter_context(guard.connect(b'{"op":"re'))
            greedy = held.enter_context(guard.connect())
            greedy.settimeout(0)
            with contextlib.suppress(OSError):
                while True:
                    greedy.sendall(b'{"op":"incidents"}\n' * 1000)
        times = []
        with guard.line() as line:
            for _ in range(20):
                began = time.monotonic()
                line.receipts([A])
                times.append(time.monotonic() - began)
        assert sorted(times)[10] < 0.5
        assert max(times) < 3.0


def test_a_crowd_is_turned_away_and_room_is_there_again_when_it_left(guard):
    def told(line):
        line.settimeout(0.3)
        try:
            return line.recv(9999)
        except TimeoutError:
            return b""

    with contextlib.ExitStack() as held:
        lines = [held.enter_context(guard.connect()) for _ in range(80)]
        refused = [one for one in map(told, lines[60:]) if b"guard.too_many" in one]
        assert len(refused) >= 16
    with guard.line() as line:
        wait_for(lambda: answered(line))


def answered(line):
    try:
        return line.receipts([A])
    except PrinterRefused:
        return None


def test_many_come_and_go_and_no_descriptor_is_left(guard):
    def handles():
        return len(list(Path(f"/proc/{guard.pid()}/fd").iterdir()))

    before = handles()
    for _ in range(300):
        guard.connect(b'{"op":"report"}\n').close()
    wait_for(lambda: handles() <= before + 1, 20.0)


# --- nobody's ticket ---


def test_without_an_enrolled_printer_nothing_is_admitted_and_the_journal_says_so(own):
    with GateLine(own.place) as line:
        with pytest.raises(PrinterRefused, match="printer.not_enrolled"):
            line.admit(ADMISSION)
        entry = line.incidents().incidents[-1]
    assert (entry.code, entry.detail) == ("printer.not_enrolled", {"queue": "q", "job": 1})

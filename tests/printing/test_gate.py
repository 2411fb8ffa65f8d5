# SPDX-License-Identifier: Apache-2.0
"""The gate under a real cupsd, with a guard that says what the test wants."""

import ast
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cups
import pytest

from bmnn_mark.files import work_folder
from bmnn_mark.printing import gate
from bmnn_mark.printing.gate.gate import as_json, options_of, word_in
from bmnn_mark.printing.rehearsal import private_scheduler, scheduler_command
from tests.printing.conftest import lpadmin, wait_for

ATTEMPT = "ab" * 16
ADMITTED = {"value": {"attempt": ATTEMPT, "snapshot_sha256": "cd" * 32}}
CONTENT = b"%PDF-1.4 BMNN-CANARY\n" * 2000
ENDED_STATES = (7, 8, 9)


@dataclass
class GateRoom:
    """A scheduler with the gate, and a small guard that is told what to say."""

    cupsd: object
    guard: subprocess.Popen
    desk: Path

    def say(self, answer):
        (self.desk / "answer").write_bytes(json.dumps(answer).encode() + b"\n")

    def asked(self, op):
        journal = self.desk / "asked"
        lines = journal.read_bytes().splitlines() if journal.exists() else []
        return [one["with"] for one in map(json.loads, lines) if one["op"] == op]

    def line(self):
        return cups.Connection(host=str(self.cupsd.socket))

    def submit(self, content=CONTENT, **options):
        """A job that goes at once; its number."""
        line = self.line()
        job = line.createJob(self.cupsd.queue, "n", {"bmnn-ticket": "T", **options})
        line.startDocument(self.cupsd.queue, job, "d", "application/pdf", 1)
        line.writeRequestData(content, len(content))
        line.finishDocument(self.cupsd.queue)
        return job

    def state(self, job):
        return self.line().getJobAttributes(job, requested_attributes=["job-state"])["job-state"]

    def end_of(self, job):
        wait_for(lambda: self.state(job) in ENDED_STATES)
        return self.state(job)

    def receipt(self, kind, attempt=ATTEMPT):
        path = self.cupsd.guard_place.receipts / f"{attempt}.{kind}"
        return json.loads(path.read_bytes()) if path.exists() else None

    def device_alive(self):
        wanted = f"DEVICE_URI={self.cupsd.device_uri.removeprefix('bmnn:/')}".encode()
        return any(wanted in one.split(b"\0") for one in _environments())

    def stop(self, code):
        draft = self.desk / "draft"
        draft.write_text(code)
        draft.rename(self.desk / "stop")


def _environments():
    for one in Path("/proc").iterdir():
        if one.name.isdecimal():
            with contextlib.suppress(OSError):
                yield (one / "environ").read_bytes()


@pytest.fixture
def gated(monkeypatch):
    monkeypatch.delenv("CUPS_SERVER", raising=False)
    with work_folder() as folder, private_scheduler(folder) as cupsd:
        desk = cupsd.guard_place.socket.parent
        script = Path(__file__).with_name("small_guard.py")
        command = [sys.executable, "-I", str(script), str(desk)]
        guard = subprocess.Popen(command, start_new_session=True)
        try:
            wait_for(cupsd.guard_place.socket.exists)
            room = GateRoom(cupsd=cupsd, guard=guard, desk=desk)
            room.say(ADMITTED)
            yield room
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(guard.pid, signal.SIGKILL)
            guard.wait()


def assert_nothing_came(room, job):
    assert room.end_of(job) == 7
    assert room.cupsd.starts() == 0
    assert room.receipt("start") is None
    wait_for(lambda: not list(room.cupsd.spool.glob("d*")))


def test_an_admitted_job_reaches_the_device_byte_for_byte_with_both_receipts(gated):
    job = gated.submit()
    assert gated.end_of(job) == 9
    assert gated.cupsd.sheets() == (CONTENT,)
    (asked,) = gated.asked("admit")
    uuid = gated.line().getJobAttributes(job)["job-uuid"]
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert asked == {
        "ticket": "T", "queue": gated.cupsd.queue, "job_uuid": uuid, "job_id": job, "files": 1,
        "sha256": digest, "length": len(CONTENT), "device_uri": gated.cupsd.device_uri,
        "fault": "",
    }  # fmt: skip
    start = gated.receipt("start")
    assert abs(start.pop("at") - time.time()) < 60
    assert start == {
        "job_uuid": uuid, "job_id": job, "sha256": digest, "length": len(CONTENT),
        "snapshot_sha256": "cd" * 32,
    }  # fmt: skip
    end = {"status": 0, "sent": len(CONTENT), "device_sha256": digest, "stopped": ""}
    assert gated.receipt("end") == end
    assert gated.asked("ended") == [end]


@pytest.mark.parametrize(
    "answer",
    [
        {"refused": {"code": "gate.no_ticket", "kind": "PrinterRefused", "detail": {}}},
        {"refused": 7},
        {"value": None},
        {"value": {"attempt": "../../x"}},
        {"value": {"attempt": "AB" * 16}},
        {"stop": "guard.host_changed"},
        [],
    ],
)
def test_whatever_is_not_an_admission_lets_nothing_through(gated, answer):
    gated.say(answer)
    assert_nothing_came(gated, gated.submit())


def test_without_a_guard_nothing_comes_through(gated):
    os.killpg(gated.guard.pid, signal.SIGKILL)
    gated.guard.wait()
    assert_nothing_came(gated, gated.submit())
    gated.cupsd.guard_place.socket.unlink()
    assert_nothing_came(gated, gated.submit())


def test_a_guard_that_is_not_root_lets_nothing_through(gated):
    os.killpg(gated.guard.pid, signal.SIGKILL)
    gated.guard.wait()
    desk = gated.desk
    for one in (gated.cupsd.folder, desk):
        one.chmod(0o777)
    (desk / "answer").chmod(0o644)
    gated.cupsd.guard_place.socket.unlink()
    command = ["/usr/bin/setpriv", "--reuid", "65534", "--clear-groups", "/usr/bin/python3"]
    fake = subprocess.Popen(
        [*command, "-IS", "-c", Path(__file__).with_name("small_guard.py").read_text(), str(desk)]
    )
    try:
        wait_for(gated.cupsd.guard_place.socket.exists)
        assert_nothing_came(gated, gated.submit())
        assert gated.asked("admit") == []
    finally:
        fake.kill()
        fake.wait()


@pytest.mark.parametrize(
    "options", [{"number-up": "2"}, {"page-ranges": "1"}, {"print-scaling": "fill"}]
)
def test_options_that_make_other_pages_of_the_bytes_are_a_fault(gated, options):
    gated.end_of(gated.submit(**options))
    assert gated.asked("admit")[0]["fault"] == "gate.options"


def test_two_documents_in_a_job_are_told_to_the_guard(gated):
    line, queue = gated.line(), gated.cupsd.queue
    job = line.createJob(queue, "n", {"bmnn-ticket": "T"})
    for last in (0, 1):
        line.startDocument(queue, job, "d", "application/pdf", last)
        line.writeRequestData(CONTENT, len(CONTENT))
        line.finishDocument(queue)
    gated.end_of(job)
    assert gated.asked("admit")[0]["files"] == 2


def test_a_job_that_comes_through_a_class_is_a_fault(gated):
    lpadmin(gated.cupsd, "-p", gated.cupsd.queue, "-c", "group")
    lpadmin(gated.cupsd, "-p", "group", "-E")
    line = gated.line()
    job = line.printFile("group", str(_a_file(gated)), "n", {"bmnn-ticket": "T"})
    gated.end_of(job)
    assert gated.asked("admit")[0]["fault"] == "gate.class"


def _a_file(room):
    path = room.cupsd.folder / "a.pdf"
    path.write_bytes(CONTENT)
    return path


def test_an_attempt_starts_once_whatever_is_done_with_its_job(gated):
    """Restart, reprocess, a copy of the job, a retry: the receipt is there, and it stays so."""
    first = gated.submit()
    assert gated.end_of(first) == 9
    second = gated.submit()
    assert gated.end_of(second) == 7
    with contextlib.suppress(cups.IPPError):
        gated.line().restartJob(first)
        gated.end_of(first)
    assert gated.cupsd.starts() == 1
    assert gated.cupsd.sheets() == (CONTENT,)


def _trickling(room):
    room.cupsd.set_device("trickle 0.05")
    job = room.submit(CONTENT * 20)
    wait_for(lambda: room.cupsd.taken(job) > 8192)
    return job


@pytest.mark.parametrize("how", ["says stop", "is killed"])
def test_when_the_guard_stops_it_no_further_byte_reaches_the_device(gated, how):
    job = _trickling(gated)
    began = time.monotonic()
    if how == "says stop":
        gated.stop("guard.host_changed")
    else:
        os.killpg(gated.guard.pid, signal.SIGKILL)
    wait_for(lambda: not gated.device_alive())
    assert time.monotonic() - began < 0.5
    taken = gated.cupsd.taken(job)
    assert gated.end_of(job) == 7
    time.sleep(0.2)
    assert gated.cupsd.taken(job) == taken
    assert gated.cupsd.sheets() == ()
    expected = "guard.host_changed" if how == "says stop" else "gate.guard_lost"
    assert gated.receipt("end")["stopped"] == expected
    assert gated.receipt("end")["status"] == -signal.SIGKILL


def test_a_guard_that_hangs_stops_what_is_on_its_way(gated):
    job = _trickling(gated)
    time.sleep(3.5)  # as long as it says that it is there, nothing ends
    assert gated.device_alive()
    (gated.desk / "silent").touch()
    wait_for(lambda: not gated.device_alive(), 4.5)
    assert gated.end_of(job) == 7
    assert gated.receipt("end")["stopped"] == "gate.guard_silent"


def test_a_cancelled_job_ends_at_the_device_at_once(gated):
    job = _trickling(gated)
    gated.line().cancelJob(job)
    wait_for(lambda: not gated.device_alive(), 2.0)
    assert gated.receipt("end")["stopped"] == "gate.cancelled"
    assert gated.cupsd.sheets() == ()


def test_a_killed_gate_takes_the_device_with_it_and_leaves_a_start_without_an_end(gated):
    job = _trickling(gated)
    (pid,) = _gates(gated)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not gated.device_alive(), 2.0)
    gated.end_of(job)
    time.sleep(0.2)
    assert gated.cupsd.sheets() == ()
    assert gated.receipt("start") is not None
    assert gated.receipt("end") is None


def _gates(room):
    """The processes of the gate itself."""
    found = []
    for one in Path("/proc").iterdir():
        if one.name.isdecimal():
            with contextlib.suppress(OSError):
                words = (one / "cmdline").read_bytes().split(b"\0")
                if str(room.cupsd.server_bin / "backend/bmnn").encode() in words:
                    found.append(int(one.name))
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_scheduler_that_dies_in_mid_print_takes_the_device_with_it_and_prints_once(gated, number):
    _trickling(gated)
    os.kill(gated.cupsd.pid, number)
    wait_for(lambda: not gated.device_alive(), 2.0)
    wait_for(lambda: not Path(f"/proc/{gated.cupsd.pid}/fd").exists() or _zombie(gated.cupsd.pid))
    gated.cupsd.set_device("ok")
    gated.cupsd.socket.unlink(missing_ok=True)
    again = subprocess.Popen(scheduler_command(gated.cupsd), cwd=gated.cupsd.folder / "home")
    try:
        wait_for(gated.cupsd.socket.exists)
        wait_for(lambda: not gated.line().getJobs())
        time.sleep(0.3)
        assert gated.cupsd.starts() == 1
        assert gated.cupsd.sheets() == ()
        end = gated.receipt("end")  # none where cupsd killed the gate on its way out
        assert end is None or end["stopped"] in {"gate.scheduler_lost", "gate.cancelled"}
    finally:
        again.terminate()
        again.wait(20)


def _zombie(pid):
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


@pytest.mark.parametrize("status", range(1, 9))
def test_no_way_in_which_a_device_fails_makes_cups_try_again(gated, status):
    gated.cupsd.set_device(f"fail {status}")
    job = gated.submit()
    assert gated.end_of(job) == 7
    assert gated.receipt("end")["status"] == status
    assert gated.line().getPrinterAttributes(gated.cupsd.queue)["printer-state"] == 3
    gated.line().enablePrinter(gated.cupsd.queue)
    time.sleep(0.2)
    assert gated.cupsd.starts() == 1
    assert not list(gated.cupsd.spool.glob("d*"))


def test_a_device_that_is_killed_is_not_called_completed(gated):
    gated.cupsd.set_device("die")
    assert gated.end_of(gated.submit()) == 7
    assert gated.receipt("end")["status"] == -signal.SIGKILL


def test_a_device_program_that_is_not_there_leaves_an_end_that_says_so(gated):
    (gated.cupsd.server_bin / "backend/bmnn-rehearsal").unlink()
    assert gated.end_of(gated.submit()) == 7
    end = gated.receipt("end")
    assert end["status"] != 0
    assert gated.asked("ended") == [end]


def test_a_device_that_does_not_take_everything_is_not_called_completed(gated):
    gated.cupsd.set_device("fail 0")
    assert gated.end_of(gated.submit(CONTENT * 20)) == 7
    assert gated.receipt("end")["stopped"] == "gate.device_ended_early"


def test_a_device_that_leaves_the_document_in_its_pipe_is_not_called_completed(gated):
    gated.cupsd.set_device("fail 0")
    assert gated.end_of(gated.submit()) == 7
    assert gated.receipt("end")["stopped"] == "gate.device_ended_early"


def test_anybodys_job_without_a_ticket_is_told_to_the_guard(gated):
    refused = {"refused": {"code": "gate.no_ticket", "kind": "PrinterRefused", "detail": {}}}
    gated.say(refused)
    command = ["/usr/bin/lp", "-h", str(gated.cupsd.socket), "-d", gated.cupsd.queue]
    subprocess.run([*command, str(_a_file(gated))], check=True, timeout=20, capture_output=True)
    wait_for(lambda: gated.asked("admit"))
    assert_nothing_came(gated, 1)
    assert gated.asked("admit")[0]["ticket"] == ""


def test_a_receipt_that_cannot_be_written_is_told_to_the_guard_and_nothing_starts(gated):
    receipts = gated.cupsd.guard_place.receipts
    receipts.rename(receipts.with_name("aside"))
    job = gated.submit()
    assert gated.end_of(job) == 7
    assert [one["stopped"] for one in gated.asked("ended")] == ["gate.receipt"]
    assert gated.cupsd.starts() == 0


def test_the_gate_imports_nothing_but_the_standard_library():
    path = Path(gate.__file__).with_name("gate.py")
    tree = ast.parse(path.read_text("utf-8"))
    names = set()
    for one in ast.walk(tree):
        if isinstance(one, ast.Import):
            names |= {part.name.partition(".")[0] for part in one.names}
        elif isinstance(one, ast.ImportFrom):
            names.add(one.module.partition(".")[0])
    assert names <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "text", ["", "a b", 'x"y\\z', "tiếng Việt", "\x00\x1f", "\U0001f5a8", "\udcff"]
)
def test_the_gate_writes_json_that_everybody_reads(text):
    what = {"op": text, "with": {"n": 7, text: -1}}
    assert json.loads(as_json(what)) == what


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (b'{"stop":"guard.network_changed"}', "guard.network_changed"),
        (b'{"other":"x","stop":"a.b"}', "a.b"),
        (b'{"stop":""}', ""), (b'{"stop":"A"}', ""), (b'{"stop":"a/b"}', ""), (b'{"stop":"a', ""),
        (b'{"stop":7}', ""), (b"", ""), (b'{"stop":"\xc3\xa1"}', ""),
    ],
)  # fmt: skip
def test_the_gate_takes_nothing_but_plain_words_from_a_line(line, word):
    assert word_in(line, "stop") == word


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1 b=x\\ y=2 c", {"a": "1", "b": "x y=2", "c": ""}),
        ('a=x\\ y b=q\\"r\\\\', {"a": "x y", "b": 'q"r\\'}),
        ("a=\xa0b\x1cc\u2028 d", {"a": "\xa0b\x1cc\u2028", "d": ""}),
        (
            "  bmnn-ticket=AB_-  job-uuid=urn:uuid:1",
            {"bmnn-ticket": "AB_-", "job-uuid": "urn:uuid:1"},
        ),
    ],
)
def test_options_are_read_as_cups_writes_them(text, found):
    assert options_of(text) == (found, True)


@pytest.mark.parametrize(
    "text",
    [
        "a=1 a=2", "bmnn-ticket=A x bmnn-ticket", "a='x", "a=x\\", "A\\ b=2", "A' b=2 X'=v",
        'A" b=2 X"=v', "A=a,'b number-up=2 c' X=v", "A={ number-up=1", "A=< number-up=1 B=>",
    ],
)  # fmt: skip
def test_options_that_do_not_read_clearly_are_not_trusted(text):
    assert options_of(text)[1] is False


def test_the_gate_is_roots_alone_and_starts_fast(gated):
    status = (gated.cupsd.server_bin / "backend/bmnn").stat()
    assert (status.st_uid, status.st_mode & 0o7777) == (0, 0o700)
    took = []
    for _ in range(7):
        began = time.perf_counter()
        subprocess.run([gated.cupsd.server_bin / "backend/bmnn"], check=True)
        took.append(time.perf_counter() - began)
    assert sorted(took)[3] < 0.25, took

# SPDX-License-Identifier: Apache-2.0
"""Killed at any moment, or two at once: no number lost, none doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from endurance import Account, killed_offices

from bmnn_mark.errors import DocumentRefused, RegisterRefused
from bmnn_mark.register.database import home_of, writing

#: Reserves documents without end, saying each one's number and copies once reserve has returned.
WORKER = """
import sys
from datetime import date
from pathlib import Path
from bmnn_mark.errors import DocumentRefused, RegisterRefused
from bmnn_mark.register.port import *
from bmnn_mark.register.opening import open_register
from bmnn_mark.rules import Level

url, folder, first, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
register = open_register(url, folder)
print("ready", flush=True)
sys.stdin.readline()
for number in range(first, first + count):
    identity = DocumentIdentity(agency="A", number_sign=f"{number}", dated=date(2026, 3, 2))
    try:
        reservation = register.reserve(IssueRequest(
            identity=identity, level=Level.MAT, pack="nd63-2026", pages=1, actor="An",
            source_sha256="00" * 32, recipients=(Recipient(name="B", copies=3),),
        ))
    except RegisterRefused as refusal:
        print(number, refusal.code, flush=True)
        continue
    register.record(tuple(
        CopyRecord(attempt_id=copy.attempt_id, state=CopyState.PRODUCED, actor="An")
        for copy in reservation.copies
    ))
    print(number, *(copy.position for copy in reservation.copies), flush=True)
"""


def workers(place, many, first, count):
    """Processes that have opened the register, each to begin when it is told to."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, place.url, str(place.folder), str(first), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(many)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    return processes


def test_a_kill_at_any_moment_loses_and_doubles_nothing(place):
    place.create()
    chance = random.Random(4)
    told = {}
    for round_ in range(8):
        (process,) = workers(place, 1, 1000 * (round_ + 1), 10_000)
        process.stdin.write("\n")
        process.stdin.flush()
        time.sleep(chance.uniform(0.005, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        for line in out.splitlines():
            number, *positions = line.split()
            if len(positions) == 3:
                told[number] = positions
    register = place.open()
    report = register.verify()
    assert report.intact, report
    rows = {row.number_sign: row for row in register.documents()}
    assert set(told) <= set(rows)
    assert 0 <= len(rows) - len(told) <= 8  # the one in flight at each kill
    for number, positions in told.items():
        view = register.document(rows[number].document_id)
        assert [str(one.position) for one in view.attempts] == positions
    assert {sum(row.states.values()) for row in rows.values()} <= {3}
    place.open().reserve  # noqa: B018 - opens: the journal left by the last kill is rolled back


def test_eight_processes_at_once_share_the_numbers_out(place):
    place.create()
    processes = workers(place, 8, 1, 6)
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    won = {}
    lost = 0
    for process in processes:
        out, _ = process.communicate(timeout=200)
        assert process.returncode == 0
        for line in out.splitlines():
            number, *rest = line.split()
            if rest == ["register.already_issued"]:
                lost += 1
            else:
                assert number not in won
                won[number] = rest
    assert (len(won), lost) == (6, 42)
    positions = [position for rest in won.values() for position in rest]
    assert len(set(positions)) == 18
    report = place.open().verify()
    assert report.intact
    assert report.events == 1 + 6 * 7


def test_offices_killed_at_any_moment_leave_every_copy_accounted_for(tmp_path):
    """``script/endure`` kills three hundred."""
    account = Account(tmp_path)
    killed_offices(account, kills=4, seed=1)
    assert account.transactions > 1


def test_a_writer_that_must_wait_too_long_says_busy(place, request_for, monkeypatch):
    register = place.create()
    for engine in ("sqlite", "postgres"):
        monkeypatch.setattr(f"bmnn_mark.register.{engine}.BUSY_SECONDS", 0.1)
    waiting = place.open()
    with (
        writing(home_of(place.url).engine()),
        pytest.raises(RegisterRefused, match=r"^register\.busy$"),
    ):
        waiting.reserve(request_for())
    assert register.verify().events == 1


def test_a_failure_inside_the_transaction_leaves_nothing(place, request_for, monkeypatch):
    register = place.create()
    before = place.content()

    def fail(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("bmnn_mark.register.ledger.project", fail)
    with pytest.raises(KeyboardInterrupt):
        register.reserve(request_for())
    assert place.content() == before


def test_a_mark_that_cannot_be_written_is_named_and_the_numbers_stay_spent(
    place, request_for, monkeypatch
):
    register = place.create()

    def full(*_args, **_options):
        raise DocumentRefused("output.unwritable", reason="ENOSPC")

    with monkeypatch.context() as patch:
        patch.setattr("bmnn_mark.register.keys.write_whole", full)
        with pytest.raises(RegisterRefused, match=r"^register\.unwritable$") as refusal:
            register.reserve(request_for())
    assert refusal.value.detail == {"reason": "ENOSPC"}
    assert len(place.open().open_attempts()) == 3
    with pytest.raises(RegisterRefused, match=r"^register\.already_issued$"):
        register.reserve(request_for())


def test_a_lock_that_cannot_be_held_is_named(place, request_for):
    register = place.create()
    lock = place.keys / "lock"
    lock.unlink()
    lock.symlink_to("/nowhere/lock")
    with pytest.raises(RegisterRefused, match=r"^register\.unwritable$"):
        register.reserve(request_for())
    lock.unlink()
    assert place.open().verify().intact


def test_a_failure_while_a_register_is_made_leaves_nothing(place, monkeypatch):
    def fail(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("bmnn_mark.register.opening.raise_mark", fail)
    with pytest.raises(KeyboardInterrupt):
        place.create()
    assert place.gone()
    assert [path for path in place.folder.rglob("*") if path.is_file()] == []

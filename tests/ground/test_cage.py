# SPDX-License-Identifier: Apache-2.0
"""A reader that a document has taken over gets at nothing: tried as root and as anybody."""

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from bmnn_mark import cage, proc
from bmnn_mark.errors import Fault

#: What a reader might be made to do; each is a task in the caged process.
EVIL = """
import os, signal, socket, subprocess
from dataclasses import dataclass
from typing import ClassVar
from bmnn_mark.worker import TaskKind, serve

@dataclass(frozen=True)
class Errand:
    source: str
    target: str
    work: str
    secret: str
    port: int
    HANDED_IN: ClassVar = ("source",)
    HANDED_BACK: ClassVar = ("target",)

def told(attempt):
    try:
        return f"did it: {attempt()}"[:200]
    except OSError as error:
        return type(error).__name__

def read(path):
    with open(path, "rb") as file:
        return file.read(9)

def write(path):
    with open(path, "wb") as file:
        return file.write(b"here")

def append(path):
    with open(path, "ab") as file:
        return file.write(b"more")

def unlock(path):
    os.chmod(path, 0o666)
    return append(path)

def connect(port):
    socket.create_connection(("127.0.0.1", port), 2).close()

def reach_out():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        return line.connect(("192.0.2.1", 9))

def others():
    seen = [name for name in os.listdir("/proc") if name.isdigit()]
    names = [open(f"/proc/{pid}/comm").read().strip() for pid in seen]
    return sorted({name for name in names if not name.startswith(("python", "bwrap"))})

def attempt_all(errand, _on_progress):
    write(errand.work + "/own")
    os.link(errand.work + "/own", errand.work + "/second")
    return {
        "shadow": told(lambda: read("/etc/shadow")),
        "secret": told(lambda: read(errand.secret)),
        "write beside": told(lambda: write(os.path.dirname(errand.secret) + "/planted")),
        "write system": told(lambda: write("/usr/planted")),
        "write program": told(lambda: append(os.__file__)),
        "change input": told(lambda: append(errand.source)),
        "make input writable": told(lambda: unlock(errand.source)),
        "connect": told(lambda: connect(errand.port)),
        "reach out": told(reach_out),
        "become root": told(lambda: os.setuid(0) if os.getuid() else read("/etc/shadow")),
        "give away": told(lambda: os.chown(errand.work + "/own", 0, 0)) if os.getuid() else "n/a",
        "kernel": told(lambda: write("/proc/sys/kernel/core_pattern")),
        "parent": told(lambda: os.kill(os.getppid(), 0) if os.getppid() != 1 else None),
        "others": others(),
        "source": told(lambda: read(errand.source)),
        "child": subprocess.run(["pdftoppm", "-v"], capture_output=True).returncode,
        "uid": os.getuid(),
    }

def plant_link(errand, _on_progress):
    os.symlink(errand.secret, errand.target)

def plant_second_name(errand, _on_progress):
    write(errand.work + "/kept")
    os.link(errand.work + "/kept", errand.target)

def plant_folder(errand, _on_progress):
    os.mkdir(errand.target)

def make(errand, _on_progress):
    write(errand.work + "/left behind")
    write(errand.target)

def fill(errand, _on_progress):
    os.posix_fallocate(os.open(errand.target, os.O_CREAT | os.O_RDWR), 0, 1 << 40)

if __name__ == "__main__":
    tasks = (attempt_all, plant_link, plant_second_name, plant_folder, make, fill)
    serve({task.__name__: TaskKind(request=Errand, run=task) for task in tasks})
"""

#: Calls these tasks as the program does; its own results it prints as JSON.
CALLER = """
import json, os, socket, stat, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from bmnn_mark import cage, worker
from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.limits import DEFAULT_LIMITS
import bmnn_evil

program, room = Path(sys.argv[1]), Path(sys.argv[2])
worker.sys.executable = str(program / "python")
own = (*cage.own_places(), str(program))
cage.own_places = lambda: own
os.umask(0o077)
home = room / "home"
home.mkdir()
secret, source, target = room / "secret", home / "source", home / "made"
secret.write_text("secret words")
source.write_text("the source")
server = socket.create_server(("127.0.0.1", 0))
errand = bmnn_evil.Errand(str(source), str(target), str(home), str(secret), server.getsockname()[1])
kind = {"attempt_all": dict}
results = {"hold": cage.holding().value, "caller": os.getuid()}
for task in ("attempt_all", "plant_link", "plant_second_name", "plant_folder", "fill", "make"):
    try:
        results[task] = worker.call(
            "bmnn_evil", task, errand, kind.get(task, type(None)), home=home, limits=DEFAULT_LIMITS
        )
    except BmnnMarkError as error:
        results[task] = error.code
    results[task + " left"] = sorted(str(path.relative_to(room)) for path in room.rglob("*"))
status = target.stat()
results["made"] = [target.read_text(), status.st_uid, oct(stat.S_IMODE(status.st_mode))]
results["source"] = source.read_text()
print(json.dumps(results))
"""


def _as_anybody(room, *readable):
    """Root's way of being user 4242, to whom nothing is shut that the program needs.

    The interpreter may lie in root's home: there a view of files leads around the shut doors.
    """
    places = [*(Path(place) for place in cage.own_places()), *readable, room]
    ways = [[*reversed(place.parents), place] for place in places]
    shut = {next((step for step in way if not step.stat().st_mode & 0o001), None) for way in ways}
    view = ["bwrap", "--dev-bind", "/", "/"]
    for step in sorted(shut - {None, room}):
        view += ["--perms", "0755", "--tmpfs", str(step)]
    for place in places:
        view += [*cage._folders_above(place), "--bind", str(place), str(place)]
    return [*view, "setpriv", "--reuid=4242", "--regid=4242", "--clear-groups", "--"]


@pytest.fixture(scope="module", params=["the caller", "an ordinary user"])
def attempts(request, tmp_path_factory):
    """What came of every attempt, with the process that calls run as root or as anybody."""
    program = tmp_path_factory.mktemp("program")
    room = tmp_path_factory.mktemp("room")
    program.chmod(0o755)
    (program / "bmnn_evil.py").write_text(textwrap.dedent(EVIL))
    (program / "caller.py").write_text(textwrap.dedent(CALLER))
    launcher = program / "python"
    launcher.write_text(f'#!/bin/sh\nshift\nPYTHONPATH={program} exec {sys.executable} -s "$@"\n')
    launcher.chmod(0o755)
    command = [sys.executable, program / "caller.py", program, room]
    if request.param == "an ordinary user" and os.geteuid() == 0:
        os.chown(room, 4242, 4242)
        command = [*_as_anybody(room, program), *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_cage_holds(attempts):
    assert attempts["hold"] == "cage"


def test_a_reader_gets_at_nothing_but_its_box(attempts):
    got = dict(attempts["attempt_all"])
    # What it writes beside the box may go to the cage's own /tmp; what is left outside is below.
    for allowed in ("source", "child", "uid", "others", "write beside"):
        got.pop(allowed)
    denied = {"PermissionError", "FileNotFoundError", "ConnectionRefusedError", "OSError", "n/a"}
    assert {name: end for name, end in got.items() if end not in denied} == {
        "parent": "did it: None"  # the parent that it sees is the cage's own first process
    }


def test_a_reader_reads_its_source_and_starts_its_programs(attempts):
    got = attempts["attempt_all"]
    assert got["source"] == "did it: b'the sourc'"
    assert got["child"] in {0, 99}  # pdftoppm -v


def test_nothing_of_it_lies_outside_afterwards(attempts):
    assert attempts["attempt_all left"] == ["home", "home/source", "secret"]


def test_a_reader_sees_no_process_but_its_own(attempts):
    assert attempts["attempt_all"]["others"] == []


def test_root_reads_no_document(attempts):
    if attempts["caller"] == 0:
        assert attempts["attempt_all"]["uid"] in cage._TRANSIENT_IDS
    else:
        assert attempts["attempt_all"]["uid"] == attempts["caller"]


@pytest.mark.parametrize("task", ["plant_link", "plant_second_name", "plant_folder"])
def test_what_is_no_file_of_its_own_is_not_taken_back(attempts, task):
    assert attempts[task] == "fault.worker_line"
    assert attempts[f"{task} left"] == ["home", "home/source", "secret"]


def test_a_file_beyond_all_bounds_is_the_readers_end(attempts):
    assert attempts["fill"] in {"fault.machine_short", "document.reader_crashed"}
    assert attempts["fill left"] == ["home", "home/source", "secret"]


def test_what_was_made_belongs_to_the_caller_and_nothing_else_is_left(attempts):
    assert attempts["make"] is None
    assert attempts["made"] == ["here", attempts["caller"], "0o600"]
    assert attempts["make left"] == ["home", "home/made", "home/source", "secret"]
    assert attempts["source"] == "the source"


def test_root_refuses_to_read_where_it_cannot_drop_its_rights(tmp_path, monkeypatch):
    monkeypatch.setattr(cage, "holding", lambda: cage.Hold.NONE)
    with cage.box_in(tmp_path) as box, pytest.raises(Fault, match="fault.cage"):
        cage.confined(["/bin/true"], box)


def test_an_ordinary_user_without_namespaces_is_bounded_and_gains_no_rights(tmp_path, monkeypatch):
    monkeypatch.setattr(cage, "holding", lambda: cage.Hold.BOUNDS)
    with cage.box_in(tmp_path) as box:
        command = cage.confined([proc.program("grep"), "NoNewPrivs", "/proc/self/status"], box)
        assert proc.run(command, home=tmp_path, seconds=10).stdout.split() == [b"NoNewPrivs:", b"1"]


def test_a_transient_user_has_no_account(monkeypatch):
    taken = {61184}
    monkeypatch.setattr(cage.secrets, "choice", lambda _ids, left=[61184, 61185]: left.pop(0))

    def account(number):
        if number not in taken:
            raise KeyError(number)

    monkeypatch.setattr(cage.pwd, "getpwuid", account)
    assert cage._transient_user() == 61185


def test_the_box_is_gone_afterwards(tmp_path):
    with cage.box_in(tmp_path) as box:
        Path(box.folder, "left").write_text("x")
        assert box.folder.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


#: Puts a file and a link in turn under one name, for as long as it lives.
SWAPPER = """
import os, sys
box, secret = sys.argv[1:]
while True:
    with open(f"{box}/file", "w"):
        pass
    os.replace(f"{box}/file", f"{box}/made")
    os.symlink(secret, f"{box}/link")
    os.replace(f"{box}/link", f"{box}/made")
"""


def test_what_changes_while_it_is_taken_back_leads_nowhere(tmp_path):
    home, box, secret = tmp_path / "home", tmp_path / "home/box", tmp_path / "secret"
    box.mkdir(parents=True)
    secret.touch(0o640)
    mode = secret.stat().st_mode
    refused = taken = 0
    with subprocess.Popen([sys.executable, "-c", SWAPPER, str(box), str(secret)]) as swapper:
        try:
            ends = time.monotonic() + 20
            while (refused + taken < 400 or not refused) and time.monotonic() < ends:
                try:
                    cage.take_back(box / "made", home / "target")
                except Fault:
                    refused += 1
                    continue
                if os.path.lexists(home / "target"):
                    assert not (home / "target").is_symlink()
                    (home / "target").unlink()
                    taken += 1
                assert secret.stat().st_mode == mode
        finally:
            swapper.kill()
    assert refused
    assert taken

# SPDX-License-Identifier: Apache-2.0
"""The guard's systemd unit: what it forbids, and what the guard still sees under it."""

import configparser
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bmnn_mark.files import work_folder
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.guard.place import SYSTEM, GuardPlace
from bmnn_mark.printing.rehearsal import isolated
from tests.printing.press import wait_for
from tests.printing.test_guard import SERVICE, answers

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "packaging/systemd/bmnn-mark-guard.service"


class Several(dict):
    """Lines of one name add up, as systemd adds them."""

    def __setitem__(self, key, value):
        if key in self and isinstance(value, list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


@pytest.fixture(scope="module")
def unit():
    parser = configparser.RawConfigParser(strict=False, dict_type=Several)
    parser.optionxform = str
    parser.read_string(UNIT.read_text())
    return parser


def test_the_unit_starts_what_the_package_installs(unit):
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    program, *words = unit["Service"]["ExecStart"].split()
    assert Path(program).name in scripts
    assert words == ["--foreground"]
    assert str(SYSTEM.state).endswith(unit["Service"]["StateDirectory"])
    assert str(SYSTEM.pins).endswith(unit["Service"]["ConfigurationDirectory"])
    assert str(SYSTEM.state) in unit["Service"]["ReadWritePaths"].split()
    assert str(SYSTEM.socket.parent) in unit["Service"]["ReadWritePaths"].split()


def test_the_unit_hides_nothing_of_the_host_from_the_guard(unit):
    hiding = {
        "PrivateNetwork", "PrivateDevices", "PrivateUsers", "PrivatePIDs", "ProtectProc",
        "ProcSubset", "ProtectKernelTunables", "ProtectControlGroups", "NetworkNamespacePath",
        "RootDirectory", "InaccessiblePaths", "TemporaryFileSystem", "DynamicUser", "User",
    }  # fmt: skip
    assert hiding & set(unit["Service"]) == set()
    assert unit["Service"]["ProtectHome"] == "read-only"
    assert unit["Service"].get("RestrictRealtime", "no") == "no"


def test_under_the_units_capabilities_and_families_nothing_fails_to_be_read(unit):
    kept = ",".join(f"+{one.removeprefix('CAP_').lower()}" for one in capabilities())
    limited = ["setpriv", "--no-new-privs", f"--bounding-set=-all,{kept}", "--inh-caps=-all", "--"]
    with work_folder() as folder:
        command = isolated([*limited, *SERVICE, str(folder)])
        process = subprocess.Popen(command, cwd="/", start_new_session=True)
        try:
            wait_for(lambda: answers(GuardPlace.below(folder)), 20.0)
            with GuardLine(GuardPlace.below(folder)) as line:
                report = line.report()
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    failed = [one.subject for one in report.evidence if one.code.startswith("collector.")]
    assert failed == []


def capabilities():
    return re.findall(r"CAP_[A-Z_]+", UNIT.read_text())


def test_the_system_is_told_when_it_is_ready_and_alive(tmp_path):
    import socket

    with work_folder() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(folder / "notify"))
        heard.settimeout(20)
        (folder / "guard").mkdir()
        command = isolated([*SERVICE, str(folder / "guard")])
        process = subprocess.Popen(
            command, cwd="/", start_new_session=True,
            env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify")},
        )  # fmt: skip
        try:
            assert heard.recv(99) == b"READY=1"
            assert heard.recv(99) == b"WATCHDOG=1"
            assert (folder / "guard/guard.sock").exists(), "it is ready once it can be asked"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_the_journal_reads_whenever_the_guard_is_killed(tmp_path):
    """Written by a process that is killed in the middle of it, over and over."""
    place = GuardPlace.below(tmp_path)
    place.state.mkdir()
    code = (
        "import sys; from pathlib import Path\n"
        "from bmnn_mark.printing.guard.journal import IncidentBook\n"
        "from bmnn_mark.printing.guard.place import GuardPlace\n"
        "book = IncidentBook(GuardPlace.below(Path(sys.argv[1])), 'b', lambda: 'now')\n"
        "book.open(); print(flush=True)\n"
        "while True:\n"
        "    print(book.write('gate.no_ticket', {'job': 1}).sequence, flush=True)\n"
    )
    known = 0
    for turn in range(12):
        command = [sys.executable, "-I", "-c", code, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            for _ in range(turn % 4):
                known = int(process.stdout.readline())
            process.kill()
            rest = process.stdout.read().split(b"\n")[:-1]
        known = int(rest[-1]) if rest else known
    lines = place.incidents.read_bytes().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [one["sequence"] for one in entries] == list(range(1, len(entries) + 1))
    assert len(entries) >= known > 0, "what was said to be written is there"
    assert {one["code"] for one in entries} <= {
        "guard.journal_begun", "gate.no_ticket", "guard.journal_torn",
    }  # fmt: skip

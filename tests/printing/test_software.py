# SPDX-License-Identifier: Apache-2.0
"""Programs of networks that run, and the name servers that files name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bmnn_mark.printing.evidence import daemons
from bmnn_mark.printing.evidence.collecting import Collecting, Collector, Sources
from bmnn_mark.printing.evidence.daemons import NETWORK_DAEMONS, PRINTER_DISCOVERY, read_daemons
from bmnn_mark.printing.evidence.partly import PartlyReadError
from bmnn_mark.printing.evidence.resolver import read_resolvers
from bmnn_mark.printing.facts import CollectorState, Daemon
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, Severity, Verdict
from tests.printing.parts import clean_snapshot, commissioned

MOUNTS = "22 1 0:21 / /proc rw,nosuid - proc proc rw{}\n"


@pytest.fixture
def proc(tmp_path):
    """A /proc of our own with a process 1; gives what puts another one into it."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(MOUNTS.format(""))

    def process(number, comm, program=None):
        folder = tmp_path / f"proc/{number}"
        folder.mkdir()
        (folder / "comm").write_text(f"{comm}\n")
        if program is not None:
            (folder / "exe").symlink_to(program)

    process.root = tmp_path
    process(1, "systemd", "/usr/lib/systemd/systemd")
    return process


def found(proc):
    return read_daemons(proc.root, 1)


def verdict(*names):
    facts = clean_snapshot(daemons=tuple(Daemon(name=one, processes=1) for one in names))
    return judge(facts, AIR_GAPPED, commissioned())


def test_a_quiet_host_runs_none_of_them(proc):
    proc(2, "kthreadd")
    proc(7, "bash", "/usr/bin/bash")
    assert found(proc) == ()


@pytest.mark.parametrize("name", sorted(NETWORK_DAEMONS | PRINTER_DISCOVERY))
def test_each_is_known_by_what_it_calls_itself(proc, name):
    proc(9, name[:15], "/opt/renamed")
    proc(8, name[:15], "/opt/renamed")
    assert found(proc) == (Daemon(name=name, processes=2),)


@pytest.mark.parametrize("suffix", ["", " (deleted)"])
@pytest.mark.parametrize(
    "name", ["cups-browsed", "systemd-timesyncd", "gnome-remote-desktop-daemon"]
)
def test_each_is_known_by_its_file_when_it_calls_itself_otherwise(proc, name, suffix):
    proc(9, "innocent", f"/usr/sbin/{name}{suffix}")
    assert found(proc) == (Daemon(name=name, processes=1),)


def test_names_as_long_as_the_kernel_keeps_are_told_apart():
    names = NETWORK_DAEMONS | PRINTER_DISCOVERY
    assert len({one[:15] for one in names}) == len(names)


def test_a_process_that_ends_while_it_is_looked_at_is_nothing(proc, monkeypatch):
    proc(9, "sshd")
    (proc.root / "proc/9/comm").unlink()
    assert found(proc) == ()


def test_a_live_program_is_found_on_this_host(tmp_path):
    sleeper = tmp_path / "cups-browsed"
    shutil.copy(shutil.which("sleep"), sleeper)
    with subprocess.Popen([sleeper, "60"]) as running:
        try:
            seen = {one.name for one in read_daemons(Path("/"), 1)}
        finally:
            running.kill()
    assert "cups-browsed" in seen


@pytest.mark.parametrize("name", sorted(PRINTER_DISCOVERY))
def test_a_program_that_adds_printers_of_a_network_blocks(name):
    report = verdict(name)
    assert (report.verdict, report.codes(Severity.BLOCK)) == (
        Verdict.ONLINE, ("daemon.printer_discovery",)
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(NETWORK_DAEMONS))
def test_any_other_warns(name):
    report = verdict(name)
    assert (report.verdict, report.codes(Severity.WARN)) == (Verdict.OFFLINE, ("daemon.network",))


def test_a_process_that_may_not_be_looked_at_leaves_the_host_unknown_not_the_rest_unseen(
    proc, monkeypatch
):
    proc(9, "innocent", "/usr/bin/x")
    proc(10, "sshd", "/usr/sbin/sshd")
    real = os.readlink

    def readlink(path):
        if "/9/" in str(path):
            raise PermissionError(13, "x")
        return real(path)

    monkeypatch.setattr(os, "readlink", readlink)
    with pytest.raises(PartlyReadError) as part:
        found(proc)
    assert part.value.fact == (Daemon(name="sshd", processes=1),)
    collectors = {"daemons": Collector(read=lambda at: read_daemons(at.root, 1))}
    facts = Collecting(Sources(root=proc.root), collectors).snapshot()
    (result,) = facts.collectors
    assert (result.state, result.reason) == (CollectorState.PARTIAL, "EACCES")
    assert facts.daemons == part.value.fact
    others = tuple(one for one in clean_snapshot().collectors if one.name != "daemons")
    report = judge(
        clean_snapshot(daemons=facts.daemons, collectors=(*others, result)),
        AIR_GAPPED,
        commissioned(),
    )
    assert report.verdict is Verdict.UNKNOWN
    assert "daemon.network" in report.codes(Severity.WARN)


@pytest.mark.parametrize(
    ("options", "uid", "partly"),
    [(",hidepid=2", 1000, True), (",hidepid=invisible", 1000, True), (",hidepid=0", 1000, False),
     ("", 1000, False), (",hidepid=2", 0, False)],
)  # fmt: skip
def test_processes_that_a_user_is_not_shown_are_said(proc, monkeypatch, options, uid, partly):
    (proc.root / "proc/self/mountinfo").write_text(MOUNTS.format(options))
    monkeypatch.setattr(daemons.os, "geteuid", lambda: uid)
    if partly:
        with pytest.raises(PartlyReadError):
            found(proc)
    else:
        assert found(proc) == ()


def test_an_ordinary_user_sees_this_host_in_part_only():
    script = (
        "import os\n"
        "from pathlib import Path\n"
        "from bmnn_mark.printing.evidence.daemons import read_daemons\n"
        "from bmnn_mark.printing.evidence.partly import PartlyReadError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: read_daemons(Path('/'), 1)\n"
        "except PartlyReadError as part: print(part.reason)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "EACCES\n", done.stderr


# Name servers.

STUB = "# made by systemd-resolved\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n"


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("etc/resolv.conf", STUB, [("127.0.0.53", True)]),
        ("etc/resolv.conf", "nameserver ::1\n", [("::1", True)]),
        ("etc/resolv.conf", "nameserver 8.8.8.8\nnameserver 8.8.8.8\n", [("8.8.8.8", False)]),
        ("etc/resolv.conf", "nameserver fe80::1%eth0\n", [("fe80::1%eth0", False)]),
        ("etc/resolv.conf", " nameserver\t10.0.0.1 # x\n", [("10.0.0.1", False)]),
        ("etc/resolv.conf", "nameserver dns.example\n", [("dns.example", False)]),
        ("etc/resolv.conf", "#nameserver 8.8.8.8\n;nameserver 9.9.9.9\nnameserver\n", []),
        ("etc/resolv.conf", "nameserver 8.8.8.8\xff\n", [("8.8.8.8\ufffd", False)]),
        ("run/systemd/resolve/resolv.conf", "nameserver 10.0.0.1\n", [("10.0.0.1", False)]),
        ("run/NetworkManager/resolv.conf", "nameserver 10.0.0.1\n", [("10.0.0.1", False)]),
    ],
)
def test_name_servers_are_read_and_those_elsewhere_warn(tmp_path, place, text, expected):
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes(text.encode("latin-1"))
    servers = read_resolvers(tmp_path)
    assert [(one.server, one.loopback) for one in servers] == expected
    report = judge(clean_snapshot(resolvers=servers), AIR_GAPPED, commissioned())
    elsewhere = any(not loopback for _, loopback in expected)
    assert report.verdict is Verdict.OFFLINE
    assert report.codes(Severity.WARN) == (("resolv.non_loopback",) if elsewhere else ())


def test_no_file_of_name_servers_is_nothing_and_one_that_cannot_be_read_is_said(tmp_path):
    assert read_resolvers(tmp_path) == ()
    (tmp_path / "etc/resolv.conf").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        read_resolvers(tmp_path)

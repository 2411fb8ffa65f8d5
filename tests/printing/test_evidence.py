# SPDX-License-Identifier: Apache-2.0
"""Collectors that fail, hang or are interrupted; the generated list of checks."""

import errno
import os
import socket
import struct
import threading
import time
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.i18n import Lang, words
from bmnn_mark.printing import rehearsal
from bmnn_mark.printing.checks import CHECKS, as_markdown
from bmnn_mark.printing.evidence import kernel_tables, netlink, netlink_line
from bmnn_mark.printing.evidence.collecting import Collecting, Collector, Sources, collect
from bmnn_mark.printing.evidence.machine import read_environment
from bmnn_mark.printing.evidence.system import read_sockets
from bmnn_mark.printing.facts import CollectorState, Transforms
from bmnn_mark.printing.judge import MANDATORY, judge
from bmnn_mark.printing.model import REHEARSAL, Verdict
from tests.printing.parts import clean_snapshot

ROOT = Path(__file__).resolve().parents[2]


def collected(**collectors):
    every = dict.fromkeys(MANDATORY, lambda _: ())
    chosen = {name: Collector(read=read) for name, read in {**every, **collectors}.items()}
    return Collecting(Sources(seconds=0.3), chosen).snapshot()


def raising(error):
    def collector(_sources):
        raise error

    return collector


@pytest.mark.parametrize(
    ("collector", "state", "reason"),
    [
        (raising(OSError(errno.EIO, "x")), CollectorState.FAILED, "EIO"),
        (raising(KeyError("x")), CollectorState.FAILED, "KeyError"),
        (raising(netlink_line.DumpInterruptedError()), CollectorState.PARTIAL, "EINTR"),
        (lambda _: time.sleep(2), CollectorState.FAILED, "ETIMEDOUT"),
    ],
)
def test_offline_row_41_collector_that_does_not_answer_whole_leaves_the_host_unknown(
    collector, state, reason
):
    facts = collected(routes=collector)
    result = next(one for one in facts.collectors if one.name == "routes")
    assert (result.state, result.reason, facts.routes) == (state, reason, None)
    seen = clean_snapshot(collectors=facts.collectors, routes=facts.routes)
    assert judge(seen, REHEARSAL).verdict is Verdict.UNKNOWN


def slow(reads, marks, keep_seconds=60.0):
    """Collectors of which one is slow to read, and says by a mark what it would find."""
    every = {name: Collector(read=lambda _: ()) for name in MANDATORY}
    mine = Collector(
        read=lambda _: reads.append(1) or (len(reads),),
        keep_seconds=keep_seconds,
        mark=lambda _: marks[-1],
    )
    return Collecting(Sources(seconds=2.0), {**every, "history": mine})


def age_of(facts, name="history"):
    return next(one.age_ns for one in facts.collectors if one.name == name)


def test_what_is_slow_to_read_is_given_again_with_its_age_while_its_mark_stays():
    reads, marks = [], ["first"]
    collecting = slow(reads, marks)
    assert (collecting.snapshot().history, age_of(collecting.snapshot()) > 0) == ((1,), True)
    marks.append("second")
    facts = collecting.snapshot()
    assert (facts.history, age_of(facts)) == ((2,), 0)


def test_what_is_slow_to_read_is_read_anew_when_its_time_is_over():
    reads = []
    collecting = slow(reads, ["same"], keep_seconds=1e-6)
    assert [collecting.snapshot().history for _ in range(3)] == [(1,), (2,), (3,)]


def test_a_mark_that_cannot_be_read_is_a_failed_collector():
    reads, marks = [], ["first"]
    collecting = slow(reads, marks)
    collecting.snapshot()
    marks.clear()
    facts = collecting.snapshot()
    result = next(one for one in facts.collectors if one.name == "history")
    assert (result.state, result.reason, facts.history) == (
        CollectorState.FAILED,
        "IndexError",
        None,
    )


def test_a_collector_that_hangs_keeps_no_other_waiting_and_leaves_the_next_look_whole():
    hung = threading.Event()
    every = {name: Collector(read=lambda _: ()) for name in MANDATORY}
    stuck = Collector(read=lambda _: hung.wait(20) or ())
    collecting = Collecting(Sources(seconds=0.2), {**every, "links": stuck})
    began = time.monotonic()
    facts = collecting.snapshot()
    assert time.monotonic() - began < 2.0
    assert [one.name for one in facts.collectors if one.state is not CollectorState.OK] == ["links"]
    hung.set()
    assert {one.state for one in collecting.snapshot().collectors} == {CollectorState.OK}


class FakeLine:
    """A netlink socket that answers what a test wants."""

    answers: ClassVar[list] = []

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def recvmsg(self, _size):
        return FakeLine.answers.pop(0)

    settimeout = bind = send = lambda *_: None


def message(kind, flags, body=b""):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def test_offline_row_41_interrupted_dump_is_asked_again_three_times_then_fails(monkeypatch):
    monkeypatch.setattr(netlink_line.socket, "socket", FakeLine)
    interrupted = (message(3, 0x12), [], 0, None)
    FakeLine.answers = [interrupted, interrupted, (message(3, 0x2), [], 0, None)]
    assert netlink.read_routes() == ()
    FakeLine.answers = [interrupted] * 3
    with pytest.raises(InterruptedError):
        netlink.read_routes()


def test_offline_row_41_truncated_or_refused_dump(monkeypatch):
    monkeypatch.setattr(netlink_line.socket, "socket", FakeLine)
    FakeLine.answers = [(message(3, 0), [], socket.MSG_TRUNC, None)]
    with pytest.raises(OSError, match="truncated"):
        netlink.read_links({})
    FakeLine.answers = [(message(2, 0, struct.pack("=i", -errno.EPERM)), [], 0, None)]
    with pytest.raises(PermissionError):
        netlink.read_links({})
    FakeLine.answers = [(message(3, 0, struct.pack("=i", -errno.ENOMEM)), [], 0, None)]
    with pytest.raises(OSError, match="memory"):  # the dump failed on its way
        netlink.read_rules()


def test_rules_are_read_where_ipv6_was_switched_off_at_boot(monkeypatch):
    def dump(_protocol, _request, payload):
        if payload[0] == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "ipv6.disable=1")
        rule = struct.pack("=BBBBBxxBI", socket.AF_INET, 0, 0, 0, 254, 1, 0)
        of_multicast = struct.pack("=BBBBBxxBI", 128, 0, 0, 0, 253, 1, 0)
        return [message(32, 0, rule), message(32, 0, of_multicast)]

    monkeypatch.setattr(netlink, "dump", dump)
    assert [(one.family, one.table) for one in netlink.read_rules()] == [(socket.AF_INET, 254)]


@pytest.mark.parametrize(("module", "asked"), [("xfrm_user", 2), ("af_key", 2), ("xfrm_algo", 0)])
def test_ipsec_is_asked_for_where_any_door_to_it_is_open(monkeypatch, tmp_path, module, asked):
    (tmp_path / "sys/module" / module).mkdir(parents=True)
    listed = tmp_path / "lib/modules" / os.uname().release / "modules.builtin"
    listed.parent.mkdir(parents=True)
    listed.write_text("kernel/fs/ext4/ext4.ko\n")
    asks = []
    monkeypatch.setattr(kernel_tables, "dump", lambda *ask: asks.append(ask) or [])
    assert kernel_tables.read_transforms(tmp_path) == Transforms(associations=0, policies=0)
    assert len(asks) == asked


@pytest.mark.parametrize("length", [0, 15, 4096])
def test_offline_row_41_messages_of_a_false_length(monkeypatch, length):
    monkeypatch.setattr(netlink_line.socket, "socket", FakeLine)
    FakeLine.answers = [(struct.pack("=IHHII", length, 24, 0, 1, 0), [], 0, None)]
    with pytest.raises(OSError, match="false length"):
        netlink.read_routes()


@pytest.mark.parametrize("attribute", [b"\x03\0\x03\0", b"\x30\0\x03\0lo\0\0"])
def test_offline_row_41_attributes_of_a_false_length(monkeypatch, attribute):
    monkeypatch.setattr(netlink_line.socket, "socket", FakeLine)
    body = struct.pack("=BxHiII", 0, 1, 2, 0, 0) + attribute
    FakeLine.answers = [(message(16, 2, body) + message(3, 2), [], 0, None)]
    with pytest.raises(OSError, match="false length"):
        netlink.read_links({})


@given(body=st.binary(max_size=80), kind=st.sampled_from([16, 20, 24, 28, 32, 104]))
def test_offline_row_41_no_bytes_are_read_as_a_shorter_list(body, kind):
    """Whatever is in a message, it is a fact of its own, or the whole reading fails."""
    readers = [netlink.read_addresses, netlink.read_routes, netlink.read_neighbours]
    readers += [netlink.read_nexthops, lambda: netlink.read_links({})]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(netlink_line.socket, "socket", FakeLine)
        for read in readers:
            length = -(16 + len(body)) % 4
            FakeLine.answers = [
                (message(kind, 2, body) + bytes(length) + message(3, 2), [], 0, None)
            ]
            try:
                assert len(read()) == 1
            except (OSError, struct.error, KeyError):
                continue


def test_offline_row_41_a_kernel_that_drops_what_it_would_say(monkeypatch):
    def overrun(_self, _size):
        raise OSError(errno.ENOBUFS, "No buffer space available")

    monkeypatch.setattr(netlink_line.socket, "socket", FakeLine)
    monkeypatch.setattr(FakeLine, "recvmsg", overrun)
    with pytest.raises(OSError, match="buffer"):
        netlink.read_neighbours()


def test_the_whole_snapshot_is_read_in_this_place():
    facts = collect()
    assert {one.state for one in facts.collectors} == {CollectorState.OK}
    assert facts.boot_id
    assert {one.name for one in facts.links} == set(facts.namespace.sysfs_links)


def test_sockets_are_read_from_tables_of_the_kernels_form(tmp_path):
    net = tmp_path / "proc/self/net"
    net.mkdir(parents=True)
    head = "  sl  local_address rem_address   st\n"
    rest = "00000000:00000000 00:00000000 00000000 0 0 77 1 0\n"
    for name in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        (net / name).write_text(head)
    (net / "if_inet6").write_text("")
    (net / "tcp").write_text(head + f" 0: 0100007F:0277 0901A8C0:0050 01 {rest}")
    mapped = "0000000000000000FFFF00000100007F"
    (net / "tcp6").write_text(head + f" 0: {mapped}:0277 {'0' * 32}:0000 0A {rest}")
    first, second = read_sockets(tmp_path)
    assert (first.local, first.local_port) == ("127.0.0.1", 631)
    assert (first.remote, first.remote_port) == ("192.168.1.9", 80)
    assert (second.local, second.remote) == ("127.0.0.1", "")


def test_offline_row_54_55_signs_of_a_virtual_machine_and_a_container(tmp_path):
    (tmp_path / "proc/sys/net/ipv4").mkdir(parents=True)
    (tmp_path / "proc/cpuinfo").write_text("flags\t: fpu hypervisor sse\n")
    (tmp_path / "proc/sys/net/ipv4/ip_forward").write_text("1\n")
    (tmp_path / ".dockerenv").touch()
    facts = read_environment(tmp_path)
    assert facts.hypervisor == ("cpuinfo",)
    assert facts.container == (".dockerenv",)
    assert facts.forwarding == ("ipv4",)
    (tmp_path / "proc/cpuinfo").write_text("flags\t: fpu hypervisory sse\n")
    assert read_environment(tmp_path).hypervisor == ()


def test_rehearsals_need_root(monkeypatch, tmp_path):
    monkeypatch.setattr(rehearsal.os, "getuid", lambda: 1000)
    with pytest.raises(PrinterRefused):
        rehearsal.isolated(["/bin/true"])
    with pytest.raises(PrinterRefused), rehearsal.private_cupsd(tmp_path):
        pass


def test_every_check_has_words_in_both_languages():
    for code in CHECKS:
        for lang in Lang:
            assert words(f"host.{code}", lang)


def test_the_list_of_checks_in_the_documentation_is_fresh():
    """Run ``python -m bmnn_mark.printing.checks > docs/offline-checks.md`` after a change."""
    assert (ROOT / "docs/offline-checks.md").read_text("utf-8") == as_markdown()

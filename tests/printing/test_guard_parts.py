# SPDX-License-Identifier: Apache-2.0
"""The guard's parts, each alone: the kernel's lines, the journal, receipts, heads, errands."""

import errno
import json
import os
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark import plain
from bmnn_mark.errors import Fault, PrinterRefused
from bmnn_mark.printing.guard.errands import Errands
from bmnn_mark.printing.guard.heads import known_head, raise_head
from bmnn_mark.printing.guard.journal import IncidentBook, chain_of
from bmnn_mark.printing.guard.kernel import (
    DEAF,
    DEVICE,
    IGNORED_SUBSYSTEMS,
    NETWORK,
    OVERRUN,
    KernelLines,
    device_change,
    network_change,
)
from bmnn_mark.printing.guard.moments import Throttle
from bmnn_mark.printing.guard.place import GuardPlace, only_guard
from bmnn_mark.printing.guard.protocol import End, KnownHead, ReceiptState, Start
from bmnn_mark.printing.guard.receipts import demand_room, read_receipt

A = "a1" * 16


def ip(*words):
    subprocess.run(["/usr/sbin/ip", *words], check=True, timeout=20, capture_output=True)


@pytest.fixture
def lines(own_network):
    """The kernel's lines of a network of our own."""
    kernel = KernelLines()
    yield kernel
    kernel.close()


# --- what the kernel says ---


@pytest.mark.parametrize(
    "words",
    [
        "link add e0 type ifb",
        "link add v0 type veth peer name v1",
        "addr add 203.0.113.9/32 dev lo",
        "route add blackhole default",
        "-6 route add blackhole 2001:db8::/32",
        "rule add to 8.8.8.8 lookup 100",
        "link set lo up; nexthop add id 5 blackhole",
        "tuntap add t0 mode tun",
        "link set lo up",
        "netconf",
    ],
)
def test_every_change_of_the_network_is_heard(lines, words):
    *before, last = words.split("; ")
    for one in before:
        ip(*one.split())
    assert lines.read_network() == (NETWORK if before else "")
    if last == "netconf":
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    else:
        ip(*last.split())
    assert lines.read_network() == NETWORK
    assert lines.read_network() == ""


def test_a_neighbour_is_heard_of_and_one_of_an_allowed_subnet_may_come_and_go(lines):
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
    ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    ip("link", "set", "v0", "up")
    ip("link", "set", "v1", "up")
    time.sleep(1.5)  # the kernel tells of carriers when it comes to it
    lines.read_network()
    words = ["lladdr", "02:00:00:00:00:01", "dev", "v0"]
    ip("neigh", "add", "10.1.0.7", *words)
    assert lines.read_network() == NETWORK
    lines.allow_neighbours(("10.1.0.0/24",))
    ip("neigh", "del", "10.1.0.7", "dev", "v0")
    ip("neigh", "add", "10.1.0.8", *words)
    assert lines.read_network() == ""
    ip("neigh", "add", "10.2.0.8", *words)
    assert lines.read_network() == NETWORK
    ip("route", "add", "10.1.0.0/24", "dev", "v0")
    assert lines.read_network() == NETWORK, "a route is no neighbour"


def test_a_flood_is_a_change_and_so_is_a_line_that_ends(own_network):
    kernel = KernelLines(buffer_bytes=2048)
    for number in range(40):
        ip("link", "add", f"e{number}", "type", "ifb")
    assert kernel.read_network() == OVERRUN
    kernel.close()
    assert kernel.read_network() == DEAF
    assert kernel.read_devices() == DEAF


def message(kind, body, length=None):
    return struct.pack("=IHHII", length or 16 + len(body), kind, 0, 0, 0) + body


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def route(table=255, **more):
    facts = {"destination": socket.inet_aton("127.0.0.0"), "link": 1, **more}
    body = struct.pack("=8BI", socket.AF_INET, 8, 0, 0, table, 2, 254, 2, 0)
    body += attribute(1, facts["destination"]) if facts["destination"] else b""
    body += attribute(4, struct.pack("=I", facts["link"]))
    return body + (attribute(5, socket.inet_aton("127.0.0.1")) if facts.get("gateway") else b"")


def neighbour(link):
    return struct.pack("=B3xiHBB", socket.AF_INET, link, 2, 0, 1) + attribute(1, b"\x0a\x01\0\x07")


def test_only_what_is_about_the_loopback_itself_may_be_ignored():
    assert network_change(message(24, route())) == ""
    assert network_change(message(28, neighbour(1))) == ""
    assert network_change(message(28, neighbour(1)) + message(25, route())) == ""
    for heard in (
        message(28, neighbour(2)),
        message(24, route(table=254)),
        message(24, route(link=2)),
        message(24, route(gateway=True)),
        message(24, route(destination=b"")),  # default dev lo: a tunnel's trick
        message(24, route(destination=socket.inet_aton("203.0.113.9"))),
        message(24, route() + b"\1"),
        message(24, route()[:-4] + b"\xff\xff\4\0"),
        message(28, neighbour(1)) + message(16, b"\0" * 16),
        message(28, neighbour(1)) + b"\0" * 5,
        message(28, neighbour(1), length=4096),
        message(28, neighbour(1), length=3),
        message(28, b""),
        b"",
    ):
        assert network_change(heard) == NETWORK
    assert network_change(message(4, b"")) == OVERRUN


@given(st.binary(max_size=200))
def test_no_garbage_makes_the_judge_of_messages_stumble_or_be_silent(data):
    assert network_change(data) in {NETWORK, OVERRUN}
    assert device_change(data) == DEVICE


@given(
    st.integers(0, 65535).filter(lambda one: one not in {24, 25, 28, 29}), st.binary(max_size=80)
)
def test_no_kind_of_message_but_routes_and_neighbours_is_ignored(kind, body):
    assert network_change(message(kind, body)) != ""


def uevent(**facts):
    text = [b"add@/devices/x", *(f"{key}={value}".encode() for key, value in facts.items())]
    return b"\0".join(text) + b"\0"


CARRIERS = [
    "net", "usb", "pci", "bluetooth", "ieee80211", "rfkill", "block", "scsi", "mmc", "tty",
    "usbmisc", "wwan", "misc", "drivers", "thunderbolt", "firewire", "infiniband",
    "nfc", "mei", "virtio", "bsg", "nvme", "queues", "unheard-of",
]  # fmt: skip


@pytest.mark.parametrize("subsystem", CARRIERS)
def test_devices_that_can_carry_something_are_heard_of(subsystem):
    assert device_change(uevent(ACTION="add", SUBSYSTEM=subsystem)) == DEVICE


def test_devices_that_can_carry_nothing_are_not():
    assert {device_change(uevent(SUBSYSTEM=one)) for one in IGNORED_SUBSYSTEMS} == {""}
    assert device_change(uevent(ACTION="add")) == DEVICE
    assert device_change(uevent(SUBSYSTEM="power_supply\0X=1").replace(b"\0X", b"X")) == DEVICE


# --- the journal ---


class Clock:
    def __init__(self):
        self.ticks = 0

    def __call__(self):
        self.ticks += 1
        return f"2026-11-22T08:00:00.{self.ticks:06d}Z"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "state").mkdir()
    return GuardPlace.below(tmp_path)


def opened(place):
    book = IncidentBook(place, "b", Clock())
    book.open()
    return book


def codes(page):
    return [one.code for one in page.incidents]


def test_the_journal_goes_on_where_it_was_and_its_chain_holds(place):
    book = opened(place)
    book.write("gate.no_ticket", {"queue": "q", "job": 7})
    again = opened(place)
    again.write("guard.stopped", {"why": "guard.network_changed"})
    page = again.page(0, "")
    assert codes(page) == ["guard.journal_begun", "gate.no_ticket", "guard.stopped"]
    assert [one.sequence for one in page.incidents] == [1, 2, 3]
    assert page.newest == 3
    before = "0" * 64
    for one in page.incidents:
        assert one.chain == chain_of(before, one)
        before = one.chain
    assert page.parts == (page.id,) == (page.incidents[0].chain[:32],)
    assert codes(again.page(2, "")) == codes(again.page(2, page.id)) == ["guard.stopped"]
    assert again.page(3, "").incidents == ()
    with pytest.raises(PrinterRefused, match="guard.no_such_journal"):
        again.page(0, "0" * 32)


def test_two_journals_are_never_taken_for_one_another(place, tmp_path):
    (tmp_path / "other/state").mkdir(parents=True)
    assert (
        opened(place).page(0, "").id != opened(GuardPlace.below(tmp_path / "other")).page(0, "").id
    )


def tamper_word(data):
    return data.replace(b"no_ticket", b"on_ticket")


def tamper_remove(data):
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:1] + lines[2:])


def tamper_swap(data):
    lines = data.splitlines(keepends=True)
    return b"".join([lines[0], lines[2], lines[1], *lines[3:]])


def tamper_cut(data):
    return b"".join(data.splitlines(keepends=True)[:-1])


def tamper_half(data):
    return data[:-7]


def tamper_garbage(data):
    return data + b"\xff\n"


def tamper_rewrite(data):
    """What is left is a chain that holds, of somebody else's making."""
    entries = [json.loads(line) for line in data.splitlines()]
    del entries[1]
    before, out = "0" * 64, b""
    for number, entry in enumerate(entries, start=1):
        one = plain.from_builtins({**entry, "sequence": number}, type_of())
        chain = chain_of(before, one)
        out += plain.encode({**entry, "sequence": number, "chain": chain}) + b"\n"
        before = chain
    return out


def type_of():
    from bmnn_mark.printing.guard.protocol import Incident

    return Incident


TAMPERING = [
    tamper_word, tamper_remove, tamper_swap, tamper_cut, tamper_half, tamper_garbage,
    tamper_rewrite,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERING)
@pytest.mark.parametrize("running", [False, True], ids=["stopped", "running"])
def test_tampering_is_seen_and_begins_another_part(place, tamper, running):
    book = opened(place)
    for number in range(4):
        book.write("gate.no_ticket", {"job": number})
    was = book.page(0, "").id
    changed = tamper(place.incidents.read_bytes())
    same_size = len(changed) == place.incidents.stat().st_size
    place.incidents.write_bytes(changed)
    if not running or same_size:  # a running guard sees a change of size, the next start all
        book = opened(place)
    book.write("guard.stopped", {})
    page = book.page(0, "")
    assert codes(page) == ["guard.journal_changed", "guard.stopped"]
    assert page.id != was
    assert page.incidents[0].detail["good"] in range(6)
    kept = sorted(place.state.glob("incidents-*.jsonl"))
    assert [one.read_bytes() for one in kept] == [changed]
    once_more = opened(place)
    assert codes(once_more.page(0, "")) == ["guard.journal_changed", "guard.stopped"]
    assert page.id in once_more.page(0, "").parts


def test_a_journal_that_is_gone_is_missed(place):
    book = opened(place)
    was = book.page(0, "").id
    place.incidents.unlink()
    page = opened(place).page(0, "")
    assert codes(page) == ["guard.journal_lost"]
    assert page.id != was


@pytest.mark.parametrize("keep", [0, 1, 40])
def test_a_line_torn_by_a_power_cut_is_cut_off_and_said(place, keep):
    book = opened(place)
    book.write("gate.no_ticket", {})
    whole = place.incidents.read_bytes()
    torn = whole.splitlines(keepends=True)[-1][:keep]
    place.incidents.write_bytes(whole + torn)
    page = opened(place).page(0, "")
    more = ["guard.journal_torn"] if keep else []
    assert codes(page) == ["guard.journal_begun", "gate.no_ticket", *more]
    assert codes(opened(place).page(0, "")) == codes(page)


def test_a_disk_that_is_full_leaves_the_journal_as_it_was(place, monkeypatch):
    book = opened(place)
    whole = place.incidents.read_bytes()
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda handle, data, at: real(handle, data[:9], at))
    with pytest.raises(OSError, match="half an entry") as told:
        book.write("gate.no_ticket", {})
    assert told.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert codes(opened(place).page(0, ""))[:2] == ["guard.journal_begun", "guard.journal_torn"]
    place.incidents.write_bytes(whole)
    (place.state / "incidents.newest").unlink()
    book = opened(place)
    monkeypatch.setattr(os, "pwrite", lambda handle, data, at: real(handle, data[:9], at))
    with pytest.raises(OSError, match="half an entry"):
        book.write("gate.no_ticket", {})
    monkeypatch.undo()
    book.write("gate.ticket_form", {})
    assert codes(book.page(0, "")) == ["guard.journal_begun", "gate.ticket_form"]


def test_a_long_journal_is_read_page_by_page(place, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    book = opened(place)
    for number in range(520):
        book.write("gate.no_ticket", {"job": number})
    first = book.page(0, "")
    assert (len(first.incidents), first.newest) == (500, 521)
    rest = book.page(first.incidents[-1].sequence, "")
    assert [one.sequence for one in rest.incidents] == list(range(501, 522))


def test_entries_of_one_kind_cannot_fill_the_disk():
    throttle = Throttle()
    let = [throttle.lets("gate.no_ticket", 100.0) for _ in range(200)]
    assert let.count(0) == 60
    assert let[60:] == [None] * 140
    assert throttle.lets("guard.stopped", 100.0) == 0
    assert throttle.lets("gate.no_ticket", 111.0) == 140
    assert throttle.lets("gate.no_ticket", 111.0) is None
    assert throttle.lets("gate.no_ticket", 9000.0) == 1


# --- receipts ---


START = Start(
    job_uuid="urn:uuid:1", job_id=7, sha256="5" * 64, length=3, snapshot_sha256="6" * 64, at=1
)


@pytest.mark.parametrize(
    ("start", "end", "state"),
    [
        (None, None, ReceiptState.NONE),
        (START, None, ReceiptState.STARTED),
        (START, End(status=0, sent=3, device_sha256="7"), ReceiptState.DONE),
        (START, End(status=1, sent=3, device_sha256="7"), ReceiptState.FAILED),
        (START, End(status=-9, sent=3, device_sha256="7"), ReceiptState.FAILED),
        (START, End(status=0, sent=3, device_sha256="7", stopped="x"), ReceiptState.FAILED),
        (b"", None, ReceiptState.STARTED),
        (b"{", b"{", ReceiptState.STARTED),
        (START, b"", ReceiptState.STARTED),
        (START, b'{"status":0}', ReceiptState.STARTED),
        (None, End(status=0, sent=3, device_sha256="7"), ReceiptState.STARTED),
        (b"\0" * 70000, End(status=0, sent=3, device_sha256="7"), ReceiptState.STARTED),
    ],
)
def test_receipts_count_for_the_worse_where_they_do_not_read(tmp_path, start, end, state):
    for name, what in (("start", start), ("end", end)):
        if what is not None:
            data = what if isinstance(what, bytes) else plain.encode(what)
            (tmp_path / f"{A}.{name}").write_bytes(data)
    assert read_receipt(tmp_path, A).state is state


def test_a_dangling_link_in_place_of_a_receipt_is_a_start(tmp_path):
    (tmp_path / f"{A}.start").symlink_to("/nonexistent")
    assert read_receipt(tmp_path, A).state is ReceiptState.STARTED


@pytest.mark.parametrize("name", ["", "..", "../" + A, A + "\n", A.upper(), "a" * 31, "٣" * 32])
def test_no_name_but_an_attempts_id_is_looked_for(tmp_path, name):
    with pytest.raises(PrinterRefused, match="guard.asked_wrong"):
        read_receipt(tmp_path, name)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: folder.rmdir(), "ENOENT"),
        (lambda folder: folder.rename(folder.with_name("b")).chmod(0o700), "ENOENT"),
        (lambda folder: folder.chmod(0o770), "WRITABLE_BY_OTHERS"),
        (lambda folder: os.chown(folder, 65534, 65534), "WRITABLE_BY_OTHERS"),
        (lambda folder: (folder / ".trial").mkdir(), "EISDIR"),
        (lambda folder: (folder / ".trial").symlink_to("/dev/null"), "ELOOP"),
        (lambda folder: (folder.rmdir(), folder.symlink_to("/")), "ENOTDIR"),
    ],
)
def test_receipts_that_could_not_be_kept_are_refused_before_anything_starts(
    tmp_path, spoil, reason
):
    folder = tmp_path / "receipts"
    folder.mkdir(0o700)
    demand_room(folder)
    assert list(folder.iterdir()) == []
    spoil(folder)
    with pytest.raises(PrinterRefused, match="receipts_unwritable") as refused:
        demand_room(folder)
    assert refused.value.detail == {"reason": reason}


def test_a_missing_folder_is_no_proof_that_nothing_started(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_receipt(tmp_path / "none", A)


# --- heads ---


KEY = Ed25519PrivateKey.generate()
REGISTER = "5e" * 16
PINNED = (REGISTER, KEY.public_key().public_bytes_raw())


def head(size, root="0" * 64, key=KEY, register=REGISTER):
    at = "2026-11-22T08:00:00Z"
    text = f"bmnn-mark tree head 1\n{register}\n{size}\n{root}\n{at}\n"
    signature = key.sign(text.encode()).hex()
    return KnownHead(register_id=register, size=size, root=root, at=at, signature=signature)


def test_a_head_only_rises(tmp_path):
    folder = tmp_path / "heads"
    assert known_head(folder, REGISTER) is None
    raise_head(folder, head(5), PINNED)
    raise_head(folder, head(5), PINNED)
    raise_head(folder, head(9), PINNED)
    with pytest.raises(PrinterRefused, match="guard.head_behind"):
        raise_head(folder, head(8), PINNED)
    with pytest.raises(PrinterRefused, match="guard.head_forked"):
        raise_head(folder, head(9, "1" * 64), PINNED)
    assert known_head(folder, REGISTER) == head(9)


def test_only_the_pinned_register_has_a_head_here(tmp_path):
    other = Ed25519PrivateKey.generate()
    for wrong, code in (
        (head(5, key=other), "guard.head_forged"),
        (head(5, register="6f" * 16), "guard.wrong_register"),
        (head(0), "guard.asked_wrong"),
        (head(5, "0" * 63), "guard.asked_wrong"),
        (head(5, "0" * 64 + "\n"), "guard.asked_wrong"),
    ):
        with pytest.raises(PrinterRefused, match=code):
            raise_head(tmp_path, wrong, PINNED)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(PrinterRefused, match="guard.asked_wrong"):
        known_head(tmp_path, "../../etc/passwd")
    (tmp_path / f"{REGISTER}.json").write_text("{")
    with pytest.raises(PrinterRefused, match="guard.head_damaged"):
        known_head(tmp_path, REGISTER)


# --- errands and the lock ---


def test_errands_come_back_in_order_whatever_they_come_to():
    told = []
    errands = Errands("t", lambda: None)
    errands.open()

    def fails():
        raise ValueError("secret words")

    def refused():
        raise PrinterRefused("guard.clearing")

    def ill():
        raise OSError(errno.ENOSPC, "/secret/path")

    for one in (lambda: 1, fails, refused, ill, threading.get_ident):
        errands.do(one, told.append)
    errands.close()
    errands.tell()
    assert told[0] == 1
    assert [type(one) for one in told[1:4]] == [Fault, PrinterRefused, Fault]
    assert told[1].detail == {"where": "ValueError"}
    assert told[3].detail == {"reason": "ENOSPC"}
    assert told[4] != threading.get_ident()


def test_a_place_has_one_guard(place):
    refused = pytest.raises(PrinterRefused, match="guard.runs_already")
    with only_guard(place), refused, only_guard(place):
        pass
    with only_guard(place):
        pass

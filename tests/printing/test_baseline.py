# SPDX-License-Identifier: Apache-2.0
"""The signed baseline: read back only as this host's root left it; every other way has a name."""

import json
import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bmnn_mark import plain
from bmnn_mark.errors import DocumentRefused, Fault
from bmnn_mark.printing.baseline import BaselineFault, ExplainedTrace, KnownDevice, KnownStorage
from bmnn_mark.printing.baseline_file import (
    SIGNED_AS,
    fingerprint,
    former_sha256,
    host_key,
    kept_baselines,
    key_path,
    read_baseline,
    write_baseline,
)
from bmnn_mark.printing.evidence.clock_mark import raise_clock_mark, read_clock, set_clock_mark
from bmnn_mark.printing.facts import TraceKind
from bmnn_mark.printing.guard.commissioned import BaselineWatch
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.model import REHEARSAL, AllowedLink, Policy, PolicyName
from tests.printing.parts import commissioned

FULL = commissioned(
    product_serial="PF-1",
    made_by="Nguyễn Văn An",
    policy=Policy(
        name=PolicyName.INDEPENDENT_LAN,
        allowed_links=(AllowedLink(permanent_mac="02:00:00:00:00:01", bus_path="pci0000:00/x"),),
        allowed_nets=("10.1.0.0/24",),
    ),
    devices=(KnownDevice(bus="net", place="pci0000:00/x", mac="02:00:00:00:00:01"),),
    storage=(KnownStorage(place="1-1", identity="0951:1666", serial="S"),),
    history=(
        ExplainedTrace(kind=TraceKind.PACKAGE_LISTS, place="var/lib/apt/lists", count=6, newest=9,
                       explanation="cài đặt trước khi giao máy"),
    ),
)  # fmt: skip


@pytest.fixture
def place(tmp_path):
    return GuardPlace.below(tmp_path)


def signed(place):
    return json.loads(place.baseline.read_bytes())


def put(place, value):
    place.baseline.write_text(json.dumps(value))


def test_a_baseline_comes_back_as_it_was_signed_and_is_roots_alone(place):
    told = write_baseline(FULL, place)
    assert read_baseline(place) == FULL
    assert told == fingerprint(host_key(place).public_key())
    assert len(told) == 64
    for path in (place.baseline, key_path(place)):
        assert path.stat().st_mode & 0o777 == 0o600
    assert key_path(place).stat().st_size == 32


def test_the_key_is_made_once(place):
    write_baseline(FULL, place)
    before = key_path(place).read_bytes()
    write_baseline(replace(FULL, number=2), place)
    assert key_path(place).read_bytes() == before


def test_a_former_baseline_is_kept_beside_the_new_one(place):
    write_baseline(FULL, place)
    former, digest = place.baseline.read_bytes(), former_sha256(place)
    write_baseline(replace(FULL, number=2, former=digest), place)
    assert place.baseline.with_name("baseline-1.json").read_bytes() == former
    assert kept_baselines(place) == (1,)
    assert read_baseline(place).former == digest


def test_a_kept_baseline_is_never_replaced_by_another(place):
    write_baseline(FULL, place)
    place.baseline.with_name("baseline-1.json").write_text("another")
    with pytest.raises(DocumentRefused):
        write_baseline(replace(FULL, number=2), place)
    assert read_baseline(place) == FULL


def test_a_try_that_was_cut_off_after_the_keeping_can_be_made_again(place):
    write_baseline(FULL, place)
    place.baseline.with_name("baseline-1.json").write_bytes(place.baseline.read_bytes())
    write_baseline(replace(FULL, number=2), place)
    assert read_baseline(place).number == 2


def test_none_at_all_is_missing(place):
    assert read_baseline(place) is BaselineFault.MISSING
    host_key(place)
    assert read_baseline(place) is BaselineFault.MISSING


@pytest.mark.parametrize("change", ["text", "signature", "unsigned", "key", "no_hex", "surrogate"])
def test_one_that_was_changed_or_signed_elsewhere_is_forged(place, change, tmp_path):
    write_baseline(FULL, place)
    value = signed(place)
    if change == "text":
        value["baseline"] = value["baseline"].replace("10.1.0.0/24", "0.0.0.0/0")
    elif change == "signature":
        value["signature"] = "00" * 64
    elif change == "unsigned":
        value["signature"] = ""
    elif change == "no_hex":
        value["signature"] = "zz"
    elif change == "surrogate":
        value["baseline"] = "\\ud800"
    else:  # signed well, by another's key that the file brings along
        other = Ed25519PrivateKey.generate()
        value["key"] = other.public_key().public_bytes_raw().hex()
        value["signature"] = other.sign(SIGNED_AS + value["baseline"].encode()).hex()
    put(place, value)
    assert read_baseline(place) is BaselineFault.FORGED


def test_another_hosts_baseline_and_key_of_another_kind_are_told(place, tmp_path):
    other = GuardPlace.below(tmp_path / "other")
    write_baseline(FULL, other)
    write_baseline(FULL, place)
    place.baseline.write_bytes(other.baseline.read_bytes())
    assert read_baseline(place) is BaselineFault.FORGED
    key_path(place).write_bytes(b"short")
    assert read_baseline(place) is BaselineFault.FORGED


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[]", b'{"baseline": "x"}', b"\xff",
        b'{"baseline": "\xff", "key": "", "signature": ""}', b'{"more": ' + b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_damaged(place, text):
    write_baseline(FULL, place)
    place.baseline.write_bytes(text)
    assert read_baseline(place) is BaselineFault.DAMAGED


NO_CARD = {"permanent_mac": "", "bus_path": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"number": "x"}, {"policy": {"name": "open"}}, {"devices": 3},
        {"policy": {"name": "independent-lan", "allowed_links": [NO_CARD]}},
    ],
)  # fmt: skip
def test_a_well_signed_text_that_is_no_baseline_is_damaged(place, change):
    write_baseline(FULL, place)
    value = signed(place)
    text = json.dumps(json.loads(value["baseline"]) | change)
    signature = host_key(place).sign(SIGNED_AS + text.encode()).hex()
    put(place, value | {"baseline": text, "signature": signature})
    assert read_baseline(place) is BaselineFault.DAMAGED


def test_no_baseline_leads_to_the_rehearsal_policy(place):
    write_baseline(replace(FULL, policy=REHEARSAL), place)
    assert read_baseline(place) is BaselineFault.DAMAGED


@pytest.mark.parametrize("which", ["baseline", "key"])
@pytest.mark.parametrize("how", ["others", "owner", "link", "pipe", "folder"])
def test_files_that_are_not_roots_alone_are_unsafe(place, which, how):
    write_baseline(FULL, place)
    path = place.baseline if which == "baseline" else key_path(place)
    if how == "others":
        path.chmod(0o620)
    elif how == "owner":
        os.chown(path, 65534, 65534)
    else:
        kept = path.with_name("kept")
        path.rename(kept)
        if how == "link":
            path.symlink_to(kept)
        elif how == "pipe":
            os.mkfifo(path, 0o600)
        else:
            path.mkdir(0o700)
    assert read_baseline(place) in {BaselineFault.UNSAFE, BaselineFault.UNREADABLE}


def test_a_key_that_others_may_read_is_not_signed_with(place):
    write_baseline(FULL, place)
    key_path(place).chmod(0o640)
    with pytest.raises(Fault):
        write_baseline(replace(FULL, number=2), place)


# The clock.


def test_the_clocks_mark_only_rises(tmp_path):
    assert read_clock(tmp_path).known_until == 0
    for now, known in ((1000, 1000), (1030, 1000), (1100, 1100), (500, 1100)):
        raise_clock_mark(tmp_path, now)
        assert read_clock(tmp_path).known_until == known
    set_clock_mark(tmp_path, 500)
    assert read_clock(tmp_path).known_until == 500


@pytest.mark.parametrize("text", [b"", b"x", b"-5\n", b"1e9"])
def test_a_mark_that_is_no_number_is_an_error_and_stays(tmp_path, text):
    (tmp_path / "clock").write_bytes(text)
    with pytest.raises(ValueError, match="clock"):
        read_clock(tmp_path)
    raise_clock_mark(tmp_path, 5000)
    assert (tmp_path / "clock").read_bytes() == text


# What the guard's journal is told.


def test_each_change_of_the_baseline_is_told_once(place):
    entries = []

    def told():
        entries.clear()
        watch = BaselineWatch(place)
        for _ in range(2):
            watch.tell(lambda code, detail: entries.append((code, detail)))
        return entries

    assert told() == []
    write_baseline(FULL, place)
    known = {"number": 1, "baseline": former_sha256(place), "policy": "independent-lan"}
    assert told() == [("host.commissioned", known)]
    assert told() == []  # nor after a restart
    write_baseline(replace(FULL, number=2), place)
    assert [code for code, _ in told()] == ["host.commissioned"]
    put(place, signed(place) | {"signature": ""})
    assert [(code, facts["why"]) for code, facts in told()] == [
        ("host.baseline_lost", "baseline.forged")
    ]
    place.baseline.unlink()
    assert [(code, facts["why"]) for code, facts in told()] == [
        ("host.baseline_lost", "baseline.missing")
    ]
    place.baseline.mkdir()
    assert [code for code, _ in told()] == ["host.baseline_lost"]


def test_what_the_journal_did_not_take_is_told_again(place):
    write_baseline(FULL, place)

    def full(_code, _detail):
        raise OSError(28, "full")

    watch = BaselineWatch(place)
    with pytest.raises(OSError, match="full"):
        watch.tell(full)
    assert watch.changed()
    entries = []
    watch.tell(lambda code, _: entries.append(code))
    assert not watch.changed()
    assert entries == ["host.commissioned"]


def test_the_words_of_a_baseline_are_plain_json(place):
    write_baseline(FULL, place)
    assert json.loads(signed(place)["baseline"]) == json.loads(plain.encode(FULL))


def test_an_older_baseline_that_was_put_back_is_told(place):
    laxer = replace(FULL, number=1)
    write_baseline(laxer, place)
    first = place.baseline.read_bytes()
    write_baseline(replace(FULL, number=2), place)
    assert read_baseline(place).number == 2
    place.baseline.write_bytes(first)
    assert read_baseline(place) is BaselineFault.OLDER
    (place.state / "baseline.last").write_bytes(b"two")
    assert read_baseline(place) is BaselineFault.UNREADABLE
    write_baseline(replace(FULL, number=3), place)
    assert read_baseline(place).number == 3

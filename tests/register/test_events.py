# SPDX-License-Identifier: Apache-2.0
"""The encoding of events: for ever the same bytes, and only those bytes."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.errors import Fault, RegisterRefused
from bmnn_mark.register.events import (
    DEAD,
    MOVES,
    CopyMoved,
    CopyReserved,
    DocumentIssued,
    Leaf,
    RegisterCreated,
    canonical,
    check_detail,
    decode_leaf,
    encode_leaf,
    read_time,
    show_time,
)
from bmnn_mark.register.port import CopyState
from bmnn_mark.rules import Copying, Level

AT = datetime(2026, 3, 2, 8, 0, 1, 20, tzinfo=UTC)
SEALED = {"actor": "ab" * 32}
#: These bytes are in registers: a change here is a change of the format.
GOLDEN = [
    (
        RegisterCreated(
            register="00" * 16, rehearsal=True, public_key="11" * 32, trace_key="800000",
            key_checks={"trace": "22" * 16, "blind": "33" * 16},
        ),
        '{"at":"2026-03-02T08:00:01.000020Z","body":{"key_checks":{"blind":"' + "33" * 16
        + '","trace":"' + "22" * 16 + '"},"public_key":"' + "11" * 32 + '","register":"'
        + "00" * 16 + '","rehearsal":true,"trace_key":"800000"},"n":7,"sealed":{"actor":"'
        + "ab" * 32 + '"},"type":"register.created","v":1}',
    ),
    (
        DocumentIssued(
            document="44" * 16, again=False, level=Level.TOI_MAT, pack="nd63-2026",
            dated=date(2026, 3, 2), copies=3, pages=12, copying=Copying.FORBIDDEN, approved_on=None,
        ),
        '{"at":"2026-03-02T08:00:01.000020Z","body":{"again":false,"approved_on":null,"copies":3,'
        '"copying":"forbidden","dated":"2026-03-02","document":"' + "44" * 16
        + '","level":"toi-mat","pack":"nd63-2026","pages":12},"n":7,"sealed":{"actor":"'
        + "ab" * 32 + '"},"type":"document.issued","v":1}',
    ),
    (
        CopyReserved(
            attempt_id="55" * 16, document="44" * 16, issued=1, copy=2, attempt=1,
            reference=123456789, trace_key="800000",
        ),
        '{"at":"2026-03-02T08:00:01.000020Z","body":{"attempt":1,"attempt_id":"' + "55" * 16
        + '","copy":2,"document":"' + "44" * 16 + '","issued":1,"reference":123456789,'
        '"trace_key":"800000"},"n":7,"sealed":{"actor":"' + "ab" * 32
        + '"},"type":"copy.reserved","v":1}',
    ),
    (
        CopyMoved(
            attempt_id="55" * 16, before=CopyState.PRINTING, state=CopyState.DEVICE_DONE,
            detail={"pages": 3, "colour": None, "ok": True, "sha256": "66" * 32},
        ),
        '{"at":"2026-03-02T08:00:01.000020Z","body":{"attempt_id":"' + "55" * 16
        + '","before":"printing","detail":{"colour":null,"ok":true,"pages":3,"sha256":"'
        + "66" * 32 + '"},"state":"device-done"},"n":7,"sealed":{"actor":"' + "ab" * 32
        + '"},"type":"copy.device-done","v":1}',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "golden"), GOLDEN)
def test_an_event_is_encoded_as_it_always_was(what, golden):
    leaf = Leaf(n=7, at=AT, what=what, sealed=SEALED)
    assert encode_leaf(leaf).decode() == golden
    assert decode_leaf(golden.encode()) == leaf


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53) + 1, (1 << 53) - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc_xyz", min_size=1), inner),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_the_encoding_is_what_the_standard_library_writes(value):
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(value) == plain.encode()


@pytest.mark.parametrize(
    "change",
    [
        (b'"n":7', b'"n": 7'),
        (b'"n":7', b'"n":7.0'),
        (b'"n":7', b'"n":true'),
        (b'"n":7', b'"n":"7"'),
        (b'"n":7,', b""),
        (b'"v":1', b'"v":1,"w":2'),
        (b'"attempt":1', b'"attempt":1,"attempt":1'),
        (b'"attempt":1', b'"attempt":"1"'),
        (b'"issued":1', b'"issued":1,"jssued":1'),
        (b"01.000020Z", b"01.00002Z"),
        (b"01.000020Z", b"01.000020+00:00"),
        (b'"actor":"ab', b'"actor":"\\u0061b'),
        (b'"copy":2', b'"copy":null'),
        (b"{", b"[{", 1),
        (b"}", b"", 1),
    ],
)
def test_any_other_bytes_are_no_event(change):
    data = GOLDEN[2][1].encode().replace(*change)
    assert data != GOLDEN[2][1].encode()
    with pytest.raises(ValueError):  # noqa: PT011 - several of its kinds
        decode_leaf(data)


@pytest.mark.parametrize("change", [(b'"v":1', b'"v":2'), (b"copy.reserved", b"copy.burnt")])
def test_an_event_of_a_later_program_is_refused_by_name(change):
    with pytest.raises(RegisterRefused, match=r"^register\.newer_format$"):
        decode_leaf(GOLDEN[2][1].encode().replace(*change))


@given(
    st.datetimes(
        datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis puts the zone on
        timezones=st.just(UTC) | st.just(timezone(timedelta(hours=7))),
    )
)
def test_times_are_utc_and_of_one_length(at):
    text = show_time(at)
    assert len(text) == 27
    assert read_time(text) == at


def test_the_moves_are_closed():
    assert set(MOVES) == set(CopyState)
    assert all(not MOVES[state] for state in DEAD)
    reachable = {CopyState.RESERVED}
    for _ in CopyState:
        reachable |= {after for state in reachable for after in MOVES[state]}
    assert reachable == set(CopyState)
    for state in CopyState:  # nothing is called void once the device may have had it
        if state in {
            CopyState.DEVICE_DONE,
            CopyState.UNKNOWN,
            CopyState.PRINTED,
            CopyState.EXPORTED,
        }:
            assert CopyState.VOID not in MOVES[state]
        assert CopyState.RESERVED not in MOVES[state]


@pytest.mark.parametrize(
    "detail",
    [
        {"a": "free text"}, {"a": ""}, {"a": "x" * 129}, {"a": "kế-hoạch"}, {"a": "/home/file"},
        {"a": 1.5}, {"a": 1 << 53}, {"Key": 1}, {"": 1}, {"a b": 1},
    ],
)  # fmt: skip
def test_a_detail_that_is_not_number_hash_or_code_is_refused(detail):
    with pytest.raises(Fault, match=r"^register\.detail_not_plain$"):
        check_detail(detail)

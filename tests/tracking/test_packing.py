# SPDX-License-Identifier: Apache-2.0
"""Bytes packed for paper, cut into parts and put together again, whatever came of them."""

import json
import random
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.register.events import canonical
from bmnn_mark.tracking import base45
from bmnn_mark.tracking.packing import MAGIC, PackError, pack, unpack
from bmnn_mark.tracking.parts import PART_CHARS, PART_PREFIX, join, series_name, split

LIMIT = 1 << 20
HEX = st.binary(min_size=16, max_size=64).map(bytes.hex)
LINE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | HEX,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | HEX, inner),
    max_leaves=10,
)


@given(st.lists(LINE, min_size=1, max_size=6))
def test_every_canonical_line_comes_back_as_it_was(values):
    lines = [canonical(value) for value in values]
    assert unpack(pack(lines), limit=LIMIT) == lines


def test_digits_of_any_length_come_back_as_they_were():
    lines = [canonical(["ab" * n, "AB" * n, f"{'ab' * n}0"]) for n in range(70)]
    assert unpack(pack(lines), limit=LIMIT) == lines


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_lines(data):
    for given_bytes in (data, MAGIC + data):
        with suppress(PackError):
            assert unpack(given_bytes, limit=LIMIT)


@given(st.data())
def test_a_changed_byte_is_refused_or_gives_lines(data):
    """What the lines say is for their signature to answer for."""
    lines = [canonical({"id": "ab" * 16, "n": n}) for n in range(5)]
    packed = bytearray(pack(lines))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(PackError):
        assert unpack(bytes(packed), limit=LIMIT)


def _made(text, values):
    short = zlib.compress(text, 9)
    return MAGIC + len(short).to_bytes(4) + short + zlib.compress(values, 9)


def _bomb(length):
    """Zeros without end, a thousand times as many as bytes."""
    deflater = zlib.compressobj(9)
    block = bytes(1 << 20)
    return b"".join(deflater.compress(block) for _ in range(length >> 20)) + deflater.flush()


def test_a_bomb_is_not_unpacked():
    bomb = _bomb(1 << 26)
    assert len(bomb) < 1 << 17
    made = MAGIC + len(bomb).to_bytes(4) + bomb + zlib.compress(b"")
    tracemalloc.start()
    with pytest.raises(PackError):
        unpack(made, limit=LIMIT)
    with pytest.raises(PackError):
        unpack(_made(b"{}\n", b"")[: -len(zlib.compress(b"", 9))] + bomb, limit=LIMIT)
    assert tracemalloc.get_traced_memory()[1] < 8 * LIMIT
    tracemalloc.stop()


def test_marks_that_grow_past_the_limit_are_not_unpacked():
    """Each byte 3 stands for 128 digits: small when packed, small when inflated."""
    many = LIMIT // 100
    with pytest.raises(PackError):
        unpack(_made(b"\x03" * many + b"\n", bytes(64 * many)), limit=LIMIT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MAGIC,
        MAGIC + b"\xff\xff\xff\xff",
        _made(b"{}", b""),
        _made(b"\x01\n", b""),
        _made(b"\x01\n", bytes(17)),
        _made(b"{}\n", b"") + b"x",
        _made(b"{}\n", b"x"),
        b"BMJ\x02" + _made(b"{}\n", b"")[4:],
    ],
)
def test_what_is_not_packed_so_is_refused(data):
    with pytest.raises(PackError):
        unpack(data, limit=LIMIT)


@given(st.binary(min_size=1, max_size=6000), st.randoms(use_true_random=False))
def test_parts_in_any_order_and_more_than_once_give_the_whole(data, chance):
    texts = split(data)
    assert all(len(text) <= PART_CHARS for text in texts)
    shuffled = texts + chance.choices(texts, k=3)
    chance.shuffle(shuffled)
    (series,) = join(shuffled)
    assert (series.whole, series.missing, series.parts) == (data, (), len(texts))
    assert series.name == series_name(data)


def test_parts_that_are_missing_are_named():
    texts = split(bytes(range(256)) * 20)
    (series,) = join(text for number, text in enumerate(texts, 1) if number not in {2, 5})
    assert (series.missing, series.whole, series.parts) == ((2, 5), None, 6)


def test_series_that_lie_among_one_another_are_sorted_apart():
    one, two = random.Random(1).randbytes(3000), random.Random(2).randbytes(2500)
    texts = [text for pair in zip(split(one), split(two), strict=False) for text in pair]
    texts += split(one)[len(split(two)) :]
    assert {series.whole for series in join(texts)} == {one, two}


@given(st.data())
def test_a_part_that_was_read_wrongly_is_no_part(data):
    (text,) = split(b"a journal")
    place = data.draw(st.integers(len(PART_PREFIX), len(text) - 1))
    symbol = data.draw(st.sampled_from([one for one in base45.ALPHABET if one != text[place]]))
    assert join([text[:place] + symbol + text[place + 1 :]]) == ()


@given(
    st.text(max_size=60) | st.binary(max_size=60).map(lambda one: PART_PREFIX + base45.encode(one))
)
def test_any_text_is_a_part_or_nothing(text):
    for series in join([text]):
        assert series.whole is None or series_name(series.whole) == series.name


def test_parts_of_two_wholes_under_one_name_are_no_whole():
    """Somebody puts a part of his own, with a right check, among those of a journal."""
    from bmnn_mark.tracking.parts import _text

    texts = split(bytes(2000))
    forged = _text(bytes.fromhex(series_name(bytes(2000))), 2, len(texts), b"other")
    (series,) = join([texts[0], forged, *texts[2:]])
    assert (series.missing, series.whole) == ((), None)


def test_a_line_costs_on_paper_little_more_than_what_cannot_be_told_shorter():
    chance = random.Random(3)
    lines = [
        canonical({"id": chance.randbytes(16).hex(), "n": n, "sealed": chance.randbytes(32).hex(),
                   "type": "copy.printed", "at": f"2026-03-02T08:{n % 60:02}:00.000000Z"})
        for n in range(200)
    ]  # fmt: skip
    packed = pack(lines)
    assert sum(map(len, lines)) / 200 > 150
    assert len(packed) / 200 < 16 + 32 + 6
    assert json.loads(unpack(packed, limit=LIMIT)[7])["n"] == 7

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from bmnn_mark.errors import Fault
from bmnn_mark.stamps import compose, qr, raster
from bmnn_mark.units import Mm

payloads = st.text(qr.ALPHABET, min_size=63, max_size=63)
any_text = st.text(qr.ALPHABET, min_size=67, max_size=67)


@pytest.fixture(scope="session")
def reference(script):
    return script("qr-patterns").reference_symbol


def drawable(text: str) -> bool:
    """``qrcode`` cannot draw a block of zeros; no page code has one (they begin with BM1:)."""
    return text.strip("0") != "" and "0" * 20 not in text


@settings(max_examples=120, deadline=None)
@given(payloads.filter(drawable))
def test_a_page_code_is_the_reference_encoders_symbol(reference, payload):
    assert qr.symbol("BM1:" + payload) == reference("BM1:" + payload)


@settings(max_examples=60, deadline=None)
@given(any_text.filter(drawable))
def test_any_text_of_the_alphabet_is_the_reference_encoders_symbol(reference, text):
    assert qr.symbol(text) == reference(text)


def test_every_pair_of_characters_is_encoded_at_its_place(reference):
    for shift in range(0, 45, 4):
        body = "".join(qr.ALPHABET[(7 * at + shift) % 45] for at in range(63))
        assert qr.symbol("BM1:" + body) == reference("BM1:" + body)


def test_the_file_of_patterns_is_what_the_reference_encoder_draws(script):
    assert qr.PATTERNS_FILE.read_bytes() == script("qr-patterns").patterns()


@settings(max_examples=30, deadline=None)
@given(payloads)
def test_the_drawn_symbol_reads_as_its_text(payload):
    text = "BM1:" + payload
    picture = raster.render(compose.page_code_mark(text, Mm(20)), 200).convert("L")
    picture = ImageOps.expand(picture, border=40, fill=255)
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == text
    assert found.ec_level == "Q"


@given(payloads, st.integers(0, 62), st.sampled_from(qr.ALPHABET))
def test_another_character_gives_another_symbol(payload, at, char):
    changed = payload[:at] + char + payload[at + 1 :]
    same = qr.symbol("BM1:" + payload) == qr.symbol("BM1:" + changed)
    assert same == (payload == changed)


def test_rows_are_five_bytes_with_empty_bits_at_the_end():
    data = qr.symbol("BM1:" + "Z9$" * 21)
    assert len(data) == 33 * 5
    picture = Image.frombytes("1", (40, 33), data)
    assert picture.crop((33, 0, 40, 33)).getextrema() == (0, 0)
    # the finder in the upper left corner: a dark ring of seven, most significant bit leftmost
    assert data[0] == 0b11111110
    assert data[5] == 0b10000010


@pytest.mark.parametrize(
    "text",
    ["", "0", "BM1:" + "0" * 62, "BM1:" + "0" * 64, "bm1:" + "0" * 63, "BM1:" + "0" * 62 + "é",
     "0" * 66 + "a", "a" + "0" * 66, "0" * 65, "0" * 69, "0" * 670],
)  # fmt: skip
def test_refuses_text_that_does_not_fill_the_symbol(text):
    with pytest.raises(Fault) as fault:
        qr.symbol(text)
    assert fault.value.code == "stamps.code_text"
    assert not fault.value.detail

# SPDX-License-Identifier: Apache-2.0
"""The page code: what it holds, and that nothing but the key makes or changes one."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.errors import Fault, RegisterRefused
from bmnn_mark.tracking import base45
from bmnn_mark.tracking.code import (
    _BODY,
    CODE_CHARS,
    MAX_POSITION,
    WHOLE_COPY,
    Outcome,
    PageCode,
    _cipher,
    first_unsealed,
    open_code,
    seal,
    seal_pages,
)
from bmnn_mark.tracking.key import TraceKey

KEY = TraceKey.from_entropy(bytes(range(67)), rehearsal=False)
OTHER = TraceKey.from_entropy(bytes(range(100, 167)), rehearsal=False)
SAME_ID = TraceKey(key_id=KEY.key_id, secret=OTHER.secret)

PAGE_2 = PageCode(position=7, page=2, attempt=1, root=b"r" * 14)

codes = st.builds(
    PageCode,
    position=st.integers(1, MAX_POSITION),
    page=st.integers(0, WHOLE_COPY),
    attempt=st.integers(1, 255),
    root=st.binary(min_size=14, max_size=14),
)
keys = st.builds(
    TraceKey.from_entropy, st.binary(min_size=67, max_size=67), rehearsal=st.booleans()
)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"", ""),
    ],
)
def test_base45_gives_the_vectors_of_rfc_9285(data, text):
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@pytest.mark.parametrize("text", ["GGW", "A", "AAAA", "::", "ab0", "BB8\n", "ＢＢ８", ":::"])
def test_base45_refuses_what_no_bytes_encode_to(text):
    assert base45.decode(text) is None


@given(st.binary(max_size=60))
def test_base45_gives_back_what_went_in(data):
    assert base45.decode(base45.encode(data)) == data


@given(keys, codes)
def test_a_sealed_code_opens_to_what_was_sealed(key, code):
    text = seal(key, code)
    assert len(text) == CODE_CHARS
    assert set(text) <= set(base45.ALPHABET)
    reading = open_code(text, [OTHER, key])
    assert (reading.outcome, reading.code) == (Outcome.OURS, code)
    assert reading.rehearsal is key.rehearsal


@given(codes)
def test_a_batch_gives_the_same_codes_as_one_by_one(code):
    pages = [0, 1, 2, 2000, WHOLE_COPY]
    batch = seal_pages(
        KEY, position=code.position, attempt=code.attempt, root=code.root, pages=iter(pages)
    )
    one_by_one = [
        seal(KEY, PageCode(position=code.position, page=p, attempt=code.attempt, root=code.root))
        for p in pages
    ]
    assert batch == one_by_one
    assert len(set(batch)) == len(pages)


def attempt_of(code):
    return {"position": code.position, "attempt": code.attempt, "root": code.root}


@given(codes, st.lists(st.integers(0, WHOLE_COPY), max_size=5))
def test_codes_that_were_sealed_open_again_page_by_page(code, pages):
    texts = seal_pages(KEY, **attempt_of(code), pages=pages)
    assert first_unsealed(KEY, texts, **attempt_of(code), pages=pages) is None


@pytest.mark.parametrize(
    "asked",
    [
        {"key": OTHER},
        {"key": SAME_ID},
        {"position": 8},
        {"attempt": 2},
        {"root": bytes(14)},
        {"pages": (2, 2, 3)},
    ],
)
def test_codes_of_another_key_attempt_or_page_do_not_pass(asked):
    sealed = {"key": KEY, **attempt_of(PAGE_2), "pages": (1, 2, 3)}
    assert (
        first_unsealed(texts=seal_pages(**sealed), **{**sealed, **asked})
        == (asked.get("pages", (1,))[0])
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: "BM2:" + text[4:],
        lambda text: text[:-1] + "ẩ",
        lambda text: text[:10] + ("A" if text[10] != "A" else "B") + text[11:],
        lambda _text: seal(OTHER, PAGE_2),
    ],
)
def test_the_first_page_whose_code_was_spoiled_is_named(spoil):
    sealed = {"key": KEY, **attempt_of(PAGE_2), "pages": (1, 2, 3)}
    texts = seal_pages(**sealed)
    texts[1:] = spoil(texts[1]), texts[0]
    assert first_unsealed(texts=texts, **sealed) == 2


def test_any_edit_of_one_character_is_rejected():
    code = PageCode(position=123456, page=7, attempt=2, root=bytes(range(14)))
    text = seal(KEY, code)
    others = sorted(set(base45.ALPHABET) | set(string.ascii_lowercase) | set("Ẩ\n\x00é"))
    outcomes = set()
    for place, old in enumerate(text):
        for new in others:
            if new != old:
                reading = open_code(text[:place] + new + text[place + 1 :], [KEY, OTHER])
                assert reading.code is None
                outcomes.add(reading.outcome)
    assert outcomes == {Outcome.FORGED, Outcome.NOT_OURS}


def test_a_missing_or_added_character_is_rejected():
    text = seal(KEY, PageCode(position=1, page=1, attempt=1, root=bytes(14)))
    for place in range(len(text)):
        assert open_code(text[:place] + text[place + 1 :], [KEY]).code is None
        assert open_code(text[:place] + "0" + text[place:], [KEY]).code is None


def test_the_four_outcomes_are_told_apart():
    code = PageCode(position=5, page=1, attempt=1, root=bytes(14))
    text = seal(KEY, code)
    assert open_code(text, [KEY]).outcome is Outcome.OURS
    assert open_code(text, [OTHER]).outcome is Outcome.NOT_OURS
    assert open_code("https://example.org/", [KEY]).outcome is Outcome.NOT_OURS
    assert open_code(text, [SAME_ID]).outcome is Outcome.FORGED
    assert open_code(text, [SAME_ID, KEY]).outcome is Outcome.OURS
    assert open_code(text[:-1], [KEY]).outcome is Outcome.FORGED
    assert open_code("BM1:", [KEY]).outcome is Outcome.NOT_OURS
    assert open_code(" ", [KEY]).outcome is Outcome.NOT_FOUND


@given(st.text(max_size=80))
def test_no_text_is_taken_for_ours_without_the_key(text):
    assert open_code(text, [KEY]).code is None
    assert open_code("BM1:" + text, [KEY]).code is None


def test_a_rehearsal_code_is_named_so_without_its_key():
    key = TraceKey.from_entropy(bytes(67), rehearsal=True)
    reading = open_code(seal(key, PageCode(position=1, page=1, attempt=1, root=bytes(14))), [])
    assert (reading.outcome, reading.rehearsal) == (Outcome.NOT_OURS, True)


def test_a_code_of_a_later_form_is_refused_by_name():
    body = _BODY.pack(2, 0, 1, 1, 1, bytes(14))
    sealed = _cipher(KEY.secret).encrypt(body, [b"BM1" + KEY.key_id])
    with pytest.raises(RegisterRefused, match=r"^trace\.newer_format$"):
        open_code("BM1:" + base45.encode(KEY.key_id + sealed), [KEY])


@pytest.mark.parametrize(
    "wrong",
    [
        {"position": 0},
        {"position": MAX_POSITION + 1},
        {"page": -1},
        {"page": 65536},
        {"attempt": 0},
        {"attempt": 256},
        {"root": bytes(13)},
    ],
)
def test_numbers_that_have_no_place_in_a_code_are_refused(wrong):
    values = {"position": 1, "page": 1, "attempt": 1, "root": bytes(14)} | wrong
    with pytest.raises(Fault, match=r"^trace\.out_of_range$"):
        seal(KEY, PageCode(**values))


def test_a_key_never_shows_its_secret():
    assert KEY.secret.hex() not in repr(KEY)
    assert str(KEY.secret) not in repr(KEY)

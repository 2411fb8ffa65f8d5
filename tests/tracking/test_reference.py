# SPDX-License-Identifier: Apache-2.0
"""The short reference that people read out and type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.errors import UsageRefused
from bmnn_mark.tracking.key import TraceKey
from bmnn_mark.tracking.reference import (
    _CHECKS,
    _DIGITS,
    parse_reference,
    reference,
    show_reference,
)

KEY = TraceKey.from_entropy(bytes(range(67)), rehearsal=False)
values = st.integers(0, (1 << 45) - 1)


@given(values)
def test_what_is_shown_is_read_back_in_any_case_and_with_hyphens(value):
    shown = show_reference(value)
    assert len(shown) == 10
    assert parse_reference(shown) == value
    assert parse_reference(f" {shown[:4]}-{shown[4:8]}-{shown[8:]}\n".lower()) == value
    assert parse_reference(shown.replace("0", "o").replace("1", "L")) == value
    assert parse_reference(shown.replace("1", "i")) == value


@given(values)
def test_every_wrong_symbol_is_noticed(value):
    shown = show_reference(value)
    for place, old in enumerate(shown):
        for new in _CHECKS if place == 9 else _DIGITS + "U*~$=":
            if new != old:
                with pytest.raises(UsageRefused, match=r"^trace\.reference_wrong$"):
                    parse_reference(shown[:place] + new + shown[place + 1 :])


@given(values)
def test_two_neighbours_swapped_are_noticed(value):
    shown = show_reference(value)
    for place in range(8):
        if shown[place] != shown[place + 1]:
            swapped = shown[:place] + shown[place + 1] + shown[place] + shown[place + 2 :]
            with pytest.raises(UsageRefused):
                parse_reference(swapped)


@given(st.text(max_size=30))
def test_any_other_text_is_refused_by_name(text):
    refused = None
    try:
        assert 0 <= parse_reference(text) < 1 << 45
    except UsageRefused as refusal:
        refused = refusal.code
    assert refused in {None, "trace.reference_wrong"}


@pytest.mark.parametrize("text", ["", "-", "0" * 9, "0" * 11, "ſ000000000", "00000000ß", "٠" * 10])
def test_wrong_lengths_and_foreign_letters_are_refused(text):
    with pytest.raises(UsageRefused, match=r"^trace\.reference_wrong$"):
        parse_reference(text)


def test_copies_and_attempts_have_references_of_their_own():
    seen = {
        reference(KEY, document, copy, attempt, again)
        for document in ("a", "b")
        for copy in (1, 2, 11)
        for attempt in (1, 2)
        for again in (0, 1)
    }
    assert len(seen) == 24
    assert all(0 <= value < 1 << 45 for value in seen)
    other = TraceKey.from_entropy(bytes(67), rehearsal=False)
    assert reference(KEY, "a", 1, 1) != reference(other, "a", 1, 1)

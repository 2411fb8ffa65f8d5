# SPDX-License-Identifier: Apache-2.0
"""PINs: one for a name however it is written, five tries, two people for a new one, all sealed."""

from datetime import date

import pytest

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.register.people import MOST_WRONG, PinEntry

DAY = date(2026, 3, 2)


def entry(pin, **changes):
    return PinEntry(**{"party": "Bà Hoa", "pin": pin, "actor": "An", "on": DAY} | changes)


def refused(call, *given):
    with pytest.raises(BmnnMarkError) as caught:
        call(*given)
    return caught.value.code


def test_a_pin_is_one_persons_and_is_not_tried_for_ever(place):
    register = place.create()
    assert refused(register.check_pin, entry("314159")) == "register.pin_missing"
    assert refused(register.enroll, entry("31415")) == "input.pin_short"
    register.enroll(entry("314159"))
    assert register.is_enrolled("bà  HOA")
    assert not register.is_enrolled("Bà Hoà")
    for _ in range(MOST_WRONG - 1):
        assert not register.check_pin(entry("271828"))
    assert register.check_pin(entry("314159", party="BÀ HOA"))
    for _ in range(MOST_WRONG):
        assert not register.check_pin(entry("271828"))
    assert refused(register.check_pin, entry("314159")) == "register.pin_locked"
    assert refused(register.enroll, entry("161803")) == "input.needed"
    assert refused(register.enroll, entry("161803", second_actor="an")) == "input.two_people"
    register.enroll(entry("161803", second_actor="Bình"))
    assert not register.check_pin(entry("314159"))
    assert register.check_pin(entry("161803"))
    register.rebuild()
    assert register.verify().intact
    assert register.check_pin(entry("161803"))


@pytest.mark.sqlite_only
def test_neither_name_nor_pin_stands_in_the_file_nor_in_what_is_shown(place):
    register = place.create()
    register.enroll(entry("314159"))
    data = place.file.read_bytes()
    assert "Bà Hoa".encode() not in data
    assert b"314159" not in data
    assert "314159" not in repr(entry("314159"))
    (act,) = register.acts(DAY, DAY)
    assert act.words == {"party": "Bà Hoa"}  # the verifier is no word

# SPDX-License-Identifier: Apache-2.0
"""A register that was copied, put back or entered under a wrong clock: noticed, and named."""

import shutil
from datetime import timedelta

import pytest

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.verification import VerifyFault


@pytest.fixture
def told(place):
    """A register, and what it told of the clock."""
    register = place.create()
    notices = []
    register.on_notice = lambda code, detail: notices.append((code, dict(detail)))
    return register, notices


@pytest.mark.sqlite_only
def test_two_copies_that_were_both_written_to_are_a_fork(place, request_for):
    place.create().reserve(request_for())
    other, mark = place.folder / "other", place.keys / "head"
    shutil.copy(place.file, other)
    old_mark = mark.read_bytes()
    place.open().reserve(request_for(2))
    kept, kept_mark = place.folder / "kept", mark.read_bytes()
    shutil.copy(place.file, kept)

    shutil.copy(other, place.file)  # the other copy, beside the mark of the first
    with pytest.raises(RegisterRefused, match=r"^register\.rolled_back$"):
        place.open()
    mark.write_bytes(old_mark)  # with the mark of its own time nobody on this machine can tell
    for number in (3, 4):
        place.open().reserve(request_for(number))
    mark.write_bytes(kept_mark)
    with pytest.raises(RegisterRefused, match=r"^register\.forked$") as refusal:
        place.open()
    assert refusal.value.detail == {"events": 13, "known": 9}
    with pytest.raises(RegisterRefused, match=r"^register\.forked$"):
        place.open(inspect=True).reserve(request_for(5))
    with pytest.raises(RegisterRefused, match=r"^register\.forked$"):
        place.open(inspect=True).rebuild()
    assert place.open(inspect=True).verify().fault is VerifyFault.MARK
    shutil.copy(kept, place.file)
    assert place.open().verify().intact


def test_a_clock_set_back_is_told_and_stops_nobody(place, told, request_for):
    register, notices = told
    place.now -= timedelta(hours=1)
    register.reserve(request_for())
    assert notices == [("register.clock_set_back", {"seconds": 3599})]
    register.reserve(request_for(2))  # its clock goes on from there
    assert len(notices) == 1
    report = register.verify()
    assert (report.intact, report.clock_set_back) == (True, (1,))


def test_clocks_that_differ_by_seconds_are_not_told(place, told, request_for):
    register, notices = told
    place.now -= timedelta(seconds=11)
    register.reserve(request_for())
    place.now += timedelta(days=400)
    register.reserve(request_for(2))
    assert notices == []

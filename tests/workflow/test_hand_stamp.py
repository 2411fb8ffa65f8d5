# SPDX-License-Identifier: Apache-2.0
"""A copy printed without its độ mật mark stays open until somebody says that it was stamped."""

from datetime import date

import pytest

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.port import CopyState
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.sighting import Sight, enter_seen

TO_THE_TRAY = ("produced", "created", "loaded", "releasing", "printing", "device-done")


@pytest.fixture
def printed(life_office, issue, tmp_path):
    """Issues a document whose copies lie in the tray; its office and register, and them."""

    def make(marking, number_sign="12/BC-SM"):
        folder = tmp_path / number_sign.replace("/", "-")
        office = life_office(folder)
        made = issue(office, number_sign, states=TO_THE_TRAY, marking=marking)
        return office, office.open_register(), made

    return make


def states(register):
    (row,) = register.documents()
    return [one.state for one in register.document(row.document_id).attempts]


def first(register):
    return register.open_attempts()[0].attempt


def test_it_is_not_called_printed_before_it_was_stamped(printed):
    office, register, _ = printed('{"frame": true}')
    attempt = first(register).attempt_id
    with pytest.raises(RegisterRefused, match=r"register\.not_stamped"):
        bookkeeping.close(office, attempt, "printed", actor="An")
    assert states(register)[0] is CopyState.DEVICE_DONE
    bookkeeping.close(office, attempt, "printed", actor="An", stamped=True)
    assert states(register)[0] is CopyState.PRINTED


def test_it_can_be_called_spoiled_as_any_other(printed):
    office, register, _ = printed('{"frame": true}')
    words = {"second_actor": "Bình", "reason": "Kẹt giấy"}
    bookkeeping.close(office, first(register).attempt_id, "spoiled", actor="An", words=words)
    assert states(register)[0] is CopyState.SPOILED


@pytest.mark.parametrize("marking", ['{"frame": false}', "{}", None])
def test_a_printed_mark_needs_no_such_word(printed, marking):
    office, register, _ = printed(marking)
    bookkeeping.close(office, first(register).attempt_id, "printed", actor="An")
    assert states(register)[0] is CopyState.PRINTED


@pytest.mark.parametrize("marking", ["not JSON", "[]"])
def test_what_is_not_understood_of_the_marks_is_refused(printed, marking):
    office, register, _ = printed(marking)
    with pytest.raises(RegisterRefused, match=r"register\.marking_unknown"):
        bookkeeping.close(office, first(register).attempt_id, "printed", actor="An")


@pytest.mark.parametrize(
    ("marking", "sight", "state"),
    [
        ('{"frame": true}', Sight.NOT_STAMPED, CopyState.DEVICE_DONE),
        ("{}", Sight.CLOSED, CopyState.PRINTED),
    ],
)
def test_seeing_every_page_closes_only_what_was_printed_with_its_mark(
    printed, marking, sight, state
):
    office, register, made = printed(marking)
    codes = tuple(register.page_codes(made.copies[0], [1, 2]))
    report = enter_seen(office, codes, on=date(2026, 11, 22), actor="An")
    assert [one.sight for one in report.copies] == [sight]
    assert states(register)[0] is state

# SPDX-License-Identifier: Apache-2.0
"""Paper, sides and tray reach the device through the gate."""

import pytest

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.attempt import AttemptState
from bmnn_mark.printing.printer.capabilities import Paper
from tests.printing.press import print_room


@pytest.fixture(scope="module")
def press():
    with print_room() as room:
        yield room


@pytest.mark.parametrize(
    "paper",
    [
        Paper(),
        Paper(media="iso_a3_297x420mm", sides="two-sided-long-edge"),
        Paper(sides="two-sided-short-edge", tray="tray-2"),
        Paper(media="iso_a3_297x420mm", tray="tray-1"),
    ],
)
def test_every_paper_that_may_be_chosen_goes_through(press, paper):
    (outcome,) = press.print(press.copy(), paper=paper)
    assert (outcome.state, outcome.code) == (AttemptState.DEVICE_DONE, "")


@pytest.mark.parametrize(
    ("paper", "code"),
    [
        (Paper(media="banana"), "printer.media"),
        (Paper(sides="banana"), "printer.sides"),
        (Paper(tray="tray-9"), "printer.tray"),
    ],
)
def test_what_the_queue_does_not_name_makes_no_job(press, paper, code):
    copy = press.copy()
    with pytest.raises(PrinterRefused) as refused:
        press.print(copy, paper=paper)
    assert refused.value.code == code
    assert not press.started(copy)
    assert press.jobs() == ()

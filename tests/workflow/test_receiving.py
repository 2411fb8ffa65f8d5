# SPDX-License-Identifier: Apache-2.0
"""Documents from elsewhere: numbered by year, never twice, lived with as those issued here."""

from dataclasses import replace
from datetime import date

import pytest
import qrcode

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.register.life import CopyAct, Direction, Whereabouts
from bmnn_mark.rules import Level
from bmnn_mark.workflow.living import ActOrder, act_on_copies
from bmnn_mark.workflow.naming import Naming
from bmnn_mark.workflow.receiving import ReceiveOrder, receive

ORDER = ReceiveOrder(
    agency="Bộ X",
    number_sign="7/CV-BX",
    dated=date(2026, 11, 18),
    level=Level.MAT,
    arrived=date(2026, 11, 20),
    actor="An",
)


@pytest.fixture
def office(tmp_path, life_office):
    return life_office(tmp_path / "data")


def refused(office, **changes):
    with pytest.raises(BmnnMarkError) as caught:
        receive(office, replace(ORDER, **changes))
    return caught.value.code


def test_numbers_run_by_year_and_none_is_given_twice(office):
    assert receive(office, ORDER).number == 1
    assert refused(office) == "register.already_received"
    assert refused(office, number_sign="8/CV", number=1) == "register.number_taken"
    assert receive(office, replace(ORDER, number_sign="8/CV", number=9)).number == 9
    assert receive(office, replace(ORDER, number_sign="9/CV")).number == 10
    old = replace(ORDER, number_sign="9/CV", dated=date(2025, 1, 2), arrived=date(2025, 1, 3))
    with pytest.raises(BmnnMarkError, match="register.no_title_for_tuyet_mat"):
        receive(office, replace(ORDER, number_sign="10", level=Level.TUYET_MAT, title="Kế hoạch"))
    assert receive(office, replace(old, level=Level.TUYET_MAT, title="Kế hoạch")).number == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"arrived": date(2026, 11, 23)}, "input.act_to_come"),
        ({"arrived": date(2026, 11, 17)}, "input.not_before"),
        ({"copies": (2, 2)}, "register.no_copies"),
        ({"copies": (0,)}, "register.no_copies"),
        ({"number": 0}, "register.number_taken"),
        ({"number": 1_000_000}, "register.number_out"),
        ({"pages": 10**20}, "register.number_out"),
        ({"copies": (10**20,)}, "register.number_out"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_entered(office, changes, code):
    assert refused(office, **changes) == code
    assert office.open_register().documents() == ()


def test_its_copies_are_handed_over_as_those_issued_here(office):
    report = receive(office, replace(ORDER, copies=(4, 7), unit="Phòng Tổng hợp"))
    act = ActOrder(
        naming=Naming(words=("7/cv-bx",), copies=(7,)),
        act=CopyAct.HANDED_OVER,
        on=date(2026, 11, 21),
        actor="An",
        words={"party": "Bà Hoa"},
    )
    (copy,) = act_on_copies(office, act).copies
    assert (copy.document, copy.direction, copy.holder) == (report.document, Direction.IN, "Bà Hoa")
    wheres = [one.whereabouts for one in office.open_register().holdings(report.document)]
    assert wheres == [Whereabouts.IN_OFFICE, Whereabouts.WITH_HOLDER]
    assert office.open_register().verify().intact


def test_a_sheet_of_our_own_does_not_come_from_elsewhere(office, issue, tmp_path):
    made = issue(office)
    (code,) = office.open_register().page_codes(made.copies[1], [1])
    scan = tmp_path / "scan.png"
    _picture(code).save(scan)
    assert refused(office, scan=scan) == "register.own_document"


def test_the_code_of_another_register_is_not_ours(office, issue, tmp_path, life_office):
    other = life_office(tmp_path / "other")
    made = issue(other)
    (code,) = other.open_register().page_codes(made.copies[1], [1])
    scan = tmp_path / "scan.png"
    _picture(code).save(scan)
    report = receive(office, replace(ORDER, scan=scan))
    assert [one.trace.value for one in report.codes] == ["not-ours"]


def _picture(text):
    return qrcode.make(text, border=4, box_size=8).get_image().convert("L")

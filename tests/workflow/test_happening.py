# SPDX-License-Identifier: Apache-2.0
"""Incidents wait until somebody says what came of them; meetings know what was used."""

from datetime import date

import pytest

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.register.life import IncidentKind
from bmnn_mark.rules import Level
from bmnn_mark.workflow.happening import (
    IncidentOrder,
    MeetingOrder,
    close_incident,
    enter_meeting,
    report_incident,
)
from bmnn_mark.workflow.naming import Naming

TODAY = date(2026, 11, 22)


@pytest.fixture
def office(tmp_path, life_office):
    return life_office(tmp_path / "data")


def refused(call, *given, **named):
    with pytest.raises(BmnnMarkError) as caught:
        call(*given, **named)
    return caught.value.code


def leak(**changes):
    values = {"kind": IncidentKind.LEAK, "on": TODAY, "actor": "An", "words": {"subject": "lộ"}}
    return IncidentOrder(**values | changes)


def test_an_incident_waits_until_it_is_closed_once(office, issue):
    made = issue(office)
    first = report_incident(office, leak(naming=Naming(words=("12/BC-SM",))))
    second = report_incident(office, leak(naming=Naming(words=(made.copies[1].reference,))))
    third = report_incident(office, leak(level=Level.MAT))
    rows = office.open_register().open_incidents()
    assert [(one.event, one.copy, one.level) for one in rows] == [
        (first, 0, Level.TOI_MAT),
        (second, 2, Level.TOI_MAT),
        (third, 0, Level.MAT),
    ]
    said = {"outcome": "đã xử lý", "reason": "sơ suất"}
    close_incident(office, second, on=TODAY, actor="An", words=said)
    assert [one.event for one in office.open_register().open_incidents()] == [first, third]
    again = refused(close_incident, office, second, on=TODAY, actor="An", words=said)
    assert again == "register.no_incident"
    assert refused(close_incident, office, first, on=TODAY, actor="An", words={}) == "input.needed"
    beyond = refused(close_incident, office, 10**20, on=TODAY, actor="An", words=said)
    assert beyond == "register.no_incident"
    far = leak(naming=Naming(words=("12/BC-SM",), copies=(10**20,)))
    assert refused(report_incident, office, far) == "register.no_such_copy"
    assert office.open_register().verify().intact


def test_an_incident_says_what_happened_and_is_about_one_thing(office, issue):
    issue(office)
    assert refused(report_incident, office, leak(words={})) == "input.needed"
    both = leak(naming=Naming(words=("12/BC-SM",), copies=(1, 2)))
    assert refused(report_incident, office, both) == "input.one_copy"
    assert refused(report_incident, office, leak(on=date(2026, 11, 23))) == "input.act_to_come"
    assert office.open_register().open_incidents() == ()


def meeting(**changes):
    values = {"on": TODAY, "actor": "An", "words": {"subject": "họp quý", "place": "P. 2"}}
    return MeetingOrder(**values | changes)


def test_a_meeting_is_of_the_highest_level_used(office, issue):
    made = issue(office)
    issue(office, "13/BC-SM", level=Level.MAT)
    used = Naming(words=(made.copies[0].reference,))
    report = enter_meeting(office, meeting(naming=used, foreign=True))
    assert (report.level, report.foreign, report.copies[0].copy) == (Level.TOI_MAT, True, 1)
    low = meeting(naming=used, level=Level.MAT)
    assert refused(enter_meeting, office, low) == "input.level_below"
    assert refused(enter_meeting, office, meeting()) == "input.together"
    assert refused(enter_meeting, office, meeting(naming=used, words={})) == "input.needed"
    (act,) = [one for one in office.open_register().acts(TODAY, TODAY) if one.act == "meeting.held"]
    assert (act.words["place"], act.abroad) == ("P. 2", True)

# SPDX-License-Identifier: Apache-2.0
"""Which acts go together, and whose day's rules their marks follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bmnn_mark.config import Config
from bmnn_mark.documents.model import MarkRequest, Relevelling, Reproduction, ReproductionKind
from bmnn_mark.errors import RulesRefused, UsageRefused
from bmnn_mark.rules import Copying, Level, load_pack, pack_for
from bmnn_mark.workflow.acts import (
    check_acts,
    check_numbered,
    check_says_something,
    pack_of_acts,
)
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import StampOrder
from bmnn_mark.workflow.unconfirmed import figures_of, unconfirmed_figures

TODAY = date(2026, 11, 22)
ORDER = StampOrder(source=Path("a.pdf"), level=Level.MAT, dated=date(2026, 11, 5))
COPY = Reproduction(
    kind=ReproductionKind.SAO_Y,
    made_on=TODAY,
    number=1,
    quantity=2,
    recipient=None,
    authority="GIÁM ĐỐC",
    signer="Người Mẫu",
)
LATER = TODAY + timedelta(days=365)


@pytest.fixture
def office(tmp_path):
    return office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path)), None)


def change(day=TODAY, old=Level.TOI_MAT):
    return Relevelling(old=old, since=day)


def check(**fields):
    order = replace(ORDER, **fields)
    check_acts(order, pack_for(order.dated), TODAY)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"term": LATER},
        {"term": LATER, "extended": LATER + timedelta(days=1)},
        {"term": LATER, "declassified": TODAY},
        {"relevelling": change(), "extended": LATER, "recall": LATER},
        {"recall": TODAY},
        {"recall": LATER, "decided": date(2026, 11, 10)},
        {"declassified": ORDER.dated},
        {"reproduction": COPY, "copying": Copying.ALLOWED},
        {"term": date(2036, 11, 5)},
        {"level": Level.TUYET_MAT, "term": date(2056, 11, 5)},
        {"dated": LATER, "recall": LATER},
        {"level_there": True, "declassified": TODAY},
    ],
)
def test_acts_that_can_be_true_together_pass(fields):
    check(**fields)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"term": date(2026, 11, 5)}, "input.later"),
        ({"term": date(2026, 1, 5)}, "input.later"),
        ({"extended": date(2026, 11, 1)}, "input.later"),
        ({"term": LATER, "extended": LATER}, "input.later"),
        ({"extended": date(2026, 11, 10), "decided": date(2026, 11, 10)}, "input.later"),
        ({"recall": TODAY - timedelta(days=1)}, "input.day_past"),
        ({"recall": date(2026, 11, 4)}, "input.not_before"),
        ({"declassified": date(2026, 11, 4)}, "input.not_before"),
        ({"declassified": LATER}, "input.day_to_come"),
        ({"relevelling": change(LATER)}, "input.day_to_come"),
        ({"relevelling": change(date(2026, 1, 1))}, "input.not_before"),
        ({"relevelling": change(old=Level.MAT)}, "input.same_level"),
        ({"reproduction": replace(COPY, made_on=LATER)}, "input.day_to_come"),
        ({"reproduction": replace(COPY, number=3)}, "input.number_of"),
        ({"reproduction": replace(COPY, number=0)}, "input.number_of"),
        ({"declassified": TODAY, "extended": LATER}, "input.either"),
        ({"declassified": TODAY, "relevelling": change()}, "input.either"),
        ({"declassified": TODAY, "recall": LATER}, "input.either"),
        ({"declassified": TODAY, "reproduction": COPY}, "input.either"),
        ({"level_there": True, "frame": True}, "input.either"),
        ({"decided": TODAY}, "input.together"),
        ({"decided": TODAY, "declassified": TODAY}, "input.together"),
        ({"recall": LATER, "decided": LATER}, "input.day_to_come"),
    ],
)
def test_acts_that_contradict_one_another_are_refused(fields, code):
    with pytest.raises(UsageRefused) as refusal:
        check(**fields)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("level", "years"), [(Level.MAT, 10), (Level.TOI_MAT, 20), (Level.TUYET_MAT, 30)]
)
def test_a_term_longer_than_the_levels_own_is_refused(level, years):
    last = date(2026 + years, 11, 5)
    check(level=level, term=last)
    with pytest.raises(RulesRefused) as refusal:
        check(level=level, term=last + timedelta(days=1))
    assert refusal.value.code == "marks.term_too_long"
    assert refusal.value.detail["years"] == years


def test_a_term_counts_from_a_leap_day_too():
    check(dated=date(2024, 2, 29), term=date(2034, 3, 1))
    with pytest.raises(RulesRefused):
        check(dated=date(2024, 2, 29), term=date(2034, 3, 2))


def test_a_ban_sao_of_what_may_not_be_copied_is_refused():
    with pytest.raises(RulesRefused) as refusal:
        check(reproduction=COPY, copying=Copying.FORBIDDEN)
    assert refusal.value.code == "marks.copying_forbidden"


@pytest.mark.parametrize("fields", [{"declassified": TODAY}, {"reproduction": COPY}])
def test_numbered_copies_are_of_a_secret_and_of_an_original(fields):
    check_numbered(ORDER)
    with pytest.raises(UsageRefused) as refusal:
        check_numbered(replace(ORDER, **fields))
    assert refusal.value.code == "input.either"


def test_a_paper_that_bears_its_level_must_get_something():
    request = MarkRequest(level=Level.MAT, pack="nd63-2026", level_there=True)
    with pytest.raises(UsageRefused):
        check_says_something(request)
    check_says_something(replace(request, recall=LATER))
    check_says_something(replace(request, level_there=False))


def acts(**fields):
    order = replace(ORDER, dated=date(2022, 5, 4), **fields)
    return pack_of_acts(order, pack_for(order.dated), TODAY, ())


def test_an_act_follows_the_rules_of_its_own_day():
    assert acts() is None
    assert acts(term=date(2030, 1, 1)) is None, "the term is the document's own"
    assert acts(declassified=TODAY) == "nd63-2026"
    assert acts(declassified=date(2023, 1, 1)) is None
    assert acts(relevelling=change()) == "nd63-2026"
    assert acts(recall=LATER) == "nd63-2026"
    assert acts(extended=LATER, decided=date(2025, 1, 1)) is None
    assert acts(reproduction=COPY) == "nd63-2026"
    assert acts(declassified=TODAY, pack="tt24-2020") is None, "--rules is for all"


def test_acts_under_two_laws_need_a_choice():
    with pytest.raises(RulesRefused) as refusal:
        acts(relevelling=change(date(2023, 1, 1)), recall=LATER)
    assert refusal.value.code == "marks.two_laws"


def test_figures_are_told_for_every_stamp_and_of_the_pack_that_it_follows(office):
    request = MarkRequest(
        level=Level.MAT,
        pack="tt24-2020",
        act_pack="nd63-2026",
        term=LATER,
        relevelling=change(),
        recall=LATER,
    )
    told = unconfirmed_figures(office, load_pack("tt24-2020"), request)
    stamps = {(one.pack, one.figure.partition(".")[0]) for one in told}
    assert {("tt24-2020", "thoi-han"), ("tt24-2020", "mat")} <= stamps
    assert {("nd63-2026", "dieu-chinh"), ("nd63-2026", "thu-hoi"), ("nd63-2026", "toi-mat")} <= (
        stamps
    )
    assert ("tt24-2020", "thu-hoi") not in stamps
    assert ("nd63-2026", "thoi-han") not in stamps
    assert len({(one.pack, one.figure) for one in told}) == len(told)
    copied = replace(request, act_pack=None, relevelling=None, recall=None, reproduction=COPY)
    told = unconfirmed_figures(office, load_pack("tt24-2020"), copied)
    assert {"ban-sao", "ban-sao-so"} <= {one.figure.partition(".")[0] for one in told}


def test_unconfirmed_figures_are_refused_where_the_office_says_so(office):
    strict = replace(office, config=replace(office.config, require_confirmed_rules=True))
    with pytest.raises(RulesRefused) as refusal:
        figures_of(strict, load_pack("nd63-2026"), ["thoi-han"])
    assert refusal.value.code == "rules.unconfirmed"
    assert figures_of(strict, load_pack("tt24-2020"), ["toi-mat.size"]) == ()

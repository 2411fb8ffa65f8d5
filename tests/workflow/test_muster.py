# SPDX-License-Identifier: Apache-2.0
"""What lies in a cupboard against what should: each copy in one finding, no sheet left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.register.life import Whereabouts
from bmnn_mark.register.port import CopyState, FoundCopy
from bmnn_mark.rules import Level
from bmnn_mark.tracking.code import WHOLE_COPY
from bmnn_mark.workflow.muster import AccountedCopy, Finding, muster
from bmnn_mark.workflow.tracing import Trace, Traced

PAGES = 3


def copy_of(number=1, **changes):
    found = FoundCopy(
        document_id="d", number_sign="1/BC", dated=date(2026, 3, 2), level=Level.MAT, number=number,
        copies=3, attempt=1, state=CopyState.EXPORTED, recipient="A", pages=PAGES,
        superseded=False, whereabouts=Whereabouts.IN_OFFICE, holder="",
    )  # fmt: skip
    return replace(found, **changes)


def sheet(copy, page, trace=Trace.CONSISTENT, place=1):
    return Traced(source="a.png", scan_page=place, trace=trace, page=page, copy=copy)


def account_of(copy):
    return AccountedCopy(
        document_id=copy.document_id, number_sign=copy.number_sign, level=copy.level,
        copy=copy.number, of=copy.copies, pages=copy.pages, whereabouts=copy.whereabouts,
        holder=copy.holder,
    )  # fmt: skip


def mustered(copy, *pages, holder=""):
    sheets = [sheet(copy, page) for page in pages]
    (one,) = muster([account_of(copy)], sheets, holder=holder).copies
    return one


def test_a_copy_with_all_its_pages_is_present():
    assert mustered(copy_of(), 1, 2, 3).in_order
    assert mustered(copy_of(), WHOLE_COPY).seen == (1, 2, 3)


def test_pages_that_lack_or_come_twice_are_named():
    assert mustered(copy_of(), 1, 3).missing == (2,)
    twice = mustered(copy_of(), 1, 2, 2, 3)
    assert (twice.finding, twice.doubled, twice.in_order) == (Finding.PRESENT, (2,), False)


def test_a_copy_that_should_be_here_and_is_not_is_missing():
    one = mustered(copy_of())
    assert (one.finding, one.attempt) == (Finding.MISSING, 0)


def test_a_copy_that_somebody_else_has_is_not_expected_but_told_where_it_turns_up():
    held = copy_of(whereabouts=Whereabouts.WITH_HOLDER, holder="Sở  B")
    report = muster([account_of(held)], [])
    assert (report.copies, report.elsewhere, report.in_order) == ((), 1, True)
    assert mustered(held, 1, 2, 3).finding is Finding.HELD_ELSEWHERE
    assert mustered(held, 1, 2, 3, holder="sở b").finding is Finding.PRESENT
    assert mustered(held, holder="Sở B").finding is Finding.MISSING


def test_what_is_lost_or_destroyed_must_not_turn_up():
    for where in (Whereabouts.LOST, Whereabouts.DESTROYED):
        assert mustered(copy_of(whereabouts=where), 1).finding is Finding.REAPPEARED


def test_sheets_of_a_replaced_attempt_do_not_stand_for_the_copy():
    old = copy_of(attempt=1, superseded=True)
    new = copy_of(attempt=2)
    report = muster([account_of(new)], [sheet(old, 1), *(sheet(new, page) for page in (1, 2, 3))])
    assert [(one.finding, one.attempt) for one in report.copies] == [
        (Finding.SUPERSEDED, 1), (Finding.PRESENT, 2),
    ]  # fmt: skip
    report = muster([account_of(new)], [sheet(old, 1)])
    assert {one.finding for one in report.copies} == {Finding.SUPERSEDED, Finding.MISSING}


def test_a_sheet_of_another_history_counts_for_nothing():
    report = muster([account_of(copy_of())], [sheet(None, None, Trace.REWRITTEN)])
    assert [one.finding for one in report.copies] == [Finding.MISSING]
    assert [one.trace for one in report.odd] == [Trace.REWRITTEN]
    assert not report.in_order


def test_a_plain_sheet_is_listed_and_alarms_nobody():
    report = muster([], [sheet(None, None, Trace.NOT_FOUND)])
    assert (len(report.odd), report.in_order) == (1, True)
    assert not muster([], [], unread=["a.pdf"]).in_order


COPIES = st.builds(
    copy_of,
    st.integers(1, 4),
    whereabouts=st.sampled_from(sorted(set(Whereabouts) - {Whereabouts.NOT_MADE})),
    holder=st.sampled_from(["", "A", "B"]),
)
SHEETS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, PAGES)), max_size=12)


@given(st.lists(COPIES, max_size=4, unique_by=lambda one: one.number), SHEETS)
def test_every_copy_and_every_sheet_is_accounted_for(copies, chosen):
    sheets = [sheet(copies[at], page) for at, page in chosen if at < len(copies)]
    odd = [sheet(None, None, Trace.NOT_OURS) for at, _page in chosen if at >= len(copies)]
    report = muster([account_of(one) for one in copies], sheets + odd)
    assert len(report.odd) == len(odd)
    seen = Counter((one.copy.number, one.page) for one in sheets)
    told = {(one.account.copy, page) for one in report.copies for page in one.seen}
    assert told == set(seen)
    assert {(one.account.copy, page) for one in report.copies for page in one.doubled} == {
        key for key, many in seen.items() if many > 1
    }
    expected = {one.number for one in copies if one.whereabouts is Whereabouts.IN_OFFICE}
    assert expected <= {one.account.copy for one in report.copies}
    assert len(report.copies) + report.elsewhere == len(copies)

# SPDX-License-Identifier: Apache-2.0
"""The days of an order: which acts go together, and whose day's rules their marks follow.

The terms are those of Luật 29/2018 Điều 19 (30, 20 and 10 years from the day the độ mật was
determined; an activity may have a shorter one). What an extension may last was read nowhere, so
only its order in time is checked.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from datetime import date

from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.errors import RulesRefused, UsageRefused
from bmnn_mark.rules import AgencyFigure, Copying, RulePack, pack_for
from bmnn_mark.workflow.orders import StampOrder


def check_acts(order: StampOrder, pack: RulePack, today: date) -> None:
    """See that the acts of an order can be true of one document at one time.

    Args:
        order: what is asked.
        pack: the rules of the document's date.
        today: the date where the machine stands.

    Raises:
        UsageRefused: ``input.either`` (acts that contradict one another), ``input.later``,
            ``input.not_before``, ``input.day_to_come``, ``input.day_past``, ``input.same_level``,
            ``input.together``, ``input.number_of``.
        RulesRefused: ``marks.term_too_long``, ``marks.copying_forbidden``.
    """
    _check_together(order)
    _check_days(order, today)
    levels = {order.level, order.relevelling.old if order.relevelling else order.level}
    years = max(pack.terms[level].value for level in levels)
    if order.term is not None and order.term > years_after(order.dated, years):
        raise RulesRefused("marks.term_too_long", level=order.level.value, years=years)
    made = order.reproduction
    if made is not None and order.copying is Copying.FORBIDDEN:
        raise RulesRefused("marks.copying_forbidden")
    if made is not None and not 1 <= made.number <= made.quantity:
        raise UsageRefused("input.number_of", number=made.number, quantity=made.quantity)


def pack_of_acts(
    order: StampOrder, pack: RulePack, today: date, overlay: tuple[AgencyFigure, ...]
) -> str | None:
    """Id of the rule pack of the order's later acts; None where that is the document's.

    Args:
        order: what is asked.
        pack: the rules of the document's date, or those that the order names for all.
        today: the date where the machine stands.
        overlay: figures that the agency confirmed.

    Raises:
        RulesRefused: ``rules.no_pack``; ``marks.two_laws`` where acts of two days fall under
            different rules.
    """
    if order.pack is not None:
        return None
    packs = {pack_for(day, overlay).id for day in act_days(order, today)}
    if len(packs) > 1:
        raise RulesRefused("marks.two_laws")
    return next(iter(packs - {pack.id}), None)


def act_days(order: StampOrder, today: date) -> Iterator[date]:
    """The days of the decisions behind an order's later acts."""
    if order.declassified is not None:
        yield order.declassified
    if order.relevelling is not None:
        yield order.relevelling.since
    if order.reproduction is not None:
        yield order.reproduction.made_on
    if order.extended is not None or order.recall is not None:
        yield order.decided or max(today, order.dated)


def check_says_something(request: MarkRequest) -> None:
    """See that a document that gets no độ mật mark and no number gets another mark.

    Raises:
        UsageRefused: ``input.nothing_to_stamp``.
    """
    others = (
        request.urgency, request.term, request.extended, request.relevelling,
        request.declassified, request.recall, request.reproduction,
    )  # fmt: skip
    if request.level_there and all(one is None for one in others):
        raise UsageRefused("input.nothing_to_stamp")


def check_numbered(order: StampOrder) -> None:
    """See that numbered copies are given out of a secret, and of an original.

    Raises:
        UsageRefused: ``input.either``.
    """
    if order.declassified is not None:
        raise UsageRefused("input.either", first="--copies / --to", second="--declassified")
    if order.reproduction is not None:  # its number stands where theirs does
        raise UsageRefused("input.either", first="--copies / --to", second="--reproduction")


def _check_together(order: StampOrder) -> None:
    """Acts that cannot both be true, and options that mean nothing alone.

    A giải mật may stand beside the thời hạn that it ended.
    """
    over = order.declassified is not None
    pairs = (
        (over and order.extended is not None, "--declassified", "--extended"),
        (over and order.relevelling is not None, "--declassified", "--relevelled-on"),
        (over and order.recall is not None, "--declassified", "--recall"),
        (over and order.reproduction is not None, "--declassified", "--reproduction"),
        (order.level_there and order.frame, "--level-there", "--frame"),
        (order.level_there and order.at is not None, "--level-there", "--at"),
    )
    for both, first, second in pairs:
        if both:
            raise UsageRefused("input.either", first=first, second=second)
    if order.relevelling is not None and order.relevelling.old is order.level:
        raise UsageRefused("input.same_level", level=order.level.value)
    if order.decided is not None and order.extended is None and order.recall is None:
        raise UsageRefused("input.together", first="--decided-on", second="--extended / --recall")


def _check_days(order: StampOrder, today: date) -> None:
    """Each day after the one it follows from; what was decided or done, not in days to come."""
    made = order.reproduction.made_on if order.reproduction else None
    since = order.relevelling.since if order.relevelling else None
    done = (
        ("--declassified", order.declassified),
        ("--relevelled-on", since),
        ("--reproduced-on", made),
        ("--decided-on", order.decided),
    )
    for name, day in done:
        _check_later(name, day, "--date", order.dated, or_same=True)
        if day is not None and day > max(today, order.dated):
            raise UsageRefused("input.day_to_come", name=name)
    decided = order.decided or order.dated
    _check_later("--term", order.term, "--date", order.dated)
    _check_later("--extended", order.extended, "--date", order.dated)
    _check_later("--extended", order.extended, "--term", order.term)
    _check_later("--extended", order.extended, "--decided-on", decided)
    _check_later("--recall", order.recall, "--date", order.dated, or_same=True)
    _check_later("--recall", order.recall, "--decided-on", decided, or_same=True)
    if order.recall is not None and order.recall < today:
        raise UsageRefused("input.day_past", name="--recall")


def _check_later(
    name: str, day: date | None, than: str, other: date | None, *, or_same: bool = False
) -> None:
    if day is None or other is None or day > other:
        return
    if not or_same:
        raise UsageRefused("input.later", first=name, second=than)
    if day < other:
        raise UsageRefused("input.not_before", first=name, second=than)


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March.

    >>> years_after(date(2024, 2, 29), 1)
    datetime.date(2025, 3, 1)
    """
    year = day.year + years
    if year > date.max.year:
        return date.max
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 3, 1)
    return day.replace(year=year)

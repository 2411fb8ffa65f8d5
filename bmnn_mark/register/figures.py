# SPDX-License-Identifier: Apache-2.0
"""Counting what the register's acts add up to: the year's figures, by level.

What happened is counted by the database in one grouped query over the clear part of acts; nothing
sealed is opened but the names of those who carried copies out, who are counted, not named.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlalchemy import BigInteger, ColumnElement, Connection, case, cast, func, select

from bmnn_mark.register.figure_rows import (
    ActFigure,
    CarrierFigure,
    Figures,
    HeldFigure,
    ProtectedFigure,
)
from bmnn_mark.register.ledger import open_fields, read_event
from bmnn_mark.register.life import CopyAct, Direction, Standing, Whereabouts
from bmnn_mark.register.schema import acts, documents, holdings
from bmnn_mark.register.sealing import Sealer
from bmnn_mark.rules import Level
from bmnn_mark.text import name_key

_SCOPES = {"home": False, "abroad": True}


def count(connection: Connection, sealer: Sealer, first: date, last: date, today: date) -> Figures:
    """The figures of the days from ``first`` to ``last``, both of them.

    Raises:
        RegisterRefused: ``register.broken``.
    """
    return Figures(
        first=first,
        last=last,
        today=today,
        acts=_count_acts(connection, first, last),
        carriers=_count_carriers(connection, sealer, first, last),
        held=_count_held(connection, today),
        protected=_count_protected(connection, today),
    )


def _count_acts(connection: Connection, first: date, last: date) -> tuple[ActFigure, ...]:
    year = func.substr(acts.c.day, 1, 4).label("year")
    groups = (year, acts.c.act, acts.c.level, acts.c.kind, acts.c.scope)
    rows = connection.execute(
        select(
            *groups,
            func.count().label("times"),
            _sum(acts.c.many).label("copies"),
            _sum(acts.c.waiting).label("waiting"),
        )
        .where(acts.c.day.between(first.isoformat(), last.isoformat()))
        .group_by(*groups)
        .order_by(*groups)
    )
    return tuple(
        ActFigure(
            year=int(row.year),
            act=row.act,
            level=Level(row.level) if row.level else None,
            kind=row.kind,
            abroad=_SCOPES.get(row.scope),
            acts=row.times,
            copies=row.copies,
            waiting=row.waiting,
        )
        for row in rows
    )


def _count_carriers(
    connection: Connection, sealer: Sealer, first: date, last: date
) -> tuple[CarrierFigure, ...]:
    rows = connection.execute(
        select(acts.c.n, acts.c.day, acts.c.scope)
        .where(acts.c.act == f"holding.{CopyAct.CARRIED_OUT}")
        .where(acts.c.day.between(first.isoformat(), last.isoformat()))
    ).all()
    times = {
        (row.day, _SCOPES[row.scope], name_key(_party(connection, sealer, row.n))) for row in rows
    }
    people = Counter((int(day[:4]), abroad) for day, abroad, _ in times)
    return tuple(
        CarrierFigure(year=year, abroad=abroad, people=many)
        for (year, abroad), many in sorted(people.items())
    )


def _party(connection: Connection, sealer: Sealer, n: int) -> str:
    """Who carried out; where the name was erased, nobody is taken for anybody else."""
    party = open_fields(sealer, read_event(connection, n), "party").get("party")
    return party if isinstance(party, str) else f"\0{n}"


def _count_held(connection: Connection, today: date) -> tuple[HeldFigure, ...]:
    groups = (
        documents.c.level, documents.c.direction, documents.c.standing, holdings.c.whereabouts,
    )  # fmt: skip
    late = (holdings.c.due != "") & (holdings.c.due < today.isoformat())
    rows = connection.execute(
        select(*groups, func.count().label("copies"), _number_where(late).label("overdue"))
        .join_from(holdings, documents, documents.c.document_id == holdings.c.document_id)
        .where(holdings.c.whereabouts != Whereabouts.NOT_MADE.value)
        .group_by(*groups)
        .order_by(*groups)
    )
    return tuple(
        HeldFigure(
            level=Level(row.level),
            direction=Direction(row.direction),
            standing=Standing(row.standing),
            whereabouts=Whereabouts(row.whereabouts),
            copies=row.copies,
            overdue=row.overdue,
        )
        for row in rows
    )


def _count_protected(connection: Connection, today: date) -> tuple[ProtectedFigure, ...]:
    groups = (documents.c.level, documents.c.direction)
    termed = documents.c.term != ""
    lapsed = termed & (documents.c.term < today.isoformat())
    rows = connection.execute(
        select(
            *groups,
            func.count().label("documents"),
            _number_where(termed).label("termed"),
            _number_where(lapsed).label("lapsed"),
        )
        .where(documents.c.standing != Standing.DECLASSIFIED.value)
        .where(documents.c.direction != Direction.COPY.value)
        .group_by(*groups)
        .order_by(*groups)
    )
    return tuple(
        ProtectedFigure(
            level=Level(row.level),
            direction=Direction(row.direction),
            documents=row.documents,
            termed=row.termed,
            lapsed=row.lapsed,
        )
        for row in rows
    )


def _number_where(holds: ColumnElement[bool]) -> ColumnElement[int]:
    return _sum(case((holds, 1), else_=0))


def _sum(numbers: ColumnElement[int]) -> ColumnElement[int]:
    """A sum as a whole number; one engine adds 64 bits up to a decimal."""
    return cast(func.sum(numbers), BigInteger)

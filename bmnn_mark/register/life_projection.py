# SPDX-License-Identifier: Apache-2.0
"""From the events of a register's life to the tables that are asked: where copies are, and acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from bmnn_mark.register.life import (
    COPY_MOVES,
    DOCUMENT_MOVES,
    CopyAct,
    Direction,
    DocumentAct,
    Standing,
    Whereabouts,
)
from bmnn_mark.register.life_events import (
    CopyActed,
    CopyingPermitted,
    DocumentActed,
    DocumentReceived,
    IncidentClosed,
    IncidentReported,
    LifeEvent,
    MeetingHeld,
)
from bmnn_mark.register.schema import Projections


class ProjectionError(ValueError):
    """Events do not follow from those before them."""


#: Acts after which somebody else has the copy, and the event says who.
_NAMES_HOLDER = frozenset({CopyAct.HANDED_OVER, CopyAct.CARRIED_OUT, CopyAct.PROVIDED})
#: Acts that leave the copy with whom it was.
_SAME_HOLDER = frozenset({CopyAct.SEEN, CopyAct.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A row of the table of acts."""

    n: int
    act: str
    day: date
    document_id: str = ""
    copy: int = 0
    level: str = ""
    kind: str = ""
    abroad: bool | None = None
    many: int = 1
    waiting: bool = False

    def row(self) -> dict[str, object]:
        """The row as the database takes it."""
        return {
            "n": self.n,
            "act": self.act,
            "day": self.day.isoformat(),
            "document_id": self.document_id,
            "copy": self.copy,
            "level": self.level,
            "kind": self.kind,
            "scope": {None: "", False: "home", True: "abroad"}[self.abroad],
            "many": self.many,
            "waiting": int(self.waiting),
        }


def project_life(connection: Connection, n: int, what: LifeEvent, into: Projections) -> None:
    """Bring the projections up to date with one event.

    Raises:
        ProjectionError: it does not follow from those before it.
    """
    match what:
        case CopyActed():
            _copy_acted(connection, n, what, into)
        case DocumentActed():
            _document_acted(connection, n, what, into)
        case DocumentReceived():
            _received(connection, n, what, into)
        case CopyingPermitted():
            _permitted(connection, n, what, into)
        case IncidentReported():
            _reported(connection, n, what, into)
        case IncidentClosed():
            _closed(connection, n, what, into)
        case MeetingHeld():
            _met(connection, n, what, into)


def _copy_acted(connection: Connection, n: int, what: CopyActed, into: Projections) -> None:
    if what.after not in COPY_MOVES[what.act].get(what.before, ()):
        raise ProjectionError
    row = _holding(connection, what.document, what.copy, into)
    if row.whereabouts != what.before.value:
        raise ProjectionError
    values: dict[str, object] = {"whereabouts": what.after.value}
    if what.act is CopyAct.SEEN:
        values["seen"] = n
    else:
        values |= {"since": n, "due": "" if what.due is None else what.due.isoformat()}
    if what.act in _NAMES_HOLDER:
        values["holder"] = n
    elif what.act not in _SAME_HOLDER:
        values["holder"] = 0
    if what.act is CopyAct.CARRIED_BACK and what.after is Whereabouts.WITH_HOLDER:
        values["holder"] = _handed_over_before(connection, what, into)
    holdings = into.holdings.c
    connection.execute(
        update(into.holdings)
        .where(holdings.document_id == what.document, holdings.copy == what.copy)
        .values(values)
    )
    document = _document(connection, what.document, into)
    connection.execute(
        insert(into.acts),
        Act(
            n=n,
            act=f"holding.{what.act}",
            day=what.on,
            document_id=what.document,
            copy=what.copy,
            level=document.level,
            kind=document.direction,
            abroad=what.abroad,
        ).row(),
    )


def _handed_over_before(connection: Connection, what: CopyActed, into: Projections) -> int:
    """The event by which the holder got the copy that now comes back to him."""
    acts = into.acts.c
    last: int | None = connection.execute(
        select(acts.n)
        .where(
            acts.document_id == what.document,
            acts.copy == what.copy,
            acts.act == f"holding.{CopyAct.HANDED_OVER}",
        )
        .order_by(acts.n.desc())
        .limit(1)
    ).scalar_one_or_none()
    if last is None:
        raise ProjectionError
    return last


def _document_acted(connection: Connection, n: int, what: DocumentActed, into: Projections) -> None:
    row = _document(connection, what.document, into)
    try:
        standing = DOCUMENT_MOVES[what.act][Standing(row.standing)]
    except (KeyError, ValueError) as error:
        raise ProjectionError from error
    changes = what.act is DocumentAct.RELEVELLED
    if row.level != what.level_before.value or changes == (what.level is what.level_before):
        raise ProjectionError
    if what.partly:
        if what.act is not DocumentAct.DECLASSIFIED:
            raise ProjectionError
        standing = Standing(row.standing)
    values = {"level": what.level.value, "standing": standing.value}
    if what.term is not None:
        values["term"] = what.term.isoformat()
    connection.execute(
        update(into.documents).where(into.documents.c.document_id == what.document).values(values)
    )
    connection.execute(
        insert(into.acts),
        Act(
            n=n,
            act=f"document.{what.act}",
            day=what.on,
            document_id=what.document,
            level=what.level_before.value,
            kind=row.direction,
        ).row(),
    )


def _received(connection: Connection, n: int, what: DocumentReceived, into: Projections) -> None:
    numbers = ((n, what.document, number) for number in what.numbers)
    hold(connection, numbers, Whereabouts.IN_OFFICE, into)
    connection.execute(
        insert(into.acts),
        Act(
            n=n,
            act=DocumentReceived.TYPE,
            day=what.arrived,
            document_id=what.document,
            level=what.level.value,
            kind=Direction.IN.value,
            many=len(what.numbers),
        ).row(),
    )


def _permitted(connection: Connection, n: int, what: CopyingPermitted, into: Projections) -> None:
    _document(connection, what.of, into)
    if not 0 < what.copies <= what.allowed:
        raise ProjectionError
    connection.execute(
        insert(into.acts),
        Act(
            n=n,
            act=CopyingPermitted.TYPE,
            day=what.on,
            document_id=what.of,
            copy=what.of_copy,
            level=what.level.value,
            kind=what.kind.value,
            many=what.copies,
        ).row(),
    )


def _reported(connection: Connection, n: int, what: IncidentReported, into: Projections) -> None:
    connection.execute(
        insert(into.acts),
        Act(
            n=n,
            act=IncidentReported.TYPE,
            day=what.on,
            document_id=what.document or "",
            copy=what.copy or 0,
            level="" if what.level is None else what.level.value,
            kind=what.kind.value,
            waiting=True,
        ).row(),
    )


def _closed(connection: Connection, n: int, what: IncidentClosed, into: Projections) -> None:
    acts = into.acts.c
    shut = connection.execute(
        update(into.acts)
        .where(
            acts.n == what.incident, acts.act == IncidentReported.TYPE, acts.waiting == int(True)
        )
        .values(waiting=0)
    )
    if shut.rowcount != 1:
        raise ProjectionError
    connection.execute(insert(into.acts), Act(n=n, act=IncidentClosed.TYPE, day=what.on).row())


def _met(connection: Connection, n: int, what: MeetingHeld, into: Projections) -> None:
    for document, copy in what.copies:
        _holding(connection, document, copy, into)
    connection.execute(
        insert(into.acts),
        Act(
            n=n,
            act=MeetingHeld.TYPE,
            day=what.on,
            level=what.level.value,
            abroad=what.foreign,
            many=1,
        ).row(),
    )


def hold(
    connection: Connection,
    begun: Iterable[tuple[int, str, int]],
    whereabouts: Whereabouts,
    into: Projections,
) -> None:
    """Begin to keep account of copies: event, document and copy number of each."""
    rows = [
        {
            "document_id": document,
            "copy": number,
            "whereabouts": whereabouts.value,
            "holder": 0,
            "since": n,
            "due": "",
            "seen": 0,
        }
        for n, document, number in begun
    ]
    if rows:
        connection.execute(insert(into.holdings), rows)


def move_holdings(
    connection: Connection, steps: Iterable[Mapping[str, object]], into: Projections
) -> None:
    """Bring copies into being as they are printed or exported, and out of it as they are spoiled.

    Args:
        connection: inside a transaction.
        steps: ``of`` (attempt), ``from_`` and ``to`` (whereabouts), ``by`` (event).
        into: the projections.

    Raises:
        ProjectionError: a copy is not where the step begins.
    """
    rows = list(steps)
    if not rows:
        return
    holdings, attempts = into.holdings.c, into.attempts.c
    of = attempts.attempt_id == bindparam("of")
    moved = connection.execute(
        update(into.holdings)
        .where(
            holdings.document_id == select(attempts.document_id).where(of).scalar_subquery(),
            holdings.copy == select(attempts.copy).where(of).scalar_subquery(),
            holdings.whereabouts == bindparam("from_"),
        )
        .values(whereabouts=bindparam("to"), since=bindparam("by"), holder=0, due=""),
        rows,
    )
    if moved.rowcount != len(rows):
        raise ProjectionError


def _holding(connection: Connection, document: str, copy: int, into: Projections) -> Row[Any]:
    holdings = into.holdings.c
    row = connection.execute(
        select(into.holdings).where(holdings.document_id == document, holdings.copy == copy)
    ).one_or_none()
    if row is None:
        raise ProjectionError
    return row


def _document(connection: Connection, document: str, into: Projections) -> Row[Any]:
    row = connection.execute(
        select(into.documents).where(into.documents.c.document_id == document)
    ).one_or_none()
    if row is None:
        raise ProjectionError
    return row

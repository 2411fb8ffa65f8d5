# SPDX-License-Identifier: Apache-2.0
"""From the events of the register's keeping to the table of acts."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from bmnn_mark.register.keeping_events import (
    BackupBegun,
    FieldErased,
    KeepingEvent,
    KeysRotated,
    RegisterRestored,
)
from bmnn_mark.register.life_projection import Act, ProjectionError
from bmnn_mark.register.schema import Projections


def project_keeping(connection: Connection, n: int, what: KeepingEvent, into: Projections) -> None:
    """Bring the projections up to date with one event.

    Raises:
        ProjectionError: it does not follow from those before it.
    """
    if not _follows(connection, n, what, into):
        raise ProjectionError
    document = what.document or "" if isinstance(what, FieldErased) else ""
    kind = what.kind.value if isinstance(what, KeysRotated) else ""
    act = Act(n=n, act=what.TYPE, day=what.on, document_id=document, kind=kind, many=_many(what))
    connection.execute(insert(into.acts), act.row())


def _many(what: KeepingEvent) -> int:
    """How many fields, or the number of a key."""
    match what:
        case FieldErased():
            return len(what.fields)
        case KeysRotated():
            return what.number
    return 1


def _follows(connection: Connection, n: int, what: KeepingEvent, into: Projections) -> bool:
    match what:
        case KeysRotated():
            acts = into.acts.c
            before = select(func.max(acts.many)).where(
                acts.document_id == "", acts.act == KeysRotated.TYPE, acts.kind == what.kind.value
            )
            return what.number > (connection.execute(before).scalar_one() or 1)
        case FieldErased():
            return 0 <= what.event < n and list(what.fields) == sorted(set(what.fields)) != []
        case BackupBegun():
            return what.events == n
        case RegisterRestored():
            return what.events == n and what.known >= n

# SPDX-License-Identifier: Apache-2.0
"""From the events of the host to the table of acts.

``kind`` is the part of the guard's journal and ``copy`` the number in it; they are counted apart
from the incidents that people report.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, insert, select

from bmnn_mark.register.host_events import HOST, NO_INCIDENTS, NOTED, HostEvent, HostIncident
from bmnn_mark.register.life_projection import Act, ProjectionError

_ACTS = (*(kind.TYPE for kind in HOST), NOTED)


def project_host(connection: Connection, n: int, what: HostEvent, into: Table) -> None:
    """Bring the table of acts up to date with one event.

    Raises:
        ProjectionError: it does not follow the entry before it.
    """
    if what.number != newest_number(connection, what.guard, into) + 1:
        raise ProjectionError
    noted = isinstance(what, HostIncident) and what.code in NO_INCIDENTS
    row = Act(
        n=n,
        act=NOTED if noted else what.TYPE,
        day=date.fromisoformat(what.at[:10]),
        copy=what.number,
        kind=what.guard,
    ).row()
    connection.execute(insert(into), row)


def newest_number(connection: Connection, guard: str, acts: Table) -> int:
    """Number of the newest entry that was taken in of a part; 0 where none was."""
    newest = _newest(guard, acts, acts.c.copy)
    number: int | None = connection.execute(newest.limit(1)).scalar_one_or_none()
    return number or 0


def newest_event(connection: Connection, guard: str, acts: Table) -> int | None:
    """Number of the event that took in the newest entry of a part; None where none did."""
    newest = _newest(guard, acts, acts.c.n)
    n: int | None = connection.execute(newest.limit(1)).scalar_one_or_none()
    return n


def _newest(guard: str, acts: Table, what: Column[int]) -> Select[Any]:
    of_part = acts.c.kind == guard, acts.c.act.in_(_ACTS)
    return select(what).where(*of_part).order_by(what.desc())

# SPDX-License-Identifier: Apache-2.0
"""From the events of people's PINs to the table of acts; ``kind`` is the person's blind index."""

from __future__ import annotations

from sqlalchemy import Connection, Table, insert

from bmnn_mark.register.life_projection import Act
from bmnn_mark.register.person_events import REFUSED, PersonChecked, PersonEvent


def project_person(connection: Connection, n: int, what: PersonEvent, into: Table) -> None:
    """Bring the table of acts up to date with one event."""
    refused = isinstance(what, PersonChecked) and not what.agreed
    row = Act(n=n, act=REFUSED if refused else what.TYPE, day=what.on, kind=what.person).row()
    connection.execute(insert(into), row)

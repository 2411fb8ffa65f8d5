# SPDX-License-Identifier: Apache-2.0
"""Which of a register's keys are in force, by what its events say, and replacing one."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.events import RegisterCreated
from bmnn_mark.register.keeping_events import KeyKind, KeysRotated
from bmnn_mark.register.keys import RegisterKeys, sealing_name, trace_name
from bmnn_mark.register.ledger import read_event
from bmnn_mark.register.schema import acts

_ROTATED = (
    select(acts.c.n)
    .where(acts.c.document_id == "", acts.c.act == KeysRotated.TYPE)
    .order_by(acts.c.n)
)


def last_rotation(connection: Connection) -> int:
    """Number of the event by which a key was replaced last; 0 where none was."""
    found: int | None = connection.execute(
        _ROTATED.order_by(None).order_by(acts.c.n.desc()).limit(1)
    ).scalar_one_or_none()
    return found or 0


def announced_keys(
    connection: Connection, created: RegisterCreated, found: RegisterKeys, *, guess: bool
) -> RegisterKeys:
    """The keys that were found, with what the events say of which are in force.

    Args:
        connection: inside a transaction.
        created: event 0.
        found: all that are there.
        guess: take those with the highest numbers where the events are not to be trusted.

    Raises:
        RegisterRefused: ``register.key_missing``, ``register.key_wrong``, ``register.broken``.
    """
    checks = dict(created.key_checks)
    newest = {KeyKind.SEALING: 1, KeyKind.TRACE: 1}
    for n in connection.execute(_ROTATED).scalars().all():
        what = read_event(connection, n).leaf.what
        if not isinstance(what, KeysRotated):
            raise RegisterRefused("register.broken")
        newest[what.kind] = what.number
        checks[key_name(what.kind, what.number)] = what.check
    keys = replace(
        found,
        master=newest[KeyKind.SEALING],
        trace_number=newest[KeyKind.TRACE],
        announced=last_rotation(connection),
    )
    if guess:
        keys = _highest(keys)
    for name in ("blind", "signing", sealing_name(keys.master), trace_name(keys.trace_number)):
        if name not in keys.secrets:
            raise RegisterRefused("register.key_missing", key=name)
    if wrong := keys.wrong(checks):
        raise RegisterRefused("register.key_wrong", key=wrong)
    return keys


def _highest(keys: RegisterKeys) -> RegisterKeys:
    """Keys to read with, whatever the events say; before anything is written they are asked."""
    return replace(
        keys,
        master=max(keys.master, *keys.masters, 0),
        trace_number=max(keys.trace_number, *keys.trace_numbers, 0),
        announced=-1,
    )


def key_name(kind: KeyKind, number: int) -> str:
    """The name of a key's file."""
    return {KeyKind.SEALING: sealing_name, KeyKind.TRACE: trace_name}[kind](number)

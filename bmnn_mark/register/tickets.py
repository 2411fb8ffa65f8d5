# SPDX-License-Identifier: Apache-2.0
"""Tickets for the gate at the printer: signed only for a job that the register says will be made.

The step ``copy.created`` that is on the disk carries the SHA-256 of the ticket's payload; nothing
else gets the register's signature, so no sheet can pass the gate of which the register knows
nothing. What the payload is, the printing room knows; here only whom it names
(``docs/register-format.md``, "Tickets").
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.events import CopyMoved
from bmnn_mark.register.keys import RegisterKeys
from bmnn_mark.register.ledger import read_event
from bmnn_mark.register.port import CopyState
from bmnn_mark.register.schema import attempts

#: Stands before the payload in what is signed, so that no other signature of a register is one.
SIGNED_AS = b"bmnn-mark print ticket 1\x00"
#: Name in the detail of ``copy.created`` of the SHA-256 of the payload, hexadecimal.
DETAIL = "ticket"


def sign_ticket(
    connection: Connection, keys: RegisterKeys, register_id: str, attempt_id: str, payload: bytes
) -> bytes:
    """The Ed25519 signature of a ticket for an attempt that is about to get a job.

    Raises:
        RegisterRefused: ``register.no_such_attempt``; ``register.no_ticket``: the attempt's last
            step is another, or was entered for other bytes.
    """
    row = connection.execute(
        select(attempts.c.state, attempts.c.changed).where(attempts.c.attempt_id == attempt_id)
    ).one_or_none()
    if row is None:
        raise RegisterRefused("register.no_such_attempt")
    if row.state != CopyState.CREATED.value or not names(payload, register_id, attempt_id):
        raise RegisterRefused("register.no_ticket")
    step = read_event(connection, row.changed).leaf.what
    if not isinstance(step, CopyMoved) or step.attempt_id != attempt_id:
        raise RegisterRefused("register.broken")
    if step.detail.get(DETAIL) != hashlib.sha256(payload).hexdigest():
        raise RegisterRefused("register.no_ticket")
    return keys.sign(SIGNED_AS + payload)


def names(payload: bytes, register_id: str, attempt_id: str) -> bool:
    """Whether a payload is about this attempt of this register."""
    try:
        named = bytes.fromhex(register_id) + bytes.fromhex(attempt_id)
    except ValueError:
        return False
    return payload[1 : 1 + len(named)] == named

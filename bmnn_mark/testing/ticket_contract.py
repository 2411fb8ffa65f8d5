# SPDX-License-Identifier: Apache-2.0
"""Promises of a register to the gate at the printer: tickets, and what is on its way."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.port import CopyRecord, CopyState, RegisterPort, ReservedCopy
from bmnn_mark.register.tickets import SIGNED_AS
from bmnn_mark.testing.asking import Promises, refusal, request, step


def _payload(register: RegisterPort, copy: ReservedCopy) -> bytes:
    """The start of a ticket's payload, as far as a register reads it, and some more."""
    named = bytes.fromhex(register.register_id) + bytes.fromhex(copy.attempt_id)
    return b"\x01" + named + b"the file, the queue, the hour"


def _created(copy: ReservedCopy, payload: bytes) -> CopyRecord:
    return step(copy, CopyState.CREATED, ticket=hashlib.sha256(payload).hexdigest())


class TicketPromises(Promises):
    """Leave to print is signed for what was entered, and for nothing else."""

    def test_ids_are_32_hexadecimal_digits(self, register: RegisterPort) -> None:
        """Tickets carry them as 16 bytes each."""
        reserved = register.reserve(request())
        ids = (register.register_id, reserved.document_id, reserved.copies[0].attempt_id)
        assert [len(bytes.fromhex(one)) for one in ids] == [16, 16, 16]
        assert "".join(ids) == "".join(ids).lower()

    def test_a_ticket_is_signed_for_what_the_last_step_says(self, register: RegisterPort) -> None:
        """Whoever has the public key can check that this very payload was entered."""
        copy = register.reserve(request()).copies[0]
        payload = _payload(register, copy)
        register.record((_created(copy, payload),))
        signature = register.ticket(copy.attempt_id, payload)
        key = Ed25519PublicKey.from_public_bytes(register.public_key)
        key.verify(signature, SIGNED_AS + payload)

    def test_no_ticket_is_signed_before_its_step_or_after_the_next(
        self, register: RegisterPort
    ) -> None:
        """A sheet of which the register knows nothing gets no ticket, nor one that is loaded."""
        copy = register.reserve(request()).copies[0]
        payload = _payload(register, copy)
        with refusal(RegisterRefused, "register.no_ticket"):
            register.ticket(copy.attempt_id, payload)
        register.record((_created(copy, payload),))
        register.record((step(copy, CopyState.LOADED),))
        with refusal(RegisterRefused, "register.no_ticket"):
            register.ticket(copy.attempt_id, payload)

    def test_what_is_on_its_way_to_a_printer_is_listed_with_its_machine(
        self, register: RegisterPort
    ) -> None:
        """An interrupted print is settled by the machine whose printer it was for."""
        first, second, _ = register.reserve(request()).copies
        register.record((step(first, CopyState.CREATED, host="ab" * 16),))
        register.record((step(second, CopyState.CREATED), step(second, CopyState.LOADED)))
        told = {one.attempt_id: (one.state, one.host) for one in register.on_their_way()}
        assert told == {
            first.attempt_id: (CopyState.CREATED, "ab" * 16),
            second.attempt_id: (CopyState.LOADED, ""),
        }
        register.record((step(first, CopyState.VOID), step(second, CopyState.UNKNOWN)))
        assert register.on_their_way() == ()

    def test_no_other_ticket_is_signed_than_the_one_entered(self, register: RegisterPort) -> None:
        """Neither for other bytes, nor for another copy's or another register's attempt."""
        copy, other, _ = register.reserve(request()).copies
        payload = _payload(register, copy)
        foreign = payload[:1] + bytes(16) + payload[17:]
        register.record((_created(copy, payload), _created(other, payload)))
        for attempt_id, asked in (
            (copy.attempt_id, payload + b"x"),
            (other.attempt_id, payload),
            (copy.attempt_id, foreign),
        ):
            with refusal(RegisterRefused, "register.no_ticket"):
                register.ticket(attempt_id, asked)
        with refusal(RegisterRefused, "register.no_such_attempt"):
            register.ticket("f" * 32, payload)

# SPDX-License-Identifier: Apache-2.0
"""Whether a job may have its one start: what can be said of it without looking at the host."""

from __future__ import annotations

import hashlib

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import Admission
from bmnn_mark.printing.guard.receipts import has_receipt
from bmnn_mark.printing.printer import EnrolledPrinter
from bmnn_mark.printing.ticket import Ticket, read_ticket


def demand_ticket(
    asked: Admission,
    printer: EnrolledPrinter,
    register: tuple[str, bytes],
    place: GuardPlace,
    now: tuple[int, str],
) -> Ticket:
    """The job's ticket, once all that it binds is as it says.

    Args:
        asked: what the gate saw.
        printer: the record of the one permitted printer.
        register: id and public key of the register that was pinned with it.
        place: where the receipts are.
        now: second since 1970, and the boot's id.

    Raises:
        PrinterRefused: ``gate.*`` of :func:`read_ticket`; ``guard.wrong_queue``,
            ``guard.wrong_device``, ``guard.wrong_register``, ``guard.wrong_boot``,
            ``guard.ticket_expired``, ``guard.not_one_file``, ``guard.bytes_differ``,
            ``guard.started_before``.
    """
    ticket = read_ticket(asked.ticket, register[1], asked.queue)
    seconds, boot_id = now
    for code, holds in (
        ("guard.wrong_queue", asked.queue == printer.queue),
        ("guard.wrong_device", asked.device_uri == printer.device_uri),
        ("guard.wrong_register", ticket.register_id == register[0]),
        ("guard.wrong_boot", ticket.boot_id == boot_id),
        ("guard.ticket_expired", seconds <= ticket.expires_at),
        ("guard.not_one_file", asked.files == 1),
        ("guard.bytes_differ", (asked.sha256, asked.length) == (ticket.sha256, ticket.length)),
        ("guard.started_before", not has_receipt(place.receipts, ticket.attempt_id)),
    ):
        if not holds:
            raise PrinterRefused(code)
    return ticket


def key_id(public_key: bytes) -> str:
    """A short name of a key for messages: the start of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]

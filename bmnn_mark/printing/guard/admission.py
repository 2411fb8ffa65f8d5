# SPDX-License-Identifier: Apache-2.0
"""Whether a job may have its one start: what can be said of it without looking at the host."""

from __future__ import annotations

import re

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import Admission
from bmnn_mark.printing.guard.receipts import has_receipt, is_spent
from bmnn_mark.printing.printer.record import EnrolledPrinter
from bmnn_mark.printing.ticket import Ticket, read_ticket

_CODE = re.compile(r"gate\.[a-z_]{1,40}")
_LONGEST_SECONDS = 3600  # of a ticket; one that is good for longer is of a clock that was set back


def demand_ticket(
    asked: Admission,
    printer: EnrolledPrinter,
    place: GuardPlace,
    now: tuple[int, str],
) -> Ticket:
    """The job's ticket, once all that it binds is as it says.

    Args:
        asked: what the gate saw.
        printer: the record of the one permitted printer.
        place: where the receipts are.
        now: second since 1970, and the boot's id.

    Raises:
        PrinterRefused: what the gate itself found; ``gate.*`` of :func:`read_ticket`;
            ``guard.no_register_key``, ``guard.wrong_queue``, ``guard.wrong_device``,
            ``guard.wrong_register``, ``guard.wrong_boot``, ``guard.ticket_expired``,
            ``guard.not_one_file``, ``guard.bytes_differ``, ``guard.started_before``,
            ``guard.called_off``.
    """
    if asked.fault:
        raise PrinterRefused(asked.fault if _CODE.fullmatch(asked.fault) else "guard.asked_wrong")
    register, public_key = register_of(printer)
    ticket = read_ticket(asked.ticket, public_key, asked.queue)
    seconds, boot_id = now
    for code, holds in (
        ("guard.wrong_queue", asked.queue == printer.queue),
        ("guard.wrong_device", asked.device_uri == printer.device_uri),
        ("guard.wrong_register", ticket.register_id == register),
        ("guard.wrong_boot", ticket.boot_id == boot_id),
        ("guard.ticket_expired", 0 <= ticket.expires_at - seconds <= _LONGEST_SECONDS),
        ("guard.not_one_file", asked.files == 1),
        ("guard.bytes_differ", (asked.sha256, asked.length) == (ticket.sha256, ticket.length)),
        ("guard.started_before", not has_receipt(place.receipts, ticket.attempt_id)),
        ("guard.called_off", not is_spent(place.receipts, ticket.attempt_id)),
    ):
        if not holds:
            raise PrinterRefused(code)
    return ticket


def register_of(printer: EnrolledPrinter) -> tuple[str, bytes]:
    """Id and public key of the register that was pinned with the printer.

    Raises:
        PrinterRefused: ``guard.no_register_key``.
    """
    try:
        key = bytes.fromhex(printer.register_public_key)
    except ValueError:
        key = b""
    if len(key) != 32 or not printer.register_id:
        raise PrinterRefused("guard.no_register_key")
    return printer.register_id, key

# SPDX-License-Identifier: Apache-2.0
"""Making a printer the register's one permitted printer."""

from __future__ import annotations

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.cups import refuse_redirection
from bmnn_mark.printing.enrolment import RegisterKey, Wish, enroll
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.printer import EnrolledPrinter, PrinterFinding
from bmnn_mark.register.port import RegisterPort
from bmnn_mark.workflow.office import Office


def register_key(register: RegisterPort) -> RegisterKey:
    """What a guard pins of a register, so that its tickets open the gate."""
    return RegisterKey(
        register_id=register.register_id,
        public_key=register.public_key,
        rehearsal=register.rehearsal,
    )


def enroll_printer(office: Office, wish: Wish) -> EnrolledPrinter:
    """Make a queue of the system's scheduler the permitted printer of the office's register.

    Raises:
        PrinterRefused: see :func:`bmnn_mark.printing.enrolment.enroll`.
    """
    return enroll(wish, register_key(office.open_register()), place=office.guard)


def check_printer(office: Office) -> tuple[PrinterFinding, ...]:
    """Have the guard compare the permitted printer with its record.

    Raises:
        PrinterRefused: ``printer.redirected``: this program would be led to another scheduler;
            ``guard.*``; ``printer.not_enrolled``, ``printer.wrong_register``.
    """
    refuse_redirection()
    with GuardLine(office.guard) as guard:
        demand_own_register(office, guard.printer())
        return guard.preflight()


def resume_printer(office: Office) -> EnrolledPrinter:
    """Have the guard let the paused queue work again, once nothing is left in it.

    Raises:
        PrinterRefused: ``guard.*``, ``printer.foreign_job``, ``printer.spool_not_empty``.
    """
    with GuardLine(office.guard) as guard:
        printer = guard.printer()
        guard.resume()
    return printer


def demand_own_register(office: Office, printer: EnrolledPrinter) -> None:
    """Refuse a printer whose gate another register opens.

    Raises:
        PrinterRefused: ``printer.wrong_register``.
    """
    register = office.open_register()
    own = (register.register_id, register.public_key.hex(), register.rehearsal)
    if own != (printer.register_id, printer.register_public_key, printer.rehearsal):
        raise PrinterRefused("printer.wrong_register")

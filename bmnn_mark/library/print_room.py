# SPDX-License-Identifier: Apache-2.0
"""The host, the printer and printing, as a program has them."""

from __future__ import annotations

from pathlib import Path

from bmnn_mark.config import Config
from bmnn_mark.library.office import open_office
from bmnn_mark.printing.model import OfflineReport
from bmnn_mark.printing.printer.enrolment import RegisterKey, Wish
from bmnn_mark.printing.printer.record import EnrolledPrinter, PrinterFinding
from bmnn_mark.register.port import RegisterPort
from bmnn_mark.register.views import OpenAttempt
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow import (
    bookkeeping,
    enrolling,
    hosting,
    printing,
)
from bmnn_mark.workflow.enrolling import Enrolment
from bmnn_mark.workflow.orders import IssueOrder
from bmnn_mark.workflow.printing import PrintReport
from bmnn_mark.workflow.submitting import PrintWish

_AS_IT_COMES = PrintWish()


def print_copies(
    order: IssueOrder,
    *,
    wish: PrintWish = _AS_IT_COMES,
    register: RegisterPort | None = None,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> PrintReport:
    """Register a document and print its numbered copies on the enrolled printer.

    Raises:
        HostOnline, HostUnknown, PrinterRefused, DocumentRefused, RulesRefused, RegisterRefused:
            nothing was spent. What happened to each copy is in the report.
    """
    return printing.print_order(
        open_office(config), order, wish=wish, register=register, on_progress=on_progress
    )


def print_again(  # noqa: PLR0913 - as many as a clerk may say
    source: Path,
    document_id: str,
    *,
    actor: str,
    number: int | None = None,
    password: str | None = None,
    wish: PrintWish = _AS_IT_COMES,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> PrintReport:
    """Print again the void and spoiled copies of a registered document, or one of them.

    Raises:
        HostOnline, HostUnknown, PrinterRefused, DocumentRefused, RegisterRefused: nothing was
            spent.
    """
    return printing.print_again(
        open_office(config),
        source,
        document_id,
        number,
        actor=actor,
        password=password,
        wish=wish,
        on_progress=on_progress,
    )


def recover(*, actor: str, config: Config | None = None) -> tuple[OpenAttempt, ...]:
    """Settle what an interruption left open; what comes back, a person must close.

    Raises:
        PrinterRefused: the printer cannot be asked; its attempts stay open.
    """
    return bookkeeping.recover(open_office(config), actor=actor)


def enroll_printer(
    queue: str,
    *,
    device_uri: str | None = None,
    description: Path | None = None,
    any_port: bool = False,
    register_key: str | None = None,
    config: Config | None = None,
) -> Enrolment:
    """Make a queue of the system's scheduler the one permitted printer; needs root.

    Its test page is measured; where only an officer can, see :func:`confirm_test_page`.

    Args:
        queue: its name; made where there is none.
        device_uri: the device, ``usb://...``; None takes an existing queue's.
        description: a PPD; None keeps an existing queue's.
        any_port: the printer may be plugged into another USB port later.
        register_key: as ``bmnn-mark printer key`` shows it; None opens the register, which root
            can do only where it is root's own.
        config: the office; None for that of this machine.

    Raises:
        PrinterRefused: what :func:`check_printer` would find.
    """
    wish = Wish(queue=queue, device_uri=device_uri, description=description, any_port=any_port)
    key = RegisterKey.from_text(register_key) if register_key else None
    return enrolling.enroll_printer(open_office(config), wish, key=key)


def confirm_test_page(
    *, across_mm: float, down_mm: float, config: Config | None = None
) -> EnrolledPrinter:
    """Enter what an officer measured on the printer's test sheet; needs root.

    Args:
        across_mm: length of the ruler at the top, mm.
        down_mm: length of the ruler at the left, mm.
        config: the office; None for that of this machine.

    Raises:
        PrinterRefused: ``printer.page_shifted``.
    """
    return enrolling.confirm_page(open_office(config), across_mm, down_mm)


def check_printer(*, config: Config | None = None) -> tuple[PrinterFinding, ...]:
    """Have the guard compare the permitted printer with its record; no finding: as enrolled.

    Raises:
        PrinterRefused: there is no guard, none is enrolled, or it cannot be asked.
    """
    return enrolling.check_printer(open_office(config))


def check_host(*, config: Config | None = None) -> OfflineReport:
    """Judge whether this host is offline, now, with the evidence for it."""
    return hosting.check_host(open_office(config))

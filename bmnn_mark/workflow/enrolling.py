# SPDX-License-Identifier: Apache-2.0
"""Making a printer the register's one permitted printer."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.documents.test_page import (
    TOLERANCE_MM,
    measure,
    ruler_deviation,
    write_test_page,
)
from bmnn_mark.errors import PrinterRefused, RegisterRefused
from bmnn_mark.files import work_folder
from bmnn_mark.printing.attempt import PrintOptions
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.printer.enrolment import (
    RegisterKey,
    Wish,
    enroll,
    keep_proof,
    send_to_device,
)
from bmnn_mark.printing.printer.filters import device_format, filtered
from bmnn_mark.printing.printer.preflight import check, scheduler_of
from bmnn_mark.printing.printer.record import (
    ChainProof,
    EnrolledPrinter,
    PrinterFinding,
    ProofWay,
    enrolled,
)
from bmnn_mark.printing.scheduler.peer import refuse_redirection
from bmnn_mark.printing.scheduler.process import SchedulerPlace
from bmnn_mark.register.port import RegisterPort
from bmnn_mark.rules import pack_for
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.code import PageCode, seal
from bmnn_mark.workflow.office import Office


def register_key(register: RegisterPort) -> RegisterKey:
    """What a guard pins of a register, so that its tickets open the gate."""
    return RegisterKey(
        register_id=register.register_id,
        public_key=register.public_key,
        rehearsal=register.rehearsal,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """An enrolled printer, and what came of measuring its test page.

    Attributes:
        printer: the record; its ``proof`` is there once the page was measured.
        sheet_sent: the page cannot be measured by the program and was sent to the printer, for
            an officer to measure: :func:`confirm_page`.
    """

    printer: EnrolledPrinter
    sheet_sent: bool


def enroll_printer(
    office: Office,
    wish: Wish,
    *,
    key: RegisterKey | None = None,
    scheduler: SchedulerPlace | None = None,
    root: Path = Path("/"),
) -> Enrolment:
    """Make a queue the permitted printer of the office's register, and measure its test page.

    Args:
        office: whose register's tickets open the gate.
        wish: which queue and device.
        key: of the register, as its clerk told it; None opens the office's register, which root
            can do only where it is root's own.
        scheduler: another than the system's only for a rehearsal.
        root: folder that holds ``sys``; only tests give another.

    Raises:
        PrinterRefused: see ``printer.enrolment.enroll``; ``printer.page_lost``,
            ``printer.page_shifted``: the filters do not leave marks as they are, and nothing is
            printed until they do.
    """
    record = enroll(
        wish, key or _own_key(office), place=office.guard, scheduler=scheduler, root=root
    )
    with work_folder() as work:
        original = work / "page.pdf"
        page = write_test_page(pack_for(office.today()), _throwaway_code(), original)
        place = scheduler_of(record)
        ppd = place.server_root / "ppd" / f"{record.queue}.ppd"
        device = filtered(place, ppd, original, PrintOptions().for_cups())
        deviation = measure(page, original, device, work)
        if deviation is None:
            send_to_device(record, device)
            return Enrolment(printer=record, sheet_sent=True)
        kept = _proven(office, ProofWay.RASTERISED, deviation, ppd)
    return Enrolment(printer=kept, sheet_sent=False)


def _own_key(office: Office) -> RegisterKey:
    """The key of the office's register.

    Raises:
        PrinterRefused: ``printer.register_key_needed``: it is a clerk's, and root cannot open it.
    """
    try:
        return register_key(office.open_register())
    except RegisterRefused as refusal:
        if refusal.code == "register.key_unsafe" and os.getuid() == 0:
            raise PrinterRefused("printer.register_key_needed") from refusal
        raise


def confirm_page(office: Office, across_mm: float, down_mm: float) -> EnrolledPrinter:
    """Enter what an officer measured on the printed test sheet.

    Args:
        office: whose printer it is.
        across_mm: length of the ruler at the top, mm.
        down_mm: length of the ruler at the left, mm.

    Raises:
        PrinterRefused: ``printer.page_shifted``: the printer makes marks larger or smaller.
    """
    record = enrolled(office.guard.pins)
    ppd = Path(record.server_root) / "ppd" / f"{record.queue}.ppd"
    return _proven(office, ProofWay.SHEET, ruler_deviation(across_mm, down_mm), ppd)


def _proven(office: Office, way: ProofWay, deviation: float, ppd: Path) -> EnrolledPrinter:
    if not deviation <= TOLERANCE_MM:
        raise PrinterRefused("printer.page_shifted", deviation_mm=round(deviation, 2))
    proof = ChainProof(
        way=way,
        deviation_mm=round(deviation, 3),
        at=office.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        device_format=device_format(ppd.read_bytes()),
    )
    return keep_proof(proof, office.guard)


def _throwaway_code() -> str:
    """The text of a code like those on pages, sealed with a key that nobody keeps."""
    key = TraceKey.from_entropy(secrets.token_bytes(67), rehearsal=True)
    return seal(key, PageCode(position=1, page=1, attempt=1, root=bytes(14)))


def check_printer(office: Office) -> tuple[PrinterFinding, ...]:
    """Have the guard compare the permitted printer with its record; root does so without one.

    Raises:
        PrinterRefused: ``printer.redirected``: this program would be led to another scheduler;
            ``guard.*``; ``printer.not_enrolled``, ``printer.wrong_register``.
    """
    refuse_redirection()
    try:
        with GuardLine(office.guard) as guard:
            demand_own_register(office, guard.printer())
            return guard.preflight()
    except PrinterRefused as refusal:
        if refusal.code != "guard.absent" or os.getuid() != 0:
            raise
    record = enrolled(office.guard.pins)
    demand_own_register(office, record)
    return (PrinterFinding(code="guard.absent"), *check(record))


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

    Root cannot open a clerk's register, and needs none to look at the printer.

    Raises:
        PrinterRefused: ``printer.wrong_register``.
    """
    try:
        register = office.open_register()
    except RegisterRefused:
        if os.getuid() == 0:
            return
        raise
    own = (register.register_id, register.public_key.hex(), register.rehearsal)
    if own != (printer.register_id, printer.register_public_key, printer.rehearsal):
        raise PrinterRefused("printer.wrong_register")

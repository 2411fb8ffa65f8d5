# SPDX-License-Identifier: Apache-2.0
"""The print room before a number is spent: what an earlier run left is settled, and all may print.

Guard and register are compared first, each the other's witness; then the host must be offline, the
printer as it was enrolled, and both of this very register.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.model import PolicyName
from bmnn_mark.printing.printer.capabilities import Capabilities
from bmnn_mark.register.port import RegisterPort
from bmnn_mark.register.store import Register
from bmnn_mark.workflow.bookkeeping import host_mark, settle_never_made, settle_on_their_way
from bmnn_mark.workflow.guarding import compare_with_guard, tell_guard
from bmnn_mark.workflow.hosting import check_host, demand_offline
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.turns import making_turn, printing_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRoom:
    """Where the copies of a run are printed.

    Attributes:
        guard: where the guard is asked.
        capabilities: of the enrolled printer's queue.
        host: mark of the machine, for the steps of the attempts.
    """

    guard: GuardPlace
    capabilities: Capabilities
    host: str


@contextmanager
def print_room(office: Office, register: RegisterPort, actor: str) -> Iterator[ReadyRoom]:
    """The turn to print, with host and printer found as they must be.

    Raises:
        HostOnline, HostUnknown, PrinterRefused: nothing may be printed here now.
        RegisterRefused: the register is another than the guard saw.
    """
    with printing_turn(office):
        with _host_first(office):
            if isinstance(register, Register):
                compare_with_guard(office, register, actor)
            _clear_up(office, register, actor)
        try:
            with making_turn(office):
                with _host_first(office):
                    room = _ready(office, register)
                yield room
        finally:
            if isinstance(register, Register):
                tell_guard(office, register)


@contextmanager
def _host_first(office: Office) -> Iterator[None]:
    """Where no guard answers, say first whether the host is online: that matters more.

    Raises:
        HostOnline, HostUnknown: it is, or cannot be shown not to be.
    """
    try:
        yield
    except PrinterRefused as refusal:
        if refusal.code == "guard.absent":
            demand_offline(check_host(office))
        raise


def _clear_up(office: Office, register: RegisterPort, actor: str) -> None:
    """Settle what an interrupted run left, and say that it was.

    What never became a job is settled only in a register of ours that is a file: others may be
    written to by another machine that is making copies now.
    """
    settled = settle_on_their_way(office, register, actor)
    if isinstance(register, Register) and office.register_url.startswith("sqlite:"):
        settle_never_made(office, register, actor)
    if settled:
        office.on_notice("print.settled", {"attempts": settled})


def _ready(office: Office, register: RegisterPort) -> ReadyRoom:
    """The print room, its host found offline now and its printer as it was enrolled.

    Raises:
        HostOnline, HostUnknown, PrinterRefused: nothing may be printed here.
    """
    with GuardLine(office.guard) as guard:
        report = guard.report()
        printer = guard.printer()
        pinned = (printer.register_id, printer.register_public_key)
        mine = (register.register_id, register.public_key.hex())
        rehearsed = report.policy is PolicyName.REHEARSAL
        if pinned != mine or not printer.rehearsal is register.rehearsal is rehearsed:
            raise PrinterRefused("printer.wrong_register")
        demand_offline(report)
        findings = guard.preflight()
        if findings:
            raise PrinterRefused(findings[0].code, **findings[0].detail)
    capabilities = printer.connect().queue(printer.queue).capabilities
    return ReadyRoom(guard=office.guard, capabilities=capabilities, host=host_mark(report))

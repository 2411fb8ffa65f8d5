# SPDX-License-Identifier: Apache-2.0
"""The whole way to paper: judge, prove a template, spend the numbers, print copy by copy, close."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from bmnn_mark.errors import DocumentRefused, PrinterRefused, RegisterRefused, Scalar
from bmnn_mark.printing.evidence import host_check
from bmnn_mark.printing.model import OfflineReport
from bmnn_mark.printing.printer import EnrolledPrinter, check, enrolled
from bmnn_mark.printing.run import CopyOutcome, PrintCopy, PrintOptions, print_copies
from bmnn_mark.register.port import (
    CopyRecord,
    CopyState,
    Recipient,
    RegisterPort,
    Reservation,
    ReservedCopy,
)
from bmnn_mark.register.views import DocumentView
from bmnn_mark.rules import Level
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.bookkeeping import AttemptEntries
from bmnn_mark.workflow.hosting import demand_offline, policy_for
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.producing import make_copies, record_all, settled_on_failure
from bmnn_mark.workflow.stamping import StampReport
from bmnn_mark.workflow.template import Template, issue_request, prepared

_DEAD = frozenset({CopyState.VOID, CopyState.SPOILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCopy:
    """What became of one copy.

    Attributes:
        number: k of n.
        attempt_id: the register's id of this attempt.
        reference: short reference beside the code.
        recipient: who it is for.
        state: where the attempt stands; DEVICE_DONE and UNKNOWN wait for a person.
        code: why it is not DEVICE_DONE; a key of the catalogue, empty where it is.
        detail: fills the blanks of the code's words.
    """

    number: int
    attempt_id: str
    reference: str
    recipient: str
    state: CopyState
    code: str = ""
    detail: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintReport:
    """What became of an order for paper."""

    document_id: str
    copies: tuple[PrintedCopy, ...]
    mark: StampReport


def print_order(
    office: Office, order: IssueOrder, *, on_progress: OnProgress = ignore_progress
) -> PrintReport:
    """Register the document and print its numbered copies on the enrolled printer.

    The host is judged before anything is spent; and again, with the printer, round every copy.

    Raises:
        HostOnline, HostUnknown: nothing was spent.
        PrinterRefused: not enrolled, not as enrolled, not root; nothing was spent.
        DocumentRefused, RulesRefused, RegisterRefused: nothing was spent.
    """
    register = office.open_register()
    policy = policy_for(office, rehearsal=register.rehearsal)

    def judge() -> OfflineReport:
        return host_check(policy)

    demand_offline(judge())
    printer = permitted_printer(office, rehearsal=register.rehearsal)
    with prepared(office, register, order, on_progress) as template:
        reservation = register.reserve(issue_request(register, order, template))
        outcomes = _run(register, order, template, reservation, printer, judge, on_progress)
    return _report(reservation, outcomes, template)


def print_again(
    office: Office,
    order: IssueOrder,
    document_id: str,
    number: int | None,
    *,
    on_progress: OnProgress = ignore_progress,
) -> PrintReport:
    """Print anew the copies of a registered document whose last attempt is void or spoiled.

    Args:
        office: where this is done.
        order: as :func:`registered_order` makes it from the register's own row.
        document_id: the register's id of the document.
        number: only this copy; None prints every copy that may be tried again.
        on_progress: called for pages and copies.

    Raises:
        RegisterRefused: ``register.nothing_to_print``, or as the register refuses a copy.
        DocumentRefused: ``print.other_file``: not the file that was registered.
        HostOnline, HostUnknown, PrinterRefused: nothing was spent.
    """
    register = office.open_register()
    policy = policy_for(office, rehearsal=register.rehearsal)

    def judge() -> OfflineReport:
        return host_check(policy)

    demand_offline(judge())
    printer = permitted_printer(office, rehearsal=register.rehearsal)
    numbers = _dead_copies(register.document(document_id), number)
    with prepared(office, register, order, on_progress, again=True) as template:
        digest = template.report.result.source_sha256
        if document_id not in {row.document_id for row in register.same_file(digest)}:
            raise DocumentRefused("print.other_file")
        reservation = register.reserve_again(document_id, numbers, order.actor)
        outcomes = _run(register, order, template, reservation, printer, judge, on_progress)
    return _report(reservation, outcomes, template)


def registered_order(
    office: Office, document_id: str, actor: str, build: Callable[[Level], StampOrder]
) -> IssueOrder:
    """The order for a registered document: what the register knows, and ``build`` for the rest.

    Raises:
        RegisterRefused: ``register.no_such_document``.
    """
    row = office.open_register().document(document_id).document
    return IssueOrder(
        stamp=replace(build(row.level), dated=row.dated, pack=row.pack, copying=row.copying),
        number_sign=row.number_sign,
        recipients=(Recipient(name="", copies=row.copies),),
        actor=actor,
    )


def _dead_copies(view: DocumentView, number: int | None) -> tuple[int, ...]:
    last = {one.number: one.state for one in view.attempts}
    dead = tuple(one for one, state in last.items() if state in _DEAD)
    if number is not None:
        return (number,)
    if not dead:
        raise RegisterRefused("register.nothing_to_print")
    return dead


def permitted_printer(office: Office, *, rehearsal: bool) -> EnrolledPrinter:
    """The enrolled printer, found to be as it was enrolled.

    Raises:
        PrinterRefused: ``printer.*``; a printer of the other kind of register is
            ``printer.wrong_register``.
    """
    printer = enrolled(office.data_folder)
    if printer.rehearsal is not rehearsal:
        raise PrinterRefused("printer.wrong_register")
    findings = check(printer)
    if findings:
        raise PrinterRefused(findings[0].code, **findings[0].detail)
    return printer


def _run(
    register: RegisterPort,
    order: IssueOrder,
    template: Template,
    reservation: Reservation,
    printer: EnrolledPrinter,
    judge: Callable[[], OfflineReport],
    on_progress: OnProgress,
) -> tuple[CopyOutcome, ...]:
    """Make the copies in memory and print them; what the run never reached ends VOID."""
    book = AttemptEntries(register, order.actor)
    made = []
    with settled_on_failure(register, reservation.copies, order.actor) as reached:
        made = make_copies(
            template, register, reservation.copies, order.copies, template.work, on_progress
        )
        reached(CopyState.PRODUCED)
        record_all(register, made, CopyState.PRODUCED, order.actor)
    waiting = {copy.attempt_id for copy, _, _ in made}

    def copies() -> Iterator[PrintCopy]:
        for copy, path, digest in made:
            waiting.discard(copy.attempt_id)
            yield PrintCopy(
                attempt_id=copy.attempt_id,
                register_id=register.register_id,
                number=copy.number,
                of=order.copies,
                attempt=copy.attempt,
                path=path,
                sha256=digest,
                pages=template.report.result.pages,
            )
            path.unlink()

    try:
        return print_copies(copies(), printer, judge, book, PrintOptions(), on_progress)
    finally:
        register.record(
            tuple(
                CopyRecord(attempt_id=one, state=CopyState.VOID, actor=order.actor)
                for one in sorted(waiting)
            )
        )


def _report(
    reservation: Reservation, outcomes: tuple[CopyOutcome, ...], template: Template
) -> PrintReport:
    by_attempt = {one.attempt_id: one for one in outcomes}
    return PrintReport(
        document_id=reservation.document_id,
        copies=tuple(
            _printed(copy, by_attempt.get(copy.attempt_id)) for copy in reservation.copies
        ),
        mark=template.report,
    )


def _printed(copy: ReservedCopy, outcome: CopyOutcome | None) -> PrintedCopy:
    return PrintedCopy(
        number=copy.number,
        attempt_id=copy.attempt_id,
        reference=copy.reference,
        recipient=copy.recipient,
        state=CopyState(outcome.state.value) if outcome else CopyState.VOID,
        code=outcome.code if outcome else "print.not_reached",
        detail=outcome.detail if outcome else {},
    )

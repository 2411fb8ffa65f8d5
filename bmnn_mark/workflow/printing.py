# SPDX-License-Identifier: Apache-2.0
"""The whole way to paper: judge, prove a template, spend the numbers, print copy by copy, close."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bmnn_mark import plain
from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.errors import BmnnMarkError, DocumentRefused, RegisterRefused, Scalar
from bmnn_mark.printing.attempt import AttemptState, CopyOutcome, PrintCopy, PrintOptions
from bmnn_mark.printing.run import print_copies
from bmnn_mark.register.port import (
    CopyRecord,
    CopyState,
    Recipient,
    RegisterPort,
    Reservation,
    ReservedCopy,
)
from bmnn_mark.register.views import DocumentRow, DocumentView
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.bookkeeping import (
    AttemptEntries,
)
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.print_room import ReadyRoom, print_room
from bmnn_mark.workflow.producing import make_copies, record_all, settled_on_failure
from bmnn_mark.workflow.stamping import StampReport
from bmnn_mark.workflow.submitting import Press, PrintWish, Submitted, press_for, suited
from bmnn_mark.workflow.template import Template, issue_request, prepared

_AS_IT_COMES = PrintWish()
_DEAD = frozenset({CopyState.VOID, CopyState.SPOILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCopy:
    """What became of one copy.

    Attributes:
        number: k of n.
        attempt_id: the register's id of this attempt.
        of: number of copies, n.
        position: of the register, as its page codes say.
        reference: short reference beside the code.
        recipient: who it is for.
        state: where the attempt stands; DEVICE_DONE and UNKNOWN wait for a person.
        code: why it is not DEVICE_DONE; a key of the catalogue, empty where it is.
        detail: fills the blanks of the code's words.
        reasons: what the device reported on the way (``media-jam``): it may have fed a sheet
            twice, so somebody has to count them.
    """

    number: int
    of: int
    position: int
    attempt_id: str
    reference: str
    recipient: str
    state: CopyState
    code: str = ""
    detail: dict[str, Scalar] = field(default_factory=dict)
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintReport:
    """What became of an order for paper."""

    document_id: str
    copies: tuple[PrintedCopy, ...]
    mark: StampReport


def print_order(
    office: Office,
    order: IssueOrder,
    *,
    wish: PrintWish = _AS_IT_COMES,
    register: RegisterPort | None = None,
    on_progress: OnProgress = ignore_progress,
) -> PrintReport:
    """Register the document and print its numbered copies on the enrolled printer.

    What an earlier run left open is settled first. The guard judges the host and the printer
    before anything is spent; and again round every copy.

    Args:
        office: where this is done.
        order: what is asked.
        wish: paper, sides, tray, and whether the verified pixels are printed.
        register: another vendor's register; the office's own where none is given.
        on_progress: called for pages and copies; may raise to stop.

    Raises:
        HostOnline, HostUnknown: nothing was spent.
        PrinterRefused: no guard, not enrolled, not as enrolled; nothing was spent.
        DocumentRefused, RulesRefused, RegisterRefused: nothing was spent.
    """
    book = register or office.open_register()
    with print_room(office, book, order.actor) as room:
        order = _suited(office, order, room)
        with prepared(office, book, order, on_progress) as template:
            press = press_for(template, room.capabilities, wish, on_progress)
            reservation = book.reserve(issue_request(book, order, template))
            outcomes = _run(book, order, template, reservation, (room, press), on_progress)
    return _report(reservation, outcomes, template)


def _suited(office: Office, order: IssueOrder, room: ReadyRoom) -> IssueOrder:
    """The order as the printer can print it; what that changes is said."""
    possible = suited(order, room.capabilities)
    if possible != order:
        office.on_notice("print.no_colour", {})
    return possible


def print_again(  # noqa: PLR0913  # each is one thing that a clerk says
    office: Office,
    source: Path,
    document_id: str,
    number: int | None,
    *,
    actor: str,
    password: str | None = None,
    wish: PrintWish = _AS_IT_COMES,
    on_progress: OnProgress = ignore_progress,
) -> PrintReport:
    """Print anew the copies of a registered document whose last attempt is void or spoiled.

    They bear the very marks that were asked for when the document was entered.

    Args:
        office: where this is done.
        source: the very file that was registered.
        document_id: the register's id of the document.
        number: only this copy; None prints every copy that may be tried again.
        actor: who does this at the machine.
        password: opens an encrypted document.
        wish: as of :func:`print_order`.
        on_progress: called for pages and copies.

    Raises:
        RegisterRefused: ``register.nothing_to_print``, ``register.marking_unknown``, or as the
            register refuses a copy.
        DocumentRefused: ``print.other_file``: not the file that was registered.
        HostOnline, HostUnknown, PrinterRefused: nothing was spent.
    """
    register = office.open_register()
    view = register.document(document_id)
    request = _asked_then(register.marking(document_id))
    order = _order_again(view.document, source, actor, password)
    with (
        print_room(office, register, actor) as room,
        prepared(office, register, order, on_progress, again=request) as template,
    ):
        numbers = _dead_copies(register.document(document_id), number)
        if document_id not in register.same_file(template.report.result.source_sha256):
            raise DocumentRefused("print.other_file")
        press = press_for(template, room.capabilities, wish, on_progress)
        reservation = register.reserve_again(document_id, numbers, actor)
        outcomes = _run(register, order, template, reservation, (room, press), on_progress)
    return _report(reservation, outcomes, template)


def _asked_then(marking: str | None) -> MarkRequest:
    """What was asked of the marks, as the register kept it.

    Raises:
        RegisterRefused: ``register.marking_unknown``: it kept nothing, or something that this
            program does not understand to the last word.
    """
    try:
        asked = plain.decode((marking or "").encode(), dict)
        request = plain.from_builtins(asked, MarkRequest)
    except ValueError as error:
        raise RegisterRefused("register.marking_unknown") from error
    understood = plain.decode(plain.encode(request), dict)
    if any(name not in understood or understood[name] != asked[name] for name in asked):
        raise RegisterRefused("register.marking_unknown")
    return request


def _order_again(row: DocumentRow, source: Path, actor: str, password: str | None) -> IssueOrder:
    return IssueOrder(
        stamp=StampOrder(
            source=source, level=row.level, dated=row.dated, pack=row.pack, password=password
        ),
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


def _run(
    register: RegisterPort,
    order: IssueOrder,
    template: Template,
    reservation: Reservation,
    where: tuple[ReadyRoom, Press],
    on_progress: OnProgress,
) -> tuple[CopyOutcome, ...]:
    """Make the copies in memory and print them; what the run never reached ends VOID."""
    room, press = where
    book = AttemptEntries(register, order.actor, room.host)
    made = []
    with settled_on_failure(register, reservation.copies, order.actor) as reached:
        made = make_copies(
            template, register, reservation.copies, order.copies, template.work, on_progress
        )
        reached(CopyState.PRODUCED)
        record_all(register, made, CopyState.PRODUCED, order.actor)
    waiting = {copy.attempt_id for copy, _, _ in made}
    failed: list[CopyOutcome] = []

    def copies() -> Iterator[PrintCopy]:
        for one in made:
            ends = one in {made[0], made[-1]}
            try:
                going = press.copy(register, one, order.copies, on_progress, proven=ends)
            except BmnnMarkError as refusal:
                failed.append(_not_made(one[0], refusal))
                return
            waiting.discard(one[0].attempt_id)
            yield _ready_to_print(one[0], going, order.copies, register, reservation, template)
            for left in {one[1], going.path}:
                left.unlink()

    options = PrintOptions(paper=press.paper)
    try:
        return (*print_copies(copies(), room.guard, book, options, on_progress), *failed)
    finally:
        with suppress(RegisterRefused):  # recovery does it; what was printed is to be heard of
            register.record(
                tuple(
                    CopyRecord(attempt_id=one, state=CopyState.VOID, actor=order.actor)
                    for one in sorted(waiting)
                )
            )


def _ready_to_print(
    copy: ReservedCopy,
    going: Submitted,
    of: int,
    register: RegisterPort,
    reservation: Reservation,
    template: Template,
) -> PrintCopy:
    return PrintCopy(
        attempt_id=copy.attempt_id,
        register_id=register.register_id,
        document_id=reservation.document_id,
        number=copy.number,
        of=of,
        attempt=copy.attempt,
        path=going.path,
        sha256=going.sha256,
        length=going.length,
        pages=template.report.result.pages,
        detail=going.detail,
    )


def _not_made(copy: ReservedCopy, refusal: BmnnMarkError) -> CopyOutcome:
    """A copy whose pixels could not be made or proven; nothing of it went out."""
    return CopyOutcome(
        attempt_id=copy.attempt_id,
        number=copy.number,
        state=AttemptState.VOID,
        code=refusal.code,
        detail=dict(refusal.detail),
    )


def _report(
    reservation: Reservation, outcomes: tuple[CopyOutcome, ...], template: Template
) -> PrintReport:
    by_attempt = {one.attempt_id: one for one in outcomes}
    return PrintReport(
        document_id=reservation.document_id,
        copies=tuple(
            _printed(copy, template.request.copies or 0, by_attempt.get(copy.attempt_id))
            for copy in reservation.copies
        ),
        mark=template.report,
    )


def _printed(copy: ReservedCopy, of: int, outcome: CopyOutcome | None) -> PrintedCopy:
    return PrintedCopy(
        number=copy.number,
        of=of,
        position=copy.position,
        attempt_id=copy.attempt_id,
        reference=copy.reference,
        recipient=copy.recipient,
        state=CopyState(outcome.state.value) if outcome else CopyState.VOID,
        code=outcome.code if outcome else "print.not_reached",
        detail=outcome.detail if outcome else {},
        reasons=outcome.reasons if outcome else (),
    )

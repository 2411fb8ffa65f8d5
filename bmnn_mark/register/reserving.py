# SPDX-License-Identifier: Apache-2.0
"""Spending numbers and moving attempts on, inside one writing transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.events import (
    DEAD,
    MOVES,
    CopyMoved,
    CopyReserved,
    DocumentIssued,
    check_detail,
)
from bmnn_mark.register.ledger import Entering, Sealing, open_fields, read_event
from bmnn_mark.register.life import DocumentAct, Whereabouts
from bmnn_mark.register.life_events import DocumentActed
from bmnn_mark.register.port import (
    CopyRecord,
    CopyState,
    DocumentIdentity,
    IssueRequest,
    Recipient,
    Reservation,
    ReservedCopy,
)
from bmnn_mark.register.projection import MADE, identity_index
from bmnn_mark.register.request import checked_words, copy_fields, document_fields
from bmnn_mark.register.schema import attempts, documents, holdings
from bmnn_mark.tracking.code import MAX_ATTEMPT, ROOT_BYTES
from bmnn_mark.tracking.reference import reference, show_reference

_AT_ONCE = 500  # values of one SQL "in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A copy to be reserved."""

    copy: int
    attempt: int
    recipient: Recipient


def issued_before(
    connection: Connection, identity: DocumentIdentity, blind_key: bytes
) -> str | None:
    """The id of a document whose numbers may be spent again; None where it is new.

    Raises:
        RegisterRefused: ``register.already_issued``: an attempt at one of its copies lives.
    """
    found: str | None = connection.execute(
        select(documents.c.document_id).where(
            documents.c.identity_index == identity_index(blind_key, identity)
        )
    ).scalar_one_or_none()
    if found is None:
        return None
    living = connection.execute(
        select(func.count())
        .select_from(attempts)
        .where(attempts.c.document_id == found, attempts.c.state.not_in(DEAD))
    ).scalar_one()
    if living:
        raise RegisterRefused("register.already_issued")
    return found


def reserve_document(
    connection: Connection, sealing: Sealing, entering: Entering, request: IssueRequest
) -> Reservation:
    """Enter a checked request: the document, then each of its copies.

    Raises:
        RegisterRefused: ``register.already_issued``, ``register.too_many_attempts``.
    """
    before = issued_before(connection, request.identity, sealing.keys.blind)
    document_id = before or sealing.entropy(16).hex()
    recipients = [one for one in request.recipients for _ in range(one.copies)]
    issued = entering.enter(
        DocumentIssued(
            document=document_id,
            again=before is not None,
            level=request.level,
            pack=request.pack,
            dated=request.identity.dated,
            copies=len(recipients),
            pages=request.pages,
            copying=request.copying,
            approved_on=request.approved_on,
        ),
        document_fields(request),
    )
    if request.term is not None:
        termed = DocumentActed(
            document=document_id,
            act=DocumentAct.TERMED,
            on=request.identity.dated,
            level_before=request.level,
            level=request.level,
            term=request.term,
            partly=False,
        )
        entering.enter(termed, {"actor": request.actor})
    tried = _attempts_so_far(connection, document_id) if before else {}
    wanted = [
        Wanted(copy=copy, attempt=tried.get(copy, 0) + 1, recipient=recipient)
        for copy, recipient in enumerate(recipients, 1)
    ]
    copies = reserve(connection, sealing, entering, (document_id, issued), request.actor, wanted)
    return Reservation(document_id=document_id, copies=copies)


def reserve_copies_again(
    connection: Connection,
    sealing: Sealing,
    entering: Entering,
    document_id: str,
    numbers: Sequence[int],
    actor: str,
) -> Reservation:
    """Reserve the next attempt at copies whose last one is void or spoiled.

    Raises:
        RegisterRefused: ``register.no_such_copy``, ``register.already_issued``,
            ``register.too_many_attempts``.
    """
    issued: int | None = connection.execute(
        select(documents.c.issued).where(documents.c.document_id == document_id)
    ).scalar_one_or_none()
    wanted = []
    for copy in numbers:
        last = connection.execute(
            select(attempts)
            .where(attempts.c.document_id == document_id, attempts.c.copy == copy)
            .order_by(attempts.c.attempt.desc())
            .limit(1)
        ).one_or_none()
        if last is None or last.issued != issued:
            raise RegisterRefused("register.no_such_copy", copy=copy)
        if last.state not in DEAD:
            raise RegisterRefused("register.already_issued")
        event = read_event(connection, last.position - 1)
        fields = open_fields(sealing.sealer, event, "recipient")
        recipient = recipient_of(fields["recipient"])
        wanted.append(Wanted(copy=copy, attempt=last.attempt + 1, recipient=recipient))
    if issued is None or not wanted or len(set(numbers)) != len(wanted):
        raise RegisterRefused("register.no_such_copy", copy=0)
    copies = reserve(connection, sealing, entering, (document_id, issued), actor, wanted)
    return Reservation(document_id=document_id, copies=copies)


def recipient_of(value: object) -> Recipient:
    """A recipient as it was sealed.

    Raises:
        RegisterRefused: ``register.broken``.
    """
    if not isinstance(value, dict) or set(value) != {"address", "name", "note"}:
        raise RegisterRefused("register.broken")
    return Recipient(name=value["name"], address=value["address"], note=value["note"])


def _attempts_so_far(connection: Connection, document_id: str) -> dict[int, int]:
    rows = connection.execute(
        select(attempts.c.copy, func.max(attempts.c.attempt))
        .where(attempts.c.document_id == document_id)
        .group_by(attempts.c.copy)
    )
    return {copy: last for copy, last in rows}  # noqa: C416 - rows are not pairs to mypy


def reserve(
    connection: Connection,
    sealing: Sealing,
    entering: Entering,
    document: tuple[str, int],
    actor: str,
    wanted: Sequence[Wanted],
) -> tuple[ReservedCopy, ...]:
    """Reserve attempts at the copies of a document, given by id and the event that entered it.

    Raises:
        RegisterRefused: ``register.too_many_attempts``.
    """
    document_id, issued = document
    if any(one.attempt > MAX_ATTEMPT for one in wanted):
        raise RegisterRefused("register.too_many_attempts", limit=MAX_ATTEMPT)
    references = _new_references(connection, sealing, document_id, wanted)
    key_id = sealing.keys.trace.key_id.hex()
    copies = []
    for one, short in zip(wanted, references, strict=True):
        attempt_id = sealing.entropy(16).hex()
        n = entering.enter(
            CopyReserved(
                attempt_id=attempt_id,
                document=document_id,
                issued=issued,
                copy=one.copy,
                attempt=one.attempt,
                reference=short,
                trace_key=key_id,
            ),
            copy_fields(actor, one.recipient),
        )
        copies.append(
            ReservedCopy(
                attempt_id=attempt_id,
                number=one.copy,
                attempt=one.attempt,
                recipient=one.recipient.name,
                position=n + 1,
                root=entering.root()[:ROOT_BYTES],
                reference=show_reference(short),
            )
        )
    return tuple(copies)


def _new_references(
    connection: Connection, sealing: Sealing, document_id: str, wanted: Sequence[Wanted]
) -> list[int]:
    """A short reference for each copy that no attempt in the register has."""
    key = sealing.keys.trace
    again = [0] * len(wanted)
    while True:
        values = [
            reference(key, document_id, one.copy, one.attempt, times)
            for one, times in zip(wanted, again, strict=True)
        ]
        taken = _references_among(connection, values)
        free = True
        for place, value in enumerate(values):
            if value in taken:
                again[place] += 1
                free = False
            taken.add(value)
        if free:
            return values


def _references_among(connection: Connection, values: Sequence[int]) -> set[int]:
    taken: set[int] = set()
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        query = select(attempts.c.reference).where(attempts.c.reference.in_(part))
        taken.update(connection.execute(query).scalars())
    return taken


def record_moves(connection: Connection, entering: Entering, records: Iterable[CopyRecord]) -> None:
    """Enter checked steps of attempts, each allowed from the state that the one before left.

    Raises:
        RegisterRefused: ``register.no_such_attempt``, ``register.wrong_step``.
    """
    every = tuple(records)
    states = _states_of(connection, [record.attempt_id for record in every])
    for record in every:
        before = states.get(record.attempt_id)
        if before is None:
            raise RegisterRefused("register.no_such_attempt")
        if record.state not in MOVES[before]:
            raise RegisterRefused(
                "register.wrong_step", before=before.value, state=record.state.value
            )
        if before in MADE and record.state is CopyState.SPOILED:
            _check_in_office(connection, record.attempt_id)
        entering.enter(
            CopyMoved(
                attempt_id=record.attempt_id,
                before=before,
                state=record.state,
                detail=record.detail,
            ),
            {**record.words, "actor": record.actor},
        )
        states[record.attempt_id] = record.state


def checked_record(record: CopyRecord, actor: str) -> CopyRecord:
    """The record with its detail checked, and its actor and words in one form.

    Raises:
        UsageRefused: ``input.*``.
        Fault: ``register.detail_not_plain``.
    """
    needed = ("second_actor",) if "second_actor" in record.words else ()
    fields = checked_words(actor, record.words, needed)
    words = {name: str(text) for name, text in fields.items() if name != "actor"}
    return replace(record, actor=actor, words=words, detail=check_detail(record.detail))


def _check_in_office(connection: Connection, attempt_id: str) -> None:
    """Refuse to call a copy spoiled that somebody outside holds: it must come back first."""
    where: str | None = connection.execute(
        select(holdings.c.whereabouts)
        .join(
            attempts,
            (attempts.c.document_id == holdings.c.document_id)
            & (attempts.c.copy == holdings.c.copy),
        )
        .where(attempts.c.attempt_id == attempt_id)
    ).scalar_one_or_none()
    if where != Whereabouts.IN_OFFICE.value:
        raise RegisterRefused("register.copy_not_here")


def _states_of(connection: Connection, attempt_ids: Sequence[str]) -> dict[str, CopyState]:
    """The states of those of the attempts that there are, asked for many at a time."""
    found: dict[str, CopyState] = {}
    for at in range(0, len(attempt_ids), _AT_ONCE):
        asked = attempt_ids[at : at + _AT_ONCE]
        rows = connection.execute(
            select(attempts.c.attempt_id, attempts.c.state).where(attempts.c.attempt_id.in_(asked))
        )
        try:
            found.update((attempt_id, CopyState(state)) for attempt_id, state in rows)
        except ValueError:
            raise RegisterRefused("register.broken") from None
    return found

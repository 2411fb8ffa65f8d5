# SPDX-License-Identifier: Apache-2.0
"""Asking the register: by page code, by short reference, by document, by what is still open."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.events import (
    CLOSED,
    CopyMoved,
    CopyReserved,
    DocumentIssued,
    RuleConfirmed,
    RuleWithdrawn,
    encode_leaf,
)
from bmnn_mark.register.ledger import Event, open_fields, peaks_at, read_event, size_of
from bmnn_mark.register.life import Direction, Standing, Whereabouts
from bmnn_mark.register.life_events import CopyingPermitted, DocumentReceived
from bmnn_mark.register.port import CopyState, FoundCode, FoundCopy, Witness
from bmnn_mark.register.projection import identity_of, text_of
from bmnn_mark.register.reserving import recipient_of
from bmnn_mark.register.schema import attempts, documents, holdings, rules
from bmnn_mark.register.sealing import Sealer, Value
from bmnn_mark.register.tree import GrowingTree, leaf_hash
from bmnn_mark.register.views import (
    AttemptRow,
    DocumentRow,
    DocumentView,
    OpenAttempt,
    RuleRow,
)
from bmnn_mark.rules import Level
from bmnn_mark.tracking.code import COVER_PAGE, ROOT_BYTES, WHOLE_COPY, PageCode
from bmnn_mark.tracking.reference import show_reference

_later = attempts.alias()
_ATTEMPT = select(
    attempts,
    select(func.max(_later.c.attempt))
    .where(_later.c.document_id == attempts.c.document_id, _later.c.copy == attempts.c.copy)
    .scalar_subquery()
    .label("last_attempt"),
)
_ATTEMPT_AT = _ATTEMPT.where(attempts.c.position == bindparam("at"))
_ATTEMPT_OF = _ATTEMPT.where(attempts.c.reference == bindparam("reference"))


_HOLDING = select(holdings).where(
    holdings.c.document_id == bindparam("document"), holdings.c.copy == bindparam("copy_number")
)

#: The events by which something gets a row among the documents.
Entered = DocumentIssued | DocumentReceived | CopyingPermitted


def find_code(connection: Connection, sealer: Sealer, code: PageCode) -> FoundCode:
    """The copy that an opened page code names, and what the sheet says of the register.

    Raises:
        RegisterRefused: ``register.newer_format``; ``register.broken`` where a table or a sealed
            field is not what the unchanged history says.
    """
    try:
        witness, event = _hear(connection, code)
    except RegisterRefused as error:  # hashes or the leaf itself are gone or changed
        if error.code != "register.broken":  # this program is too old to say
            raise
        return FoundCode(witness=Witness.REWRITTEN)
    if witness is not Witness.AGREES or event is None:
        return FoundCode(witness=witness)
    reserved = event.leaf.what
    if not isinstance(reserved, CopyReserved) or reserved.attempt != code.attempt:
        return FoundCode(witness=Witness.NEVER_ISSUED)
    row = connection.execute(_ATTEMPT_AT, {"at": code.position}).one_or_none()
    if row is None or row.attempt_id != reserved.attempt_id:
        raise RegisterRefused("register.broken")
    copy = _found(connection, sealer, row, event)
    if code.page not in {COVER_PAGE, WHOLE_COPY} and code.page > copy.pages:
        return FoundCode(witness=Witness.NEVER_ISSUED)
    return FoundCode(witness=witness, copy=copy)


def _hear(connection: Connection, code: PageCode) -> tuple[Witness, Event | None]:
    """Compare the code's root with the tree at its position, down to the reservation itself."""
    if code.position > size_of(connection):
        return Witness.TRUNCATED, None
    before = code.position - 1
    event = read_event(connection, before)
    tree = GrowingTree(before, peaks_at(connection, before))
    tree.append(leaf_hash(encode_leaf(event.leaf)))
    agrees = hmac.compare_digest(tree.root()[:ROOT_BYTES], code.root)
    return (Witness.AGREES, event) if agrees else (Witness.REWRITTEN, None)


def find_reference(connection: Connection, sealer: Sealer, reference: int) -> FoundCopy | None:
    """The copy that has a short reference; None where none has."""
    row = connection.execute(_ATTEMPT_OF, {"reference": reference}).one_or_none()
    if row is None:
        return None
    return _found(connection, sealer, row, read_event(connection, row.position - 1))


def _found(connection: Connection, sealer: Sealer, row: Row[Any], reserved: Event) -> FoundCopy:
    entered, event = read_entry(connection, row.issued)
    identity = identity_of(entered, open_fields(sealer, event, "identity"))
    document = document_row(connection, row.document_id)
    where, holder = whereabouts_of(connection, sealer, row.document_id, row.copy)
    return FoundCopy(
        document_id=row.document_id,
        number_sign=identity.number_sign,
        dated=identity.dated,
        level=Level(document.level),
        number=row.copy,
        copies=document.copies,
        attempt=row.attempt,
        state=_state(row.state),
        recipient=_recipient_name(sealer, reserved),
        pages=entered.pages,
        superseded=row.last_attempt > row.attempt,
        whereabouts=where,
        holder=holder,
        standing=Standing(document.standing),
    )


def whereabouts_of(
    connection: Connection, sealer: Sealer, document_id: str, copy: int
) -> tuple[Whereabouts, str]:
    """Where a copy is, and who has it; an empty name where nobody outside the office has.

    Raises:
        RegisterRefused: ``register.no_such_copy``, ``register.broken``.
    """
    row = connection.execute(_HOLDING, {"document": document_id, "copy_number": copy}).one_or_none()
    if row is None:
        raise RegisterRefused("register.no_such_copy", copy=copy)
    try:
        where = Whereabouts(row.whereabouts)
    except ValueError:
        raise RegisterRefused("register.broken") from None
    if not row.holder:
        return where, ""
    return where, text_of(open_fields(sealer, read_event(connection, row.holder), "party"), "party")


def _state(stored: str) -> CopyState:
    try:
        return CopyState(stored)
    except ValueError:
        raise RegisterRefused("register.broken") from None


def read_entry(connection: Connection, n: int) -> tuple[Entered, Event]:
    """The event by which a document or a series of copies came into the register.

    Raises:
        RegisterRefused: ``register.broken``.
    """
    event = read_event(connection, n)
    if not isinstance(event.leaf.what, DocumentIssued | DocumentReceived | CopyingPermitted):
        raise RegisterRefused("register.broken")
    return event.leaf.what, event


def document_row(connection: Connection, document_id: str) -> Row[Any]:
    """A document's row of the projections.

    Raises:
        RegisterRefused: ``register.no_such_document``.
    """
    row = connection.execute(
        select(documents).where(documents.c.document_id == document_id)
    ).one_or_none()
    if row is None:
        raise RegisterRefused("register.no_such_document")
    return row


def _recipient_name(sealer: Sealer, reserved: Event) -> str:
    return recipient_of(open_fields(sealer, reserved, "recipient").get("recipient")).name


def list_documents(connection: Connection, sealer: Sealer) -> tuple[DocumentRow, ...]:
    """Every document, in the order in which they were entered."""
    rows = connection.execute(select(documents).order_by(documents.c.issued)).all()
    return tuple(_document_row(connection, sealer, row) for row in rows)


def document_with(connection: Connection, index: bytes) -> str | None:
    """The id of the document that has an identity's blind index."""
    found: str | None = connection.execute(
        select(documents.c.document_id).where(documents.c.identity_index == index)
    ).scalar_one_or_none()
    return found


def documents_of_file(connection: Connection, file_index: bytes) -> tuple[str, ...]:
    """The ids of the documents that came from one file, in the order of their entry."""
    ids = connection.execute(
        select(documents.c.document_id)
        .where(documents.c.file_index == file_index)
        .order_by(documents.c.issued)
    )
    return tuple(ids.scalars())


def marking_of(connection: Connection, sealer: Sealer, document_id: str) -> str | None:
    """What was asked of a document's marks; None where that was not entered.

    Raises:
        RegisterRefused: ``register.no_such_document``.
    """
    issued = document_row(connection, document_id).issued
    return _text(open_fields(sealer, read_event(connection, issued), "marking"), "marking")


def _text(fields: Mapping[str, Value], name: str) -> str | None:
    """A sealed field that is text; None where it was not given."""
    return text_of(fields, name) if name in fields else None


def show_document(connection: Connection, sealer: Sealer, document_id: str) -> DocumentView:
    """One document with every attempt at its copies.

    Raises:
        RegisterRefused: ``register.no_such_document``.
    """
    row = document_row(connection, document_id)
    rows = connection.execute(
        select(attempts)
        .where(attempts.c.document_id == document_id)
        .order_by(attempts.c.copy, attempts.c.attempt)
    ).all()
    _, event = read_entry(connection, row.issued)
    return DocumentView(
        document=_document_row(connection, sealer, row),
        attempts=tuple(_attempt_row(connection, sealer, one) for one in rows),
        overlap_reason=_text(open_fields(sealer, event, "overlap_reason"), "overlap_reason"),
    )


def list_open_attempts(connection: Connection, sealer: Sealer) -> tuple[OpenAttempt, ...]:
    """Every attempt that is neither printed, exported, spoiled nor void, oldest first."""
    rows = connection.execute(
        select(attempts).where(attempts.c.state.not_in(CLOSED)).order_by(attempts.c.position)
    ).all()
    return tuple(
        OpenAttempt(document_id=row.document_id, attempt=_attempt_row(connection, sealer, row))
        for row in rows
    )


def _document_row(connection: Connection, sealer: Sealer, row: Row[Any]) -> DocumentRow:
    entered, event = read_entry(connection, row.issued)
    identity = identity_of(entered, open_fields(sealer, event, "identity"))
    states: dict[CopyState, int] = {}
    for state, count in connection.execute(
        select(attempts.c.state, func.count())
        .where(attempts.c.issued == row.issued, attempts.c.document_id == row.document_id)
        .where(_is_last_attempt())
        .group_by(attempts.c.state)
    ):
        states[_state(state)] = count
    return DocumentRow(
        document_id=row.document_id,
        agency=identity.agency,
        number_sign=identity.number_sign,
        dated=identity.dated,
        level=Level(row.level),
        pack=entered.pack,
        copies=row.copies,
        pages=entered.pages,
        copying=entered.copying if isinstance(entered, DocumentIssued) else None,
        entered_at=event.leaf.at,
        states=states,
        direction=Direction(row.direction),
        standing=Standing(row.standing),
        term=date.fromisoformat(row.term) if row.term else None,
        parent=row.parent or None,
    )


def _is_last_attempt() -> ColumnElement[bool]:
    later = attempts.alias()
    return ~(
        select(later.c.attempt_id)
        .where(
            later.c.document_id == attempts.c.document_id,
            later.c.copy == attempts.c.copy,
            later.c.attempt > attempts.c.attempt,
        )
        .exists()
    )


def _attempt_row(connection: Connection, sealer: Sealer, row: Row[Any]) -> AttemptRow:
    reserved = read_event(connection, row.position - 1)
    changed = reserved if row.changed == row.position - 1 else read_event(connection, row.changed)
    step = changed.leaf.what
    host = step.detail.get("host") if isinstance(step, CopyMoved) else None
    return AttemptRow(
        attempt_id=row.attempt_id,
        number=row.copy,
        attempt=row.attempt,
        state=_state(row.state),
        recipient=_recipient_name(sealer, reserved),
        position=row.position,
        reference=show_reference(row.reference),
        changed_at=changed.leaf.at,
        host=host if isinstance(host, str) else "",
    )


def list_rules(connection: Connection, sealer: Sealer) -> tuple[RuleRow, ...]:
    """What was confirmed of the rules and taken back, oldest first."""
    numbers = connection.execute(select(rules.c.n).order_by(rules.c.n)).scalars()
    return tuple(_rule_row(sealer, read_event(connection, n)) for n in numbers)


def _rule_row(sealer: Sealer, event: Event) -> RuleRow:
    what = event.leaf.what
    if not isinstance(what, RuleConfirmed | RuleWithdrawn):
        raise RegisterRefused("register.broken")
    fields = open_fields(sealer, event, *event.leaf.sealed)
    told = {name: str(fields[name]) for name in fields}
    return RuleRow(
        event=event.leaf.n,
        at=event.leaf.at,
        confirmed=isinstance(what, RuleConfirmed),
        pack=what.pack,
        figure=what.figure,
        value=told.get("value"),
        source=told.get("source"),
        actor=told.get("actor", ""),
        overlay=what.overlay,
    )

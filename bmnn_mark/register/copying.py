# SPDX-License-Identifier: Apache-2.0
"""Bản sao of a document of the register: a permission, and a number for each copy made under it.

The copies are a series of their own, with an id, numbers and attempts as those of a document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from bmnn_mark.errors import RegisterRefused, RulesRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.register.events import DocumentIssued
from bmnn_mark.register.inquiry import Entered, document_row, read_entry
from bmnn_mark.register.ledger import Entering, Sealing, open_fields
from bmnn_mark.register.life import CopyKind, Permission, Standing, Whereabouts
from bmnn_mark.register.life_events import CopyingPermitted
from bmnn_mark.register.port import Recipient, Reservation
from bmnn_mark.register.request import checked_recipient
from bmnn_mark.register.reserving import Wanted, reserve
from bmnn_mark.register.schema import holdings
from bmnn_mark.register.sealing import Value
from bmnn_mark.rules import Copying, Level
from bmnn_mark.text import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyingRequest:
    """Copies to be made of a document of this register.

    Attributes:
        document_id: what is copied.
        of_copy: number of the copy that is copied; 0 where it is the original kept by the office.
        kind: sao y, sao lục or trích sao.
        permission: who permitted how many.
        recipients: in the order of the copy numbers; their ``copies`` add up to what is made.
        pack: rule pack of the day of copying.
        pages: of each copy.
        source_sha256: of the file that is copied.
        actor: who makes them.
        purpose: what for; None where nobody said.
        marking: what was asked of the marks; opaque to the register.
    """

    document_id: str
    of_copy: int
    kind: CopyKind
    permission: Permission
    recipients: tuple[Recipient, ...]
    pack: str
    pages: int
    source_sha256: str
    actor: str
    purpose: str | None = None
    marking: str | None = None

    @property
    def copies(self) -> int:
        """How many are made."""
        return sum(one.copies for one in self.recipients)


def checked_copying(request: CopyingRequest) -> CopyingRequest:
    """The request with its lines and counts checked.

    Raises:
        UsageRefused: ``input.*``.
        RulesRefused: ``register.copying_over``.
        RegisterRefused: ``register.no_copies``, ``register.too_many_copies``,
            ``register.number_out``.
    """
    many, limit = request.copies, DEFAULT_LIMITS.recipients
    if not request.recipients or any(one.copies < 1 for one in request.recipients):
        raise RegisterRefused("register.no_copies")
    if many > limit:
        raise RegisterRefused("register.too_many_copies", copies=many, limit=limit)
    given = request.permission
    if many > given.allowed:
        raise RulesRefused("register.copying_over", copies=many, allowed=given.allowed)
    if given.allowed > limit:
        raise RegisterRefused("register.number_out", number=given.allowed, limit=limit)
    return replace(
        request,
        permission=replace(
            given,
            by=one_line("permitted_by", given.by),
            office=one_line("office", given.office),
            clause=one_line("clause", given.clause),
        ),
        recipients=tuple(checked_recipient(one) for one in request.recipients),
        pack=one_line("pack", request.pack),
        actor=one_line("actor", request.actor),
        purpose=None if request.purpose is None else one_line("purpose", request.purpose),
    )


def check_copying(connection: Connection, document_id: str, of_copy: int) -> Row[Any]:
    """See that a document may be copied at all; its row.

    Raises:
        RegisterRefused: ``register.no_such_document``, ``register.no_such_copy``,
            ``register.copy_not_here``, ``register.wrong_document_act``.
        RulesRefused: ``register.copying_forbidden``.
    """
    row = document_row(connection, document_id)
    entered, _ = read_entry(connection, row.issued)
    if _forbidden(connection, row, entered):
        raise RulesRefused("register.copying_forbidden")
    if Standing(row.standing) is not Standing.IN_FORCE:
        raise RegisterRefused("register.wrong_document_act", act="copied", standing=row.standing)
    if of_copy:
        where: str | None = connection.execute(
            select(holdings.c.whereabouts).where(
                holdings.c.document_id == document_id, holdings.c.copy == of_copy
            )
        ).scalar_one_or_none()
        if where is None:
            raise RegisterRefused("register.no_such_copy", copy=of_copy)
        if where not in {Whereabouts.IN_OFFICE.value, Whereabouts.WITH_HOLDER.value}:
            raise RegisterRefused("register.copy_not_here")
    return row


def _forbidden(connection: Connection, row: Row[Any], entered: Entered) -> bool:
    """Whether a document, or the one that it is a copy of, says that it may not be copied."""
    while row.parent:
        row = document_row(connection, row.parent)
        entered, _ = read_entry(connection, row.issued)
    return isinstance(entered, DocumentIssued) and entered.copying is Copying.FORBIDDEN


def enter_copying(
    connection: Connection, sealing: Sealing, entering: Entering, request: CopyingRequest
) -> Reservation:
    """Enter a checked request: the permission, then each of its copies.

    Raises:
        RegisterRefused, RulesRefused: as :func:`check_copying`.
    """
    row = check_copying(connection, request.document_id, request.of_copy)
    entered, event = read_entry(connection, row.issued)
    identity = open_fields(sealing.sealer, event, "identity").get("identity")
    if not isinstance(identity, dict):
        raise RegisterRefused("register.broken")
    document_id = sealing.entropy(16).hex()
    permitted = entering.enter(
        CopyingPermitted(
            document=document_id,
            of=request.document_id,
            of_copy=request.of_copy,
            kind=request.kind,
            level=Level(row.level),
            pack=request.pack,
            dated=entered.dated,
            on=request.permission.on,
            allowed=request.permission.allowed,
            copies=request.copies,
            pages=request.pages,
        ),
        _fields(request, identity),
    )
    recipients = [one for one in request.recipients for _ in range(one.copies)]
    wanted = [
        Wanted(copy=copy, attempt=1, recipient=recipient)
        for copy, recipient in enumerate(recipients, 1)
    ]
    document = (document_id, permitted)
    copies = reserve(connection, sealing, entering, document, request.actor, wanted)
    return Reservation(document_id=document_id, copies=copies)


def _fields(request: CopyingRequest, identity: Mapping[str, Value]) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "actor": request.actor,
        "identity": dict(identity),
        "source": request.source_sha256,
        "permitted_by": request.permission.by,
        "office": request.permission.office,
        "clause": request.permission.clause,
    }
    for name in ("purpose", "marking"):
        if value := getattr(request, name):
            fields[name] = value
    return fields

# SPDX-License-Identifier: Apache-2.0
"""Entering acts of the register's life: each is checked against where things stand, then entered.

A refusal enters nothing: the acts of one call are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from bmnn_mark.errors import RegisterRefused, RulesRefused, UsageRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.register.inquiry import document_row
from bmnn_mark.register.ledger import Entering, Sealing
from bmnn_mark.register.life import (
    COPY_MOVES,
    COPY_WORDS,
    DOCUMENT_MOVES,
    DOCUMENT_WORDS,
    CopyAct,
    CopyActRequest,
    DocumentAct,
    DocumentActRequest,
    IncidentClosing,
    IncidentRequest,
    MeetingRequest,
    ReceiveRequest,
    Standing,
    Whereabouts,
)
from bmnn_mark.register.life_events import (
    CopyActed,
    DocumentActed,
    DocumentReceived,
    IncidentClosed,
    IncidentReported,
    MeetingHeld,
)
from bmnn_mark.register.port import DocumentIdentity
from bmnn_mark.register.projection import received_index
from bmnn_mark.register.request import checked_identity, checked_words, may_keep_title
from bmnn_mark.register.schema import acts, documents, holdings
from bmnn_mark.register.sealing import Value
from bmnn_mark.rules import Level
from bmnn_mark.text import one_line
from bmnn_mark.tracking.code import WHOLE_COPY

#: Số đến of one year; the next one counts on from the highest, so a slip would stay for the year.
_MOST_ARRIVALS = 999_999
#: Numbers of events and copies above it are in no database.
_MOST = 1 << 53

#: Acts for which it matters whether they lead abroad.
_ABROAD = frozenset({CopyAct.CARRIED_OUT, CopyAct.PROVIDED})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a copy is while the acts of one call are entered."""

    now: Whereabouts
    before_carrying: Whereabouts


def enter_copy_acts(
    connection: Connection, entering: Entering, requests: Iterable[CopyActRequest]
) -> None:
    """Enter acts with copies, each from where the one before left its copy.

    Raises:
        RegisterRefused: ``register.no_such_copy``, ``register.wrong_act``,
            ``register.no_incident``.
        UsageRefused: ``input.*``.
    """
    places: dict[tuple[str, int], _Place] = {}
    for request in requests:
        key = (request.document_id, request.copy)
        place = places.get(key) or _place(connection, *key)
        after = _after(request, place)
        fields = checked_words(request.actor, request.words, COPY_WORDS[request.act])
        _check_shape(request)
        if request.incident is not None:
            _check_incident(connection, request.incident)
        entering.enter(
            CopyActed(
                document=request.document_id,
                copy=request.copy,
                act=request.act,
                before=place.now,
                after=after,
                on=request.on,
                abroad=request.abroad,
                due=request.due,
                incident=request.incident,
            ),
            fields,
        )
        carried = request.act is CopyAct.CARRIED_OUT
        places[key] = _Place(after, place.now if carried else Whereabouts.IN_OFFICE)


def _after(request: CopyActRequest, place: _Place) -> Whereabouts:
    allowed = COPY_MOVES[request.act].get(place.now)
    if allowed is None:
        raise RegisterRefused(
            "register.wrong_act",
            act=request.act.value,
            copy=request.copy,
            whereabouts=place.now.value,
        )
    return place.before_carrying if len(allowed) > 1 else next(iter(allowed))


def _place(connection: Connection, document_id: str, copy: int) -> _Place:
    if not 0 < copy < _MOST:
        raise RegisterRefused("register.no_such_copy", copy=copy)
    row = connection.execute(
        select(holdings).where(holdings.c.document_id == document_id, holdings.c.copy == copy)
    ).one_or_none()
    if row is None:
        raise RegisterRefused("register.no_such_copy", copy=copy)
    # A holder who carried his copy out named himself in the act; the one before it handed it over.
    handed = f"holding.{CopyAct.HANDED_OVER}"
    ways = (handed, f"holding.{CopyAct.RETURNED}", f"holding.{CopyAct.CARRIED_BACK}")
    last = connection.execute(
        select(acts.c.act)
        .where(acts.c.document_id == document_id, acts.c.copy == copy, acts.c.act.in_(ways))
        .order_by(acts.c.n.desc())
    ).scalars()
    before = _held_before(last)
    return _Place(Whereabouts(row.whereabouts), before)


def _held_before(acts_newest_first: Iterable[str]) -> Whereabouts:
    """Whether a copy was with a holder: after its last hand-over it was not returned."""
    for act in acts_newest_first:
        if act == f"holding.{CopyAct.HANDED_OVER}":
            return Whereabouts.WITH_HOLDER
        if act == f"holding.{CopyAct.RETURNED}":
            break
    return Whereabouts.IN_OFFICE


def _check_shape(request: CopyActRequest) -> None:
    """What stands in the clear must be there where it means something, and nowhere else."""
    if (request.abroad is not None) != (request.act in _ABROAD):
        raise UsageRefused("input.needed", field="abroad")
    if (request.due is not None) != (request.act is CopyAct.CARRIED_OUT):
        raise UsageRefused("input.needed", field="due")


def _check_incident(connection: Connection, n: int) -> None:
    if not 0 <= n < _MOST:
        raise RegisterRefused("register.no_incident", incident=n)
    found = connection.execute(
        select(acts.c.waiting).where(acts.c.n == n, acts.c.act == IncidentReported.TYPE)
    ).scalar_one_or_none()
    if found is None:
        raise RegisterRefused("register.no_incident", incident=n)


def enter_document_act(
    connection: Connection, entering: Entering, request: DocumentActRequest
) -> None:
    """Enter a decision about a document, and about each series of its copies.

    Raises:
        RegisterRefused: ``register.no_such_document``, ``register.wrong_document_act``.
        RulesRefused: ``register.same_level``.
        UsageRefused: ``input.*``.
    """
    fields = checked_words(request.actor, request.words, DOCUMENT_WORDS[request.act])
    _check_decision(request)
    family = (documents.c.document_id == request.document_id) | (
        documents.c.parent == request.document_id
    )
    first = document_row(connection, request.document_id)
    rows = connection.execute(select(documents).where(family).order_by(documents.c.issued)).all()
    for row in rows:
        if Standing(row.standing) not in DOCUMENT_MOVES[request.act]:
            if row.document_id != first.document_id:
                continue  # a series of copies that was settled before
            raise RegisterRefused(
                "register.wrong_document_act", act=request.act.value, standing=row.standing
            )
        level = request.level or Level(row.level)
        if request.act is DocumentAct.RELEVELLED and level.value == row.level:
            if row.document_id != first.document_id:
                continue
            raise RulesRefused("register.same_level", level=level.value)
        entering.enter(
            DocumentActed(
                document=row.document_id,
                act=request.act,
                on=request.on,
                level_before=Level(row.level),
                level=level,
                term=request.term,
                partly=request.partly,
            ),
            fields,
        )


def _check_decision(request: DocumentActRequest) -> None:
    levelled = request.act is DocumentAct.RELEVELLED
    if (request.level is not None) != levelled:
        raise UsageRefused("input.needed", field="level")
    termed = request.act in {DocumentAct.TERMED, DocumentAct.EXTENDED}
    if (request.term is not None) != termed:
        raise UsageRefused("input.needed", field="term")
    if request.partly and request.act is not DocumentAct.DECLASSIFIED:
        raise UsageRefused("input.needed", field="partly")


def enter_received(
    connection: Connection, sealing: Sealing, entering: Entering, request: ReceiveRequest
) -> tuple[str, int]:
    """Enter a document from elsewhere.

    Returns:
        Its id and its số đến.

    Raises:
        RegisterRefused: ``register.already_received``, ``register.number_taken``,
            ``register.no_copies``, ``register.number_out``.
        RulesRefused: ``register.no_title_for_tuyet_mat``.
        UsageRefused: ``input.*``.
    """
    identity = checked_identity(
        DocumentIdentity(
            agency=request.agency, number_sign=request.number_sign, dated=request.dated
        )
    )
    if request.title and not may_keep_title(request.level, request.pack):
        raise RulesRefused("register.no_title_for_tuyet_mat")
    _check_counts(request)
    index = received_index(sealing.keys.blind, identity)
    known = select(documents.c.document_id).where(documents.c.identity_index == index)
    if connection.execute(known).scalar_one_or_none() is not None:
        raise RegisterRefused("register.already_received")
    number = _arrival_number(connection, request)
    fields: dict[str, Value] = {
        "actor": one_line("actor", request.actor),
        "identity": {"agency": identity.agency, "number_sign": identity.number_sign},
    }
    for name in ("title", "unit", "note"):
        if text := getattr(request, name):
            fields[name] = one_line(name, text, limit=700)
    if request.source_sha256:
        fields["source"] = request.source_sha256
    document_id = sealing.entropy(16).hex()
    entering.enter(
        DocumentReceived(
            document=document_id,
            level=request.level,
            pack=one_line("pack", request.pack),
            dated=request.dated,
            arrived=request.arrived,
            number=number,
            numbers=tuple(request.numbers),
            pages=request.pages,
        ),
        fields,
    )
    return document_id, number


def _check_counts(request: ReceiveRequest) -> None:
    """See that numbers are such as stand on papers; a slip of the finger counts no further.

    Raises:
        RegisterRefused: ``register.no_copies``, ``register.number_out``.
    """
    numbers = request.numbers
    if not numbers or min(numbers) < 1 or len(set(numbers)) < len(numbers):
        raise RegisterRefused("register.no_copies")
    for number, limit in (
        (max(numbers), DEFAULT_LIMITS.recipients),
        (request.pages, WHOLE_COPY - 1),
        (request.number or 1, _MOST_ARRIVALS),
    ):
        if number > limit:
            raise RegisterRefused("register.number_out", number=number, limit=limit)


def _arrival_number(connection: Connection, request: ReceiveRequest) -> int:
    """The số đến: the one that was asked for if it is free, or the next of the year."""
    year = request.arrived.year
    taken = {
        int(arrival.partition("/")[2])
        for arrival in connection.execute(
            select(documents.c.arrival).where(documents.c.arrival.like(f"{year}/%"))
        ).scalars()
    }
    if request.number is None:
        return max(taken, default=0) + 1
    if request.number < 1 or request.number in taken:
        raise RegisterRefused("register.number_taken", number=request.number, year=year)
    return request.number


def enter_incident(connection: Connection, entering: Entering, request: IncidentRequest) -> int:
    """Enter a leak, loss or violation; the number of its event.

    Raises:
        RegisterRefused: ``register.no_such_document``, ``register.no_such_copy``.
        UsageRefused: ``input.*``.
    """
    fields = checked_words(request.actor, request.words, ("subject",))
    level = request.level
    if request.document_id is not None:
        level = level or Level(document_row(connection, request.document_id).level)
        if request.copy is not None:
            _place(connection, request.document_id, request.copy)
    return entering.enter(
        IncidentReported(
            kind=request.kind,
            on=request.on,
            level=level,
            document=request.document_id,
            copy=request.copy if request.document_id is not None else None,
        ),
        fields,
    )


def enter_outcome(connection: Connection, entering: Entering, closing: IncidentClosing) -> None:
    """Close an incident with what came of it.

    Raises:
        RegisterRefused: ``register.no_incident``.
        UsageRefused: ``input.*``.
    """
    fields = checked_words(closing.actor, closing.words, ("outcome",))
    _check_incident(connection, closing.incident)
    waiting = connection.execute(
        select(func.count())
        .select_from(acts)
        .where(
            acts.c.n == closing.incident, acts.c.act == IncidentReported.TYPE, acts.c.waiting == 1
        )
    ).scalar_one()
    if not waiting:
        raise RegisterRefused("register.no_incident", incident=closing.incident)
    entering.enter(IncidentClosed(incident=closing.incident, on=closing.on), fields)


def enter_meeting(connection: Connection, entering: Entering, request: MeetingRequest) -> int:
    """Enter a meeting; the number of its event.

    Raises:
        RegisterRefused: ``register.no_such_copy``.
        UsageRefused: ``input.*``.
    """
    fields = checked_words(request.actor, request.words, ("subject", "place"))
    for document_id, copy in request.copies:
        _place(connection, document_id, copy)
    return entering.enter(
        MeetingHeld(
            on=request.on,
            level=request.level,
            foreign=request.foreign,
            copies=tuple(request.copies),
        ),
        fields,
    )

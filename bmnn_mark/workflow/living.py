# SPDX-License-Identifier: Apache-2.0
"""What is done with copies once they are made: who has them, what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.register.life import (
    COPY_MOVES,
    CopyAct,
    CopyActRequest,
    Direction,
    IncidentKind,
    IncidentRequest,
    Whereabouts,
)
from bmnn_mark.register.port import CopyRecord, CopyState
from bmnn_mark.register.store import Register
from bmnn_mark.register.views import AttemptRow, DocumentView
from bmnn_mark.rules import Level
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.naming import NamedCopy, Naming, named_copies
from bmnn_mark.workflow.office import Office

#: States of an attempt out of which a person may call it spoiled.
_MADE_SOMEHOW = frozenset(
    {CopyState.PRINTED, CopyState.EXPORTED, CopyState.DEVICE_DONE, CopyState.UNKNOWN}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOrder:
    """One act with copies.

    Attributes:
        naming: which copies.
        act: what is done.
        on: the day it was done.
        actor: who enters it.
        words: what is said of it, by name (:data:`bmnn_mark.register.life.WORDS`).
        abroad: whether it leads abroad; None where that is no question.
        due: day by which the copy is to be back.
        incident: number of the incident it belongs to.
    """

    naming: Naming
    act: CopyAct
    on: date
    actor: str
    words: Mapping[str, str] = field(default_factory=dict)
    abroad: bool | None = None
    due: date | None = None
    incident: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyNow:
    """Where a copy stands after an act.

    Attributes:
        document: id of its document.
        agency: who issued its document.
        number_sign: of its document.
        dated: date of its document.
        level: its độ mật now.
        direction: which way the document came into the register.
        copy: its number.
        of: how many copies there are of the document here.
        pages: of the copy; 0 where nobody counted.
        recipient: whom it was made for; empty where nobody said.
        whereabouts: where it is.
        holder: who has it; empty where nobody outside the office has.
        office: post or unit of the holder.
        since: day from which that is so.
        due: day by which it is to be back.
    """

    document: str
    agency: str
    number_sign: str
    dated: date
    level: Level
    direction: Direction
    copy: int
    of: int
    pages: int
    recipient: str
    whereabouts: Whereabouts
    holder: str
    office: str
    since: date | None
    due: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActReport:
    """What became of an act with copies.

    Attributes:
        act: what was done.
        on: the day of it.
        copies: where each copy is now.
        incidents: numbers of the incidents that were reported with it.
    """

    act: CopyAct
    on: date
    copies: tuple[CopyNow, ...]
    incidents: tuple[int, ...] = ()


#: Called with the copies an act is about, as they stand before it, once all is found in order and
#: before it is entered; makes the papers that go with it, and may refuse.
Before = Callable[[Sequence[CopyNow]], None]


def act_on_copies(
    office: Office,
    order: ActOrder,
    *,
    before: Before = lambda _copies: None,
    on_progress: OnProgress = ignore_progress,
) -> ActReport:
    """Enter an act with copies, all of them or none.

    A hand-over without a ``party`` is to the recipient that each copy was made for.

    Raises:
        UsageRefused: ``input.*``.
        RegisterRefused: what the register or the naming refuses; nothing was entered.
    """
    register = office.open_register()
    copies = named_copies(office, register, order.naming, on_progress)
    _check_days(office, order)
    now = copies_now(register, copies)
    _check_moves(order.act, now)
    _check_follows(order.on, now)
    requests = [_request(order, copy) for copy in now]
    before(now)
    register.act_on_copies(requests)
    return ActReport(act=order.act, on=order.on, copies=copies_now(register, copies))


def report_lost(
    office: Office, order: ActOrder, *, on_progress: OnProgress = ignore_progress
) -> ActReport:
    """Enter the loss of copies and, where the order names no incident, one for each of them.

    Raises:
        UsageRefused: ``input.*``.
        RegisterRefused: what the register or the naming refuses.
    """
    register = office.open_register()
    copies = named_copies(office, register, order.naming, on_progress)
    _check_days(office, order)
    now = copies_now(register, copies)
    _check_moves(CopyAct.LOST, now)
    _check_follows(order.on, now)
    need(order.words, "reason")
    incidents = []
    requests = []
    for one in now:
        incident = order.incident
        if incident is None:
            incident = register.report_incident(
                IncidentRequest(
                    kind=IncidentKind.LOSS,
                    on=order.on,
                    actor=order.actor,
                    words={"subject": order.words["reason"], "party": one.holder},
                    level=one.level,
                    document_id=one.document,
                    copy=one.copy,
                )
            )
            incidents.append(incident)
        requests.append(
            CopyActRequest(
                document_id=one.document,
                copy=one.copy,
                act=CopyAct.LOST,
                on=order.on,
                actor=order.actor,
                words=order.words,
                incident=incident,
            )
        )
    register.act_on_copies(requests)
    return ActReport(
        act=CopyAct.LOST,
        on=order.on,
        copies=copies_now(register, copies),
        incidents=tuple(incidents),
    )


def spoil(
    office: Office,
    naming: Naming,
    *,
    actor: str,
    words: Mapping[str, str],
    on_progress: OnProgress = ignore_progress,
) -> tuple[CopyNow, ...]:
    """Enter that copies are spoiled and were destroyed at once; their numbers may be tried again.

    Args:
        office: where this is done.
        naming: which copies.
        actor: one of the two people.
        words: ``second_actor`` and ``reason``.
        on_progress: called for pages of scans.

    Raises:
        UsageRefused: ``input.needed``, ``input.two_people``.
        RegisterRefused: ``register.not_to_be_spoiled``, ``register.copy_not_here``.
    """
    register = office.open_register()
    copies = named_copies(office, register, naming, on_progress)
    need(words, "second_actor", "reason")
    register.record(
        tuple(
            CopyRecord(
                attempt_id=_last_attempt(register, copy).attempt_id,
                state=CopyState.SPOILED,
                actor=actor,
                words=words,
            )
            for copy in copies
        )
    )
    return copies_now(register, copies)


def copies_now(register: Register, copies: Iterable[NamedCopy]) -> tuple[CopyNow, ...]:
    """Where copies stand, in the order given.

    Raises:
        RegisterRefused: ``register.no_such_document``, ``register.no_such_copy``.
    """
    wanted = list(copies)
    known: dict[NamedCopy, CopyNow] = {}
    for document_id in dict.fromkeys(one.document_id for one in wanted):
        now = document_now(register, register.document(document_id))
        known |= {NamedCopy(one.document, one.copy): one for one in now}
    for one in wanted:
        if one not in known:
            raise RegisterRefused("register.no_such_copy", copy=one.number)
    return tuple(known[one] for one in wanted)


def document_now(register: Register, view: DocumentView) -> tuple[CopyNow, ...]:
    """Where every copy of a document stands, by number."""
    row = view.document
    recipients = {one.number: one.recipient for one in view.attempts}
    return tuple(
        CopyNow(
            document=row.document_id,
            agency=row.agency,
            number_sign=row.number_sign,
            dated=row.dated,
            level=row.level,
            direction=row.direction,
            copy=one.copy,
            of=row.copies,
            pages=row.pages,
            recipient=recipients.get(one.copy, ""),
            whereabouts=one.whereabouts,
            holder=one.holder,
            office=one.office,
            since=one.since,
            due=one.due,
        )
        for one in register.holdings(row.document_id)
    )


def check_day(office: Office, on: date) -> None:
    """See that what is entered did not happen in days to come.

    Raises:
        UsageRefused: ``input.act_to_come``.
    """
    if on > office.today():
        raise UsageRefused("input.act_to_come")


def need(words: Mapping[str, str], *names: str) -> None:
    """Refuse words that were left away.

    Raises:
        UsageRefused: ``input.needed``.
    """
    for name in names:
        if not words.get(name, "").strip():
            raise UsageRefused("input.needed", field=name)


def _check_days(office: Office, order: ActOrder) -> None:
    check_day(office, order.on)
    if order.due is not None and order.due < order.on:
        raise UsageRefused("input.not_before", first="--due", second="--on")


def _check_moves(act: CopyAct, now: Iterable[CopyNow]) -> None:
    """Refuse before anything is entered or made what the register would refuse afterwards."""
    for one in now:
        if one.whereabouts not in COPY_MOVES[act]:
            raise RegisterRefused(
                "register.wrong_act",
                act=act.value,
                copy=one.copy,
                whereabouts=one.whereabouts.value,
            )


def _check_follows(on: date, now: Iterable[CopyNow]) -> None:
    """See that an act comes neither before its document nor before what brought the copy there.

    A copy in the office may be there since the day it was entered, which says nothing of the paper.

    Raises:
        UsageRefused: ``input.not_before``.
        RegisterRefused: ``register.before_last_act``.
    """
    for one in now:
        if on < one.dated:
            raise UsageRefused("input.not_before", first="--on", second="--date")
        came = one.since if one.whereabouts is not Whereabouts.IN_OFFICE else None
        if came is not None and on < came:
            raise RegisterRefused("register.before_last_act", copy=one.copy, day=came.isoformat())


def _request(order: ActOrder, copy: CopyNow) -> CopyActRequest:
    words = dict(order.words)
    if order.act is CopyAct.HANDED_OVER and not words.get("party", "").strip():
        words["party"] = copy.recipient
    return CopyActRequest(
        document_id=copy.document,
        copy=copy.copy,
        act=order.act,
        on=order.on,
        actor=order.actor,
        words=words,
        abroad=order.abroad,
        due=order.due,
        incident=order.incident,
    )


def _last_attempt(register: Register, copy: NamedCopy) -> AttemptRow:
    """The last attempt at a copy, which left paper or a file.

    Raises:
        RegisterRefused: ``register.not_to_be_spoiled``.
    """
    attempts = [
        one for one in register.document(copy.document_id).attempts if one.number == copy.number
    ]
    if not attempts or attempts[-1].state not in _MADE_SOMEHOW:
        raise RegisterRefused("register.not_to_be_spoiled", copy=copy.number)
    return attempts[-1]

# SPDX-License-Identifier: Apache-2.0
"""What another register's events say in the clear: its documents, and acts in our own manner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bmnn_mark.register.events import (
    CopyMoved,
    CopyReserved,
    DocumentIssued,
    Happening,
    Leaf,
    type_of,
)
from bmnn_mark.register.keeping_events import (
    BackupBegun,
    FieldErased,
    KeysRotated,
    RegisterRestored,
)
from bmnn_mark.register.life import Direction, DocumentAct
from bmnn_mark.register.life_events import (
    CopyActed,
    CopyingPermitted,
    DocumentActed,
    DocumentReceived,
    IncidentClosed,
    IncidentReported,
    MeetingHeld,
)
from bmnn_mark.register.life_projection import Act


@dataclass(frozen=True, slots=True)
class Known:
    """A document of another register as its events leave it; empty where they did not say."""

    level: str = ""
    direction: str = ""


def foreign_acts(leaves: Iterable[Leaf], documents: dict[str, Known]) -> Iterator[Act]:
    """One act for each event; ``n`` is its number there.

    Args:
        leaves: events of the other register, in order.
        documents: what is known of its documents before them; brought up to date.
    """
    for leaf in leaves:
        act = _act(leaf, documents)
        _learn(leaf.what, documents)
        if act.document_id and not act.level:
            act = replace(act, level=documents.get(act.document_id, Known()).level)
        yield act


def _act(leaf: Leaf, documents: dict[str, Known]) -> Act:
    what = leaf.what
    plain = Act(n=leaf.n, act=type_of(what), day=leaf.at.date())
    match what:
        case DocumentIssued():
            return replace(
                plain,
                day=what.dated,
                document_id=what.document,
                level=what.level.value,
                kind=Direction.OUT.value,
                many=what.copies,
            )
        case DocumentReceived():
            return replace(
                plain,
                day=what.arrived,
                document_id=what.document,
                level=what.level.value,
                kind=Direction.IN.value,
                many=len(what.numbers),
            )
        case CopyReserved() | CopyMoved():
            return _attempt_act(plain, what)
        case CopyingPermitted():
            return replace(
                plain,
                day=what.on,
                document_id=what.of,
                copy=what.of_copy,
                level=what.level.value,
                kind=what.kind.value,
                many=what.copies,
            )
    return _life_act(plain, what, documents)


def _attempt_act(plain: Act, what: CopyReserved | CopyMoved) -> Act:
    if isinstance(what, CopyMoved):
        return plain
    return replace(plain, document_id=what.document, copy=what.copy)


def _life_act(plain: Act, what: Happening, documents: dict[str, Known]) -> Act:
    match what:
        case CopyActed():
            known = documents.get(what.document, Known())
            return replace(
                plain,
                day=what.on,
                document_id=what.document,
                copy=what.copy,
                level=known.level,
                kind=known.direction,
                abroad=what.abroad,
            )
        case DocumentActed():
            known = documents.get(what.document, Known())
            return replace(
                plain,
                day=what.on,
                document_id=what.document,
                level=what.level_before.value,
                kind=known.direction,
            )
        case IncidentReported():
            return replace(
                plain,
                day=what.on,
                document_id=what.document or "",
                copy=what.copy or 0,
                level="" if what.level is None else what.level.value,
                kind=what.kind.value,
            )
        case IncidentClosed() | KeysRotated() | FieldErased() | BackupBegun() | RegisterRestored():
            return replace(plain, day=what.on)
        case MeetingHeld():
            return replace(plain, day=what.on, level=what.level.value, abroad=what.foreign)
    return plain


def _learn(what: Happening, documents: dict[str, Known]) -> None:
    match what:
        case DocumentIssued():
            documents[what.document] = Known(what.level.value, Direction.OUT.value)
        case DocumentReceived():
            documents[what.document] = Known(what.level.value, Direction.IN.value)
        case CopyingPermitted():
            documents[what.document] = Known(what.level.value, Direction.COPY.value)
        case DocumentActed(act=DocumentAct.RELEVELLED):
            before = documents.get(what.document, Known())
            documents[what.document] = replace(before, level=what.level.value)

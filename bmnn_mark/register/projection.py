# SPDX-License-Identifier: Apache-2.0
"""From events to the tables that are asked: the only writer of the projections."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, Table, bindparam, insert, update

from bmnn_mark.register.events import (
    MOVES,
    CopyMoved,
    CopyReserved,
    DocumentIssued,
    Happening,
    RuleConfirmed,
    RuleWithdrawn,
)
from bmnn_mark.register.host_events import HostEvent
from bmnn_mark.register.host_projection import project_host
from bmnn_mark.register.journal_events import JournalEvent
from bmnn_mark.register.journal_projection import project_journal
from bmnn_mark.register.keeping_events import KeepingEvent
from bmnn_mark.register.keeping_projection import project_keeping
from bmnn_mark.register.life import Direction, Standing, Whereabouts
from bmnn_mark.register.life_events import CopyingPermitted, DocumentReceived, LifeEvent
from bmnn_mark.register.life_projection import (
    Act,
    ProjectionError,
    hold,
    move_holdings,
    project_life,
)
from bmnn_mark.register.person_events import PersonEvent
from bmnn_mark.register.person_projection import project_person
from bmnn_mark.register.port import CopyState, DocumentIdentity
from bmnn_mark.register.schema import KEPT, Projections
from bmnn_mark.register.sealing import Value, blind_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event with what is sealed in it.

    ``fields`` holds the sealed values; reading back, only those of documents are needed.
    """

    n: int
    what: Happening
    fields: Mapping[str, Value]


def identity_index(key: bytes, identity: DocumentIdentity) -> bytes:
    """What makes a document the same one: case, blanks and Unicode form make no difference."""
    return blind_index(
        key,
        "identity",
        [_folded(identity.agency), _folded(identity.number_sign), identity.dated.isoformat()],
    )


def received_index(key: bytes, identity: DocumentIdentity) -> bytes:
    """What makes a received document the same one; apart from those issued here."""
    return blind_index(
        key,
        "received",
        [_folded(identity.agency), _folded(identity.number_sign), identity.dated.isoformat()],
    )


def file_index(key: bytes, sha256: str) -> bytes:
    """What tells that two documents came from one file."""
    return blind_index(key, "file", sha256.lower())


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def project(
    connection: Connection,
    entries: Iterable[Entry],
    blind_key: bytes,
    into: Projections = KEPT,
) -> None:
    """Bring projections up to date with ``entries``, in their order.

    Raises:
        ProjectionError: a step that its attempt's state does not allow, a document unknown.
        IntegrityError: the database's: a number, an identity or an id is there already.
    """
    for kind, group in groupby(entries, key=lambda entry: type(entry.what)):
        run = list(group)
        if kind is DocumentIssued:
            for entry in run:
                _project_document(connection, entry, blind_key, into)
        elif kind is CopyReserved:
            _project_reserved(connection, run, into)
        elif kind is CopyMoved:
            _project_moves(connection, run, into)
        elif kind in {RuleConfirmed, RuleWithdrawn}:
            connection.execute(insert(into.rules), [_rule_row(entry) for entry in run])
        else:
            for entry in run:
                _project_life(connection, entry, blind_key, into)


def _project_life(
    connection: Connection, entry: Entry, blind_key: bytes, into: Projections
) -> None:
    what = entry.what
    if isinstance(what, DocumentReceived | CopyingPermitted):
        row = _entered_row(entry, what, blind_key)
        connection.execute(insert(into.documents), row)
    if isinstance(what, LifeEvent):
        project_life(connection, entry.n, what, into)
    if isinstance(what, KeepingEvent):
        project_keeping(connection, entry.n, what, into)
    if isinstance(what, JournalEvent):
        project_journal(connection, entry.n, what, into)
    if isinstance(what, PersonEvent):
        project_person(connection, entry.n, what, into.acts)
    if isinstance(what, HostEvent):
        project_host(connection, entry.n, what, into.acts)


def _entered_row(
    entry: Entry, what: DocumentReceived | CopyingPermitted, blind_key: bytes
) -> dict[str, object]:
    """The row of a document that was not issued here, or of a series of copies."""
    source = entry.fields.get("source")
    row: dict[str, object] = {
        "document_id": what.document,
        "issued": entry.n,
        "file_index": file_index(blind_key, source) if isinstance(source, str) else b"",
        "level": what.level.value,
        "dated": what.dated.isoformat(),
        "standing": Standing.IN_FORCE.value,
        "term": "",
    }
    if isinstance(what, CopyingPermitted):
        series = blind_index(blind_key, "copying", what.document)
        return row | {
            "identity_index": series,
            "copies": what.copies,
            "direction": Direction.COPY.value,
            "parent": what.of,
            "arrival": None,
        }
    identity = identity_of(what, entry.fields)
    return row | {
        "identity_index": received_index(blind_key, identity),
        "copies": len(what.numbers),
        "direction": Direction.IN.value,
        "parent": "",
        "arrival": f"{what.arrived.year}/{what.number}",
    }


def _project_document(
    connection: Connection, entry: Entry, blind_key: bytes, into: Projections
) -> None:
    what = entry.what
    assert isinstance(what, DocumentIssued)
    row = {
        "document_id": what.document,
        "issued": entry.n,
        "identity_index": identity_index(blind_key, identity_of(what, entry.fields)),
        "file_index": file_index(blind_key, text_of(entry.fields, "source")),
        "level": what.level.value,
        "dated": what.dated.isoformat(),
        "copies": what.copies,
        "direction": Direction.OUT.value,
        "standing": Standing.IN_FORCE.value,
        "term": "",
        "parent": "",
        "arrival": None,
    }
    issued = Act(
        n=entry.n,
        act=DocumentIssued.TYPE,
        day=what.dated,
        document_id=what.document,
        level=what.level.value,
        kind=Direction.OUT.value,
        many=what.copies,
    ).row()
    if not what.again:
        connection.execute(insert(into.documents), row)
        connection.execute(insert(into.acts), issued)
        return
    documents, acts = into.documents.c, into.acts.c
    same = documents.document_id == what.document
    identity = documents.identity_index == row["identity_index"]
    if connection.execute(update(into.documents).where(same, identity).values(row)).rowcount != 1:
        raise ProjectionError
    first = (acts.document_id == what.document) & (acts.act == DocumentIssued.TYPE)
    connection.execute(update(into.acts).where(first).values(issued))


#: States in which there is a copy, on paper or in a file.
MADE = frozenset({CopyState.PRINTED, CopyState.EXPORTED})


def _holding_step(what: CopyMoved, n: int) -> dict[str, object] | None:
    """What a step means for the copy's whereabouts; None where it means nothing."""
    if what.state in MADE:
        before, after = Whereabouts.NOT_MADE, Whereabouts.IN_OFFICE
    elif what.before in MADE:
        before, after = Whereabouts.IN_OFFICE, Whereabouts.NOT_MADE
    else:
        return None
    return {"of": what.attempt_id, "from_": before.value, "to": after.value, "by": n}


def _project_moves(connection: Connection, run: Sequence[Entry], into: Projections) -> None:
    """Move attempts on; within one statement, so each attempt at most once."""
    rows: dict[str, dict[str, object]] = {}
    steps: list[dict[str, object]] = []
    for entry in run:
        what = entry.what
        assert isinstance(what, CopyMoved)
        if what.state not in MOVES[what.before]:
            raise ProjectionError
        if what.attempt_id in rows:
            _move(connection, rows.values(), into.attempts)
            move_holdings(connection, steps, into)
            rows.clear()
            steps.clear()
        rows[what.attempt_id] = {
            "of": what.attempt_id,
            "before": what.before.value,
            "after": what.state.value,
            "by": entry.n,
        }
        if step := _holding_step(what, entry.n):
            steps.append(step)
    _move(connection, rows.values(), into.attempts)
    move_holdings(connection, steps, into)


def _move(connection: Connection, rows: Collection[dict[str, object]], attempts: Table) -> None:
    moved = connection.execute(
        update(attempts)
        .where(attempts.c.attempt_id == bindparam("of"), attempts.c.state == bindparam("before"))
        .values(state=bindparam("after"), changed=bindparam("by")),
        list(rows),
    )
    if moved.rowcount != len(rows):
        raise ProjectionError


def _project_reserved(connection: Connection, run: Sequence[Entry], into: Projections) -> None:
    connection.execute(insert(into.attempts), _reserved_rows(run))
    begun = (
        (entry.n, entry.what.document, entry.what.copy)
        for entry in run
        if isinstance(entry.what, CopyReserved) and entry.what.attempt == 1
    )
    hold(connection, begun, Whereabouts.NOT_MADE, into)


def _reserved_rows(run: Sequence[Entry]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for entry in run:
        what = entry.what
        assert isinstance(what, CopyReserved)
        rows.append(
            {
                "attempt_id": what.attempt_id,
                "document_id": what.document,
                "copy": what.copy,
                "attempt": what.attempt,
                "state": CopyState.RESERVED.value,
                "position": entry.n + 1,
                "issued": what.issued,
                "reference": what.reference,
                "changed": entry.n,
            }
        )
    return rows


def _rule_row(entry: Entry) -> dict[str, object]:
    what = entry.what
    assert isinstance(what, RuleConfirmed | RuleWithdrawn)
    return {
        "n": entry.n,
        "pack": what.pack or "",
        "figure": what.figure or "",
        "confirmed": int(isinstance(what, RuleConfirmed)),
        "overlay": what.overlay or "",
    }


def identity_of(
    what: DocumentIssued | DocumentReceived | CopyingPermitted, fields: Mapping[str, Value]
) -> DocumentIdentity:
    """The document's identity, from the event that entered it.

    Raises:
        ProjectionError: the sealed fields hold none.
    """
    identity = fields.get("identity")
    if not isinstance(identity, dict):
        raise ProjectionError
    return DocumentIdentity(
        agency=text_of(identity, "agency"),
        number_sign=text_of(identity, "number_sign"),
        dated=what.dated,
    )


def text_of(fields: Mapping[str, Value], name: str) -> str:
    """A sealed field that is text.

    Raises:
        ProjectionError: there is none.
    """
    value = fields.get(name)
    if not isinstance(value, str):
        raise ProjectionError
    return value

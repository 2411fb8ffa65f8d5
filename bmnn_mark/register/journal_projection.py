# SPDX-License-Identifier: Apache-2.0
"""From journals of other registers to the tables that are asked.

A journal follows from the one before it exactly where that one ended, root for root. Its events
are taken at their word: they are another register's, which vouches for them by its signature.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select, update

from bmnn_mark.register.events import Leaf, canonical, decode_leaf
from bmnn_mark.register.foreign_acts import Known, foreign_acts
from bmnn_mark.register.journal_events import (
    JournalEvent,
    JournalImported,
    JournalIssued,
    RegisterTrusted,
    TraceKeyExported,
    TraceKeyImported,
)
from bmnn_mark.register.life_projection import Act, ProjectionError
from bmnn_mark.register.schema import Projections
from bmnn_mark.register.tree import GrowingTree, fold, leaf_hash

#: Documents asked for in one statement.
_ASKED = 500


def project_journal(connection: Connection, n: int, what: JournalEvent, into: Projections) -> None:
    """Bring the projections up to date with one event.

    Raises:
        ProjectionError: it does not follow from those before it.
    """
    match what:
        case JournalIssued():
            row = {"n": n, "register": "", "start": what.start, "size": what.size}
            connection.execute(insert(into.journals), row)
        case RegisterTrusted():
            connection.execute(insert(into.foreign_registers), _trusted_row(n, what))
        case JournalImported():
            _imported(connection, n, what, into)
        case TraceKeyImported():
            key = {"n": n, "register": what.register, "trace_key": what.trace_key}
            connection.execute(insert(into.foreign_keys), key)
        case TraceKeyExported():
            pass  # no table says who has our keys: the event does


def _trusted_row(n: int, what: RegisterTrusted) -> dict[str, object]:
    return {
        "register": what.register,
        "trusted": n,
        "public_key": what.public_key,
        "start": what.start,
        "size": what.start,
        "root": what.root,
        "at": "",
    }


def _imported(connection: Connection, n: int, what: JournalImported, into: Projections) -> None:
    registers = into.foreign_registers.c
    before, after = _roots(what)
    if after != what.root:
        raise ProjectionError
    followed = connection.execute(
        update(into.foreign_registers)
        .where(
            registers.register == what.register,
            registers.size == what.start,
            registers.root == before,
        )
        .values(size=what.size, root=what.root, at=what.at)
    )
    if followed.rowcount != 1:
        raise ProjectionError
    row = {"n": n, "register": what.register, "start": what.start, "size": what.size}
    connection.execute(insert(into.journals), row)
    _told(connection, n, what, into)


def _roots(what: JournalImported) -> tuple[str, str]:
    """Roots of the tree before and after the journal's events.

    Raises:
        ProjectionError: it has not as many events, or peaks, as it says.
    """
    try:
        peaks = [bytes.fromhex(peak) for peak in what.peaks]
        tree = GrowingTree(what.start, peaks)
    except ValueError:
        raise ProjectionError from None
    if not 0 < len(what.leaves) == what.size - what.start:
        raise ProjectionError
    for leaf in what.leaves:
        tree.append(leaf_hash(canonical(leaf)))
    return fold(peaks).hex(), tree.root().hex()


def _told(connection: Connection, n: int, what: JournalImported, into: Projections) -> None:
    try:
        leaves = [decode_leaf(canonical(leaf)) for leaf in what.leaves]
    except ValueError:
        raise ProjectionError from None
    known = _documents(connection, what.register, leaves, into)
    before = dict(known)
    rows = [_act_row(n, what.register, act) for act in foreign_acts(leaves, known)]
    connection.execute(insert(into.foreign_acts), rows)
    changed = {document: now for document, now in known.items() if before.get(document) != now}
    for document, now in changed.items():
        values = {"n": n, "level": now.level, "direction": now.direction}
        documents = into.foreign_documents.c
        same = (documents.register == what.register) & (documents.document_id == document)
        statement = (
            update(into.foreign_documents).where(same)
            if document in before
            else insert(into.foreign_documents)
        )
        name = {"register": what.register, "document_id": document}
        new = {} if document in before else name
        connection.execute(statement.values(values | new))


def _documents(
    connection: Connection, register: str, leaves: Iterable[Leaf], into: Projections
) -> dict[str, Known]:
    """What is known of the other register's documents that its events name."""
    named = sorted({str(getattr(leaf.what, "document", None) or "") for leaf in leaves} - {""})
    documents, known = into.foreign_documents, {}
    for first in range(0, len(named), _ASKED):
        rows = connection.execute(
            select(documents).where(
                documents.c.register == register,
                documents.c.document_id.in_(named[first : first + _ASKED]),
            )
        )
        known.update({row.document_id: Known(row.level, row.direction) for row in rows})
    return known


def _act_row(n: int, register: str, act: Act) -> dict[str, object]:
    row = act.row() | {"register": register, "number": act.n, "n": n}
    del row["waiting"]
    return row

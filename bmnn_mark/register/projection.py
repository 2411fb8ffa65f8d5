# SPDX-License-Identifier: Apache-2.0
"""From events to the tables that are asked: the only writer of ``documents`` and ``attempts``."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, bindparam, insert, update

from bmnn_mark.register.events import (
    CopyMoved,
    CopyReserved,
    DocumentIssued,
    Happening,
)
from bmnn_mark.register.port import CopyState, DocumentIdentity
from bmnn_mark.register.schema import attempts, documents
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


def file_index(key: bytes, sha256: str) -> bytes:
    """What tells that two documents came from one file."""
    return blind_index(key, "file", sha256.lower())


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def project(connection: Connection, entries: Iterable[Entry], blind_key: bytes) -> None:
    """Bring the projections up to date with ``entries``, in their order."""
    for kind, group in groupby(entries, key=lambda entry: type(entry.what)):
        run = list(group)
        if kind is DocumentIssued:
            for entry in run:
                _project_document(connection, entry, blind_key)
        elif kind is CopyReserved:
            connection.execute(insert(attempts), _reserved_rows(run))
        elif kind is CopyMoved:
            connection.execute(
                update(attempts).where(attempts.c.attempt_id == bindparam("of")), _moved_rows(run)
            )


def _project_document(connection: Connection, entry: Entry, blind_key: bytes) -> None:
    what = entry.what
    assert isinstance(what, DocumentIssued)
    row = {
        "document_id": what.document,
        "issued": entry.n,
        "identity_index": identity_index(blind_key, identity_of(what, entry.fields)),
        "file_index": file_index(blind_key, text_of(entry.fields, "source")),
        "level": what.level.value,
        "dated": what.dated,
        "copies": what.copies,
    }
    if what.again:
        connection.execute(
            update(documents).where(documents.c.document_id == what.document).values(row)
        )
    else:
        connection.execute(insert(documents), row)


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


def _moved_rows(run: Sequence[Entry]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for entry in run:
        what = entry.what
        assert isinstance(what, CopyMoved)
        rows.append({"of": what.attempt_id, "state": what.state.value, "changed": entry.n})
    return rows


def identity_of(what: DocumentIssued, fields: Mapping[str, Value]) -> DocumentIdentity:
    """The document's identity, from the event that entered it."""
    identity = fields["identity"]
    assert isinstance(identity, dict)
    return DocumentIdentity(
        agency=text_of(identity, "agency"),
        number_sign=text_of(identity, "number_sign"),
        dated=what.dated,
    )


def text_of(fields: Mapping[str, Value], name: str) -> str:
    """A sealed field that is text."""
    value = fields[name]
    assert isinstance(value, str)
    return value

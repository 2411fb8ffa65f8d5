# SPDX-License-Identifier: Apache-2.0
"""The tables of a register.

``events``, ``sealed``, ``nodes`` and ``heads`` only grow; triggers refuse to change or delete a
row. ``record_keys`` may change: that is how keys rotate and a field is forgotten. ``documents``
and ``attempts`` are projections, made from the events and able to be made again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

ledger = MetaData()
projected = MetaData()
#: The projections once more, as temporary tables: what a full check compares with.
beside = MetaData()

events = Table(
    "events",
    ledger,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
)
sealed = Table(
    "sealed",
    ledger,
    Column("n", ForeignKey(events.c.n), primary_key=True, autoincrement=False),
    Column("boxes", LargeBinary, nullable=False),
)
record_keys = Table(
    "record_keys",
    ledger,
    Column("n", ForeignKey(events.c.n), primary_key=True, autoincrement=False),
    Column("master", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)
nodes = Table(
    "nodes",
    ledger,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
heads = Table(
    "heads",
    ledger,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("at", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
documents = Table(
    "documents",
    projected,
    Column("document_id", Text, primary_key=True),
    Column("issued", Integer, nullable=False, unique=True),
    Column("identity_index", LargeBinary, nullable=False, unique=True),
    Column("file_index", LargeBinary, nullable=False, index=True),
    Column("level", Text, nullable=False),
    Column("dated", Date, nullable=False),
    Column("copies", Integer, nullable=False),
)
attempts = Table(
    "attempts",
    projected,
    Column("attempt_id", Text, primary_key=True),
    Column("document_id", Text, nullable=False),
    Column("copy", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("position", Integer, nullable=False, unique=True),
    Column("issued", Integer, nullable=False),
    Column("reference", Integer, nullable=False, unique=True),
    Column("changed", Integer, nullable=False),
    UniqueConstraint("document_id", "copy", "attempt"),
)
#: One live attempt per copy: the database holds it, not the program.
Index(
    "one_live_attempt",
    attempts.c.document_id,
    attempts.c.copy,
    unique=True,
    sqlite_where=attempts.c.state.not_in(("void", "spoiled")),
    postgresql_where=attempts.c.state.not_in(("void", "spoiled")),
)
Index(
    "open_attempts",
    attempts.c.state,
    sqlite_where=attempts.c.state.not_in(("void", "spoiled", "exported", "printed")),
    postgresql_where=attempts.c.state.not_in(("void", "spoiled", "exported", "printed")),
)


@dataclass(frozen=True, slots=True)
class Projections:
    """One set of the tables that are made from events."""

    documents: Table
    attempts: Table


KEPT = Projections(documents, attempts)
BESIDE = Projections(
    documents.to_metadata(beside, schema="temp", name="documents_beside"),
    attempts.to_metadata(beside, schema="temp", name="attempts_beside"),
)

# SPDX-License-Identifier: Apache-2.0
"""The tables of a register.

``events``, ``sealed``, ``nodes`` and ``heads`` only grow; triggers refuse to change or delete a
row. ``record_keys`` may change: that is how keys rotate and a field is forgotten. The other tables
are projections, made from the events and able to be made again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Blob(TypeDecorator[bytes]):
    """Bytes. SQLite lets who edits the file put anything anywhere: another type reads as empty."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: object, dialect: Dialect) -> bytes:
        """The value if it is bytes, else none at all, which no check accepts."""
        return value if isinstance(value, bytes) else b""


class Line(TypeDecorator[str]):
    """Text; another type reads as empty."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: object, dialect: Dialect) -> str:
        """The value if it is text, else an empty one."""
        return value if isinstance(value, str) else ""


#: 64 bits in either engine; SQLite wants the other name for a key that is the row's own number.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


class Whole(TypeDecorator[int]):
    """A whole number; another type reads as -1."""

    impl = _NUMBER
    cache_ok = True

    def process_result_value(self, value: object, dialect: Dialect) -> int:
        """The value if it is a whole number, else -1."""
        return value if isinstance(value, int) else -1


ledger = MetaData()
projected = MetaData()
#: The projections once more, as temporary tables: what a full check compares with.
beside = MetaData()

events = Table(
    "events",
    ledger,
    Column("n", _NUMBER, primary_key=True, autoincrement=False),
    Column("leaf", Blob, nullable=False),
    Column("leaf_hash", Blob, nullable=False),
)
sealed = Table(
    "sealed",
    ledger,
    Column("n", ForeignKey(events.c.n), primary_key=True, autoincrement=False),
    Column("boxes", Blob, nullable=False),
)
record_keys = Table(
    "record_keys",
    ledger,
    Column("n", ForeignKey(events.c.n), primary_key=True, autoincrement=False),
    Column("master", Whole, nullable=False),
    Column("wrapped", Blob, nullable=False),
)
nodes = Table(
    "nodes",
    ledger,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("hash", Blob, nullable=False),
)
heads = Table(
    "heads",
    ledger,
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("root", Blob, nullable=False),
    Column("at", Line, nullable=False),
    Column("signature", Blob, nullable=False),
)
documents = Table(
    "documents",
    projected,
    Column("document_id", Line, primary_key=True),
    Column("issued", Whole, nullable=False, unique=True),
    Column("identity_index", Blob, nullable=False, unique=True),
    Column("file_index", Blob, nullable=False, index=True),
    Column("level", Line, nullable=False),
    Column("dated", Line, nullable=False),
    Column("copies", Whole, nullable=False),
    Column("direction", Line, nullable=False),
    Column("standing", Line, nullable=False),
    Column("term", Line, nullable=False),
    Column("parent", Line, nullable=False, index=True),
    Column("arrival", Line, unique=True),
)
attempts = Table(
    "attempts",
    projected,
    Column("attempt_id", Line, primary_key=True),
    Column("document_id", Line, nullable=False),
    Column("copy", Whole, nullable=False),
    Column("attempt", Whole, nullable=False),
    Column("state", Line, nullable=False),
    Column("position", Whole, nullable=False, unique=True),
    Column("issued", Whole, nullable=False),
    Column("reference", Whole, nullable=False, unique=True),
    Column("changed", Whole, nullable=False),
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
#: Where each copy is; ``holder`` and ``seen`` are events, 0 where there is none.
holdings = Table(
    "holdings",
    projected,
    Column("document_id", Line, primary_key=True),
    Column("copy", Whole, primary_key=True, autoincrement=False),
    Column("whereabouts", Line, nullable=False),
    Column("holder", Whole, nullable=False),
    Column("since", Whole, nullable=False),
    Column("due", Line, nullable=False),
    Column("seen", Whole, nullable=False),
)
#: One row for each act that the year's figures count. ``scope`` is home, abroad or empty; ``kind``
#: is the direction, kind of copy or kind of incident; ``waiting`` is 1 until an incident is closed.
#: For what the host's guard told, ``kind`` is the part of its journal, ``copy`` the number in it.
acts = Table(
    "acts",
    projected,
    Column("n", Whole, primary_key=True, autoincrement=False),
    Column("act", Line, nullable=False),
    Column("day", Line, nullable=False, index=True),
    Column("document_id", Line, nullable=False, index=True),
    Column("copy", Whole, nullable=False),
    Column("level", Line, nullable=False),
    Column("kind", Line, nullable=False),
    Column("scope", Line, nullable=False),
    Column("many", Whole, nullable=False),
    Column("waiting", Whole, nullable=False),
)
#: What was confirmed of the rules and taken back; ``overlay`` is empty where no file is left.
rules = Table(
    "rules",
    projected,
    Column("n", Whole, primary_key=True, autoincrement=False),
    Column("pack", Line, nullable=False),
    Column("figure", Line, nullable=False),
    Column("confirmed", Whole, nullable=False),
    Column("overlay", Line, nullable=False),
)
#: Events written out for another register (``register`` is empty) and taken in from one.
journals = Table(
    "journals",
    projected,
    Column("n", Whole, primary_key=True, autoincrement=False),
    Column("register", Line, nullable=False, index=True),
    Column("start", Whole, nullable=False),
    Column("size", Whole, nullable=False),
)
#: Other registers that are followed: from which event, up to which, and since when by their clock.
foreign_registers = Table(
    "foreign_registers",
    projected,
    Column("register", Line, primary_key=True),
    Column("trusted", Whole, nullable=False),
    Column("public_key", Line, nullable=False),
    Column("start", Whole, nullable=False),
    Column("size", Whole, nullable=False),
    Column("root", Line, nullable=False),
    Column("at", Line, nullable=False),
)
#: Documents of other registers and what they are now, as far as their events say.
foreign_documents = Table(
    "foreign_documents",
    projected,
    Column("register", Line, primary_key=True),
    Column("document_id", Line, primary_key=True),
    Column("n", Whole, nullable=False),
    Column("level", Line, nullable=False),
    Column("direction", Line, nullable=False),
)
#: What other registers' events say in the clear, in the manner of ``acts``.
foreign_acts = Table(
    "foreign_acts",
    projected,
    Column("register", Line, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("n", Whole, nullable=False),
    Column("act", Line, nullable=False),
    Column("day", Line, nullable=False, index=True),
    Column("document_id", Line, nullable=False),
    Column("copy", Whole, nullable=False),
    Column("level", Line, nullable=False),
    Column("kind", Line, nullable=False),
    Column("scope", Line, nullable=False),
    Column("many", Whole, nullable=False),
)
#: Trace keys of other registers.
foreign_keys = Table(
    "foreign_keys",
    projected,
    Column("n", Whole, primary_key=True, autoincrement=False),
    Column("register", Line, nullable=False),
    Column("trace_key", Line, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class Projections:
    """One set of the tables that are made from events."""

    documents: Table
    attempts: Table
    rules: Table
    holdings: Table
    acts: Table
    journals: Table
    foreign_registers: Table
    foreign_documents: Table
    foreign_acts: Table
    foreign_keys: Table


_ALL = (
    documents,
    attempts,
    rules,
    holdings,
    acts,
    journals,
    foreign_registers,
    foreign_documents,
    foreign_acts,
    foreign_keys,
)
KEPT = Projections(*_ALL)
BESIDE = Projections(
    *(table.to_metadata(beside, schema="temp", name=f"{table.name}_beside") for table in _ALL)
)

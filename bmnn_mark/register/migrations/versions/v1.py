# SPDX-License-Identifier: Apache-2.0
"""The events, what is sealed of them, their tree and its signed heads."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Of tables whose rows are never changed or deleted, what tells a row that is out of order. In
#: SQLite ``INSERT OR REPLACE`` would else go around the trigger on deleting.
_GROW_ONLY = {
    "events": "NEW.n <> (SELECT coalesce(max(n), -1) + 1 FROM {events})",
    "sealed": "EXISTS (SELECT 1 FROM {sealed} WHERE n = NEW.n)",
    "nodes": "NEW.number <> (SELECT coalesce(max(number), -1) + 1 FROM {nodes})",
    "heads": "NEW.size <= (SELECT coalesce(max(size), 0) FROM {heads})",
}
_REFUSAL = "this table only grows"


def upgrade() -> None:
    """Make the tables and what keeps them from being changed."""
    op.create_table(
        "events",
        _key("n"),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "sealed",
        _key("n", sa.ForeignKey("events.n")),
        sa.Column("boxes", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "record_keys",
        _key("n", sa.ForeignKey("events.n")),
        sa.Column("master", _NUMBER, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table("nodes", _key("number"), sa.Column("hash", sa.LargeBinary, nullable=False))
    op.create_table(
        "heads",
        _key("size"),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
    )
    triggers = _in_sqlite if op.get_bind().dialect.name == "sqlite" else _in_postgresql
    for table, wrong in _GROW_ONLY.items():
        for statement in triggers(table, wrong):
            op.get_bind().exec_driver_sql(statement)


def _key(name: str, *more: sa.ForeignKey) -> sa.Column[int]:
    return sa.Column(name, _NUMBER, *more, primary_key=True, autoincrement=False)


def _in_sqlite(table: str, wrong: str) -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for act in ("UPDATE", "DELETE"):
        yield f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {refuse}"
    asked = wrong.format_map({table: table})
    yield f"CREATE TRIGGER {table}_in_order BEFORE INSERT ON {table} WHEN {asked} {refuse}"


def _in_postgresql(table: str, wrong: str) -> Iterator[str]:
    """The same also against TRUNCATE, for the tables' owner, and where replication plays rows in.

    The functions name the schema: whoever calls them may look for tables elsewhere first.
    """
    refuse = f"RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = '{_REFUSAL}';"
    asked = wrong.format_map({table: f"bmnn_mark.{table}"})
    bodies = {
        "only_grows": refuse,
        "in_order": f"IF {asked} THEN {refuse} END IF; RETURN NEW;",
    }
    fired = {
        "only_grows": "BEFORE UPDATE OR DELETE OR TRUNCATE ON {} FOR EACH STATEMENT",
        "in_order": "BEFORE INSERT ON {} FOR EACH ROW",
    }
    for name, body in bodies.items():
        call = f"{table}_{name}"
        yield (
            f"CREATE FUNCTION {call}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
        )
        yield f"CREATE TRIGGER {call} {fired[name].format(table)} EXECUTE FUNCTION {call}()"
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {call}"

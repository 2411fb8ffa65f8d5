# SPDX-License-Identifier: Apache-2.0
"""The SQLite file under a register: how it is made, opened and locked.

Journal mode DELETE with synchronous EXTRA: one file that can be read anywhere, and a commit that
has returned survives a power cut, its journal's removal included. Numbers on paper cannot be taken
back, so a commit must not be either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from bmnn_mark.errors import Fault, RegisterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.register import schema

APPLICATION_ID = 0x424D4E4D  # "BMNM"
SCHEMA_VERSION = 2
#: Versions of files that this program can bring to its own.
_OLDER = frozenset({1})
BUSY_SECONDS = 10
_WRITING = "bmnn_writing"

#: Tables whose rows are never changed or deleted, and what tells a row that is there already:
#: ``INSERT OR REPLACE`` would else go around the delete trigger.
_GROW_ONLY = {
    "events": "NEW.n <> (SELECT coalesce(max(n), -1) + 1 FROM events)",
    "sealed": "EXISTS (SELECT 1 FROM sealed WHERE n = NEW.n)",
    "nodes": "NEW.number <> (SELECT coalesce(max(number), -1) + 1 FROM nodes)",
    "heads": "NEW.size <= (SELECT coalesce(max(size), 0) FROM heads)",
}


def sqlite_path(url: str) -> Path:
    """The file that a register's URL names.

    Raises:
        RegisterRefused: ``register.password_in_url``, ``register.url_wrong``.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise RegisterRefused("register.url_wrong") from error
    if parsed.password is not None:
        raise RegisterRefused("register.password_in_url")
    if "?" in url:  # what follows would be cut off, and the register lie in another place
        raise RegisterRefused("register.url_wrong")
    named = parsed.drivername in {"sqlite", "sqlite+pysqlite"} and parsed.database
    if not named or parsed.host or str(parsed.database).startswith((":", "file:")):
        raise RegisterRefused("register.url_wrong")
    return Path(str(parsed.database)).absolute()


def engine_for(path: Path) -> Engine:
    """The engine of a register's file; each connection is a fresh one, so processes may fork."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in (
        "journal_mode = DELETE",
        "synchronous = EXTRA",
        "foreign_keys = ON",
        "cache_size = -65536",  # KiB; the rows of 9,999 copies stay in memory until the commit
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the register.

    Raises:
        RegisterRefused: ``register.busy``, ``register.damaged``.
    """
    with _named_failures(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """The one transaction at a time that may write; committed and on the disk when left.

    Raises:
        RegisterRefused: ``register.busy``, ``register.damaged``.
        Fault: ``register.constraint``: a table's own rule refused a row.
    """
    with (
        _named_failures(),
        engine.connect().execution_options(**{_WRITING: True}) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _named_failures() -> Iterator[None]:
    """Turn the database's failures into ours; theirs would show rows."""
    try:
        yield
    except IntegrityError:
        raise Fault("register.constraint") from None
    except OperationalError as error:
        busy = getattr(error.orig, "sqlite_errorname", "").startswith(
            ("SQLITE_BUSY", "SQLITE_LOCKED")
        )
        raise RegisterRefused("register.busy" if busy else "register.damaged") from None
    except SQLAlchemyError:
        raise RegisterRefused("register.damaged") from None


def create_file(path: Path) -> None:
    """Make an empty file for a register, mode 0600.

    Raises:
        RegisterRefused: ``register.exists``, ``register.unwritable``.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        raise RegisterRefused("register.exists") from error
    except OSError as error:
        raise RegisterRefused("register.unwritable", reason=os_reason(error)) from error


def create_tables(connection: Connection) -> None:
    """Make all tables and triggers in an empty file."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
    schema.ledger.create_all(connection)
    schema.projected.create_all(connection)
    for table, taken in _GROW_ONLY.items():
        refuse = "BEGIN SELECT RAISE(ABORT, 'this table only grows'); END"
        for act in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {refuse}"
            )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_in_order BEFORE INSERT ON {table} WHEN {taken} {refuse}"
        )


def check_format(connection: Connection) -> None:
    """Refuse a file that is not a register, or one of a later program.

    Raises:
        RegisterRefused: ``register.not_a_register``, ``register.newer_format``.
    """
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if application != APPLICATION_ID:
        raise RegisterRefused("register.not_a_register")
    if _version(connection) not in {SCHEMA_VERSION, *_OLDER}:
        raise RegisterRefused("register.newer_format")


def bring_up(engine: Engine) -> None:
    """Give a file of an earlier program the tables it lacks; they are made from no event of its.

    Raises:
        RegisterRefused: ``register.busy``, ``register.damaged``.
    """
    with reading(engine) as connection:
        if _version(connection) == SCHEMA_VERSION:
            return
    with writing(engine) as connection:
        schema.projected.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _version(connection: Connection) -> int:
    found: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    return found

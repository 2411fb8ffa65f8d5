# SPDX-License-Identifier: Apache-2.0
"""A register in an SQLite file: how it is made, opened and locked.

Journal mode DELETE with synchronous EXTRA: one file that can be read anywhere, and a commit that
has returned survives a power cut, its journal's removal included. Numbers on paper cannot be taken
back, so a commit must not be either.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.files import os_reason, sync_folder
from bmnn_mark.register import schema
from bmnn_mark.register.home import Access, Home

APPLICATION_ID = 0x424D4E4D  # "BMNM"
BUSY_SECONDS = 10
_WRITING = "bmnn_writing"


@dataclass(frozen=True, slots=True)
class SqliteHome(Home):
    """A register's file."""

    path: Path

    def engine(self) -> Engine:
        """Gives connections to the file, each a fresh one: processes may fork."""
        engine = create_engine(
            URL.create("sqlite", database=str(self.path)),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": BUSY_SECONDS},
        )
        return self._begun_by_us(engine)

    def _begun_by_us(self, engine: Engine) -> Engine:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return self.known_to(engine)

    def taken(self) -> bool:
        """Whether something lies there."""
        return self.path.exists()

    def found(self) -> bool:
        """Whether a file lies there.

        Raises:
            RegisterRefused: ``register.unwritable``: it is in a folder that is another's.
        """
        try:
            return self.path.is_file()
        except PermissionError as error:
            raise RegisterRefused("register.unwritable", reason=os_reason(error)) from error

    @contextmanager
    def making(self, register_id: str) -> Iterator[Connection]:
        """A writing transaction in a draft beside the file; it gets its name once it is whole.

        Raises:
            RegisterRefused: ``register.exists``, ``register.unwritable``.
        """
        draft = self.path.parent / f".bmnn-{register_id}.tmp"
        try:
            _create_file(draft)
            with SqliteHome(draft).engine().connect() as connection:
                self.set_for(connection, Access.WRITING)
                with connection.begin():
                    yield connection
            _publish(draft, self.path)
        finally:
            draft.unlink(missing_ok=True)

    def set_for(self, connection: Connection, access: Access) -> None:
        """Have the connection's next transaction lock the file, if it is to write."""
        connection.execution_options(**{_WRITING: access is Access.WRITING})

    def begun(self, connection: Connection, access: Access) -> None:
        """Make the tables to compare with, where they are asked for."""
        if access is Access.COMPARING:
            schema.beside.create_all(connection)

    def failure(self, error: SQLAlchemyError) -> str:
        """``register.busy`` where another program writes, else ``register.damaged``."""
        name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
        busy = name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
        return "register.busy" if busy else "register.damaged"

    def version(self, connection: Connection) -> int | None:
        """The version in the file's header; None where the file is no register."""
        if connection.exec_driver_sql("PRAGMA application_id").scalar_one() != APPLICATION_ID:
            return None
        found: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        return found

    def set_version(self, connection: Connection, version: int) -> None:
        """Write whose file it is, and the version, into its header."""
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")

    def copied(self) -> Engine:
        """Leads to a copy that lies in no folder; the file may be where nobody can write.

        Raises:
            RegisterRefused: ``register.damaged``.
        """
        copy = sqlite3.connect("", check_same_thread=False)  # SQLite takes its name away at once
        try:
            address = f"file:{quote(str(self.path))}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as file:
                file.backup(copy)
        except sqlite3.Error as error:
            copy.close()
            raise RegisterRefused("register.damaged") from error
        engine = create_engine(
            "sqlite://", creator=lambda: copy, poolclass=StaticPool, hide_parameters=True
        )
        weakref.finalize(engine, copy.close)
        return self._begun_by_us(engine)


def home_of(url: URL) -> SqliteHome:
    """The file that a parsed URL names.

    Raises:
        RegisterRefused: ``register.url_wrong``.
    """
    named = url.drivername in {"sqlite", "sqlite+pysqlite"} and url.database
    if not named or url.host or url.query or str(url.database).startswith((":", "file:")):
        raise RegisterRefused("register.url_wrong")
    return SqliteHome(Path(str(url.database)).absolute())


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in (
        "journal_mode = DELETE",
        "synchronous = EXTRA",
        "foreign_keys = ON",
        "cache_size = -65536",  # KiB; the rows of 9,999 copies stay in memory until the commit
        "trusted_schema = OFF",
        "secure_delete = ON",  # what was in a row is not left in the file
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _create_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise RegisterRefused("register.unwritable", reason=os_reason(error)) from error


def _publish(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)  # refuses a file that came meanwhile
        sync_folder(path.parent)
    except FileExistsError as error:
        raise RegisterRefused("register.exists") from error
    except OSError as error:
        raise RegisterRefused("register.unwritable", reason=os_reason(error)) from error

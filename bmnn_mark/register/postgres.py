# SPDX-License-Identifier: Apache-2.0
"""A register in a PostgreSQL database: the schema ``bmnn_mark`` there holds it and nothing else.

Whoever makes the register owns its tables; a clerk's role gets less, see
``docs/configuration.md``. Nothing outside of that schema is looked at, so that nobody who may
make tables elsewhere can put one in the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import schema
from bmnn_mark.register.home import Access, Home

SCHEMA = "bmnn_mark"
BUSY_SECONDS = 10.0
CONNECT_SECONDS = 10
#: What may follow the "?": which entry of the service file, the folder of the server's socket, how
#: the server shows who it is. Passwords and whatever else changes a session may not.
_ASKED = frozenset({"service", "host", "sslmode", "sslrootcert"})
#: The lock that a writer holds: "BMNM", as in the header of a file, and a number.
_TURN = "1112362573, 1"

#: Refusals by SQLSTATE, or its first two letters, which are its class.
_CODES: Mapping[str, str] = {
    "55P03": "busy",  # a lock was not to be had in time
    "40": "busy",  # two writers met although they wait for one another: somebody else's program
    "08": "unreachable",
    "28": "unreachable",
    "3D": "unreachable",
    "53300": "unreachable",  # too many connections
    "57P": "unreachable",  # the server stops, or starts
    "42501": "not_permitted",
    "25006": "not_permitted",  # a standby
    "42P06": "exists",
}


@dataclass(frozen=True, slots=True)
class PostgresHome(Home):
    """A register's database."""

    url: URL

    def engine(self) -> Engine:
        """Gives connections to the database, each a fresh one: processes may fork.

        Raises:
            RegisterRefused: ``register.driver_missing``.
        """
        return self.known_to(_engine_to(self.url, BUSY_SECONDS))

    def taken(self) -> bool:
        """Whether the database has the schema."""
        with self.engine().connect() as connection:
            return _has_schema(connection)

    def found(self) -> bool:
        """Always; :meth:`version` tells, without a connection of its own."""
        return True

    @contextmanager
    def making(self, register_id: str) -> Iterator[Connection]:
        """A writing transaction in the schema, which it makes."""
        with self.engine().connect() as connection:
            self.set_for(connection, Access.WRITING)
            with connection.begin():
                self.begun(connection, Access.WRITING)
                connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
                yield connection

    def set_for(self, connection: Connection, access: Access) -> None:
        """Have the next transaction see one state; a writer sees what those before it left."""
        connection.execution_options(
            isolation_level="READ COMMITTED" if access is Access.WRITING else "REPEATABLE READ",
            postgresql_readonly=access is Access.READING,
        )

    def begun(self, connection: Connection, access: Access) -> None:
        """Wait for the writers before, or make the tables to compare with."""
        if access is Access.WRITING:
            # A commit that has returned is on the disk, whatever the server's default.
            connection.exec_driver_sql(
                "SELECT set_config('synchronous_commit', 'on', true) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
        elif access is Access.COMPARING:
            schema.beside.create_all(connection, checkfirst=False)
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    def failure(self, error: SQLAlchemyError) -> str:
        """What went wrong, by the server's code for it; without one no server said it."""
        if not isinstance(error, DBAPIError) or isinstance(error, DataError):
            return "register.damaged"
        state = getattr(error.orig, "sqlstate", None)
        if error.connection_invalidated or state is None:
            return "register.unreachable"
        for length in (5, 3, 2):
            if code := _CODES.get(state[:length]):
                return f"register.{code}"
        return "register.damaged"

    def version(self, connection: Connection) -> int | None:
        """The version that the schema says it is of; None where it says none.

        Raises:
            RegisterRefused: ``register.not_found``: there is no such schema.
        """
        if not _has_schema(connection):
            raise RegisterRefused("register.not_found")
        if connection.exec_driver_sql("SELECT to_regclass('format')").scalar_one() is None:
            return None
        said = connection.exec_driver_sql("SELECT version FROM format").scalars().all()
        return int(said[0]) if len(said) == 1 else None

    def set_version(self, connection: Connection, version: int) -> None:
        """Write the version into a table of its own."""
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS format (version integer PRIMARY KEY)"
        )
        connection.exec_driver_sql("DELETE FROM format")
        connection.execute(text("INSERT INTO format VALUES (:version)"), {"version": version})

    def copied(self) -> Engine:
        """Refuse: only the owner of the tables brings them up, and he opens the register itself.

        Raises:
            RegisterRefused: ``register.earlier_format``.
        """
        raise RegisterRefused("register.earlier_format")


@lru_cache(maxsize=8)
def _engine_to(url: URL, busy_seconds: float) -> Engine:
    """The one engine to a database: what it learnt of the server and of our SQL is kept in it.

    Raises:
        RegisterRefused: ``register.driver_missing``.
    """
    settings = {
        "search_path": f"{SCHEMA},pg_temp",
        "lock_timeout": f"{int(busy_seconds * 1000)}ms",
        "statement_timeout": "0",  # a whole check takes as long as it takes
    }
    try:
        return create_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            use_native_hstore=False,  # nothing here is one; asking costs each connection
            execution_options={"schema_translate_map": {"temp": "pg_temp"}},
            connect_args={
                "application_name": "bmnn-mark",
                "client_encoding": "utf8",
                "connect_timeout": CONNECT_SECONDS,
                "keepalives_idle": CONNECT_SECONDS,
                "tcp_user_timeout": 1000 * CONNECT_SECONDS,  # ms; a cable pulled out says nothing
                "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            },
        )
    except ImportError as error:
        raise RegisterRefused("register.driver_missing") from error


def _has_schema(connection: Connection) -> bool:
    asked = text("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = :name")
    return connection.execute(asked, {"name": SCHEMA}).one_or_none() is not None


def home_of(url: URL) -> PostgresHome:
    """The database that a parsed URL names, itself or by an entry of the service file.

    Raises:
        RegisterRefused: ``register.password_in_url``, ``register.url_wrong``.
    """
    if "password" in url.query:
        raise RegisterRefused("register.password_in_url")
    plain = all(isinstance(value, str) for value in url.query.values())
    named = url.database or "service" in url.query
    if not named or not plain or not _ASKED.issuperset(url.query):
        raise RegisterRefused("register.url_wrong")
    return PostgresHome(url.set(drivername="postgresql+psycopg"))

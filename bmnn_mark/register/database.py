# SPDX-License-Identifier: Apache-2.0
"""The database under a register: places, transactions, versions, and failures by our names.

Each engine has a module of its own; the rest of the register calls this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import postgres, sqlite
from bmnn_mark.register.home import Access, Home, home_behind

#: Of the tables of this program; it can bring a register of any earlier one to it.
SCHEMA_VERSION = 3


def home_of(url: str) -> Home:
    """The place that a register's URL names.

    Raises:
        RegisterRefused: ``register.password_in_url``, ``register.url_wrong``.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise RegisterRefused("register.url_wrong") from error
    if parsed.password is not None:
        raise RegisterRefused("register.password_in_url")
    if parsed.get_backend_name() == "postgresql":
        return postgres.home_of(parsed)
    if "?" in url:  # what follows would be cut off, and the register lie in another place
        raise RegisterRefused("register.url_wrong")
    return sqlite.home_of(parsed)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the register.

    Raises:
        RegisterRefused: ``register.busy``, ``register.damaged``.
    """
    with _transaction(engine, Access.READING) as connection:
        yield connection


@contextmanager
def comparing(engine: Engine) -> Iterator[Connection]:
    """As :func:`reading`, beside an empty set of the projections, ``schema.BESIDE``.

    Raises:
        RegisterRefused: ``register.busy``, ``register.damaged``.
    """
    with _transaction(engine, Access.COMPARING) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """The one transaction at a time that may write; committed and on the disk when left.

    Raises:
        RegisterRefused: ``register.busy``, ``register.damaged``.
        Fault: ``register.constraint``: a table's own rule refused a row.
    """
    with _transaction(engine, Access.WRITING) as connection:
        yield connection


@contextmanager
def _transaction(engine: Engine, access: Access) -> Iterator[Connection]:
    home = home_behind(engine)
    with home.named_failures(), engine.connect() as connection:
        home.set_for(connection, access)
        with connection.begin() as transaction:
            home.begun(connection, access)
            yield connection
            if access is not Access.WRITING:
                transaction.rollback()  # the tables to compare with go


@contextmanager
def making(home: Home, register_id: str) -> Iterator[Connection]:
    """A writing transaction in a new place with all tables; whole there when left, or not at all.

    Raises:
        RegisterRefused: ``register.exists``, ``register.unwritable``, ``register.damaged``.
    """
    with home.named_failures(), home.making(register_id) as connection:
        _bring_tables_up(home, connection, 0)
        yield connection


def check_format(connection: Connection) -> bool:
    """Refuse a place that holds no register, or one of a later program.

    Returns:
        Whether the tables are those of this program; else they are of an earlier one.

    Raises:
        RegisterRefused: ``register.not_found``, ``register.not_a_register``,
            ``register.newer_format``.
    """
    version = home_behind(connection).version(connection)
    if version is None or version < 1:
        raise RegisterRefused("register.not_a_register")
    if version > SCHEMA_VERSION:
        raise RegisterRefused("register.newer_format")
    return version == SCHEMA_VERSION


def bring_up(connection: Connection) -> bool:
    """Bring the tables of a register of an earlier program to those of this one.

    What is made from events is empty afterwards and must be made anew, in the same transaction.

    Args:
        connection: inside a writing transaction.

    Returns:
        False where another program did so meanwhile: there is nothing to make anew.
    """
    home = home_behind(connection)
    version = home.version(connection) or 0
    if version < SCHEMA_VERSION:
        _bring_tables_up(home, connection, version)
    return version < SCHEMA_VERSION


def _bring_tables_up(home: Home, connection: Connection, before: int) -> None:
    from bmnn_mark.register import migrating  # noqa: PLC0415 - alembic, only where tables change

    migrating.bring_tables_up(connection, before)
    home.set_version(connection, SCHEMA_VERSION)

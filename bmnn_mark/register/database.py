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
from bmnn_mark.register import postgres, schema, sqlite
from bmnn_mark.register.home import Access, Home, home_behind

SCHEMA_VERSION = 2
#: Versions of tables that this program can bring to its own.
_OLDER = frozenset({1})


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
        with connection.begin():
            home.begun(connection, access)
            yield connection


@contextmanager
def making(home: Home, register_id: str) -> Iterator[Connection]:
    """A writing transaction in a new place with all tables; whole there when left, or not at all.

    Raises:
        RegisterRefused: ``register.exists``, ``register.unwritable``, ``register.damaged``.
    """
    with home.named_failures(), home.making(register_id) as connection:
        home.create_tables(connection)
        home.set_version(connection, SCHEMA_VERSION)
        yield connection


def check_format(connection: Connection) -> None:
    """Refuse a place that holds no register, or one of a later program.

    Raises:
        RegisterRefused: ``register.not_a_register``, ``register.newer_format``.
    """
    version = home_behind(connection).version(connection)
    if version is None:
        raise RegisterRefused("register.not_a_register")
    if version not in {SCHEMA_VERSION, *_OLDER}:
        raise RegisterRefused("register.newer_format")


def bring_up(engine: Engine) -> None:
    """Give a register of an earlier program the tables it lacks; they are made from no event of it.

    Raises:
        RegisterRefused: ``register.busy``, ``register.damaged``.
    """
    home = home_behind(engine)
    with reading(engine) as connection:
        if home.version(connection) == SCHEMA_VERSION:
            return
    with writing(engine) as connection:
        schema.projected.create_all(connection)
        home.set_version(connection, SCHEMA_VERSION)

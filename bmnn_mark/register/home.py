# SPDX-License-Identifier: Apache-2.0
"""What the register asks of the database it lies in, whichever engine that is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import Enum, auto

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bmnn_mark.errors import Fault, RegisterRefused

_HOME = "bmnn_home"


class Access(Enum):
    """What a transaction is for."""

    READING = auto()
    """Sees one state of the register and changes nothing."""
    COMPARING = auto()
    """As reading, beside a second, temporary set of the projections to compare with."""
    WRITING = auto()
    """The one transaction at a time that may write."""


class Home(ABC):
    """The place that a register's URL names, and the manners of the engine there.

    What a method refuses because of the database it may raise as ``SQLAlchemyError``; the caller
    stands within :meth:`named_failures`.
    """

    @abstractmethod
    def engine(self) -> Engine:
        """Gives connections to the register there, each a fresh one: processes may fork."""

    @abstractmethod
    def taken(self) -> bool:
        """Whether something is there, a register or not."""

    @abstractmethod
    def found(self) -> bool:
        """Whether there is something that may be a register."""

    @abstractmethod
    def making(self, register_id: str) -> AbstractContextManager[Connection]:
        """A writing transaction in a new place; left without a failure, the place is there whole.

        Raises:
            RegisterRefused: ``register.exists``, ``register.unwritable``.
        """

    @abstractmethod
    def set_for(self, connection: Connection, access: Access) -> None:
        """Have the connection's next transaction begin as ``access`` needs it."""

    @abstractmethod
    def begun(self, connection: Connection, access: Access) -> None:
        """Do in a transaction what ``access`` needs done first."""

    @abstractmethod
    def failure(self, error: SQLAlchemyError) -> str:
        """The code of the refusal that a failure of the database is."""

    @abstractmethod
    def version(self, connection: Connection) -> int | None:
        """The version of the tables there; None where they are no register's.

        Raises:
            RegisterRefused: ``register.not_found``.
        """

    @abstractmethod
    def set_version(self, connection: Connection, version: int) -> None:
        """Say that the tables are a register's, and of which version."""

    @abstractmethod
    def copied(self) -> Engine:
        """Leads to a copy that nobody else sees, and that is gone with its last connection.

        Raises:
            RegisterRefused: ``register.earlier_format``: this engine has no such copies.
        """

    @contextmanager
    def named_failures(self) -> Iterator[None]:
        """Turn the database's failures into ours; theirs would show rows.

        Raises:
            RegisterRefused: what :meth:`failure` says.
            Fault: ``register.constraint``: a table's own rule refused a row.
        """
        try:
            yield
        except IntegrityError:
            raise Fault("register.constraint") from None
        except SQLAlchemyError as error:
            raise RegisterRefused(self.failure(error)) from None

    def known_to(self, engine: Engine) -> Engine:
        """The engine, from whose connections :func:`home_behind` finds back here."""
        return engine.execution_options(**{_HOME: self})


def home_behind(engine: Engine | Connection) -> Home:
    """The place that an engine or a connection leads to."""
    home = engine.get_execution_options()[_HOME]
    assert isinstance(home, Home)
    return home

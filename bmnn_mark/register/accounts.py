# SPDX-License-Identifier: Apache-2.0
"""What the register accounts for: books and figures, each asked of one state of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Engine

from bmnn_mark.register import database, figures
from bmnn_mark.register.books import Reading
from bmnn_mark.register.figure_rows import Figures
from bmnn_mark.register.ledger import Sealing
from bmnn_mark.register.lists import Listing


class Accounts:
    """Books and figures of a register; see ``Register.accounts``.

    Every call raises ``RegisterRefused``: ``register.busy``, ``register.broken``.
    """

    def __init__(self, engine: Engine, sealing: Sealing) -> None:
        self._engine = engine
        self._sealing = sealing

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """The books, all read from one state of the register."""
        with database.reading(self._engine) as connection:
            yield Reading(connection, self._sealing.sealer)

    @contextmanager
    def listing(self) -> Iterator[Listing]:
        """What the figures count, one by one, all read from one state of the register."""
        with database.reading(self._engine) as connection:
            yield Listing(connection, self._sealing.sealer)

    def figures(self, first: date, last: date, today: date) -> Figures:
        """What the acts of those days add up to, and how things stand ``today``."""
        with database.reading(self._engine) as connection:
            return figures.count(connection, self._sealing.sealer, first, last, today)

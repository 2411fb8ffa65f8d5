# SPDX-License-Identifier: Apache-2.0
"""What the register accounts for: books and figures, each asked of one state of it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from bmnn_mark.register import database, figures
from bmnn_mark.register.book_rows import (
    CopyingEntry,
    HandOverEntry,
    IncomingEntry,
    OutgoingEntry,
)
from bmnn_mark.register.books import Reading
from bmnn_mark.register.figures import Figures
from bmnn_mark.register.ledger import Sealing


class Accounts:
    """Books and figures of a register; see ``Register.accounts``.

    Every call raises ``RegisterRefused``: ``register.busy``, ``register.broken``.
    """

    def __init__(self, engine: Engine, sealing: Sealing) -> None:
        self._engine = engine
        self._sealing = sealing

    def outgoing(self, first: date, last: date) -> tuple[OutgoingEntry, ...]:
        """Documents issued here that are dated on those days, in the order of their entry."""
        with database.reading(self._engine) as connection:
            return Reading(connection, self._sealing.sealer).outgoing(first, last)

    def incoming(self, first: date, last: date) -> tuple[IncomingEntry, ...]:
        """Documents from elsewhere that arrived on those days, by số đến."""
        with database.reading(self._engine) as connection:
            return Reading(connection, self._sealing.sealer).incoming(first, last)

    def copyings(self, first: date, last: date) -> tuple[CopyingEntry, ...]:
        """Copies permitted on those days, in the order of their entry."""
        with database.reading(self._engine) as connection:
            return Reading(connection, self._sealing.sealer).copyings(first, last)

    def hand_overs(self, first: date, last: date) -> tuple[HandOverEntry, ...]:
        """Copies handed over or provided on those days, by day."""
        with database.reading(self._engine) as connection:
            return Reading(connection, self._sealing.sealer).hand_overs(first, last)

    def figures(self, first: date, last: date, today: date) -> Figures:
        """What the acts of those days add up to, and how things stand ``today``."""
        with database.reading(self._engine) as connection:
            return figures.count(connection, self._sealing.sealer, first, last, today)

# SPDX-License-Identifier: Apache-2.0
"""What is asked of and entered in a register about copies once they are made, and documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bmnn_mark.register import copying, database, histories, living, people
from bmnn_mark.register.copying import CopyingRequest
from bmnn_mark.register.core import Core
from bmnn_mark.register.life import (
    CopyActRequest,
    DocumentActRequest,
    IncidentClosing,
    IncidentRequest,
    MeetingRequest,
    ReceiveRequest,
)
from bmnn_mark.register.people import PinEntry
from bmnn_mark.register.port import Reservation
from bmnn_mark.register.views import ActRow, HoldingRow


class Lived(Core):
    """The part of a register that keeps account of copies, documents and what befalls them."""

    def act_on_copies(self, requests: Sequence[CopyActRequest]) -> None:
        """Enter acts with copies, all or none.

        Raises:
            RegisterRefused: ``register.no_such_copy``, ``register.wrong_act``,
                ``register.no_incident``, and as :meth:`record`.
            UsageRefused: ``input.*``.
        """
        with self._entering() as (connection, entering):
            living.enter_copy_acts(connection, entering, requests)

    def act_on_document(self, request: DocumentActRequest) -> None:
        """Enter a decision about a document and the copies made of it.

        Raises:
            RegisterRefused: ``register.no_such_document``, ``register.wrong_document_act``, and as
                :meth:`record`.
            RulesRefused: ``register.same_level``.
            UsageRefused: ``input.*``.
        """
        with self._entering() as (connection, entering):
            living.enter_document_act(connection, entering, request)

    def receive(self, request: ReceiveRequest) -> tuple[str, int]:
        """Enter a document from elsewhere; its id and its số đến.

        Raises:
            RegisterRefused: ``register.already_received``, ``register.number_taken``,
                ``register.no_copies``, and as :meth:`record`.
            RulesRefused: ``register.no_title_for_tuyet_mat``.
            UsageRefused: ``input.*``.
        """
        with self._entering() as (connection, entering):
            return living.enter_received(connection, self._sealing, entering, request)

    def report_incident(self, request: IncidentRequest) -> int:
        """Enter a leak, loss or violation; its number.

        Raises:
            RegisterRefused: as :meth:`act_on_copies`.
            UsageRefused: ``input.*``.
        """
        with self._entering() as (connection, entering):
            return living.enter_incident(connection, entering, request)

    def close_incident(self, closing: IncidentClosing) -> None:
        """Enter what came of an incident.

        Raises:
            RegisterRefused: ``register.no_incident``, and as :meth:`record`.
            UsageRefused: ``input.*``.
        """
        with self._entering() as (connection, entering):
            living.enter_outcome(connection, entering, closing)

    def hold_meeting(self, request: MeetingRequest) -> int:
        """Enter a meeting in which secrets were used; its number.

        Raises:
            RegisterRefused: as :meth:`act_on_copies`.
            UsageRefused: ``input.*``.
        """
        with self._entering() as (connection, entering):
            return living.enter_meeting(connection, entering, request)

    def holdings(self, document_id: str | None = None) -> tuple[HoldingRow, ...]:
        """Where the copies of one document are, or all copies that were ever made.

        Raises:
            RegisterRefused: ``register.no_such_document``.
        """
        with database.reading(self._engine) as connection:
            return histories.list_holdings(connection, self._sealing.sealer, document_id)

    def history(self, document_id: str) -> tuple[ActRow, ...]:
        """All acts with a document and its copies, in their order.

        Raises:
            RegisterRefused: ``register.no_such_document``.
        """
        with database.reading(self._engine) as connection:
            return histories.history_of(connection, self._sealing.sealer, document_id)

    def acts(self, first: date, last: date) -> tuple[ActRow, ...]:
        """All acts of the days from ``first`` to ``last``, both of them, in their order."""
        with database.reading(self._engine) as connection:
            return histories.list_acts(connection, self._sealing.sealer, first, last)

    def check_copying(self, document_id: str, of_copy: int) -> None:
        """Refuse what may not be copied, before anything is made.

        Raises:
            RegisterRefused, RulesRefused: as :meth:`permit_copying`.
        """
        with database.reading(self._engine) as connection:
            copying.check_copying(connection, document_id, of_copy)

    def permit_copying(self, request: CopyingRequest) -> Reservation:
        """Enter a permission to copy, and reserve the copies made under it, in one transaction.

        Raises:
            RegisterRefused: ``register.no_such_document``, ``register.no_such_copy``,
                ``register.copy_not_here``, ``register.no_copies``, and as ``record``.
            RulesRefused: ``register.copying_forbidden``, ``register.copying_over``.
            UsageRefused: ``input.*``.
        """
        checked = copying.checked_copying(request)
        with self._entering() as (connection, entering):
            return copying.enter_copying(connection, self._sealing, entering, checked)

    def is_enrolled(self, party: str) -> bool:
        """Whether somebody has a PIN to confirm receipts with."""
        with database.reading(self._engine) as connection:
            return people.is_enrolled(connection, self._sealing, party)

    def enroll(self, entry: PinEntry) -> None:
        """Set somebody's PIN; to replace one takes two people.

        Raises:
            UsageRefused: ``input.pin_short``, ``input.needed``, ``input.two_people``.
            RegisterRefused: as ``record``.
        """
        with self._entering() as (connection, entering):
            people.enroll(connection, self._sealing, entering, entry)

    def check_pin(self, entry: PinEntry) -> bool:
        """Whether a PIN is somebody's; that it was tried is entered.

        Raises:
            RegisterRefused: ``register.pin_missing``, ``register.pin_locked``, and as ``record``.
        """
        with self._entering() as (connection, entering):
            return people.check(connection, self._sealing, entering, entry)

    def open_incidents(self) -> tuple[ActRow, ...]:
        """Every incident that is not closed, oldest first."""
        with database.reading(self._engine) as connection:
            return histories.list_open_incidents(connection, self._sealing.sealer)

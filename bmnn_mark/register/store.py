# SPDX-License-Identifier: Apache-2.0
"""A register, asked and written through one object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.register import database, inquiry
from bmnn_mark.register.accounts import Accounts
from bmnn_mark.register.archive import ArchiveReport, write_archive
from bmnn_mark.register.events import ON_ITS_WAY, show_time
from bmnn_mark.register.heads import read_mark
from bmnn_mark.register.hosted import Hosted
from bmnn_mark.register.journals import Journals
from bmnn_mark.register.keeping import Keeping
from bmnn_mark.register.ledger import check_end, open_fields, read_event
from bmnn_mark.register.lived import Lived
from bmnn_mark.register.papers import sign_papers
from bmnn_mark.register.port import (
    CopyRecord,
    DocumentIdentity,
    FoundCode,
    FoundCopy,
    IssueRequest,
    OnItsWay,
    Reservation,
    ReservedCopy,
)
from bmnn_mark.register.projection import file_index, identity_index
from bmnn_mark.register.proofs import EventProof, GrowthProof, prove_event, prove_growth
from bmnn_mark.register.request import checked_identity, checked_request
from bmnn_mark.register.reserving import (
    checked_record,
    issued_before,
    record_moves,
    reserve_copies_again,
    reserve_document,
)
from bmnn_mark.register.ruling import RuleChanges, enter_rules, newest_overlay
from bmnn_mark.register.tickets import sign_ticket
from bmnn_mark.register.verification import OnCount, VerifyReport, rebuild, verify
from bmnn_mark.register.views import DocumentRow, DocumentView, OpenAttempt, RuleRow
from bmnn_mark.text import one_line
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.code import PageCode, seal_pages
from bmnn_mark.tracking.reference import parse_reference


class Register(Keeping, Lived, Hosted):
    """The built-in register; implements :class:`bmnn_mark.register.port.RegisterPort`.

    Made by :func:`bmnn_mark.register.opening.create_register` and ``open_register``.
    """

    @property
    def agency(self) -> str:
        """Name of the agency whose register it is."""
        with database.reading(self._engine) as connection:
            event = read_event(connection, 0)
        return str(open_fields(self._sealing.sealer, event, "agency")["agency"])

    def trace_key(self) -> TraceKey:
        """The key that page codes are sealed with."""
        return self._sealing.keys.trace

    def trace_keys(self) -> tuple[TraceKey, ...]:
        """Every key that page codes of this register were ever sealed with, the newest first."""
        return self._sealing.keys.traces

    def check_new(self, identity: DocumentIdentity) -> str | None:
        """Refuse an identity that was issued before (``register.already_issued``).

        Returns:
            The id of the document where it was entered but all its attempts failed, else None.
        """
        checked = checked_identity(identity)
        with database.reading(self._engine) as connection:
            return issued_before(connection, checked, self._sealing.keys.blind)

    def reserve(self, request: IssueRequest) -> Reservation:
        """Enter the document and reserve its copies, in one transaction, durable on return.

        A document all of whose attempts are void or spoiled may be entered again: its copies keep
        their numbers and get their next attempt.

        Raises:
            RegisterRefused: ``register.already_issued``, ``register.copies_disagree``,
                ``register.no_copies``, ``register.too_many_copies``,
                ``register.too_many_attempts``, ``register.busy``, ``register.broken``,
                ``register.rolled_back``.
            RulesRefused: ``register.no_title_for_tuyet_mat``.
            UsageRefused: ``input.*``.
        """
        checked = checked_request(request, DEFAULT_LIMITS)
        with self._entering() as (connection, entering):
            return reserve_document(connection, self._sealing, entering, checked)

    def reserve_again(self, document_id: str, numbers: Sequence[int], actor: str) -> Reservation:
        """Reserve the next attempt at copies whose last attempt is void or spoiled.

        Raises:
            RegisterRefused: as :meth:`reserve`, and ``register.no_such_copy``.
        """
        name = one_line("actor", actor)
        with self._entering() as (connection, entering):
            return reserve_copies_again(
                connection, self._sealing, entering, document_id, numbers, name
            )

    def record(self, records: tuple[CopyRecord, ...]) -> None:
        """Enter steps of attempts, in one transaction, durable on return.

        Raises:
            RegisterRefused: ``register.no_such_attempt``, ``register.wrong_step``,
                ``register.busy``, ``register.broken``, ``register.rolled_back``.
            Fault: ``register.detail_not_plain``.
        """
        if not records:
            return
        checked = [checked_record(one, one_line("actor", one.actor)) for one in records]
        with self._entering() as (connection, entering):
            record_moves(connection, entering, checked)

    def ticket(self, attempt_id: str, payload: bytes) -> bytes:
        """The signature of a print ticket for an attempt that is about to get a job.

        Raises:
            RegisterRefused: ``register.no_such_attempt``, ``register.no_ticket``,
                ``register.busy``, ``register.broken``.
        """
        with database.reading(self._engine) as connection:
            return sign_ticket(
                connection, self._sealing.keys, self.register_id, attempt_id, payload
            )

    @property
    def accounts(self) -> Accounts:
        """Its books and figures."""
        return Accounts(self._engine, self._sealing)

    def record_rules(self, changes: RuleChanges, actor: str) -> None:
        """Enter what an officer confirmed of the rules or took back, in one transaction.

        Raises:
            RulesRefused: ``rules.overlay_changed``: somebody else did so meanwhile.
            RegisterRefused: ``register.busy``, ``register.broken``, ``register.rolled_back``.
        """
        name = one_line("actor", actor)
        with self._entering() as (connection, entering):
            enter_rules(connection, entering, changes, name)

    def rule_changes(self) -> tuple[RuleRow, ...]:
        """What was confirmed of the rules and taken back, in its order."""
        with database.reading(self._engine) as connection:
            return inquiry.list_rules(connection, self._sealing.sealer)

    def rules_overlay(self) -> str | None:
        """SHA-256 that the agency's overlay file must have; None where there must be none."""
        with database.reading(self._engine) as connection:
            return newest_overlay(connection)

    def page_codes(self, copy: ReservedCopy, pages: Iterable[int]) -> list[str]:
        """The texts of a copy's page codes, one for each page number, in their order."""
        return seal_pages(
            self.trace_key(),
            position=copy.position,
            attempt=copy.attempt,
            root=copy.root,
            pages=pages,
        )

    def find_code(self, code: PageCode) -> FoundCode:
        """The copy that an opened page code names, and what the sheet says of the register."""
        with database.reading(self._engine) as connection:
            return inquiry.find_code(connection, self._sealing.sealer, code)

    def find_reference(self, untrusted_text: str) -> FoundCopy | None:
        """The copy that a typed short reference names; None where no copy has it.

        Raises:
            UsageRefused: ``trace.reference_wrong``.
        """
        value = parse_reference(untrusted_text)
        with database.reading(self._engine) as connection:
            return inquiry.find_reference(connection, self._sealing.sealer, value)

    def documents(self) -> tuple[DocumentRow, ...]:
        """Every document, in the order in which they were entered."""
        with database.reading(self._engine) as connection:
            return inquiry.list_documents(connection, self._sealing.sealer)

    def document(self, document_id: str) -> DocumentView:
        """One document with every attempt at its copies.

        Raises:
            RegisterRefused: ``register.no_such_document``.
        """
        with database.reading(self._engine) as connection:
            return inquiry.show_document(connection, self._sealing.sealer, document_id)

    def find_document(self, identity: DocumentIdentity) -> str | None:
        """The id of the document with an identity; None where it was never entered."""
        index = identity_index(self._sealing.keys.blind, checked_identity(identity))
        with database.reading(self._engine) as connection:
            return inquiry.document_with(connection, index)

    def same_file(self, sha256: str) -> tuple[str, ...]:
        """Ids of the documents that were made from the very file of this SHA-256 (hexadecimal)."""
        index = file_index(self._sealing.keys.blind, sha256)
        with database.reading(self._engine) as connection:
            return inquiry.documents_of_file(connection, index)

    def marking(self, document_id: str) -> str | None:
        """What was asked of a document's marks when it was entered; None where nobody said.

        Raises:
            RegisterRefused: ``register.no_such_document``.
        """
        with database.reading(self._engine) as connection:
            return inquiry.marking_of(connection, self._sealing.sealer, document_id)

    def open_attempts(self) -> tuple[OpenAttempt, ...]:
        """Every attempt that is neither printed, exported, spoiled nor void, oldest first."""
        with database.reading(self._engine) as connection:
            return inquiry.list_open_attempts(connection, self._sealing.sealer)

    def on_their_way(self) -> tuple[OnItsWay, ...]:
        """Every attempt on its way to a printer, oldest first."""
        return tuple(
            OnItsWay(attempt_id=one.attempt_id, state=one.state, host=one.host)
            for one in (waiting.attempt for waiting in self.open_attempts())
            if one.state in ON_ITS_WAY
        )

    def verify(self, on_count: OnCount = lambda _done, _of: None) -> VerifyReport:
        """Recompute everything; the report names the first event that is wrong.

        It sees one state: nobody writes to a file meanwhile; what a server is given comes after it.

        Raises:
            RegisterRefused: ``register.busy``, ``register.damaged``, ``register.newer_format``.
        """
        keys = self._sealing.keys
        mark = read_mark(self._folder, self.register_id, keys.public_key)
        with database.comparing(self._engine) as connection:
            return verify(connection, keys, self._sealing.sealer, mark, on_count)

    def archive(
        self,
        target: Path,
        *,
        opened: bool = False,
        on_count: OnCount = lambda _done, _of: None,
    ) -> ArchiveReport:
        """Verify the register and write it as a signed archive into a new file.

        Args:
            target: in a private folder.
            opened: with the sealed fields in the clear.
            on_count: told how many events are verified.

        Raises:
            RegisterRefused: ``register.broken``, ``register.busy``, ``register.damaged``.
            OSError: there is no room.
        """
        keys, sealer = self._sealing.keys, self._sealing.sealer
        mark = read_mark(self._folder, self.register_id, keys.public_key)
        with database.comparing(self._engine) as connection:
            if not verify(connection, keys, sealer, mark, on_count).intact:
                raise RegisterRefused("register.broken")
            return write_archive(
                connection,
                target,
                created=self._created,
                keys=keys,
                opening=sealer if opened else None,
                at=show_time(self._clock()),
            )

    def prove_event(self, n: int) -> EventProof:
        """Prove that an event is in the register, to somebody who has only its public key.

        Raises:
            RegisterRefused: ``register.no_such_event``, ``register.broken``.
        """
        with database.reading(self._engine) as connection:
            return prove_event(connection, self.register_id, n)

    def prove_growth(self, size: int) -> GrowthProof:
        """Prove that the register was only added to since it had ``size`` events.

        Raises:
            RegisterRefused: ``register.no_such_event``, ``register.broken``.
        """
        with database.reading(self._engine) as connection:
            return prove_growth(connection, self.register_id, size)

    def sign_papers(self, papers: Mapping[str, str]) -> bytes:
        """The file that signs papers drawn up from the register (:mod:`.papers`).

        Args:
            papers: by file name, the SHA-256 of each, hexadecimal.
        """
        keys = self._sealing.keys
        mark = read_mark(self._folder, self.register_id, keys.public_key)
        return sign_papers(keys, mark, self._clock(), papers)

    def rebuild(self) -> None:
        """Make the tables of documents and attempts again from the events.

        Raises:
            RegisterRefused: ``register.broken``, ``register.busy``, ``register.rolled_back``.
        """
        public_key = self._sealing.keys.public_key
        mark = read_mark(self._folder, self.register_id, public_key)
        with database.writing(self._engine) as connection:
            check_end(connection, self.register_id, public_key, mark)
            rebuild(connection, self._sealing.sealer, self._sealing.keys.blind)

    @property
    def journals(self) -> Journals:
        """Its journals, those of registers that are not linked to it, and their trace keys."""
        return Journals(self._engine, self._created, self._sealing, self._entering)

# SPDX-License-Identifier: Apache-2.0
"""The promises of :class:`~bmnn_mark.register.port.RegisterPort`, as tests for any implementation.

Subclass in your own test-suite and say how a new, empty rehearsal register is made::

    class TestOurRegister(RegisterPortContract):
        def new_register(self, folder):
            return OurRegister(folder / "so.db")

        def reopened(self, register, folder):
            return OurRegister(folder / "so.db")

Each test's name is the promise; a failure says which one is broken.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bmnn_mark.errors import Fault, RegisterRefused, RulesRefused, UsageRefused
from bmnn_mark.register.port import (
    CopyState,
    FoundCode,
    Recipient,
    RegisterPort,
    Reservation,
    ReservedCopy,
    Witness,
)
from bmnn_mark.rules import Level
from bmnn_mark.testing.asking import PAGES, code_of, refusal, request, step
from bmnn_mark.testing.ticket_contract import TicketPromises
from bmnn_mark.tracking.code import COVER_PAGE, ROOT_BYTES, WHOLE_COPY
from bmnn_mark.tracking.key import is_rehearsal
from bmnn_mark.tracking.reference import parse_reference

_CLERKS = 8


class RegisterPortContract(TicketPromises):
    """Subclass it; pytest runs its tests against the registers that you make."""

    # Numbers

    def test_copies_are_numbered_from_1_to_n_in_the_recipients_order(
        self, register: RegisterPort
    ) -> None:
        """Copy k of n belongs to whom the request says."""
        copies = register.reserve(request()).copies
        assert [(one.number, one.recipient) for one in copies] == [
            (1, "UBND tỉnh Mẫu"),
            (2, "UBND tỉnh Mẫu"),
            (3, "Văn thư"),
        ]
        assert [one.attempt for one in copies] == [1, 1, 1]
        assert len({one.attempt_id for one in copies}) == len(copies)

    def test_positions_rise_and_each_root_has_14_bytes(self, register: RegisterPort) -> None:
        """A page code carries the place of its reservation in the history, and the root there."""
        first, second = register.reserve(request(1)).copies, register.reserve(request(2)).copies
        positions = [one.position for one in (*first, *second)]
        assert positions == sorted(set(positions))
        assert positions[0] >= 1
        assert {len(one.root) for one in (*first, *second)} == {ROOT_BYTES}

    def test_references_are_well_formed_and_never_the_same(self, register: RegisterPort) -> None:
        """Ten symbols, the last a check symbol, one value for each attempt."""
        copies = [copy for n in range(1, 6) for copy in register.reserve(request(n)).copies]
        assert len({parse_reference(one.reference) for one in copies}) == len(copies)

    def test_a_number_stated_elsewhere_must_be_the_sum(self, register: RegisterPort) -> None:
        """A wrong sum is refused and leaves nothing behind."""
        with refusal(RegisterRefused, "register.copies_disagree"):
            register.reserve(request(copies=4))
        assert register.check_new(request().identity) is None
        assert len(register.reserve(request(copies=3)).copies) == 3

    @pytest.mark.parametrize("recipients", [(), (Recipient(name="Văn thư", copies=0),)])
    def test_each_recipient_gets_at_least_one_copy(
        self, register: RegisterPort, recipients: tuple[Recipient, ...]
    ) -> None:
        """No document without copies, no recipient without one."""
        with refusal(RegisterRefused, "register.no_copies"):
            register.reserve(request(recipients=recipients))
        assert register.check_new(request().identity) is None

    # Identity

    def test_the_same_document_cannot_be_issued_twice(self, register: RegisterPort) -> None:
        """Agency, number and sign, and date are spent with the first reservation."""
        register.reserve(request())
        with refusal(RegisterRefused, "register.already_issued"):
            register.check_new(request().identity)
        with refusal(RegisterRefused, "register.already_issued"):
            register.reserve(request(source_sha256="f" * 64))

    def test_blanks_and_case_do_not_make_another_document(self, register: RegisterPort) -> None:
        """One number and sign, written in another way, is the same one."""
        register.reserve(request())
        other = replace(request().identity, number_sign=" 1 / bc-sm")
        with refusal(RegisterRefused, "register.already_issued"):
            register.reserve(request(identity=other))

    def test_another_date_is_another_document(self, register: RegisterPort) -> None:
        """Numbers begin again each year."""
        register.reserve(request())
        later = replace(request().identity, dated=date(2027, 3, 2))
        assert register.reserve(request(identity=later)).copies[0].number == 1

    def test_of_many_who_issue_one_document_at_once_one_succeeds(
        self, register: RegisterPort, tmp_path: Path
    ) -> None:
        """A reservation is one transaction: nobody else gets these numbers."""

        def issue(_clerk: int) -> Reservation | None:
            try:
                return self.reopened(register, tmp_path).reserve(request())
            except RegisterRefused as error:
                if error.code != "register.already_issued":
                    raise
                return None

        with ThreadPoolExecutor(_CLERKS) as clerks:
            issued = [one for one in clerks.map(issue, range(_CLERKS)) if one]
        assert len(issued) == 1
        assert [one.number for one in issued[0].copies] == [1, 2, 3]

    def test_of_many_who_issue_documents_at_once_each_gets_places_of_his_own(
        self, register: RegisterPort, tmp_path: Path
    ) -> None:
        """No position and no reference is given twice."""

        def issue(clerk: int) -> tuple[ReservedCopy, ...]:
            return self.reopened(register, tmp_path).reserve(request(clerk)).copies

        with ThreadPoolExecutor(_CLERKS) as clerks:
            copies = [copy for some in clerks.map(issue, range(1, _CLERKS + 1)) for copy in some]
        assert len({one.position for one in copies}) == len(copies)
        assert len({one.reference for one in copies}) == len(copies)
        assert all(_agrees(register.find_code(code_of(one))) for one in copies)

    # Steps

    def test_a_copy_is_where_its_last_step_left_it(self, register: RegisterPort) -> None:
        """What is recorded is found."""
        copy = register.reserve(request()).copies[0]
        for state in (CopyState.PRODUCED, CopyState.EXPORTED):
            register.record((step(copy, state, sha256="00" * 32),))
            found = register.find_reference(copy.reference)
            assert found is not None
            assert found.state is state

    @pytest.mark.parametrize("state", [CopyState.PRINTED, CopyState.DEVICE_DONE, CopyState.SPOILED])
    def test_no_step_is_left_out(self, register: RegisterPort, state: CopyState) -> None:
        """What was only reserved cannot be printed, done or spoiled."""
        copy = register.reserve(request()).copies[0]
        with refusal(RegisterRefused, "register.wrong_step"):
            register.record((step(copy, state),))

    def test_steps_of_one_call_are_entered_all_or_none(self, register: RegisterPort) -> None:
        """One wrong step among right ones: nothing is entered."""
        first, second, _ = register.reserve(request()).copies
        with refusal(RegisterRefused, "register.wrong_step"):
            register.record((step(first, CopyState.PRODUCED), step(second, CopyState.PRINTED)))
        found = register.find_reference(first.reference)
        assert found is not None
        assert found.state is CopyState.RESERVED

    def test_a_step_of_nothing_is_refused(self, register: RegisterPort) -> None:
        """An attempt that was never reserved has no steps."""
        copy = replace(register.reserve(request()).copies[0], attempt_id="ffff")
        with refusal(RegisterRefused, "register.no_such_attempt"):
            register.record((step(copy, CopyState.PRODUCED),))

    def test_detail_is_no_place_for_free_text(self, register: RegisterPort) -> None:
        """Details of steps may stand in the clear: names do not get into them."""
        copy = register.reserve(request()).copies[0]
        with refusal(Fault, "register.detail_not_plain"):
            register.record((step(copy, CopyState.PRODUCED, note="gửi ông Bình"),))

    # Trying again

    def test_while_one_attempt_lives_there_is_no_other(self, register: RegisterPort) -> None:
        """Numbers may be tried again only when every attempt has failed."""
        first, *others = register.reserve(request()).copies
        register.record(tuple(step(one, CopyState.VOID) for one in others))
        with refusal(RegisterRefused, "register.already_issued"):
            register.reserve(request())
        register.record((step(first, CopyState.VOID),))
        assert register.check_new(request().identity) is not None

    def test_a_failed_document_keeps_its_numbers_and_gets_new_attempts(
        self, register: RegisterPort
    ) -> None:
        """The number stays, the attempt counts up, and the earlier sheet is known as superseded."""
        before = register.reserve(request())
        register.record(tuple(step(one, CopyState.VOID) for one in before.copies))
        assert register.check_new(request().identity) == before.document_id
        again = register.reserve(request())
        assert again.document_id == before.document_id
        assert [(one.number, one.attempt) for one in again.copies] == [(1, 2), (2, 2), (3, 2)]
        old = register.find_code(code_of(before.copies[0]))
        assert old.copy is not None
        assert (old.witness, old.copy.superseded, old.copy.attempt) == (Witness.AGREES, True, 1)
        new = register.find_code(code_of(again.copies[0]))
        assert new.copy is not None
        assert (new.copy.superseded, new.copy.attempt) == (False, 2)

    # From paper back to the row

    @pytest.mark.parametrize("page", [COVER_PAGE, 1, PAGES, WHOLE_COPY])
    def test_a_page_code_leads_to_its_copy(self, register: RegisterPort, page: int) -> None:
        """Document, number, level and recipient are those that were reserved."""
        register.reserve(request(1))
        reserved = register.reserve(request(2))
        found = register.find_code(code_of(reserved.copies[2], page))
        assert found.witness is Witness.AGREES
        assert found.copy is not None
        assert found.copy.document_id == reserved.document_id
        assert (found.copy.number, found.copy.copies) == (3, 3)
        assert found.copy.level is Level.TOI_MAT
        assert found.copy.number_sign == "2/BC-SM"
        assert found.copy.dated == date(2026, 3, 2)
        assert found.copy.recipient == "Văn thư"
        assert found.copy.pages == PAGES

    def test_a_sheet_agrees_however_long_the_history_has_grown(
        self, register: RegisterPort
    ) -> None:
        """What was true of the history when the sheet was made stays true."""
        early = register.reserve(request(1)).copies[0]
        for number in range(2, 20):
            register.reserve(request(number))
        assert _agrees(register.find_code(code_of(early)))

    def test_a_page_that_the_copy_has_not_was_never_issued(self, register: RegisterPort) -> None:
        """A code of page 4 of a copy of 3 pages was made without the register."""
        copy = register.reserve(request()).copies[0]
        found = register.find_code(code_of(copy, PAGES + 1))
        assert found == FoundCode(witness=Witness.NEVER_ISSUED)

    def test_an_attempt_that_was_not_reserved_was_never_issued(
        self, register: RegisterPort
    ) -> None:
        """The code names the attempt; the history knows which it was."""
        copy = register.reserve(request()).copies[0]
        found = register.find_code(code_of(copy, attempt=2))
        assert found == FoundCode(witness=Witness.NEVER_ISSUED)

    def test_another_root_tells_of_a_rewritten_history(self, register: RegisterPort) -> None:
        """The sheet remembers a history that is not this one."""
        copy = register.reserve(request()).copies[0]
        found = register.find_code(code_of(copy, root=bytes(ROOT_BYTES)))
        assert found == FoundCode(witness=Witness.REWRITTEN)

    def test_a_place_beyond_the_end_tells_of_a_truncated_history(
        self, register: RegisterPort
    ) -> None:
        """The sheet remembers more than there is."""
        copy = register.reserve(request()).copies[-1]
        found = register.find_code(code_of(copy, position=copy.position + 1000))
        assert found == FoundCode(witness=Witness.TRUNCATED)

    def test_a_reference_is_found_however_it_is_typed(self, register: RegisterPort) -> None:
        """In any case, with hyphens."""
        copy = register.reserve(request()).copies[1]
        typed = "-".join((copy.reference[:4], copy.reference[4:8], copy.reference[8:])).lower()
        found = register.find_reference(typed)
        assert found is not None
        assert found.number == copy.number

    def test_an_unknown_reference_is_none_and_a_mistyped_one_refused(
        self, register: RegisterPort
    ) -> None:
        """Nothing found and nothing typed rightly are two things."""
        register.reserve(request())
        assert register.find_reference("0000000000") is None
        with refusal(UsageRefused, "trace.reference_wrong"):
            register.find_reference("0000000001")

    # The register itself

    def test_everything_survives_the_end_of_the_program(
        self, register: RegisterPort, tmp_path: Path
    ) -> None:
        """What a call returned from is durable; keys stay the same."""
        reserved = register.reserve(request())
        register.record((step(reserved.copies[0], CopyState.PRODUCED),))
        later = self.reopened(register, tmp_path)
        assert later.register_id == register.register_id
        assert later.agency == register.agency
        assert later.rehearsal is register.rehearsal is True
        assert later.trace_key().key_id == register.trace_key().key_id
        found = later.find_code(code_of(reserved.copies[0]))
        assert found.copy is not None
        assert found.copy.state is CopyState.PRODUCED
        with refusal(RegisterRefused, "register.already_issued"):
            later.reserve(request())

    def test_a_rehearsal_register_has_a_rehearsal_key(self, register: RegisterPort) -> None:
        """A sheet of a rehearsal must say so by its code alone."""
        assert register.rehearsal
        assert is_rehearsal(register.trace_key().key_id)

    def test_the_key_of_new_codes_is_the_first_of_those_that_open_them(
        self, register: RegisterPort
    ) -> None:
        """Sheets of years are traced by all keys there ever were."""
        assert register.trace_keys()[0] == register.trace_key()

    def test_documents_of_one_file_are_told(self, register: RegisterPort) -> None:
        """The same file under another number is worth a notice."""
        first = register.reserve(request(1, source_sha256="ab" * 32)).document_id
        second = register.reserve(request(2, source_sha256="AB" * 32)).document_id
        assert register.same_file("ab" * 32) == (first, second)
        assert register.same_file("cd" * 32) == ()

    def test_no_trich_yeu_of_tuyet_mat_is_kept_under_the_rules_of_2026(
        self, register: RegisterPort
    ) -> None:
        """The book has the column left empty; so has the register."""
        with refusal(RulesRefused, "register.no_title_for_tuyet_mat"):
            register.reserve(request(level=Level.TUYET_MAT, title="Kế hoạch"))
        assert register.check_new(request().identity) is None


def _agrees(found: FoundCode) -> bool:
    return found.witness is Witness.AGREES and found.copy is not None

# SPDX-License-Identifier: Apache-2.0
"""Any order of issuing, moving, failing and reopening keeps the books straight."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.events import CLOSED, DEAD, MOVES
from bmnn_mark.register.port import CopyRecord, CopyState, Recipient, Witness
from bmnn_mark.tracking.code import Outcome, open_code


class Books(RuleBasedStateMachine):
    """A register beside a plain model of it: documents, and each copy's attempts."""

    place_in = None
    request_for = None
    documents = Bundle("documents")

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="bmnn-test-")
        self.place = type(self).place_in(Path(self.folder.name))
        self.states: dict[tuple[int, int], list[CopyState]] = {}
        self.attempts: dict[tuple[int, int], list[str]] = {}
        self.copies: list = []
        self.sizes: dict[int, int] = {}
        self.events = 1

    @initialize()
    def create(self):
        self.register = self.place.create()

    def teardown(self):
        report = self.place.open().verify()
        assert report.intact, report
        assert report.events == self.events
        self.place.leave()
        self.folder.cleanup()

    def note(self, number, reservation):
        for copy in reservation.copies:
            self.states.setdefault((number, copy.number), []).append(CopyState.RESERVED)
            self.attempts.setdefault((number, copy.number), []).append(copy.attempt_id)
            assert copy.attempt == len(self.states[number, copy.number])
            self.copies.append(copy)

    @rule(target=documents, number=st.integers(1, 4), copies=st.integers(1, 4))
    def issue(self, number, copies):
        request = type(self).request_for(number, recipients=(Recipient(name="A", copies=copies),))
        alive = any(
            states[-1] not in DEAD for (of, _), states in self.states.items() if of == number
        )
        if alive:
            with pytest.raises(RegisterRefused, match=r"^register\.already_issued$"):
                self.register.reserve(request)
        else:
            self.note(number, self.register.reserve(request))
            self.sizes[number] = copies
            self.events += 1 + copies
        return number

    @rule(number=documents, copy=st.integers(1, 4))
    def replace(self, number, copy):
        document = self.register.find_document(type(self).request_for(number).identity)
        states = self.states.get((number, copy))
        if states is None or copy > self.sizes[number]:
            code = "no_such_copy"
        elif states[-1] not in DEAD:
            code = "already_issued"
        else:
            self.note(number, self.register.reserve_again(document, [copy], "An"))
            self.events += 1
            return
        with pytest.raises(RegisterRefused, match=rf"^register\.{code}$"):
            self.register.reserve_again(document, [copy], "An")

    @rule(number=documents, copy=st.integers(1, 4), state=st.sampled_from(CopyState))
    def move(self, number, copy, state):
        if (number, copy) not in self.states:
            return
        record = CopyRecord(attempt_id=self.attempts[number, copy][-1], state=state, actor="An")
        if state in MOVES[self.states[number, copy][-1]]:
            self.register.record((record,))
            self.states[number, copy][-1] = state
            self.events += 1
        else:
            with pytest.raises(RegisterRefused, match=r"^register\.wrong_step$"):
                self.register.record((record,))

    @rule(number=documents, copy=st.integers(1, 4))
    def fail(self, number, copy):
        if self.states.get((number, copy), [CopyState.VOID])[-1] is CopyState.RESERVED:
            self.move(number, copy, CopyState.VOID)

    @rule()
    def reopen(self):
        self.register = self.place.open()

    @rule()
    def rebuild(self):
        self.register.rebuild()

    @rule(data=st.data())
    def trace(self, data):
        if not self.copies:
            return
        copy = data.draw(st.sampled_from(self.copies))
        (text,) = self.register.page_codes(copy, [1])
        reading = open_code(text, [self.register.trace_key()])
        assert reading.outcome is Outcome.OURS
        found = self.register.find_code(reading.code)
        assert found.witness is Witness.AGREES
        assert (found.copy.number, found.copy.attempt) == (copy.number, copy.attempt)
        assert self.register.find_reference(copy.reference) == found.copy

    @invariant()
    def what_is_open_is_what_the_model_has_open(self):
        expected = {
            self.attempts[key][at]
            for key, states in self.states.items()
            for at, state in enumerate(states)
            if state not in CLOSED
        }
        found = {one.attempt.attempt_id for one in self.register.open_attempts()}
        assert found == expected

    @invariant()
    def positions_and_references_are_never_used_twice(self):
        assert len({copy.position for copy in self.copies}) == len(self.copies)
        assert len({copy.reference for copy in self.copies}) == len(self.copies)
        assert len({copy.attempt_id for copy in self.copies}) == len(self.copies)


def test_any_order_of_steps_keeps_the_books_straight(place_in, request_for):
    kind = type("Kept", (Books,), {"place_in": place_in, "request_for": staticmethod(request_for)})
    case = kind.TestCase
    case.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
    case("runTest").runTest()

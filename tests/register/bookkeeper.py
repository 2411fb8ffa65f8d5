# SPDX-License-Identifier: Apache-2.0
"""A register beside a plain model of it: any order of what can happen keeps the books straight."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from scene import one_engine

from bmnn_mark.errors import RegisterRefused, RulesRefused
from bmnn_mark.register.erasure import Approval
from bmnn_mark.register.events import CLOSED, DEAD, MOVES
from bmnn_mark.register.keeping_events import KeyKind
from bmnn_mark.register.keys import read_keys
from bmnn_mark.register.life import (
    COPY_MOVES,
    COPY_WORDS,
    DOCUMENT_MOVES,
    DOCUMENT_WORDS,
    CopyAct,
    CopyActRequest,
    DocumentAct,
    DocumentActRequest,
    IncidentClosing,
    IncidentKind,
    IncidentRequest,
    MeetingRequest,
    ReceiveRequest,
    Standing,
    Whereabouts,
)
from bmnn_mark.register.port import CopyRecord, CopyState, Recipient, Witness
from bmnn_mark.rules import Level
from bmnn_mark.tracking.code import Outcome, open_code

TODAY = date(2026, 3, 2)
MADE = {CopyState.PRINTED, CopyState.EXPORTED}
TERMED = {DocumentAct.TERMED, DocumentAct.EXTENDED}
#: What was kept since the process began.
TOTALS: Counter[str] = Counter()
NUMBERS, COPIES = st.integers(1, 4), st.integers(1, 4)
#: The ways along which copies come into being and fail; else most walks end at a refusal.
NEXT = {
    CopyState.RESERVED: CopyState.PRODUCED,
    CopyState.PRODUCED: CopyState.CREATED,
    CopyState.CREATED: CopyState.LOADED,
    CopyState.LOADED: CopyState.RELEASING,
    CopyState.RELEASING: CopyState.PRINTING,
    CopyState.PRINTING: CopyState.DEVICE_DONE,
    CopyState.DEVICE_DONE: CopyState.PRINTED,
    CopyState.UNKNOWN: CopyState.PRINTED,
}


def refused(code: str, kind: type[Exception] = RegisterRefused):
    return pytest.raises(kind, match=rf"^register\.{code}$")


class Books(RuleBasedStateMachine):
    """The model: each copy's attempts and where it is; each document's level and standing."""

    folder = Path()
    place_in = None
    request_for = None
    documents = Bundle("documents")

    def __init__(self):
        super().__init__()
        shutil.rmtree(type(self).folder, ignore_errors=True)
        type(self).folder.mkdir()
        self.place = type(self).place_in(type(self).folder)
        self.states: dict[tuple[int, int], list[CopyState]] = {}
        self.attempts: dict[tuple[int, int], list[str]] = {}
        self.where: dict[tuple[int, int], tuple[Whereabouts, Whereabouts]] = {}
        self.levels: dict[int, tuple[Level, Standing]] = {}
        self.received: set[int] = set()
        self.incidents: dict[int, bool] = {}
        self.copies: list = []
        self.sizes: dict[int, int] = {}
        self.roots: list[tuple[int, bytes]] = []
        self.events = 1

    @initialize()
    def create(self):
        self.register = self.place.create()
        self.public_key = read_keys(self.place.keys).public_key

    def teardown(self):
        self.register = self.place.open()
        self.verify()
        self.place.leave()
        TOTALS.update(books=1, events=self.events, copies=len(self.copies))

    def id_of(self, number):
        found = self.register.find_document(type(self).request_for(number).identity)
        assert (found is None) == (number not in self.sizes)
        return found or "00" * 16

    def note(self, number, reservation):
        for copy in reservation.copies:
            key = (number, copy.number)
            self.states.setdefault(key, []).append(CopyState.RESERVED)
            self.attempts.setdefault(key, []).append(copy.attempt_id)
            self.where.setdefault(key, (Whereabouts.NOT_MADE, Whereabouts.IN_OFFICE))
            assert copy.attempt == len(self.states[key])
            self.copies.append(copy)

    @rule(target=documents, number=NUMBERS, copies=COPIES, level=st.sampled_from(Level))
    def issue(self, number, copies, level):
        request = type(self).request_for(
            number, recipients=(Recipient(name="A", copies=copies),), level=level
        )
        alive = any(
            states[-1] not in DEAD for (of, _), states in self.states.items() if of == number
        )
        if alive:
            with refused("already_issued"):
                self.register.reserve(request)
        else:
            self.note(number, self.register.reserve(request))
            self.sizes[number] = copies
            self.levels[number] = (level, Standing.IN_FORCE)
            self.events += 1 + copies
        return number

    @rule(number=documents, copy=COPIES)
    def replace(self, number, copy):
        states = self.states.get((number, copy))
        if states is None or copy > self.sizes[number]:
            code = "no_such_copy"
        elif states[-1] not in DEAD:
            code = "already_issued"
        else:
            self.note(number, self.register.reserve_again(self.id_of(number), [copy], "An"))
            self.events += 1
            return
        with refused(code):
            self.register.reserve_again(self.id_of(number), [copy], "An")

    @rule(number=documents, copy=COPIES, state=st.sampled_from(CopyState))
    def move(self, number, copy, state):
        key = (number, copy)
        if key not in self.states:
            return
        record = CopyRecord(attempt_id=self.attempts[key][-1], state=state, actor="An")
        before = self.states[key][-1]
        if state not in MOVES[before]:
            with refused("wrong_step"):
                self.register.record((record,))
        elif before in MADE and self.where[key][0] is not Whereabouts.IN_OFFICE:
            with refused("copy_not_here"):
                self.register.record((record,))
        else:
            self.register.record((record,))
            self.states[key][-1] = state
            self.events += 1
            if state in MADE or before in MADE:
                now = Whereabouts.IN_OFFICE if state in MADE else Whereabouts.NOT_MADE
                self.where[key] = (now, Whereabouts.IN_OFFICE)

    @rule(number=documents, copy=COPIES, steps=st.integers(1, 7))
    def go_on(self, number, copy, steps):
        for _ in range(steps):
            state = NEXT.get(self.states.get((number, copy), [CopyState.VOID])[-1])
            if state is not None:
                self.move(number, copy, state)

    @rule(number=documents, copy=COPIES)
    def export(self, number, copy):
        if self.states.get((number, copy), [None])[-1] is CopyState.RESERVED:
            self.move(number, copy, CopyState.PRODUCED)
            self.move(number, copy, CopyState.EXPORTED)

    @rule(number=documents, copy=COPIES)
    def fail(self, number, copy):
        for state in (CopyState.VOID, CopyState.SPOILED):
            if state in MOVES[self.states.get((number, copy), [CopyState.VOID])[-1]]:
                self.move(number, copy, state)

    @rule(number=documents, copy=COPIES, act=st.sampled_from(CopyAct), abroad=st.booleans())
    def act(self, number, copy, act, abroad):
        carried = act is CopyAct.CARRIED_OUT
        request = CopyActRequest(
            document_id=self.id_of(number), copy=copy, act=act, on=TODAY, actor="An",
            words=dict.fromkeys(COPY_WORDS[act], "Bình"),
            abroad=abroad if carried or act is CopyAct.PROVIDED else None,
            due=TODAY if carried else None,
        )  # fmt: skip
        now, back = self.where.get((number, copy), (None, None))
        if now is None:
            with refused("no_such_copy"):
                self.register.act_on_copies([request])
            return
        after = COPY_MOVES[act].get(now)
        if after is None:
            with refused("wrong_act"):
                self.register.act_on_copies([request])
            return
        self.register.act_on_copies([request])
        self.events += 1
        to = back if act is CopyAct.CARRIED_BACK else next(iter(after))
        self.where[number, copy] = (to, now if carried else Whereabouts.IN_OFFICE)

    @rule(
        number=documents,
        act=st.sampled_from(DocumentAct),
        level=st.sampled_from(Level),
        partly=st.booleans(),
    )
    def decide(self, number, act, level, partly):
        request = DocumentActRequest(
            document_id=self.id_of(number), act=act, on=TODAY, actor="An",
            words=dict.fromkeys(DOCUMENT_WORDS[act], "1/QĐ"),
            level=level if act is DocumentAct.RELEVELLED else None,
            term=TODAY if act in TERMED else None,
            partly=partly and act is DocumentAct.DECLASSIFIED,
        )  # fmt: skip
        present, standing = self.levels[number]
        if standing not in DOCUMENT_MOVES[act]:
            with refused("wrong_document_act"):
                self.register.act_on_document(request)
        elif request.level is present:
            with refused("same_level", RulesRefused):
                self.register.act_on_document(request)
        else:
            self.register.act_on_document(request)
            self.events += 1
            after = standing if request.partly else DOCUMENT_MOVES[act][standing]
            self.levels[number] = (request.level or present, after)

    @rule(number=NUMBERS, level=st.sampled_from(Level))
    def receive(self, number, level):
        request = ReceiveRequest(
            agency="Bộ Mẫu", number_sign=f"{number}/CV", dated=TODAY, level=level,
            pack="nd63-2026", arrived=TODAY, actor="An", numbers=(3, 5),
        )  # fmt: skip
        if number in self.received:
            with refused("already_received"):
                self.register.receive(request)
        else:
            _document, arrival = self.register.receive(request)
            self.received.add(number)
            assert arrival == len(self.received)
            self.events += 1

    @rule(kind=st.sampled_from(IncidentKind))
    def report(self, kind):
        request = IncidentRequest(
            kind=kind, on=TODAY, actor="An", words={"subject": "x"}, level=Level.MAT
        )
        self.incidents[self.register.report_incident(request)] = True
        self.events += 1

    @rule(number=st.integers(0, 60))
    def settle(self, number):
        waiting = [n for n, one in self.incidents.items() if one]
        event = waiting[0] if waiting and number % 2 else number
        closing = IncidentClosing(incident=event, on=TODAY, actor="An", words={"outcome": "x"})
        if self.incidents.get(event):
            self.register.close_incident(closing)
            self.incidents[event] = False
            self.events += 1
        else:
            with refused("no_incident"):
                self.register.close_incident(closing)

    @rule(number=documents, foreign=st.booleans())
    def meet(self, number, foreign):
        held = [copy for of, copy in self.where if of == number]
        self.register.hold_meeting(
            MeetingRequest(
                on=TODAY, actor="An", level=Level.TUYET_MAT, foreign=foreign,
                copies=tuple((self.id_of(number), copy) for copy in held),
                words={"subject": "x", "place": "y"},
            )
        )  # fmt: skip
        self.events += 1

    @rule(kind=st.sampled_from(KeyKind))
    def rotate(self, kind):
        approval = Approval(actor="An", second_actor="Bình", reason="định kỳ", on=TODAY)
        self.register.rotate_key(kind, approval)
        self.events += 1

    @rule()
    def reopen(self):
        self.register = self.place.open()

    @rule()
    def rebuild(self):
        self.register.rebuild()

    @rule()
    def verify(self):
        report = self.register.verify()
        assert report.intact, report
        assert report.events == self.events

    @rule()
    def prove(self):
        proof = self.register.prove_growth(0)
        assert (proof.head.size, proof.holds(self.public_key, proof.head.root)) == (
            self.events,
            False,
        )
        self.roots.append((proof.head.size, proof.head.root))
        for size, root in self.roots[-4:]:
            assert self.register.prove_growth(size).holds(self.public_key, root)

    @rule(data=st.data())
    def trace(self, data):
        if not self.copies:
            return
        copy = data.draw(st.sampled_from(self.copies))
        (text,) = self.register.page_codes(copy, [1])
        reading = open_code(text, self.register.trace_keys())
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
    def copies_are_where_the_model_has_them(self):
        for number in self.sizes:
            rows = self.register.holdings(self.id_of(number))
            found = {(number, row.copy): row.whereabouts for row in rows}
            expected = {key: now for key, (now, _) in self.where.items() if key[0] == number}
            assert found == expected

    @invariant()
    def positions_and_references_are_never_used_twice(self):
        assert len({copy.position for copy in self.copies}) == len(self.copies)
        assert len({copy.reference for copy in self.copies}) == len(self.copies)
        assert len({copy.attempt_id for copy in self.copies}) == len(self.copies)


def run_books(place_in, request_for, examples: int, steps: int) -> None:
    """Keep as many books as ``examples``, of so many steps each."""
    with one_engine(), tempfile.TemporaryDirectory(prefix="bmnn-test-") as folder:
        own = {"place_in": place_in, "request_for": staticmethod(request_for)}
        kind = type("Kept", (Books,), own | {"folder": Path(folder) / "books"})
        case = kind.TestCase
        case.settings = settings(max_examples=examples, stateful_step_count=steps, deadline=None)
        case("runTest").runTest()

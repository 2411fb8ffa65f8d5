# SPDX-License-Identifier: Apache-2.0
"""Books and figures against what was entered, and against a count that takes every act in hand."""

from collections import Counter
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bmnn_mark.errors import BmnnMarkError, RegisterRefused
from bmnn_mark.register.events import CopyReserved
from bmnn_mark.register.life import (
    CopyAct,
    CopyActRequest,
    CopyKind,
    Direction,
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
from bmnn_mark.register.life_events import CopyingPermitted
from bmnn_mark.register.port import CopyState, DocumentIdentity, Recipient
from bmnn_mark.rules import Level

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
TODAY = date(2026, 11, 22)
WORDS = {
    CopyAct.HANDED_OVER: {"party": "Chánh Văn phòng", "receipt": "ký sổ"},
    CopyAct.CARRIED_OUT: {"party": "Trần  Bình", "place": "Huế", "purpose": "công tác"},
    CopyAct.PROVIDED: {"party": "Công an tỉnh", "decision": "QĐ 1", "clause": "Điều 15"},
    CopyAct.LOST: {"reason": "thất lạc"},
    CopyAct.DESTROYED: {"second_actor": "Bình", "reason": "bản thừa"},
}


def issue(register, request_for, steps, number, *, made=True, **changes):
    reserved = register.reserve(request_for(number, **changes))
    if made:
        for copy in reserved.copies:
            states = (CopyState.PRODUCED, CopyState.EXPORTED)
            register.record(steps(copy.attempt_id, *states))
    return reserved


def act(register, document, copy, what, on, **more):
    words = WORDS.get(what, {}) | more.pop("words", {})
    request = CopyActRequest(
        document_id=document, copy=copy, act=what, on=on, actor="An", words=words, **more
    )
    register.act_on_copies([request])


def decide(register, document, what, on, **more):
    words = {"decision": "QĐ 2", "reason": "hết hạn"}
    register.act_on_document(
        DocumentActRequest(document_id=document, act=what, on=on, actor="An", words=words, **more)
    )


def receive(register, n, *, level=Level.MAT, arrived=date(2026, 3, 4), **more):
    values = {
        "agency": "UBND tỉnh",
        "number_sign": f"{n}/CV-UBND",
        "dated": date(2026, 3, 1),
        "level": level,
        "pack": "nd63-2026",
        "arrived": arrived,
        "actor": "An",
    }
    return register.receive(ReceiveRequest(**values | more))[0]


def permit_copies(register, of, on, *, copies=2, level=Level.TOI_MAT):
    """What ``register copy`` enters."""
    series = "ab" * 16
    fields = {
        "actor": "An",
        "identity": {"agency": "Sở Xây dựng", "number_sign": "1/BC-SXD"},
        "source": "00" * 32,
        "permitted_by": "Lê Chi",
        "office": "Giám đốc Sở",
        "clause": "Điều 11",
        "purpose": "họp",
    }
    permitted = CopyingPermitted(
        document=series, of=of, of_copy=1, kind=CopyKind.SAO_Y, level=level, pack="nd63-2026",
        dated=date(2026, 3, 2), on=on, allowed=3, copies=copies, pages=3,
    )  # fmt: skip
    with register._entering() as (_, entering):
        issued = entering.enter(permitted, fields)
        for copy in range(1, copies + 1):
            entering.enter(
                CopyReserved(
                    attempt_id=f"{copy:032x}", document=series, issued=issued, copy=copy,
                    attempt=1, reference=copy, trace_key="00" * 3,
                ),
                {"actor": "An", "recipient": {"address": "", "name": "Phòng TH", "note": ""}},
            )  # fmt: skip
    return series


# --- Figures

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from([*CopyAct, *DocumentAct, "issue", "receive", "incident", "close", "meet"]),
        st.integers(0, 700),
        st.sampled_from(Level),
        st.booleans(),
        st.integers(0, 3),
    ),
    min_size=8,
    max_size=18,
)


def live(register, request_for, steps, operations):
    """Do what the operations say, as far as the register allows it."""
    documents, incidents = [], []
    for number, (what, days, level, yes, pick) in enumerate(operations, 1):
        on = FIRST + timedelta(days=days)
        document = documents[pick % len(documents)] if documents else "00" * 16
        with suppress(BmnnMarkError):
            if what == "issue":
                identity = DocumentIdentity(agency="Sở", number_sign=f"{number}", dated=on)
                made = issue(
                    register, request_for, steps, number, made=yes, identity=identity, level=level
                )
                documents.append(made.document_id)
            elif what == "receive":
                documents.append(receive(register, number, level=level, arrived=on))
            elif what == "incident":
                request = IncidentRequest(
                    kind=tuple(IncidentKind)[pick % 3], on=on, actor="An",
                    words={"subject": "…"}, level=level if yes else None,
                )  # fmt: skip
                incidents.append(register.report_incident(request))
            elif what == "close":
                closing = IncidentClosing(
                    incident=incidents.pop() if incidents else 0,
                    on=on,
                    actor="An",
                    words={"outcome": "…"},
                )
                register.close_incident(closing)
            elif what == "meet":
                register.hold_meeting(
                    MeetingRequest(
                        on=on, actor="An", level=level, foreign=yes,
                        words={"subject": "…", "place": "…"},
                    )
                )  # fmt: skip
            elif isinstance(what, CopyAct):
                more = {}
                if what in {CopyAct.CARRIED_OUT, CopyAct.PROVIDED}:
                    more["abroad"] = yes
                if what is CopyAct.CARRIED_OUT:
                    more |= {"due": on, "words": {"party": "TRẦN Bình" if pick else "Cường"}}
                act(register, document, 1, what, on, **more)
            else:
                more = {"level": level} if what is DocumentAct.RELEVELLED else {}
                if what in {DocumentAct.TERMED, DocumentAct.EXTENDED}:
                    more["term"] = on
                decide(register, document, what, on, **more)


def naive(register, first, last):
    """The same figures from every act and every holding, one after the other."""
    times, copies, waiting, people = Counter(), Counter(), Counter(), set()
    for one in register.acts(first, last):
        key = (one.day.year, one.act, one.level, one.kind, one.abroad)
        times[key] += 1
        copies[key] += one.many
        waiting[key] += one.waiting
        if one.act == "holding.carried-out":
            people.add((one.day, one.abroad, one.words["party"].casefold().replace(" ", "")))
    acts = {key: (times[key], copies[key], waiting[key]) for key in times}
    return acts, Counter((day.year, abroad) for day, abroad, _ in people)


@pytest.mark.parametrize("seeded", [["issue", "issue", "receive"]])
def test_figures_are_those_of_a_count_act_by_act(place_in, request_for, steps, tmp_path, seeded):
    ran = 0

    @settings(max_examples=5, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(OPERATIONS)
    def holds(operations):
        nonlocal ran
        ran += 1
        folder = tmp_path / str(ran)
        folder.mkdir()
        place = place_in(folder)
        register = place.create()
        start = [(what, 60 * n, Level.TOI_MAT, True, 0) for n, what in enumerate(seeded)]
        live(register, request_for, steps, [*start, *operations])
        for first, last in ((FIRST, LAST), (date(2026, 2, 1), date(2027, 1, 15))):
            figures = register.accounts.figures(first, last, TODAY)
            acts, people = naive(register, first, last)
            assert {
                (one.year, one.act, one.level, one.kind, one.abroad): (
                    one.acts, one.copies, one.waiting,
                )
                for one in figures.acts
            } == acts  # fmt: skip
            assert {(one.year, one.abroad): one.people for one in figures.carriers} == people
        held, protected = standing(register)
        assert {
            (one.level, one.direction, one.standing, one.whereabouts): (one.copies, one.overdue)
            for one in figures.held
        } == held
        assert {
            (one.level, one.direction): (one.documents, one.termed, one.lapsed)
            for one in figures.protected
        } == protected
        place.leave()

    holds()


def standing(register):
    documents = {one.document_id: one for one in register.documents()}
    held: dict[object, tuple[int, int]] = {}
    for one in register.holdings():
        document = documents[one.document_id]
        key = (document.level, document.direction, document.standing, one.whereabouts)
        copies, overdue = held.get(key, (0, 0))
        late = one.due is not None and one.due < TODAY
        held[key] = (copies + 1, overdue + late)
    protected: dict[object, tuple[int, int, int]] = {}
    for document in documents.values():
        if document.standing is Standing.DECLASSIFIED or document.direction is Direction.COPY:
            continue
        key = (document.level, document.direction)
        many, termed, lapsed = protected.get(key, (0, 0, 0))
        over = document.term is not None and document.term < TODAY
        protected[key] = (many + 1, termed + (document.term is not None), lapsed + over)
    return held, protected


# --- Books


@pytest.fixture
def register(place):
    return place.create()


def test_the_outgoing_book_tells_who_has_which_copy_and_what_was_decided(
    register, request_for, steps
):
    title = "Báo cáo phòng, chống lụt bão"
    document = issue(register, request_for, steps, 1, title=title).document_id
    for copy in (1, 2):
        act(register, document, copy, CopyAct.HANDED_OVER, date(2026, 3, 4 + copy))
    decide(register, document, DocumentAct.RELEVELLED, date(2026, 4, 1), level=Level.MAT)
    with register.accounts.reading() as books:
        (line,) = books.outgoing(FIRST, LAST)
    assert (line.number_sign, line.dated, line.title) == ("1/BC-SXD", date(2026, 3, 2), title)
    assert line.level is Level.TOI_MAT  # at which it was issued
    assert (line.copies, line.made, line.signer) == (3, 3, "")
    first, second = line.recipients
    assert (first.name, first.copies, first.handed_on) == ("Bí thư Bình", (1, 2), date(2026, 3, 6))
    assert first.receipt == "ký sổ"
    assert (second.copies, second.handed_on) == ((3,), None)
    assert [(one.act, one.level) for one in line.changes] == [(DocumentAct.RELEVELLED, Level.MAT)]


def test_a_title_is_gone_from_the_books_once_its_document_was_tuyet_mat(
    register, request_for, steps
):
    document = issue(register, request_for, steps, 1, title="Phương án").document_id
    incoming = receive(register, 1, title="Công văn", unit="Phòng TH", note="khẩn")
    for one in (document, incoming):
        decide(register, one, DocumentAct.RELEVELLED, date(2026, 4, 1), level=Level.TUYET_MAT)
        decide(register, one, DocumentAct.RELEVELLED, date(2026, 4, 2), level=Level.MAT)
    with register.accounts.reading() as books:
        assert [one.title for one in books.outgoing(FIRST, LAST)] == [""]
        (line,) = books.incoming(FIRST, LAST)
    assert (line.title, line.unit, line.note) == ("", "Phòng TH", "khẩn")


def test_a_document_entered_again_keeps_its_place_in_the_book(register, request_for, steps):
    failed = register.reserve(request_for(1))
    issue(register, request_for, steps, 2)
    for copy in failed.copies:
        register.record(steps(copy.attempt_id, CopyState.VOID))
    register.reserve(request_for(1, recipients=(Recipient(name="Ông Dương", copies=3),)))
    with register.accounts.reading() as books:
        lines = books.outgoing(FIRST, LAST)
    assert [one.number_sign for one in lines] == ["1/BC-SXD", "2/BC-SXD"]
    assert [one.name for one in lines[0].recipients] == ["Ông Dương"]
    assert [one.made for one in lines] == [0, 3]


def test_books_hold_the_days_asked_for_and_no_others(register, request_for, steps):
    for number, dated in enumerate((date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31)), 1):
        identity = DocumentIdentity(agency="Sở", number_sign=f"{number}", dated=dated)
        issue(register, request_for, steps, number, identity=identity)
    receive(register, 1, arrived=date(2026, 12, 31), number=7)
    receive(register, 2, arrived=date(2027, 1, 1))
    with register.accounts.reading() as books:
        year = (date(2026, 1, 1), date(2026, 12, 31))
        assert [one.number_sign for one in books.outgoing(*year)] == ["2", "3"]
        assert [(one.number, one.agency) for one in books.incoming(*year)] == [(7, "UBND tỉnh")]


def test_the_hand_over_book_tells_when_a_copy_came_back(register, request_for, steps):
    document = issue(register, request_for, steps, 1).document_id
    act(register, document, 1, CopyAct.HANDED_OVER, date(2026, 3, 5))
    act(register, document, 1, CopyAct.RETURNED, date(2026, 3, 9))
    act(register, document, 1, CopyAct.PROVIDED, date(2026, 3, 10), abroad=True)
    with register.accounts.reading() as books:
        handed, provided = books.hand_overs(FIRST, LAST)
    assert (handed.copy, handed.of, handed.returned) == (1, 3, date(2026, 3, 9))
    assert (handed.receiver, handed.receipt, handed.abroad) == ("Chánh Văn phòng", "ký sổ", None)
    assert (provided.act, provided.abroad, provided.returned) == (CopyAct.PROVIDED, True, None)
    assert (provided.decision, provided.clause) == ("QĐ 1", "Điều 15")


def test_the_copying_book_tells_who_permitted_and_what_was_spoiled(register, request_for, steps):
    document = issue(register, request_for, steps, 1).document_id
    series = permit_copies(register, document, date(2026, 5, 1))
    register.record(steps(f"{1:032x}", CopyState.PRODUCED, CopyState.EXPORTED))
    register.record(steps(f"{1:032x}", CopyState.SPOILED))
    with register.accounts.reading() as books:
        (line,) = books.copyings(FIRST, LAST)
        assert len(books.outgoing(FIRST, LAST)) == 1  # the series of copies is not among them
    assert (line.document_id, line.kind, line.allowed, line.copies) == (series, "sao-y", 3, 2)
    assert (line.permitted_by, line.office, line.clause) == ("Lê Chi", "Giám đốc Sở", "Điều 11")
    assert line.recipients[0].copies == (1, 2)
    assert line.spoiled == 1


def test_a_decision_about_a_document_with_copies_counts_once(register, request_for, steps):
    document = issue(register, request_for, steps, 1).document_id
    permit_copies(register, document, date(2026, 5, 1))
    decide(register, document, DocumentAct.DECLASSIFIED, date(2026, 6, 1))
    counted = {
        one.kind: one.acts
        for one in register.accounts.figures(FIRST, LAST, TODAY).acts
        if one.act == "document.declassified"
    }
    assert counted == {"out": 1, "copy": 1}  # apart, so that whoever adds up can leave one out


def test_lists_name_who_carried_what_was_held_and_what_came_of_incidents(
    register, request_for, steps
):
    document = issue(register, request_for, steps, 1).document_id
    act(register, document, 1, CopyAct.CARRIED_OUT, TODAY, abroad=True, due=TODAY)
    act(register, document, 1, CopyAct.CARRIED_BACK, TODAY + timedelta(days=2))
    for level in (Level.MAT, Level.TUYET_MAT):
        register.hold_meeting(
            MeetingRequest(
                on=TODAY, actor="An", level=level, foreign=False, copies=((document, 1),),
                words={"subject": "phương án", "place": "phòng 2"},
            )
        )  # fmt: skip
    for subject in ("mất bản 2", "máy nối mạng"):
        number = register.report_incident(
            IncidentRequest(
                kind=IncidentKind.LOSS, on=TODAY, actor="An", document_id=document, copy=2,
                words={"subject": subject},
            )
        )  # fmt: skip
    register.close_incident(
        IncidentClosing(incident=number, on=LAST, actor="An", words={"outcome": "kiểm điểm"})
    )
    with register.accounts.listing() as listing:
        (carried,) = listing.carryings(FIRST, LAST)
        meetings = listing.meetings(FIRST, LAST)
        first, second = listing.incidents(FIRST, LAST)
        assert listing.incidents(LAST, LAST) == ()
    assert (carried.place, carried.due, carried.back) == ("Huế", TODAY, date(2026, 11, 24))
    assert (carried.number_sign, carried.abroad) == ("1/BC-SXD", True)
    assert [one.subject for one in meetings] == ["phương án", ""]
    assert (first.closed, first.outcome, first.level) == (None, "", Level.TOI_MAT)
    assert (second.closed, second.outcome, second.copy) == (LAST, "kiểm điểm", 2)


def test_what_is_read_names_the_state_it_was_read_from(register, request_for, steps):
    issue(register, request_for, steps, 1)
    with register.accounts.reading() as books:
        state = books.state()
    report = register.verify()
    assert state.events == report.events
    proof = register.prove_growth(state.events)
    assert state.root == proof.head.root.hex()


@pytest.mark.sqlite_only
def test_a_table_that_names_another_event_is_named_as_broken(place, request_for, steps):
    register = place.create()
    document = issue(register, request_for, steps, 1).document_id
    act(register, document, 1, CopyAct.HANDED_OVER, TODAY)
    place.change("UPDATE acts SET n = 0 WHERE act = 'holding.handed-over'")
    with register.accounts.reading() as books, pytest.raises(RegisterRefused) as refused:
        books.hand_overs(FIRST, LAST)
    assert refused.value.code == "register.broken"
    assert Whereabouts.WITH_HOLDER in {one.whereabouts for one in register.holdings(document)}

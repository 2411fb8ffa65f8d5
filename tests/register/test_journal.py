# SPDX-License-Identifier: Apache-2.0
"""Two registers that are not linked: what one tells, the other takes in only where it fits."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.register import journal as journals_of
from bmnn_mark.register.central import Taken, checked_fingerprint
from bmnn_mark.register.events import canonical
from bmnn_mark.register.heads import Head
from bmnn_mark.register.journal import read_journal
from bmnn_mark.register.journal_views import ForeignKey, Heard
from bmnn_mark.register.life import CopyAct, CopyActRequest, DocumentAct, DocumentActRequest
from bmnn_mark.register.port import CopyState
from bmnn_mark.rules import Level
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.code import PageCode, open_code

FIRST, LAST = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
#: What is refused is decided above the database: one engine shows it.
one_engine = pytest.mark.sqlite_only
YEAR = date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture
def branch(place_in, tmp_path):
    """A register elsewhere, with a document in it."""
    folder = tmp_path / "branch"
    folder.mkdir(mode=0o700)
    return place_in(folder)


@pytest.fixture
def told(branch, request_for):
    """The branch's register and the journal of its first events."""
    register = branch.create()
    register.reserve(request_for(1))
    (journal,) = register.journals.since_last()
    return register, journal


@pytest.fixture
def centre(place):
    return place.create()


def work(register, number, request_for, steps):
    """A document issued, its first copy made and handed over."""
    made = register.reserve(request_for(number))
    first = made.copies[0]
    register.record(steps(first.attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    register.act_on_copies(
        (
            CopyActRequest(
                document_id=made.document_id, copy=first.number, act=CopyAct.HANDED_OVER,
                on=date(2026, 3, 2), actor="An", words={"party": "Bình"},
            ),
        )
    )  # fmt: skip
    return made


def refused(code, act, *words, **named):
    with pytest.raises(RegisterRefused) as caught:
        act(*words, **named)
    assert caught.value.code == code
    return caught.value.detail


def take(centre, *journals, **named):
    read = [read_journal(journal.lines()) for journal in journals]
    return centre.journals.take_in(read, actor="Tổng hợp", **named)


def signed(journal, keys, **changes):
    """The journal with a head that somebody signed anew."""
    head = replace(journal.head, **changes).signed(keys)
    return replace(journal, head=head)


def test_day_by_day_the_centre_follows_and_counts(branch, centre, request_for, steps):
    register = branch.create()
    for day in range(4):
        made = work(register, day + 1, request_for, steps)
        if day == 2:
            register.act_on_document(
                DocumentActRequest(
                    document_id=made.document_id, act=DocumentAct.RELEVELLED,
                    on=date(2026, 3, 2), actor="An", level=Level.MAT, words={"decision": "9/QĐ"},
                )
            )  # fmt: skip
            work(register, 30, request_for, steps)
        (journal,) = register.journals.since_last()
        register.journals.record_issued([journal], "An")
        trust = register.journals.fingerprint if day == 0 else None
        (taken,) = take(centre, journal, trust=trust, agency="Chi nhánh" if trust else "")
        assert (taken.taken, taken.trusted) == (Taken.IMPORTED, day == 0)
        assert taken.events == len(journal.leaves) == taken.size - taken.start
    (row,) = centre.journals.received()
    assert (row.register, row.agency, row.first, row.size, row.journals) == (
        register.register_id, "Chi nhánh", 0, journal.size, 4,
    )  # fmt: skip
    assert row.at == journal.head.at
    counted = {(one.act, one.level): (one.acts, one.many) for one in centre.journals.counts(*YEAR)}
    assert counted["document.issued", "toi-mat"] == (5, 15)
    assert counted["copy.reserved", "toi-mat"] == (15, 15)
    assert counted["holding.handed-over", "toi-mat"] == (5, 5)
    assert counted["document.relevelled", "toi-mat"] == (1, 1)
    assert counted["journal.issued", ""] == (3, 3)
    assert centre.verify().intact
    centre.rebuild()
    assert centre.verify().intact
    assert centre.journals.received() == (row,)


@one_engine
def test_acts_after_a_change_of_level_count_under_the_new_one(branch, centre, request_for, steps):
    register = branch.create()
    made = work(register, 1, request_for, steps)
    register.act_on_document(
        DocumentActRequest(
            document_id=made.document_id, act=DocumentAct.RELEVELLED, on=date(2026, 3, 2),
            actor="An", level=Level.MAT, words={"decision": "9/QĐ"},
        )
    )  # fmt: skip
    (first,) = register.journals.since_last()
    take(centre, first, trust=first.fingerprint)
    register.record(steps(made.copies[1].attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    register.act_on_copies(
        (
            CopyActRequest(
                document_id=made.document_id, copy=2, act=CopyAct.HANDED_OVER,
                on=date(2026, 3, 2), actor="An", words={"party": "Bình"},
            ),
        )
    )  # fmt: skip
    take(centre, *register.journals.of_time(FIRST, LAST))
    levels = [one.level for one in centre.journals.counts(*YEAR) if one.act.startswith("holding")]
    assert sorted(levels) == ["mat", "toi-mat"]


@one_engine
def test_no_sealed_word_leaves_with_a_journal(branch, request_for):
    register = branch.create()
    register.reserve(request_for(1, title="Mua sắm đặc biệt", level=Level.MAT))
    (journal,) = register.journals.since_last()
    data = b"\n".join(journal.lines()).decode()
    for word in ("Sở", "Bình", "An", "1/BC-SXD", "Mua", f"{1:064x}"):
        assert word not in data


@one_engine
def test_a_register_is_followed_only_once_its_key_was_compared(told, centre):
    _, journal = told
    detail = refused("journal.unknown_register", take, centre, journal)
    assert detail["fingerprint"] == journal.fingerprint
    refused("journal.not_trusted", take, centre, journal, trust="0" * 32)
    assert centre.journals.received() == ()
    (taken,) = take(centre, journal, trust=journal.fingerprint[:32])
    assert taken.trusted


@one_engine
def test_the_same_journal_again_changes_nothing(told, centre, place):
    _, journal = told
    take(centre, journal, trust=journal.fingerprint)
    before = place.content()
    (again,) = take(centre, journal, trust=journal.fingerprint)
    assert (again.taken, again.events) == (Taken.ALREADY, 0)
    assert place.content() == before


@one_engine
def test_an_older_journal_that_agrees_changes_nothing(told, centre, request_for):
    register, first = told
    register.reserve(request_for(2))
    (whole,) = register.journals.since_last()
    take(centre, whole, trust=whole.fingerprint)
    (again,) = take(centre, first)
    assert again.taken is Taken.ALREADY


@one_engine
def test_an_overlapping_journal_adds_only_what_is_new(told, centre, request_for):
    register, first = told
    take(centre, first, trust=first.fingerprint)
    register.reserve(request_for(2))
    (whole,) = register.journals.since_last()
    assert whole.start == 0
    (taken,) = take(centre, whole)
    assert taken.events == whole.size - first.size
    assert centre.verify().intact


@one_engine
def test_journals_given_in_the_wrong_order_are_taken_in_the_right_one(told, centre, request_for):
    register, first = told
    register.journals.record_issued([first], "An")
    register.reserve(request_for(2))
    (second,) = register.journals.since_last()
    taken = take(centre, second, first, trust=first.fingerprint)
    assert [one.start for one in taken] == [0, first.size]
    assert centre.verify().intact


@one_engine
def test_a_missing_journal_is_a_gap_and_named(told, centre, request_for):
    register, first = told
    take(centre, first, trust=first.fingerprint)
    register.journals.record_issued([first], "An")
    register.reserve(request_for(2))
    (second,) = register.journals.since_last()
    register.journals.record_issued([second], "An")
    register.reserve(request_for(3))
    (third,) = register.journals.since_last()
    detail = refused("journal.gap", take, centre, third)
    assert detail == {"first": first.size, "last": third.start - 1}
    assert len(take(centre, third, second)) == 2


@one_engine
def test_one_journal_that_does_not_fit_leaves_all_out(told, centre, request_for):
    register, first = told
    register.journals.record_issued([first], "An")
    register.reserve(request_for(2))
    (second,) = register.journals.since_last()
    register.journals.record_issued([second], "An")
    register.reserve(request_for(3))
    (third,) = register.journals.since_last()
    refused("journal.gap", take, centre, first, third, trust=first.fingerprint)
    assert centre.journals.received() == ()


@one_engine
def test_a_register_that_was_put_back_and_went_on_is_a_fork(
    branch, told, centre, request_for, place_in, tmp_path
):
    register, first = told
    (tmp_path / "old").mkdir(mode=0o700)
    old = tmp_path / "old" / "branch"
    shutil.copytree(branch.folder, old)
    register.reserve(request_for(2))
    (going_on,) = register.journals.since_last()
    take(centre, going_on, trust=first.fingerprint)
    other = place_in(old).open()
    other.reserve(request_for(3))
    other.reserve(request_for(4))
    (forked,) = other.journals.since_last()
    refused("journal.fork", take, centre, forked)
    other.journals.record_issued([forked], "An")
    shorter = other.journals.of_time(FIRST, LAST)
    refused("journal.fork", take, centre, *shorter)


@one_engine
def test_a_changed_event_is_refused(told, centre):
    _, journal = told
    leaf = json.loads(journal.leaves[1])
    leaf["body"]["copies"] += 1
    leaves = (journal.leaves[0], canonical(leaf), *journal.leaves[2:])
    refused("journal.wrong_root", read_journal, replace(journal, leaves=leaves).lines())


@one_engine
def test_swapped_events_are_refused(told):
    _, journal = told
    leaves = (*journal.leaves[:2], journal.leaves[3], journal.leaves[2], *journal.leaves[4:])
    detail = refused("journal.wrong_event", read_journal, replace(journal, leaves=leaves).lines())
    assert detail == {"event": 2}


@one_engine
def test_an_event_that_is_not_canonical_is_refused(told):
    _, journal = told
    leaves = (journal.leaves[0], journal.leaves[1] + b" ", *journal.leaves[2:])
    refused("journal.wrong_event", read_journal, replace(journal, leaves=leaves).lines())


@one_engine
def test_a_forged_signature_is_refused(told):
    _, journal = told
    forged = replace(journal, head=replace(journal.head, signature=bytes(64)))
    refused("journal.bad_signature", read_journal, forged.lines())
    later = replace(journal, head=replace(journal.head, at="2026-03-02T09:00:00.000000Z"))
    refused("journal.bad_signature", read_journal, later.lines())


@one_engine
def test_a_stranger_who_signs_with_a_key_of_his_own_is_refused(told, centre, place_in, tmp_path):
    """He puts his key and his signature on another register's events."""
    _, journal = told
    take(centre, journal, trust=journal.fingerprint)
    (tmp_path / "stranger").mkdir(mode=0o700)
    keys = place_in(tmp_path / "stranger").create()._sealing.keys
    head = Head(
        register=journal.register, size=journal.size, root=journal.head.root, at=journal.head.at
    ).signed(keys)
    refused(
        "journal.wrong_event",
        read_journal,
        replace(journal, public_key=keys.public_key, head=head).lines(),
    )
    later = replace(
        journal, start=1, public_key=keys.public_key, head=head, leaves=journal.leaves[1:],
        peaks=(journals_of.leaf_hash(journal.leaves[0]),),
    )  # fmt: skip
    refused("journal.other_key", take, centre, later)


@one_engine
def test_a_journal_of_ones_own_or_of_a_rehearsal_is_refused(told, centre, place_in, tmp_path):
    register, journal = told
    refused("journal.own_register", take, register, journal, trust=journal.fingerprint)
    (tmp_path / "play").mkdir(mode=0o700)
    (played,) = place_in(tmp_path / "play").create(rehearsal=True).journals.since_last()
    refused("journal.rehearsal_mixed", take, centre, played, trust=played.fingerprint)


@one_engine
def test_a_register_may_be_followed_from_its_midst(told, centre, request_for):
    register, first = told
    register.journals.record_issued([first], "An")
    register.reserve(request_for(2))
    (second,) = register.journals.since_last()
    take(centre, second, trust=second.fingerprint)
    assert centre.journals.received()[0].first == first.size
    assert refused("journal.older", take, centre, first) == {"first": first.size}
    assert centre.verify().intact


@one_engine
def test_nothing_new_is_said_so(told):
    register, journal = told
    register.journals.record_issued([journal], "An")
    refused("journal.nothing_new", register.journals.since_last)
    refused(
        "journal.nothing_that_day", register.journals.of_time,
        datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC),
    )  # fmt: skip


@one_engine
def test_a_day_is_told_whole_although_the_clock_was_wrong(branch, request_for):
    register = branch.create()
    branch.now = datetime(2026, 3, 4, 8, tzinfo=UTC)
    register.reserve(request_for(1))
    branch.now = datetime(2026, 3, 3, 8, tzinfo=UTC)
    register.reserve(request_for(2))
    branch.now = datetime(2026, 3, 4, 9, tzinfo=UTC)
    register.reserve(request_for(3))
    branch.now = datetime(2026, 3, 5, 9, tzinfo=UTC)
    register.reserve(request_for(4))
    (journal,) = register.journals.of_time(
        datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
    )
    assert (journal.start, journal.size) == (1, 13)


def test_many_events_make_several_journals_that_follow_one_another(
    branch, centre, request_for, monkeypatch
):
    monkeypatch.setattr(journals_of, "EVENTS_IN_ONE", 6)
    register = branch.create()
    for number in range(1, 5):
        register.reserve(request_for(number))
    journals = register.journals.since_last()
    assert [(one.start, one.size) for one in journals] == [(0, 9), (9, 17)]
    take(centre, *journals, trust=journals[0].fingerprint)
    (row,) = centre.journals.received()
    assert (row.size, row.journals) == (17, 2)
    (again,) = take(centre, journals[0])
    assert again.taken is Taken.ALREADY
    assert centre.verify().intact


@one_engine
def test_an_imported_event_that_somebody_changes_is_found(told, centre, place):
    _, journal = told
    take(centre, journal, trust=journal.fingerprint)
    place.change("UPDATE foreign_acts SET level = 'mat' WHERE number = 1")
    report = place.open(inspect=True).verify()
    assert not report.intact
    assert report.fault.value == "projection"


@pytest.mark.parametrize("text", ["", "ab" * 15, "zz" * 32, "ab" * 33])
def test_a_fingerprint_must_be_one(text):
    with pytest.raises(UsageRefused):
        checked_fingerprint(text)


def key_of(register, agency="Chi nhánh"):
    return ForeignKey(register=register.register_id, agency=agency, key=register.trace_key())


def opened(register, text):
    return open_code(text, [register.trace_key()]).code


def test_a_sheet_of_a_followed_register_is_heard_against_its_journals(told, centre):
    register, journal = told
    take(centre, journal, trust=journal.fingerprint)
    assert centre.journals.keep_keys([key_of(register)], "An") == 1
    assert centre.journals.keep_keys([key_of(register)], "An") == 0
    (key,) = centre.journals.foreign_keys(register.trace_key().key_id)
    assert key == key_of(register)
    view = register.document(register.documents()[0].document_id)
    position = view.attempts[1].position
    tree = journal.tree()
    for leaf in journal.leaves[:position]:
        tree.append(journals_of.leaf_hash(leaf))
    code = PageCode(position=position, page=2, attempt=1, root=tree.root()[:14])
    sheet = centre.journals.hear(key, code)
    assert (sheet.heard, sheet.copy, sheet.level) == (Heard.AGREES, 2, Level.TOI_MAT)
    assert sheet.document == view.document.document_id
    for changed, heard in (
        (replace(code, root=bytes(14)), Heard.REWRITTEN),
        (replace(code, attempt=2), Heard.NEVER_ISSUED),
        (replace(code, position=journal.size + 1), Heard.NOT_CHECKED),
    ):
        assert centre.journals.hear(key, changed).heard is heard
    assert centre.verify().intact


def test_a_trace_key_is_sealed_and_not_ones_own_nor_a_rehearsals(told, centre, place):
    register, _ = told
    centre.journals.keep_keys([key_of(register)], "An")
    content = place.content()
    secret = register.trace_key().secret
    assert secret not in content
    assert secret.hex().encode() not in content
    refused("trace_key.own", centre.journals.keep_keys, [key_of(centre)], "An")
    played = TraceKey.from_entropy(bytes(67), rehearsal=True)
    refused(
        "trace_key.rehearsal_mixed", centre.journals.keep_keys,
        [ForeignKey(register="ab" * 16, agency="X", key=played)], "An",
    )  # fmt: skip


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
_FIRST = st.fixed_dictionaries(
    {
        "at": st.just("2026-03-02T08:00:01.000000Z") | st.text(max_size=30),
        "peaks": st.lists(st.just("ab" * 32) | st.text(max_size=5), max_size=3),
        "public_key": st.just("ab" * 32) | st.text(max_size=70),
        "register": st.just("ab" * 16) | st.text(max_size=40),
        "rehearsal": st.booleans(),
        "root": st.just("ab" * 32),
        "signature": st.just("ab" * 64),
        "size": st.integers(-2, 1 << 80) | st.integers(0, 4),
        "start": st.integers(-2, 1 << 80) | st.integers(0, 4),
        "v": st.integers(0, 2),
    }
)


@given(first=_FIRST | _JSON, rest=st.lists(_JSON | st.binary(max_size=40), max_size=4))
def test_whatever_a_journal_says_it_is_refused_by_name(first, rest):
    lines = [json.dumps(first).encode()]
    lines += [one if isinstance(one, bytes) else json.dumps(one).encode() for one in rest]
    with pytest.raises(RegisterRefused) as caught:
        read_journal(lines)
    assert caught.value.code.startswith(("journal.", "register.newer_format"))


@one_engine
def test_a_deep_nest_is_refused(told):
    _, journal = told
    nest = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
    refused("journal.wrong_event", read_journal, [journal.lines()[0], nest, *journal.leaves[1:]])
    refused("journal.damaged", read_journal, [nest])

# SPDX-License-Identifier: Apache-2.0
"""What a register does: spends numbers once, keeps steps in order, finds copies, shows nothing."""

import os
import stat
from dataclasses import replace
from datetime import timedelta

import pytest

from bmnn_mark.errors import BmnnMarkError, RegisterRefused, RulesRefused, UsageRefused
from bmnn_mark.register.opening import create_register, open_register
from bmnn_mark.register.port import CopyState, Recipient, RegisterPort, Witness
from bmnn_mark.register.ruling import RuleChange, RuleChanges
from bmnn_mark.rules import Copying, Level
from bmnn_mark.tracking.code import WHOLE_COPY, Outcome, PageCode, open_code


def opened(register, copy, page=1):
    (text,) = register.page_codes(copy, [page])
    reading = open_code(text, [register.trace_key()])
    assert reading.outcome is Outcome.OURS
    return reading.code


def test_a_reservation_gives_each_copy_its_number_recipient_and_place_in_the_tree(
    place, request_for
):
    register: RegisterPort = place.create()
    reservation = register.reserve(request_for())
    assert [copy.number for copy in reservation.copies] == [1, 2, 3]
    assert [copy.position for copy in reservation.copies] == [3, 4, 5]
    assert [copy.recipient for copy in reservation.copies] == [
        "Bí thư Bình", "Bí thư Bình", "Chánh văn phòng",
    ]  # fmt: skip
    assert len({copy.attempt_id for copy in reservation.copies}) == 3
    assert len({copy.reference for copy in reservation.copies}) == 3
    assert {copy.attempt for copy in reservation.copies} == {1}
    assert place.open().verify().intact


def test_a_page_code_finds_its_copy_and_the_register_agrees_with_it(place, request_for, steps):
    register = place.create()
    copy = register.reserve(request_for()).copies[1]
    for number in range(2, 20):
        register.reserve(request_for(number))
    register.record(steps(copy.attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    for page in (0, 1, 3, WHOLE_COPY):
        found = place.open().find_code(opened(register, copy, page))
        assert found.witness is Witness.AGREES
        assert (found.copy.number, found.copy.copies, found.copy.attempt) == (2, 3, 1)
        assert (found.copy.number_sign, found.copy.level) == ("1/BC-SXD", Level.TOI_MAT)
        assert (found.copy.recipient, found.copy.state) == ("Bí thư Bình", CopyState.EXPORTED)
        assert found.copy.superseded is False


def test_a_short_reference_finds_its_copy(place, request_for):
    register = place.create()
    copy = register.reserve(request_for()).copies[2]
    found = register.find_reference(copy.reference.lower())
    assert (found.number, found.recipient) == (3, "Chánh văn phòng")
    assert register.find_reference("0000000000") is None
    with pytest.raises(UsageRefused, match=r"^trace\.reference_wrong$"):
        register.find_reference("nonsense")


def test_a_code_made_with_the_key_but_not_by_the_register_is_told(place, request_for):
    register = place.create()
    copy = register.reserve(request_for()).copies[0]
    real = opened(register, copy)
    for wrong in (
        {"page": 4},
        {"attempt": 2},
    ):
        values = {"position": real.position, "page": 1, "attempt": 1, "root": real.root} | wrong
        assert register.find_code(PageCode(**values)).witness is Witness.NEVER_ISSUED
    other = PageCode(position=real.position, page=1, attempt=1, root=bytes(14))
    assert register.find_code(other).witness is Witness.REWRITTEN
    later = PageCode(position=10_000, page=1, attempt=1, root=real.root)
    assert register.find_code(later).witness is Witness.TRUNCATED


@pytest.mark.parametrize("sign", ["1/BC-SXD", " 1/bc-sxd ", "1 / BC-SXD", "１/BC-SXD"])
def test_the_same_document_is_never_issued_twice(place, request_for, sign):
    register = place.create()
    first = request_for()
    register.reserve(first)
    same = type(first.identity)(agency="SỞ  Xây dựng", number_sign=sign, dated=first.identity.dated)
    for call in (
        lambda: register.check_new(same),
        lambda: register.reserve(request_for(identity=same)),
    ):
        with pytest.raises(RegisterRefused, match=r"^register\.already_issued$"):
            call()
    next_day = replace(same, dated=same.dated + timedelta(days=1))
    register.check_new(next_day)
    assert len(register.reserve(request_for(identity=next_day)).copies) == 3


def test_a_document_whose_attempts_all_failed_keeps_its_numbers(place, request_for, steps):
    register = place.create()
    first = register.reserve(request_for())
    for copy in first.copies[:2]:
        register.record(steps(copy.attempt_id, CopyState.VOID))
    with pytest.raises(RegisterRefused, match=r"^register\.already_issued$"):
        register.reserve(request_for())
    register.record(
        steps(first.copies[2].attempt_id, CopyState.CREATED, CopyState.UNKNOWN, CopyState.SPOILED)
    )
    register.check_new(request_for().identity)
    again = register.reserve(request_for(pages=5))
    assert again.document_id == first.document_id
    assert [(copy.number, copy.attempt) for copy in again.copies] == [(1, 2), (2, 2), (3, 2)]
    old = register.find_code(opened(register, first.copies[0]))
    assert (old.witness, old.copy.superseded, old.copy.pages) == (Witness.AGREES, True, 3)
    assert register.find_code(opened(register, again.copies[0], 5)).copy.attempt == 2
    assert register.verify().intact


def test_one_failed_copy_is_tried_again_alone(place, request_for, steps):
    register = place.create()
    first = register.reserve(request_for())
    register.record(steps(first.copies[1].attempt_id, CopyState.VOID))
    again = register.reserve_again(first.document_id, [2], "An")
    assert [(one.number, one.attempt, one.recipient) for one in again.copies] == [
        (2, 2, "Bí thư Bình")
    ]
    for numbers, code in (
        ([1], "already_issued"),
        ([2], "already_issued"),
        ([4], "no_such_copy"),
        ([], "no_such_copy"),
    ):
        with pytest.raises(RegisterRefused, match=rf"^register\.{code}$"):
            register.reserve_again(first.document_id, numbers, "An")
    register.record(steps(again.copies[0].attempt_id, CopyState.VOID))
    with pytest.raises(RegisterRefused):
        register.reserve_again(first.document_id, [2, 2], "An")
    with pytest.raises(RegisterRefused, match=r"^register\.no_such_copy$"):
        register.reserve_again("nothing", [1], "An")


def test_only_the_allowed_steps_are_taken_and_all_or_none(place, request_for, steps):
    register = place.create()
    copies = register.reserve(request_for()).copies
    good, bad = copies[0].attempt_id, copies[1].attempt_id
    with pytest.raises(RegisterRefused, match=r"^register\.wrong_step$") as refusal:
        register.record(steps(good, CopyState.PRODUCED) + steps(bad, CopyState.PRINTED))
    assert refusal.value.detail == {"before": "reserved", "state": "printed"}
    with pytest.raises(RegisterRefused, match=r"^register\.no_such_attempt$"):
        register.record(steps(good, CopyState.PRODUCED) + steps("00", CopyState.PRINTED))
    states = {one.attempt.attempt_id: one.attempt.state for one in register.open_attempts()}
    assert states == {copy.attempt_id: CopyState.RESERVED for copy in copies}
    whole = (CopyState.PRODUCED, CopyState.CREATED, CopyState.LOADED, CopyState.RELEASING,
             CopyState.PRINTING, CopyState.DEVICE_DONE, CopyState.PRINTED)  # fmt: skip
    register.record(steps(good, *whole))
    assert len(register.open_attempts()) == 2
    assert register.verify().intact


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"copies": 2}, "register.copies_disagree"),
        ({"copies": 4}, "register.copies_disagree"),
        ({"recipients": ()}, "register.no_copies"),
        ({"recipients": (Recipient(name="A", copies=0),)}, "register.no_copies"),
        ({"recipients": (Recipient(name="A", copies=10_000),)}, "register.too_many_copies"),
        ({"recipients": (Recipient(name="A\nB"),)}, "input.control_character"),
        ({"recipients": (Recipient(name=" \t"),)}, "input.control_character"),
        ({"actor": ""}, "input.empty"),
        ({"title": "x" * 301}, "input.too_long"),
        ({"level": Level.TUYET_MAT, "title": "Kế hoạch"}, "register.no_title_for_tuyet_mat"),
        (
            {"level": Level.TUYET_MAT, "title": "Kế hoạch", "pack": "x"},
            "register.no_title_for_tuyet_mat",
        ),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_and_changes_nothing(place, request_for, changes, code):
    register = place.create()
    before = place.content()
    with pytest.raises(BmnnMarkError) as refusal:
        register.reserve(request_for(**changes))
    assert refusal.value.code == code
    assert place.content() == before


def test_titles_are_taken_where_the_form_has_them(place, request_for):
    register = place.create()
    register.reserve(request_for(title="Kế hoạch", copies=3))
    register.reserve(request_for(2, title="Kế hoạch", level=Level.TUYET_MAT, pack="tt24-2020"))
    register.reserve(request_for(3, level=Level.TUYET_MAT))
    assert register.verify().intact


def test_documents_are_listed_with_the_states_of_their_copies(place, request_for, steps):
    register = place.create()
    first = register.reserve(request_for())
    register.reserve(request_for(2, level=Level.MAT))
    register.record(steps(first.copies[0].attempt_id, CopyState.VOID))
    register.reserve_again(first.document_id, [1], "An")
    register.record(steps(first.copies[1].attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    rows = register.documents()
    assert [(row.number_sign, row.level, row.copies) for row in rows] == [
        ("1/BC-SXD", Level.TOI_MAT, 3), ("2/BC-SXD", Level.MAT, 3),
    ]  # fmt: skip
    assert rows[0].states == {CopyState.RESERVED: 2, CopyState.EXPORTED: 1}
    view = register.document(first.document_id)
    assert [(one.number, one.attempt, one.state) for one in view.attempts] == [
        (1, 1, CopyState.VOID), (1, 2, CopyState.RESERVED), (2, 1, CopyState.EXPORTED),
        (3, 1, CopyState.RESERVED),
    ]  # fmt: skip
    assert register.find_document(request_for().identity) == first.document_id
    assert register.find_document(request_for(9).identity) is None
    with pytest.raises(RegisterRefused, match=r"^register\.no_such_document$"):
        register.document("nothing")


def test_the_same_file_under_another_number_is_noticed(place, request_for):
    register = place.create()
    first = register.reserve(request_for())
    assert register.same_file(f"{1:064x}") == (first.document_id,)
    assert register.same_file(f"{2:064x}") == ()


def test_what_was_asked_of_the_marks_is_kept_and_given_back(place, request_for):
    register = place.create()
    plain = register.reserve(request_for())
    asked = register.reserve(replace(request_for(2), marking='{"at":{"x":30.5}}'))
    assert register.marking(plain.document_id) is None
    assert register.marking(asked.document_id) == '{"at":{"x":30.5}}'
    with pytest.raises(RegisterRefused, match=r"^register\.no_such_document$"):
        register.marking("nothing")


def test_nothing_about_people_or_content_stands_in_the_files(place, request_for, steps):
    register = place.create()
    canary = "CANARY"
    plain = request_for()
    asked = replace(
        plain,
        title=f"{canary}-title",
        drafter=f"{canary}-drafter",
        ground=f"{canary}-ground",
        approved_by=f"{canary}-boss",
        overlap_reason=f"{canary}-reason",
        marking=f'{{"drafter":"{canary}"}}',
        actor=f"{canary}-actor",
        source_sha256="c0ffee" * 10 + "abcd",
        recipients=(
            Recipient(name=f"{canary}-name", address=f"{canary}-home", note=f"{canary}-note"),
        ),
        identity=replace(plain.identity, agency=f"{canary}-agency", number_sign=f"{canary}/77"),
    )
    reservation = register.reserve(asked)
    register.record(steps(reservation.copies[0].attempt_id, CopyState.PRODUCED))
    files = [path.read_bytes() for path in place.folder.rglob("*") if path.is_file()]
    for data in (place.content(), *files):
        for secret in (canary, canary.lower(), "Sở Xây dựng", "Văn thư", "c0ffee"):
            assert secret.encode() not in data
    assert canary in register.documents()[0].agency


@pytest.mark.sqlite_only
def test_files_are_for_their_owner_alone(place):
    place.create()
    for path in (place.file, *place.keys.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.keys.stat().st_mode) == 0o700
    assert sorted(path.name for path in place.folder.iterdir()) == ["keys", "register.db"]


def test_a_rehearsal_register_is_one_for_ever(place):
    assert place.create(rehearsal=True).rehearsal
    register = place.open()
    assert register.rehearsal
    assert register.trace_key().rehearsal


def test_a_register_is_not_made_twice(place):
    place.create()
    before = place.content()
    with pytest.raises(RegisterRefused, match=r"^register\.exists$"):
        place.create()
    assert place.content() == before
    assert len(list((place.folder / "keys").iterdir())) == 1


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://user:secret@host/db", "password_in_url"),
        ("sqlite://user:secret@/x.db", "password_in_url"),
        ("postgresql+psycopg://user@host/db?password=secret", "password_in_url"),
        ("postgresql+psycopg://host", "url_wrong"),
        ("postgresql+psycopg://host/", "url_wrong"),
        ("postgresql+psycopg://host/db?options=-csearch_path%3Dpublic", "url_wrong"),
        ("postgresql+psycopg://host/db?passfile=/tmp/secret", "url_wrong"),
        ("postgresql+psycopg://?service=a&service=b", "url_wrong"),
        ("mysql://host/db", "url_wrong"),
        ("sqlite://", "url_wrong"),
        ("sqlite:///:memory:", "url_wrong"),
        ("sqlite:///file:x?mode=ro", "url_wrong"),
        ("sqlite:////a ?x/register.db", "url_wrong"),
        ("nonsense", "url_wrong"),
    ],
)
def test_addresses_that_cannot_be_used_are_refused(tmp_path, url, code):
    for call in (
        lambda: open_register(url, tmp_path),
        lambda: create_register(url, tmp_path, agency="A", actor="B", rehearsal=True),
    ):
        with pytest.raises(RegisterRefused, match=rf"^register\.{code}$") as refusal:
            call()
        assert "secret" not in repr(refusal.value.detail)


@pytest.mark.sqlite_only
def test_what_is_no_register_is_refused(place):
    with pytest.raises(RegisterRefused, match=r"^register\.not_found$"):
        place.open()
    place.file.write_bytes(b"no database at all" * 100)
    with pytest.raises(RegisterRefused, match=r"^register\.damaged$"):
        place.open()
    place.file.write_bytes(b"")
    with pytest.raises(RegisterRefused, match=r"^register\.not_a_register$"):
        place.open()


def test_a_key_that_is_missing_open_to_others_or_another_is_refused(
    place, place_in, tmp_path_factory
):
    place.create()
    other = place_in(tmp_path_factory.mktemp("other"))
    other.create()
    for name in ("trace", "signing", "sealing-1", "blind"):
        path = place.keys / f"{name}.key"
        good = path.read_bytes()
        path.chmod(0o640)
        with pytest.raises(RegisterRefused, match=r"^register\.key_unsafe$") as refusal:
            place.open()
        assert refusal.value.detail == {"key": name}
        path.unlink()
        with pytest.raises(RegisterRefused, match=r"^register\.key_missing$"):
            place.open()
        path.symlink_to("/etc/hostname")
        with pytest.raises(RegisterRefused, match=r"^register\.key_missing$"):
            place.open()
        path.unlink()
        for put in (os.mkfifo, os.mkdir):
            put(path, 0o600)
            with pytest.raises(RegisterRefused, match=r"^register\.key_unsafe$"):
                place.open()
            path.unlink() if put is os.mkfifo else path.rmdir()
        for bad in ((other.keys / path.name).read_bytes(), b"", b"bmnn-mark x 00\n", good[:-3]):
            path.write_bytes(bad)
            path.chmod(0o600)
            with pytest.raises(RegisterRefused, match=r"^register\.key_wrong$"):
                place.open()
        path.write_bytes(good)
    assert place.open().verify().intact


def test_a_clock_that_was_set_back_is_noticed(place, request_for):
    register = place.create()
    register.reserve(request_for())
    place.now -= timedelta(days=400)
    register.reserve(request_for(2))
    report = place.open().verify()
    assert report.intact
    assert report.clock_set_back == (5,)


def test_projections_are_made_again_from_the_events(place, request_for, steps):
    register = place.create()
    first = register.reserve(request_for())
    register.record(steps(first.copies[0].attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    before = (register.documents(), register.document(first.document_id))
    place.change("DELETE FROM attempts", "UPDATE documents SET copies = 7")
    assert not register.verify().intact
    register.rebuild()
    assert (register.documents(), register.document(first.document_id)) == before
    assert register.verify().intact


@pytest.mark.parametrize("copying", [None, *Copying])
def test_a_document_shows_what_it_says_of_copying(place, request_for, copying):
    register = place.create()
    made = register.reserve(replace(request_for(), copying=copying))
    assert register.document(made.document_id).document.copying is copying


def confirmed(figure: str, overlay: str, before: str | None) -> RuleChanges:
    change = RuleChange(
        pack="nd63-2026", figure=figure, value='{"width": 30.0}', source="Phụ lục, Mẫu 02"
    )
    return RuleChanges(changes=(change,), before=before, overlay=overlay)


def test_keeps_what_was_confirmed_of_the_rules_and_which_file_holds_it(place):
    register = place.create()
    assert register.rules_overlay() is None
    register.record_rules(confirmed("toi-mat.size", "11" * 32, None), "Trần Thị Ba")
    register.record_rules(confirmed("mat.size", "22" * 32, "11" * 32), "Trần Thị Ba")
    taken_back = RuleChanges(
        changes=(RuleChange(pack="nd63-2026", figure="mat.size"),),
        before="22" * 32,
        overlay="33" * 32,
    )
    register.record_rules(taken_back, "Lê Văn Tư")
    assert register.rules_overlay() == "33" * 32
    first, _, last = register.rule_changes()
    assert (first.figure, first.value, first.source) == (
        "toi-mat.size", '{"width": 30.0}', "Phụ lục, Mẫu 02"
    )  # fmt: skip
    assert (first.confirmed, first.actor, first.overlay) == (True, "Trần Thị Ba", "11" * 32)
    assert (last.confirmed, last.value, last.source) == (False, None, None)
    data = place.content()
    assert "Trần".encode() not in data
    assert "Mẫu 02".encode() not in data
    everything = RuleChanges(
        changes=(RuleChange(pack=None, figure=None),), before=None, overlay=None, whatever=True
    )
    register.record_rules(everything, "Lê Văn Tư")
    assert register.rules_overlay() is None
    assert register.verify().intact
    place.change("DELETE FROM rules WHERE figure = 'mat.size'")
    assert register.verify().fault.value == "projection"
    register.rebuild()
    assert register.verify().intact


def test_refuses_to_confirm_on_top_of_what_somebody_else_confirmed_meanwhile(place):
    register = place.create()
    register.record_rules(confirmed("toi-mat.size", "11" * 32, None), "An")
    with pytest.raises(RulesRefused) as refusal:
        register.record_rules(confirmed("mat.size", "22" * 32, None), "Bình")
    assert refusal.value.code == "rules.overlay_changed"
    assert len(register.rule_changes()) == 1

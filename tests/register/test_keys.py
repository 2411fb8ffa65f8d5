# SPDX-License-Identifier: Apache-2.0
"""What is sealed does not hang on one key for ever: keys are replaced, forgotten, guarded."""

import json
import os
import unicodedata
from datetime import UTC, date, datetime
from zipfile import ZipFile

import pytest

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.register import core, database, passphrase
from bmnn_mark.register.erasure import ERASABLE, Approval, ErasureRequest
from bmnn_mark.register.events import Leaf, decode_leaf, encode_leaf
from bmnn_mark.register.keeping_events import (
    BackupBegun,
    BackupKey,
    FieldErased,
    KeyKind,
    KeysRotated,
    RegisterRestored,
)
from bmnn_mark.register.keys import read_keys
from bmnn_mark.register.ledger import read_event
from bmnn_mark.register.life import CopyAct, CopyActRequest
from bmnn_mark.register.opening import create_register, open_register
from bmnn_mark.register.port import CopyState
from bmnn_mark.register.sqlite import SqliteHome
from bmnn_mark.register.verification import VerifyFault
from bmnn_mark.tracking.code import Outcome, open_code

ON = date(2026, 3, 2)
APPROVAL = Approval(actor="An", second_actor="Bình", reason="Thay khoá định kỳ", on=ON)
SECRET = "Kế hoạch CANARY-TITLE"
WORDS = "mật khẩu đủ dài của phòng"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """A guess costs little in tests; the numbers stand in the file, not in the program."""
    monkeypatch.setattr(passphrase, "WORK", passphrase.Work(n=1 << 10, r=8, p=1))


@pytest.fixture
def filled(place, request_for, steps):
    """A register with a titled document, its first copy handed over."""
    register = place.create()
    reserved = register.reserve(request_for(title=SECRET, ground="Điều 3 CANARY-GROUND"))
    copy = reserved.copies[0]
    register.record(steps(copy.attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    register.act_on_copies([handed_over(reserved.document_id)])
    return reserved


def handed_over(document_id, act=CopyAct.HANDED_OVER, **words):
    words = {"party": "Trần Văn Cường"} | words if act is CopyAct.HANDED_OVER else words
    return CopyActRequest(document_id=document_id, copy=1, act=act, on=ON, actor="An", words=words)


def leaves(place):
    """All leaves and hashes, as another program sees them."""
    archive = place.folder / f"leaves-{place.clock():%H%M%S}"
    place.open().archive(archive)

    with ZipFile(archive) as zipped:
        return zipped.read("events.jsonl").splitlines(), zipped.read("hashes.txt").splitlines()


def stored_event(register, n):
    with database.reading(register._engine) as connection:
        return read_event(connection, n)


def names(place):
    return {path.stem for path in place.keys.glob("*.key")}


def test_a_new_master_key_wraps_everything_anew_and_changes_no_leaf(place, filled):
    register = place.open()
    assert register.verify().intact
    before = leaves(place)
    old = read_keys(place.keys).secrets["sealing-1"]
    assert register.rotate_key(KeyKind.SEALING, APPROVAL) == 2
    assert names(place) == {"blind", "signing", "trace", "sealing-2"}
    assert read_keys(place.keys).secrets["sealing-2"] != old
    later = place.open()
    report = later.verify()
    assert (report.intact, report.events) == (True, len(before[0]) + 1)
    after = leaves(place)
    assert [part[: len(before[0])] for part in after] == list(before)
    assert later.document(filled.document_id).document.number_sign == "1/BC-SXD"
    (act,) = [one for one in later.acts(ON, ON) if one.act == "keys.rotated"]
    assert (act.actor, act.words["second_actor"]) == ("An", "Bình")
    assert act.words["reason"] == "Thay khoá định kỳ"


def test_a_program_that_has_the_register_open_goes_on_under_the_new_master_key(
    place, filled, request_for
):
    running, other = place.open(), place.open()
    other.rotate_key(KeyKind.SEALING, APPROVAL)
    assert running.document(filled.document_id).document.copies == 3  # the key is looked for
    running.reserve(request_for(2))  # and what it enters is under the new one
    other.rotate_key(KeyKind.SEALING, APPROVAL)
    running.reserve(request_for(3))
    running.rotate_key(KeyKind.SEALING, APPROVAL)
    assert names(place) == {"blind", "signing", "trace", "sealing-4"}
    assert place.open().verify().intact


def test_a_new_trace_key_seals_new_codes_and_the_old_ones_stay_readable(place, filled, request_for):
    register = place.open()
    old = register.trace_key()
    (early,) = register.page_codes(filled.copies[0], [1])
    running = place.open()
    assert register.rotate_key(KeyKind.TRACE, APPROVAL) == 2
    new = register.trace_key()
    assert new.key_id != old.key_id
    assert register.trace_keys() == (new, old)
    copy = running.reserve(request_for(2)).copies[0]  # it follows before it enters anything
    (late,) = running.page_codes(copy, [1])
    assert open_code(late, [old]).outcome is Outcome.NOT_OURS
    book = place.open()
    for text, found in ((early, filled.copies[0]), (late, copy)):
        reading = open_code(text, book.trace_keys())
        assert reading.outcome is Outcome.OURS
        assert book.find_code(reading.code).copy.number == found.number
    assert book.verify().intact


@pytest.mark.sqlite_only
def test_a_rehearsal_register_gets_a_rehearsal_trace_key(place):
    register = place.create(rehearsal=True)
    register.rotate_key(KeyKind.TRACE, APPROVAL)
    assert register.trace_key().rehearsal


@pytest.mark.sqlite_only
def test_one_person_alone_replaces_no_key(place, filled):
    alone = Approval(actor="An", second_actor="an", reason="x", on=ON)
    with pytest.raises(UsageRefused, match="two_people"):
        place.open().rotate_key(KeyKind.SEALING, alone)
    assert names(place) == {"blind", "signing", "trace", "sealing-1"}


def test_an_interrupted_rotation_leaves_the_register_as_it_was(place, filled, monkeypatch):
    register = place.open()
    monkeypatch.setattr(
        core.Entering, "finish", lambda _self: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        register.rotate_key(KeyKind.SEALING, APPROVAL)
    monkeypatch.undo()
    assert names(place) == {"blind", "signing", "trace", "sealing-1", "sealing-2"}
    later = place.open()
    assert later.verify().intact
    assert later.rotate_key(KeyKind.SEALING, APPROVAL) == 3  # nothing is ever overwritten
    assert place.open().verify().intact


@pytest.mark.sqlite_only
def test_a_swapped_or_missing_new_key_is_named(place, filled):
    place.open().rotate_key(KeyKind.TRACE, APPROVAL)
    file = place.keys / "trace-2.key"
    line = file.read_text()
    file.write_text(line[:-3] + ("0" if line[-3] != "0" else "1") + line[-2:])
    with pytest.raises(RegisterRefused) as refused:
        place.open()
    assert (refused.value.code, refused.value.detail["key"]) == ("register.key_wrong", "trace-2")
    file.unlink()
    with pytest.raises(RegisterRefused) as refused:
        place.open()
    assert (refused.value.code, refused.value.detail["key"]) == ("register.key_missing", "trace-2")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE record_keys SET master = 1 WHERE n = 2", VerifyFault.SEAL),
        ("UPDATE record_keys SET master = 9 WHERE n = 2", VerifyFault.SEAL),
        ("DELETE FROM acts WHERE act = 'keys.rotated'", VerifyFault.PROJECTION),
    ],
)
def test_verify_names_what_was_done_to_the_account_of_keys(place, filled, statement, fault):
    place.open().rotate_key(KeyKind.SEALING, APPROVAL)
    place.change(statement)
    assert place.open(inspect=True).verify().fault is fault


def test_a_field_is_erased_and_every_leaf_stays(place, filled):
    register = place.open()
    before = leaves(place)
    request = ErasureRequest(fields=("title",), document_id=filled.document_id)
    assert register.erase(request, APPROVAL) == (1,)
    later = place.open()
    report = later.verify()
    assert (report.intact, report.erased) == (True, 1)
    assert [part[: len(before[0])] for part in leaves(place)] == list(before)
    (act,) = [one for one in later.history(filled.document_id) if one.act == "field.erased"]
    assert (act.document_id, act.words["reason"]) == (filled.document_id, APPROVAL.reason)
    later.rebuild()
    later.rotate_key(KeyKind.SEALING, APPROVAL)
    assert place.open().verify().erased == 1
    with pytest.raises(RegisterRefused, match="nothing_to_erase"):
        later.erase(request, APPROVAL)
    opened = place.folder / "opened.zip"
    place.open().archive(opened, opened=True)
    assert SECRET.encode() not in opened.read_bytes()
    assert b"CANARY-GROUND" in opened.read_bytes()


def test_a_field_forgotten_without_an_event_is_a_fault_and_so_is_one_kept_in_spite_of_it(
    place, filled
):
    register = place.open()
    whole = stored_event(register, 1).sealed.wrapped
    request = ErasureRequest(fields=("title",), document_id=filled.document_id)
    register.erase(request, APPROVAL)
    erased = stored_event(register, 1).sealed.wrapped
    place.change(f"UPDATE record_keys SET wrapped = x'{whole.hex()}' WHERE n = 1")
    report = place.open().verify()
    assert (report.fault, report.event) == (VerifyFault.SEAL, 1)
    place.change(f"UPDATE record_keys SET wrapped = x'{erased.hex()}' WHERE n = 1")
    assert place.open().verify().intact


def test_a_field_whose_key_somebody_zeroed_is_a_fault(place, filled):
    register = place.open()
    wrapped = register._sealing.sealer.forget(1, stored_event(register, 1).sealed, ["title"])
    place.change(f"UPDATE record_keys SET wrapped = x'{wrapped.hex()}' WHERE n = 1")
    report = place.open().verify()
    assert (report.fault, report.event) == (VerifyFault.SEAL, 1)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("field", ["actor", "identity", "source", "recipient", "agency", "x y"])
def test_what_the_account_needs_cannot_be_erased(place, filled, field):
    assert field not in ERASABLE
    request = ErasureRequest(fields=(field,), document_id=filled.document_id)
    with pytest.raises(RegisterRefused, match="not_erasable"):
        place.open().erase(request, APPROVAL)
    assert place.open().verify().erased == 0


def test_who_has_a_copy_is_forgotten_only_after_it_came_back(place, filled):
    register = place.open()
    given = register.verify().events - 1
    request = ErasureRequest(fields=("party",), event=given)
    with pytest.raises(RegisterRefused, match="not_erasable"):
        register.erase(request, APPROVAL)
    register.act_on_copies([handed_over(filled.document_id, CopyAct.RETURNED)])
    assert register.erase(request, APPROVAL) == (given,)
    acts = {one.event: one for one in place.open().history(filled.document_id)}
    assert "party" not in acts[given].words
    assert place.open().verify().intact


@pytest.mark.sqlite_only
def test_why_something_was_erased_is_never_erased(place, filled):
    register = place.open()
    register.erase(ErasureRequest(fields=("title",), document_id=filled.document_id), APPROVAL)
    last = register.verify().events - 1
    with pytest.raises(RegisterRefused, match="not_erasable"):
        register.erase(ErasureRequest(fields=("reason",), event=last), APPROVAL)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (ErasureRequest(fields=("title",)), "input.needed"),
        (ErasureRequest(fields=(), event=1), "input.needed"),
        (ErasureRequest(fields=("title",), event=1, document_id="x"), "input.needed"),
        (ErasureRequest(fields=("title",), event=10**6), "register.no_such_event"),
        (ErasureRequest(fields=("title",), document_id="0" * 32), "register.no_such_document"),
    ],
)
def test_an_erasure_names_one_thing_that_is_there(place, filled, request_, code):
    with pytest.raises((RegisterRefused, UsageRefused)) as refused:
        place.open().erase(request_, APPROVAL)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("what", "body"),
    [
        (
            KeysRotated(kind=KeyKind.TRACE, number=2, check="ab" * 16, trace_key="0a0b0c", on=ON),
            '{"check":"abababababababababababababababab","kind":"trace","number":2,'
            '"on":"2026-03-02","trace_key":"0a0b0c"},"n":7,"sealed":{},"type":"keys.rotated"',
        ),
        (
            FieldErased(event=1, fields=("note", "title"), document=None, on=ON),
            '{"document":null,"event":1,"fields":["note","title"],"on":"2026-03-02"},'
            '"n":7,"sealed":{},"type":"field.erased"',
        ),
        (
            BackupBegun(events=7, key=BackupKey.REGISTER, on=ON),
            '{"events":7,"key":"register","on":"2026-03-02"},'
            '"n":7,"sealed":{},"type":"backup.begun"',
        ),
        (
            RegisterRestored(events=7, known=9, root="cd" * 32, on=ON),
            '{"events":7,"known":9,"on":"2026-03-02","root":"' + "cd" * 32 + '"},'
            '"n":7,"sealed":{},"type":"register.restored"',
        ),
    ],
)
def test_the_events_of_keeping_have_these_bytes_for_ever(what, body):
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    leaf = encode_leaf(Leaf(n=7, at=at, what=what, sealed={}))
    assert leaf.decode() == '{"at":"2026-03-02T08:00:00.000000Z","body":' + body + ',"v":1}'
    assert decode_leaf(leaf).what == what


def guarded(place, words=WORDS):
    return create_register(
        place.url, place.folder, agency="Sở", actor="An", rehearsal=False, clock=place.clock,
        passphrase=words,
    )  # fmt: skip


def reopened(place, words):
    return open_register(place.url, place.folder, clock=place.clock, passphrase=words)


def test_guarded_keys_open_with_the_passphrase_and_nothing_else(place, request_for):
    secret = guarded(place).trace_key().secret
    for file in place.keys.iterdir():
        assert secret.hex() not in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(RegisterRefused, match="passphrase_needed"):
        place.open()
    with pytest.raises(RegisterRefused, match="passphrase_wrong"):
        reopened(place, WORDS + " ")
    asked = []
    register = reopened(place, lambda: asked.append(1) or WORDS)
    assert asked == [1]
    register.reserve(request_for())
    assert register.rotate_key(KeyKind.SEALING, APPROVAL) == 2
    assert "locked" in (place.keys / "sealing-2.key").read_text()
    assert reopened(place, WORDS).verify().intact


@pytest.mark.sqlite_only
def test_nobody_is_asked_where_no_passphrase_is_set(place):
    place.create()
    reopened(place, lambda: pytest.fail("asked for nothing"))


@pytest.mark.sqlite_only
def test_letters_composed_in_another_way_are_the_same_passphrase(place):
    guarded(place, unicodedata.normalize("NFC", WORDS))
    reopened(place, unicodedata.normalize("NFD", WORDS))


@pytest.mark.sqlite_only
def test_a_passphrase_is_set_changed_and_taken_away(place, filled):
    register = place.open()
    register.set_passphrase(WORDS)
    assert {path.read_text().split()[2] for path in place.keys.glob("*.key")} == {"locked"}
    later = reopened(place, WORDS)
    later.set_passphrase("một câu khác hẳn câu kia")
    with pytest.raises(RegisterRefused, match="passphrase_wrong"):
        reopened(place, WORDS)
    last = reopened(place, "một câu khác hẳn câu kia")
    assert last.verify().intact
    last.set_passphrase(None)
    assert place.open().verify().intact


@pytest.mark.sqlite_only
def test_setting_a_passphrase_that_was_interrupted_is_done_again(place, filled, monkeypatch):
    register = place.open()
    write = passphrase.write_key
    done = []

    def dies(folder, name, line, *, overwrite):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(name)
        write(folder, name, line, overwrite=overwrite)

    monkeypatch.setattr(passphrase, "write_key", dies)
    with pytest.raises(KeyboardInterrupt):
        register.set_passphrase(WORDS)
    monkeypatch.setattr(passphrase, "write_key", write)
    later = reopened(place, WORDS)
    assert later.verify().intact
    later.set_passphrase(WORDS)
    assert {path.read_text().split()[2] for path in place.keys.glob("*.key")} == {"locked"}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("weak", ["ngắn", "a" * 40, "x" * 2000, ""])
def test_a_weak_passphrase_is_not_set(place, weak):
    with pytest.raises(UsageRefused, match="passphrase_weak"):
        guarded(place, weak)
    assert place.gone()
    assert not list((place.folder / "keys").iterdir())


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "change",
    [
        {"n": 1 << 40}, {"n": 3}, {"r": 0}, {"p": 1000}, {"p": -1}, {"salt": "zz"}, {"box": "00"},
    ],
)  # fmt: skip
def test_a_passphrase_file_that_asks_for_too_much_or_is_none_is_refused(place, change):
    guarded(place)
    file = place.keys / "passphrase"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(RegisterRefused) as refused:
        reopened(place, WORDS)
    wanted = "register.passphrase_wrong" if "box" in change else "register.key_wrong"
    assert refused.value.code == wanted


def test_a_register_in_a_folder_that_is_anothers_is_refused_and_no_fault(tmp_path):
    (tmp_path / "register.sqlite").touch()
    home = SqliteHome(tmp_path / "register.sqlite")
    tmp_path.chmod(0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(RegisterRefused, match="register.unwritable"):
            home.found()
    finally:
        os.seteuid(0)
    assert home.found()

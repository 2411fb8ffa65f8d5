# SPDX-License-Identifier: Apache-2.0
"""A backup restores, shows nothing, and going back behind what is known must be explained."""

import secrets
import shutil
from dataclasses import replace
from datetime import date

import pytest

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.register import backup, passphrase, restoring
from bmnn_mark.register.backup_file import FIRST_LINE
from bmnn_mark.register.erasure import Approval, ErasureRequest
from bmnn_mark.register.keeping_events import KeyKind
from bmnn_mark.register.opening import create_register, open_register
from bmnn_mark.register.port import CopyState, Witness
from bmnn_mark.register.restoring import Restoration, restore_register
from bmnn_mark.tracking.code import open_code

ON = date(2026, 3, 2)
WORDS = "câu thần chú của bản sao lưu"
APPROVAL = Approval(actor="An", second_actor="Bình", reason="Đĩa hỏng CANARY-WHY", on=ON)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(passphrase, "WORK", passphrase.Work(n=1 << 10, r=8, p=1))


@pytest.fixture
def filled(place, request_for, steps):
    register = place.create()
    for number in (1, 2):
        copies = register.reserve(request_for(number, title="CANARY-TITLE")).copies
        register.record(steps(copies[0].attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    return register


def backed_up(place, register=None, words=WORDS, name="backup"):
    target = place.folder / "away" / name
    target.parent.mkdir(exist_ok=True)
    book = register or place.open()
    report = book.backup(target, actor="An", on=ON, passphrase=words)
    (target.parent / "proof.db").unlink()  # what it was proven by, left to be removed
    return target, report


def restored(place, source, words=WORDS, explained=None, **changes):
    wanted = Restoration(
        source=source, url=place.url, data_folder=place.folder, backup_passphrase=words,
        explained=explained,
    )  # fmt: skip
    return restore_register(
        replace(wanted, **changes), clock=place.clock, entropy=secrets.token_bytes
    )


def elsewhere(place, tmp_path_factory):
    """A new machine: an empty file, no keys."""
    folder = tmp_path_factory.mktemp("new")
    return type(place).__mro__[-2](folder, place.now)


def facts(register):
    return register.documents(), register.holdings(), register.acts(date.min, date.max)


def lose(place):
    """The database is gone, the keys are not."""
    if place.__class__.__name__ == "Place":
        place.file.unlink()
    else:
        place.server.ask(place.database, "DROP SCHEMA bmnn_mark CASCADE")


def test_a_backup_restores_on_a_new_machine_with_its_keys(place, filled, tmp_path_factory):
    source, report = backed_up(place)
    assert (report.events, report.key.value) == (filled.verify().events, "passphrase")
    new = elsewhere(place, tmp_path_factory)
    told = restored(new, source)
    assert (told.events, told.before, told.lost) == (report.events, 0, 0)
    later = new.open()
    assert later.verify().intact
    assert facts(later) == facts(place.open())
    assert later.trace_key() == filled.trace_key()
    assert {path.stat().st_mode & 0o777 for path in new.keys.iterdir()} == {0o600}


def test_a_register_lost_with_its_keys_left_restores_into_the_same_engine(place, filled):
    source, report = backed_up(place, words=None)
    before = facts(place.open())
    lose(place)
    told = restored(place, source, words=None)
    assert (told.events, told.lost) == (report.events, 0)
    assert facts(place.open()) == before
    assert place.open().verify().intact


@pytest.mark.sqlite_only
def test_a_backup_without_a_passphrase_opens_with_the_keys_only(place, filled, tmp_path_factory):
    source, report = backed_up(place, words=None)
    assert report.key.value == "register"
    for secret in (filled.trace_key().secret, filled._sealing.keys.signing):
        assert secret not in source.read_bytes()
    with pytest.raises(RegisterRefused) as refused:
        restored(elsewhere(place, tmp_path_factory), source, words=None)
    assert (refused.value.code, refused.value.detail) == ("register.key_missing", {"key": "blind"})


@pytest.mark.sqlite_only
def test_a_backup_shows_nothing_but_which_register_it_is_of(place, filled):
    source, _ = backed_up(place)
    data = source.read_bytes()
    first, header, rest = data.split(b"\n", 2)
    assert first + b"\n" == FIRST_LINE
    assert filled.register_id.encode() in header
    for word in ("CANARY", "Bí thư", "Sở Xây", "Văn thư", "toi-mat", "document.issued"):
        assert word.encode() not in rest
    assert filled.trace_key().secret not in data


@pytest.mark.sqlite_only
def test_the_backup_holds_the_event_that_says_it_was_begun(place, filled, tmp_path_factory):
    source, _ = backed_up(place)
    new = elsewhere(place, tmp_path_factory)
    restored(new, source)
    last = new.open().acts(ON, ON)[-1]
    assert (last.act, last.actor, last.kind) == ("backup.begun", "An", "")


@pytest.mark.sqlite_only
@pytest.mark.parametrize("words", ["ai đó đoán mò thôi mà", WORDS + "!"])
def test_another_passphrase_opens_nothing(place, filled, tmp_path_factory, words):
    source, _ = backed_up(place)
    new = elsewhere(place, tmp_path_factory)
    with pytest.raises(RegisterRefused, match="backup_closed"):
        restored(new, source, words=words)
    assert new.gone()
    assert not (new.folder / "keys").exists()


@pytest.mark.sqlite_only
def test_without_a_passphrase_nothing_opens(place, filled):
    source, _ = backed_up(place)
    with pytest.raises(RegisterRefused, match="passphrase_needed"):
        restored(place, source, words=None)


@pytest.mark.sqlite_only
def test_a_backup_that_was_touched_restores_nothing(place, filled, tmp_path_factory, monkeypatch):
    monkeypatch.setattr("bmnn_mark.register.backup_file.CHUNK", 4096)
    source, _ = backed_up(place)
    whole = source.read_bytes()
    spots = (len(FIRST_LINE) + 12, 400, len(whole) // 2, len(whole) - 1)
    touched = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in spots]
    new = elsewhere(place, tmp_path_factory)
    for data in (*touched, whole[: len(whole) // 2], whole + b"x", whole[:-20], b""):
        source.write_bytes(data)
        with pytest.raises(RegisterRefused) as refused:
            restored(new, source)
        assert refused.value.code in {
            "register.not_a_backup", "register.backup_closed", "register.backup_broken",
        }  # fmt: skip
        assert new.gone()


@pytest.mark.sqlite_only
def test_chunks_of_one_backup_in_another_order_are_refused(
    place, filled, tmp_path_factory, monkeypatch
):
    monkeypatch.setattr("bmnn_mark.register.backup_file.CHUNK", 4096)
    source, _ = backed_up(place)
    data = source.read_bytes()
    start = data.index(b"\n", len(FIRST_LINE)) + 1
    size = 4 + 4096 + 16
    one, two = data[start : start + size], data[start + size : start + 2 * size]
    source.write_bytes(data[:start] + two + one + data[start + 2 * size :])
    with pytest.raises(RegisterRefused, match="backup_closed"):
        restored(elsewhere(place, tmp_path_factory), source)


@pytest.mark.sqlite_only
def test_a_broken_register_is_not_backed_up(place, filled):
    place.change("UPDATE sealed SET boxes = x'00' WHERE n = 2")
    with pytest.raises(RegisterRefused, match=r"register\.broken"):
        backed_up(place)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("spoilt", ["boxes", "wrapped"])
def test_a_backup_that_does_not_restore_is_not_called_done(place, filled, monkeypatch, spoilt):
    write = backup.BackupWriter.put

    def spoils(self, kind, *fields):
        leaf, boxes, master, wrapped = fields if kind is backup.Record.EVENT else (b"",) * 4
        if b'"n":2,' in leaf:
            zeros = bytes(len(boxes if spoilt == "boxes" else wrapped))
            fields = (leaf, zeros, master, wrapped)
            if spoilt == "wrapped":
                fields = (leaf, boxes, master, zeros)
        write(self, kind, *fields)

    monkeypatch.setattr(backup.BackupWriter, "put", spoils)
    with pytest.raises(RegisterRefused, match="backup_unproven"):
        place.open().backup(place.folder / "b", actor="An", on=ON, passphrase=WORDS)


def test_a_register_that_is_behind_is_brought_up(place, filled, request_for, tmp_path_factory):
    early, begun = backed_up(place, name="early")
    register = place.open()
    copy = register.reserve(request_for(9)).copies[0]
    register.erase(ErasureRequest(fields=("title",), event=1), APPROVAL)
    register.rotate_key(KeyKind.SEALING, APPROVAL)
    late, _ = backed_up(place, name="late")
    wanted = facts(place.open())
    lose(place)
    # The keys beside the register know of more than the older backup, and lack its master key.
    with pytest.raises(RegisterRefused, match="rolled_back"):
        restored(place, early)
    shutil.rmtree(place.folder / "keys")
    assert restored(place, early).lost == 0  # nobody here knows of more
    report = restored(place, late)
    assert (report.before, report.lost) == (begun.events, 0)
    later = place.open()
    assert facts(later) == wanted
    assert (later.verify().intact, later.verify().erased) == (True, 1)
    (text,) = register.page_codes(copy, [1])
    assert later.find_code(open_code(text, later.trace_keys()).code).witness is Witness.AGREES


def test_going_back_behind_what_is_known_is_refused_or_explained(
    place, filled, request_for, tmp_path_factory
):
    source, report = backed_up(place)
    register = place.open()
    register.rotate_key(KeyKind.TRACE, APPROVAL)
    lost = register.reserve(request_for(7)).copies[0]
    (text,) = register.page_codes(lost, [1])
    known = register.verify().events
    lose(place)
    with pytest.raises(RegisterRefused) as refused:
        restored(place, source)
    assert refused.value.detail == {"events": report.events, "known": known}
    assert place.gone()
    alone = replace(APPROVAL, second_actor="An")
    with pytest.raises(UsageRefused, match="two_people"):
        restored(place, source, explained=alone)
    told = restored(place, source, explained=APPROVAL)
    assert (told.events, told.lost) == (report.events + 1, known - report.events)
    later = place.open()
    assert later.verify().intact
    last = later.acts(ON, ON)[-1]
    assert (last.act, last.words["second_actor"]) == ("register.restored", "Bình")
    assert last.words["reason"] == APPROVAL.reason
    # The sheet of the lost time still speaks: its key is kept although no event names it now.
    code = open_code(text, later.trace_keys()).code
    assert later.find_code(code).witness is Witness.TRUNCATED
    for number in range(20, 24):
        fresh = later.reserve(request_for(number)).copies
    assert later.find_code(code).witness is Witness.REWRITTEN
    assert fresh[0].reference != lost.reference
    (now_text,) = later.page_codes(fresh[0], [1])
    found = later.find_code(open_code(now_text, later.trace_keys()).code)
    assert found.witness is Witness.AGREES
    assert later.rotate_key(KeyKind.TRACE, APPROVAL) == 3  # a lost key's number is not used again
    assert place.open().verify().intact


def test_an_explanation_that_died_before_the_mark_came_down_is_finished(
    place, filled, request_for, monkeypatch
):
    source, _ = backed_up(place)
    place.open().reserve(request_for(7))
    lose(place)
    monkeypatch.setattr(
        restoring, "raise_mark", lambda *_a, **_k: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        restored(place, source, explained=APPROVAL)
    monkeypatch.undo()
    monkeypatch.setattr(passphrase, "WORK", passphrase.Work(n=1 << 10, r=8, p=1))
    with pytest.raises(RegisterRefused, match="rolled_back"):
        place.open()
    restored(place, source, explained=APPROVAL)
    assert place.open().verify().intact
    acts = [one.act for one in place.open().acts(ON, ON)]
    assert acts.count("register.restored") == 1


def test_a_register_with_more_or_other_history_is_not_written_over(
    place, filled, request_for, tmp_path_factory
):
    source, _ = backed_up(place)
    place.open().reserve(request_for(7))
    before = facts(place.open())
    for explained in (None, APPROVAL):
        with pytest.raises(RegisterRefused) as refused:
            restored(place, source, explained=explained)
        assert refused.value.code == "register.not_behind"
    assert facts(place.open()) == before


@pytest.mark.sqlite_only
def test_another_register_is_not_written_over(place, filled, tmp_path_factory):
    source, _ = backed_up(place)
    new = elsewhere(place, tmp_path_factory)
    new.create()
    with pytest.raises(RegisterRefused, match="not_behind"):
        restored(new, source)
    assert new.open().verify().events == 1


def test_a_killed_restoration_leaves_nothing(place, filled, tmp_path_factory, monkeypatch):
    source, _ = backed_up(place)
    new = elsewhere(place, tmp_path_factory)
    monkeypatch.setattr(restoring, "rebuild", lambda *_a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        restored(new, source)
    assert new.gone()
    assert not list((new.folder / "keys").iterdir())


@pytest.mark.sqlite_only
def test_guarded_keys_are_guarded_again_where_they_are_restored(place, tmp_path_factory):
    create_register(
        place.url, place.folder, agency="Sở", actor="An", rehearsal=False, clock=place.clock,
        passphrase="mật khẩu của khoá nhé",
    )  # fmt: skip
    register = open_register(place.url, place.folder, passphrase="mật khẩu của khoá nhé")
    source, _ = backed_up(place, register)
    new = elsewhere(place, tmp_path_factory)
    restored(new, source)
    with pytest.raises(RegisterRefused, match="passphrase_needed"):
        new.open()
    assert open_register(new.url, new.folder, passphrase=WORDS).verify().intact


@pytest.mark.sqlite_only
def test_a_weak_passphrase_seals_no_backup(place, filled):
    with pytest.raises(UsageRefused, match="passphrase_weak"):
        backed_up(place, words="ngắn")
    assert "backup.begun" not in {one.act for one in place.open().acts(ON, ON)}


@pytest.mark.sqlite_only
def test_what_is_no_backup_is_told(place, filled):
    for data in (b"", b"%PDF-1.7", FIRST_LINE, FIRST_LINE + b"{}\n", FIRST_LINE + b"x" * 5000):
        source = place.folder / "none"
        source.write_bytes(data)
        with pytest.raises(RegisterRefused, match="not_a_backup"):
            restored(place, source)
    with pytest.raises(RegisterRefused, match="backup_unreadable"):
        restored(place, place.folder / "nowhere")

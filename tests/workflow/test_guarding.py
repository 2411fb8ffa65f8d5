# SPDX-License-Identifier: Apache-2.0
"""Guard and register as each other's witnesses, with a guard that runs."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest

from bmnn_mark import plain
from bmnn_mark.config import Config
from bmnn_mark.errors import PrinterRefused, RegisterRefused
from bmnn_mark.files import work_folder
from bmnn_mark.i18n import Lang
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.guard.journal import IncidentBook
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.printer.record import EnrolledPrinter
from bmnn_mark.printing.rehearsal import isolated
from bmnn_mark.testing.asking import request
from bmnn_mark.workflow import bookkeeping, guarding
from bmnn_mark.workflow.figures import Period, count_figures
from bmnn_mark.workflow.office import office_for

ALL_DAYS = Period(first=date(2020, 1, 1), last=date(2099, 12, 31))
SERVICE = [sys.executable, "-I", "-m", "bmnn_mark.printing.guard.service", "--place"]


@pytest.fixture
def here(tmp_path):
    """An office with a rehearsal register, and a guard's place with a printer pinned to it."""
    with work_folder() as folder:
        place = GuardPlace.below(folder)
        place.pins.mkdir(mode=0o700)
        office = office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path / "data")), None)
        told = []
        office = replace(
            office, guard=place, on_notice=lambda code, detail: told.append((code, dict(detail)))
        )
        register = bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
        record = EnrolledPrinter(
            queue="q", device_uri="bmnn:/bmnn-rehearsal:/x", config_changed_at=1,
            description_sha256="0" * 64, socket="/nonexistent", program="/nonexistent",
            spool="/nonexistent", rehearsal=True, register_id=register.register_id,
            register_public_key=register.public_key.hex(),
        )  # fmt: skip
        place.printer.write_bytes(plain.encode(record))
        place.printer.chmod(0o600)
        yield office, register, told


@contextlib.contextmanager
def guarded(place):
    process = subprocess.Popen(
        isolated([*SERVICE, str(place.socket.parent)]), cwd="/", start_new_session=True
    )
    try:
        with GuardLine(place, seconds=20.0) as line:
            for _ in range(2000):
                with contextlib.suppress(PrinterRefused):
                    line.incidents()
                    break
                assert process.poll() is None
                subprocess.run(["sleep", "0.01"], check=True)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def journalled(place, *codes):
    """Write entries as a guard does that has ended."""
    for folder in (place.state, place.receipts):
        folder.mkdir(mode=0o700, exist_ok=True)
    book = IncidentBook(place, "b-1", lambda: "2026-11-22T08:00:00.000000Z")
    book.open()
    for code in codes:
        book.write(code, {"queue": "in-phòng", "job": 7})


def test_what_the_guard_told_comes_into_the_register_once_and_the_clerk_hears_of_it(here):
    office, register, told = here
    journalled(office.guard, "gate.no_ticket", "guard.stopped")
    with guarded(office.guard):
        assert guarding.compare_with_guard(office, register, "An") == 2
        assert guarding.compare_with_guard(office, register, "An") == 0
        assert guarding.compare_if_guarded(office, office.open_register(), "An") == 0
    assert told == [("guard.taken_in", {"many": 2})]
    journalled(office.guard, "gate.options")
    with guarded(office.guard):  # killed: it says so itself, too
        assert guarding.compare_with_guard(office, register, "An") == 2
    codes = [one.code for one in register.host_incidents(ALL_DAYS.first, ALL_DAYS.last)]
    assert codes == ["gate.no_ticket", "guard.stopped", "gate.options", "guard.ended_hard"]
    assert register.verify().intact


def test_incidents_stand_in_the_figures_and_in_a_list_of_their_own(here):
    office, register, _ = here
    journalled(office.guard, "gate.no_ticket")
    with guarded(office.guard):
        guarding.compare_with_guard(office, register, "An")
    report = count_figures(office, ALL_DAYS, lang=Lang.EN, with_lists=True)
    assert report.total["host-incidents"]["total"] == 1
    assert report.total["incidents"]["total"] == 0
    (table,) = [one for one in report.lists if one.caption == "What the computer's guard told"]
    ((_day, hour, _said, facts),) = table.rows
    assert (hour, facts.splitlines()[0]) == ("08:00:00", "gate.no_ticket")
    assert "phòng" not in facts


def test_a_register_put_back_to_an_older_copy_is_named(here, tmp_path):
    office, register, _ = here
    with guarded(office.guard):
        guarding.compare_with_guard(office, register, "An")
        data = tmp_path / "data"
        shutil.copytree(data, tmp_path / "older")
        register.reserve(request())
        guarding.tell_guard(office, register)
        guarding.compare_with_guard(office, register, "An")
        shutil.rmtree(data)
        shutil.copytree(tmp_path / "older", data)  # keys and high-water mark with it
        older = office.open_register()
        assert older.verify().intact
        with pytest.raises(RegisterRefused, match=r"register\.behind_guard") as refused:
            guarding.compare_with_guard(office, older, "An")
        assert refused.value.detail["known"] > refused.value.detail["size"]
        with pytest.raises(RegisterRefused, match=r"register\.behind_guard"):
            bookkeeping.verify(office)
        while older.newest_head().size < refused.value.detail["known"]:
            older.reserve(request())
        with pytest.raises(RegisterRefused, match=r"register\.forked_from_guard"):
            guarding.compare_with_guard(office, older, "An")


def test_a_journal_that_lost_what_the_register_has_is_named(here):
    office, register, _ = here
    journalled(office.guard, "gate.no_ticket", "guard.stopped")
    with guarded(office.guard):
        guarding.compare_with_guard(office, register, "An")
    lines = office.guard.incidents.read_bytes().splitlines(keepends=True)
    office.guard.incidents.write_bytes(b"".join(lines[:2]))
    (office.guard.state / "incidents.newest").unlink()  # root's own hand: the guard sees nothing
    (office.guard.state / "running").unlink(missing_ok=True)
    with (
        guarded(office.guard),
        pytest.raises(RegisterRefused, match=r"register\.host_rewritten"),
    ):
        guarding.compare_with_guard(office, register, "An")
    office.guard.incidents.unlink()  # what root does once it was looked into
    with guarded(office.guard):
        assert guarding.compare_with_guard(office, register, "An") >= 1


def test_a_part_that_the_guard_gave_up_is_taken_in_as_far_as_it_goes(here):
    office, register, _ = here
    journalled(office.guard, "gate.no_ticket", "guard.stopped")
    whole = office.guard.incidents.read_bytes()
    office.guard.incidents.write_bytes(whole.replace(b"guard.stopped", b"guard.staffed"))
    with guarded(office.guard):
        assert guarding.compare_with_guard(office, register, "An") == 2
    codes = [one.code for one in register.host_incidents(ALL_DAYS.first, ALL_DAYS.last)]
    assert codes == ["gate.no_ticket", "guard.journal_changed"]


def test_a_register_that_no_guard_knows_is_worked_with_where_none_runs(here):
    office, register, told = here
    assert guarding.compare_if_guarded(office, register, "An") == 0
    guarding.tell_guard(office, register)
    with pytest.raises(PrinterRefused, match=r"guard\.absent"):
        guarding.compare_with_guard(office, register, "An")
    assert told == []


def test_another_registers_head_is_not_kept(here, tmp_path):
    office, _, _ = here
    other_office = replace(
        office, config=Config(agency="SỞ KHÁC", data_folder=str(tmp_path / "other")),
        register_url=f"sqlite:///{tmp_path / 'other' / 'register.db'}",
    )  # fmt: skip
    other = bookkeeping.create(other_office, agency=None, rehearsal=True, actor="An")
    with guarded(office.guard), GuardLine(office.guard) as line:
        guarding.tell_guard(other_office, other)
        assert line.head(other.register_id) is None


def test_a_guard_that_has_no_room_for_a_head_hides_nothing_of_what_was_done(here):
    office, register, _ = here
    with guarded(office.guard):
        office.guard.heads.write_bytes(b"")  # no folder: nothing can be kept in it
        guarding.tell_guard(office, register)
        office.guard.heads.unlink()
        guarding.tell_guard(office, register)
        with GuardLine(office.guard) as line:
            assert line.head(register.register_id).size == register.newest_head().size

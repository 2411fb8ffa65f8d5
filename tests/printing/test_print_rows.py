# SPDX-License-Identifier: Apache-2.0
"""The printing rows of the hostile table, each with a real scheduler; bytes and spool asserted."""

import ctypes
import multiprocessing
import os
import signal
import socket
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import cups
import pytest

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import work_folder
from bmnn_mark.printing import printer as printers
from bmnn_mark.printing.cups import Server, refuse_redirection
from bmnn_mark.printing.recovery import OpenAttempt, recover
from bmnn_mark.printing.rehearsal import SCHEME
from bmnn_mark.printing.run import AttemptState
from tests.printing.conftest import CLONE_NEWNET, enroll, lpadmin, online_report, wait_for

S = AttemptState


def assert_nothing_left(lab):
    assert lab.spooled() == []
    assert lab.server().jobs(lab.cupsd.queue, ended=True) == ()


def assert_unknown(lab, outcome, code):
    assert (outcome.state, outcome.code) == (S.UNKNOWN, code)
    assert lab.book.states()[-1] is S.UNKNOWN
    assert_nothing_left(lab)
    findings = printers.check(lab.enrolled)
    assert [one.code for one in findings] == ["printer.paused"]


def assert_void(lab, outcome, code):
    assert (outcome.state, outcome.code) == (S.VOID, code)
    assert lab.book.states()[-1] is S.VOID
    assert lab.cupsd.starts() == 0
    assert_nothing_left(lab)


def test_three_copies_reach_the_device_byte_for_byte_and_leave_nothing(lab):
    copies = [lab.copy(number) for number in (1, 2, 3)]
    outcomes = lab.print(*copies)
    assert [one.state for one in outcomes] == [S.DEVICE_DONE] * 3
    assert lab.cupsd.sheets() == tuple(one.path.read_bytes() for one in copies)
    for attempt in ("a1", "a2", "a3"):
        assert lab.book.states(attempt)[:3] == [S.CREATED, S.LOADED, S.RELEASING]
        assert lab.book.states(attempt)[-1] is S.DEVICE_DONE
    assert all(len(one.snapshots) == 3 for one in outcomes)
    assert_nothing_left(lab)


def test_each_step_is_committed_before_it_is_done(lab):
    seen = {}

    def look(_attempt, state, _detail):
        server = lab.server()
        jobs = server.jobs(lab.cupsd.queue, ended=True)
        seen[state] = (len(jobs), [int(server.job(one).state) for one in jobs], lab.cupsd.starts())

    lab.book.hook = look
    lab.print()
    assert seen[S.CREATED] == (0, [], 0)
    assert seen[S.LOADED] == (1, [4], 0)
    assert seen[S.RELEASING] == (1, [4], 0)
    assert seen[S.DEVICE_DONE][0] == 0


def test_row_1_cups_server_of_the_environment_is_refused(lab, monkeypatch):
    monkeypatch.setenv("CUPS_SERVER", "192.0.2.77")
    outcome = lab.print()[0]
    monkeypatch.delenv("CUPS_SERVER")
    assert_void(lab, outcome, "printer.redirected")


@pytest.mark.parametrize("where", ["home", "system"])
def test_row_2_server_name_in_a_client_conf_is_refused(where, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CUPS_SERVERROOT", str(tmp_path / "system"))
    refuse_redirection()
    folder = tmp_path / ("home/.cups" if where == "home" else "system")
    folder.mkdir(parents=True)
    (folder / "client.conf").write_text("# x\nservername 192.0.2.78\n")
    with pytest.raises(PrinterRefused, match=r"printer\.redirected"):
        refuse_redirection()


@pytest.mark.parametrize("prefix", [["/usr/bin/setpriv", "--reuid", "65534", "--clear-groups"], []])
def test_row_3_a_socket_of_another_user_or_program_is_refused(prefix):
    serve = (
        "import socket,sys,time; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]);"
        "s.listen(); time.sleep(20)"
    )
    with work_folder() as folder:
        folder.chmod(0o777)
        path = folder / "cups.sock"
        fake = subprocess.Popen([*prefix, "/usr/bin/python3", "-c", serve, str(path)])
        try:
            wait_for(path.exists)
            time.sleep(0.1)
            with pytest.raises(PrinterRefused, match=r"printer\.wrong_server"):
                Server(path)
        finally:
            fake.kill()
            fake.wait()


def test_row_4_a_scheduler_in_a_namespace_with_links_is_refused(lab):
    subprocess.run(["/usr/sbin/ip", "link", "add", "e0", "type", "ifb"], check=True)
    assert ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0  # leave the scheduler's namespace
    assert_void(lab, lab.print()[0], "printer.network_link")


def test_row_5_a_scheduler_that_listens_on_tcp_is_refused(lab):
    subprocess.run(["/usr/sbin/ip", "link", "set", "lo", "up"], check=True)
    conf = lab.cupsd.folder / "etc/cupsd.conf"
    conf.write_text("Listen 127.0.0.1:6310\n" + conf.read_text())
    os.kill(lab.cupsd.pid, signal.SIGHUP)

    def open_port():
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", 6310)) == 0

    wait_for(open_port)
    outcome = lab.print()[0]
    assert_void(lab, outcome, "printer.network_port")


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("file:/dev/null", "printer.device_scheme"),
        ("cups-pdf:/", "printer.device_scheme"),
        ("socket://192.0.2.9", "printer.device_scheme"),
        ("ipp://printer.example/ipp/print", "printer.device_scheme"),
        ("ipp://localhost:60000/ipp/print", "printer.device_scheme"),
        ("lpd://192.0.2.9/q", "printer.device_scheme"),
        ("smb://192.0.2.9/q", "printer.device_scheme"),
        ("dnssd://x._ipp._tcp.local/", "printer.device_scheme"),
        ("implicitclass://x/", "printer.device_scheme"),
        ("http://192.0.2.9/", "printer.device_scheme"),
        ("beh:/1/3/5/usb://HP/LJ?serial=VN123", "printer.device_scheme"),
        ("parallel:/dev/lp0", "printer.device_scheme"),
        (f"{SCHEME}:/tmp", "printer.device_scheme"),
        ("usb://HP/LJ", "printer.usb_serial"),
        ("usb://HP/LJ?serial=????", "printer.usb_serial"),
        ("usb://HP/LJ?serial=000000", "printer.usb_serial"),
        ("usb://HP/LJ?serial=0123456789", "printer.usb_serial"),
        ("usb://HP/LJ?serial=", "printer.usb_serial"),
        ("USB://HP/LJ?serial=VNB312345", "printer.device_scheme"),
    ],
)
def test_rows_6_to_14_and_17_devices_a_real_register_may_not_use(uri, code):
    with pytest.raises(PrinterRefused) as caught:
        printers.refuse_device(uri, rehearsal=False)
    assert caught.value.code == code


def test_row_14_a_rehearsal_device_never_serves_a_real_register(room, tmp_path):
    with pytest.raises(PrinterRefused):
        enroll(room, tmp_path, rehearsal=False)
    assert not (tmp_path / "printer.json").exists()


def test_row_15_a_class_is_refused(lab):
    lpadmin(lab.cupsd, "-p", lab.cupsd.queue, "-c", "group")
    with pytest.raises(PrinterRefused, match=r"printer\.device_scheme|printer\.is_class"):
        enroll(lab.cupsd, lab.folder / "..", queue="group")


def test_row_16_a_shared_queue_is_refused(lab):
    lpadmin(lab.cupsd, "-p", lab.cupsd.queue, "-o", "printer-is-shared=true")
    codes = {one.code for one in printers.check(lab.enrolled)}
    assert "printer.shared" in codes
    assert_void(lab, lab.print()[0], "printer.shared")


def test_row_19_a_device_uri_that_differs_in_one_byte_is_refused(lab):
    lpadmin(lab.cupsd, "-p", lab.cupsd.queue, "-v", lab.enrolled.device_uri + "/")
    assert "printer.device_changed" in {one.code for one in printers.check(lab.enrolled)}
    assert_void(lab, lab.print()[0], "printer.device_changed")


def test_row_21_a_device_changed_while_the_job_is_held_gets_nothing(lab):
    def change(_attempt, state, _detail):
        if state is S.LOADED:
            lpadmin(lab.cupsd, "-p", lab.cupsd.queue, "-v", f"{SCHEME}:/elsewhere")

    lab.book.hook = change
    assert_void(lab, lab.print()[0], "printer.device_changed")


@pytest.mark.parametrize(("stops_at", "state"), [(S.CREATED, S.CREATED), (S.RELEASING, S.UNKNOWN)])
def test_a_scheduler_that_hangs_is_given_up_and_what_is_on_its_way_stays_open(
    lab, monkeypatch, stops_at, state
):
    monkeypatch.setattr("bmnn_mark.printing.cups.CALL_SECONDS", 1.0)

    def hang(_attempt, reached, _detail):
        if reached is stops_at:
            os.kill(lab.cupsd.pid, signal.SIGSTOP)

    lab.book.hook = hang
    began = time.monotonic()
    try:
        outcome = lab.print()[0]
    finally:
        os.kill(lab.cupsd.pid, signal.SIGCONT)
    assert (outcome.state, outcome.code) == (state, "printer.no_answer")
    assert time.monotonic() - began < 8
    lab.book.hook = None
    recover(lab.enrolled, lab.book, [OpenAttempt(attempt_id="a1", state=outcome.state)])
    assert_nothing_left(lab)


def test_a_line_that_was_cut_is_made_anew(lab, monkeypatch):
    monkeypatch.setattr("bmnn_mark.printing.cups.CALL_SECONDS", 0.5)
    server = lab.server()
    os.kill(lab.cupsd.pid, signal.SIGSTOP)
    with pytest.raises(PrinterRefused, match=r"printer\.no_answer"):
        server.queues()
    os.kill(lab.cupsd.pid, signal.SIGCONT)
    assert server.queues() == (lab.cupsd.queue,)


def test_an_interrupted_call_leaves_no_answer_for_the_next_one(lab):
    def interrupt(_number, _frame):
        raise KeyboardInterrupt

    server = lab.server()
    before = signal.signal(signal.SIGALRM, interrupt)
    os.kill(lab.cupsd.pid, signal.SIGSTOP)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            server.queues()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        os.kill(lab.cupsd.pid, signal.SIGCONT)
    assert server.jobs(lab.cupsd.queue) == ()


def test_row_22_a_job_moved_to_another_queue_is_not_released(lab):
    description = lab.cupsd.folder / "queue.ppd"
    lab.server().add_queue("other", lab.enrolled.device_uri, description)
    cups_line = cups.Connection(host=str(lab.cupsd.socket))

    def move(_attempt, state, _detail):
        if state is S.LOADED:
            number = lab.server().jobs(lab.cupsd.queue)[0]
            cups_line.moveJob(job_id=number, job_printer_uri="ipp://localhost/printers/other")

    lab.book.hook = move
    outcome = lab.print()[0]
    assert (outcome.state, outcome.code) == (S.VOID, "print.job_changed")
    assert lab.cupsd.starts() == 0
    assert lab.server().jobs("other", ended=True) == ()
    assert_nothing_left(lab)


def test_row_23_a_changed_description_is_refused(lab):
    path = lab.cupsd.folder / "etc/ppd" / f"{lab.cupsd.queue}.ppd"
    path.write_text(path.read_text() + "*% changed\n")
    assert_void(lab, lab.print()[0], "printer.description_changed")


@pytest.mark.parametrize("default", ["copies-default=3", "number-up-default=2"])
def test_row_25_queue_defaults_that_add_paper_are_refused(lab, default):
    time.sleep(1.1)  # the server counts changes in whole seconds
    lpadmin(lab.cupsd, "-p", lab.cupsd.queue, "-o", default)
    assert "printer.config_changed" in {one.code for one in printers.check(lab.enrolled)}
    assert_void(lab, lab.print()[0], "printer.defaults")


def test_row_25_banner_pages_of_the_queue_are_refused(lab):
    queue = lab.server().queue(lab.cupsd.queue)
    assert "printer.defaults" not in _holding(lab, queue)
    assert "printer.defaults" in _holding(lab, replace(queue, banners=("classified", "none")))
    assert "printer.temporary" in _holding(lab, replace(queue, temporary=True))


def _holding(lab, queue):
    return {code for code, holds in printers._faults(lab.enrolled, queue) if holds}


@pytest.mark.parametrize(
    ("option", "code"), [({"sides": "banana"}, "printer.sides"), ({"media": "a9"}, "printer.media")]
)
def test_row_26_paper_or_sides_the_printer_lacks_are_refused(lab, option, code):
    assert_void(lab, lab.print(**option)[0], code)


@pytest.mark.parametrize("mode", ["media-empty", "offline"])
def test_rows_27_and_28_a_device_that_waits_too_long_is_ended(lab, mode):
    lab.cupsd.set_device(mode)
    outcome = lab.print(lab.copy(1), lab.copy(2), wait_seconds=0.4)
    assert len(outcome) == 1
    assert_unknown(lab, outcome[0], "print.device_waits")
    assert lab.cupsd.sheets() == ()


def test_row_27_a_device_that_gets_paper_in_time_goes_on(lab):
    lab.cupsd.set_device("media-empty")
    threading.Timer(0.4, lab.cupsd.set_device, ["ok"]).start()
    assert lab.print(wait_seconds=8.0)[0].state is S.DEVICE_DONE
    assert len(lab.cupsd.sheets()) == 1


@pytest.mark.parametrize("status", [1, 2, 3, 4, 5, 6, 8])
def test_rows_29_to_36_a_failed_device_leaves_the_copy_unknown_and_prints_nothing_again(
    lab, status
):
    lab.cupsd.set_device(f"fail {status}")
    outcomes = lab.print(lab.copy(1), lab.copy(2))
    assert len(outcomes) == 1
    assert_unknown(lab, outcomes[0], "print.device_failed")
    lab.cupsd.set_device("ok")
    printers.resume(lab.enrolled)
    time.sleep(0.3)
    assert lab.cupsd.starts() == 1
    assert lab.cupsd.sheets() == ()


def test_row_37_a_device_that_asks_to_be_restarted_forever_is_ended(lab):
    lab.cupsd.set_device("fail 7")
    outcome = lab.print()[0]
    assert_unknown(lab, outcome, "print.device_restarted")
    ended_at = lab.cupsd.starts()
    lab.cupsd.set_device("ok")
    printers.resume(lab.enrolled)
    time.sleep(0.3)
    assert lab.cupsd.starts() == ended_at
    assert lab.cupsd.sheets() == ()


def test_row_38_a_killed_device_that_cups_calls_completed_is_never_printed(lab):
    lab.cupsd.set_device("die")
    outcome = lab.print()[0]
    assert lab.cupsd.sheets() == ()
    assert outcome.state is S.DEVICE_DONE  # a claim: without the gate nothing else can be seen
    assert "printed" not in {one.value for one in S}


def test_row_39_a_scheduler_killed_in_mid_print_leaves_the_copy_unknown(lab):
    lab.cupsd.set_device("slow 30")

    def kill(_attempt, state, _detail):
        if state is S.PRINTING:
            os.kill(lab.cupsd.pid, signal.SIGKILL)

    lab.book.hook = kill
    outcome = lab.print()[0]
    assert outcome.state is S.UNKNOWN
    assert lab.book.steps[-1][2]["cleared"] is False


def test_row_44_enabling_a_queue_after_a_failure_prints_nothing(lab):
    lab.cupsd.set_device("fail 1")
    lab.print()
    lab.cupsd.set_device("ok")
    printers.resume(lab.enrolled)
    time.sleep(0.4)
    assert lab.cupsd.sheets() == ()
    assert printers.check(lab.enrolled) == ()


def test_row_45_a_foreign_job_in_the_queue_is_a_refusal(lab):
    server = lab.server()
    server.create_held(lab.cupsd.queue, "foreign", {})
    outcome = lab.print()[0]
    assert (outcome.state, outcome.code) == (S.VOID, "printer.foreign_job")
    assert len(server.jobs(lab.cupsd.queue)) == 1
    assert lab.cupsd.starts() == 0
    with pytest.raises(PrinterRefused, match=r"printer\.foreign_job"):
        printers.resume(lab.enrolled)


def test_row_46_another_user_may_not_use_the_queue(lab):
    for folder in (lab.cupsd.folder, lab.cupsd.folder / "state"):
        folder.chmod(0o755)
    lab.cupsd.socket.chmod(0o777)
    command = ["/usr/bin/setpriv", "--reuid", "65534", "--clear-groups", "/usr/bin/lp"]
    command += ["-h", str(lab.cupsd.socket), "-U", "root", "-d", lab.cupsd.queue, "/etc/hostname"]
    answer = subprocess.run(
        command, capture_output=True, timeout=20, stdin=subprocess.DEVNULL, check=False
    )
    assert answer.returncode != 0
    assert lab.server().jobs(lab.cupsd.queue, ended=True) == ()


def _strays():
    """Regular files at the top of the folders for temporary files."""
    return {
        one
        for folder in ("/tmp", "/var/tmp", "/dev/shm")
        for one in Path(folder).iterdir()
        if one.is_file()
    }


def test_row_48_no_trace_of_the_document_is_left_anywhere(lab):
    before = _strays()
    lab.print(lab.copy(1), lab.copy(2))
    inside = (one for one in lab.cupsd.folder.rglob("*") if one.parent != lab.cupsd.outbox)
    for one in (*inside, *(_strays() - before)):
        assert not one.is_file() or b"BMNN-CANARY" not in one.read_bytes(), one.name
    assert len(lab.cupsd.sheets()) == 2
    assert "POST" in (lab.cupsd.folder / "log/access_log").read_text()


def test_row_50_a_step_the_book_refuses_is_not_done(lab):
    def refuse(_attempt, state, _detail):
        if state is S.RELEASING:
            raise PrinterRefused("print.system", reason="EEXIST")

    lab.book.hook = refuse
    assert_void(lab, lab.print()[0], "print.system")


def test_row_51_a_link_that_comes_up_during_the_print_ends_it(lab):
    lab.cupsd.set_device("slow 5")

    def plug(_attempt, state, _detail):
        if state is S.PRINTING:
            subprocess.run(["/usr/sbin/ip", "link", "add", "e0", "type", "ifb"], check=True)

    lab.book.hook = plug
    began = time.monotonic()
    outcome = lab.print(lab.copy(1), lab.copy(2))
    assert len(outcome) == 1
    assert_unknown(lab, outcome[0], "host.changed")
    assert time.monotonic() - began < 3.0
    assert lab.cupsd.sheets() == ()


def test_row_62_a_link_that_comes_up_before_the_release_lets_no_job_go(lab):
    def plug(_attempt, state, _detail):
        if state is S.RELEASING:
            subprocess.run(["/usr/sbin/ip", "link", "add", "e0", "type", "ifb"], check=True)

    lab.book.hook = plug
    assert_void(lab, lab.print()[0], "host.changed")


def test_a_host_that_is_not_offline_gets_no_job_at_all(lab):
    lab.judge_host = online_report
    assert_void(lab, lab.print()[0], "host.online")
    assert lab.book.states() == [S.VOID]


def test_a_host_found_online_after_the_print_leaves_the_copy_unknown(lab):
    good = lab.judge_host
    answers = [good(), good(), online_report()]
    lab.judge_host = lambda: answers.pop(0)
    assert_unknown(lab, lab.print()[0], "host.online")


def test_bytes_that_are_not_the_registered_ones_are_not_printed(lab):
    copy = lab.copy()
    copy.path.write_bytes(copy.path.read_bytes() + b"x")
    assert_void(lab, lab.print(copy)[0], "print.bytes_changed")


def test_an_unreadable_copy_is_void(lab):
    copy = lab.copy()
    copy.path.unlink()
    outcome = lab.print(copy)[0]
    assert outcome.state is S.VOID
    assert_nothing_left(lab)


def test_stopping_from_the_front_end_ends_the_copy_in_flight(lab):
    lab.cupsd.set_device("slow 20")

    def interrupt(_attempt, state, _detail):
        if state is S.PRINTING:
            raise KeyboardInterrupt

    lab.book.hook = interrupt
    with pytest.raises(KeyboardInterrupt):
        lab.print()
    assert lab.book.states()[-1] is S.UNKNOWN
    assert_nothing_left(lab)


def _print_and_die(lab, point):
    def die(_attempt, state, _detail):
        lab.book.steps.append((_attempt, state, {}))
        (lab.folder / "last").write_text(state.value)
        if state is point:
            os.kill(os.getpid(), signal.SIGKILL)

    lab.book.hook = die
    lab.print()


@pytest.mark.parametrize("point", [S.CREATED, S.LOADED, S.RELEASING, S.PRINTING, S.DEVICE_DONE])
def test_row_43_a_program_killed_at_any_point_leaves_what_recovery_settles(lab, point):
    lab.cupsd.set_device("slow 0.5")
    victim = multiprocessing.get_context("fork").Process(target=_print_and_die, args=(lab, point))
    victim.start()
    victim.join(20)
    assert victim.exitcode == -signal.SIGKILL
    last = S((lab.folder / "last").read_text())
    settled = recover(lab.enrolled, lab.book, [OpenAttempt(attempt_id="a1", state=last)])
    expected = S.VOID if last in {S.CREATED, S.LOADED} else S.UNKNOWN
    assert settled[0].state is (last if last is S.DEVICE_DONE else expected)
    assert len(lab.cupsd.sheets()) <= 1
    if settled[0].state is S.VOID:
        assert lab.cupsd.starts() == 0
    assert_nothing_left(lab)
    assert printers.check(lab.enrolled) == ()
    time.sleep(0.7)
    assert len(lab.cupsd.sheets()) <= 1


def test_the_record_of_the_printer_is_roots_alone(lab):
    path = lab.folder / "printer.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert printers.enrolled(lab.folder) == lab.enrolled
    path.chmod(0o644)
    with pytest.raises(PrinterRefused, match=r"printer\.record_unsafe"):
        printers.enrolled(lab.folder)
    path.chmod(0o600)
    path.write_text("{}")
    with pytest.raises(PrinterRefused, match=r"printer\.record"):
        printers.enrolled(lab.folder)
    path.unlink()
    with pytest.raises(PrinterRefused, match=r"printer\.not_enrolled"):
        printers.enrolled(lab.folder)


def test_queues_are_listed_with_where_they_lead(lab):
    (queue,) = printers.list_queues(lab.cupsd.socket, lab.cupsd.program)
    assert (queue.name, queue.device_uri) == (lab.cupsd.queue, lab.enrolled.device_uri)


def test_only_root_prints(lab, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    with pytest.raises(PrinterRefused, match=r"print\.needs_root"):
        lab.print()

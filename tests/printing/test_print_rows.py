# SPDX-License-Identifier: Apache-2.0
"""Printing rows 1 to 26 and 45 to 49 of the hostile table: the queue, the device, what is left.

Each with a real scheduler, gate and guard; bytes at the device and the spool are asserted.
"""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import cups
import pytest

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import sha256_of, work_folder
from bmnn_mark.printing.guard.protocol import ReceiptState
from bmnn_mark.printing.printer import preflight
from bmnn_mark.printing.printer.capabilities import Paper
from bmnn_mark.printing.printer.devices import refuse_device
from bmnn_mark.printing.printer.enrolment import RegisterKey, Wish
from bmnn_mark.printing.printer.enrolment import enroll as enroll_printer
from bmnn_mark.printing.printer.record import UsbIdentity, enrolled
from bmnn_mark.printing.printer.usb_printer import plugged_in, usb_findings
from bmnn_mark.printing.rehearsal import SCHEME, scheduler_command
from bmnn_mark.printing.scheduler.cups import Server
from bmnn_mark.printing.scheduler.peer import refuse_redirection
from tests.printing.conftest import lpadmin
from tests.printing.press import REGISTER, S, print_room, wait_for

USB = "usb://SIM/Laser%201?serial=SIM00123"


@pytest.fixture
def press(monkeypatch):
    """A print room of its own: these tests change its scheduler's settings and files."""
    monkeypatch.delenv("CUPS_SERVER", raising=False)
    with print_room() as made:
        yield made


def refusal_of(press, *copies, **options):
    """Why nothing was printed; nothing came to the device, and nothing is left."""
    before = press.cupsd.starts()
    try:
        (outcome,) = press.print(*copies, **options)
    except PrinterRefused as refusal:
        code = refusal.code
    else:
        assert outcome.state is S.VOID
        code = outcome.code
    assert press.cupsd.starts() == before
    assert not list(press.cupsd.spool.glob("d*"))
    return code


def enroll_again(press, **wish):
    """Enrol in the room with another wish; the refusal's code, or nothing."""
    key = press.book.key.public_key().public_bytes_raw()
    wanted = Wish(**{"queue": press.cupsd.queue, **wish})
    try:
        enroll_printer(
            wanted,
            RegisterKey(register_id=REGISTER, public_key=key, rehearsal=True),
            place=press.place,
            scheduler=press.cupsd.scheduler,
        )
    except PrinterRefused as refusal:
        return refusal.code
    return ""


def device_program(press, scheme):
    """A program for devices of a scheme, so that the scheduler takes a queue to one."""
    path = press.cupsd.server_bin / "backend" / scheme
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o700)
    return path


def incidents(press):
    with press.guard() as guard:
        return guard.incidents().incidents


def refused_by_guard(press, op):
    """With which code the guard refuses to do something."""
    with press.guard() as guard, pytest.raises(PrinterRefused) as caught:
        getattr(guard, op)()
    return caught.value.code


def codes_once_up(press):
    """What the guard finds; nothing while the scheduler starts anew."""
    try:
        return press.codes()
    except PrinterRefused:
        return []


def settle():
    time.sleep(1.1)  # the scheduler counts changes in whole seconds


# --- which scheduler ---------------------------------------------------------------------------


def test_print_row_01_cups_server_of_the_environment_is_refused(press, monkeypatch):
    monkeypatch.setenv("CUPS_SERVER", "192.0.2.77")
    assert refusal_of(press) == "printer.redirected"


@pytest.mark.parametrize("where", ["home", "system"])
def test_print_row_02_server_name_in_a_client_conf_is_refused(where, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CUPS_SERVERROOT", str(tmp_path / "system"))
    monkeypatch.delenv("CUPS_SERVER", raising=False)
    refuse_redirection()
    folder = tmp_path / ("home/.cups" if where == "home" else "system")
    folder.mkdir(parents=True)
    (folder / "client.conf").write_text("# x\n  servername 192.0.2.78\n")
    with pytest.raises(PrinterRefused, match=r"printer\.redirected"):
        refuse_redirection()


@pytest.mark.parametrize("prefix", [["/usr/bin/setpriv", "--reuid", "65534", "--clear-groups"], []])
def test_print_row_03_a_socket_of_another_user_or_program_is_refused(prefix):
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


def test_print_row_03_a_folder_in_which_others_may_replace_the_socket_is_refused(press):
    press.cupsd.socket.parent.chmod(0o777)
    assert "printer.socket_unsafe" in press.codes()
    assert refusal_of(press) == "printer.socket_unsafe"


def test_print_row_04_a_scheduler_in_a_network_with_links_is_refused(press):
    press.tell("signal", "cupsd", signal.SIGKILL)
    press.cupsd.socket.unlink()
    command = " ".join(scheduler_command(press.cupsd))
    script = f"ip link add e0 type ifb; cd /; setsid {command} >/dev/null 2>&1 </dev/null &"
    code, _, said = press.tell("run", "/usr/bin/unshare", "--net", "/bin/sh", "-c", script)
    assert code == 0, said
    wait_for(press.cupsd.socket.exists)
    assert "printer.network_link" in press.codes()
    assert refusal_of(press) in {"printer.network_link", "host.online"}


def test_print_row_05_a_scheduler_that_listens_on_tcp_is_refused(press):
    press.ip("link", "set", "lo", "up")
    conf = press.cupsd.folder / "etc/cupsd.conf"
    conf.write_text("Listen 127.0.0.1:6310\n" + conf.read_text())
    press.tell("signal", "cupsd", signal.SIGHUP)
    wait_for(lambda: "printer.network_port" in codes_once_up(press))
    assert refusal_of(press) == "printer.network_port"


# --- which device ------------------------------------------------------------------------------

FORBIDDEN = [
    ("06", "socket://192.0.2.9:9100"), ("07", "ipp://printer.example/ipp/print"),
    ("08", "lpd://192.0.2.9/q"), ("09", "smb://192.0.2.9/q"),
    ("10", "dnssd://x._ipp._tcp.local/"), ("11", "implicitclass://x/"),
    ("12", "http://192.0.2.9/"), ("13", f"beh:/1/3/5/{USB}"), ("14", "cups-pdf:/"),
    ("20", "ipp://localhost:60000/ipp/print"), ("20", "ipp://127.0.0.1:60000/ipp/print"),
]  # fmt: skip


@pytest.fixture(scope="module")
def shared_press():
    with print_room() as made:
        yield made


@pytest.mark.parametrize(("row", "uri"), FORBIDDEN)
def test_print_row_06_07_08_09_10_11_12_13_14_20_a_queue_to_no_usb_printer_is_never_enrolled(
    shared_press, row, uri
):
    press, scheme = shared_press, uri.partition(":")[0]
    program = device_program(press, scheme)
    before = press.place.printer.read_bytes()
    try:
        lpadmin(press.cupsd, "-p", f"row{row}", "-v", uri, "-E")
        assert enroll_again(press, queue=f"row{row}") == "printer.device_scheme"
        assert enroll_again(press, device_uri=uri) == "printer.device_scheme"
        assert press.server().queue(f"row{row}").device_uri == uri
        assert press.codes() == ["printer.other_queues", "printer.other_backends"]
    finally:
        lpadmin(press.cupsd, "-x", f"row{row}")
        program.unlink()
    assert press.place.printer.read_bytes() == before
    assert press.codes() == []


def test_print_row_20_a_foreign_listener_on_loopback_is_not_asked(press):
    press.ip("link", "set", "lo", "up")
    device_program(press, "ipp")
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 60000))
        foreign.listen()
        foreign.settimeout(0.3)
        assert enroll_again(press, device_uri="ipp://localhost:60000/ipp/print")
        with pytest.raises(TimeoutError):
            foreign.accept()


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("file:/dev/null", "printer.device_scheme"),
        ("file:///dev/null", "printer.device_scheme"),
        ("file:///tmp/x", "printer.device_scheme"),
        ("parallel:/dev/lp0", "printer.device_scheme"),
        ("hp:/net/LJ?ip=192.0.2.9", "printer.device_scheme"),
        (f"{SCHEME}:/tmp", "printer.device_scheme"),
        ("USB://HP/LJ?serial=VNB312345", "printer.device_scheme"),
        (f"bmnn:/{USB}", "printer.device_scheme"),
        ("", "printer.device_scheme"),
        ("usb://HP/LJ", "printer.usb_serial"),
        ("usb://HP/LJ?serial=", "printer.usb_serial"),
        ("usb://HP/LJ?serial=????", "printer.usb_serial"),
        ("usb://HP/LJ?serial=VN?123", "printer.usb_serial"),
        ("usb://HP/LJ?serial=%3F%3F%3F%3F%3F", "printer.usb_serial"),
        ("usb://HP/LJ?serial=000000", "printer.usb_serial"),
        ("usb://HP/LJ?serial=0123456789", "printer.usb_serial"),
        ("usb://HP/LJ?serial=AB123&serial=CD123", "printer.usb_serial"),
    ],
)
def test_print_row_14_17_devices_without_an_identity_are_refused(uri, code):
    with pytest.raises(PrinterRefused) as caught:
        refuse_device(uri, rehearsal=False)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "uri", ["usb://SIM/L?serial=????", "usb://SIM/L", "usb://SIM/L?serial=000000"]
)
def test_print_row_17_a_queue_to_a_usb_printer_without_a_serial_is_never_enrolled(
    shared_press, uri
):
    program = device_program(shared_press, "usb")
    try:
        lpadmin(shared_press.cupsd, "-p", "row17", "-v", uri, "-E")
        assert enroll_again(shared_press, queue="row17") == "printer.usb_serial"
    finally:
        lpadmin(shared_press.cupsd, "-x", "row17")
        program.unlink()


def test_print_row_14_a_rehearsal_device_never_serves_a_real_register(press):
    key = RegisterKey(register_id=REGISTER, public_key=bytes(32), rehearsal=False)
    before = press.place.printer.read_bytes()
    with pytest.raises(PrinterRefused):
        enroll_printer(
            Wish(queue=press.cupsd.queue), key, place=press.place, scheduler=press.cupsd.scheduler
        )
    assert press.place.printer.read_bytes() == before


def test_print_row_15_a_class_with_the_right_member_is_refused(press):
    lpadmin(press.cupsd, "-p", press.cupsd.queue, "-c", "group")
    lpadmin(press.cupsd, "-p", "group", "-E")
    assert enroll_again(press, queue="group") == "printer.is_class"
    path = press.copy().path
    before = len(incidents(press))
    press.server()
    line = cups.Connection(host=str(press.cupsd.socket))
    job = line.printFile("group", str(path), "n", {})
    wait_for(lambda: line.getJobAttributes(job)["job-state"] in (7, 8, 9))
    wait_for(lambda: len(incidents(press)) > before)
    assert press.cupsd.starts() == 0


def test_print_row_16_a_shared_queue_is_refused(press):
    settle()
    lpadmin(press.cupsd, "-p", press.cupsd.queue, "-o", "printer-is-shared=true")
    assert "printer.shared" in press.codes()
    assert refusal_of(press) == "printer.shared"


def test_print_row_16_a_temporary_or_remote_queue_is_refused(shared_press):
    record = enrolled(shared_press.place.pins)
    queue = shared_press.server().queue(shared_press.cupsd.queue)

    def found(**changes):
        seen = replace(queue, **changes)
        return {code for code, holds in preflight.faults(record, seen) if holds}

    assert found() == set()
    assert found(temporary=True) == {"printer.temporary"}
    assert found(remote=True) == {"printer.remote"}
    assert found(banners=("classified", "none")) == {"printer.defaults"}
    assert found(port_monitor="tbcp") == {"printer.defaults"}


def usb_tree(root, *devices):
    """A /sys with these printers: (port, vendor, product, serial)."""
    folder = root / "sys/bus/usb/devices"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "sys/class").mkdir(exist_ok=True)
    for port, vendor, product, serial in devices:
        device = folder / port
        device.mkdir()
        for name, text in {
            "idVendor": vendor, "idProduct": product, "serial": serial, "bDeviceClass": "00",
            "authorized": "1",
        }.items():  # fmt: skip
            (device / name).write_text(text + "\n")
        function = folder / f"{port}:1.0"
        function.mkdir()
        for name, text in {
            "bInterfaceNumber": "00", "bInterfaceClass": "07", "bInterfaceSubClass": "01",
            "bInterfaceProtocol": "02",
        }.items():  # fmt: skip
            (function / name).write_text(text + "\n")
    return root


ONE = ("1-2", "03f0", "0c17", "SIM00123")


def test_print_row_18_two_devices_with_the_same_serial_are_refused(tmp_path):
    one = usb_tree(tmp_path / "one", ONE)
    identity = plugged_in(one, USB, any_port=False)
    assert identity == UsbIdentity(vendor="03f0", product="0c17", serial="SIM00123", port="1-2")
    assert usb_findings(identity, one) == ()
    two = usb_tree(tmp_path / "two", ONE, ("1-3", *ONE[1:]))
    with pytest.raises(PrinterRefused, match=r"printer\.usb_several"):
        plugged_in(two, USB, any_port=False)
    assert [one.code for one in usb_findings(identity, two)] == ["printer.usb_several"]


@pytest.mark.parametrize(
    ("device", "code"),
    [
        (("1-3", *ONE[1:]), "printer.usb_port"),
        (("1-2", "04a9", "0c17", "SIM00123"), "printer.usb_other"),
        (("1-2", "03f0", "0c17", "SIM00124"), "printer.usb_other"),
        (None, "printer.usb_none"),
    ],
)
def test_print_row_18_another_device_or_port_than_enrolled_is_refused(tmp_path, device, code):
    identity = plugged_in(usb_tree(tmp_path / "then", ONE), USB, any_port=False)
    now = usb_tree(tmp_path / "now", *([device] if device else []))
    assert [one.code for one in usb_findings(identity, now)] == [code]
    if device and code == "printer.usb_port":
        assert usb_findings(replace(identity, port=""), now) == ()


@pytest.mark.parametrize("change", ["/", "%20", "B"])
def test_print_row_19_a_device_uri_that_differs_in_a_byte_is_refused(press, change):
    settle()
    uri = press.cupsd.device_uri
    other = {"/": uri + "/", "%20": uri.replace("outbox", "out%62ox"), "B": uri.upper()}[change]
    if change == "B":
        other = uri.replace(SCHEME, SCHEME.upper())
    lpadmin(press.cupsd, "-p", press.cupsd.queue, "-v", other)
    assert "printer.device_changed" in press.codes()
    assert refusal_of(press) == "printer.device_changed"


def test_a_queue_that_was_led_past_the_gate_is_refused(press):
    settle()
    lpadmin(press.cupsd, "-p", press.cupsd.queue, "-v", f"{SCHEME}:{press.cupsd.outbox}")
    assert "printer.no_gate" in press.codes()
    assert refusal_of(press) == "printer.device_changed"


def test_print_row_21_a_device_changed_while_the_job_is_held_gets_nothing(press):
    def change(_attempt, state, _detail):
        if state is S.LOADED:
            settle()
            lpadmin(press.cupsd, "-p", press.cupsd.queue, "-v", press.cupsd.device_uri + "x")

    press.book.hook = change
    assert refusal_of(press) in {"printer.device_changed", "guard.wrong_device"}
    assert press.jobs() == ()


def test_print_row_21_a_device_changed_after_the_last_look_meets_the_gate(press):
    def change(_attempt, state, _detail):
        if state is S.RELEASING:
            lpadmin(press.cupsd, "-p", press.cupsd.queue, "-v", press.cupsd.device_uri + "x")

    press.book.hook = change
    (outcome,) = press.print()
    assert outcome.state is S.VOID
    assert press.cupsd.starts() == 0
    assert press.jobs() == ()


def test_print_row_22_a_job_moved_to_another_queue_is_not_released(press):
    description = press.cupsd.folder / "queue.ppd"
    press.server().add_queue("other", press.cupsd.device_uri, description)
    line = cups.Connection(host=str(press.cupsd.socket))

    def move(_attempt, state, _detail):
        if state is S.LOADED:
            (number,) = press.server().jobs(press.cupsd.queue)
            line.moveJob(job_id=number, job_printer_uri="ipp://localhost/printers/other")

    press.book.hook = move
    assert refusal_of(press) == "print.job_changed"
    assert press.server().jobs("other", ended=True) == ()


def test_print_row_22_a_job_moved_after_the_last_look_meets_the_gate(press):
    description = press.cupsd.folder / "queue.ppd"
    press.server().add_queue("other", press.cupsd.device_uri, description)
    line = cups.Connection(host=str(press.cupsd.socket))

    def move(_attempt, state, _detail):
        if state is S.RELEASING:
            (number,) = press.server().jobs(press.cupsd.queue)
            line.moveJob(job_id=number, job_printer_uri="ipp://localhost/printers/other")

    press.book.hook = move
    (outcome,) = press.print()
    assert outcome.state is S.VOID
    assert press.cupsd.starts() == 0


# --- which programs and settings ---------------------------------------------------------------


@pytest.mark.parametrize(
    "which", ["etc/ppd/bmnn-dien-tap.ppd", "lib/backend/bmnn", f"lib/backend/{SCHEME}",
              "share/mime/mime.convs", "bin/cupsd", "lib/daemon/cups-exec"],
)  # fmt: skip
def test_print_row_23_a_changed_program_or_description_is_refused(press, which):
    path = press.cupsd.folder / which
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(path.read_bytes() + b"\n")
    draft.chmod(path.stat().st_mode & 0o7777)
    os.chown(draft, 0, path.stat().st_gid)
    draft.replace(path)
    codes = press.codes() if which != "bin/cupsd" else ["printer.program_changed"]
    assert "printer.program_changed" in codes
    assert refusal_of(press) in {
        "printer.program_changed", "printer.description_changed", "printer.wrong_server",
    }  # fmt: skip


@pytest.mark.parametrize(
    "which", ["etc/ppd/bmnn-dien-tap.ppd", f"lib/backend/{SCHEME}", "lib/backend"]
)
def test_print_row_23_a_program_that_others_may_change_is_refused(press, which):
    path = press.cupsd.folder / which
    path.chmod(path.stat().st_mode | 0o020)
    assert "printer.program_unsafe" in press.codes()
    assert refusal_of(press) == "printer.program_unsafe"


def test_print_row_23_a_new_table_or_device_program_is_refused(press):
    table = press.cupsd.folder / "share/mime/more.convs"
    table.write_text("application/pdf application/pdf 0 evil\n")
    assert press.codes() == ["printer.tables_changed"]
    table.unlink()
    device_program(press, "socket")
    assert press.codes() == ["printer.other_backends"]
    assert refusal_of(press) == "printer.other_backends"


@pytest.mark.parametrize(
    "line",
    ['*FoomaticRIPCommandLine: "touch /tmp/x"', '*cupsFilter: "application/pdf 0 foomatic-rip"',
     '*FoomaticRIPOption x: enum CmdLine A', '*Include: "/etc/passwd"'],
)  # fmt: skip
def test_print_row_24_a_description_that_runs_commands_is_refused(shared_press, line, tmp_path):
    description = tmp_path / "x.ppd"
    text = (shared_press.cupsd.folder / "queue.ppd").read_text()
    description.write_text(text + line + "\n")
    assert enroll_again(shared_press, description=description) == "printer.description_commands"
    assert shared_press.codes() == []


def test_print_row_24_an_existing_queues_description_that_runs_commands_is_refused(press, tmp_path):
    description = tmp_path / "x.ppd"
    text = (press.cupsd.folder / "queue.ppd").read_text()
    description.write_text(text + '*FoomaticRIPCommandLine: "touch /tmp/x"\n')
    lpadmin(press.cupsd, "-p", press.cupsd.queue, "-P", str(description))
    assert enroll_again(press) == "printer.description_commands"
    assert "printer.description_changed" in press.codes()


@pytest.mark.parametrize(
    "default", ["copies-default=3", "number-up-default=2", "job-sheets-default=classified,none"]
)
def test_print_row_25_queue_defaults_that_add_paper_are_refused(press, default):
    settle()
    if "sheets" in default:
        banners = press.cupsd.folder / "share/banners"
        (banners / "classified").write_bytes(b"%PDF-1.4\n")
        press.tell("signal", "cupsd", signal.SIGHUP)
        time.sleep(0.5)
    lpadmin(press.cupsd, "-p", press.cupsd.queue, "-o", default)
    assert "printer.config_changed" in press.codes()
    assert refusal_of(press) == "printer.defaults"


def test_print_row_25_every_option_is_sent_and_the_job_is_one_copy(press):
    seen = {}

    def look(_attempt, state, _detail):
        if state is S.LOADED:
            line = cups.Connection(host=str(press.cupsd.socket))
            (number,) = press.server().jobs(press.cupsd.queue)
            seen.update(line.getJobAttributes(number))

    press.book.hook = look
    (outcome,) = press.print()
    assert outcome.state is S.DEVICE_DONE
    assert seen["copies"] == 1
    assert seen["number-up"] == 1
    assert seen["job-sheets"] == ["none", "none"]
    assert seen["print-scaling"] == "none"
    assert seen["sides"] == "one-sided"
    assert seen["media"] == "iso_a4_210x297mm"


@pytest.mark.parametrize(
    ("paper", "code"),
    [(Paper(sides="banana"), "printer.sides"), (Paper(media="a9"), "printer.media"),
     (Paper(tray="nowhere"), "printer.tray")],
)  # fmt: skip
def test_print_row_26_paper_sides_or_trays_the_printer_lacks_are_refused(shared_press, paper, code):
    assert refusal_of(shared_press, paper=paper) == code
    assert S.CREATED not in [state for _, state, _ in shared_press.book.steps]
    shared_press.reset()


# --- who else, and what is left ----------------------------------------------------------------


def test_print_row_45_a_foreign_job_in_the_queue_is_a_refusal_and_is_left_alone(press):
    server = press.server()
    server.create_held(press.cupsd.queue, "foreign", {})
    assert press.codes() == ["printer.foreign_job"]
    assert refusal_of(press) == "printer.foreign_job"
    assert len(server.jobs(press.cupsd.queue)) == 1
    assert refused_by_guard(press, "resume") == "printer.foreign_job"


def test_print_row_45_a_job_of_anybody_prints_nothing_and_is_an_incident(press):
    before = len(incidents(press))
    command = ["/usr/bin/lp", "-h", str(press.cupsd.socket), "-d", press.cupsd.queue]
    subprocess.run([*command, str(press.copy().path)], check=True, timeout=20, capture_output=True)
    wait_for(lambda: len(incidents(press)) > before)
    assert incidents(press)[-1].code == "gate.no_ticket"
    wait_for(lambda: press.server().jobs(press.cupsd.queue) == ())
    assert press.cupsd.starts() == 0
    assert not list(press.cupsd.spool.glob("d*"))


@pytest.mark.parametrize("claim", ["root", "nobody"])
def test_print_row_45_46_another_user_may_not_use_the_queue_whoever_he_says_he_is(
    shared_press, claim
):
    press = shared_press
    for folder in (press.cupsd.folder, press.cupsd.folder / "state"):
        folder.chmod(0o755)
    press.cupsd.socket.chmod(0o777)
    command = ["/usr/bin/setpriv", "--reuid", "65534", "--clear-groups", "/usr/bin/lp"]
    command += ["-h", str(press.cupsd.socket), "-U", claim, "-d", press.cupsd.queue]
    answer = subprocess.run(
        [*command, "/etc/hostname"], capture_output=True, timeout=20, stdin=subprocess.DEVNULL
    )
    assert answer.returncode != 0
    assert press.jobs() == ()


@pytest.mark.parametrize(
    ("name", "value", "setting"),
    [("cupsd.conf", "PreserveJobFiles Yes", "PreserveJobFiles"),
     ("cupsd.conf", "DirtyCleanInterval 30", "DirtyCleanInterval"),
     ("cups-files.conf", "RequestRoot /var/spool/cups", "RequestRoot")],
)  # fmt: skip
def test_print_row_47_settings_that_keep_documents_are_refused(press, name, value, setting):
    conf = press.cupsd.folder / "etc" / name
    conf.write_text(conf.read_text() + value + "\n")
    with press.guard() as guard:
        findings = guard.preflight()
    assert ("printer.setting", setting) in [
        (one.code, one.detail.get("setting")) for one in findings
    ]
    assert refusal_of(press) == "printer.setting"


def test_print_row_47_a_document_left_in_the_spool_is_refused(press):
    left = press.cupsd.spool / "d00099-001"
    left.write_bytes(b"%PDF left")
    assert press.codes() == ["printer.spool_not_empty"]
    assert refused_by_guard(press, "resume") == "printer.spool_not_empty"
    copy = press.copy()
    (outcome,) = press.print(copy)
    assert (outcome.state, outcome.code) == (S.VOID, "printer.spool_not_empty")
    assert press.cupsd.starts() == 0


def strays():
    """Regular files at the top of the folders for temporary files."""
    return {
        one
        for folder in ("/tmp", "/var/tmp", "/dev/shm")
        for one in Path(folder).iterdir()
        if one.is_file()
    }


def test_print_row_48_no_trace_of_the_document_is_left_anywhere(press):
    before = strays()
    press.print(press.copy(1), press.copy(2))
    inside = (one for one in press.cupsd.folder.rglob("*") if one.parent != press.cupsd.outbox)
    for one in (*inside, *(strays() - before)):
        with suppress(FileNotFoundError):  # another program's, gone meanwhile
            assert not one.is_file() or b"BMNN-CANARY" not in one.read_bytes(), one.name
    assert len(press.cupsd.sheets()) == 2
    assert "POST" in (press.cupsd.folder / "log/access_log").read_text()


def test_print_row_49_a_job_number_that_comes_again_is_another_job(press):
    first = press.copy(1)
    press.print(first)
    press.tell("signal", "cupsd", signal.SIGKILL)
    for one in (*press.cupsd.spool.glob("c*"), *press.cupsd.spool.glob("d*")):
        one.unlink()
    for one in (press.cupsd.folder / "cache").glob("job.cache*"):
        one.unlink()
    press.tell("start_cupsd")
    press.up()
    second = press.copy(2)
    assert press.print(second)[0].state is S.DEVICE_DONE
    with press.guard() as guard:
        one, other = guard.receipts([first.attempt_id, second.attempt_id])
    assert (one.state, other.state) == (ReceiptState.DONE, ReceiptState.DONE)
    assert one.job_uuid != other.job_uuid
    assert one.sha256 != other.sha256 == second.sha256
    loaded = [detail for _, state, detail in press.book.steps if state is S.LOADED]
    assert [detail["job"] for detail in loaded] == [1, 1]


def again_and_again(press, line, job, content):
    """All that an administrator can do to have a job printed once more; each may be refused."""
    ticket = line.getJobAttributes(job)["bmnn-ticket"]
    server, queue = str(press.cupsd.socket), press.cupsd.queue
    for another in (queue, "other"):
        copy = line.createJob(another, "n", {"bmnn-ticket": ticket})
        line.startDocument(another, copy, "d", "application/pdf", 1)
        line.writeRequestData(content, len(content))
        line.finishDocument(another)
    for command in (
        ["/usr/bin/lp", "-h", server, "-i", f"{queue}-{job}", "-H", "restart"],
        ["/usr/bin/lp", "-h", server, "-i", f"{queue}-{job}", "-H", "resume"],
        ["/usr/sbin/lpmove", "-h", server, f"{queue}-{job}", "other"],
        ["/usr/sbin/lpmove", "-h", server, f"{queue}-{job}", queue],
        ["/usr/sbin/cupsdisable", "-h", server, queue],
        ["/usr/sbin/cupsenable", "-h", server, queue],
        ["/usr/sbin/cupsenable", "-h", server, "--release", queue],
    ):
        subprocess.run(command, capture_output=True, timeout=20, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("at", [S.LOADED, S.RELEASING, S.PRINTING])
def test_whatever_is_done_with_a_job_its_attempt_starts_once_at_the_device(press, at):
    """Restart, resume, move, a copy of the job with its ticket, a queue stopped and enabled."""
    press.server().add_queue("other", press.cupsd.device_uri, press.cupsd.folder / "queue.ppd")
    press.cupsd.set_device("slow 0.5")
    line = cups.Connection(host=str(press.cupsd.socket))
    copy = press.copy()
    content = copy.path.read_bytes()

    def interfere(_attempt, state, _detail):
        if state is not at:
            return
        (job,) = press.server().jobs(press.cupsd.queue)
        if at is S.RELEASING:  # it is printed to its end before anybody does anything
            line.setJobHoldUntil(job, "no-hold")
            wait_for(lambda: line.getJobAttributes(job)["job-state"] == 9)
        again_and_again(press, line, job, content)

    press.book.hook = interfere
    press.print(copy)
    wait_for(lambda: not line.getJobs(which_jobs="not-completed"))
    time.sleep(0.3)
    assert press.cupsd.starts() == 1 or (at is S.LOADED and press.cupsd.starts() == 0)
    assert len(press.cupsd.sheets()) <= 1
    assert not list(press.cupsd.spool.glob("d*"))


def test_the_record_of_the_printer_is_roots_alone(press):
    path = press.place.printer
    assert path.stat().st_mode & 0o777 == 0o600
    before = sha256_of(path)
    path.chmod(0o644)
    with pytest.raises(PrinterRefused, match=r"printer\.record_unsafe"):
        enrolled(press.place.pins)
    path.chmod(0o600)
    assert sha256_of(path) == before
    path.write_text("{}")
    assert refused_by_guard(press, "printer") == "printer.record"
    path.unlink()
    assert refused_by_guard(press, "preflight") == "printer.not_enrolled"
    with pytest.raises(PrinterRefused, match=r"printer\.not_enrolled"):
        press.print()

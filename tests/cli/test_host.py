# SPDX-License-Identifier: Apache-2.0
"""``host check``, ``host report`` and ``host commission`` as people and programs use them."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest

from bmnn_mark.cli import app, commission
from bmnn_mark.cli.desk import Desk
from bmnn_mark.config import Config
from bmnn_mark.errors import HostUnknown, PrinterRefused
from bmnn_mark.i18n import Lang
from bmnn_mark.printing.baseline_file import read_baseline
from bmnn_mark.printing.evidence.antimalware import Antimalware, read_antimalware
from bmnn_mark.printing.evidence.installed import (
    Program,
    read_applications,
    read_machine,
    read_packages,
)
from bmnn_mark.printing.facts import HistoryTrace, TraceKind
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL
from bmnn_mark.workflow import commissioning, host_report, hosting
from bmnn_mark.workflow.office import office_for
from tests.printing.parts import EXAMPLES, clean_snapshot, commissioned

NOW = 1_700_000_000
LEASE = HistoryTrace(kind=TraceKind.DHCP_LEASE, place="var/lib/dhcp/a.leases", count=2, newest=9)


@pytest.fixture
def desk(tmp_path, monkeypatch, capsys):
    """Runs the program here, on a host and in an office of the test's making."""
    place = GuardPlace.below(tmp_path / "guard")
    place.pins.mkdir(mode=0o700, parents=True)
    office = replace(
        office_for(Config(data_folder=str(tmp_path / "data"), agency="SỞ MẪU"), None), guard=place
    )
    monkeypatch.setattr(Desk, "office", lambda _: office)

    def run(*words, host=None, answers=None, lang="en"):
        facts = host or clean_snapshot(taken_at_ns=NOW * 1_000_000_000)
        for room in (commissioning, hosting):
            monkeypatch.setattr(room, "look", lambda _sources: facts)
        if answers is not None:
            monkeypatch.setattr(commission, "_may_ask", lambda _desk: True)
            monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{one}\n" for one in answers)))
        code = app.run(["--lang", lang, *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    run.office = office
    run.tmp_path = tmp_path
    return run


# Commissioning.


def test_commissioning_shows_everything_and_prints_the_keys_fingerprint(desk):
    host = clean_snapshot(taken_at_ns=NOW * 10**9, history=(LEASE,))
    code, out, err = desk(
        "host", "commission", "--yes", "--explain", "hist.dhcp_lease=khi cài đặt",
        "--actor", "An", host=host,
    )  # fmt: skip
    assert code == 0
    assert "var/lib/dhcp/a.leases" in err
    assert "air-gapped" in err
    baseline = read_baseline(desk.office.guard)
    assert (baseline.made_by, baseline.history[0].explanation) == ("An", "khi cài đặt")
    key = (desk.office.guard.state / "host.key").stat()
    assert (key.st_uid, key.st_mode & 0o777) == (os.getuid(), 0o600)
    fingerprint = next(word for word in out.split() if len(word) == 64)
    assert int(fingerprint, 16)
    assert desk("host", "check")[0] == 0


def test_commissioning_as_json_is_one_object(desk):
    code, out, err = desk("--json", "host", "commission", "--yes")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert told["baseline"]["policy"]["name"] == "air-gapped"
    assert set(told) == {"baseline", "fingerprint", "path", "report"}


def test_commissioning_asks_for_each_explanation_and_for_leave(desk):
    host = clean_snapshot(taken_at_ns=NOW * 10**9, history=(LEASE,))
    answers = ["\x07", "do nhà cung cấp cài qua mạng", "y"]  # the first is refused, asked again
    code, _, err = desk("host", "commission", host=host, answers=answers)
    assert code == 0, err
    (trace,) = read_baseline(desk.office.guard).history
    assert trace.explanation == "do nhà cung cấp cài qua mạng"


def test_commissioning_signs_nothing_without_leave(desk):
    code, _, _ = desk("host", "commission", answers=["n"])
    assert code == 0
    assert not desk.office.guard.baseline.exists()


@pytest.mark.parametrize(
    ("words", "code", "refusal"),
    [
        ((), 2, "host.must_agree"),
        (("--yes", "--explain", "hist.vpn"), 2, "host.explain_form"),
        (("--yes", "--explain", "hist.vpn="), 2, "host.explain_form"),
        (("--yes", "--explain", "hist.vpn=x"), 2, "host.explains_nothing"),
        (("--yes", "--allow-net", "10.1.0.0/24"), 2, "host.lists_need_lan"),
        (("--yes", "--policy", "rehearsal"), 2, None),
    ],
)
def test_commissioning_refuses_words_that_mean_nothing(desk, words, code, refusal):
    ended, out, _ = desk("--json", "host", "commission", *words)
    assert ended == code
    assert refusal is None or json.loads(out)["error"]["code"] == refusal
    assert not desk.office.guard.baseline.exists()


def test_commissioning_says_what_stands_in_the_way(desk):
    host = clean_snapshot(environment=EXAMPLES["environment"].refusing)
    code, _, err = desk("host", "commission", "--yes", host=host)
    assert code == 6
    assert "env.virtual_machine" in err
    host = clean_snapshot(routes=EXAMPLES["routes"].refusing)
    assert desk("host", "commission", "--yes", host=host)[0] == 5


# Checking.


def test_check_asks_the_guard_and_direct_looks_itself(desk, monkeypatch):
    asked = []

    class Guard:
        def __init__(self, place):
            asked.append(place)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def report(self):
            return judge(clean_snapshot(), AIR_GAPPED, commissioned())

    monkeypatch.setattr(hosting, "GuardLine", Guard)
    assert desk("host", "check")[0] == 0
    assert asked == [desk.office.guard]
    code, out, _ = desk("--json", "host", "check", "--direct")
    assert (code, json.loads(out)["verdict"]) == (6, "UNKNOWN")
    assert len(asked) == 1


@pytest.mark.parametrize("fault", ["guard.impostor", "guard.no_answer", "guard.garbled"])
def test_a_guard_that_cannot_be_relied_on_is_not_gone_around(desk, monkeypatch, fault):
    def ask(_place):
        raise PrinterRefused(fault)

    monkeypatch.setattr(hosting, "GuardLine", ask)
    code, out, _ = desk("--json", "host", "check")
    assert (code, json.loads(out)["error"]["code"]) == (6, fault)


def test_the_guard_of_rehearsals_says_nothing_of_a_real_register(desk, monkeypatch):
    report = judge(clean_snapshot(), REHEARSAL)
    monkeypatch.setattr(hosting, "_ask_guard", lambda _: report)
    with pytest.raises(HostUnknown) as refusal:
        hosting.check_host(desk.office)
    assert refusal.value.code == "host.guard_rehearses"
    monkeypatch.setattr(hosting, "is_rehearsal", lambda _: True)
    assert hosting.check_host(desk.office) == report


def test_the_report_of_a_real_guard_is_none_for_a_rehearsal(desk, monkeypatch):
    real = judge(clean_snapshot(), AIR_GAPPED, commissioned())
    monkeypatch.setattr(hosting, "_ask_guard", lambda _: real)
    monkeypatch.setattr(hosting, "is_rehearsal", lambda _: True)
    assert desk("--json", "host", "check")[1].count('"policy": "rehearsal"') == 1


def test_this_host_without_a_guard_is_looked_at_by_the_program(clerk):
    ran = clerk.json("host", "check", "--direct")
    assert ran.code in {5, 6}
    assert set(ran.json) >= {"verdict", "policy", "evidence", "snapshot_sha256"}


# The list of a self-inspection.


def text_of(path):
    if path.suffix == ".pdf":
        done = subprocess.run(
            [shutil.which("pdftotext"), "-layout", path, "-"], capture_output=True, check=True
        )
        return done.stdout.decode()
    with zipfile.ZipFile(path) as archive:
        names = [one for one in archive.namelist() if one.endswith(".xml")]
        return "".join(archive.read(one).decode() for one in names)


@pytest.mark.parametrize(("lang", "kind"), [("vi", "pdf"), ("en", "docx"), ("vi", "xlsx")])
def test_the_list_names_machine_user_use_and_the_evidence(desk, lang, kind):
    host = clean_snapshot(
        taken_at_ns=NOW * 10**9,
        history=(LEASE,),
        hardware=EXAMPLES["hardware"].refusing,
        storage=EXAMPLES["storage"].refusing,
        links=EXAMPLES["links"].refusing,
    )
    target = desk.tmp_path / f"list.{kind}"
    code, out, _ = desk(
        "--json", "host", "report", "-o", str(target), "--direct", "--user", "Nguyễn Văn An",
        "--use", "Soạn thảo", "--actor", "Trần B", host=host, lang=lang,
    )  # fmt: skip
    told = json.loads(out)
    assert code == {"ONLINE": 5, "UNKNOWN": 6}[told["report"]["verdict"]]
    text = " ".join(text_of(target).split())
    wanted = ["Nguyễn Văn An", "Soạn thảo", "Trần B", "phy0", "0951:1666", "hist.uncompared"]
    wanted += {"vi": ["DANH MỤC TỰ KIỂM TRA"], "en": ["SELF-INSPECTION LIST"]}[lang]
    assert [one for one in wanted if one not in text] == []
    digest = told["report"]["snapshot_sha256"]
    assert digest[:32] in text or digest[:24] in text
    assert told["paper"]["sha256"]


def test_what_was_not_found_or_said_stands_there_as_such(desk):
    target = desk.tmp_path / "list.docx"
    assert desk("host", "report", "-o", str(target), "--direct", lang="vi")[0] == 6
    text = text_of(target)
    for said in ("không đọc được hoặc chưa khai", "Không có thiết bị lưu trữ rời",
                 "Không tìm thấy thiết bị mạng", "chưa có máy in nào được đăng ký"):  # fmt: skip
        assert said in text
    assert desk("host", "report", "-o", str(target), "--direct")[0] == 3  # not over another
    assert desk("host", "report", "-o", "list.txt", "--direct")[0] == 2


# What the list reads, on a tree of its own.

STATUS = """Package: clamav-daemon
Status: install ok installed
Version: 1.0.7+dfsg-1
Description: a
 more of it: here

Package: gone
Status: deinstall ok config-files
Version: 9

Package: writer
Status: install ok installed
Version: 7.4
"""


@pytest.fixture
def tree(tmp_path):
    def write(path, text):
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)

    write.root = tmp_path
    write("proc/1/comm", "systemd\n")
    return write


def test_the_machine_is_read_with_its_sources(tree):
    tree("etc/os-release", 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12"\n')
    tree("proc/sys/kernel/hostname", "may-mat-01\n")
    tree("proc/meminfo", "MemTotal:        8388608 kB\n")
    tree("sys/class/dmi/id/sys_vendor", "Dell Inc.\n")
    tree("sys/class/dmi/id/product_name", "OptiPlex\n")
    found = {one.what: one for one in read_machine(tree.root)}
    assert found["name"].value == "may-mat-01"
    assert found["system"].value == "Debian GNU/Linux 12"
    assert (found["memory"].value, found["make"].value) == ("8.0 GiB", "Dell Inc. OptiPlex")
    assert found["serial"].value == ""
    assert all(one.source for one in found.values())


def test_applications_of_the_menus_have_their_packages_version(tree):
    tree("var/lib/dpkg/status", STATUS)
    tree("var/lib/dpkg/info/writer.list", "/.\n/usr/share/applications/writer.desktop\n")
    entry = "[Desktop Entry]\nType=Application\nName=Writer\nName[vi]=Soạn thảo\nExec=w %U\n"
    tree("usr/share/applications/writer.desktop", entry)
    tree("usr/share/applications/hidden.desktop", entry + "NoDisplay=true\n")
    tree("usr/share/applications/link.desktop", entry.replace("Application", "Link"))
    tree("usr/share/applications/broken.desktop", "no entry\n")
    tree("usr/local/share/applications/own.desktop", "[Desktop Entry]\nName=Own\n")
    packages = read_packages(tree.root)
    assert packages == {"clamav-daemon": "1.0.7+dfsg-1", "writer": "7.4"}
    found = read_applications(tree.root, packages, Lang.VI)
    assert [(one.name, one.version) for one in found] == [("Own", ""), ("Soạn thảo", "7.4")]
    assert "Writer" in {one.name for one in read_applications(tree.root, packages, Lang.EN)}


def test_antimalware_is_known_by_package_program_or_folder(tree):
    assert read_antimalware(tree.root, {}) == ()
    tree("var/lib/dpkg/status", STATUS)
    header = "ClamAV-VDB:07 Dec 2025 08-12 -0500:27116:2050000:90:x:y:z:1:1"
    tree("var/lib/clamav/daily.cvd", header.ljust(512).encode())
    tree("proc/77/comm", "kesl\n")
    (tree.root / "opt/eset/eea").mkdir(parents=True)
    found = {one.name: one for one in read_antimalware(tree.root, read_packages(tree.root))}
    clam = found["ClamAV"]
    assert (clam.version, clam.running) == ("1.0.7+dfsg-1", False)
    assert clam.signatures == "07 Dec 2025 08-12 -0500 (daily.cvd, 27116)"
    assert found["Kaspersky Endpoint Security"].running
    assert (found["ESET Endpoint Antivirus"].version, set(found)) == (
        "", {"ClamAV", "Kaspersky Endpoint Security", "ESET Endpoint Antivirus"},
    )  # fmt: skip
    assert "clamav-daemon" in clam.source


def test_the_list_names_printer_antimalware_and_baseline_where_there_are_any(desk, monkeypatch):
    assert desk("host", "commission", "--yes", "--actor", "Lê C")[0] == 0
    printer = SimpleNamespace(queue="in-mat", device_uri="bmnn:/usb://HP/Laser?serial=VNB3")
    clam = Antimalware(
        name="ClamAV", version="1.0.7", running=True, signatures="07 Dec 2025", source="dpkg"
    )
    monkeypatch.setattr(host_report, "_permitted", lambda _: printer)
    monkeypatch.setattr(host_report, "read_antimalware", lambda *_: (clam,))
    target = desk.tmp_path / "list.docx"
    code, out, _ = desk("--json", "host", "report", "-o", str(target), "--direct", lang="vi")
    assert (code, json.loads(out)["report"]["verdict"]) == (0, "OFFLINE")
    text = text_of(target)
    for said in ("in-mat", "usb://HP/Laser?serial=VNB3", "1.0.7, 07 Dec 2025", "đang chạy",
                 "số 1, 2023-11-14", "do Lê C ký", "OFFLINE"):  # fmt: skip
        assert said in text, said


def test_more_applications_than_a_paper_holds_are_counted(desk, monkeypatch):
    many = tuple(Program(name=f"App {number}", version="1", source="x") for number in range(450))
    monkeypatch.setattr(host_report, "read_applications", lambda *_: many)
    target = desk.tmp_path / "list.docx"
    desk("host", "report", "-o", str(target), "--direct", lang="vi")
    text = text_of(target)
    assert "App 399" in text
    assert "App 400" not in text
    assert "… và 50 mục nữa" in text

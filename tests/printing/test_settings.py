# SPDX-License-Identifier: Apache-2.0
"""The scheduler's settings: ours hold, and each one that is undone is found."""

import re
import subprocess
from pathlib import Path

import pytest

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing.scheduler.settings import judged_settings, setting_faults

PACKAGING = Path(__file__).parents[2] / "packaging"
SETTINGS = (PACKAGING / "cups/cupsd.conf").read_text("utf-8")
FILES = (PACKAGING / "cups/cups-files.conf").read_text("utf-8")
HARDENING = (PACKAGING.parent / "docs/hardening.md").read_text("utf-8")
SPOOL = Path("/run/cups/bmnn/spool")
MEMORY = "1 1 0:1 / / rw - ext4 /dev/sda rw\n2 1 0:2 / /run rw shared:1 - tmpfs tmpfs rw\n"
DISK = "1 1 0:1 / / rw - ext4 /dev/sda rw\n"


def faults(settings=SETTINGS, files=FILES, mounts=MEMORY, spool=SPOOL, policy="bmnn"):
    return {one.setting for one in judged_settings(settings, files, mounts, spool, policy)}


def without(text, name):
    """The text without the first line that begins with a name."""
    left = re.sub(rf"(?m)^\s*{re.escape(name)}\b.*\n", "", text, count=1)
    assert left != text
    return left


def test_the_settings_we_ship_are_what_we_look_for():
    assert faults() == set()


def test_a_real_scheduler_takes_the_settings_we_ship(tmp_path):
    for name in ("spool/tmp", "cache", "state"):
        (tmp_path / name).mkdir(parents=True)
    files = FILES.replace("/run/cups/bmnn", str(tmp_path))
    (tmp_path / "cupsd.conf").write_text(SETTINGS)
    (tmp_path / "cups-files.conf").write_text(f"StateDir {tmp_path}/state\n{files}")
    command = ["/usr/sbin/cupsd", "-t", "-c", str(tmp_path / "cupsd.conf")]
    command += ["-s", str(tmp_path / "cups-files.conf")]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert told.returncode == 0, told.stderr
    assert "Unknown" not in told.stderr


@pytest.mark.parametrize(
    "name",
    [
        "Browsing", "DefaultShared", "WebInterface", "PreserveJobFiles", "PreserveJobHistory",
        "DirtyCleanInterval", "ErrorPolicy", "MaxCopies", "LogLevel", "PageLogFormat", "Listen",
        "JobPrivateAccess", "JobPrivateValues",
    ],
)  # fmt: skip
def test_a_setting_that_is_not_written_down_is_a_fault(name):
    assert faults(settings=without(SETTINGS, name)) == {name}


@pytest.mark.parametrize(
    "name", ["RequestRoot", "TempDir", "CacheDir", "FileDevice", "SyncOnClose"]
)
def test_a_place_or_switch_that_is_not_written_down_is_a_fault(name):
    assert faults(files=without(FILES, name)) == {name}


@pytest.mark.parametrize(
    ("line", "setting"),
    [
        ("PreserveJobFiles Yes", "PreserveJobFiles"),
        ("PreserveJobFiles 86400", "PreserveJobFiles"),
        ("preservejobfiles on", "PreserveJobFiles"),
        ("PreserveJobHistory No", "PreserveJobHistory"),
        ("PreserveJobHistory Yes", "PreserveJobHistory"),
        ("PreserveJobHistory 86400", "PreserveJobHistory"),
        ("DirtyCleanInterval 30", "DirtyCleanInterval"),
        ("ErrorPolicy retry-job", "ErrorPolicy"),
        ("MaxCopies 9999", "MaxCopies"),
        ("LogLevel debug", "LogLevel"),
        ("PageLogFormat %p %{job-name}", "PageLogFormat"),
        ("WebInterface Yes", "WebInterface"),
        ("Port 631", "Port"),
        ("Listen localhost:631", "Listen"),
        ("Listen *:631", "Listen"),
        ("Listen [::1]:631", "Listen"),
    ],
)
def test_a_later_line_undoes_an_earlier_one(line, setting):
    assert faults(settings=f"{SETTINGS}\n{line}\n") == {setting}


def test_a_comment_sets_nothing():
    assert faults(settings=f"{SETTINGS}\n# Port 631\n   #PreserveJobFiles Yes\n") == set()


@pytest.mark.parametrize("name", ["RequestRoot", "TempDir", "CacheDir"])
def test_a_folder_on_a_disk_is_a_fault(name):
    wrong = re.sub(rf"(?m)^{name} .*$", f"{name} /var/spool/cups", FILES)
    assert faults(files=wrong, spool=Path("/var/spool/cups")) >= {name}
    assert faults(mounts=DISK) == {"RequestRoot", "TempDir", "CacheDir"}


def test_a_disk_mounted_over_memory_is_a_disk():
    over = MEMORY + "3 2 8:1 / /run/cups/bmnn/spool rw - ext4 /dev/sdb rw\n"
    assert faults(mounts=over) == {"RequestRoot", "TempDir"}


def test_another_spool_than_the_enrolled_one_is_a_fault():
    assert faults(spool=Path("/run/cups/other")) == {"RequestRoot"}


def test_a_policy_that_is_not_there_or_lets_anybody_in_is_a_fault():
    assert faults(policy="default") == {"<Policy default>"}
    open_to_all = SETTINGS.replace("Require user root @bmnn", "Require valid-user")
    assert any(one.startswith("<Limit Create-Job") for one in faults(settings=open_to_all))
    unasked = SETTINGS.replace(
        "  <Limit All>\n    AuthType Default\n", "  <Limit All>\n    AuthType None\n"
    )
    assert faults(settings=unasked) == {"<Limit All>"}
    nothing_else = re.sub(r"(?s)  <Limit All>.*?</Limit>\n", "", SETTINGS)
    assert faults(settings=nothing_else) == {"<Limit All>"}


def test_a_running_scheduler_is_asked_for_the_files_it_was_started_with(room):
    found = {one.setting for one in setting_faults(room.pid, room.spool, "default")}
    assert found == set()
    path = room.folder / "etc/cupsd.conf"
    path.write_text(path.read_text().replace("PreserveJobFiles No", "PreserveJobFiles Yes"))
    found = {one.setting for one in setting_faults(room.pid, room.spool, "default")}
    assert found == {"PreserveJobFiles"}


def test_a_process_that_is_gone_is_a_refusal():
    with pytest.raises(PrinterRefused) as refusal:
        setting_faults(2**22 + 1, SPOOL, "bmnn")
    assert refusal.value.code == "printer.settings"


@pytest.mark.parametrize("path", sorted(PACKAGING.rglob("*.conf")), ids=lambda path: path.name)
def test_every_setting_we_ship_has_its_reason(path):
    """``docs/hardening.md`` names each; drivers and rules give theirs beside them."""
    if path.parent.name in {"modprobe.d", "usbguard"}:
        pytest.fail("no comment") if "#" not in path.read_text() else None
        return
    for line in path.read_text("utf-8").splitlines():
        word = re.match(r"\s*<?([A-Za-z][\w.]*)", line)
        if word and not line.lstrip().startswith(("#", "[", "</")):
            name = word[1]
            known = {"Order", "AuthType", "Require", "d", "g"}
            assert name in known or name in HARDENING, name

# SPDX-License-Identifier: Apache-2.0
"""Run inside ``isolated``: a PC set up with what is in packaging/, an officer, a clerk, a stranger.

The system's folders are covered with copies in a folder of the test; nothing of the machine is
written to. Prints what happened as JSON.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRIVATE = ROOT / "bmnn_mark/printing/private"
CLERK, STRANGER, GROUP = 61001, 61002, 61000


def run(*words, check=True, **more):
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **more
    )
    assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
    return done


def cover(folder, place, *, copied):
    """Put a copy, or an empty folder, over a folder of the system's, in this namespace only."""
    target = folder / place.strip("/").replace("/", "-")
    if copied:
        shutil.copytree(place, target, symlinks=True)
    else:
        target.mkdir()
    run("/usr/bin/mount", "--bind", str(target), place)


def open_root(folder):
    """Let others than root reach a Python that root keeps at home, in this namespace only."""
    home = folder / "home-of-root"
    home.mkdir(mode=0o755)
    for one in Path("/root").iterdir():
        if one.is_dir() and not one.is_symlink():
            (home / one.name).mkdir(mode=0o755)
            run("/usr/bin/mount", "--bind", str(one), str(home / one.name))
    run("/usr/bin/mount", "--rbind", str(home), "/root")


def set_up(folder):
    """The kit, the groups, a device that stands for the printer."""
    open_root(folder)
    for place, copied in (("/etc", True), ("/usr/lib/cups/backend", False), ("/var/lib", False)):
        cover(folder, place, copied=copied)
    for name in ("cupsd.conf", "cups-files.conf"):
        shutil.copy(ROOT / "packaging/cups" / name, f"/etc/cups/{name}")
    for path in (Path("/etc/cups/ppd"), Path("/etc/cups/interfaces")):
        shutil.rmtree(path, ignore_errors=True)
    with Path("/etc/group").open("a") as groups:
        groups.write(f"bmnn:x:{GROUP}:clerk\n")
    with Path("/etc/passwd").open("a") as people:
        people.write(f"clerk:x:{CLERK}:{CLERK}::/nonexistent:/bin/false\n")
        people.write(f"stranger:x:{STRANGER}:{STRANGER}::/nonexistent:/bin/false\n")
    device = Path("/usr/lib/cups/backend/bmnn-rehearsal")
    device.write_text((PRIVATE / "device.sh").read_text().replace("@FOLDER@", str(folder)))
    device.chmod(0o700)
    (folder / "outbox").mkdir(mode=0o700)
    for place in ("/run/cups/bmnn/spool/tmp", "/run/cups/bmnn/cache"):
        Path(place).mkdir(parents=True)


def wait_for_socket(path):
    ends_at = time.monotonic() + 20
    while run("/usr/bin/lpstat", "-r", check=False).returncode or not Path(path).exists():
        assert time.monotonic() < ends_at, path
        time.sleep(0.05)


def mark(folder, *words, uid=0, check=True):
    """The program, as somebody; what it said as JSON."""
    who = [] if uid == 0 else [
        "/usr/bin/setpriv", "--reuid", str(uid), "--regid", str(uid), "--groups",
        f"{uid},{GROUP}" if uid == CLERK else str(uid), "--",
    ]  # fmt: skip
    config = str(folder / "config.toml")
    command = [*who, sys.executable, "-m", "bmnn_mark", "--json", "--config", config, *words]
    done = run(
        *command, check=False, cwd="/", env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    )
    said = json.loads(done.stdout) if done.stdout.strip() else {"stderr": done.stderr}
    assert not check or done.returncode == 0, (words, said)
    return done.returncode, said


def main(folder, source):
    set_up(folder)
    (folder / "data").mkdir()
    os.chown(folder / "data", CLERK, CLERK)
    (folder / "config.toml").write_text(f'data_folder = "{folder / "data"}"\nagency = "SỞ MẪU"\n')
    (folder / "config.toml").chmod(0o644)
    scheduler = subprocess.Popen(["/usr/sbin/cupsd", "-f"], cwd="/")
    guard = subprocess.Popen([sys.executable, "-m", "bmnn_mark.printing.guard.service"], cwd="/")
    story = {}
    try:
        wait_for_socket("/run/cups/cups.sock")
        wait_for_socket("/run/bmnn-mark/guard.sock")
        mark(folder, "register", "init", "--rehearsal", uid=CLERK)
        story["before"] = mark(folder, "printer", "check", uid=CLERK, check=False)
        device = f"bmnn-rehearsal:{folder}/outbox"
        description = str(PRIVATE / "queue.ppd")
        words = ("printer", "enroll", "--queue", "mat", "--device", device, "--ppd", description)
        story["clerk_enrolls"] = mark(folder, *words, uid=CLERK, check=False)
        _, told = mark(folder, "printer", "key", uid=CLERK)
        story["without_key"] = mark(folder, *words, check=False)
        wrong = told["register_key"][:-1] + "x"
        story["mistyped"] = mark(folder, *words, "--register-key", wrong, check=False)
        story["enrolled"] = mark(folder, *words, "--register-key", told["register_key"])
        story["check"] = mark(folder, "printer", "check", uid=CLERK, check=False)
        order = ("--level", "mat", "--number-sign", "12/KH-SM", "--copies", "2")
        story["printed"] = mark(folder, "print", source, *order, uid=CLERK, check=False)
        story["sheets"] = [one.stat().st_size for one in sorted((folder / "outbox").glob("*.pdf"))]
        story["strange_check"] = mark(folder, "printer", "check", uid=STRANGER, check=False)
        for uid in (0, CLERK, STRANGER):
            run(
                "/usr/bin/setpriv", "--reuid", str(uid), "--regid", str(uid), "--groups",
                f"{uid},{GROUP}" if uid == CLERK else str(uid), "--",
                "/usr/bin/lp", "-d", "mat", source, check=False,
            )  # fmt: skip
        time.sleep(0.5)
        story["sheets_after_lp"] = len(list((folder / "outbox").glob("*.pdf")))
        journal = Path("/var/lib/bmnn-mark-guard/incidents.jsonl").read_text().splitlines()
        story["incidents"] = [json.loads(line)["code"] for line in journal]
        story["spool"] = [one.name for one in Path("/run/cups/bmnn/spool").glob("d*")]
    finally:
        for process in (guard, scheduler):
            process.terminate()
            process.wait(20)
    sys.stdout.write(json.dumps(story))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

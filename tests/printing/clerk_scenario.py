# SPDX-License-Identifier: Apache-2.0
"""Run on an isolated host: a clerk without root prints; a stranger may not. The story as JSON.

The host gets a group ``bmnn`` and two users of its own, one of them a member; the scheduler is run
by the policy that the package ships. Nothing is mounted below a folder that is ever removed.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import work_folder
from bmnn_mark.printing import rehearsal
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.printer.enrolment import RegisterKey, Wish, enroll

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from tests.printing.press import REGISTER, Book  # noqa: E402

CLERK, STRANGER, GROUP = 64711, 64712, 64713
SHIPPED = ROOT / "packaging/cups/cupsd.conf"


def mount(*words):
    subprocess.run(["/usr/bin/mount", *map(str, words)], check=True)


def add_people(folder):
    """Make the users and the group known on this host, and on no other."""
    users = [(CLERK, "vanthu"), (STRANGER, "khach")]
    for name, lines in {
        "passwd": [f"{who}:x:{uid}:{uid}::/:/bin/sh" for uid, who in users],
        "group": [f"bmnn:x:{GROUP}:vanthu"],
    }.items():
        target = folder / name
        target.write_text(Path("/etc", name).read_text() + "\n".join(lines) + "\n")
        target.chmod(0o644)
        mount("--bind", target, Path("/etc", name))


def let_everybody_run_python():
    """Where this Python lies in a folder that is closed to others, show it in an open one here.

    Read-only, and below this host's own /run, which nobody clears.
    """
    base = Path(sys.base_prefix)
    closed = [one for one in base.parents if not one.stat().st_mode & 0o001]
    if not closed:
        return
    aside = Path("/run/bmnn-python")
    aside.mkdir()
    mount("--bind", "-o", "ro", base, aside)
    mount("-o", "remount,bind,ro", aside)
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", closed[-1])
    base.mkdir(parents=True)
    mount("--bind", aside, base)
    mount("-o", "remount,bind,ro", base)


def shipped_policy(template):
    """The private settings with the operation policy that the package ships."""
    text = SHIPPED.read_text()
    policy = text[text.index("<Policy bmnn>") : text.index("</Policy>")] + "</Policy>\n"
    return f"{template}\nDefaultPolicy bmnn\n{policy}"


def as_user(uid, code, *words):
    """Run some Python as a user who is in the groups that /etc/group says."""
    command = ["/usr/bin/setpriv", "--reuid", str(uid), "--regid", str(uid), "--init-groups"]
    command += [sys.executable, "-I", "-c", code, *words]
    done = subprocess.run(
        command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL, cwd="/", check=False,
        env={"HOME": "/", "PATH": "/usr/bin"},
    )  # fmt: skip
    return (done.stdout or done.stderr[-600:]).decode().strip()


PRINT = """
import json, sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.files import sha256_of, work_folder
from bmnn_mark.printing.attempt import PrintCopy, PrintOptions
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.run import print_copies
sys.path.insert(0, sys.argv[1])
from tests.printing.press import DOCUMENT, REGISTER, Book
book = Book(key=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sys.argv[3])))
with work_folder() as work:
    copies = []
    for number in (1, 2):
        path = work / f"{number}.pdf"
        path.write_bytes(b"%PDF-1.4 " + b"%d" % number * 3000)
        copies.append(PrintCopy(
            attempt_id=f"{number:032x}", register_id=REGISTER, document_id=DOCUMENT, number=number,
            of=2, attempt=1, path=path, sha256=sha256_of(path), length=3009, pages=1))
    try:
        done = print_copies(copies, GuardPlace.below(Path(sys.argv[2])), book, PrintOptions())
        print(json.dumps([[one.state.value, one.code] for one in done]))
    except BmnnMarkError as error:
        print(json.dumps([error.code, dict(error.detail)]))
"""

PLAIN = """
import sys, cups
cups.setUser(sys.argv[2])
line = cups.Connection(host=sys.argv[1])
queue = "bmnn-dien-tap"
acts = {
    "create": lambda: line.createJob(queue, "x", {"job-hold-until": "indefinite"}),
    "pause": lambda: line.disablePrinter(queue),
    "device": lambda: line.setPrinterDevice(queue, "socket://192.0.2.9"),
    "delete": lambda: line.deletePrinter(queue),
    "foreign job": lambda: line.cancelJob(int(sys.argv[3])),
}
for name, act in acts.items():
    try:
        act()
        print(name)
    except (cups.IPPError, cups.HTTPError):
        pass
"""


def main():
    os.environ.pop("CUPS_SERVER", None)
    book = Book()
    template = rehearsal._template
    rehearsal._template = lambda name: (
        shipped_policy(template(name)) if name == "cupsd.conf" else template(name)
    )
    let_everybody_run_python()
    with work_folder() as people, work_folder() as folder:
        people.chmod(0o755)
        add_people(people)
        with rehearsal.private_cupsd(folder) as room:
            sys.stdout.write(json.dumps(story_of(book, room)))


def story_of(book, room):
    key = RegisterKey(
        register_id=REGISTER, public_key=book.key.public_key().public_bytes_raw(), rehearsal=True
    )
    record = enroll(Wish(queue=room.queue), key, place=room.guard_place, scheduler=room.scheduler)
    desk = room.guard_place.socket.parent
    for one in (room.folder, room.folder / "state", desk):
        one.chmod(0o711)
    room.socket.chmod(0o777)  # what a system's is
    story = {"policy": record.policy, "findings": await_guard(room)}
    words = (str(ROOT), str(desk), book.key.private_bytes_raw().hex())
    story["clerk"] = json.loads(as_user(CLERK, PRINT, *words))
    story["sheets"] = [len(one) for one in room.sheets()]
    story["stranger"] = json.loads(as_user(STRANGER, PRINT, *words))
    foreign = room_job(room)
    acts = {"clerk": (CLERK, "vanthu"), "clerk as root": (CLERK, "root"),
            "stranger": (STRANGER, "khach"), "stranger as clerk": (STRANGER, "vanthu")}  # fmt: skip
    story["acts"] = {
        name: as_user(uid, PLAIN, str(room.socket), user, str(foreign)).splitlines()
        for name, (uid, user) in acts.items()
    }
    story["starts"] = room.starts()
    return story


def room_job(room):
    """A held job of root's; its number."""
    import cups  # not before people are known

    line = cups.Connection(host=str(room.socket))
    return line.createJob(room.queue, "root", {"job-hold-until": "indefinite"})


def await_guard(room):
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        with suppress(PrinterRefused), GuardLine(room.guard_place) as guard:
            return [one.code for one in guard.preflight()]
        time.sleep(0.05)
    return ["no guard"]


main()

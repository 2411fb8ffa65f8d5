# SPDX-License-Identifier: Apache-2.0
"""An ordinary user in any arrangement of namespaces, on an online host: no OFFLINE, no byte.

The user is a member of the group, the scheduler's and the guard's sockets are open to everybody,
and the job's ticket holds: all that stands between is what guard and gate see for themselves.
"""

import json
import sys
import time
from pathlib import Path

import pytest

from bmnn_mark.printing.model import Verdict
from bmnn_mark.printing.ticket import Ticket
from bmnn_mark.register.tickets import SIGNED_AS
from tests.printing.press import DOCUMENT, REGISTER, print_room, wait_for

NOBODY, GROUP = 65534, 6789
ATTACKER = Path(__file__).with_name("attacker.py")

#: Steps of tests/printing/attacker.py, in their order.
ARRANGEMENTS = {
    "plain": (),
    "user": ("user",),
    "user and net": ("user", "net"),
    "user and mount": ("user", "mounts"),
    "user, net, mount, own sys": ("user", "net", "mounts", "own_sys"),
    "user, net, pid": ("user", "net", "processes"),
    "all of them, own proc": ("user", "net", "mounts", "processes", "own_proc"),
    "all of them, own proc and sys": (
        "user", "net", "mounts", "processes", "own_proc", "own_sys",
    ),
    "false process 1": ("user", "net", "mounts", "false_process_1"),
    "false proc": ("user", "net", "mounts", "false_proc"),
    "false sys": ("user", "net", "mounts", "false_sys"),
    "false guard": ("user", "mounts", "false_guard"),
    "false guard and cupsd, nothing else left": (
        "user", "net", "mounts", "processes", "own_proc", "own_sys", "false_guard", "false_cupsd",
    ),
    "user in user, all of them": (
        "user", "user", "net", "mounts", "processes", "own_proc", "own_sys",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def press():
    """A print room whose host has a card that is up, and a group whose member the user is."""
    with print_room() as press:
        code, _, said = press.tell(
            "run", "/usr/bin/sh", "-c",
            f"{{ cat /etc/group; echo bmnn:x:{GROUP}:; }} > /run/group && "
            "mount --bind /run/group /etc/group",
        )  # fmt: skip
        assert code == 0, said
        open_everything(press)
        yield press


def open_everything(press):
    """As if root had been careless with every place that a user could be kept from."""
    folder = press.cupsd.folder
    for one in (folder, folder / "state", folder / "guard", folder / "lib", folder / "lib/backend"):
        one.chmod(0o755)
    for one in (press.cupsd.socket, press.place.socket):
        one.chmod(0o777)


@pytest.fixture
def online(press):
    press.reset()
    press.ip("link", "add", "e0", "type", "ifb")
    press.ip("link", "set", "e0", "up")
    yield press
    press.ip("link", "del", "e0")


def signed(press, copy):
    ticket = Ticket(
        register_id=REGISTER, attempt_id=copy.attempt_id, document_id=DOCUMENT, copy=1, attempt=1,
        sha256=copy.sha256, length=copy.length, queue=press.cupsd.queue,
        expires_at=int(time.time()) + 600,
        boot_id=Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip(),
    )  # fmt: skip
    return ticket.signed(press.book.key.sign(SIGNED_AS + ticket.payload()))


def attack(press, copy, steps):
    """What the user got, from inside its arrangement in the room."""
    told = {
        "steps": steps, "uid": NOBODY, "gid": GROUP, "guard": str(press.place.socket.parent),
        "cups": str(press.cupsd.socket), "queue": press.cupsd.queue,
        "ticket": signed(press, copy), "sha256": copy.sha256, "length": copy.length,
        "content": copy.path.read_text("ascii"), "device_uri": press.cupsd.device_uri,
        "outbox": str(press.cupsd.outbox), "spool": str(press.cupsd.spool),
        "backends": str(press.cupsd.server_bin / "backend"),
    }  # fmt: skip
    order = press.work / "order"
    order.write_text(json.dumps(told), "utf-8")
    script = f"exec {sys.executable} -I {ATTACKER} < {order}"
    code, said, wrong = press.tell("run", "/usr/bin/sh", "-c", script)
    assert code == 0, wrong
    return json.loads(said)


def let_go(press, copy):
    """A job with a ticket that holds, sent and let go by root itself."""
    server = press.server()
    job = server.create_held(press.cupsd.queue, "n", {"bmnn-ticket": signed(press, copy)})
    server.send(job, copy.path)
    server.release(job)
    wait_for(lambda: server.jobs(press.cupsd.queue) == ())


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_no_arrangement_of_an_ordinary_user_gets_offline_or_a_byte(online, name):
    copy = online.copy()
    steps = ARRANGEMENTS[name]
    got = attack(online, copy, steps)
    assert got["uid"] == (0 if "user" in steps else NOBODY)
    assert got["verdict"] == "ONLINE"  # of the guard, on a line from before the arrangement
    if "false_guard" not in steps:  # which tells its maker what its maker had it say
        assert got["late"] in {"ONLINE", "guard.impostor", "guard.absent"}
    assert got["own_view"] != "OFFLINE"  # nor of its own eyes, even by a rehearsal's policy
    assert got["admit"] == "guard.not_yours"
    if "false_cupsd" not in steps:
        assert "accepted" not in got["jobs"]
    assert got["gate"] != 0
    assert got["device"] == []
    assert online.cupsd.starts() == 0
    assert online.cupsd.sheets() == ()
    assert not online.started(copy)


@pytest.mark.parametrize("name", ["plain", "false guard and cupsd, nothing else left"])
def test_nor_does_a_job_whose_ticket_holds_go_through_meanwhile(online, name):
    copy = online.copy()
    assert attack(online, copy, ARRANGEMENTS[name])["verdict"] == "ONLINE"
    let_go(online, copy)
    with online.guard() as guard:
        assert guard.incidents().incidents[-1].detail.get("why", "host.online") == "host.online"
    assert online.cupsd.starts() == 0
    assert online.cupsd.sheets() == ()


def test_on_an_offline_host_the_same_job_goes_through_and_the_same_user_is_told(press):
    """What the tests above refuse does work, so that it is the network that is refused."""
    press.reset()
    wait_for(lambda: offline(press))
    copy = press.copy()
    got = attack(press, copy, ())
    assert got["verdict"] == got["late"] == "OFFLINE"
    assert got["admit"] == "guard.not_yours"
    assert press.cupsd.starts() == 0
    let_go(press, copy)
    assert press.cupsd.sheets() == (copy.path.read_bytes(),)


def offline(press):
    with press.guard() as guard:
        return guard.report().verdict is Verdict.OFFLINE

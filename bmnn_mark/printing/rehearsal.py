# SPDX-License-Identifier: Apache-2.0
"""A print room of its own for rehearsals and tests: private cupsd, gate and guard, no network.

The scheduler runs from a copy at a path of its own, where no distribution's confinement profile
attaches; it keeps its spool in the given folder (memory-backed, as :func:`files.work_folder`
makes it), listens on one unix socket and on no port, and its only device, behind the gate, writes
each job's bytes into a folder.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files as package_files
from pathlib import Path

from bmnn_mark import proc
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.printing.gate.installing import behind_gate, install_gate
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.scheduler.cups import Server
from bmnn_mark.printing.scheduler.peer import SYSTEM_CUPSD
from bmnn_mark.printing.scheduler.process import SchedulerPlace

QUEUE = "bmnn-dien-tap"
SCHEME = "bmnn-rehearsal"
_CUPS_EXEC = Path("/usr/lib/cups/daemon/cups-exec")
_START_SECONDS = 10.0
_DEVICE_MODE, _PRIVATE = 0o700, 0o600

#: PID 1 of the isolated host. It must outlive the command: were the command itself process 1,
#: comparing "my network" with "process 1's network" would compare it with itself.
_INIT = """\
set -eu
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=0755 tmpfs /run
awk '$9 == "nsfs" || $10 == "nsfs" {print $5}' /proc/self/mountinfo | while read -r place; do
  umount -l "$place" 2>/dev/null || true
done
set +e
"$@"
status=$?
exit "$status"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateCupsd:
    """A running private scheduler whose one queue leads through the gate.

    Attributes:
        socket: its unix socket.
        queue: its one queue.
        outbox: folder in which the device leaves each job's bytes, ``<job id>.pdf``.
        spool: its spool folder.
        program: the scheduler's binary.
        server_bin: folder of its programs.
        guard_place: where its guard is and keeps its receipts.
        folder: everything it has.
        pid: its process.
    """

    socket: Path
    queue: str
    outbox: Path
    spool: Path
    program: Path
    server_bin: Path
    guard_place: GuardPlace
    folder: Path
    pid: int

    @property
    def device_uri(self) -> str:
        """Where its queue leads: the gate, and the rehearsal's device behind it."""
        return behind_gate(f"{SCHEME}:{self.outbox}")

    @property
    def scheduler(self) -> SchedulerPlace:
        """Where the scheduler is, for enrolment."""
        return SchedulerPlace(
            socket=self.socket,
            program=self.program,
            server_bin=self.server_bin,
            server_root=self.folder / "etc",
            data_dir=self.folder / "share",
            spool=self.spool,
        )

    def set_device(self, mode: str) -> None:
        """How the device behaves from now on.

        ``ok``, ``slow <seconds>`` (begins to read so much later), ``trickle <seconds>`` (waits
        so long after every 4 KiB, and notes each), ``fail <exit code>``, ``die`` (killed by a
        signal), ``media-empty`` or ``offline`` (waits until another mode is set).
        """
        (self.folder / "mode").write_text(mode, "ascii")

    def starts(self) -> int:
        """How often the device was started."""
        journal = self.folder / "starts"
        return journal.read_text("ascii").count("\n") if journal.exists() else 0

    def taken(self, job: int) -> int:
        """Bytes that reached the device of a job that it has not finished."""
        part = self.outbox / f".{job}"
        return part.stat().st_size if part.exists() else 0

    def sheets(self) -> tuple[bytes, ...]:
        """What reached the device whole, in the order of the jobs."""
        return tuple(
            one.read_bytes()
            for one in sorted(self.outbox.glob("*.pdf"), key=lambda path: int(path.stem))
        )


@contextmanager
def private_cupsd(folder: Path) -> Iterator[PrivateCupsd]:
    """Run a print room in ``folder``, an empty private folder: scheduler, gate, device and guard.

    Raises:
        PrinterRefused: ``print.needs_root``, ``printer.cups_missing``, ``printer.no_server``.
    """
    with private_scheduler(folder) as room:
        guard = proc.start(guard_command(room), home=folder / "home")
        try:
            _await_socket(room.guard_place.socket)
            yield room
        finally:
            proc.end_group(guard)
            guard.wait()


def guard_command(room: PrivateCupsd) -> list[str]:
    """The command line of the room's guard; a test of crashes starts it again."""
    place = str(room.guard_place.socket.parent)
    return [sys.executable, "-I", "-m", "bmnn_mark.printing.guard.service", "--place", place]


@contextmanager
def private_scheduler(folder: Path) -> Iterator[PrivateCupsd]:
    """Run a private scheduler with gate and device in ``folder``, an empty private folder.

    Nothing comes through its gate before a guard answers at its ``guard_place``.

    Raises:
        PrinterRefused: ``print.needs_root``, ``printer.cups_missing``, ``printer.no_server``.
    """
    if os.getuid() != 0:
        raise PrinterRefused("print.needs_root")
    for part in (SYSTEM_CUPSD, _CUPS_EXEC):
        if not part.exists():
            raise PrinterRefused("printer.cups_missing")
    room = _lay_out(folder)
    process = proc.start(scheduler_command(room), home=folder / "home")
    try:
        _await_socket(room.socket)
        server = Server(room.socket, room.program)
        server.add_queue(room.queue, room.device_uri, folder / "queue.ppd")
        yield replace(room, pid=server.peer.pid)
    finally:
        proc.end_group(process)
        process.wait()


def scheduler_command(room: PrivateCupsd) -> list[str]:
    """The command line of the room's scheduler; a test of crashes starts it again."""
    settings = room.folder / "etc"
    return [
        str(room.program), "-f", "-c", str(settings / "cupsd.conf"),
        "-s", str(settings / "cups-files.conf"),
    ]  # fmt: skip


def isolated(command: Sequence[str]) -> list[str]:
    """The command line that runs ``command`` as if on a host of its own, without any network.

    It gets a network, a PID and a mount namespace, /proc, /sys and /run to match, and a process 1
    that outlives it; standard streams and exit code are its own. To be run by :mod:`proc`.

    Raises:
        PrinterRefused: ``print.needs_root``.
    """
    if os.getuid() != 0:
        raise PrinterRefused("print.needs_root")
    unshare = [proc.program("unshare"), "--net", "--pid", "--fork", "--mount", "--mount-proc"]
    return [*unshare, "--kill-child", "--", proc.program("sh"), "-c", _INIT, "bmnn", *command]


def _lay_out(folder: Path) -> PrivateCupsd:
    for name in (
        "etc/ppd", "lib/backend", "lib/filter", "lib/daemon", "share/mime", "share/banners",
        "bin", "spool/tmp", "cache", "state", "log", "outbox", "home",
    ):  # fmt: skip
        (folder / name).mkdir(parents=True)
    place = GuardPlace.below(folder / "guard")
    for one in (place.pins, place.receipts):
        one.mkdir(mode=0o700, parents=True)
    shutil.copy(SYSTEM_CUPSD, folder / "bin/cupsd")
    shutil.copy(_CUPS_EXEC, folder / "lib/daemon/cups-exec")
    for name, mode in {
        "cupsd.conf": _PRIVATE, "cups-files.conf": _PRIVATE, "queue.ppd": _PRIVATE,
        "mime.types": 0o644, "mime.convs": 0o644, "device.sh": _DEVICE_MODE,
    }.items():  # fmt: skip
        target = folder / _PLACES[name]
        target.write_text(_template(name).replace("@FOLDER@", str(folder)), "utf-8")
        target.chmod(mode)
    install_gate(folder / "lib", place, folder / "spool")
    return PrivateCupsd(
        socket=folder / "state/cups.sock",
        queue=QUEUE,
        outbox=folder / "outbox",
        spool=folder / "spool",
        program=folder / "bin/cupsd",
        server_bin=folder / "lib",
        guard_place=place,
        folder=folder,
        pid=0,
    )


_PLACES = {
    "cupsd.conf": "etc/cupsd.conf",
    "cups-files.conf": "etc/cups-files.conf",
    "queue.ppd": "queue.ppd",
    "mime.types": "share/mime/mime.types",
    "mime.convs": "share/mime/mime.convs",
    "device.sh": f"lib/backend/{SCHEME}",
}


def _template(name: str) -> str:
    return (package_files("bmnn_mark.printing") / "private" / name).read_text("utf-8")


def _await_socket(path: Path) -> None:
    """Wait until somebody answers there; a socket is there a moment before its owner listens."""
    ends_at = time.monotonic() + _START_SECONDS
    while True:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            try:
                line.connect(str(path))
            except OSError as error:
                if time.monotonic() > ends_at:
                    raise PrinterRefused("printer.no_server", reason=os_reason(error)) from error
            else:
                return
        time.sleep(0.01)

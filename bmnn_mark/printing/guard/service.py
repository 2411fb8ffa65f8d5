# SPDX-License-Identifier: Apache-2.0
"""The guard as a service: what it demands of its process, how it is started and ended."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from bmnn_mark.errors import BmnnMarkError, PrinterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.printing.evidence.collecting import THIS_HOST, Sources
from bmnn_mark.printing.evidence.namespaces import read_namespace
from bmnn_mark.printing.guard.eyes import is_rehearsal
from bmnn_mark.printing.guard.place import SYSTEM, GuardPlace
from bmnn_mark.printing.guard.server import Guard

_PRIORITY = 10  # of real-time processes; ours sleeps nearly always
_NICE = -20
_CURRENT_FUTURE_ONFAULT = 1 | 2 | 4  # mlockall(2): pages once touched stay in memory
_SET_DUMPABLE = 4  # prctl(2)
_USER_NAMESPACE = "user:[4026531837]"  # the initial one, fixed since Linux 3.8
_USAGE = "bmnn-mark-guard [--foreground] [--place FOLDER]"


def serve(place: GuardPlace = SYSTEM, sources: Sources = THIS_HOST) -> None:
    """Be the guard of a place until told to end (SIGTERM, SIGINT).

    Raises:
        PrinterRefused: ``print.needs_root``, ``guard.runs_already``, ``guard.not_host``.
        Fault: ``guard.deaf``, ``fault.folder``.
        OSError: the journal cannot be read or written, or the kernel's lines cannot be opened.
    """
    if os.geteuid() != 0:
        raise PrinterRefused("print.needs_root")
    os.umask(0o077)
    _keep_to_itself()
    ending = _told_to_end()
    hurry()
    guard = Guard(place, sources, begin_thread=hurry)
    try:
        if not is_rehearsal(place):
            _demand_host(sources)
        guard.open()
        gc.freeze()
        tell_system("READY=1")
        guard.serve(ending, each_turn=lambda: tell_system("WATCHDOG=1"))
    finally:
        tell_system("STOPPING=1")
        guard.close()
        os.close(ending)


def hurry() -> None:
    """Have this thread run as soon as it is woken, on loaded cores too, where that is allowed.

    What it starts begins as any other process.
    """
    try:
        policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(_PRIORITY))
    except OSError:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _NICE)


def tell_system(what: str) -> None:
    """Tell the service manager, where one listens (sd_notify(3))."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path:
        address = f"\0{path[1:]}" if path.startswith("@") else path
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.settimeout(0)
            line.sendto(what.encode(), address)


def _keep_to_itself() -> None:
    """No core dump, no reading by others, no part of it swapped out when the word comes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    libc.mlockall(_CURRENT_FUTURE_ONFAULT)


def _told_to_end() -> int:
    """A descriptor that can be read once somebody wants the guard to end."""
    told, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _noted)
    return told


def _noted(_number: int, _frame: object) -> None:
    """The pipe says it."""


def _demand_host(sources: Sources) -> None:
    """Refuse to watch another network than the host's, or to be root of a namespace only.

    Where nobody lets root compare, the judge says UNKNOWN for every look.
    """
    seen = read_namespace(sources.root, sources.host_pid)
    known = {one for one in (seen.kernel_net, seen.host_net) if one is not None}
    user = Path("/proc/self/ns/user").readlink()
    if known - {seen.own_net} or str(user) != _USER_NAMESPACE:
        raise PrinterRefused("guard.not_host")


def _place_of(words: list[str]) -> GuardPlace:
    """Where the guard is to be, from the command's words."""
    rest = [one for one in words if one != "--foreground"]
    if not rest:
        return SYSTEM
    if len(rest) == 2 and rest[0] == "--place" and rest[1].startswith("/"):
        return GuardPlace.below(Path(rest[1]))
    sys.exit(_USAGE)


def main() -> None:
    """The program ``bmnn-mark-guard``; it always stays in the foreground, as systemd wants it."""
    place = _place_of(sys.argv[1:])
    try:
        serve(place)
    except BmnnMarkError as error:
        sys.exit(f"bmnn-mark-guard: {error.code}")
    except OSError as error:
        sys.exit(f"bmnn-mark-guard: {os_reason(error)}")


if __name__ == "__main__":
    main()

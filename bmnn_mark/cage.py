# SPDX-License-Identifier: Apache-2.0
"""The cage round a process that reads an untrusted document, and the box of files handed to it.

Inside the cage there is no network, no other process, no file but the system's programs, this
program and the box, all but the box read-only, and no right to gain rights. Root's process gives
up root for a user that no account has. bubblewrap builds it, as root or by the kernel's user
namespaces; an ordinary user on a machine that forbids these gets bounds without walls, and
:func:`holding` says so. Root has too much to lose for that: nothing is read then.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import bmnn_mark
from bmnn_mark import proc
from bmnn_mark.errors import Fault
from bmnn_mark.files import work_folder

#: Numbers that systemd keeps for users that live as long as one process.
_TRANSIENT_IDS = range(61184, 65520)
_TRIES = 50
#: How often, and at what distance in seconds, removing what is still written to is tried: on a
#: busy machine a killed office suite takes its time to die.
_REMOVALS, _MOMENT = 200, 0.05
#: What programs, fonts and the office suite need of the system; never ``/etc`` as a whole.
_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt",
    "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/libreoffice", "/etc/localtime", "/etc/papersize", "/var/cache/fontconfig",
)  # fmt: skip
_TMP_BYTES = 256 * 1024 * 1024
_PROBE_SECONDS = 15.0


class Hold(StrEnum):
    """What keeps a process that reads documents."""

    CAGE = "cage"
    """Walls round files, network, processes and rights."""
    BOUNDS = "bounds"
    """An ordinary user's rights, and bounds on memory and time."""
    NONE = "none"
    """Root's rights, which cannot be given up here: no document is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A folder that a caged process owns while it works.

    Attributes:
        folder: private; the only place the process may write.
        user: number of the user it runs as; None is the caller.
        inputs: files in it that it may read and not change.
    """

    folder: Path
    user: int | None
    inputs: tuple[Path, ...] = ()


@cache
def holding() -> Hold:
    """What a process that reads documents is kept by on this machine."""
    with work_folder() as home, box_in(home) as box:
        command = [
            *_walls(box), proc.program("head"), "-c0", os.__file__, bmnn_mark.__file__,
        ]  # fmt: skip
        if proc.find_program("bwrap") is not None:
            ended = proc.run(command, home=box.folder, seconds=_PROBE_SECONDS)
            if ended.returncode == 0:
                return Hold.CAGE
    return Hold.NONE if _is_root() else Hold.BOUNDS


def confined(command: Sequence[str], box: Box) -> list[str]:
    """The command inside the cage, or what there is of one.

    Raises:
        Fault: ``fault.cage`` where root's rights cannot be given up.
    """
    hold = holding()
    if hold is Hold.NONE:
        raise Fault("fault.cage")
    if hold is Hold.CAGE:
        return [*_walls(box), *command]
    return [proc.program("setpriv"), "--no-new-privs", "--", *command]


def _walls(box: Box) -> list[str]:
    """What goes before a command: the view of files first, the rights last."""
    walls = [
        proc.find_program("bwrap") or "bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net",
        "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent",
    ]  # fmt: skip
    if box.user is None:
        walls.append("--unshare-user")
    for place in _SYSTEM:
        walls += [*_folders_above(Path(place)), "--ro-bind-try", place, place]
    walls += ["--proc", "/proc", "--dev", "/dev", "--size", str(_TMP_BYTES), "--perms", "1777"]
    walls += ["--tmpfs", "/tmp"]  # noqa: S108  # the cage's own
    for place in own_places():
        walls += [*_folders_above(Path(place)), "--ro-bind", place, place]
    walls += [*_folders_above(box.folder), "--bind", str(box.folder), str(box.folder)]
    for path in box.inputs:
        walls += ["--ro-bind", str(path), str(path)]
    walls += ["--remount-ro", "/", "--chdir", str(box.folder), "--"]
    if box.user is not None:
        walls += [
            proc.program("setpriv"), f"--reuid={box.user}", f"--regid={box.user}",
            "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--",
        ]  # fmt: skip
    return walls


def _folders_above(place: Path) -> list[str]:
    """Empty folders that lead to ``place``; made by themselves, they would be for root only."""
    steps = []
    for folder in reversed(place.parents[:-1]):
        steps += ["--perms", "0755", "--dir", str(folder)]
    return steps


@cache
def own_places() -> tuple[str, ...]:
    """Where the interpreter and this program lie, outside the system's folders."""
    places = {
        sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.base_prefix).resolve()),
        str(Path(bmnn_mark.__file__).parent),
        *(one for one in sys.path if Path(one).name in {"site-packages", "dist-packages"}),
    }  # fmt: skip
    system = tuple(f"{place}/" for place in _SYSTEM)
    return tuple(sorted(one for one in places if not f"{one}/".startswith(system) and one != "/"))


def _is_root() -> bool:
    return os.geteuid() == 0


def _transient_user() -> int:
    """A number that no account has.

    Raises:
        Fault: ``fault.cage`` where all that were tried are taken.
    """
    for _ in range(_TRIES):
        number = secrets.choice(_TRANSIENT_IDS)
        try:
            pwd.getpwuid(number)
        except KeyError:
            return number
    raise Fault("fault.cage")


@contextmanager
def box_in(home: Path) -> Iterator[Box]:
    """A new box in a private folder, gone afterwards with all that was left in it."""
    folder = Path(tempfile.mkdtemp(prefix="box-", dir=home))
    user = _transient_user() if _is_root() else None
    try:
        if user is not None:
            os.chown(folder, user, user)
        yield Box(folder=folder, user=user)
    finally:
        _clear_away(folder)


def _clear_away(folder: Path) -> None:
    """Remove a box; what was just ended in it may go on writing for a moment."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_MOMENT)


def hand_over(source: Path, box: Box, name: str, *, private: bool) -> Path:
    """Put a file into the box for reading.

    Args:
        source: what is handed over.
        box: where to.
        name: its name there, which says nothing of it.
        private: the file lies in a private folder of ours: it need not be copied.

    Raises:
        OSError: it cannot be read, or there is no room for the copy.
    """
    target = box.folder / name
    if private:
        with suppress(OSError):  # another file system
            os.link(source, target, follow_symlinks=False)
    if not target.exists():
        shutil.copyfile(source, target)
    if box.user is not None:  # it stays ours, so it cannot be changed there
        target.chmod(stat.S_IMODE(target.stat().st_mode) | stat.S_IRGRP | stat.S_IROTH)
    return target


def take_back(made: Path, target: Path) -> None:
    """Move what a caged process made out of its box, when that has ended; nothing where it is not.

    Moved first and looked at then: a process of the cage may outlive the first one by a moment,
    and in its box it could put another thing in the place of what was looked at.

    Args:
        made: its name in the box.
        target: its name in a private folder on the same disk.

    Raises:
        Fault: ``fault.worker_line`` where it is anything but a file of its own: a link would have
            us read what the process could not.
        OSError: it cannot be put there.
    """
    try:
        made.rename(target)
    except FileNotFoundError:
        return
    status = target.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        _remove(target, status)
        raise Fault("fault.worker_line")
    if _is_root():
        os.chown(target, os.geteuid(), os.getegid(), follow_symlinks=False)
    target.chmod(0o600)


def _remove(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()

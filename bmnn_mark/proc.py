# SPDX-License-Identifier: Apache-2.0
"""The only place that starts programs: absolute path, fixed environment, bounds on all of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bmnn_mark.errors import Fault

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a program ended: ``returncode`` negative for a signal, ``timed_out`` ended by us."""

    returncode: int
    stdout: bytes
    stderr: bytes
    timed_out: bool


@cache
def find_program(name: str) -> str | None:
    """The absolute path of a system program, looked for in the system folders only."""
    return shutil.which(name, path=SYSTEM_PATH)


def program(name: str) -> str:
    """Like :func:`find_program`, for one that must be there.

    Raises:
        Fault: ``fault.tool_missing``.
    """
    path = find_program(name)
    if path is None:
        raise Fault("fault.tool_missing", tool=name)
    return path


def fixed_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment given to programs: nothing of the caller's but what is named here."""
    return {
        "PATH": SYSTEM_PATH,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home),
        **(extra or {}),
    }


def bounded(
    command: Sequence[str], *, memory_bytes: int | None, more: Mapping[str, int] | None = None
) -> list[str]:
    """The command under ``prlimit``: no core dump, a bound on its address space, and ``more``."""
    bounds = ["--core=0"] + ([f"--as={memory_bytes}"] if memory_bytes else [])
    bounds += [f"--{name}={bound}" for name, bound in (more or {}).items()]
    return [program("prlimit"), *bounds, "--", *command]


@cache
def network_free_prefix() -> tuple[str, ...] | None:
    """What to put before a command so that it runs without any network; None where impossible.

    Root gets an empty network namespace directly, others through a user namespace; some
    distributions forbid the latter. A process in our cage has none to be shut out of.
    """
    if _is_caged():
        return ()
    unshare = find_program("unshare")
    true = find_program("true")
    if unshare is None or true is None:
        return None
    ways = ([unshare, "--net", "--"], [unshare, "--user", "--map-current-user", "--net", "--"])
    for way in ways:
        if run([*way, true], home=Path("/"), seconds=10.0).returncode == 0:
            return tuple(way)
    return None


def _is_caged() -> bool:
    """Whether bubblewrap is the first process here and no network device but the loopback is."""
    try:
        first = Path("/proc/1/comm").read_text("ascii").strip()
        devices = Path("/proc/net/dev").read_text("ascii").splitlines()[2:]
    except (OSError, UnicodeDecodeError):
        return False
    return first == "bwrap" and [line.split(":")[0].strip() for line in devices] == ["lo"]


def run(
    command: Sequence[str],
    *,
    home: Path,
    seconds: float,
    memory_bytes: int | None = None,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program to its end, or end it and all it started after ``seconds``.

    Args:
        command: the program's absolute path and its arguments.
        home: a private folder, its ``HOME``, ``TMPDIR`` and working folder.
        seconds: longest run, wall clock.
        memory_bytes: bound on the address space of each process.
        stdin: what it reads.
        environment: additions to :func:`fixed_environment`.
    """
    with subprocess.Popen(
        bounded(command, memory_bytes=memory_bytes),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=home,
        env=fixed_environment(home, environment),
        start_new_session=True,
    ) as process:
        timed_out = False
        try:
            stdout, stderr = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            timed_out = True
            end_group(process)
            stdout, stderr = process.communicate()
        except BaseException:
            end_group(process)
            raise
    return Finished(
        returncode=process.returncode, stdout=stdout, stderr=stderr, timed_out=timed_out
    )


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process started in a session of its own, with everything it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()


def start(command: Sequence[str], *, home: Path) -> subprocess.Popen[bytes]:
    """Start a program that works beside this one and is ended with it.

    Args:
        command: the program's absolute path and its arguments.
        home: a private folder, its ``HOME``, ``TMPDIR`` and working folder.
    """
    return subprocess.Popen(
        [program("setpriv"), "--pdeathsig", "KILL", "--", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=home,
        env=fixed_environment(home),
        start_new_session=True,
    )


def converse(command: Sequence[str], *, home: Path) -> subprocess.Popen[bytes]:
    """Start a program that is asked on its standard input and answers on its standard output.

    Args:
        command: the program's absolute path and its arguments.
        home: its ``HOME``, ``TMPDIR`` and working folder.
    """
    return subprocess.Popen(
        bounded(command, memory_bytes=None),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=home,
        env=fixed_environment(home),
        start_new_session=True,
    )

# SPDX-License-Identifier: Apache-2.0
"""Untrusted documents are read in a process of their own; this is the line to it, both ends.

The child gets one request on standard input and answers with lines of JSON: any number of
:class:`Progress`, then one result or one refusal. It sits in a cage (:mod:`bmnn_mark.cage`) with
bounds on its address space, files and processes; the parent ends it when it stays silent for too
long. A front end that wants to stop raises from ``on_progress``: the child is ended and nothing is
left behind.

A request says by its type which of its fields name files: ``HANDED_IN`` those to read,
``HANDED_BACK`` those to make, and ``work`` is the child's own folder. The child sees these in a box
under other names, and nothing else of the disk.
"""

from __future__ import annotations

import errno
import os
import selectors
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from bmnn_mark import cage, plain, proc
from bmnn_mark.errors import REFUSALS, BmnnMarkError, DocumentRefused, Fault, Scalar
from bmnn_mark.files import os_reason
from bmnn_mark.i18n import has_words
from bmnn_mark.limits import Limits
from bmnn_mark.memory import forbid_dumps

T = TypeVar("T")
_LINE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One step of long work; ``phase`` is a key of the words catalogue's area ``phase``.

    Zero means that a count does not apply.
    """

    phase: str
    page: int = 0
    pages: int = 0
    copy: int = 0
    copies: int = 0


OnProgress = Callable[[Progress], None]


def ignore_progress(_step: Progress) -> None:
    """For callers that show nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    kind: str
    code: str
    detail: dict[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    progress: Progress | None = None
    refusal: _Refusal | None = None
    result: Any = None
    done: bool = False


Task = Callable[[Any, OnProgress], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskKind:
    """One thing a worker module can do: the type of its request, and the function."""

    request: type
    run: Task


def call(
    module: str,
    task: str,
    request: object,
    result: type[T],
    *,
    home: Path,
    limits: Limits,
    on_progress: OnProgress = ignore_progress,
) -> T:
    """Have ``module`` do ``task`` in a process of its own.

    Args:
        module: dotted name of a module that calls :func:`serve` when run.
        task: name of the task there.
        request: a plain value of the task's request type.
        result: type of the plain value that comes back.
        home: private folder; the process gets one of its own in it.
        limits: bounds on memory, silence and life.
        on_progress: called for each step; may raise to stop.

    Raises:
        BmnnMarkError: whatever the task refused with; ``document.too_slow``,
            ``document.too_heavy``, ``document.reader_crashed`` when the process was ended or died;
            ``fault.worker_line`` when it answered what is no answer: who reads a hostile file
            may have been taken over by it.
    """
    with cage.box_in(home) as box, _handed_over(request, home, box) as (inside, inputs):
        sealed = replace(box, inputs=inputs)
        process = subprocess.Popen(
            _command(module, task, sealed, limits),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=box.folder,
            env=proc.fixed_environment(box.folder, {"MALLOC_ARENA_MAX": "2"}),
            start_new_session=True,
        )
        answer = _answer(process, inside, limits, on_progress)
        try:
            return plain.from_builtins(answer, result)
        except ValueError:
            raise Fault("fault.worker_line") from None


def _command(module: str, task: str, box: cage.Box, limits: Limits) -> list[str]:
    bounds = {
        "fsize": limits.worker_file_bytes,
        "nofile": limits.worker_open_files,
        # Of an ordinary user all processes count, so only a user of its own can be bounded.
        "nproc": limits.worker_processes if box.user is not None else None,
    }
    return proc.bounded(
        cage.confined([sys.executable, "-I", "-m", module, task], box),
        memory_bytes=limits.worker_memory_bytes,
        more={name: bound for name, bound in bounds.items() if bound is not None},
    )


@contextmanager
def _handed_over(
    request: object, home: Path, box: cage.Box
) -> Iterator[tuple[object, tuple[Path, ...]]]:
    """The request with the names its files have in the box; what was made is fetched at the end.

    Raises:
        DocumentRefused: ``document.unreadable``.
        Fault: ``fault.machine_short``; ``fault.worker_line`` for what is no file of its own.
    """
    if not is_dataclass(request) or isinstance(request, type):
        yield request, ()
        return
    names: dict[str, str] = {}
    inputs: list[Path] = []
    made: list[tuple[Path, Path]] = []
    for field in getattr(request, "HANDED_IN", ()):
        if (value := getattr(request, field)) is not None:
            inputs.append(_handed_in(Path(value), home, box, f"in-{len(names)}"))
            names[field] = str(inputs[-1])
    for field in getattr(request, "HANDED_BACK", ()):
        if (value := getattr(request, field)) is not None:
            made.append((box.folder / f"out-{len(names)}", Path(value)))
            names[field] = str(made[-1][0])
    if hasattr(request, "work"):
        names["work"] = str(box.folder)
    yield replace(request, **names), tuple(inputs)
    for inside, outside in made:
        cage.take_back(inside, outside)


def _handed_in(source: Path, home: Path, box: cage.Box, name: str) -> Path:
    try:
        return cage.hand_over(source, box, name, private=source.is_relative_to(home))
    except OSError as error:
        raise machine_short(error) or DocumentRefused(
            "document.unreadable", reason=os_reason(error)
        ) from error


def _answer(
    process: subprocess.Popen[bytes], request: object, limits: Limits, on_progress: OnProgress
) -> Any:
    """What the process answered, when it has ended."""
    with process:
        try:
            _send(process, plain.encode(request))
            line = _last_line(process, limits, on_progress)
            process.wait(timeout=limits.worker_stall_seconds)
        except subprocess.TimeoutExpired as error:
            raise _too_slow(limits) from error
        finally:
            if process.poll() is None:
                proc.end_group(process)
    if line is None:
        raise _died(process.returncode)
    if line.refusal is not None:
        raise _refused(line.refusal)
    return line.result


def _refused(untrusted: _Refusal) -> BmnnMarkError:
    """What the process refused with, if it is a refusal that there is."""
    kind = REFUSALS.get(untrusted.kind)
    if kind is None or not has_words(untrusted.code):
        return Fault("fault.worker_line")
    return kind(untrusted.code, **untrusted.detail)


def _too_slow(limits: Limits) -> DocumentRefused:
    return DocumentRefused("document.too_slow", seconds=round(limits.worker_stall_seconds))


def _died(status: int) -> BmnnMarkError:
    """A signal means that the document broke its reader; any other end is a fault of ours.

    The cage's first process lives on and tells of the signal as a shell does.
    """
    if status < 0 or status > 128:
        return DocumentRefused("document.reader_crashed", status=status)
    return Fault("fault.worker_died", status=status)


def _send(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        pass  # the process died; _last_line sees its end


def _last_line(
    process: subprocess.Popen[bytes], limits: Limits, on_progress: OnProgress
) -> _Line | None:
    """Read lines until the one that ends the work; None when the process died without it."""
    assert process.stdout is not None
    ends_at = time.monotonic() + limits.worker_total_seconds
    buffer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            patience = min(limits.worker_stall_seconds, ends_at - time.monotonic())
            if patience <= 0 or not selector.select(patience):
                raise _too_slow(limits)
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                return None
            buffer += chunk
            if len(buffer) > _LINE_BYTES:
                raise Fault("fault.worker_line")
            while (end := buffer.find(b"\n")) >= 0:
                line = _line(bytes(buffer[:end]))
                del buffer[: end + 1]
                if line.progress is not None:
                    on_progress(line.progress)
                else:
                    return line


def _line(untrusted_data: bytes) -> _Line:
    try:
        line = plain.decode(untrusted_data, _Line)
    except ValueError:
        raise Fault("fault.worker_line") from None
    if line.progress is not None and not has_words(f"phase.{line.progress.phase}"):
        raise Fault("fault.worker_line")
    return line


def serve(tasks: Mapping[str, TaskKind]) -> None:
    """The child's side: do the one task named on the command line and answer on standard output."""
    forbid_dumps()
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a library that prints must not break the line

    def answer(line: _Line) -> None:
        out.write(plain.encode(line) + b"\n")

    try:
        kind = tasks[sys.argv[1]]
        request: object = plain.decode(sys.stdin.buffer.read(), kind.request)
        result = kind.run(request, lambda step: answer(_Line(progress=step)))
        answer(_Line(done=True, result=plain.to_builtins(result)))
    except BmnnMarkError as error:
        answer(
            _Line(
                refusal=_Refusal(
                    kind=type(error).__name__, code=error.code, detail=dict(error.detail)
                )
            )
        )
    except MemoryError:
        answer(
            _Line(refusal=_Refusal(kind="DocumentRefused", code="document.too_heavy", detail={}))
        )
    except RecursionError:
        answer(_Line(refusal=_Refusal(kind="DocumentRefused", code="document.too_deep", detail={})))
    except Exception as error:  # noqa: BLE001  # the last fence: what remains is our fault
        fault = machine_short(error) or Fault("fault.unexpected", where=frames(error))
        answer(_Line(refusal=_Refusal(kind="Fault", code=fault.code, detail=dict(fault.detail))))


_SHORT = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.EAGAIN}


def machine_short(error: BaseException) -> Fault | None:
    """The machine has too little of something: no fault of the program, and nothing to send."""
    if isinstance(error, OSError) and error.errno in _SHORT:
        return Fault("fault.machine_short", reason=os_reason(error))
    return Fault("fault.machine_short", reason="ENOMEM") if isinstance(error, MemoryError) else None


def frames(error: BaseException) -> str:
    """Where an exception came from: class, file and line of each frame; no message, no values."""
    steps = traceback.extract_tb(error.__traceback__)
    places = " < ".join(
        f"{Path(step.filename).stem}:{step.lineno}" for step in reversed(steps[-6:])
    )
    return f"{type(error).__name__} at {places}"

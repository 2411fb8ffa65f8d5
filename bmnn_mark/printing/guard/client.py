# SPDX-License-Identifier: Apache-2.0
"""Asking the guard. Whoever answers on its socket must be root; no answer means no print."""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from bmnn_mark import plain
from bmnn_mark.errors import REFUSALS, Fault, PrinterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.printing.guard.place import SYSTEM, GuardPlace
from bmnn_mark.printing.guard.protocol import Journal, KnownHead, Op, Receipt
from bmnn_mark.printing.model import OfflineReport
from bmnn_mark.printing.printer.record import EnrolledPrinter, PrinterFinding

#: Longest wait for an answer; a purge waits for device programs to end.
ANSWER_SECONDS = 45.0
_CHUNK_BYTES = 1 << 16
_MOST_BYTES = 1 << 24  # of an answer

T = TypeVar("T")


class GuardLine:
    """A connection to the guard of this machine; made with the first question, kept, made anew.

    Every method raises ``PrinterRefused`` with ``guard.absent``, ``guard.impostor``,
    ``guard.no_answer`` or ``guard.garbled``, or what the guard refuses with.

    Args:
        place: where the guard is.
        seconds: longest wait for an answer.
    """

    def __init__(self, place: GuardPlace = SYSTEM, seconds: float = ANSWER_SECONDS) -> None:
        self._place = place
        self._seconds = seconds
        self._line: Line | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def report(self) -> OfflineReport:
        """Judge the host now."""
        return self._ask(Op.REPORT, OfflineReport)

    def printer(self) -> EnrolledPrinter:
        """The record of the one permitted printer."""
        return self._ask(Op.PRINTER, EnrolledPrinter)

    def preflight(self, own_job: int | None = None) -> tuple[PrinterFinding, ...]:
        """Compare the printer with its record; ``own_job`` is the one job that may be there."""
        return self._ask(Op.PREFLIGHT, tuple[PrinterFinding, ...], own_job=own_job)

    def pause(self) -> bool:
        """Stop the queue; whether it was working."""
        return self._ask(Op.PAUSE, bool)

    def resume(self) -> None:
        """Let the queue work, once no job and no document is left."""
        self._ask(Op.RESUME, dict[str, Any])

    def purge(self, uuid: str = "") -> None:
        """Remove every job of the queue and the job ``uuid`` wherever it is; wait for the end."""
        self._ask(Op.PURGE, dict[str, Any], uuid=uuid)

    def receipts(self, attempts: Iterable[str]) -> tuple[Receipt, ...]:
        """What the gate wrote of these attempts, in their order."""
        return self._ask(Op.RECEIPTS, tuple[Receipt, ...], attempts=tuple(attempts))

    def recover(self, attempts: Iterable[str]) -> tuple[Receipt, ...]:
        """Pause, purge, wait, and only then read the receipts of these attempts."""
        return self._ask(Op.RECOVER, tuple[Receipt, ...], attempts=tuple(attempts))

    def incidents(self, after: int = 0, journal: str = "") -> Journal:
        """Entries of the journal later than ``after``; of its present part unless named."""
        return self._ask(Op.INCIDENTS, Journal, after=after, journal=journal)

    def head(self, register_id: str) -> KnownHead | None:
        """The newest head that the guard was told of a register."""
        value = self._value(Op.HEAD, {"register_id": register_id})
        return None if value is None else _read(value, KnownHead)

    def raise_head(self, head: KnownHead) -> None:
        """Tell the guard of a later head."""
        self._ask(Op.RAISE_HEAD, dict[str, Any], **plain.to_builtins(head))

    def _ask(self, op: Op, kind: type[T], **asked: Any) -> T:
        return _read(self._value(op, asked), kind)

    def _value(self, op: Op, asked: dict[str, Any]) -> Any:
        if self._line is None:
            self._line = Line(self._place.socket)
        try:
            return self._line.ask(op, asked, self._seconds)
        except BaseException:
            if self._line.broken:
                self.close()
            raise


class Watch:
    """Hears of every change of the host from now on.

    Open it before the first report; a change that comes while nobody looks is not lost.
    """

    def __init__(self, place: GuardPlace = SYSTEM, seconds: float = 10.0) -> None:
        self._line = Line(place.socket)
        self._code = ""
        try:
            self._line.ask(Op.SUBSCRIBE, {}, seconds)
        except BaseException:
            self._line.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._line.close()

    def fileno(self) -> int:
        """For ``select``: readable once something changed."""
        return self._line.fileno()

    def changed(self, seconds: float = 0.0) -> str:
        """The code of the first change since it was opened, or empty; waits up to ``seconds``.

        A guard that ended, or says what is not understood, counts as a change.
        """
        if not self._code:
            heard = self._line.notice(seconds)
            if heard:
                self._code = heard.get("changed") or "guard.lost"
        return self._code


class Line:
    """One connection: lines of JSON both ways."""

    def __init__(self, path: Path) -> None:
        """Connect.

        Raises:
            PrinterRefused: ``guard.absent``, ``guard.impostor``.
        """
        self.broken = False
        self._left = bytearray()
        self._notices: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.settimeout(5.0)
            self._socket.connect(str(path))
            peer = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError as error:
            self._socket.close()
            raise PrinterRefused("guard.absent", reason=os_reason(error)) from error
        uid = struct.unpack("=3i", peer)[1]
        if uid != 0:
            self._socket.close()
            raise PrinterRefused("guard.impostor", uid=uid)

    def close(self) -> None:
        """End the connection."""
        self.broken = True
        self._socket.close()

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def ask(self, op: Op, asked: dict[str, Any], seconds: float) -> Any:
        """Ask one thing; the answer's value, not yet checked.

        Raises:
            PrinterRefused: ``guard.absent``, ``guard.no_answer``, ``guard.garbled``.
            BmnnMarkError: what the guard refuses with.
        """
        ends_at = time.monotonic() + seconds
        broken, self.broken = self.broken, True  # until the answer was read whole
        if broken:
            raise PrinterRefused("guard.absent", reason="EPIPE")
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(plain.encode({"op": op, "with": asked}) + b"\n")
        except OSError as error:
            if not self._left and not self._readable(0.0):
                raise PrinterRefused("guard.absent", reason=os_reason(error)) from error
        while True:
            said = _object(self._next_line(ends_at))
            if "value" in said:
                self.broken = False
                return said["value"]
            if "refused" in said:
                self.broken = False
                raise _refusal(said["refused"])
            self._notices.append({key: str(value) for key, value in said.items()})

    def notice(self, seconds: float) -> dict[str, str]:
        """What the guard said by itself; ``{"stop": "guard.lost"}`` where it is there no more."""
        if self._notices:
            return self._notices.pop(0)
        if not self._left and not self._readable(seconds):
            return {}
        try:
            said = _object(self._next_line(time.monotonic() + seconds + 1.0))
        except PrinterRefused:
            return {"stop": "guard.lost"}
        return {key: str(value) for key, value in said.items()} or {"stop": "guard.lost"}

    def _readable(self, seconds: float) -> bool:
        try:
            return bool(select.select([self._socket], [], [], seconds)[0])
        except (OSError, ValueError):
            return True  # the next read says what is wrong

    def _next_line(self, ends_at: float) -> bytes:
        while b"\n" not in self._left:
            if len(self._left) > _MOST_BYTES:
                raise PrinterRefused("guard.garbled")
            if not self._readable(max(ends_at - time.monotonic(), 0.0)):
                raise PrinterRefused("guard.no_answer")
            try:
                chunk = self._socket.recv(_CHUNK_BYTES)
            except OSError as error:
                raise PrinterRefused("guard.absent", reason=os_reason(error)) from error
            if not chunk:
                raise PrinterRefused("guard.absent", reason="EPIPE")
            self._left += chunk
        line, _, rest = bytes(self._left).partition(b"\n")
        self._left = bytearray(rest)
        return line


def _object(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise PrinterRefused("guard.garbled") from error
    if not isinstance(said, dict):
        raise PrinterRefused("guard.garbled")
    return said


def _read(value: object, kind: type[T]) -> T:
    try:
        return plain.from_builtins(value, kind)
    except msgspec.ValidationError as error:
        raise PrinterRefused("guard.garbled") from error


def _refusal(said: Any) -> Exception:
    try:
        detail = {str(key): value for key, value in dict(said["detail"]).items()}
        return REFUSALS.get(said.get("kind", ""), PrinterRefused)(str(said["code"]), **detail)
    except (KeyError, TypeError, ValueError):
        return Fault("fault.unexpected", where="guard")

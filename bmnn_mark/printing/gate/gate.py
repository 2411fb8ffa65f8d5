# SPDX-License-Identifier: Apache-2.0
"""The gate: a CUPS backend that lets a job through to the device once, while the host is offline.

cupsd starts it for a queue with ``device-uri`` ``bmnn:/usb://...``. It is one file that uses the
standard library only: enrolment writes it, with its places filled in, into cupsd's folder of
backends. Before a byte goes out it asks the guard and writes a receipt that can be written only
once; while bytes go out it listens to the guard, to cupsd and for a cancel, and any of them ends
the device program at once. Whatever goes wrong ends in "cancel", which CUPS never tries again.

It is started anew for every copy, so it must start fast: of socket, signal and json it uses the
parts written in C, and it reads the few lines that a guard may say without a library. What is not
exactly such a line counts for a refusal.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # typeshed has no stubs of it
import _socket as socket
import fcntl
import hashlib
import os
import resource
import select
import stat
import struct
import sys
import termios
import time
from _json import encode_basestring_ascii as quoted

# Filled in by enrolment.
GUARD_SOCKET = "/run/bmnn-mark/guard.sock"
RECEIPTS = "/var/lib/bmnn-mark-guard/receipts"
SPOOL = "/var/spool/cups"
PROGRAMS = "/usr/lib/cups/backend"
SETPRIV = "/usr/bin/setpriv"

DONE, CANCEL = 0, 5  # exit codes of a backend, cups/backend.h
_CHUNK = 1 << 16
_ADMIT_SECONDS, _ENDED_SECONDS = 20.0, 2.0
_SILENT_SECONDS = 3.0  # of a guard that says every half second that it is there
_ALIVE = b'{"alive":true}'
_HEX = frozenset("0123456789abcdef")

#: Job options that would make other pages or sheets of the bytes that the ticket names.
_PLAIN = {
    "copies": "1", "number-up": "1", "page-set": "all", "page-ranges": "", "page-border": "none",
    "page-label": "", "classification": "", "booklet": "off", "mirror": "false",
    "fitplot": "false", "fit-to-page": "false", "scaling": "100", "natural-scaling": "100",
    "print-scaling": "none", "job-sheets": "none,none",
}  # fmt: skip
#: Other options that a copy has. A PPD's own words begin with a capital letter and have no line:
#: they choose paper, sides and quality. Anything else (``page-top``) may move or turn a page.
_KNOWN = {
    "bmnn-ticket", "media", "media-col", "sides", "print-quality", "print-color-mode",
    "printer-resolution", "output-bin", "cupsPrintQuality",
}  # fmt: skip
_OWN = {*_PLAIN, *_KNOWN, "landscape", "fill", "position"}  # filters heed no capitals
_BLANKS = " \t\n\v\f\r"  # what filters take for one
_TOLD = ("job-", "document-", "date-time-at-", "time-at-")  # what cupsd says of the job


class Refused(Exception):
    """Nothing may go out, or nothing more; ``args[0]`` is the code."""


class Wires:
    """What may stop a print besides the guard: cupsd's death and a cancel."""

    def __init__(self) -> None:
        self.cupsd = os.pidfd_open(os.getppid())
        self.cancelled, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)  # the pipe says that it came

    def cut(self, ready: set[int]) -> str:
        """Why to stop, if one of the wires is among ``ready``."""
        if self.cancelled in ready:
            return "gate.cancelled"
        return "gate.scheduler_lost" if self.cupsd in ready else ""


class Guard:
    """The line to the guard: asked once, then listened to."""

    def __init__(self, wires: Wires) -> None:
        self._wires = wires
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._line.settimeout(2.0)
            self._line.connect(GUARD_SOCKET)
            peer = self._line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError:
            raise Refused("gate.no_guard") from None
        if struct.unpack("3i", peer)[1] != 0:
            raise Refused("gate.no_guard")
        self.handle = self._line.fileno()
        self.unheard = b""
        self.heard_at = 0.0

    def ask(self, op: str, what: dict[str, object], seconds: float) -> bytes:
        """Ask one thing and wait for its answer; anything but a value is a refusal."""
        try:
            self._line.sendall(as_json({"op": op, "with": what}) + b"\n")
            ends_at = time.monotonic() + seconds
            while (answer := self._await_line(ends_at)) == _ALIVE:
                pass
            self.heard_at = time.monotonic()
        except OSError:
            raise Refused("gate.guard_lost") from None
        if not answer.startswith(b'{"value":{'):
            raise Refused(word_in(answer, "code") or word_in(answer, "stop") or "gate.guard_lost")
        return answer

    def _await_line(self, ends_at: float, *, heed_cut: bool = True) -> bytes:
        wires = (self._wires.cancelled, self._wires.cupsd) if heed_cut else ()
        while b"\n" not in self.unheard:
            left = max(ends_at - time.monotonic(), 0.0)
            ready = set(select.select([self.handle, *wires], [], [], left)[0])
            if cut := self._wires.cut(ready):
                raise Refused(cut)
            more = self._line.recv(_CHUNK) if ready else b""
            if not more or len(self.unheard) > _CHUNK:
                raise Refused("gate.guard_lost")
            self.unheard += more
        line, _, self.unheard = self.unheard.partition(b"\n")
        return line.replace(b" ", b"")

    def spoke_up(self) -> str:
        """Why the guard has it stopped: whatever it says, but that it is there, means stop."""
        try:
            said = self._await_line(time.monotonic() + 1.0, heed_cut=False)  # it says why
        except (OSError, ValueError, Refused):
            return "gate.guard_lost"
        return word_in(said, "stop") or "gate.guard_lost"

    def is_alive(self) -> bool:
        """Whether all that it said now is that it is there."""
        try:
            self.unheard = self.unheard or self._line.recv(_CHUNK)
        except OSError:
            return False
        if not self.unheard or self.unheard.replace(_ALIVE + b"\n", b""):
            return False
        self.unheard, self.heard_at = b"", time.monotonic()
        return True


def as_json(what: dict[str, object]) -> bytes:
    """Texts, numbers and objects of these as JSON."""
    parts = []
    for name, value in what.items():
        text = str(value) if isinstance(value, int) else quoted(str(value))
        inner = as_json(value).decode() if isinstance(value, dict) else text
        parts.append(f"{quoted(name)}:{inner}")
    return ("{" + ",".join(parts) + "}").encode("ascii")


def word_in(line: bytes, name: str) -> str:
    """A text in a line of JSON by its name: small letters, digits, dot and line; else empty."""
    _, found, rest = line.partition(b'"%b":"' % name.encode("ascii"))
    word, ended, _ = rest.partition(b'"')
    plain = word.replace(b".", b"").replace(b"_", b"")
    good = found and ended and plain.isalnum() and plain == plain.lower()
    return word.decode("ascii") if good else ""


def options_of(text: str) -> tuple[dict[str, str], bool]:
    """The options of a job as cupsd writes them, and whether filters read the same in them.

    cupsd puts a backslash before blanks, quotes and backslashes of a value, but not of a name.
    """
    words, word, escaped, clear = [], "", False, not {"{", "<"} & set(text)
    for letter in text + " ":  # it ends the last word, unless a lone backslash takes it
        if escaped or letter not in _BLANKS + "\\'\"":
            word, escaped = word + letter, False
        elif letter in _BLANKS:
            words += [word] if word else []
            word = ""
        else:
            escaped = letter == "\\"
            clear = clear and escaped and "=" in word
    found = {name: value for name, _, value in (one.partition("=") for one in words)}
    return found, clear and not word and len(found) == len(words)


def open_document(job: str) -> tuple[int, int]:
    """The job's first document in the spool, open, and how many documents it has there."""
    prefix = f"d{int(job):05d}-"
    with os.scandir(SPOOL) as entries:
        names = [one.name for one in entries if one.name.startswith(prefix)]
    try:
        handle = os.open(f"{SPOOL}/{prefix}001", os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        raise Refused("gate.no_document") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise Refused("gate.no_document")
    return handle, len(names)


def digest_of(handle: int) -> tuple[str, int]:
    """SHA-256 and length of an open file; it is left at its start."""
    digest, length = hashlib.sha256(), 0
    while chunk := os.read(handle, 1 << 20):
        digest.update(chunk)
        length += len(chunk)
    os.lseek(handle, 0, os.SEEK_SET)
    return digest.hexdigest(), length


def fault_of(arguments: list[str], options: dict[str, str], *, clear: bool) -> str:
    """What is wrong with a job besides its ticket."""
    if "bmnn-ticket" not in options:
        return ""  # that says all: the guard refuses it for this
    others = {one for one in options.keys() - _PLAIN.keys() - _KNOWN if not one.startswith(_TOLD)}
    moved = any(options.get(name, plain).lower() != plain for name, plain in _PLAIN.items())
    strange = any(not one[:1].isupper() or "-" in one or one.lower() in _OWN for one in others)
    kind = os.environ.get("CONTENT_TYPE")  # of another, the filters would make other pages
    if not clear or arguments[3] != "1" or moved or strange or kind != "application/pdf":
        return "gate.options"
    if "CLASS" in os.environ:
        return "gate.class"
    if len(arguments) == 6 and arguments[5] != f"{SPOOL}/d{int(arguments[0]):05d}-001":
        return "gate.files"
    return ""


def admission(arguments: list[str]) -> tuple[dict[str, object], int]:
    """What the guard is told of the job, and its document, open."""
    options, clear = options_of(arguments[4])
    document, files = open_document(arguments[0])
    sha256, length = digest_of(document)
    return {
        "ticket": options.get("bmnn-ticket", ""), "queue": os.environ.get("PRINTER", ""),
        "job_uuid": options.get("job-uuid", ""), "job_id": int(arguments[0]), "files": files,
        "sha256": sha256, "length": length, "device_uri": os.environ.get("DEVICE_URI", ""),
        "fault": fault_of(arguments, options, clear=clear),
    }, document  # fmt: skip


def write_once(attempt: str, kind: str, what: dict[str, object]) -> None:
    """Write a receipt that nobody wrote before, and make it survive a power cut."""
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        handle = os.open(f"{RECEIPTS}/{attempt}.{kind}", flags, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(as_json(what) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(RECEIPTS, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)
    except FileExistsError:
        raise Refused("gate.started_before") from None
    except OSError:
        raise Refused("gate.receipt") from None


class Device:
    """The device program, fed through a pipe by us: when we stop or die, so do the bytes."""

    def __init__(self, arguments: list[str]) -> None:
        uri = os.environ["DEVICE_URI"].removeprefix("bmnn:/")
        scheme = uri.partition(":")[0]
        if not scheme.replace("-", "").isalnum():
            raise Refused("gate.device")
        self._theirs, self.pipe = os.pipe()
        os.set_blocking(self.pipe, False)
        command = [SETPRIV, "--pdeathsig", "KILL", "--", f"{PROGRAMS}/{scheme}", *arguments[:3]]
        try:
            self.pid = os.posix_spawn(
                SETPRIV,
                [*command, "1", arguments[4]],
                {**os.environ, "DEVICE_URI": uri},
                file_actions=[(os.POSIX_SPAWN_DUP2, self._theirs, 0)],
                setpgroup=0,
                setsigdef=[signal.SIGPIPE, signal.SIGTERM, signal.SIGINT, signal.SIGHUP],
            )
        except OSError:
            raise Refused("gate.device") from None
        self.handle = os.pidfd_open(self.pid)
        self.sent = 0
        self.digest = hashlib.sha256()

    def give(self, data: bytes) -> bytes:
        """Hand over what the pipe takes; what it did not take comes back."""
        taken = os.write(self.pipe, data)
        self.digest.update(data[:taken])
        self.sent += taken
        return data[taken:]

    def took_all(self) -> bool:
        """Whether there was something, and it left nothing of it in the pipe."""
        unread = struct.unpack("i", fcntl.ioctl(self._theirs, termios.FIONREAD, bytes(4)))[0]
        return self.sent > 0 and unread == 0

    def hang_up(self) -> None:
        """Say that nothing more comes."""
        if self.pipe >= 0:
            os.close(self.pipe)
            self.pipe = -1

    def kill(self) -> None:
        """End it and all it started, at once; what it left in the pipe is for nobody any more.

        One that it started in a group of its own would read on.
        """
        try:  # noqa: SIM105  # contextlib would take a millisecond to load
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # ended by itself, and nothing of its group is left
        self.hang_up()
        while os.read(self._theirs, _CHUNK):
            pass

    def status(self) -> int:
        """Its exit code, or minus the signal that ended it; waits for it."""
        self.kill()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def drive(device: Device, source: int, guard: Guard, wires: Wires) -> str:
    """Feed the device to its end, and return why it was stopped; empty when it ended by itself."""
    data, at_end = b"", False
    while True:
        sources = [] if at_end or data else [source]
        listened = [guard.handle, wires.cupsd, wires.cancelled, device.handle]
        left = max(guard.heard_at + _SILENT_SECONDS - time.monotonic(), 0.0)
        pipes = [device.pipe] if data else []
        readable, writable, _ = select.select(sources + listened, pipes, [], left)
        ready = set(readable)
        if (guard.unheard or guard.handle in ready) and not guard.is_alive():
            device.kill()  # first the bytes, then the reason
            return guard.spoke_up()
        if cut := wires.cut(ready):
            return cut
        if not left:
            return "gate.guard_silent"
        if device.handle in ready:
            return "" if at_end and device.took_all() else "gate.device_ended_early"
        if writable:
            data = device.give(data)
        elif source in ready and not at_end:
            data = os.read(source, _CHUNK)
            at_end = not data
        if at_end:
            device.hang_up()


def run_device(
    arguments: list[str], document: int, guard: Guard, wires: Wires
) -> dict[str, object]:
    """Feed the device program to its end, or end it; how that went."""
    device = Device(arguments)
    try:
        stopped = drive(device, document if len(arguments) == 6 else 0, guard, wires)
    except Exception:
        device.kill()
        raise
    if stopped:
        device.kill()
    device.hang_up()
    return end_of(device.status(), device.sent, device.digest.hexdigest(), stopped)


def end_of(status: int, sent: int, device_sha256: str, stopped: str) -> dict[str, object]:
    """What the receipt of an end says."""
    return {"status": status, "sent": sent, "device_sha256": device_sha256, "stopped": stopped}


def let_through(arguments: list[str], wires: Wires) -> int:
    """Ask, write the receipt, feed the device, write how it ended."""
    guard = Guard(wires)
    what, document = admission(arguments)
    admitted = guard.ask("admit", what, _ADMIT_SECONDS)
    attempt, snapshot = word_in(admitted, "attempt"), word_in(admitted, "snapshot_sha256")
    if len(attempt) != 32 or not _HEX.issuperset(attempt + snapshot):
        raise Refused("gate.guard_lost")
    start = {name: what[name] for name in ("job_uuid", "job_id", "sha256", "length")}
    start |= {"snapshot_sha256": snapshot, "at": int(time.time())}
    try:
        write_once(attempt, "start", start)
    except Refused as refusal:
        guard.ask("ended", end_of(CANCEL, 0, "", refusal.args[0]), _ENDED_SECONDS)
        raise
    try:
        end = run_device(arguments, document, guard, wires)
    except Refused as refusal:  # it was never started
        end = end_of(CANCEL, 0, hashlib.sha256().hexdigest(), refusal.args[0])
    write_once(attempt, "end", end)
    try:  # noqa: SIM105  # contextlib would take a millisecond to load
        guard.ask("ended", end, _ENDED_SECONDS)
    except Refused:
        pass  # a guard that is gone reads it in the receipt
    if end["stopped"]:
        raise Refused(end["stopped"])
    return CANCEL if end["status"] else DONE


def main(arguments: list[str]) -> int:
    """Run as cupsd runs a backend; without arguments it is asked for devices, and has none."""
    if not arguments:
        return DONE
    if len(arguments) not in (5, 6) or not arguments[0].isdecimal():
        return CANCEL
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the document
        return let_through(arguments, Wires())
    except Refused as refusal:
        why = refusal.args[0]
    except Exception as error:  # noqa: BLE001  # whatever it is, CUPS must not try again
        why = type(error).__name__
    os.write(2, f"ERROR: bmnn-mark: {why}\n".encode())
    return CANCEL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

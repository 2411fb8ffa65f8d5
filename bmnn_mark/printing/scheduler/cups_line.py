# SPDX-License-Identifier: Apache-2.0
"""The line to a scheduler: a process of its own, the only one that loads pycups.

libcups waits for a hung cupsd for ever and cannot be told not to. Here the kernel ends the whole
process when one call takes too long; ``cups.Server`` sees that the line is cut. It is asked with
one line of JSON and answers with one: what is asked is the name of a method of :class:`Line` with
its arguments.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pwd
import signal
import sys
from pathlib import Path
from typing import Any

import cups  # noqa: TID251  # its one place

from bmnn_mark.memory import forbid_dumps

_CHUNK_BYTES = 1 << 18
_JOB = [
    "job-id", "job-uuid", "job-state", "job-printer-uri", "job-printer-state-reasons",
    "time-at-processing", "job-impressions-completed",
]  # fmt: skip
_NEUTRAL_DOCUMENT = "bmnn"
_NOTED = ["job-state-changed", "job-completed", "job-stopped"]
_NOTED_SECONDS = 86400  # the server forgets a subscription that nobody ended
_NOT_FOUND = 0x0406
_PROCESSING = 5  # RFC 8011, 5.3.7


class Line:
    """A connection to the scheduler behind one socket; each wait in it has an end.

    Args:
        socket: path of the unix socket.
        seconds: longest wait for an answer.
    """

    def __init__(self, socket: str, seconds: float) -> None:
        self._seconds = seconds
        self.wait_anew()
        cups.setUser(_own_name())
        self._cups = cups.Connection(host=socket)

    def wait_anew(self) -> None:
        """Begin a wait: when its time is over, SIGALRM ends this process."""
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def queues(self) -> list[str]:
        """The names of all queues and classes."""
        return sorted({*self._cups.getPrinters(), *self._cups.getClasses()})

    def queue(self, name: str) -> dict[str, Any]:
        """What the server says of a queue."""
        answer: dict[str, Any] = self._cups.getPrinterAttributes(name)
        return answer

    def description(self, name: str) -> str:
        """The queue's PPD, base64."""
        handle = os.memfd_create("bmnn")
        self._cups.getFile(f"/printers/{name}.ppd", fd=os.dup(handle))
        os.lseek(handle, 0, os.SEEK_SET)
        with os.fdopen(handle, "rb") as file:
            return base64.b64encode(file.read()).decode()

    def create(self, queue: str, name: str, options: dict[str, str]) -> int:
        """Create a job; its number."""
        return int(self._cups.createJob(queue, name, options))

    def send(self, queue: str, number: int, source: str) -> str:
        """Send the one document of a job, a PDF; SHA-256 of what was sent."""
        digest = hashlib.sha256()
        with Path(source).open("rb") as file:
            self._cups.startDocument(queue, number, _NEUTRAL_DOCUMENT, "application/pdf", 1)
            while chunk := file.read(_CHUNK_BYTES):
                self.wait_anew()
                digest.update(chunk)
                self._cups.writeRequestData(chunk, len(chunk))
            self.wait_anew()
            self._cups.finishDocument(queue)
        return digest.hexdigest()

    def release(self, queue: str, number: int) -> object:
        """Let a held job go to the device; what its printer reports until then."""
        name = "printer-state-reasons"
        answer = self._cups.getPrinterAttributes(queue, requested_attributes=[name])
        self._cups.setJobHoldUntil(number, "no-hold")
        return answer.get(name)

    def job(self, number: int) -> dict[str, Any]:
        """What the server claims of a job now."""
        answer: dict[str, Any] = self._cups.getJobAttributes(number, requested_attributes=_JOB)
        return answer

    def subscribe(self, queue: str) -> int:
        """Have the server note what happens to a queue's jobs; the subscription's number."""
        address = f"ipp://localhost/printers/{queue}"
        return int(
            self._cups.createSubscription(address, events=_NOTED, lease_duration=_NOTED_SECONDS)
        )

    def unsubscribe(self, subscription: int) -> None:
        """End a subscription."""
        self._cups.cancelSubscription(subscription)

    def look(
        self, number: int, subscription: int, first: int
    ) -> tuple[dict[str, Any] | None, list[tuple[int, int, int]]]:
        """A job, None where there is none, and the notes from ``first``: place, job, job state.

        While a job is being processed it is not asked for notes; they are not lost.
        """
        answer: dict[str, Any] | None
        try:
            answer = self.job(number)
        except cups.IPPError as error:
            if error.args[0] != _NOT_FOUND:
                raise
            answer = None
        if answer is not None and answer["job-state"] == _PROCESSING:
            return answer, []
        notes = self._cups.getNotifications([subscription], [first])["events"]
        return answer, [
            (one["notify-sequence-number"], one["notify-job-id"], one["job-state"])
            for one in notes
            if "notify-job-id" in one and "job-state" in one
        ]

    def jobs(self, which: str) -> list[tuple[int, str]]:
        """Number and queue address of each job."""
        answer = self._cups.getJobs(
            which_jobs=which, requested_attributes=["job-id", "job-printer-uri"]
        )
        return [(number, str(job.get("job-printer-uri", ""))) for number, job in answer.items()]

    def purge(self, number: int) -> None:
        """Cancel a job and have everything of it removed."""
        self._cups.cancelJob(number, purge_job=True)

    def pause(self, queue: str) -> None:
        """Stop a queue."""
        self._cups.disablePrinter(queue)

    def resume(self, queue: str) -> None:
        """Let a queue work again."""
        self._cups.enablePrinter(queue)

    def add(self, name: str, device_uri: str, description: str) -> None:
        """Make a queue with a PPD that works and accepts jobs."""
        self._cups.addPrinter(name, filename=description, device=device_uri, info=_NEUTRAL_DOCUMENT)
        self._cups.enablePrinter(name)
        self._cups.acceptJobs(name)


def _own_name() -> str:
    """The name of who runs this, as the kernel has it; any other would be refused (PeerCred)."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _answer(line: Line, name: str, arguments: list[Any]) -> dict[str, Any]:
    """What a call came to: its value, or the kind of its failure with a number and no text."""
    try:
        return {"value": getattr(line, name)(*arguments)}
    except cups.IPPError as error:
        return {"ipp": int(error.args[0])}
    except cups.HTTPError as error:
        return {"http": int(error.args[0])}
    except (RuntimeError, OSError) as error:
        return {"failed": type(error).__name__}


def _serve(socket: str, seconds: float) -> None:
    """Answer until nobody asks any more."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a library that prints must not break the line
    line = None
    for asked in sys.stdin:
        name, arguments = json.loads(asked)
        try:
            line = line or Line(socket, seconds)
        except RuntimeError as error:
            answer: dict[str, Any] = {"failed": type(error).__name__}
        else:
            line.wait_anew()
            answer = _answer(line, name, arguments)
        signal.setitimer(signal.ITIMER_REAL, 0)
        out.write(json.dumps(answer, default=str) + "\n")
        out.flush()


if __name__ == "__main__":
    forbid_dumps()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a key pressed is for the program that asks
    _serve(sys.argv[1], float(sys.argv[2]))

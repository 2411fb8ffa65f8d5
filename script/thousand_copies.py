# SPDX-License-Identifier: Apache-2.0
"""A thousand copies, none lost, none doubled, and what each costs; see ``thousand-copies``."""

import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

import cups

from bmnn_mark.config import Config
from bmnn_mark.files import sha256_of, work_folder
from bmnn_mark.printing.attempt import AttemptState, PrintCopy, PrintOptions
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.permission import Permission
from bmnn_mark.printing.run import print_copies
from bmnn_mark.register.port import CopyRecord, CopyState, DocumentIdentity, Recipient
from bmnn_mark.testing.asking import request
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.office import office_for
from tests.printing.press import belong_to, print_room

BAR_MS = 150
BLOCK = 50
_PAGES = b"%PDF-1.4 " + b"two pages of text " * 1200


class Timed:
    """How long calls took in sum, by name."""

    def __init__(self):
        self.seconds = Counter()

    def wrap(self, owner, name, told):
        """Time a method from now on."""
        act = getattr(owner, name)

        def timed(*words, **more):
            began = time.perf_counter()
            try:
                return act(*words, **more)
            finally:
                self.seconds[told] += time.perf_counter() - began

        setattr(owner, name, timed)


def main(many=1000):
    """Print, count, time: one block in a register on the disk, the next in one in memory."""
    load = os.getloadavg()[0]
    timed = Timed()
    timed.wrap(Permission, "demand", "host and printer judged after a copy")
    timed.wrap(bookkeeping.AttemptEntries, "record", "register: five steps")
    timed.wrap(bookkeeping.AttemptEntries, "ticket", "register: ticket")
    timed.wrap(GuardLine, "purge", "purge")
    seconds, counts, wanted = Counter(), Counter(), []
    with work_folder() as memory, tempfile.TemporaryDirectory() as disk, print_room() as press:
        books = {"disk": book_in(disk), "memory": book_in(memory)}
        for place in range(0, many, BLOCK):
            where = ("disk", "memory")[place // BLOCK % 2]
            belong_to(press, books[where])
            copies = reserved(books[where], press, place, min(BLOCK, many - place))
            wanted += [one.sha256 for one in copies]
            seconds[where] += printed(press, books[where], copies)
            seconds["plain"] += plain_jobs(press, len(copies))
            counts.update({where: len(copies), "plain": len(copies)})
            print(f"{place + len(copies)} copies", file=sys.stderr, flush=True)
        whole = account(press, books.values(), wanted)
    each = {name: 1000 * seconds[name] / counts[name] for name in counts}
    more = each["memory"] - each["plain"]
    print(
        f"gate and checks add {more:.1f} ms a copy (bar {BAR_MS}): {each['memory']:.1f} ms with a "
        f"register in memory, {each['plain']:.1f} ms a plain job; on this disk the register adds "
        f"{each['disk'] - each['memory']:.1f} ms; load {load:.1f} to {os.getloadavg()[0]:.1f}"
    )
    for name, spent in timed.seconds.most_common():
        print(f"  {1000 * spent / many:6.1f} ms a copy: {name}")
    return 0 if whole and more <= BAR_MS else 1


def book_in(folder):
    """A new rehearsal register in a folder."""
    office = office_for(Config(agency="SỞ MẪU", data_folder=str(Path(folder, "so"))), None)
    return bookkeeping.create(office, agency=None, rehearsal=True, actor="An")


def account(press, books, wanted):
    """Tell what became of all copies; whether each came to the device whole, and once."""
    sheets = Counter(hashlib.sha256(one).hexdigest() for one in press.cupsd.sheets())
    starts = press.cupsd.starts() - len(wanted)  # as many plain jobs, whose sheets are gone
    lost = [one for one in wanted if sheets[one] == 0]
    doubled = [one for one in wanted if sheets[one] > 1]
    states = Counter(one.attempt.state for book in books for one in book.open_attempts())
    intact = all(one.verify().intact for one in books)
    left = press.spooled()
    print(
        f"{len(wanted)} copies: {len(lost)} lost, {len(doubled)} doubled, {starts} starts at the "
        f"device, {states[CopyState.DEVICE_DONE]} device-done in the register, intact: {intact}, "
        f"left in the spool: {len(left)}"
    )
    return not lost and not doubled and starts == len(wanted) and not left and intact


def reserved(register, press, place, many):
    """Copies of a new document, entered and produced."""
    identity = DocumentIdentity(
        agency="SỞ MẪU", number_sign=f"{place}/BC-SM", dated=date(2026, 3, 2)
    )
    made = register.reserve(
        request(identity=identity, recipients=(Recipient(name="Văn thư", copies=many),))
    )
    copies = []
    for one in made.copies:
        path = press.work / f"{one.attempt_id}.pdf"
        path.write_bytes(_PAGES + one.attempt_id.encode())
        copies.append(
            PrintCopy(
                attempt_id=one.attempt_id,
                register_id=register.register_id,
                document_id=made.document_id,
                number=one.number,
                of=many,
                attempt=one.attempt,
                path=path,
                sha256=sha256_of(path),
                length=path.stat().st_size,
                pages=2,
            )
        )
    register.record(
        tuple(
            CopyRecord(attempt_id=one.attempt_id, state=CopyState.PRODUCED, actor="An")
            for one in copies
        )
    )
    return copies


def printed(press, register, copies):
    """Seconds that printing them took."""
    book = bookkeeping.AttemptEntries(register, "An", "0" * 32)
    began = time.perf_counter()
    outcomes = print_copies(copies, press.place, book, PrintOptions())
    seconds = time.perf_counter() - began
    bad = [one for one in outcomes if one.state is not AttemptState.DEVICE_DONE]
    if bad or len(outcomes) != len(copies):
        sys.exit(f"not all were printed: {bad}")
    return seconds


def plain_jobs(press, many):
    """Seconds for as many jobs with plain pycups, each followed to its end."""
    server, room = str(press.cupsd.socket), press.cupsd.folder
    admin = ("run", "/usr/sbin/lpadmin", "-h", server)
    press.tell(*admin, "-p", "plain", "-E", "-v", f"bmnn-rehearsal:{room}/plain", "-P",
               str(room / "queue.ppd"))  # fmt: skip
    kept = {one.name for one in press.cupsd.outbox.iterdir()}
    line = cups.Connection(host=server)
    began = time.perf_counter()
    for _ in range(many):
        job = line.createJob("plain", "bmnn", {"job-hold-until": "indefinite"})
        line.startDocument("plain", job, "bmnn", "application/pdf", 1)
        line.writeRequestData(_PAGES, len(_PAGES))
        line.finishDocument("plain")
        line.setJobHoldUntil(job, "no-hold")
        while line.getJobAttributes(job, requested_attributes=["job-state"])["job-state"] < 7:
            time.sleep(0.01)
    seconds = time.perf_counter() - began
    press.tell(*admin, "-x", "plain")
    for one in press.cupsd.outbox.iterdir():
        if one.name not in kept:
            one.unlink()
    return seconds


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

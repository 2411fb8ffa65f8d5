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
from bmnn_mark.files import sha256_of
from bmnn_mark.printing.attempt import AttemptState, PrintCopy, PrintOptions
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.permission import Permission
from bmnn_mark.printing.run import print_copies
from bmnn_mark.register.port import CopyRecord, CopyState, DocumentIdentity, Recipient
from bmnn_mark.testing.register_contract import request
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
    """Print, count, time."""
    began_at = os.getloadavg()[0]
    timed = Timed()
    timed.wrap(Permission, "demand", "host and printer judged (client)")
    timed.wrap(bookkeeping.AttemptEntries, "record", "register: five steps, each synced")
    timed.wrap(bookkeeping.AttemptEntries, "ticket", "register: ticket")
    timed.wrap(GuardLine, "purge", "purge")
    ours, plains, wanted = 0.0, 0.0, []
    with tempfile.TemporaryDirectory(prefix="bmnn-test-") as data, print_room() as press:
        office = office_for(Config(agency="SỞ MẪU", data_folder=str(Path(data, "so"))), None)
        register = bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
        belong_to(press, register)
        for place in range(0, many, BLOCK):
            copies = reserved(register, press, place, min(BLOCK, many - place))
            wanted += [one.sha256 for one in copies]
            ours += printed(press, register, copies)
            plains += plain_jobs(press, len(copies))
            print(f"{place + len(copies)} copies", file=sys.stderr, flush=True)
        sheets = Counter(hashlib.sha256(one).hexdigest() for one in press.cupsd.sheets())
        starts = press.cupsd.starts() - many  # the plain jobs', which leave no sheet here
        waiting = Counter(one.attempt.state for one in register.open_attempts())
        intact = register.verify().intact
        left = press.spooled()
    lost = [one for one in wanted if sheets[one] == 0]
    doubled = [one for one in wanted if sheets[one] > 1]
    over = 1000 * (ours - plains) / many
    print(
        f"{many} copies: {len(lost)} lost, {len(doubled)} doubled, {starts} starts at the device,"
    )
    print(
        f"  {waiting[CopyState.DEVICE_DONE]} device-done, register intact: {intact}, left: {left}"
    )
    each = f"a copy {1000 * ours / many:.1f} ms, a plain job {1000 * plains / many:.1f} ms"
    load = f"load {began_at:.1f} to {os.getloadavg()[0]:.1f}"
    print(f"{each}, more: {over:.1f} ms (bar {BAR_MS}); {load}")
    for name, seconds in timed.seconds.most_common():
        print(f"  {1000 * seconds / many:6.1f} ms a copy: {name}")
    whole = not lost and not doubled and starts == many and not left and intact
    return 0 if whole and over <= BAR_MS else 1


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

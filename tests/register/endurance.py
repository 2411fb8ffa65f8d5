# SPDX-License-Identifier: Apache-2.0
"""An office that issues, prints and hands over without end, killed at random moments.

Run as a program it is the office: each transaction that has returned is told as a line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bmnn_mark.register.erasure import Approval
from bmnn_mark.register.events import CLOSED, DEAD
from bmnn_mark.register.keeping_events import KeyKind
from bmnn_mark.register.life import CopyAct, CopyActRequest
from bmnn_mark.register.opening import create_register, open_register
from bmnn_mark.register.port import CopyRecord, CopyState, DocumentIdentity, IssueRequest, Recipient
from bmnn_mark.register.store import Register
from bmnn_mark.rules import Level

TODAY = date(2026, 3, 2)
WAY = (
    CopyState.PRODUCED, CopyState.CREATED, CopyState.LOADED, CopyState.RELEASING,
    CopyState.PRINTING, CopyState.DEVICE_DONE, CopyState.PRINTED,
)  # fmt: skip
#: What a person says of attempts that an interruption left open.
AFTERWARDS = {
    CopyState.RESERVED: (CopyState.VOID,),
    CopyState.PRODUCED: (CopyState.VOID,),
    CopyState.DEVICE_DONE: (CopyState.PRINTED,),
    CopyState.UNKNOWN: (CopyState.SPOILED,),
}


class Office:
    """The one at work; see :func:`main`."""

    def __init__(self, register: Register, chance: random.Random) -> None:
        self.register = register
        self.chance = chance

    def tell(self, **what: object) -> None:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()

    def move(self, attempt: str, state: CopyState) -> None:
        self.register.record((CopyRecord(attempt_id=attempt, state=state, actor="An"),))
        self.tell(moved=attempt, state=state.value)

    def settle(self) -> None:
        """Close what the last one at work left open, and try the numbers again."""
        for one in self.register.open_attempts():
            state = one.attempt.state
            for after in AFTERWARDS.get(state, (CopyState.UNKNOWN, CopyState.SPOILED)):
                self.move(one.attempt.attempt_id, after)
                state = after
            if state in DEAD:
                again = self.register.reserve_again(one.document_id, [one.attempt.number], "An")
                self.reserved(one.document_id, again.copies)

    def reserved(self, document: str, copies) -> None:
        self.tell(
            document=document,
            reserved=[
                [one.attempt_id, one.number, one.attempt, one.position, one.reference]
                for one in copies
            ],
        )

    def issue(self, number: int) -> None:
        """A document with its copies, from the reservation to the hand-over."""
        request = IssueRequest(
            identity=DocumentIdentity(agency="A", number_sign=f"{number}/BC", dated=TODAY),
            level=Level.MAT, pack="nd63-2026", pages=1, actor="An", source_sha256="00" * 32,
            recipients=(Recipient(name="B", copies=self.chance.randint(1, 3)),),
        )  # fmt: skip
        reservation = self.register.reserve(request)
        self.reserved(reservation.document_id, reservation.copies)
        for copy in reservation.copies:
            for state in WAY[: self.chance.choice((7, 7, 7, 6, 4))]:
                self.move(copy.attempt_id, state)
            if state is CopyState.PRINTED:
                self.hand_over(reservation.document_id, copy.number)
        if self.chance.random() < 0.1:
            approval = Approval(actor="An", second_actor="Bình", reason="định kỳ", on=TODAY)
            self.register.rotate_key(self.chance.choice(list(KeyKind)), approval)
            self.tell(rotated=True)

    def hand_over(self, document: str, copy: int) -> None:
        act = CopyActRequest(
            document_id=document, copy=copy, act=CopyAct.HANDED_OVER, on=TODAY, actor="An",
            words={"party": "B"},
        )  # fmt: skip
        self.register.act_on_copies([act])
        self.tell(handed=[document, copy])


def main(url: str, folder: str, seed: str) -> None:
    """Be at work until killed."""
    office = Office(open_register(url, Path(folder)), random.Random(seed))
    office.tell(ready=True)
    office.settle()
    for number in range(10_000):
        office.issue(int(seed) * 10_000 + number)


@dataclass
class Account:
    """What was told of a register, and what it must therefore hold."""

    folder: Path
    transactions: int = 1
    unheard: int = 0
    """Transactions that were entered, and whose office was killed before it could say so."""
    events: int = 0
    states: dict[str, str] = field(default_factory=dict)
    copies: dict[str, list] = field(default_factory=dict)
    handed: set[tuple[str, int]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'register.db'}"

    def create(self) -> None:
        create_register(self.url, self.folder, agency="A", actor="An", rehearsal=True)

    def hear(self, out: str) -> None:
        """Take in what an office told; a line that breaks off was not told."""
        for line in out.splitlines(keepends=True):
            if not line.endswith("\n"):
                continue
            told = json.loads(line)
            self.transactions += "ready" not in told
            for attempt, *rest in told.get("reserved", ()):
                assert attempt not in self.states
                self.states[attempt] = "reserved"
                self.copies[attempt] = [told["document"], *rest]
            if "moved" in told:
                self.states[told["moved"]] = told["state"]
            if "handed" in told:
                self.handed.add(tuple(told["handed"]))

    def check(self) -> None:
        """Open what the killed office left: nothing told is lost, nothing is there twice."""
        register = open_register(self.url, self.folder)
        report = register.verify()
        assert report.intact, report
        assert self.transactions <= report.heads <= self.transactions + 1
        self.unheard += report.heads - self.transactions
        self.transactions, self.events = report.heads, report.events
        with closing(sqlite3.connect(self.folder / "register.db")) as connection:
            rows = connection.execute("SELECT n, leaf FROM events ORDER BY n").fetchall()
        leaves = [(n, json.loads(leaf)) for n, leaf in rows]
        bodies = [(n, one["body"]) for n, one in leaves if one["type"] == "copy.reserved"]
        found = {one["attempt_id"]: (n, one) for n, one in bodies}
        assert len(found) == len(bodies)
        assert len({one["reference"] for _n, one in bodies}) == len(bodies)
        assert len({(b["document"], b["copy"], b["attempt"]) for _n, b in bodies}) == len(bodies)
        for attempt, (document, copy, number, position, _short) in self.copies.items():
            n, one = found[attempt]
            assert (n + 1, one["document"]) == (position, document)
            assert (one["copy"], one["attempt"]) == (copy, number)
        self._check_states(register, found)

    def _check_states(self, register: Register, found: dict[str, tuple]) -> None:
        states, held = {}, set()
        for document in {one["document"] for _n, one in found.values()}:
            for row in register.document(document).attempts:
                states[row.attempt_id] = row.state.value
            for row in register.holdings(document):
                if row.whereabouts.value == "with-holder":
                    held.add((document, row.copy))
        assert set(states) == set(found)
        late = {key for key, state in states.items() if self.states.get(key) != state}
        assert len(late) <= 3  # of the one transaction that nobody heard of
        assert len({found[key][1]["document"] for key in late}) <= 1
        assert self.handed <= held
        assert len(held - self.handed) <= 1
        waiting = {one.attempt.attempt_id for one in register.open_attempts()}
        assert waiting == {key for key, state in states.items() if CopyState(state) not in CLOSED}
        self.states, self.handed = states, held
        for key in late:
            n, one = found[key]
            if key not in self.copies:
                self.copies[key] = [one["document"], one["copy"], one["attempt"], n + 1, ""]


def killed_offices(account: Account, kills: int, seed: int, longest: float = 0.6) -> None:
    """Let offices work on one register, one after the other, and kill each at some moment."""
    chance = random.Random(seed)
    account.create()
    for round_ in range(kills):
        words = [sys.executable, __file__, account.url, account.folder, seed * 1000 + round_]
        process = subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, text=True)
        first = process.stdout.readline()
        assert first == '{"ready": true}\n'
        time.sleep(chance.uniform(0, longest))
        os.kill(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        assert process.returncode == -signal.SIGKILL
        account.hear(out)
        account.check()


if __name__ == "__main__":
    main(*sys.argv[1:])

# SPDX-License-Identifier: Apache-2.0
"""A register that somebody attacks, how far his power reaches, and who notices.

Three attackers: one who has the database file; one who also has copies of all keys; one who can
write the whole disk, the high-water mark and the keys included. None of them has the paper.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from functools import cache
from pathlib import Path

from bmnn_mark.errors import BmnnMarkError, RegisterRefused
from bmnn_mark.register import database
from bmnn_mark.register.events import canonical
from bmnn_mark.register.heads import Head
from bmnn_mark.register.life import CopyAct, CopyActRequest, IncidentKind, IncidentRequest
from bmnn_mark.register.opening import create_register, open_register
from bmnn_mark.register.port import CopyRecord, CopyState, DocumentIdentity, IssueRequest, Recipient
from bmnn_mark.register.ruling import RuleChange, RuleChanges
from bmnn_mark.register.sealing import Revealed, Sealed, Sealer
from bmnn_mark.register.sqlite import SqliteHome
from bmnn_mark.register.store import Register
from bmnn_mark.register.tree import GrowingTree, leaf_hash
from bmnn_mark.register.verification import rebuild
from bmnn_mark.rules import Level
from bmnn_mark.tracking.code import Outcome, open_code

TODAY = date(2026, 3, 2)


@contextmanager
def one_engine() -> Iterator[None]:
    """Compile each statement once for all registers in one place; else that is most of the time."""
    own = SqliteHome.engine
    SqliteHome.engine = cache(own)
    try:
        yield
    finally:
        SqliteHome.engine = own


class Power(IntEnum):
    """What an attacker has."""

    FILE = 0
    KEYS = 1
    DISK = 2


@dataclass
class Entry:
    """One event in the hands of somebody who rewrites history."""

    leaf: dict[str, object]
    boxes: bytes
    wrapped: bytes
    master: int
    fields: dict[str, Revealed] | None
    """What is sealed, to those who have the keys."""


@dataclass
class Scene:
    """A register under attack."""

    folder: Path
    sheets: list[str]
    """Page codes on paper that was made before the attack: page 1 of each copy."""
    power: Power = Power.FILE
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 8, tzinfo=UTC))

    @property
    def file(self) -> Path:
        return self.folder / "register.db"

    @property
    def keys(self) -> Path:
        (folder,) = (self.folder / "keys").iterdir()
        return folder

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def open(self, *, inspect: bool = False) -> Register:
        url = f"sqlite:///{self.file}"
        return open_register(url, self.folder, clock=self.clock, inspect=inspect)

    def sql(self, *statements: str, triggers: bool = False) -> None:
        """Edit the file past the program."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            if not triggers:
                drop_triggers(connection)
            for statement in statements:
                connection.execute(statement)

    def read_history(self) -> list[Entry]:
        """Every event; with what is sealed in it, where the attacker has the keys."""
        with closing(sqlite3.connect(self.file)) as connection:
            rows = connection.execute(
                "SELECT leaf, boxes, wrapped, master FROM events JOIN sealed USING (n) "
                "JOIN record_keys USING (n) ORDER BY n"
            ).fetchall()
        sealer = self._sealer() if self.power >= Power.KEYS else None
        return [
            Entry(json.loads(leaf), boxes, wrapped, master, None)
            if sealer is None
            else Entry(
                json.loads(leaf), boxes, wrapped, master,
                sealer.reveal(n, Sealed(commitments=json.loads(leaf)["sealed"], boxes=boxes,
                                        wrapped=wrapped, master=master)),
            )
            for n, (leaf, boxes, wrapped, master) in enumerate(rows)
        ]  # fmt: skip

    def _sealer(self) -> Sealer:
        return self.open(inspect=True)._sealing.sealer

    def rewrite(
        self,
        change: Callable[[list[Entry]], list[Entry]],
        sign: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """Change history and make everything fit again, as far as the power reaches.

        Args:
            change: what is done to the events.
            sign: with a key of the attacker's own.
        """
        sealing = self.open(inspect=True)._sealing if self.power >= Power.KEYS else None
        entries = change(self.read_history())
        tree, rows = GrowingTree(), []
        nodes: list[bytes] = []
        roots = {}
        renumber(entries)
        for n, entry in enumerate(entries):
            if sealing is not None and entry.fields is not None:
                reseal(entry, n, sealing.sealer)
            leaf = canonical(entry.leaf)
            rows.append((n, leaf, leaf_hash(leaf), entry.boxes, entry.wrapped, entry.master))
            nodes += tree.append(leaf_hash(leaf))
            roots[tree.size] = tree.root()
        heads = self._write(rows, nodes)
        sign = sign or (sealing.keys.sign if sealing else None)
        if sign is None:
            return
        head = Head(register=self.keys.name, size=0, root=b"", at="")
        for size, at in heads:
            head = replace(head, size=size, root=roots[size], at=at, signature=b"")
            head = replace(head, signature=sign(head.message()))
            self.sql(
                f"UPDATE heads SET root = x'{head.root.hex()}', "
                f"signature = x'{head.signature.hex()}' WHERE size = {head.size}"
            )
        self._project()
        if self.power is Power.DISK:
            mark = {"at": head.at, "root": head.root.hex(), "signature": head.signature.hex(),
                    "size": head.size}  # fmt: skip
            (self.keys / "head").write_bytes(canonical(mark) + b"\n")

    def _write(self, rows: Sequence[tuple], nodes: list[bytes]) -> list[tuple[int, str]]:
        """The tables as they would be; sizes and times of the heads, still with old signatures."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            drop_triggers(connection)
            heads = connection.execute(
                "SELECT size, at, root, signature FROM heads WHERE size <= ? ORDER BY size",
                (len(rows),),
            ).fetchall()
            if heads[-1][0] < len(rows):
                heads.append((len(rows), *heads[-1][1:]))
            for table in ("heads", "nodes", "record_keys", "sealed", "events"):
                connection.execute(f"DELETE FROM {table}")
            connection.executemany(
                "INSERT INTO heads (size, at, root, signature) VALUES (?, ?, ?, ?)", heads
            )
            connection.executemany("INSERT INTO nodes VALUES (?, ?)", enumerate(nodes))
            for n, leaf, value, boxes, wrapped, master in rows:
                connection.execute("INSERT INTO events VALUES (?, ?, ?)", (n, leaf, value))
                connection.execute("INSERT INTO sealed VALUES (?, ?)", (n, boxes))
                connection.execute("INSERT INTO record_keys VALUES (?, ?, ?)", (n, master, wrapped))
        return [(size, at) for size, at, _root, _signature in heads]

    def _project(self) -> None:
        with suppress(BmnnMarkError):
            register = self.open(inspect=True)
            sealing = register._sealing
            with database.writing(register._engine) as connection:
                rebuild(connection, sealing.sealer, sealing.keys.blind)

    def sheet(self, text: str, register: Register | None = None) -> str:
        """What ``trace`` says of a sheet."""
        register = register or self.open(inspect=True)
        reading = open_code(text, register.trace_keys())
        if reading.outcome is not Outcome.OURS:
            return reading.outcome.value
        return register.find_code(reading.code).witness.value.removeprefix("register-")

    def judge(self) -> list[str]:
        """Who notices, and what: opening, ``verify``, ``trace`` of the sheets."""
        found = []
        try:
            self.open()
        except RegisterRefused as refusal:
            found.append(f"opening: {refusal.code.removeprefix('register.')}")
        try:
            register = self.open(inspect=True)
        except RegisterRefused:
            return found
        try:
            report = register.verify()
            where = "" if report.event is None else f" {report.event}"
            found += [] if report.intact else [f"verify: {report.fault.value}{where}"]
        except RegisterRefused as refusal:
            found.append(f"verify: {refusal.code.removeprefix('register.')}")
        with suppress(RegisterRefused):
            heard = dict.fromkeys(self.sheet(text, register) for text in self.sheets)
            told = [one for one in heard if one != "consistent"]
            found += [f"sheet: {', '.join(told)}"] if told else []
        return found

    def reset(self, pristine: Path, power: Power) -> None:
        """Begin anew, before an attacker of this power."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(pristine, self.folder)
        self.power = power


def drop_triggers(connection: sqlite3.Connection) -> None:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute(f"DROP TRIGGER {name}")


def renumber(entries: list[Entry]) -> None:
    """Give the events their new numbers, wherever another event names them."""
    new = {entry.leaf["n"]: n for n, entry in enumerate(entries)}
    for n, entry in enumerate(entries):
        body = dict(entry.leaf["body"])
        for name in ("issued", "incident"):
            if isinstance(body.get(name), int):
                body[name] = new.get(body[name], body[name])
        entry.leaf = {**entry.leaf, "n": n, "body": body}


def reseal(entry: Entry, n: int, sealer: Sealer) -> None:
    """Seal an event's fields again for its number, with the salts that they have."""
    fields = entry.fields or {}
    salts = b"".join(fields[name].salt for name in sorted(fields))

    def entropy(count: int) -> bytes:
        return bytes(range(1, 1 + (count - len(salts)) // 8)) * 8 + salts

    sealed = sealer.seal(n, {name: json.loads(one.value) for name, one in fields.items()}, entropy)
    entry.boxes, entry.wrapped, entry.master = sealed.boxes, sealed.wrapped, sealed.master
    entry.leaf["sealed"] = sealed.commitments


def stage(folder: Path) -> Scene:
    """A register of 26 events with 6 copies on paper; a backup of the disk after 20 of them."""
    folder.mkdir()
    scene = Scene(folder, [])
    register = create_register(
        f"sqlite:///{scene.file}", folder, agency="Sở Mẫu", actor="An", rehearsal=False,
        clock=scene.clock,
    )  # fmt: skip
    first = issue(scene, register, 1, Level.TOI_MAT, 3)
    issue(scene, register, 2, Level.TUYET_MAT, 2)
    hand_over(register, first, 1)
    register.report_incident(
        IncidentRequest(
            kind=IncidentKind.LOSS, on=TODAY, actor="An", words={"subject": "Thất lạc"},
            level=Level.TOI_MAT, document_id=first, copy=2,
        )
    )  # fmt: skip
    copy_disk(folder, scene.backup)
    register.record_rules(
        RuleChanges(
            changes=(RuleChange(pack="nd63-2026", figure="mat.size", value="1", source="Đ. 1"),),
            before=None,
            overlay="ab" * 32,
        ),
        "An",
    )
    last = issue(scene, register, 3, Level.MAT, 1)
    hand_over(register, last, 1)
    return scene


def copy_disk(folder: Path, target: Path) -> None:
    target.mkdir()
    shutil.copy(folder / "register.db", target)
    shutil.copytree(folder / "keys", target / "keys")


def issue(scene: Scene, register: Register, number: int, level: Level, copies: int) -> str:
    """Issue a document, export its copies, and keep a sheet of each."""
    reservation = register.reserve(
        IssueRequest(
            identity=DocumentIdentity(agency="Sở Mẫu", number_sign=f"{number}/BC", dated=TODAY),
            level=level, pack="nd63-2026", recipients=(Recipient(name="Bình", copies=copies),),
            pages=2, source_sha256=f"{number:064x}", actor="An",
        )
    )  # fmt: skip
    for copy in reservation.copies:
        scene.sheets += register.page_codes(copy, [1])
        register.record(
            tuple(
                CopyRecord(attempt_id=copy.attempt_id, state=state, actor="An")
                for state in (CopyState.PRODUCED, CopyState.EXPORTED)
            )
        )
    return reservation.document_id


def hand_over(register: Register, document: str, copy: int) -> None:
    register.act_on_copies(
        [
            CopyActRequest(
                document_id=document, copy=copy, act=CopyAct.HANDED_OVER, on=TODAY, actor="An",
                words={"party": "Bình"},
            )
        ]
    )  # fmt: skip

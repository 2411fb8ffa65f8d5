# SPDX-License-Identifier: Apache-2.0
"""Another vendor's register in place of ours: issue, scan a page, trace it. Runs from anywhere.

The tables ``van_ban`` and ``ban_so`` stand for what your document management has already; the
trace book ``so_vet`` is added: one line for each event with the root of the tree over all lines up
to it, so that a sheet can bear witness. What a register must keep is written down in
``bmnn_mark.testing``; this one passes it.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pypdfium2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bmnn_mark import (
    Config,
    IssueOrder,
    Level,
    MarkRequest,
    Recipient,
    RegisterPort,
    issue_copies,
    trace,
)
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.errors import RegisterRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.register.events import DEAD, MOVES, check_detail
from bmnn_mark.register.port import (
    CopyRecord,
    CopyState,
    DocumentIdentity,
    FoundCode,
    FoundCopy,
    IssueRequest,
    OnItsWay,
    Reservation,
    ReservedCopy,
    Witness,
)
from bmnn_mark.register.request import checked_request
from bmnn_mark.register.tickets import SIGNED_AS, names
from bmnn_mark.register.tree import GrowingTree, leaf_hash
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.code import COVER_PAGE, ROOT_BYTES, WHOLE_COPY, PageCode
from bmnn_mark.tracking.reference import parse_reference, reference, show_reference

_TABLES = """
CREATE TABLE co_quan (ma TEXT, ten TEXT, khoa BLOB, khoa_ky BLOB);
CREATE TABLE van_ban (id TEXT PRIMARY KEY, so_ky_hieu TEXT, ngay TEXT, do_mat TEXT,
    so_trang INTEGER, so_ban INTEGER, tep TEXT, khoa_trung TEXT UNIQUE, thu_tu INTEGER UNIQUE);
CREATE TABLE ban_so (id TEXT PRIMARY KEY, van_ban TEXT REFERENCES van_ban, so INTEGER, lan INTEGER,
    noi_nhan TEXT, trang_thai TEXT, lenh_in TEXT, may TEXT, vi_tri INTEGER UNIQUE,
    tham_chieu INTEGER UNIQUE,
    UNIQUE (van_ban, so, lan));
CREATE UNIQUE INDEX mot_ban_song ON ban_so (van_ban, so)
    WHERE trang_thai NOT IN ('void', 'spoiled');
CREATE TABLE so_vet (n INTEGER PRIMARY KEY, bam BLOB NOT NULL, goc BLOB NOT NULL);
"""


class DocumentManagement:
    """A register on the tables of another system."""

    def __init__(self, path: Path) -> None:
        new = not path.exists()
        self._path = path
        with self._writing() as database:
            if new:
                for statement in _TABLES.split(";"):
                    database.execute(statement)
                key = TraceKey.from_entropy(secrets.token_bytes(67), rehearsal=True)
                row = (
                    secrets.token_hex(16), "SỞ MẪU", key.key_id + key.secret,
                    secrets.token_bytes(32),
                )  # fmt: skip
                database.execute("INSERT INTO co_quan VALUES (?, ?, ?, ?)", row)
            self.register_id, self.agency, key_bytes, seed = database.execute(
                "SELECT ma, ten, khoa, khoa_ky FROM co_quan"
            ).fetchone()
        self._signing = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._signing.public_key().public_bytes_raw()
        self._key = TraceKey(key_id=key_bytes[:3], secret=key_bytes[3:])
        self.rehearsal = True

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time; all or nothing; on the disk when left."""
        with closing(sqlite3.connect(self._path, isolation_level=None, timeout=30)) as database:
            database.execute("PRAGMA synchronous = EXTRA")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def trace_key(self) -> TraceKey:
        """The key that page codes are sealed with."""
        return self._key

    def trace_keys(self) -> tuple[TraceKey, ...]:
        """Every key that page codes were ever sealed with: here there is but one."""
        return (self._key,)

    def check_new(self, identity: DocumentIdentity) -> str | None:
        """Refuse what was issued; the id of a document all of whose copies failed."""
        with self._writing() as database:
            return self._check_new(database, identity)

    def _check_new(self, database: sqlite3.Connection, identity: DocumentIdentity) -> str | None:
        known = "SELECT id FROM van_ban WHERE khoa_trung = ?"
        row = database.execute(known, (_same(identity),)).fetchone()
        if row is None:
            return None
        states = database.execute("SELECT trang_thai FROM ban_so WHERE van_ban = ?", row)
        if any(CopyState(state) not in DEAD for (state,) in states):
            raise RegisterRefused("register.already_issued")
        return str(row[0])

    def same_file(self, sha256: str) -> tuple[str, ...]:
        """Documents made from that very file."""
        with self._writing() as database:
            query = "SELECT id FROM van_ban WHERE tep = ? ORDER BY thu_tu"
            return tuple(name for (name,) in database.execute(query, (sha256.lower(),)))

    def reserve(self, request: IssueRequest) -> Reservation:
        """Enter the document and a row for each of its copies."""
        asked = checked_request(request, DEFAULT_LIMITS)
        names = [one.name for one in asked.recipients for _ in range(one.copies)]
        with self._writing() as database:
            known = self._check_new(database, asked.identity)
            document = known or secrets.token_hex(16)
            entered = _enter(database, f"van-ban {document}")
            database.execute(
                "INSERT INTO van_ban VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
                " SET thu_tu = excluded.thu_tu",
                (
                    document, asked.identity.number_sign, asked.identity.dated.isoformat(),
                    asked.level, asked.pages, len(names), asked.source_sha256.lower(),
                    _same(asked.identity), entered,
                ),
            )  # fmt: skip
            copies = tuple(
                self._reserve(database, document, number, name)
                for number, name in enumerate(names, 1)
            )
        return Reservation(document_id=document, copies=copies)

    def _reserve(
        self, database: sqlite3.Connection, document: str, number: int, name: str
    ) -> ReservedCopy:
        tried = "SELECT coalesce(max(lan), 0) + 1 FROM ban_so WHERE van_ban = ? AND so = ?"
        (attempt,) = database.execute(tried, (document, number)).fetchone()
        value = reference(self._key, document, number, attempt)
        position = _enter(database, f"ban-so {document} {number} {attempt}")
        attempt_id = secrets.token_hex(16)
        row = (attempt_id, document, number, attempt, name, "reserved", None, "", position, value)
        database.execute("INSERT INTO ban_so VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        root = database.execute("SELECT goc FROM so_vet WHERE n = ?", (position,)).fetchone()[0]
        return ReservedCopy(
            attempt_id=attempt_id, number=number, attempt=attempt, recipient=name,
            position=position, root=root[:ROOT_BYTES], reference=show_reference(value),
        )  # fmt: skip

    def record(self, records: tuple[CopyRecord, ...]) -> None:
        """Enter steps of copies, all or none."""
        with self._writing() as database:
            for one in records:
                check_detail(one.detail)
                query = "SELECT trang_thai FROM ban_so WHERE id = ?"
                row = database.execute(query, (one.attempt_id,)).fetchone()
                if row is None:
                    raise RegisterRefused("register.no_such_attempt")
                if one.state not in MOVES[CopyState(row[0])]:
                    raise RegisterRefused(
                        "register.wrong_step", before=row[0], state=one.state.value
                    )
                _enter(database, f"{one.state} {one.attempt_id}")
                move = "UPDATE ban_so SET trang_thai = ?, lenh_in = ?, may = ? WHERE id = ?"
                asked = one.detail.get("ticket") if one.state is CopyState.CREATED else None
                where = one.detail.get("host", "")
                database.execute(move, (one.state.value, asked, where, one.attempt_id))

    def on_their_way(self) -> tuple[OnItsWay, ...]:
        """Copies whose job may be at a printer, for the machine that printed to settle."""
        query = (
            "SELECT id, trang_thai, may FROM ban_so"
            " WHERE trang_thai IN ('created', 'loaded', 'releasing', 'printing')"
        )
        with self._writing() as database:
            rows = database.execute(query).fetchall()
        return tuple(
            OnItsWay(attempt_id=name, state=CopyState(state), host=host)
            for name, state, host in rows
        )

    def ticket(self, attempt_id: str, payload: bytes) -> bytes:
        """Sign what lets a copy through to the printer: only what its last step says."""
        with self._writing() as database:
            query = "SELECT lenh_in FROM ban_so WHERE id = ?"
            row = database.execute(query, (attempt_id,)).fetchone()
        if row is None:
            raise RegisterRefused("register.no_such_attempt")
        asked = hashlib.sha256(payload).hexdigest()
        if row[0] != asked or not names(payload, self.register_id, attempt_id):
            raise RegisterRefused("register.no_ticket")
        return self._signing.sign(SIGNED_AS + payload)

    def find_code(self, code: PageCode) -> FoundCode:
        """The copy whose reservation stands where the code says, if the history is the same."""
        with self._writing() as database:
            there = "SELECT goc FROM so_vet WHERE n = ?"
            row = database.execute(there, (code.position,)).fetchone()
            if row is None:
                return FoundCode(witness=Witness.TRUNCATED)
            if row[0][:ROOT_BYTES] != code.root:
                return FoundCode(witness=Witness.REWRITTEN)
            copy = _found(database, position=code.position)
        pages = {COVER_PAGE, WHOLE_COPY, *range(1, copy.pages + 1)} if copy else set()
        if copy is None or copy.attempt != code.attempt or code.page not in pages:
            return FoundCode(witness=Witness.NEVER_ISSUED)
        return FoundCode(witness=Witness.AGREES, copy=copy)

    def find_reference(self, untrusted_text: str) -> FoundCopy | None:
        """The copy that has a typed short reference."""
        with self._writing() as database:
            return _found(database, reference=parse_reference(untrusted_text))


def _same(identity: DocumentIdentity) -> str:
    """What makes a document the same one, however it is written."""
    words = (identity.agency, identity.number_sign, identity.dated.isoformat())
    return "|".join("".join(word.casefold().split()) for word in words)


def _enter(database: sqlite3.Connection, line: str) -> int:
    """Add a line to the trace book; the size of its tree with it.

    The tree is grown from all lines each time, which is fine up to some ten thousand; a larger book
    keeps the peaks of the tree beside each line.
    """
    tree = GrowingTree()
    for (value,) in database.execute("SELECT bam FROM so_vet ORDER BY n"):
        tree.append(value)
    added = leaf_hash(line.encode())
    tree.append(added)
    database.execute("INSERT INTO so_vet VALUES (?, ?, ?)", (tree.size, added, tree.root()))
    return tree.size


def _found(database: sqlite3.Connection, **by: int) -> FoundCopy | None:
    """A copy by its position or its reference."""
    row = database.execute(
        "SELECT v.id, v.so_ky_hieu, v.ngay, v.do_mat, b.so, v.so_ban, b.lan, b.trang_thai,"
        " b.noi_nhan, v.so_trang, (SELECT max(lan) FROM ban_so s WHERE s.van_ban = v.id AND"
        " s.so = b.so) FROM ban_so b JOIN van_ban v ON v.id = b.van_ban"
        " WHERE b.vi_tri = ? OR b.tham_chieu = ?",
        (by.get("position"), by.get("reference")),
    ).fetchone()
    if row is None:
        return None
    return FoundCopy(
        document_id=row[0], number_sign=row[1], dated=date.fromisoformat(row[2]),
        level=Level(row[3]), number=row[4], copies=row[5], attempt=row[6],
        state=CopyState(row[7]), recipient=row[8], pages=row[9], superseded=row[10] > row[6],
    )  # fmt: skip


def main() -> None:
    """Issue two copies into a folder, photograph page 2 of the second, trace the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        register: RegisterPort = DocumentManagement(folder / "van-ban.db")
        office = Config(data_folder=str(folder / "data"))
        write_sample(folder / "mau.docx")
        order = IssueOrder(
            stamp=MarkRequest(source=folder / "mau.docx", level=Level.MAT, dated=date(2026, 11, 5)),
            number_sign="12/KH-SM",
            recipients=(Recipient(name="UBND tỉnh Mẫu"), Recipient(name="Văn thư Sở Mẫu")),
            actor="Nguyễn Văn An",
        )
        report = issue_copies(order, folder / "out", register=register, config=office)
        second = report.copies[1]
        with pypdfium2.PdfDocument(folder / "out" / second.file) as pdf:
            pdf[1].render(scale=200 / 72).to_pil().save(folder / "anh-chup.png")
        for one in trace(
            folder / "anh-chup.png", second.reference, register=register, config=office
        ):
            assert one.copy is not None
            print(
                f"{one.trace.value}: copy {one.copy.number} of {one.copy.copies}, page {one.page}, "
                f"{one.copy.state.value}, for {one.copy.recipient}"
            )


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""What somebody can do to the file, and who says so: the database, opening, verify, or a sheet."""

import hashlib
import shutil
import sqlite3

import pytest

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import tree
from bmnn_mark.register.heads import Head, raise_mark
from bmnn_mark.register.keys import read_keys
from bmnn_mark.register.port import CopyState, Witness
from bmnn_mark.register.verification import VerifyFault
from bmnn_mark.tracking.code import open_code

pytestmark = pytest.mark.sqlite_only  # test_postgres.py does to a server's tables what they allow


@pytest.fixture
def filled(place, request_for, steps):
    """A register of 12 events: created, 2 x (issued, 3 x reserved), 3 steps; its last copy."""
    register = place.create()
    register.reserve(request_for())
    copies = register.reserve(request_for(2)).copies
    for copy in copies:
        register.record(steps(copy.attempt_id, CopyState.PRODUCED))
    return copies[-1]


def heard(register, copy):
    (text,) = register.page_codes(copy, [1])
    return register.find_code(open_code(text, [register.trace_key()]).code).witness


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET leaf = x'00' WHERE n = 3",
        "DELETE FROM events WHERE n = 11",
        "INSERT OR REPLACE INTO events VALUES (3, x'00', x'00')",
        "INSERT INTO events VALUES (13, x'00', x'00')",
        "REPLACE INTO heads VALUES (12, x'00', '', x'00')",
        "UPDATE heads SET root = x'00'",
        "DELETE FROM heads",
        "UPDATE nodes SET hash = x'00'",
        "DELETE FROM nodes",
        "REPLACE INTO nodes VALUES (0, x'00')",
        "UPDATE sealed SET boxes = x'00'",
        "DELETE FROM sealed",
        "REPLACE INTO sealed VALUES (3, x'00')",
    ],
)
def test_the_database_itself_refuses_to_change_history(place, filled, statement):
    with pytest.raises(sqlite3.IntegrityError):
        place.change(statement, triggers=True)
    assert place.open().verify().intact


@pytest.mark.parametrize(
    ("statement", "fault", "event"),
    [
        ("UPDATE events SET leaf = replace(leaf, 'toi-mat', 'mat') WHERE n = 5", "leaf", 5),
        ("UPDATE events SET leaf = x'7b7d' WHERE n = 3", "leaf", 3),
        ("UPDATE events SET leaf = CAST(leaf AS TEXT) WHERE n = 3", "leaf", 3),
        (
            "UPDATE events SET leaf = replace(hex(zeroblob(50000)), '00', '[') WHERE n = 3",
            "leaf",
            3,
        ),
        ("UPDATE events SET leaf_hash = 7 WHERE n = 3", "leaf", 3),
        ("UPDATE sealed SET boxes = 'text' WHERE n = 6", "seal", 6),
        ("UPDATE record_keys SET wrapped = 1.5 WHERE n = 6", "seal", 6),
        ("UPDATE nodes SET hash = 'text' WHERE number = 4", "tree", 6),
        ("UPDATE heads SET signature = 'text' WHERE size = 12", "head", 11),
        ("UPDATE heads SET at = x'00' WHERE size = 12", "head", 11),
        ("UPDATE attempts SET state = 'nonsense' WHERE position = 9", "projection", 11),
        ("UPDATE attempts SET reference = 'text' WHERE position = 9", "projection", 11),
        ("UPDATE events SET leaf_hash = zeroblob(32) WHERE n = 4", "leaf", 4),
        ("UPDATE sealed SET boxes = zeroblob(length(boxes)) WHERE n = 6", "seal", 6),
        ("UPDATE sealed SET boxes = (SELECT boxes FROM sealed WHERE n = 3) WHERE n = 2", "seal", 2),
        ("DELETE FROM sealed WHERE n = 7", "seal", 7),
        ("UPDATE record_keys SET wrapped = zeroblob(80) WHERE n = 8", "seal", 8),
        ("DELETE FROM record_keys WHERE n = 9", "seal", 9),
        ("UPDATE nodes SET hash = zeroblob(32) WHERE number = 4", "tree", 6),
        ("DELETE FROM nodes WHERE number = 5", "tree", 4),
        ("INSERT INTO nodes VALUES (99, zeroblob(32))", "tree", None),
        ("UPDATE heads SET root = zeroblob(32) WHERE size = 5", "head", 1),
        ("UPDATE heads SET at = '2027' || substr(at, 5) WHERE size = 9", "head", 5),
        ("UPDATE heads SET signature = zeroblob(64) WHERE size = 12", "head", 11),
        ("DELETE FROM heads WHERE size = 12", "head", 11),
        ("UPDATE attempts SET state = 'void' WHERE position = 9", "projection", 11),
        ("DELETE FROM attempts WHERE position = 9", "projection", 11),
        ("UPDATE documents SET level = 'mat'", "projection", 1),
        ("UPDATE documents SET identity_index = x'00' WHERE issued = 5", "projection", 5),
        ("DELETE FROM documents WHERE issued = 5", "projection", 5),
    ],
)
def test_verify_names_the_first_wrong_event(place, filled, statement, fault, event):
    place.change(statement)
    report = place.open(inspect=True).verify()
    assert (report.intact, report.fault.value, report.event) == (False, fault, event)


def test_a_hole_in_the_events_is_named(place, filled):
    place.change("PRAGMA foreign_keys = OFF", "DELETE FROM events WHERE n = 4")
    report = place.open(inspect=True).verify()
    assert (report.fault, report.event) == (VerifyFault.MISSING, 4)


def cut_last_transaction(place):
    place.change(
        "DELETE FROM heads WHERE size = 12", "DELETE FROM sealed WHERE n = 11",
        "DELETE FROM record_keys WHERE n = 11", "DELETE FROM events WHERE n = 11",
        "DELETE FROM nodes WHERE number >= 8",
        "UPDATE attempts SET state = 'reserved', changed = 8 WHERE position = 9",
    )  # fmt: skip


def test_cutting_off_the_end_cleanly_is_seen_by_the_mark_beside_the_keys(place, filled):
    cut_last_transaction(place)
    with pytest.raises(RegisterRefused, match=r"^register\.rolled_back$") as refusal:
        place.open()
    assert refusal.value.detail == {"events": 11, "known": 12}
    report = place.open(inspect=True).verify()
    assert (report.fault, report.event) == (VerifyFault.MISSING, 11)


def test_an_older_file_put_back_is_seen(place, filled, request_for):
    old = place.folder / "backup"
    shutil.copy(place.file, old)
    place.open().reserve(request_for(3))
    shutil.copy(old, place.file)
    with pytest.raises(RegisterRefused, match=r"^register\.rolled_back$"):
        place.open()
    with pytest.raises(RegisterRefused, match=r"^register\.rolled_back$"):
        place.open(inspect=True).reserve(request_for(4))
    assert place.open(inspect=True).verify().fault is VerifyFault.MISSING


def test_a_sheet_alone_tells_that_the_whole_disk_was_rolled_back(place, filled, request_for):
    copies = {}
    for name in ("db", "keys"):
        copies[name] = place.folder / f"old-{name}"
    shutil.copy(place.file, copies["db"])
    shutil.copytree(place.keys, copies["keys"])
    late = place.open().reserve(request_for(3)).copies[0]
    shutil.copy(copies["db"], place.file)
    shutil.copytree(copies["keys"], place.keys, dirs_exist_ok=True)
    register = place.open()  # file and keys agree with one another
    assert register.verify().intact
    assert heard(register, filled) is Witness.AGREES
    assert heard(register, late) is Witness.TRUNCATED
    for number in range(4, 9):  # and goes on as if nothing had been
        register.reserve(request_for(number))
    assert heard(register, late) is Witness.REWRITTEN


def test_who_has_every_key_and_rewrites_history_is_told_on_by_paper(place, filled):
    rewrite(place, 2, b'"copy":1', b'"copy":3')
    register = place.open()
    assert heard(register, filled) is Witness.REWRITTEN
    assert not register.verify().intact


def rewrite(place, n, old, new):
    """Change one event and make tree, heads and mark fit, as the holder of the keys can."""
    keys = read_keys(place.keys)
    (place.keys / "head").unlink()
    with sqlite3.connect(place.file) as connection:
        leaves = [leaf for (leaf,) in connection.execute("SELECT leaf FROM events ORDER BY n")]
        sizes = connection.execute("SELECT size, at FROM heads ORDER BY size").fetchall()
    connection.close()
    assert old in leaves[n]
    leaves[n] = leaves[n].replace(old, new)
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    stored = {(0, place): value for place, value in enumerate(hashes)}
    growing = tree.GrowingTree()
    for value in hashes:
        at = growing.size
        for level, node in enumerate(growing.append(value), 1):
            stored[level, at >> level] = node
    edits = [
        f"UPDATE nodes SET hash = x'{value.hex()}' WHERE number = {tree.node_number(level, index)}"
        for (level, index), value in stored.items()
        if level
    ]
    edits.append(
        f"UPDATE events SET leaf = x'{leaves[n].hex()}', leaf_hash = x'{hashes[n].hex()}' "
        f"WHERE n = {n}"
    )
    for size, at in sizes:
        root = tree.root_at(size, lambda level, index: stored[level, index])
        head = Head(register=place.keys.name, size=size, root=root, at=at).signed(keys)
        edits.append(
            f"UPDATE heads SET root = x'{root.hex()}', signature = x'{head.signature.hex()}' "
            f"WHERE size = {size}"
        )
    place.change(*edits)
    raise_mark(place.keys, head, keys.public_key)


def test_a_mark_that_was_edited_or_taken_away_is_refused(place, filled):
    mark = place.keys / "head"
    good = mark.read_bytes()
    for bad in (good.replace(b'"size":12', b'"size":11'), b"{}", b"", b"[1]", good[:-9]):
        mark.write_bytes(bad)
        with pytest.raises(RegisterRefused, match=r"^register\.key_wrong$"):
            place.open()
    mark.unlink()
    with pytest.raises(RegisterRefused, match=r"^register\.key_missing$"):
        place.open()


def test_a_mark_left_low_by_a_crash_is_no_fault_and_never_goes_back(place, filled, request_for):
    mark = place.keys / "head"
    low = mark.read_bytes()
    place.open().reserve(request_for(3))
    high = mark.read_bytes()
    mark.write_bytes(low)
    register = place.open()
    assert register.verify().intact
    register.reserve(request_for(4))
    assert mark.read_bytes() not in {low, high}
    assert register.verify().intact


def test_a_broken_register_is_not_written_to(place, filled, request_for):
    place.change("UPDATE heads SET root = zeroblob(32) WHERE size = 12")
    digest = hashlib.sha256(place.file.read_bytes()).digest()
    with pytest.raises(RegisterRefused, match=r"^register\.broken$"):
        place.open()
    with pytest.raises(RegisterRefused, match=r"^register\.broken$"):
        place.open(inspect=True).reserve(request_for(3))
    assert hashlib.sha256(place.file.read_bytes()).digest() == digest


def test_the_reservation_under_a_sheet_cannot_be_edited_unheard(place, filled):
    place.change("UPDATE events SET leaf = replace(leaf, '\"copy\":3', '\"copy\":1') WHERE n = 8")
    assert heard(place.open(inspect=True), filled) is Witness.REWRITTEN


def test_one_live_attempt_per_copy_is_held_by_the_database(place, filled):
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        place.change(
            "INSERT INTO attempts SELECT 'x', document_id, copy, 2, 'reserved', 99, issued, 7, 99 "
            "FROM attempts WHERE position = 9",
            triggers=True,
        )

# SPDX-License-Identifier: Apache-2.0
"""Every attack on a register, and who notices: the table of ``docs/quality.md``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from attacks import (
    Attack,
    another_register,
    code_for,
    codes,
    cut,
    cut_and_grown,
    edited,
    edited_code,
    files,
    foreign_code,
    forgotten,
    garbage_page,
    guessed_code,
    history,
    key_changed,
    made_code,
    mark_edited,
    older_mark,
    other_recipient,
    own_signature,
    own_trigger,
    put_back,
    put_back_and_used,
    put_in,
    replayed,
    sealed_by_guess,
    swapped,
    tables,
    whole,
    without,
)
from scene import Power, one_engine, stage

START, END = "<!-- tampering: script/tamper-table -->", "<!-- end of tampering -->"

#: Why nobody notices; told under the table.
WHY = {
    "a": "No sheet was made after the changed event, and all the rest of the disk was changed with "
    "it: only paper, an archive or a journal kept elsewhere could tell.",
    "b": "Who has the keys can make entries; they stand in the book like all others.",
    "c": "Nothing that was entered is changed or hidden by it.",
    "d": "A code names a copy and a page, not one sheet of paper: a reprint or a photocopy names "
    "the same. `register muster` finds the page twice.",
}

ATTACKS: tuple[Attack, ...] = (
    # history
    history("lower the level in the event that issued a document", edited(1, "toi-mat", "mat")),
    history("another number on a reserved copy", edited(3, '"copy":2', '"copy":9')),
    history("another recipient of a copy", other_recipient),
    history("another day of a hand-over", edited(18, '"on":"2026-03-02"', '"on":"2026-03-01"')),
    history("another time of an entry", edited(19, '"at":"2026', '"at":"2025')),
    history("delete an incident", without(19)),
    history("delete a document with all its copies", without(*range(11, 18))),
    history("two events in each other's place", swapped(14, 16)),
    history("put in an event that never was", put_in(19)),
    history("cut off the end, to after the last sheet", cut(25), disk="a"),
    history("cut off the end, to before the last sheet", cut(21)),
    history("the end cut off, and other events in its place", cut_and_grown),
    history("edit an event after the last sheet", edited(25, "2026-03-02", "2026-03-01"), disk="a"),
    history("add an event at the end", put_in(26), keys="b", disk="b"),
    whole("add an event with the signing key alone", sealed_by_guess, Power.KEYS, Power.DISK),
    whole("one's own key in the first event and under all heads", own_signature, *Power),
    whole(
        "put back the file of a backup; the disk's owner: with its keys and mark", put_back, *Power
    ),
    whole("put back the whole disk of a backup and go on working", put_back_and_used, Power.DISK),
    whole("another register in its place, with the same documents", another_register, *Power),
    # past the program, triggers in place
    tables("change an event by SQL", "UPDATE events SET leaf = x'00' WHERE n = 3", triggers=True),
    tables("delete an event by SQL", "DELETE FROM events WHERE n = 25", triggers=True),
    tables(
        "replace an event by SQL",
        "INSERT OR REPLACE INTO events VALUES (3, x'00', x'00')",
        triggers=True,
    ),
    tables("change a head by SQL", "UPDATE heads SET root = x'00'", triggers=True),
    tables(
        "a second live attempt at a copy",
        "INSERT INTO attempts SELECT 'x', document_id, copy, 2, 'reserved', 99, issued, 7, 25 "
        "FROM attempts WHERE position = 4",
        triggers=True,
    ),
    # past the program, triggers dropped
    tables("drop the triggers, change nothing", silent="c"),
    tables("garbage for an event", "UPDATE events SET leaf = x'7b7d' WHERE n = 18"),
    tables(
        "an event as text, not bytes", "UPDATE events SET leaf = CAST(leaf AS TEXT) WHERE n = 18"
    ),
    tables("an event's hash", "UPDATE events SET leaf_hash = zeroblob(32) WHERE n = 18"),
    tables("a hash of the tree", "UPDATE nodes SET hash = zeroblob(32) WHERE number = 4"),
    tables("delete a hash of the tree", "DELETE FROM nodes WHERE number = 5"),
    tables("a hash too many", "INSERT INTO nodes VALUES (99, zeroblob(32))"),
    tables(
        "forge the root in the newest head", "UPDATE heads SET root = zeroblob(32) WHERE size = 26"
    ),
    tables(
        "forge the root in an older head", "UPDATE heads SET root = zeroblob(32) WHERE size = 11"
    ),
    tables("forge a signature", "UPDATE heads SET signature = randomblob(64) WHERE size = 26"),
    tables(
        "another time of a head", "UPDATE heads SET at = '2027' || substr(at, 5) WHERE size = 11"
    ),
    tables("delete the newest head", "DELETE FROM heads WHERE size = 26"),
    tables("delete an older head", "DELETE FROM heads WHERE size = 11", silent="c"),
    tables(
        "an old head at the end",
        "UPDATE heads SET (root, at, signature) = (SELECT root, at, signature FROM heads "
        "WHERE size = 20) WHERE size = 26",
    ),
    tables("a sealed box", "UPDATE sealed SET boxes = zeroblob(length(boxes)) WHERE n = 18"),
    tables(
        "swap the sealed boxes of two events",
        "UPDATE sealed SET boxes = (SELECT boxes FROM sealed WHERE n = 25) WHERE n = 18",
        "UPDATE record_keys SET wrapped = (SELECT wrapped FROM record_keys WHERE n = 25) "
        "WHERE n = 18",
    ),
    tables("delete a sealed box", "DELETE FROM sealed WHERE n = 18"),
    tables("forget a field without an entry", "DELETE FROM record_keys WHERE n = 18"),
    whole("forget a field with the keys, without an entry", forgotten, Power.KEYS, Power.DISK),
    tables(
        "spoil a field's key",
        "UPDATE record_keys SET wrapped = zeroblob(length(wrapped)) WHERE n = 18",
    ),
    # the tables that are asked
    tables(
        "a copy said to be void, to print its number again",
        "UPDATE attempts SET state = 'void' WHERE position = 4",
    ),
    tables("delete attempts at copies", "DELETE FROM attempts WHERE position = 4"),
    tables(
        "swap the places of two copies' sheets",
        "UPDATE attempts SET position = -1 WHERE position = 4",
        "UPDATE attempts SET position = 4 WHERE position = 5",
        "UPDATE attempts SET position = 5 WHERE position = -1",
    ),
    tables(
        "another level in the table of documents",
        "UPDATE documents SET level = 'mat' WHERE issued = 11",
    ),
    tables(
        "hide a document's identity, to issue it twice",
        "UPDATE documents SET identity_index = x'00' WHERE issued = 1",
    ),
    tables("delete a document from the table", "DELETE FROM documents WHERE issued = 1"),
    tables(
        "a copy said to be in the office",
        "UPDATE holdings SET whereabouts = 'in-office', holder = 0 WHERE since = 18",
    ),
    tables("a copy with another holder", "UPDATE holdings SET holder = 25 WHERE since = 18"),
    tables("an incident taken out of the year's figures", "DELETE FROM acts WHERE n = 19"),
    tables("another day in the year's figures", "UPDATE acts SET day = '2025-03-02' WHERE n = 18"),
    tables("a figure of the rules never confirmed", "DELETE FROM rules"),
    whole(
        "a trigger of one's own that edits each new event",
        own_trigger("events", "UPDATE events SET leaf = x'00' WHERE n = NEW.n"),
        *Power,
    ),
    whole(
        "a trigger of one's own that calls each new copy seen",
        own_trigger("holdings", "UPDATE holdings SET seen = 25 WHERE since = NEW.since"),
        *Power,
    ),
    # the file
    whole("overwrite a page of the file", garbage_page, *Power),
    tables("say that the file is no register", "PRAGMA application_id = 7"),
    tables("say that a later program wrote it", "PRAGMA user_version = 999"),
    # the keys' folder
    files("another signing key", key_changed("signing")),
    files("another trace key", key_changed("trace")),
    files("another master key of sealed fields", key_changed("sealing-1")),
    files("another key of the blind indexes", key_changed("blind")),
    files("a key taken away", lambda scene: (scene.keys / "trace.key").unlink()),
    files("a key for everybody to read", lambda scene: (scene.keys / "trace.key").chmod(0o644)),
    files("the mark taken away", lambda scene: (scene.keys / "head").unlink()),
    files("the mark edited", mark_edited(b'"size":26', b'"size":25')),
    files("an older mark put back, with nothing else", older_mark, disk="c"),
    # the paper
    codes("a sheet with a code made without the key", guessed_code, Power.FILE),
    codes("a sheet with an edited code", edited_code, Power.FILE),
    codes("a sheet with another register's code", foreign_code, Power.FILE),
    codes("a sheet for an event that reserved nothing", code_for(19), Power.KEYS, Power.DISK),
    codes("a sheet of a copy not reserved yet", made_code(position=30), Power.KEYS, Power.DISK),
    codes("a sheet with another root", made_code(root=bytes(14)), Power.KEYS, Power.DISK),
    codes("a sheet of a page that the copy has not", made_code(page=3), Power.KEYS, Power.DISK),
    codes("a sheet of an attempt that was not made", made_code(attempt=2), Power.KEYS, Power.DISK),
    codes(
        "a sheet of a page that the copy has", made_code(page=2), Power.KEYS, Power.DISK, silent="d"
    ),
    codes("a page's code photocopied onto another page", replayed(1, 2), *Power),
    codes("a page's code photocopied onto another copy", replayed(2, 1), *Power),
)


def judged() -> Iterator[tuple[Attack, dict[Power, list[str]]]]:
    """Each attack, done by everybody who can, and what was noticed."""
    with one_engine(), tempfile.TemporaryDirectory(prefix="bmnn-test-") as folder:
        scene = stage(Path(folder) / "scene")
        assert scene.judge() == []
        pristine = Path(folder) / "pristine"
        scene.folder.rename(pristine)
        sheets = scene.sheets
        for attack in ATTACKS:
            found = {}
            for power, act in attack.act.items():
                scene.reset(pristine, power)
                scene.sheets = list(sheets)
                noticed = act(scene)
                found[power] = scene.judge() if noticed is None else noticed
            yield attack, dict.fromkeys(Power, found[Power.FILE]) if attack.alike else found


def table() -> str:
    """The table as ``docs/quality.md`` has it."""
    rows = [
        "| what is done | by who has the file | and copies of the keys | and the whole disk |",
        "|---|---|---|---|",
    ]
    for attack, found in judged():
        cells = [_cell(attack, power, found) for power in Power]
        rows.append(f"| {attack.name} | {' | '.join(cells)} |")
    return "\n".join([*rows, "", *(f"({mark}) {why}" for mark, why in WHY.items())])


def _cell(attack: Attack, power: Power, found: dict[Power, list[str]]) -> str:
    if power not in found:
        return "cannot"
    return "; ".join(found[power]) or f"**not found** ({attack.silent.get(power, '?')})"


def table_in(document: str) -> str:
    """The table that a document has."""
    return document.partition(START)[2].partition(END)[0].strip()


def with_table(document: str, present: str) -> str:
    """The document with another table."""
    before, _start, rest = document.partition(START)
    _old, _end, after = rest.partition(END)
    return f"{before}{START}\n{present}\n{END}{after}"

# SPDX-License-Identifier: Apache-2.0
"""Registers that earlier programs made: the files in ``old`` were written by those programs."""

import hashlib
import importlib.resources
import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import database, migrating, schema
from bmnn_mark.register.database import SCHEMA_VERSION
from bmnn_mark.register.port import CopyState, Witness
from bmnn_mark.tracking.code import open_code

OLD = Path(__file__).parent / "old"
#: By version: how many events its register has, and figures of rules that were confirmed in it.
VERSIONS = {1: (19, 0), 2: (20, 1)}


def keys_of(version, place):
    said = json.loads((OLD / f"{version}.json").read_text())
    folder = place.folder / "keys" / said["register"]
    folder.mkdir(mode=0o700, parents=True)
    folder.parent.chmod(0o700)
    for name, text in said["keys"].items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return said


def put(version, place):
    """Lay an old register down; its page code."""
    with closing(sqlite3.connect(place.file)) as connection:
        connection.executescript((OLD / f"{version}.sql").read_text())
    place.file.chmod(0o600)
    return keys_of(version, place)["code"]


def check_content(register, version, code):
    events, figures = VERSIONS[version]
    report = register.verify()
    assert (report.intact, report.events) == (True, events)
    first, second = register.documents()
    assert (first.agency, first.number_sign, second.number_sign) == (
        "Sở Xây dựng", "1/BC-SXD", "2/BC-SXD",
    )  # fmt: skip
    assert first.states == {CopyState.EXPORTED: 1, CopyState.VOID: 1, CopyState.RESERVED: 1}
    assert (second.pages, second.states) == (5, {CopyState.RESERVED: 3})
    assert len(register.rule_changes()) == figures
    found = register.find_code(open_code(code, [register.trace_key()]).code)
    assert (found.witness, found.copy.number, found.copy.recipient) == (
        Witness.AGREES, 1, "Bí thư Bình",
    )  # fmt: skip


@pytest.mark.sqlite_only
@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_of_an_earlier_program_opens_goes_on_and_says_what_it_said(
    place, request_for, version
):
    code = put(version, place)
    check_content(place.open(), version, code)
    check_content(place.open(), version, code)
    register = place.open()
    assert len(register.reserve(request_for(7)).copies) == 3
    with pytest.raises(RegisterRefused, match=r"^register\.already_issued$"):
        register.reserve(request_for(7))
    assert register.verify().events == VERSIONS[version][0] + 4
    assert stat.S_IMODE(place.file.stat().st_mode) == 0o600


@pytest.mark.sqlite_only
@pytest.mark.parametrize("version", VERSIONS)
def test_after_it_the_file_is_as_one_made_today(place, place_in, tmp_path_factory, version):
    put(version, place)
    place.open()
    today = place_in(tmp_path_factory.mktemp("today"))
    today.create()
    assert tables_in(place.file) == tables_in(today.file)


def tables_in(file):
    """The file's header and how each table, index and trigger is made."""
    with closing(sqlite3.connect(file)) as connection:
        made = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
        numbers = [
            connection.execute(f"PRAGMA {name}").fetchone()
            for name in ("application_id", "user_version")
        ]
        return numbers, connection.execute(made).fetchall()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("version", VERSIONS)
def test_an_inspector_reads_it_and_leaves_every_byte(place, version, request_for):
    code = put(version, place)
    before = place.content()
    folder = sorted(path.name for path in place.folder.iterdir())
    register = place.open(inspect=True)
    check_content(register, version, code)
    check_content(register, version, code)
    assert place.content() == before
    assert sorted(path.name for path in place.folder.iterdir()) == folder


@pytest.mark.sqlite_only
def test_a_broken_old_file_is_not_touched_and_an_inspector_hears_what_is_wrong(place):
    put(1, place)
    place.change("UPDATE events SET leaf = replace(leaf, 'toi-mat', 'mat') WHERE n = 8")
    before = hashlib.sha256(place.content()).digest()
    with pytest.raises(RegisterRefused, match=r"^register\.broken$"):
        place.open()
    report = place.open(inspect=True).verify()
    assert (report.fault.value, report.event) == ("leaf", 8)
    place.change("DELETE FROM heads WHERE size = 19")
    with pytest.raises(RegisterRefused, match=r"^register\.broken$"):
        place.open()
    place.change("UPDATE events SET leaf = replace(leaf, '\"mat', '\"toi-mat') WHERE n = 8")
    with pytest.raises(RegisterRefused, match=r"^register\.broken$"):
        place.open()
    assert hashlib.sha256(place.content()).digest() != before
    with closing(sqlite3.connect(place.file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


@pytest.mark.sqlite_only
def test_a_failure_on_the_way_leaves_the_old_file(place, monkeypatch):
    put(2, place)
    before = place.content()

    def fail(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bmnn_mark.register.opening.rebuild", fail)
        with pytest.raises(KeyboardInterrupt):
            place.open()
    assert place.content() == before
    assert place.open().verify().intact


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("version", "code"), [(99, "newer_format"), (0, "not_a_register")])
def test_a_file_of_a_later_program_or_of_none_is_refused(place, version, code):
    place.create()
    place.change(f"PRAGMA user_version = {version}")
    for inspect_only in (False, True):
        with pytest.raises(RegisterRefused, match=rf"^register\.{code}$"):
            place.open(inspect=inspect_only)


def test_the_revisions_make_the_tables_that_the_program_reads(place):
    place.create()
    with database.reading(database.home_of(place.url).engine()) as connection:
        inspector = inspect(connection)
        for table in (*schema.ledger.sorted_tables, *schema.projected.sorted_tables):
            told = {column["name"]: column for column in inspector.get_columns(table.name)}
            assert list(told) == list(table.c.keys())
            for column in table.c:
                wanted = column.type.compile(connection.dialect)
                assert told[column.name]["type"].compile(connection.dialect) == wanted
                assert told[column.name]["nullable"] == column.nullable
            key = inspector.get_pk_constraint(table.name)["constrained_columns"]
            assert key == [column.name for column in table.primary_key]


def test_the_newest_revision_is_the_version_of_the_program():
    folder = importlib.resources.files("bmnn_mark.register.migrations")
    script = ScriptDirectory.from_config(Config(config_args={"script_location": str(folder)}))
    assert script.get_current_head() == str(SCHEMA_VERSION)
    assert [one.revision for one in script.walk_revisions()] == ["3", "2", "1"]


@pytest.mark.parametrize("version", VERSIONS)
def test_old_tables_are_brought_up_in_either_database(place, version, request_for):
    """As for a file above, with the rows in tables that the revisions up to then made."""
    code = keys_of(version, place)["code"]
    old = sqlite3.connect(":memory:")
    old.executescript((OLD / f"{version}.sql").read_text())
    home = database.home_of(place.url)
    with home.making("old") as connection:
        migrating.bring_tables_up(connection, 0)
        home.set_version(connection, version)
        for table in schema.ledger.sorted_tables:
            names = [column.name for column in table.c]
            rows = old.execute(f"SELECT {', '.join(names)} FROM {table.name} ORDER BY 1")
            connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        for table in schema.projected.sorted_tables:
            table.drop(connection)
    old.close()
    check_content(place.open(), version, code)
    assert len(place.open().reserve(request_for(7)).copies) == 3


def test_alembic_is_loaded_only_where_tables_change(place):
    place.create()
    script = f"""
import sys
from pathlib import Path
from bmnn_mark.register.opening import open_register
register = open_register({place.url!r}, Path({str(place.folder)!r}))
assert register.verify().intact
sys.exit("alembic" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0

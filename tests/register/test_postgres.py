# SPDX-License-Identifier: Apache-2.0
"""What only a server's register has: roles, lost connections, and its own ways around triggers."""

import re
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import database
from bmnn_mark.register.opening import create_register, open_register
from bmnn_mark.register.port import CopyState
from bmnn_mark.register.ruling import RuleChange, RuleChanges

CONFIGURATION = Path(__file__).parents[2] / "docs/configuration.md"


@pytest.fixture
def engine():
    return "postgresql"


@pytest.fixture
def filled(place, request_for, steps):
    """A register of 12 events: created, 2 x (issued, 3 x reserved), 3 steps."""
    register = place.create()
    register.reserve(request_for())
    for copy in register.reserve(request_for(2)).copies:
        register.record(steps(copy.attempt_id, CopyState.PRODUCED))
    return register


def as_role(place, role):
    return psycopg.connect(
        host=str(place.server.folder), dbname=place.database, user=role, autocommit=True,
        options="-c search_path=bmnn_mark",
    )  # fmt: skip


HISTORY_CHANGED = [
    "UPDATE events SET leaf = '\\x00' WHERE n = 3",
    "UPDATE events SET leaf = leaf WHERE false",
    "DELETE FROM events WHERE n = 11",
    "TRUNCATE events CASCADE",
    "TRUNCATE heads",
    "TRUNCATE nodes",
    "TRUNCATE sealed",
    "INSERT INTO events VALUES (13, '\\x00', '\\x00')",
    "INSERT INTO events VALUES (3, '\\x', '\\x') ON CONFLICT (n) DO UPDATE SET leaf = ''",
    "INSERT INTO heads VALUES (12, '\\x', '', '\\x')",
    "INSERT INTO nodes VALUES (0, '\\x')",
    "INSERT INTO sealed VALUES (3, '\\x')",
    "UPDATE heads SET root = '\\x00'",
    "DELETE FROM heads",
    "UPDATE nodes SET hash = '\\x00'",
    "DELETE FROM nodes",
    "UPDATE sealed SET boxes = '\\x00'",
    "DELETE FROM sealed",
    "MERGE INTO heads USING (VALUES (12)) AS v(size) ON heads.size = v.size "
    "WHEN MATCHED THEN DELETE",
]


@pytest.mark.parametrize("role", ["bmnn_owner", "postgres"])
def test_the_database_refuses_to_change_history_also_for_owner_and_master(place, filled, role):
    before = place.content()
    with closing(as_role(place, role)) as connection:
        if role == "postgres":  # as where rows come from another server
            connection.execute("SET session_replication_role = replica")
        for statement in HISTORY_CHANGED:
            with pytest.raises(psycopg.errors.IntegrityError):
                connection.execute(statement)
    assert place.content() == before
    assert filled.verify().intact


def test_one_live_attempt_per_copy_is_held_by_the_database(place, filled):
    with pytest.raises(psycopg.errors.UniqueViolation, match="one_live_attempt"):
        place.change(
            "INSERT INTO attempts SELECT 'x', document_id, copy, 2, 'reserved', 99, issued, 7, 99 "
            "FROM attempts WHERE position = 9",
            triggers=True,
        )


@pytest.mark.parametrize(
    ("statement", "fault", "event"),
    [
        ("UPDATE events SET leaf = x'7b7d' WHERE n = 3", "leaf", 3),
        ("UPDATE nodes SET hash = x'00' WHERE number = 4", "tree", 6),
        ("UPDATE sealed SET boxes = x'00' WHERE n = 6", "seal", 6),
        ("DELETE FROM heads WHERE size = 12", "head", 11),
        ("UPDATE heads SET signature = x'00' WHERE size = 12", "head", 11),
        ("UPDATE attempts SET state = 'void' WHERE position = 9", "projection", 11),
        ("DELETE FROM documents WHERE issued = 5", "projection", 5),
    ],
)
def test_verify_names_what_the_servers_master_changed(place, filled, statement, fault, event):
    place.change(statement)
    report = place.open(inspect=True).verify()
    assert (report.intact, report.fault.value, report.event) == (False, fault, event)


def test_verify_names_an_event_that_the_server_cannot_hold_in_its_tables(
    place, filled, monkeypatch
):
    changes = RuleChanges(
        changes=(RuleChange(pack="p", figure="no\x00figure"),), before=None, overlay=None
    )
    with pytest.raises(RegisterRefused, match=r"^register\.damaged$"):
        filled.record_rules(changes, "An")
    monkeypatch.setattr("bmnn_mark.register.ledger.project", lambda *_rest: None)
    filled.record_rules(changes, "An")  # as who holds the keys can write it
    report = filled.verify()
    assert (report.fault.value, report.event) == ("step", 12)


def test_a_server_rolled_back_to_an_older_state_is_seen(place, filled):
    place.change(
        "DELETE FROM heads WHERE size = 12", "DELETE FROM sealed WHERE n = 11",
        "DELETE FROM record_keys WHERE n = 11", "DELETE FROM events WHERE n = 11",
        "DELETE FROM nodes WHERE number >= 8",
        "UPDATE attempts SET state = 'reserved', changed = 8 WHERE position = 9",
    )  # fmt: skip
    with pytest.raises(RegisterRefused, match=r"^register\.rolled_back$") as refusal:
        place.open()
    assert refusal.value.detail == {"events": 11, "known": 12}


@pytest.fixture
def clerks_place(place, filled):
    """A register as ``docs/configuration.md`` has it made, and its URL for a clerk."""
    told = dict(re.findall(r"```sql (\w+)\n(.*?)```", CONFIGURATION.read_text(), re.DOTALL))
    of_database = [
        line.replace("DATABASE register", f"DATABASE {place.database}")
        for line in told["administrator"].splitlines()
        if line.startswith(("REVOKE", "GRANT"))
    ]
    place.server.ask(place.database, *of_database)
    with closing(as_role(place, "bmnn_owner")) as connection:
        connection.execute(told["owner"])
    yield place
    place.server.ask(place.database, f"GRANT ALL ON DATABASE {place.database} TO PUBLIC")


def test_a_clerk_does_all_of_a_clerks_work(clerks_place, request_for, steps):
    place = clerks_place
    url = place.server.url(place.database, "bmnn_clerk")
    register = open_register(url, place.folder)
    copies = register.reserve(request_for(3)).copies
    register.record(steps(copies[0].attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    for copy in copies[1:]:
        register.record(steps(copy.attempt_id, CopyState.VOID))
    register.reserve_again(register.documents()[2].document_id, [2], "An")
    assert len(register.documents()) == 3
    assert open_register(url, place.folder, inspect=True).verify().intact


def test_a_clerk_can_neither_rebuild_nor_make_nor_change_the_tables(clerks_place, tmp_path):
    place = clerks_place
    url = place.server.url(place.database, "bmnn_clerk")
    with pytest.raises(RegisterRefused, match=r"^register\.not_permitted$"):
        open_register(url, place.folder).rebuild()
    with closing(as_role(place, "bmnn_clerk")) as connection:
        for statement in (
            *HISTORY_CHANGED,
            "DROP TABLE events CASCADE",
            "ALTER TABLE events DISABLE TRIGGER USER",
            "DELETE FROM attempts",
            "UPDATE record_keys SET wrapped = ''",
            "UPDATE format SET version = 99",
            "CREATE TABLE bmnn_mark.more (n int)",
            "SET session_replication_role = replica",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.IntegrityError)):
                connection.execute(statement)
    place.change("DROP SCHEMA bmnn_mark CASCADE")
    with pytest.raises(RegisterRefused, match=r"^register\.not_permitted$"):
        create_register(url, tmp_path / "new", agency="A", actor="An", rehearsal=True)
    assert list((tmp_path / "new").rglob("*.key")) == []


def test_a_connection_that_is_cut_while_numbers_are_given_out_leaves_nothing(
    place, request_for, monkeypatch
):
    register = place.create()

    def cut(connection, *_rest):
        place.server.ask(
            "postgres",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{place.database}' AND pid <> pg_backend_pid()",
        )
        connection.exec_driver_sql("SELECT 1")

    with monkeypatch.context() as patch:
        patch.setattr("bmnn_mark.register.ledger.project", cut)
        with pytest.raises(RegisterRefused, match=r"^register\.unreachable$"):
            register.reserve(request_for())
    assert register.verify().events == 1
    assert len(register.reserve(request_for()).copies) == 3


def test_keys_stay_where_the_server_was_lost_while_it_made_the_register(place, monkeypatch):
    """It may have made it: whether the commit was done, nobody on this side can know."""

    def cut(*_rest):
        place.server.ask(
            "postgres",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{place.database}' AND pid <> pg_backend_pid()",
        )

    monkeypatch.setattr("bmnn_mark.register.opening.raise_mark", cut)
    with pytest.raises(RegisterRefused, match=r"^register\.unreachable$"):
        place.create()
    assert (place.keys / "signing.key").is_file()
    assert place.gone()


def test_what_cannot_be_reached_or_holds_no_register_is_named(place, tmp_path):
    def refused(url, code):
        with pytest.raises(RegisterRefused, match=rf"^register\.{code}$") as refusal:
            open_register(url, place.folder)
        assert refusal.value.__cause__ is None
        assert dict(refusal.value.detail) == {}

    refused(f"postgresql+psycopg://bmnn_owner@/db?host={tmp_path}", "unreachable")
    refused(place.server.url("no_such_database"), "unreachable")
    refused(place.server.url(place.database, "no_such_role"), "unreachable")
    refused("postgresql+psycopg://?service=no_such_service", "unreachable")
    refused(f"{place.url}&sslmode=nonsense", "unreachable")
    refused(place.url, "not_found")


def test_a_schema_of_somebody_else_is_no_register_and_none_is_made_in_it(place):
    place.server.ask(place.database, "CREATE SCHEMA bmnn_mark AUTHORIZATION bmnn_owner")
    with pytest.raises(RegisterRefused, match=r"^register\.not_a_register$"):
        place.open()
    with pytest.raises(RegisterRefused, match=r"^register\.exists$"):
        place.create()
    assert list(place.folder.iterdir()) == []


def test_a_reader_sees_one_state_while_others_write(place, request_for):
    register = place.create()
    with database.reading(database.home_of(place.url).engine()) as connection:
        count = "SELECT count(*) FROM events"
        assert connection.exec_driver_sql(count).scalar_one() == 1
        register.reserve(request_for())
        assert connection.exec_driver_sql(count).scalar_one() == 1
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on"
    assert register.verify().events == 5


def test_a_writer_waits_for_the_one_before_and_sees_what_it_left(place, request_for):
    register = place.create()
    second = place.open()
    numbers = []
    with database.writing(database.home_of(place.url).engine()):
        waiting = threading.Thread(
            target=lambda: numbers.append(second.reserve(request_for()).copies[0].position)
        )
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(30)
    assert numbers == [3]
    assert register.reserve(request_for(2)).copies[0].position == 7


def test_a_commit_waits_for_the_disk_whatever_the_servers_default(place):
    place.create()
    place.server.ask("postgres", "ALTER ROLE bmnn_owner SET synchronous_commit = off")
    try:
        with database.writing(database.home_of(place.url).engine()) as connection:
            shown = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
        assert shown == "on"
    finally:
        place.server.ask("postgres", "ALTER ROLE bmnn_owner RESET synchronous_commit")


def test_tables_that_others_make_elsewhere_are_not_looked_at(place, filled):
    place.server.ask(
        place.database,
        "CREATE TABLE public.events (n int)",
        "ALTER DATABASE " + place.database + " SET search_path = public, bmnn_mark",
    )
    try:
        assert place.open().verify().events == 12
    finally:
        place.server.ask(
            place.database,
            "DROP TABLE public.events",
            "ALTER DATABASE " + place.database + " RESET search_path",
        )


def test_a_password_comes_from_its_file_and_the_rest_from_the_service_file(place, filled, tmp_path):
    """The server asks ``bmnn_asked`` for a password; see ``pg_hba.conf`` in ``conftest.py``."""
    services = tmp_path / "services"
    services.write_text(
        f"[office]\nhost={place.server.folder}\ndbname={place.database}\nuser=bmnn_asked\n"
    )
    passwords = tmp_path / "passwords"
    script = f"""
from pathlib import Path
from bmnn_mark.register.opening import open_register
register = open_register("postgresql+psycopg://?service=office", Path({str(place.folder)!r}))
print(len(register.documents()))
"""
    for password, last in (("right", "2"), ("wrong", "register.unreachable")):
        passwords.write_text(f"*:*:*:bmnn_asked:{password}\n")
        passwords.chmod(0o600)
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True,
            env={"PGSERVICEFILE": str(services), "PGPASSFILE": str(passwords)},
        )  # fmt: skip
        assert (done.stdout + done.stderr).strip().endswith(last)
        assert "wrong" not in done.stderr


def test_without_the_driver_the_refusal_names_the_extra(place):
    script = f"""
import sys
from pathlib import Path
sys.modules["psycopg"] = None
from bmnn_mark.register.opening import open_register
open_register({place.url!r}, Path({str(place.folder)!r}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.strip().endswith("register.driver_missing")


def test_the_driver_is_loaded_only_for_such_an_address(tmp_path):
    script = f"""
import sys
from pathlib import Path
from bmnn_mark.register.opening import create_register
create_register("sqlite:///{tmp_path}/r.db", Path({str(tmp_path)!r}), agency="A", actor="B",
    rehearsal=True).verify()
sys.exit("psycopg" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_the_whole_way_of_a_clerk_on_the_command_line(place, clerk, sample_pdf):
    def run(*words):
        done = clerk.json("--register", place.url, *words)
        assert done.code == 0, done.out + done.err
        return done.json

    run("register", "init", "--rehearsal")
    out = clerk.home / "out"
    run(
        "stamp", str(sample_pdf), "--level", "toi-mat", "--number-sign", "12/KH-SM", "--copies",
        "2", "-o", str(out),
    )  # fmt: skip
    assert len(run("register", "list")["documents"]) == 1
    first, _second = sorted(out.glob("*.pdf"))
    assert {code["trace"] for code in run("trace", str(first))["codes"]} == {"consistent"}
    run("register", "verify")
    again = clerk.json("--register", place.url, "register", "init")
    assert again.error["code"] == "register.exists"
    kept = sorted(path.name for path in (clerk.home / "data").iterdir())
    assert kept == ["keys", "making.lock"]

# SPDX-License-Identifier: Apache-2.0
"""Registers in a temporary folder, with a clock of their own; each test runs on either engine.

``pytest.mark.sqlite_only`` stands where a test is about the file itself.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from bmnn_mark.register.opening import create_register, open_register
from bmnn_mark.register.port import CopyRecord, CopyState, DocumentIdentity, IssueRequest, Recipient
from bmnn_mark.register.store import Register
from bmnn_mark.rules import Level


@dataclass
class Place:
    """A register's place on the disk, and how to ask it for things."""

    folder: Path
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 8, tzinfo=UTC))

    @property
    def file(self) -> Path:
        return self.folder / "register.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    @property
    def keys(self) -> Path:
        (folder,) = (self.folder / "keys").iterdir()
        return folder

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def create(self, *, rehearsal: bool = False) -> Register:
        return create_register(
            self.url,
            self.folder,
            agency="Sở Xây dựng",
            actor="Văn thư An",
            rehearsal=rehearsal,
            clock=self.clock,
        )

    def open(self, *, inspect: bool = False) -> Register:
        return open_register(self.url, self.folder, clock=self.clock, inspect=inspect)

    def content(self) -> bytes:
        """All that the database holds."""
        return self.file.read_bytes()

    def gone(self) -> bool:
        """Whether nothing of a register is there."""
        return not self.file.exists()

    def leave(self) -> None:
        """Let the place be used for another register."""

    def change(self, *statements: str, triggers: bool = False) -> None:
        """Edit the file as somebody would who has it and no key."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            if not triggers:
                names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (name,) in names.fetchall():
                    connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)


class Server:
    """A PostgreSQL server of the tests' own: a socket in a folder, and no network."""

    def __init__(self) -> None:
        programs = sorted(
            Path("/usr/lib/postgresql").glob("*/bin/postgres"),
            key=lambda program: float(program.parts[-3]),
        )
        assert programs, "no PostgreSQL server is installed: run script/bootstrap"
        self._programs = programs[-1].parent
        self.folder = Path(tempfile.mkdtemp(prefix="bmnn-pg-"))
        self._as: tuple[str, ...] = ()
        if os.getuid() == 0:  # which the server refuses to run as
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        self._free: list[str] = []
        self._made = 0

    @contextmanager
    def running(self) -> Iterator[Server]:
        data = self.folder / "data"
        made = ("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8")
        assert self._start(*made, "--no-locale", "--no-sync").wait(timeout=120) == 0
        rules = data / "pg_hba.conf"
        rules.write_text("local all bmnn_asked scram-sha-256\n" + rules.read_text())
        settings = (
            "listen_addresses=", f"unix_socket_directories={self.folder}", "fsync=off",
            "full_page_writes=off", "max_connections=40", "shared_buffers=32MB",
        )  # fmt: skip
        options = [word for setting in settings for word in ("-c", setting)]
        server = self._start("postgres", "-D", data, *options)
        try:
            self._wait(server)
            self.ask(
                "postgres",
                "CREATE ROLE bmnn_owner LOGIN",
                "CREATE ROLE bmnn_clerk LOGIN",
                "CREATE ROLE bmnn_asked LOGIN PASSWORD 'right' IN ROLE bmnn_owner",
            )
            yield self
        finally:
            server.terminate()
            server.wait(timeout=30)
            shutil.rmtree(self.folder)

    def _start(self, program: str, *words: object) -> subprocess.Popen[bytes]:
        """A program of the server's that ends with this process, however that ends."""
        alone = ("setpriv", "--pdeathsig=KILL", *self._as)
        words = (*alone, self._programs / program, *map(str, words))
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(words, cwd=self.folder, stdout=log, stderr=log)

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        for _ in range(600):
            assert server.poll() is None, (self.folder / "log").read_text()
            try:
                return self.ask("postgres")
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def connect(self, database: str) -> psycopg.Connection:
        """A connection of the server's master."""
        return psycopg.connect(
            host=str(self.folder), dbname=database, user="postgres", autocommit=True,
            options="-c search_path=bmnn_mark -c client_min_messages=warning",
        )  # fmt: skip

    def ask(self, database: str, *statements: str) -> None:
        with closing(self.connect(database)) as connection:
            for statement in statements:
                connection.execute(statement)

    def url(self, database: str, role: str = "bmnn_owner") -> str:
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

    def lend(self) -> str:
        """An empty database; one that was given back, which is quicker, or a new one."""
        if self._free:
            return self._free.pop()
        self._made += 1
        self.ask("postgres", f"CREATE DATABASE register_{self._made} OWNER bmnn_owner")
        return f"register_{self._made}"

    def give_back(self, name: str) -> None:
        self.ask(name, "DROP SCHEMA IF EXISTS bmnn_mark CASCADE")
        self._free.append(name)


@dataclass
class ServedPlace(Place):
    """A register's place on the server."""

    server: Server | None = None
    database: str = ""

    @property
    def file(self) -> Path:
        raise AssertionError("a test about the file is marked sqlite_only")

    @property
    def url(self) -> str:
        return self.server.url(self.database)

    def content(self) -> bytes:
        with closing(self.server.connect(self.database)) as connection:
            names = "SELECT tablename FROM pg_tables WHERE schemaname = 'bmnn_mark' ORDER BY 1"
            rows = [
                (name, row)
                for (name,) in connection.execute(names).fetchall()
                for row in connection.execute(f"SELECT t.* FROM {name} AS t ORDER BY t")
            ]
        return repr(rows).encode() + b"".join(
            cell for _name, row in rows for cell in row if isinstance(cell, bytes)
        )

    def gone(self) -> bool:
        with closing(self.server.connect(self.database)) as connection:
            found = connection.execute("SELECT FROM pg_namespace WHERE nspname = 'bmnn_mark'")
            return found.rowcount == 0

    def leave(self) -> None:
        if self.database:
            self.server.give_back(self.database)
            self.database = ""

    def change(self, *statements: str, triggers: bool = False) -> None:
        """Edit the tables as the server's master may, in SQLite's way of writing bytes."""
        with closing(self.server.connect(self.database)) as connection, connection.transaction():
            if not triggers:
                for name in ("events", "sealed", "nodes", "heads"):
                    connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
            for statement in statements:
                connection.execute(re.sub(r"x('[0-9a-f]*')", r"decode(\1, 'hex')", statement))


def request(number: int = 1, **changes: object) -> IssueRequest:
    values = {
        "identity": DocumentIdentity(
            agency="Sở Xây dựng", number_sign=f"{number}/BC-SXD", dated=date(2026, 3, 2)
        ),
        "level": Level.TOI_MAT,
        "pack": "nd63-2026",
        "recipients": (Recipient(name="Bí thư Bình", copies=2), Recipient(name="Chánh văn phòng")),
        "pages": 3,
        "source_sha256": f"{number:064x}",
        "actor": "Văn thư An",
    }
    return IssueRequest(**values | changes)


def step(attempt_id: str, *states: CopyState) -> tuple[CopyRecord, ...]:
    return tuple(CopyRecord(attempt_id=attempt_id, state=one, actor="An") for one in states)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames and not hasattr(metafunc.module, "engine"):
        alone = metafunc.definition.get_closest_marker("sqlite_only")
        engines = ["sqlite"] if alone else ["sqlite", "postgresql"]
        metafunc.parametrize("engine", engines, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server().running() as server:
        yield server


@pytest.fixture(name="place_in")
def _place_in(engine: str, request: pytest.FixtureRequest) -> Iterator[Callable[[Path], Place]]:
    """Makes a place in a folder; ``leave`` it where a test needs many."""
    places: list[Place] = []

    def place_in(folder: Path) -> Place:
        if engine == "sqlite":
            return Place(folder)
        server = request.getfixturevalue("server")
        places.append(ServedPlace(folder, server=server, database=server.lend()))
        return places[-1]

    yield place_in
    for place in places:
        place.leave()


@pytest.fixture
def place(tmp_path: Path, place_in: Callable[[Path], Place]) -> Place:
    return place_in(tmp_path)


@pytest.fixture(name="request_for")
def _request_for() -> Callable[..., IssueRequest]:
    return request


@pytest.fixture
def steps() -> Callable[..., tuple[CopyRecord, ...]]:
    return step

# SPDX-License-Identifier: Apache-2.0
"""Registers in a temporary folder, with a clock of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

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

    def change(self, *statements: str, triggers: bool = False) -> None:
        """Edit the file as somebody would who has it and no key."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            if not triggers:
                names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (name,) in names.fetchall():
                    connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)


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


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(name="request_for")
def _request_for() -> Callable[..., IssueRequest]:
    return request


@pytest.fixture
def steps() -> Callable[..., tuple[CopyRecord, ...]]:
    return step


@pytest.fixture(name="place_in")
def _place_in() -> type[Place]:
    return Place

# SPDX-License-Identifier: Apache-2.0
"""What everything that is asked of a register rests on: its place, its keys, a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from bmnn_mark.errors import Scalar
from bmnn_mark.register import database
from bmnn_mark.register.events import RegisterCreated
from bmnn_mark.register.heads import raise_mark, read_mark
from bmnn_mark.register.keys import Lock, RegisterKeys, read_key, read_keys, sealing_name
from bmnn_mark.register.ledger import Entering, Sealing, check_end, clock_set_back
from bmnn_mark.register.passphrase import PassphraseLock
from bmnn_mark.register.rotation import announced_keys, last_rotation
from bmnn_mark.register.sealing import Entropy, Sealer

Clock = Callable[[], datetime]
OnNotice = Callable[[str, Mapping[str, Scalar]], None]
"""Told of what a person should know: a code of the words catalogue and what fills its blanks."""


def ignore_notice(_code: str, _detail: Mapping[str, Scalar]) -> None:
    """For callers that tell nobody."""


def _nothing_first(_connection: Connection) -> None:
    """For transactions that only enter events."""


class Core:
    """A register's place, keys and clock, and its one way to write."""

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        created: RegisterCreated,
        sealing: Sealing,
        clock: Clock,
        lock: PassphraseLock | None = None,
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._created = created
        self._sealing = sealing
        self._clock = clock
        self._lock = lock
        self.on_notice: OnNotice = ignore_notice
        """Told where the machine's clock was set back; the entry is made all the same."""

    @property
    def register_id(self) -> str:
        """Opaque id of the register."""
        return self._created.register

    @property
    def rehearsal(self) -> bool:
        """Whether this is a rehearsal register; never changes."""
        return self._created.rehearsal

    @property
    def public_key(self) -> bytes:
        """Ed25519 key of its heads and tickets, 32 bytes."""
        return bytes.fromhex(self._created.public_key)

    @contextmanager
    def _entering(
        self, first: Callable[[Connection], None] = _nothing_first
    ) -> Iterator[tuple[Connection, Entering]]:
        """One writing transaction; the mark is raised once it is on the disk.

        Args:
            first: done in it before an event is entered.
        """
        public_key = bytes.fromhex(self._created.public_key)
        mark = read_mark(self._folder, self.register_id, public_key)
        with database.writing(self._engine) as connection:
            size = check_end(connection, self.register_id, public_key, mark)
            self._follow_rotations(connection)
            now = self._clock()
            behind = clock_set_back(connection, now)
            if behind:
                self.on_notice("register.clock_set_back", {"seconds": behind})
            first(connection)
            entering = Entering(connection, self._sealing, now, size)
            yield connection, entering
            head = entering.finish()
        raise_mark(self._folder, head, public_key)

    def _follow_rotations(self, connection: Connection) -> None:
        """Take the keys anew where another program replaced one since they were read."""
        if last_rotation(connection) == self._sealing.keys.announced:
            return
        found = read_keys(self._folder, self._lock)
        keys = announced_keys(connection, self._created, found, guess=False)
        entropy = self._sealing.entropy
        self._sealing = sealing_with(self._created, keys, self._folder, self._lock, entropy)


def sealing_with(
    created: RegisterCreated,
    keys: RegisterKeys,
    folder: Path,
    lock: Lock | None,
    entropy: Entropy,
) -> Sealing:
    """What events are entered with; a master key that comes later is looked for in ``folder``."""

    def find(number: int) -> bytes:
        return read_key(folder, sealing_name(number), lock)

    return Sealing(
        register_id=created.register,
        keys=keys,
        sealer=Sealer(keys.masters, keys.master, created.register, find),
        entropy=entropy,
    )

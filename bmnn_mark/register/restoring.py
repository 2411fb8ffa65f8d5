# SPDX-License-Identifier: Apache-2.0
"""Putting a register back from a backup; where more was known, two people must say why."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.files import os_reason, private_folder
from bmnn_mark.register import database
from bmnn_mark.register.backup import key_of
from bmnn_mark.register.backup_file import read_header, read_records
from bmnn_mark.register.core import Clock, sealing_with
from bmnn_mark.register.erasure import Approval
from bmnn_mark.register.events import RegisterCreated
from bmnn_mark.register.heads import Head, raise_mark, read_mark
from bmnn_mark.register.keeping_events import BackupKey, RegisterRestored
from bmnn_mark.register.keys import RegisterKeys, key_line, keys_folder, read_keys, write_key
from bmnn_mark.register.ledger import Entering, newest_head, peaks_at, read_event, size_of
from bmnn_mark.register.passphrase import Passphrase, guard, open_lock
from bmnn_mark.register.refilling import Contents, Reading, Refill
from bmnn_mark.register.rotation import announced_keys
from bmnn_mark.register.schema import acts
from bmnn_mark.register.sealing import Entropy
from bmnn_mark.register.tree import fold
from bmnn_mark.register.verification import rebuild


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What was put back.

    Attributes:
        register: id of the register.
        events: how many it has now.
        before: how many were in its place before.
        lost: how many there had been besides, by the high-water mark; paper of them may turn up.
    """

    register: str
    events: int
    before: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """What is to be restored, and how.

    Attributes:
        source: the backup.
        url: where the register is to be.
        data_folder: where the folder ``keys`` is.
        backup_passphrase: that the backup was sealed with, or what asks for it.
        passphrase: over the key files that are there, or what asks for it.
        explained: who says why the register goes back behind what is known; None says nothing.
    """

    source: Path
    url: str
    data_folder: Path
    backup_passphrase: Passphrase | None = None
    passphrase: Passphrase | None = None
    explained: Approval | None = None


def restore_register(wanted: Restoration, *, clock: Clock, entropy: Entropy) -> RestoreReport:
    """Put a register back into an empty place, or bring one that is behind up to a backup.

    The backup is read to its end and checked before anything is written; then all is one
    transaction. Where the high-water mark beside the keys knows of more than the backup holds,
    that is entered as an event, with the reason.

    Raises:
        RegisterRefused: ``register.not_a_backup``, ``register.backup_closed``,
            ``register.backup_broken``, ``register.key_missing``, ``register.key_wrong``,
            ``register.passphrase_needed``, ``register.passphrase_wrong``,
            ``register.rolled_back``: more is known and nobody explains;
            ``register.not_behind``: what is there has another history, or more of it;
            ``register.unwritable``, ``register.busy``, ``register.damaged``.
        UsageRefused: ``input.*``.
    """
    return _Restoring(wanted, clock, entropy).run()


class _Restoring:
    """One restoration; see :func:`restore_register`."""

    def __init__(self, wanted: Restoration, clock: Clock, entropy: Entropy) -> None:
        self._wanted = wanted
        self._clock = clock
        self._entropy = entropy
        self._words = wanted.explained.fields() if wanted.explained else None
        with self._file() as file:
            self._header = read_header(file)
        self._id = self._header.register
        self._folder = keys_folder(wanted.data_folder, self._id)
        self._home = database.home_of(wanted.url)
        self._size, self._root = self._present()
        self._new = not (self._folder / "signing.key").exists()
        self._lock = None if self._new else open_lock(self._folder, wanted.passphrase)
        self._held = {} if self._new else dict(read_keys(self._folder, self._lock).secrets)
        self._typed: str | None = None
        self._key = self._backup_key()
        self._mark = self._known()

    def _file(self) -> BinaryIO:
        try:
            return self._wanted.source.open("rb")
        except OSError as error:
            raise RegisterRefused("register.backup_unreadable", reason=os_reason(error)) from error

    def _present(self) -> tuple[int, bytes]:
        """How many events are in the place, and their tree's root."""
        with self._home.named_failures():
            if not self._home.taken():
                return 0, b""
        engine = self._home.engine()
        with database.reading(engine) as connection:
            of_today = database.check_format(connection)
            created = read_event(connection, 0).leaf.what
            same = isinstance(created, RegisterCreated) and created.register == self._id
            if not same or not of_today:
                raise RegisterRefused("register.not_behind")
            size = size_of(connection)
            root = fold(peaks_at(connection, size))
        return size, root

    def _backup_key(self) -> bytes:
        if self._header.key is BackupKey.PASSPHRASE:
            given = self._wanted.backup_passphrase
            self._typed = given() if callable(given) else given
        return key_of(self._header, self._typed, self._held.get("blind"))

    def _known(self) -> Head | None:
        """The high-water mark; None where no key of the register lies here."""
        if self._new:
            return None
        return read_mark(self._folder, self._id, RegisterKeys(secrets=self._held).public_key)

    def run(self) -> RestoreReport:
        sizes = {self._size, 0 if self._mark is None else self._mark.size}
        reading = Reading(self._id, sizes)
        with self._file() as file:
            reading.take(read_records(file, read_header(file), self._key))
        contents = reading.contents
        if self._finish_explained():
            return self._report(self._size, 0)
        assert contents.head is not None
        behind = self._size <= contents.head.size
        if self._size and (not behind or contents.roots[self._size] != self._root):
            raise RegisterRefused("register.not_behind")
        lost = self._lost(contents, contents.head)
        try:
            head = self._write(contents, explaining=lost > 0)
        except BaseException:
            if self._new:
                shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self._report(head.size, lost)

    def _report(self, events: int, lost: int) -> RestoreReport:
        return RestoreReport(register=self._id, events=events, before=self._size, lost=lost)

    def _lost(self, contents: Contents, head: Head) -> int:
        """How many events are known that the backup does not have.

        Raises:
            RegisterRefused: ``register.rolled_back``: and nobody says why.
        """
        mark = self._mark
        if mark is None or contents.roots.get(mark.size) == mark.root:
            return 0
        if any(_explains(one, mark) for one in contents.restored):
            return 0
        if mark.size <= head.size or self._words is None:
            raise RegisterRefused("register.rolled_back", events=head.size, known=mark.size)
        return mark.size - head.size

    def _finish_explained(self) -> bool:
        """Bring the mark down where an event says why, and that was as far as somebody came."""
        mark = self._mark
        if mark is None or self._words is None or not self._size:
            return False
        with database.reading(self._home.engine()) as connection:
            told = connection.execute(
                select(acts.c.n).where(acts.c.document_id == "", acts.c.act == _RESTORED)
            )
            events = [read_event(connection, n).leaf.what for n in told.scalars().all()]
            head = newest_head(connection, self._id)
            if mark.size <= self._size and fold(peaks_at(connection, mark.size)) == mark.root:
                return False
        if head is None or not any(_explains(one, mark) for one in events):
            return False
        self._set_mark(head, RegisterKeys(secrets=self._held).public_key)
        return True

    def _write(self, contents: Contents, *, explaining: bool) -> Head:
        created = contents.created
        assert created is not None
        found = self._take_keys(contents)
        with ExitStack() as stack:
            if self._size:
                connection = stack.enter_context(database.writing(self._home.engine()))
                if size_of(connection) != self._size:
                    raise RegisterRefused("register.busy")
            else:
                connection = stack.enter_context(database.making(self._home, self._id))
            head = self._fill(connection, contents, found)
            keys = announced_keys(connection, created, found, guess=False)
            if explaining:
                head = self._explain(connection, created, keys, head)
            if self._new:  # where it is written last, a register without its mark could be there
                self._set_mark(head, keys.public_key)
        self._set_mark(head, keys.public_key)
        return head

    def _take_keys(self, contents: Contents) -> RegisterKeys:
        """All keys that are here or in the backup; those that were not here are put here."""
        for name, secret in contents.keys.items():
            if self._held.get(name, secret) != secret:
                raise RegisterRefused("register.key_wrong", key=name)
        missing = {name: key for name, key in contents.keys.items() if name not in self._held}
        if self._new:
            private_folder(self._folder.parent)
            private_folder(self._folder)
            if self._header.guarded and self._typed is not None:
                self._lock = guard(self._folder, None, self._typed, self._entropy)
        for name, secret in missing.items():
            line = key_line(name, secret, self._lock, self._entropy)
            write_key(self._folder, name, line, overwrite=False)
        return RegisterKeys(secrets={**missing, **self._held})

    def _fill(self, connection: Connection, contents: Contents, found: RegisterKeys) -> Head:
        created = contents.created
        assert created is not None
        refill = Refill(connection, self._id, self._size)
        with self._file() as file:
            refill.take(read_records(file, read_header(file), self._key))
        if refill.head is None or refill.head != contents.head:
            raise RegisterRefused("register.backup_broken")
        sealing = sealing_with(created, found, self._folder, self._lock, self._entropy)
        rebuild(connection, sealing.sealer, found.blind)
        return refill.head

    def _explain(
        self, connection: Connection, created: RegisterCreated, keys: RegisterKeys, head: Head
    ) -> Head:
        approval, mark = self._wanted.explained, self._mark
        assert approval is not None
        assert mark is not None
        assert self._words is not None
        sealing = sealing_with(created, keys, self._folder, self._lock, self._entropy)
        entering = Entering(connection, sealing, self._clock(), head.size)
        what = RegisterRestored(
            events=head.size, known=mark.size, root=mark.root.hex(), on=approval.on
        )
        entering.enter(what, self._words)
        return entering.finish()

    def _set_mark(self, head: Head, public_key: bytes) -> None:
        raise_mark(self._folder, head, public_key, explained=True)


_RESTORED = RegisterRestored.TYPE


def _explains(what: object, mark: Head) -> bool:
    """Whether an event says that what a mark knows of was lost."""
    return isinstance(what, RegisterRestored) and (
        what.events < mark.size < what.known
        or (what.known == mark.size and what.root == mark.root.hex())
    )

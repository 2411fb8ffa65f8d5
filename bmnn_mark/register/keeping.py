# SPDX-License-Identifier: Apache-2.0
"""Keeping the register itself: its keys, its passphrase, what is to be forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, bindparam, select, update

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import database
from bmnn_mark.register.backup import (
    BackupReport,
    OnCount,
    key_of,
    new_header,
    prove_backup,
    write_backup,
)
from bmnn_mark.register.core import Core, sealing_with
from bmnn_mark.register.erasure import Approval, ErasureRequest, check_request, erase_fields
from bmnn_mark.register.heads import read_mark
from bmnn_mark.register.keeping_events import BackupBegun, BackupKey, KeyKind, KeysRotated
from bmnn_mark.register.keys import (
    RegisterKeys,
    destroy_key,
    key_check,
    key_line,
    new_master,
    new_trace_secret,
    sealing_name,
    write_key,
)
from bmnn_mark.register.passphrase import checked_new, guard
from bmnn_mark.register.rotation import key_name
from bmnn_mark.register.schema import record_keys
from bmnn_mark.register.sealing import Sealer, SealError, Value
from bmnn_mark.register.verification import verify
from bmnn_mark.text import one_line

_PART = 2000


class Keeping(Core):
    """What is done with the register rather than with documents."""

    def rotate_key(self, kind: KeyKind, approval: Approval) -> int:
        """Replace a key; the number of the new one.

        A new master key wraps the keys of all sealed fields anew, in one transaction; the old one
        is destroyed once nothing refers to it. A new trace key seals new page codes; codes on
        paper stay readable with the old ones, which are kept.

        Raises:
            RegisterRefused: ``register.busy``, ``register.broken``, ``register.rolled_back``,
                ``register.unwritable``.
            UsageRefused: ``input.*``.
        """
        fields = approval.fields()
        before = self._sealing

        def first(connection: Connection) -> None:
            keys = self._with_new_key(kind)
            self._sealing = sealing_with(
                self._created, keys, self._folder, self._lock, before.entropy
            )
            if kind is KeyKind.SEALING:
                wrap_anew(connection, self._sealing.sealer)

        try:
            with self._entering(first) as (_, entering):
                number = _number(self._sealing.keys, kind)
                entering.enter(_rotated(self._sealing.keys, kind, approval), fields)
        except BaseException:
            self._sealing = before
            raise
        self._destroy_unused()
        return number

    def _with_new_key(self, kind: KeyKind) -> RegisterKeys:
        """The keys with a new one, which is on the disk; no event says so yet."""
        keys, entropy = self._sealing.keys, self._sealing.entropy
        taken = keys.masters if kind is KeyKind.SEALING else keys.trace_numbers
        number = max(_number(keys, kind), *taken) + 1  # also past one that no event announces
        if kind is KeyKind.SEALING:
            secret = new_master(entropy)
        else:
            secret = new_trace_secret(entropy, rehearsal=self.rehearsal)
        name = key_name(kind, number)
        line = key_line(name, secret, self._lock, entropy)
        write_key(self._folder, name, line, overwrite=False)
        secrets = {**keys.secrets, name: secret}
        if kind is KeyKind.SEALING:
            return replace(keys, secrets=secrets, master=number)
        return replace(keys, secrets=secrets, trace_number=number)

    def _destroy_unused(self) -> None:
        """Destroy master keys that were replaced and that no row refers to."""
        with database.reading(self._engine) as connection:
            used = set(connection.execute(select(record_keys.c.master).distinct()).scalars())
        for number in self._sealing.keys.masters:
            name = sealing_name(number)
            if number < self._sealing.keys.master and number not in used:
                destroy_key(self._folder, name)

    def erase(self, request: ErasureRequest, approval: Approval) -> tuple[int, ...]:
        """Forget sealed fields; the numbers of the events that held them.

        Leaves, commitments and the tree stay. What the disk, backups or old master keys keep of a
        field's key is not touched; a new master key (:meth:`rotate_key`) makes the former useless.

        Raises:
            RegisterRefused: ``register.not_erasable``, ``register.nothing_to_erase``,
                ``register.no_such_document``, ``register.no_such_event``, and as
                :meth:`rotate_key`.
            UsageRefused: ``input.*``.
        """
        check_request(request)
        with self._entering() as (connection, entering):
            return erase_fields(connection, entering, self._sealing.sealer, request, approval)

    def backup(
        self,
        target: Path,
        *,
        actor: str,
        on: date,
        passphrase: str | None,
        on_count: OnCount = lambda _done, _of: None,
    ) -> BackupReport:
        """Write the register as a backup into a new file, and restore and verify that beside it.

        Args:
            target: in a private folder, on a disk with room for the register once more.
            actor: who does it.
            on: the day.
            passphrase: that the backup is sealed with, the register's keys in it; None seals it
                with a key made from the register's, which are then not in it.
            on_count: told how many events are verified.

        Raises:
            RegisterRefused: ``register.broken``, ``register.busy``, ``register.damaged``,
                ``register.backup_unproven``.
            UsageRefused: ``register.passphrase_weak``, ``input.*``.
            OSError: there is no room.
        """
        if passphrase is not None:
            checked_new(passphrase)
        sort = BackupKey.REGISTER if passphrase is None else BackupKey.PASSPHRASE
        fields: dict[str, Value] = {"actor": one_line("actor", actor)}
        with self._entering() as (_, entering):
            entering.enter(BackupBegun(events=entering.size, key=sort, on=on), fields)
        sealing = self._sealing
        guarded = self._lock is not None
        header = new_header(self.register_id, passphrase, guarded=guarded, entropy=sealing.entropy)
        key = key_of(header, passphrase, sealing.keys.blind)
        mark = read_mark(self._folder, self.register_id, sealing.keys.public_key)
        with database.comparing(self._engine) as connection:
            if not verify(connection, sealing.keys, sealing.sealer, mark, on_count).intact:
                raise RegisterRefused("register.broken")
            head = write_backup(connection, target, header=header, key=key, keys=sealing.keys)
        if prove_backup(target, key, self._created, sealing, on_count) != head:
            raise RegisterRefused("register.backup_unproven")
        return BackupReport(
            register=self.register_id,
            events=head.size,
            root=head.root.hex(),
            key=sort,
            bytes=target.stat().st_size,
        )

    def set_passphrase(self, passphrase: str | None) -> None:
        """Guard the key files of this machine with another passphrase, or with none any more.

        Raises:
            RegisterRefused: ``register.unwritable``, ``register.busy``.
            UsageRefused: ``register.passphrase_weak``.
        """
        with database.writing(self._engine) as connection:  # nobody replaces a key meanwhile
            self._follow_rotations(connection)
            entropy = self._sealing.entropy
            self._lock = guard(self._folder, self._lock, passphrase, entropy)


def _number(keys: RegisterKeys, kind: KeyKind) -> int:
    return keys.master if kind is KeyKind.SEALING else keys.trace_number


def _rotated(keys: RegisterKeys, kind: KeyKind, approval: Approval) -> KeysRotated:
    number = _number(keys, kind)
    name = key_name(kind, number)
    return KeysRotated(
        kind=kind,
        number=number,
        check=key_check(name, keys.secrets[name]),
        trace_key=keys.trace.key_id.hex() if kind is KeyKind.TRACE else None,
        on=approval.on,
    )


def wrap_anew(connection: Connection, sealer: Sealer) -> None:
    """Wrap the keys of all sealed fields under the newest master key.

    Raises:
        RegisterRefused: ``register.broken``, ``register.key_missing``.
    """
    rows = (
        select(record_keys)
        .where(record_keys.c.n > bindparam("last"))
        .order_by(record_keys.c.n)
        .limit(_PART)
    )
    put = (
        update(record_keys)
        .where(record_keys.c.n == bindparam("of"))
        .values(master=sealer.newest, wrapped=bindparam("under"))
    )
    last = -1
    while part := connection.execute(rows, {"last": last}).all():
        try:
            wrapped = [
                {"of": row.n, "under": sealer.rewrap(row.n, row.wrapped, row.master)}
                for row in part
            ]
        except SealError:
            raise RegisterRefused("register.broken") from None
        connection.execute(put, wrapped)
        last = part[-1].n

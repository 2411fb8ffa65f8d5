# SPDX-License-Identifier: Apache-2.0
"""Keeping the register itself: its keys, its passphrase, what is to be forgotten."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, bindparam, select, update

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import database
from bmnn_mark.register.core import Core, sealing_with
from bmnn_mark.register.erasure import Approval, ErasureRequest, check_request, erase_fields
from bmnn_mark.register.keeping_events import KeyKind, KeysRotated
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
from bmnn_mark.register.rotation import key_name
from bmnn_mark.register.schema import record_keys
from bmnn_mark.register.sealing import Sealer, SealError

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
            self._sealing = before  # what its file holds is overwritten the next time
            raise
        self._destroy_unused()
        return number

    def _with_new_key(self, kind: KeyKind) -> RegisterKeys:
        """The keys with a new one, which is on the disk; no event says so yet."""
        keys, entropy = self._sealing.keys, self._sealing.entropy
        number = _number(keys, kind) + 1
        if kind is KeyKind.SEALING:
            secret = new_master(entropy)
        else:
            secret = new_trace_secret(entropy, rehearsal=self.rehearsal)
        name = key_name(kind, number)
        line = key_line(name, secret, self._lock, entropy)
        write_key(self._folder, name, line, overwrite=True)
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

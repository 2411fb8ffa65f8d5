# SPDX-License-Identifier: Apache-2.0
"""Writing a register as a backup, and showing that the file restores before it is called done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import database
from bmnn_mark.register.backup_file import (
    BackupWriter,
    Header,
    Record,
    key_from_register,
    read_header,
    read_records,
)
from bmnn_mark.register.core import sealing_with
from bmnn_mark.register.events import RegisterCreated
from bmnn_mark.register.heads import Head
from bmnn_mark.register.keeping_events import BackupKey
from bmnn_mark.register.keys import RegisterKeys
from bmnn_mark.register.ledger import Sealing, heads_from
from bmnn_mark.register.passphrase import Stretched
from bmnn_mark.register.refilling import Refill
from bmnn_mark.register.sealing import Entropy
from bmnn_mark.register.verification import event_rows, rebuild, verify

_SALT_BYTES = 16
OnCount = Callable[[int, int], None]
"""Told how many events of how many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What was written.

    Attributes:
        register: id of the register.
        events: how many there are in it.
        root: of their tree, hexadecimal.
        key: what it is sealed with; only with a passphrase are the register's keys in it.
        bytes: its size.
    """

    register: str
    events: int
    root: str
    key: BackupKey
    bytes: int


def new_header(
    register_id: str, passphrase: str | None, *, guarded: bool, entropy: Entropy
) -> Header:
    """What stands before a backup's records.

    Args:
        register_id: of the register.
        passphrase: that it is sealed with; None seals it with a key made from the register's.
        guarded: a passphrase is set over the register's keys.
        entropy: gives random bytes.
    """
    if passphrase is None:
        key, stretch = BackupKey.REGISTER, {"salt": entropy(_SALT_BYTES).hex()}
        return Header(register=register_id, key=key, guarded=guarded, stretch=dict(stretch))
    stretched = Stretched.from_entropy(entropy).plain()
    return Header(
        register=register_id, key=BackupKey.PASSPHRASE, guarded=guarded, stretch=stretched
    )


def key_of(header: Header, passphrase: str | None, blind_key: bytes | None) -> bytes:
    """The key of a backup.

    Raises:
        RegisterRefused: ``register.not_a_backup``; ``register.key_missing``: it needs the
            register's keys; ``register.passphrase_needed``.
    """
    try:
        if header.key is BackupKey.PASSPHRASE:
            if passphrase is None:
                raise RegisterRefused("register.passphrase_needed")
            return Stretched.read(header.stretch).key(passphrase)
        if blind_key is None:
            raise RegisterRefused("register.key_missing", key="blind")
        return key_from_register(blind_key, header.stretch)
    except ValueError as error:
        raise RegisterRefused("register.not_a_backup") from error


def write_backup(
    connection: Connection, target: Path, *, header: Header, key: bytes, keys: RegisterKeys
) -> Head:
    """Write a register that was just verified, in the same transaction, into a new file.

    Args:
        connection: inside a reading transaction.
        target: in a private folder.
        header: what stands before the records.
        key: of this file.
        keys: of the register; they go into it only where a passphrase seals it.

    Returns:
        The newest head in it.

    Raises:
        OSError: there is no room.
    """
    head = None
    with target.open("xb") as file:
        writer = BackupWriter(file, header, key)
        if header.key is BackupKey.PASSPHRASE:
            for name, secret in sorted(keys.secrets.items()):
                writer.put(Record.KEY, name.encode(), secret)
        size = 0
        for rows in event_rows(connection):
            heads = heads_from(connection, header.register, size, size + len(rows))
            at = {head.size: head for head in heads}
            for row in rows:
                size = row.n + 1
                master = row.master.to_bytes(4)
                writer.put(Record.EVENT, row.leaf, row.boxes, master, row.wrapped)
                if size in at:
                    head = at[size]
                    writer.put(Record.HEAD, *_told(head))
        writer.put(Record.END, size.to_bytes(8))
        writer.finish()
    assert head is not None
    return head


def _told(head: Head) -> tuple[bytes, ...]:
    return head.size.to_bytes(8), head.root, head.at.encode(), head.signature


def prove_backup(
    source: Path, key: bytes, created: RegisterCreated, sealing: Sealing, on_count: OnCount
) -> Head | None:
    """Restore a backup into a file beside it, which is left to be removed, and verify that.

    Args:
        source: the backup, in a private folder on a disk with room for the register.
        key: of the backup.
        created: event 0 of the register.
        sealing: its keys.
        on_count: progress.

    Returns:
        The newest head in it; None where it does not restore to a register that is intact.
    """
    home = database.home_of(f"sqlite:///{source.parent / 'proof.db'}")
    # Keys as they are at hand: a key that was destroyed is found nowhere else, either.
    own = sealing_with(created, sealing.keys, source.parent, None, sealing.entropy)
    refill = None
    try:
        with source.open("rb") as file:
            header = read_header(file)
            with database.making(home, created.register) as connection:
                refill = Refill(connection, created.register)
                refill.take(read_records(file, header, key))
                rebuild(connection, own.sealer, sealing.keys.blind)
    except RegisterRefused:
        return None
    assert refill.head is not None
    with database.comparing(home.engine()) as connection:
        report = verify(connection, sealing.keys, own.sealer, refill.head, on_count)
    return refill.head if report.intact else None

# SPDX-License-Identifier: Apache-2.0
"""Making a register, and opening one after a look at its keys and its end."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from bmnn_mark.clock import now as clock_now
from bmnn_mark.errors import RegisterRefused
from bmnn_mark.files import private_folder
from bmnn_mark.register import database
from bmnn_mark.register.core import Clock, sealing_with
from bmnn_mark.register.events import RegisterCreated
from bmnn_mark.register.heads import raise_mark, read_mark
from bmnn_mark.register.keys import RegisterKeys, keys_folder, read_keys
from bmnn_mark.register.ledger import Entering, check_end, read_event
from bmnn_mark.register.passphrase import (
    Passphrase,
    PassphraseLock,
    checked_new,
    new_lock,
    open_lock,
    write_lock,
)
from bmnn_mark.register.rotation import announced_keys
from bmnn_mark.register.sealing import Entropy
from bmnn_mark.register.store import Register
from bmnn_mark.register.verification import rebuild
from bmnn_mark.text import one_line


def create_register(  # noqa: PLR0913 - each is one decision, made once
    url: str,
    data_folder: Path,
    *,
    agency: str,
    actor: str,
    rehearsal: bool,
    clock: Clock = clock_now,
    entropy: Entropy = secrets.token_bytes,
    passphrase: str | None = None,
) -> Register:
    """Make a register and its keys; the file appears whole or not at all.

    Args:
        url: ``sqlite:///<path>`` or ``postgresql+psycopg://<role>@<host>/<database>``.
        data_folder: where the folder ``keys`` is, or is made.
        agency: name of the issuing agency, sealed.
        actor: who does it, sealed.
        rehearsal: whether it is for development, training and demonstration; never changes.
        clock: gives the time of each event.
        entropy: gives random bytes.
        passphrase: to be set over the key files; None leaves them open to who reads the folder.

    Raises:
        UsageRefused: ``register.passphrase_weak``.
        RegisterRefused: ``register.exists``, ``register.url_wrong``,
            ``register.password_in_url``, ``register.unwritable``, ``register.driver_missing``,
            ``register.unreachable``, ``register.not_permitted``.
    """
    home = database.home_of(url)
    fields = {"actor": one_line("actor", actor), "agency": one_line("agency", agency)}
    with home.named_failures():
        if home.taken():
            raise RegisterRefused("register.exists")
    register_id = entropy(16).hex()
    folder = keys_folder(data_folder, register_id)
    keys = RegisterKeys.from_entropy(entropy, rehearsal=rehearsal)
    created = RegisterCreated(
        register=register_id,
        rehearsal=rehearsal,
        public_key=keys.public_key.hex(),
        trace_key=keys.trace.key_id.hex(),
        key_checks=keys.checks(),
    )
    lock = None if passphrase is None else new_lock(entropy)
    sealing = sealing_with(created, keys, folder, lock, entropy)
    private_folder(data_folder / "keys")
    try:
        private_folder(folder)
        if passphrase is not None and lock is not None:
            write_lock(folder, lock, checked_new(passphrase), entropy)
        keys.write(folder, lock, entropy)
        with database.making(home, register_id) as connection:
            entering = Entering(connection, sealing, clock(), size=0)
            entering.enter(created, fields)
            raise_mark(folder, entering.finish(), keys.public_key)
    except BaseException as error:
        # A server that was lost may have made the register all the same: its keys stay.
        if getattr(error, "code", "") != "register.unreachable":
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return Register(home.engine(), folder, created, sealing, clock, lock)


def open_register(
    url: str,
    data_folder: Path,
    *,
    clock: Clock = clock_now,
    entropy: Entropy = secrets.token_bytes,
    inspect: bool = False,
    passphrase: Passphrase | None = None,
) -> Register:
    """Open a register after checking its keys, its newest head and the high-water mark.

    Args:
        url: ``sqlite:///<path>`` or ``postgresql+psycopg://<role>@<host>/<database>``.
        data_folder: where the folder ``keys`` is.
        clock: gives the time of each event.
        entropy: gives random bytes.
        inspect: open it although its end is broken or was rolled back, so that ``verify`` can
            name the fault and ``trace`` can hear the witness; writing is refused then all the same.
        passphrase: where one is set over the key files: it, or what asks somebody for it.

    Raises:
        RegisterRefused: ``register.not_found``, ``register.not_a_register``,
            ``register.key_missing``, ``register.key_unsafe``, ``register.key_wrong``,
            ``register.broken``, ``register.rolled_back``, ``register.newer_format``,
            ``register.url_wrong``, ``register.password_in_url``, ``register.busy``,
            ``register.driver_missing``, ``register.unreachable``, ``register.not_permitted``,
            ``register.earlier_format``,
            ``register.passphrase_needed``, ``register.passphrase_wrong``.
    """
    home = database.home_of(url)
    if not home.found():
        raise RegisterRefused("register.not_found")
    engine = home.engine()
    with database.reading(engine) as connection:
        of_today = database.check_format(connection)
        created = read_event(connection, 0).leaf.what
    if not isinstance(created, RegisterCreated):
        raise RegisterRefused("register.broken")
    folder = keys_folder(data_folder, created.register)
    lock = open_lock(folder, passphrase)
    if not of_today:
        if inspect:  # who only looks changes nothing; the medium may not even let him
            engine = home.copied()
        _bring_up(engine, created, folder, lock, whole=not inspect)
    with database.reading(engine) as connection:
        keys = announced_keys(connection, created, read_keys(folder, lock), guess=inspect)
    mark = read_mark(folder, created.register, keys.public_key)
    if not inspect:
        with database.reading(engine) as connection:
            check_end(connection, created.register, keys.public_key, mark)
    sealing = sealing_with(created, keys, folder, lock, entropy)
    return Register(engine, folder, created, sealing, clock, lock)


def _bring_up(
    engine: Engine,
    created: RegisterCreated,
    folder: Path,
    lock: PassphraseLock | None,
    *,
    whole: bool,
) -> None:
    """Bring a register of an earlier program to the tables of this one, in one transaction.

    Args:
        engine: leads to the register, or to a copy of it.
        created: event 0.
        folder: of the keys.
        lock: of the keys.
        whole: refuse one that is not; else what cannot be made from its events is left out, and
            ``verify`` says why.

    Raises:
        RegisterRefused: ``register.broken``, ``register.rolled_back``, ``register.not_permitted``,
            and as of keys.
    """
    public_key = bytes.fromhex(created.public_key)
    found = read_keys(folder, lock)
    mark = read_mark(folder, created.register, public_key) if whole else None
    with database.writing(engine) as connection:
        if mark is not None:
            check_end(connection, created.register, public_key, mark)
        if not database.bring_up(connection):
            return
        try:
            with connection.begin_nested():
                keys = announced_keys(connection, created, found, guess=True)
                sealing = sealing_with(created, keys, folder, lock, secrets.token_bytes)
                rebuild(connection, sealing.sealer, keys.blind)
        except (RegisterRefused, IntegrityError):
            if whole:
                raise

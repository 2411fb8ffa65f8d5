# SPDX-License-Identifier: Apache-2.0
"""Making a register, and opening one after a look at its keys and its end."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from bmnn_mark.clock import now as clock_now
from bmnn_mark.errors import RegisterRefused
from bmnn_mark.files import os_reason, private_folder, sync_folder
from bmnn_mark.register import database
from bmnn_mark.register.events import RegisterCreated
from bmnn_mark.register.heads import raise_mark, read_mark
from bmnn_mark.register.keys import RegisterKeys, keys_folder, read_keys
from bmnn_mark.register.ledger import Entering, Sealing, check_end, read_event
from bmnn_mark.register.sealing import Entropy, Sealer
from bmnn_mark.register.store import Clock, Register
from bmnn_mark.text import one_line


def create_register(
    url: str,
    data_folder: Path,
    *,
    agency: str,
    actor: str,
    rehearsal: bool,
    clock: Clock = clock_now,
    entropy: Entropy = secrets.token_bytes,
) -> Register:
    """Make a register and its keys; the file appears whole or not at all.

    Args:
        url: ``sqlite:///<path>``.
        data_folder: where the folder ``keys`` is, or is made.
        agency: name of the issuing agency, sealed.
        actor: who does it, sealed.
        rehearsal: whether it is for development, training and demonstration; never changes.
        clock: gives the time of each event.
        entropy: gives random bytes.

    Raises:
        RegisterRefused: ``register.exists``, ``register.url_wrong``,
            ``register.password_in_url``, ``register.unwritable``.
    """
    path = database.sqlite_path(url)
    fields = {"actor": one_line("actor", actor), "agency": one_line("agency", agency)}
    if path.exists():
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
    sealing = _sealing(created, keys, entropy)
    draft = path.parent / f".bmnn-{register_id}.tmp"
    private_folder(data_folder / "keys")
    try:
        keys.write(folder)
        database.create_file(draft)
        engine = database.engine_for(draft)
        with database.writing(engine) as connection:
            database.create_tables(connection)
            entering = Entering(connection, sealing, clock(), size=0)
            entering.enter(created, fields)
            head = entering.finish()
        raise_mark(folder, head, keys.public_key)
        _publish(draft, path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        draft.unlink(missing_ok=True)
    return Register(database.engine_for(path), folder, created, sealing, clock)


def _publish(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)  # refuses a file that came meanwhile
        sync_folder(path.parent)
    except FileExistsError as error:
        raise RegisterRefused("register.exists") from error
    except OSError as error:
        raise RegisterRefused("register.unwritable", reason=os_reason(error)) from error


def open_register(
    url: str,
    data_folder: Path,
    *,
    clock: Clock = clock_now,
    entropy: Entropy = secrets.token_bytes,
    inspect: bool = False,
) -> Register:
    """Open a register after checking its keys, its newest head and the high-water mark.

    Args:
        url: ``sqlite:///<path>``.
        data_folder: where the folder ``keys`` is.
        clock: gives the time of each event.
        entropy: gives random bytes.
        inspect: open it although its end is broken or was rolled back, so that ``verify`` can
            name the fault and ``trace`` can hear the witness; writing is refused then all the same.

    Raises:
        RegisterRefused: ``register.not_found``, ``register.not_a_register``,
            ``register.key_missing``, ``register.key_unsafe``, ``register.key_wrong``,
            ``register.broken``, ``register.rolled_back``, ``register.newer_format``,
            ``register.url_wrong``, ``register.password_in_url``, ``register.busy``.
    """
    path = database.sqlite_path(url)
    if not path.is_file():
        raise RegisterRefused("register.not_found")
    engine = database.engine_for(path)
    with database.reading(engine) as connection:
        database.check_format(connection)
        created = read_event(connection, 0).leaf.what
    database.bring_up(engine)
    if not isinstance(created, RegisterCreated):
        raise RegisterRefused("register.broken")
    folder = keys_folder(data_folder, created.register)
    keys = read_keys(folder)
    checks = keys.checks()
    for name, check in created.key_checks.items():
        if checks.get(name) != check:
            raise RegisterRefused("register.key_wrong", key=name)
    mark = read_mark(folder, created.register, keys.public_key)
    if not inspect:
        with database.reading(engine) as connection:
            check_end(connection, created.register, keys.public_key, mark)
    return Register(engine, folder, created, _sealing(created, keys, entropy), clock)


def _sealing(created: RegisterCreated, keys: RegisterKeys, entropy: Entropy) -> Sealing:
    return Sealing(
        register_id=created.register,
        keys=keys,
        sealer=Sealer(keys.sealing, created.register),
        entropy=entropy,
    )

# SPDX-License-Identifier: Apache-2.0
"""Handing out the register's trace keys to an office that must read its codes, and taking in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.errors import DocumentRefused, RegisterRefused
from bmnn_mark.register.key_file import MOST_BYTES, open_keys, seal_keys
from bmnn_mark.register.passphrase import checked_new
from bmnn_mark.workflow.office import Office


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReport:
    """Trace keys that were handed out or taken in.

    Attributes:
        register: id of the register whose they are.
        agency: whose register that is.
        keys: their ids, hexadecimal.
        new: how many of them were not here before; 0 of one's own.
    """

    register: str
    agency: str
    keys: tuple[str, ...]
    new: int


def export_keys(
    office: Office,
    target: Path,
    passphrase: str,
    *,
    actor: str,
    recipient: str = "",
    overwrite: bool = False,
) -> KeyReport:
    """Write every trace key of the register into a file that a passphrase opens.

    Whoever opens it can also forge codes of this register.

    Args:
        office: whose register.
        target: the file; mode 0600.
        passphrase: a new one, to be told by another way.
        actor: who does it.
        recipient: for whom; empty where nobody says.
        overwrite: replace a file of that name.

    Raises:
        UsageRefused: ``register.passphrase_weak``, ``input.*``.
        DocumentRefused: ``output.*``.
        RegisterRefused: not found, key missing, broken, rolled back.
    """
    checked_new(passphrase)
    files.check_target(target, overwrite=overwrite)
    register = office.open_register()
    keys, agency = register.trace_keys(), register.agency
    data = seal_keys(register.register_id, agency, keys, passphrase, secrets.token_bytes)
    register.journals.hand_out_keys(keys, actor, recipient)
    files.write_whole(target, (data,), overwrite=overwrite)
    return KeyReport(
        register=register.register_id,
        agency=agency,
        keys=tuple(key.key_id.hex() for key in keys),
        new=0,
    )


def import_keys(office: Office, source: Path, passphrase: str, *, actor: str) -> KeyReport:
    """Take in the trace keys of another register; those that are here already stay as they are.

    Raises:
        RegisterRefused: ``trace_key.*``; not found, key missing, broken, rolled back.
        DocumentRefused: the file cannot be read.
        UsageRefused: ``input.*``.
    """
    if files.check_size(source, office.limits) > MOST_BYTES:
        raise RegisterRefused("trace_key.not_a_key")
    try:
        with source.open("rb") as file:
            data = file.read(MOST_BYTES)
    except OSError as error:
        raise DocumentRefused("document.unreadable", reason=files.os_reason(error)) from error
    register = office.open_register()
    keys = open_keys(data, passphrase)
    if not keys:
        raise RegisterRefused("trace_key.not_a_key")
    return KeyReport(
        register=keys[0].register,
        agency=keys[0].agency,
        keys=tuple(one.key.key_id.hex() for one in keys),
        new=register.journals.keep_keys(keys, actor),
    )

# SPDX-License-Identifier: Apache-2.0
"""A register's trace keys as a file under a passphrase, for an office that must read its codes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.events import canonical
from bmnn_mark.register.journal_views import ForeignKey
from bmnn_mark.register.passphrase import PassphraseLock, Stretched
from bmnn_mark.register.sealing import Entropy
from bmnn_mark.tracking import TraceKey

#: Largest file, bytes; one key takes some two hundred.
MOST_BYTES = 1 << 20
_KIND = "bmnn-mark trace keys"
_FORMAT = 1
_NONCE_BYTES = 12


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """What stands in the clear."""

    box: str
    kdf: dict[str, str | int]
    kind: str
    v: int


class _Keys(msgspec.Struct, forbid_unknown_fields=True):
    """What the passphrase opens: whose keys, and each key's id and secret."""

    agency: str
    keys: list[tuple[str, str]]
    register: str


def seal_keys(
    register: str, agency: str, keys: Sequence[TraceKey], passphrase: str, entropy: Entropy
) -> bytes:
    """The file's bytes.

    Args:
        register: id of the register.
        agency: whose register it is.
        keys: the newest first.
        passphrase: checked for strength.
        entropy: gives random bytes.
    """
    told = canonical(
        {
            "agency": agency,
            "keys": [[key.key_id.hex(), key.secret.hex()] for key in keys],
            "register": register,
        }
    )
    stretched = Stretched.from_entropy(entropy)
    box = PassphraseLock(stretched.key(passphrase)).seal(_KIND, told, entropy(_NONCE_BYTES))
    line = canonical({"box": box.hex(), "kdf": stretched.plain(), "kind": _KIND, "v": _FORMAT})
    return line + b"\n"


def open_keys(untrusted_data: bytes, passphrase: str) -> tuple[ForeignKey, ...]:
    """The keys of a file.

    Raises:
        RegisterRefused: ``trace_key.not_a_key``, ``trace_key.passphrase_wrong``.
    """
    try:
        file = msgspec.json.decode(untrusted_data, type=_File)
        stretched, box = Stretched.read(file.kdf), bytes.fromhex(file.box)
        if (file.kind, file.v) != (_KIND, _FORMAT):
            raise ValueError("another kind of file")
    except (ValueError, RecursionError):
        raise RegisterRefused("trace_key.not_a_key") from None
    told = PassphraseLock(stretched.key(passphrase)).open(_KIND, box)
    if told is None:
        raise RegisterRefused("trace_key.passphrase_wrong")
    try:
        keys = msgspec.json.decode(told, type=_Keys)
        if len(bytes.fromhex(keys.register)) != 16:
            raise ValueError("no register has such an id")
        return tuple(
            ForeignKey(
                register=keys.register,
                agency=keys.agency,
                key=TraceKey(key_id=bytes.fromhex(key_id), secret=bytes.fromhex(secret)),
            )
            for key_id, secret in keys.keys
        )
    except ValueError:
        raise RegisterRefused("trace_key.not_a_key") from None

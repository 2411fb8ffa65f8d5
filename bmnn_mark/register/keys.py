# SPDX-License-Identifier: Apache-2.0
"""The keys of a register: files of mode 0600 in a folder of their own, whatever its URL."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bmnn_mark.errors import DocumentRefused, RegisterRefused
from bmnn_mark.files import private_folder, sync_folder, write_whole
from bmnn_mark.register.sealing import Entropy
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.key import KEY_ID_BYTES, SECRET_BYTES

_REGISTER_ID = re.compile(r"[0-9a-f]{32}")
#: Bytes of each key file's secret, by its name.
_SIZES: Mapping[str, int] = {
    "blind": 32,
    "sealing-1": 64,
    "signing": 32,
    "trace": KEY_ID_BYTES + SECRET_BYTES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterKeys:
    """The secrets of one register."""

    trace: TraceKey
    signing: bytes = field(repr=False)
    """Seed of the Ed25519 key of the tree heads, 32 bytes."""
    sealing: bytes = field(repr=False)
    """Master key of the sealed fields, 64 bytes."""
    blind: bytes = field(repr=False)
    """Key of the blind indexes, 32 bytes."""

    @classmethod
    def from_entropy(cls, entropy: Entropy, *, rehearsal: bool) -> RegisterKeys:
        """New keys."""
        return cls(
            trace=TraceKey.from_entropy(entropy(_SIZES["trace"]), rehearsal=rehearsal),
            signing=entropy(_SIZES["signing"]),
            sealing=entropy(_SIZES["sealing-1"]),
            blind=entropy(_SIZES["blind"]),
        )

    @property
    def public_key(self) -> bytes:
        """The key that tree heads are checked with, 32 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.signing).public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.signing).sign(message)

    def checks(self) -> dict[str, str]:
        """By key, a value that tells whether a key file is the one the register began with."""
        return {
            name: hashlib.sha256(
                b"bmnn-mark/key-check/1\x00" + name.encode() + b"\x00" + secret
            ).hexdigest()[:32]
            for name, secret in self._secrets().items()
        }

    def _secrets(self) -> dict[str, bytes]:
        return {
            "blind": self.blind,
            "sealing-1": self.sealing,
            "signing": self.signing,
            "trace": self.trace.key_id + self.trace.secret,
        }

    def write(self, folder: Path) -> None:
        """Put the keys into ``folder``, which is made; the files are synced to the disk."""
        private_folder(folder)
        for name, secret in self._secrets().items():
            line = f"bmnn-mark {name} {secret.hex()}\n".encode()
            write_private(folder / f"{name}.key", line, overwrite=False)
        sync_folder(folder.parent)


def keys_folder(data_folder: Path, untrusted_register_id: str) -> Path:
    """Where a register's keys lie.

    Raises:
        RegisterRefused: ``register.not_a_register``: no register has such an id.
    """
    if _REGISTER_ID.fullmatch(untrusted_register_id) is None:
        raise RegisterRefused("register.not_a_register")
    return data_folder / "keys" / untrusted_register_id


def read_keys(folder: Path) -> RegisterKeys:
    """Read the keys back.

    Raises:
        RegisterRefused: ``register.key_missing``, ``register.key_unsafe``, ``register.key_wrong``.
    """
    trace = _read_key(folder, "trace")
    return RegisterKeys(
        trace=TraceKey(key_id=trace[:KEY_ID_BYTES], secret=trace[KEY_ID_BYTES:]),
        signing=_read_key(folder, "signing"),
        sealing=_read_key(folder, "sealing-1"),
        blind=_read_key(folder, "blind"),
    )


def _read_key(folder: Path, name: str) -> bytes:
    line = read_private(folder / f"{name}.key", name)
    match line.decode("ascii", "replace").split():
        case ["bmnn-mark", kind, digits] if kind == name and len(digits) == 2 * _SIZES[name]:
            try:
                return bytes.fromhex(digits)
            except ValueError:
                pass
    raise RegisterRefused("register.key_wrong", key=name)


def write_private(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write a file whole, mode 0600, synced to the disk.

    Raises:
        RegisterRefused: ``register.unwritable``.
    """
    try:
        write_whole(path, (data,), overwrite=overwrite)
    except DocumentRefused as error:  # the code of another room
        raise RegisterRefused("register.unwritable", reason=error.detail.get("reason")) from error


def read_private(path: Path, name: str) -> bytes:
    """The bytes of a file that only its owner may read.

    Raises:
        RegisterRefused: ``register.key_missing``, ``register.key_unsafe``.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise RegisterRefused("register.key_missing", key=name) from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        safe = stat.S_ISREG(status.st_mode) and not stat.S_IMODE(status.st_mode) & 0o077
        if not safe or status.st_uid not in {0, os.getuid()}:
            raise RegisterRefused("register.key_unsafe", key=name)
        return file.read(4096)


def signed_by(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature holds."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True

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
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bmnn_mark.errors import DocumentRefused, RegisterRefused
from bmnn_mark.files import os_reason, sync_folder, write_whole
from bmnn_mark.register.sealing import Entropy
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.key import KEY_ID_BYTES, SECRET_BYTES

_REGISTER_ID = re.compile(r"[0-9a-f]{32}")
_KEY_FILE = re.compile(r"(blind|signing|trace|trace-[1-9][0-9]{0,5}|sealing-[1-9][0-9]{0,5})\.key")
#: Bytes of each key file's secret, by what stands before the number of its name.
_SIZES: Mapping[str, int] = {
    "blind": 32,
    "sealing": 64,
    "signing": 32,
    "trace": KEY_ID_BYTES + SECRET_BYTES,
}


NONCE_BYTES = 12


class Lock(Protocol):
    """What key files are sealed with where a passphrase is set over them."""

    def seal(self, name: str, secret: bytes, nonce: bytes) -> bytes:
        """What stands in the file of a key of that name."""

    def open(self, name: str, sealed: bytes) -> bytes | None:
        """The key; None where it was not sealed so."""


def sealing_name(number: int) -> str:
    """The name of a master key of the sealed fields, counted from 1."""
    return f"sealing-{number}"


def trace_name(number: int) -> str:
    """The name of a trace key, counted from 1; the first one has no number.

    >>> trace_name(1), trace_name(2)
    ('trace', 'trace-2')
    """
    return "trace" if number == 1 else f"trace-{number}"


def key_check(name: str, secret: bytes) -> str:
    """What the events say of a key, so that a swapped key file is told from it."""
    check = hashlib.sha256(b"bmnn-mark/key-check/1\x00" + name.encode() + b"\x00" + secret)
    return check.hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterKeys:
    """The secrets of one register.

    Attributes:
        secrets: by the name of its file, each secret that is at hand.
        master: number of the master key that fields are sealed under from now on.
        trace_number: number of the trace key that page codes are sealed with from now on.
        announced: number of the event that says so; 0 where no key was ever replaced.
    """

    secrets: Mapping[str, bytes] = field(repr=False)
    master: int = 1
    trace_number: int = 1
    announced: int = 0

    @classmethod
    def from_entropy(cls, entropy: Entropy, *, rehearsal: bool) -> RegisterKeys:
        """New keys."""
        return cls(
            secrets={
                "trace": new_trace_secret(entropy, rehearsal=rehearsal),
                "signing": entropy(_SIZES["signing"]),
                "sealing-1": entropy(_SIZES["sealing"]),
                "blind": entropy(_SIZES["blind"]),
            }
        )

    @property
    def trace(self) -> TraceKey:
        """The key of new page codes."""
        return self._trace(self.trace_number)

    @property
    def traces(self) -> tuple[TraceKey, ...]:
        """Every key that page codes were ever sealed with, the newest first.

        Among them keys that the events do not know: of entries that were lost with a restoration.
        """
        older = sorted(set(self.trace_numbers) - {self.trace_number}, reverse=True)
        return tuple(self._trace(number) for number in (self.trace_number, *older))

    @property
    def trace_numbers(self) -> tuple[int, ...]:
        """Numbers of the trace keys that are at hand."""
        names = (name.partition("-") for name in self.secrets)
        return tuple(int(number or 1) for kind, _, number in names if kind == "trace")

    @property
    def signing(self) -> bytes:
        """Seed of the Ed25519 key of the tree heads, 32 bytes."""
        return self._secret("signing")

    @property
    def masters(self) -> Mapping[int, bytes]:
        """By number, the master keys of the sealed fields that are at hand, 64 bytes each."""
        return {
            int(name.removeprefix("sealing-")): secret
            for name, secret in self.secrets.items()
            if name.startswith("sealing-")
        }

    @property
    def blind(self) -> bytes:
        """Key of the blind indexes, 32 bytes."""
        return self._secret("blind")

    @property
    def public_key(self) -> bytes:
        """The key that tree heads are checked with, 32 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.signing).public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.signing).sign(message)

    def checks(self) -> dict[str, str]:
        """By name of a key at hand, what the events say of it."""
        return {name: key_check(name, secret) for name, secret in sorted(self.secrets.items())}

    def wrong(self, announced: Mapping[str, str]) -> str | None:
        """The name of a key that is not the one that was announced; None where all are.

        A master key that was replaced is destroyed: that it is gone is no fault.
        """
        checks = self.checks()
        older = {sealing_name(number) for number in range(1, self.master)}
        for name, check in announced.items():
            if checks.get(name) != check and not (name in older and name not in checks):
                return name
        return None

    def _trace(self, number: int) -> TraceKey:
        data = self._secret(trace_name(number))
        return TraceKey(key_id=data[:KEY_ID_BYTES], secret=data[KEY_ID_BYTES:])

    def _secret(self, name: str) -> bytes:
        if name not in self.secrets:
            raise RegisterRefused("register.key_missing", key=name)
        return self.secrets[name]

    def write(self, folder: Path, lock: Lock | None, entropy: Entropy) -> None:
        """Put the keys into ``folder``, which is there; the files are synced to the disk."""
        for name, secret in self.secrets.items():
            write_key(folder, name, key_line(name, secret, lock, entropy), overwrite=False)
        sync_folder(folder.parent)


def new_trace_secret(entropy: Entropy, *, rehearsal: bool) -> bytes:
    """A new trace key as its file holds it: its id and its secret."""
    key = TraceKey.from_entropy(entropy(_SIZES["trace"]), rehearsal=rehearsal)
    return key.key_id + key.secret


def new_master(entropy: Entropy) -> bytes:
    """A new master key of the sealed fields."""
    return entropy(_SIZES["sealing"])


def keys_folder(data_folder: Path, untrusted_register_id: str) -> Path:
    """Where a register's keys lie.

    Raises:
        RegisterRefused: ``register.not_a_register``: no register has such an id.
    """
    if _REGISTER_ID.fullmatch(untrusted_register_id) is None:
        raise RegisterRefused("register.not_a_register")
    return data_folder / "keys" / untrusted_register_id


def read_keys(folder: Path, lock: Lock | None = None) -> RegisterKeys:
    """Read every key that is there; none is yet known to be the newest of its kind.

    Args:
        folder: where the keys lie.
        lock: opens them where a passphrase is set.

    Raises:
        RegisterRefused: ``register.key_missing``, ``register.key_unsafe``, ``register.key_wrong``,
            ``register.passphrase_needed``.
    """
    names = sorted(path.stem for path in folder.glob("*.key") if _KEY_FILE.fullmatch(path.name))
    return RegisterKeys(secrets={name: read_key(folder, name, lock) for name in names})


def read_key(folder: Path, name: str, lock: Lock | None = None) -> bytes:
    """One key by its name.

    Raises:
        RegisterRefused: ``register.key_missing``, ``register.key_unsafe``, ``register.key_wrong``,
            ``register.passphrase_needed``.
    """
    line = read_private(folder / f"{name}.key", name)
    size = _SIZES[name.partition("-")[0]]
    match line.decode("ascii", "replace").split():
        case ["bmnn-mark", kind, digits] if kind == name:
            secret = _from_hex(digits)
        case ["bmnn-mark", kind, "locked", digits] if kind == name:
            if lock is None:
                raise RegisterRefused("register.passphrase_needed")
            secret = lock.open(name, _from_hex(digits) or b"")
        case _:
            secret = None
    if secret is None or len(secret) != size:
        raise RegisterRefused("register.key_wrong", key=name)
    return secret


def _from_hex(untrusted_digits: str) -> bytes | None:
    try:
        return bytes.fromhex(untrusted_digits)
    except ValueError:
        return None


def key_line(name: str, secret: bytes, lock: Lock | None, entropy: Entropy) -> bytes:
    """What a key's file holds."""
    if lock is None:
        return f"bmnn-mark {name} {secret.hex()}\n".encode()
    sealed = lock.seal(name, secret, entropy(NONCE_BYTES))
    return f"bmnn-mark {name} locked {sealed.hex()}\n".encode()


def write_key(folder: Path, name: str, line: bytes, *, overwrite: bool) -> None:
    """Write one key's file.

    Raises:
        RegisterRefused: ``register.unwritable``.
    """
    write_private(folder / f"{name}.key", line, overwrite=overwrite)


def destroy_key(folder: Path, name: str) -> None:
    """Overwrite and remove one key's file; what a disk keeps of it besides, nobody can say.

    Raises:
        RegisterRefused: ``register.unwritable``.
    """
    path = folder / f"{name}.key"
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(folder)
    except OSError as error:
        raise RegisterRefused("register.unwritable", reason=os_reason(error)) from error


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
        # A pipe in its place would keep whoever opens it waiting for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise RegisterRefused("register.key_missing", key=name) from error
    try:
        status = os.fstat(handle)
        safe = stat.S_ISREG(status.st_mode) and not stat.S_IMODE(status.st_mode) & 0o077
        if not safe or status.st_uid not in {0, os.getuid()}:
            raise RegisterRefused("register.key_unsafe", key=name)
        return os.read(handle, 4096)
    finally:
        os.close(handle)


def signed_by(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature holds."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True

# SPDX-License-Identifier: Apache-2.0
"""A passphrase over the key files: who copies the folder of the keys does not have the keys.

scrypt turns the passphrase into a key that seals one random key, and that one seals each key file:
a new passphrase rewrites one small file, and is whole or not there at all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.files import sync_folder
from bmnn_mark.register.events import canonical
from bmnn_mark.register.keys import (
    key_line,
    read_keys,
    read_private,
    write_key,
    write_private,
)
from bmnn_mark.register.sealing import Entropy

FILE = "passphrase"
#: Least characters of a new passphrase.
SHORTEST = 12
_LONGEST = 1024
_NONCE_BYTES = 12
_KEY_BYTES = 32
_SALT_BYTES = 16
#: Most memory that a file may ask for, bytes: 128 * n * r.
_MOST_MEMORY = 1 << 30
_MOST_TIMES = 16

Passphrase = str | Callable[[], str]
"""A passphrase, or what asks somebody for it once it is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a guess costs: scrypt with these numbers takes 128 * n * r bytes of memory."""

    n: int
    r: int
    p: int


#: 128 MiB and a fraction of a second.
WORK = Work(n=1 << 17, r=8, p=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretched:
    """How a passphrase becomes a key; stands beside what the key seals."""

    salt: bytes
    work: Work

    @classmethod
    def from_entropy(cls, entropy: Entropy) -> Stretched:
        """A new one."""
        return cls(salt=entropy(_SALT_BYTES), work=WORK)

    @classmethod
    def read(cls, raw: dict[str, str | int]) -> Stretched:
        """From what :meth:`plain` gave.

        Raises:
            ValueError: not that, or it would take more memory than is sane.
        """
        try:
            work = Work(n=int(raw["n"]), r=int(raw["r"]), p=int(raw["p"]))
            salt = bytes.fromhex(str(raw["salt"]))
        except KeyError as error:
            raise ValueError from error
        whole = min(work.n - 1, work.r, work.p) >= 1 and work.n.bit_count() == 1
        if not whole or work.p > _MOST_TIMES or 128 * work.n * work.r > _MOST_MEMORY:
            raise ValueError
        return cls(salt=salt, work=work)

    def plain(self) -> dict[str, str | int]:
        """As JSON takes it."""
        work = self.work
        return {"n": work.n, "p": work.p, "r": work.r, "salt": self.salt.hex()}

    def key(self, passphrase: str) -> bytes:
        """The key, 32 bytes; one passphrase has one, however its letters are composed."""
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415 - rarely needed

        work = self.work
        scrypt = Scrypt(salt=self.salt, length=_KEY_BYTES, n=work.n, r=work.r, p=work.p)
        return scrypt.derive(unicodedata.normalize("NFC", passphrase).encode())


@dataclass(frozen=True, slots=True)
class PassphraseLock:
    """Seals and opens key files; implements :class:`bmnn_mark.register.keys.Lock`."""

    key: bytes = field(repr=False)

    def seal(self, name: str, secret: bytes, nonce: bytes) -> bytes:
        """What stands in the file of a key of that name."""
        return nonce + AESGCM(self.key).encrypt(nonce, secret, _bound_to(name))

    def open(self, name: str, sealed: bytes) -> bytes | None:
        """The key; None where it was not sealed so."""
        nonce, box = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self.key).decrypt(nonce, box, _bound_to(name))
        except (InvalidTag, ValueError):
            return None


def _bound_to(name: str) -> bytes:
    return b"bmnn-mark/key-file/1\x00" + name.encode()


def checked_new(untrusted_passphrase: str) -> str:
    """A passphrase fit to be set.

    Raises:
        UsageRefused: ``register.passphrase_weak``.
    """
    length = len(untrusted_passphrase)
    if not SHORTEST <= length <= _LONGEST or len(set(untrusted_passphrase)) < SHORTEST // 2:
        raise UsageRefused("register.passphrase_weak", least=SHORTEST)
    return untrusted_passphrase


def has_passphrase(folder: Path) -> bool:
    """Whether a passphrase is set over the keys of a folder."""
    return (folder / FILE).exists()


def open_lock(folder: Path, given: Passphrase | None) -> PassphraseLock | None:
    """What opens the key files of a folder; None where no passphrase is set.

    Args:
        folder: of the keys.
        given: the passphrase, or what asks for it; asked only where one is set.

    Raises:
        RegisterRefused: ``register.passphrase_needed``, ``register.passphrase_wrong``,
            ``register.key_wrong``, ``register.key_unsafe``.
    """
    if not has_passphrase(folder):
        return None
    if given is None:
        raise RegisterRefused("register.passphrase_needed")
    try:
        raw = msgspec.json.decode(read_private(folder / FILE, FILE), type=dict[str, str | int])
        stretched, box = Stretched.read(raw), bytes.fromhex(str(raw["box"]))
    except (KeyError, ValueError) as error:
        raise RegisterRefused("register.key_wrong", key=FILE) from error
    passphrase = given if isinstance(given, str) else given()
    key = PassphraseLock(stretched.key(passphrase)).open(FILE, box)
    if key is None:
        raise RegisterRefused("register.passphrase_wrong")
    return PassphraseLock(key)


def new_lock(entropy: Entropy) -> PassphraseLock:
    """A lock that no passphrase opens yet."""
    return PassphraseLock(entropy(_KEY_BYTES))


def write_lock(folder: Path, lock: PassphraseLock, passphrase: str, entropy: Entropy) -> None:
    """Let a passphrase open a lock, and no other from then on.

    Raises:
        RegisterRefused: ``register.unwritable``.
    """
    stretched = Stretched.from_entropy(entropy)
    outer = PassphraseLock(stretched.key(passphrase))
    box = outer.seal(FILE, lock.key, entropy(_NONCE_BYTES))
    line = canonical(stretched.plain() | {"box": box.hex(), "kdf": "scrypt"})
    write_private(folder / FILE, line + b"\n", overwrite=True)


def guard(
    folder: Path, lock: PassphraseLock | None, passphrase: str | None, entropy: Entropy
) -> PassphraseLock | None:
    """Set a passphrase over the keys of a folder, another one, or none any more.

    Whenever it is interrupted, every key can be read, and it can be done again.

    Args:
        folder: of the keys.
        lock: what opens them now; None where no passphrase is set.
        passphrase: the new one; None takes it away.
        entropy: gives random bytes.

    Raises:
        RegisterRefused: ``register.unwritable``.
        UsageRefused: ``register.passphrase_weak``.
    """
    secrets = read_keys(folder, lock).secrets
    held = None
    if passphrase is not None:
        held = lock or new_lock(entropy)
        write_lock(folder, held, checked_new(passphrase), entropy)
    for name, secret in secrets.items():
        write_key(folder, name, key_line(name, secret, held, entropy), overwrite=True)
    if held is None and has_passphrase(folder):
        (folder / FILE).unlink()
        sync_folder(folder)
    return held


def read_passphrase(file: Path) -> str:
    """The passphrase in a file that only its owner may read: its first line.

    Raises:
        UsageRefused: ``input.no_passphrase_file``.
        RegisterRefused: ``register.key_unsafe``, ``register.key_wrong``.
    """
    name = "passphrase-file"
    if not file.exists():
        raise UsageRefused("input.no_passphrase_file")
    try:
        return read_private(file, name).decode().split("\n")[0].rstrip("\r")
    except UnicodeDecodeError as error:
        raise RegisterRefused("register.key_wrong", key=name) from error

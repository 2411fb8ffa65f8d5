# SPDX-License-Identifier: Apache-2.0
"""Signed tree heads, and the high-water mark: the newest head, kept beside the keys."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.register.events import canonical
from bmnn_mark.register.keys import RegisterKeys, read_private, signed_by, write_private

_MARK = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The tree as it stood after one transaction.

    Attributes:
        register: id of the register.
        size: number of events.
        root: hash of the tree, 32 bytes.
        at: time as events write it.
        signature: Ed25519 over all of that, 64 bytes.
    """

    register: str
    size: int
    root: bytes
    at: str
    signature: bytes = b""

    def message(self) -> bytes:
        """The bytes that are signed: five lines."""
        return (
            f"bmnn-mark tree head 1\n{self.register}\n{self.size}\n{self.root.hex()}\n{self.at}\n"
        ).encode()

    def signed(self, keys: RegisterKeys) -> Head:
        """The head with its signature."""
        return Head(
            register=self.register,
            size=self.size,
            root=self.root,
            at=self.at,
            signature=keys.sign(self.message()),
        )

    def holds(self, public_key: bytes) -> bool:
        """Whether the signature is that of the register."""
        return signed_by(public_key, self.signature, self.message())


def read_mark(folder: Path, register_id: str, public_key: bytes) -> Head:
    """The high-water mark: a head that the register's tables must still contain.

    Raises:
        RegisterRefused: ``register.key_missing``, ``register.key_unsafe``, ``register.key_wrong``.
    """
    data = read_private(folder / _MARK, _MARK)
    try:
        raw = msgspec.json.decode(data, type=dict[str, str | int])
        head = Head(
            register=register_id,
            size=int(raw["size"]),
            root=bytes.fromhex(str(raw["root"])),
            at=str(raw["at"]),
            signature=bytes.fromhex(str(raw["signature"])),
        )
    except (KeyError, ValueError) as error:
        raise RegisterRefused("register.key_wrong", key=_MARK) from error
    if not head.holds(public_key):
        raise RegisterRefused("register.key_wrong", key=_MARK)
    return head


def raise_mark(folder: Path, head: Head, public_key: bytes, *, explained: bool = False) -> None:
    """Write the mark after its head was committed; it never goes back.

    A process that dies between commit and mark leaves the mark low, which is no fault: the mark
    is a least, not an exact, size.

    Args:
        folder: of the keys.
        head: what was committed.
        public_key: of the register's heads.
        explained: it may go back after all, to a head under which an event says why.

    Raises:
        RegisterRefused: ``register.unwritable``: the transaction stands, its mark does not.
    """
    with _alone(folder):
        if (folder / _MARK).exists() and not explained:
            present = read_mark(folder, head.register, public_key)
            if present.size >= head.size:
                return
        line = canonical(
            {
                "at": head.at,
                "root": head.root.hex(),
                "signature": head.signature.hex(),
                "size": head.size,
            }
        )
        write_private(folder / _MARK, line + b"\n", overwrite=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock on the mark against other processes of this machine.

    Raises:
        RegisterRefused: ``register.unwritable``.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(folder / "lock", flags, 0o600)
    except OSError as error:
        raise RegisterRefused("register.unwritable", reason=os_reason(error)) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

# SPDX-License-Identifier: Apache-2.0
"""A backup as a file: records of the register in sealed chunks (``docs/register-format.md``).

Nothing of it is known, neither true nor false, before the chunk that holds it was opened; and the
last chunk says that it is the last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.events import canonical
from bmnn_mark.register.keeping_events import BackupKey

FIRST_LINE = b"bmnn-mark backup 1\n"
CHUNK = 1 << 20
_TAG_BYTES = 16
_LENGTH_BYTES = 4
_LONGEST_HEADER = 1024
_KEY_BYTES = 32
_SALT_BYTES = 16


class Record(Enum):
    """What a record holds; its value is the record's first byte."""

    KEY = b"K"
    """Name and secret of a key of the register."""
    EVENT = b"E"
    """Leaf, boxes, number of the master key (4 bytes), wrapped keys."""
    HEAD = b"H"
    """Size (8 bytes), root, time, signature; after the event that completes it."""
    END = b"Z"
    """How many events there were (8 bytes)."""


_FIELDS = {Record.KEY: 2, Record.EVENT: 4, Record.HEAD: 4, Record.END: 1}
_KINDS = {kind.value: kind for kind in Record}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a backup says of itself in the clear.

    Attributes:
        register: id of the register.
        key: what it is sealed with.
        guarded: a passphrase was set over the register's keys.
        stretch: how its key comes about: ``salt`` and, for a passphrase, scrypt's numbers.
    """

    register: str
    key: BackupKey
    guarded: bool
    stretch: dict[str, str | int]

    def line(self) -> bytes:
        """As it stands in the file."""
        return canonical(self) + b"\n"


def read_header(file: BinaryIO) -> Header:
    """Read what a backup says of itself.

    Raises:
        RegisterRefused: ``register.not_a_backup``.
    """
    if file.read(len(FIRST_LINE)) != FIRST_LINE:
        raise RegisterRefused("register.not_a_backup")
    line = file.readline(_LONGEST_HEADER)
    try:
        header = msgspec.json.decode(line, type=Header)
    except ValueError as error:
        raise RegisterRefused("register.not_a_backup") from error
    if header.line() != line:
        raise RegisterRefused("register.not_a_backup")
    return header


def key_from_register(blind_key: bytes, stretch: dict[str, str | int]) -> bytes:
    """The key of a backup that opens only with the register's keys.

    Raises:
        ValueError: ``stretch`` is none of these.
    """
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - rarely needed
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - rarely needed

    salt = bytes.fromhex(str(stretch.get("salt", "")))
    if len(salt) != _SALT_BYTES:
        raise ValueError("not a salt")
    derived = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=b"bmnn-mark/backup/1")
    return derived.derive(blind_key)


class BackupWriter:
    """Writes records as sealed chunks.

    Args:
        file: empty.
        header: what stands before them.
        key: 32 bytes, for this file alone.
    """

    def __init__(self, file: BinaryIO, header: Header, key: bytes) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        self._bound_to = _digest(header)
        self._number = 0
        self._waiting = bytearray()
        file.write(FIRST_LINE + header.line())

    def put(self, kind: Record, *fields: bytes) -> None:
        """Add a record."""
        self._waiting += kind.value
        for field in fields:
            self._waiting += len(field).to_bytes(_LENGTH_BYTES) + field
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]

    def finish(self) -> None:
        """Write what is left, as the last chunk."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        box = self._cipher.encrypt(nonce, plain, self._bound_to)
        self._file.write(len(box).to_bytes(_LENGTH_BYTES) + box)
        self._number += 1


def read_records(
    file: BinaryIO, header: Header, key: bytes
) -> Iterator[tuple[Record, tuple[bytes, ...]]]:
    """The records of a backup whose header was just read.

    Raises:
        RegisterRefused: ``register.backup_closed``: its key is another one, or its beginning was
            changed; ``register.backup_broken``: it was changed or cut further on.
    """
    plain = _Plain(_opened(file, header, key))
    while (first := plain.take(1)) != b"":
        kind = _KINDS.get(first)
        if kind is None:
            raise RegisterRefused("register.backup_broken")
        yield (
            kind,
            tuple(
                plain.exactly(int.from_bytes(plain.exactly(_LENGTH_BYTES)))
                for _ in range(_FIELDS[kind])
            ),
        )


def _opened(file: BinaryIO, header: Header, key: bytes) -> Iterator[bytes]:
    cipher, bound_to = AESGCM(key), _digest(header)
    number, length = 0, file.read(_LENGTH_BYTES)
    while True:
        size = int.from_bytes(length)
        box = file.read(size) if size <= CHUNK + _TAG_BYTES else b""
        length = file.read(_LENGTH_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, last=length == b""), box, bound_to)
        except (InvalidTag, ValueError) as error:
            code = "register.backup_broken" if number else "register.backup_closed"
            raise RegisterRefused(code) from error
        if length == b"":
            return
        number += 1


class _Plain:
    """Bytes out of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._here = memoryview(b"")

    def take(self, most: int) -> bytes:
        """That many bytes, or fewer where there are no more."""
        parts = []
        while most:
            if not self._here:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._here = memoryview(chunk)
                continue
            parts.append(bytes(self._here[:most]))
            self._here = self._here[most:]
            most -= len(parts[-1])
        return b"".join(parts)

    def exactly(self, many: int) -> bytes:
        """That many bytes."""
        taken = self.take(many)
        if len(taken) != many:
            raise RegisterRefused("register.backup_broken")
        return taken


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


def _digest(header: Header) -> bytes:
    return hashlib.sha256(FIRST_LINE + header.line()).digest()

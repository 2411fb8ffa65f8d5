# SPDX-License-Identifier: Apache-2.0
"""A register as one signed file that can be checked without this program (``register-format.md``).

A ZIP of plain texts, stored, not compressed: the same register at the same time gives the same
bytes. ``examples/verify_archive.py`` checks it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import msgspec
from sqlalchemy import Connection, Row, select

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register import schema
from bmnn_mark.register.events import RegisterCreated, canonical, decode_leaf
from bmnn_mark.register.heads import Head
from bmnn_mark.register.keys import RegisterKeys
from bmnn_mark.register.ledger import newest_head, sealed_of
from bmnn_mark.register.sealing import Sealer, SealError
from bmnn_mark.register.verification import event_rows
from bmnn_mark.rules import Level

#: The first line of what is signed; the manifest's bytes follow.
SIGNED_LINE = b"bmnn-mark archive 1\n"
EVENTS, HASHES, HEADS, OPENED = "events.jsonl", "hashes.txt", "heads.jsonl", "opened.jsonl"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
#: Sealed fields that say what a document is about.
_TITLES = frozenset({"title"})
_OWNER_ONLY = 0o600 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveReport:
    """What was written.

    Attributes:
        register: id of the register.
        events: how many there are.
        root: of their tree, hexadecimal.
        opened: sealed fields are in it in the clear.
        withheld: titles of Tuyệt mật documents that are not among them.
        fingerprint: SHA-256 of the register's public key, hexadecimal; to be told to whoever
            checks the archive by another way than the archive.
    """

    register: str
    events: int
    root: str
    opened: bool
    withheld: int
    fingerprint: str


def fingerprint(public_key: bytes) -> str:
    """What people compare a register's public key by."""
    return hashlib.sha256(public_key).hexdigest()


def write_archive(
    connection: Connection,
    target: Path,
    *,
    created: RegisterCreated,
    keys: RegisterKeys,
    opening: Sealer | None,
    at: str,
) -> ArchiveReport:
    """Write a register that was just verified, in the same transaction, into a new file.

    Args:
        connection: inside a reading transaction.
        target: in a private folder.
        created: event 0.
        keys: sign the archive.
        opening: opens the sealed fields, for an archive that shows them; None for the clear part.
        at: the time, as events write it.

    Raises:
        RegisterRefused: ``register.broken``.
        OSError: there is no room.
    """
    head = newest_head(connection, created.register)
    if head is None:
        raise RegisterRefused("register.broken")
    withheld = 0
    with ZipFile(target, "x", ZIP_STORED) as zipped:
        archive = _Archive(zipped)
        archive.write(EVENTS, (row.leaf for row in _rows(connection)))
        archive.write(HASHES, (row.leaf_hash.hex().encode() for row in _rows(connection)))
        archive.write(HEADS, _heads(connection))
        if opening is not None:
            secret = _ever_tuyet_mat(connection)
            lines = _Opened(connection, opening, secret)
            archive.write(OPENED, iter(lines))
            withheld = lines.withheld
        _sign(archive, created, keys, head, opened=opening is not None, at=at)
    return ArchiveReport(
        register=created.register,
        events=head.size,
        root=head.root.hex(),
        opened=opening is not None,
        withheld=withheld,
        fingerprint=fingerprint(keys.public_key),
    )


class _Archive:
    """The members written so far, with their lengths and hashes."""

    def __init__(self, zipped: ZipFile) -> None:
        self._zipped = zipped
        self.members: dict[str, dict[str, int | str]] = {}

    def write(self, name: str, lines: Iterator[bytes]) -> None:
        """Add a member: each line and its end."""
        digest, length = hashlib.sha256(), 0
        info = ZipInfo(name)  # of 1980: when it was made stands in the manifest
        info.create_system, info.external_attr = 3, _OWNER_ONLY
        with self._zipped.open(info, "w", force_zip64=True) as member:
            for line in lines:
                whole = line + b"\n"
                digest.update(whole)
                length += len(whole)
                member.write(whole)
        self.members[name] = {"bytes": length, "sha256": digest.hexdigest()}


def _sign(
    archive: _Archive,
    created: RegisterCreated,
    keys: RegisterKeys,
    head: Head,
    *,
    opened: bool,
    at: str,
) -> None:
    manifest = canonical(
        {
            "at": at,
            "events": head.size,
            "files": dict(archive.members),
            "opened": opened,
            "public_key": created.public_key,
            "register": created.register,
            "rehearsal": created.rehearsal,
            "root": head.root.hex(),
            "v": 1,
        }
    )
    archive.write(MANIFEST, iter([manifest]))
    archive.write(SIGNATURE, iter([keys.sign(SIGNED_LINE + manifest).hex().encode()]))


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    for part in event_rows(connection):
        yield from part


def _heads(connection: Connection) -> Iterator[bytes]:
    for row in connection.execute(select(schema.heads).order_by(schema.heads.c.size)):
        yield canonical(
            {
                "at": row.at,
                "root": row.root.hex(),
                "signature": row.signature.hex(),
                "size": row.size,
            }
        )


def _ever_tuyet_mat(connection: Connection) -> frozenset[str]:
    """Documents that were Tuyệt mật at any time."""
    found = set()
    for row in _rows(connection):
        body = _body(row.leaf)
        if Level.TUYET_MAT in (body.get("level"), body.get("level_before")):
            found.add(str(body.get("document")))
    return frozenset(found)


def _body(leaf: bytes) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(leaf)["body"]
    return body


class _Opened:
    """The sealed fields of each event, one line an event, with the salts that prove them."""

    def __init__(self, connection: Connection, sealer: Sealer, secret: frozenset[str]) -> None:
        self._connection = connection
        self._sealer = sealer
        self._secret = secret
        self.withheld = 0

    def __iter__(self) -> Iterator[bytes]:
        for row in _rows(self._connection):
            yield self._line(row)

    def _line(self, row: Row[Any]) -> bytes:
        leaf = decode_leaf(row.leaf)
        about = _body(row.leaf).get("document")
        withheld = _TITLES & set(leaf.sealed) if about in self._secret else frozenset()
        asked = set(leaf.sealed) - withheld
        try:
            fields = self._sealer.reveal(leaf.n, sealed_of(row, leaf), asked)
        except SealError:
            raise RegisterRefused("register.broken") from None
        self.withheld += len(withheld)
        return canonical(
            {
                "erased": sorted(asked - set(fields)),
                "fields": {
                    name: {"salt": field.salt.hex(), "value": msgspec.Raw(field.value)}
                    for name, field in fields.items()
                },
                "n": leaf.n,
                "withheld": sorted(withheld),
            }
        )

# SPDX-License-Identifier: Apache-2.0
"""What is done with the register itself: its keys, a field forgotten, a backup, a restoration.

Like all events, their keys are for ever (``docs/register-format.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar


class KeyKind(StrEnum):
    """Which key of the register is replaced."""

    SEALING = "sealing"
    """The master key of the sealed fields: all fields' keys are wrapped anew."""
    TRACE = "trace"
    """The key of new page codes; the ones before still open the codes made with them."""


class BackupKey(StrEnum):
    """What a backup is sealed with."""

    PASSPHRASE = "passphrase"  # noqa: S105 - not one, its kind
    """A passphrase of its own; the register's keys are in it."""
    REGISTER = "register"
    """A key made from the register's; without these keys it does not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysRotated:
    """A key was replaced. Sealed: ``actor``, ``second_actor``, ``reason``."""

    TYPE: ClassVar[str] = "keys.rotated"

    kind: KeyKind
    number: int
    """Of the new key, from 2."""
    check: str
    """The check value that tells a swapped key file."""
    trace_key: str | None
    """Id of a new trace key, hexadecimal."""
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldErased:
    """Sealed fields were forgotten. Sealed: ``actor``, ``second_actor``, ``reason``."""

    TYPE: ClassVar[str] = "field.erased"

    event: int
    """Number of the event whose fields they were."""
    fields: tuple[str, ...]
    """Their names, sorted."""
    document: str | None
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupBegun:
    """The register is written as a backup, this event in it. Sealed: ``actor``."""

    TYPE: ClassVar[str] = "backup.begun"

    events: int
    """How many there were before."""
    key: BackupKey
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRestored:
    """The register was put back from an older backup, and people say why.

    Sealed: ``actor``, ``second_actor``, ``reason``.
    """

    TYPE: ClassVar[str] = "register.restored"

    events: int
    """How many the backup held."""
    known: int
    """How many there had been, by the high-water mark."""
    root: str
    """Of the tree then, hexadecimal: the mark that this event explains."""
    on: date


KeepingEvent = KeysRotated | FieldErased | BackupBegun | RegisterRestored
KEEPING = (KeysRotated, FieldErased, BackupBegun, RegisterRestored)

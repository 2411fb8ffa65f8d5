# SPDX-License-Identifier: Apache-2.0
"""Events between registers that may not be linked; their keys are for ever.

See ``docs/register-format.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalIssued:
    """Events of this register were written out for another one. Sealed: ``actor``."""

    TYPE: ClassVar[str] = "journal.issued"

    start: int
    size: int
    """The events from ``start`` to below ``size``."""
    root: str
    """Root of the tree of ``size`` events, hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTrusted:
    """Somebody compared the key of another register and took it as that register's own.

    Sealed: ``actor`` and, where given, ``agency``.
    """

    TYPE: ClassVar[str] = "register.trusted"

    register: str
    public_key: str
    """Ed25519 key of that register's heads, hexadecimal."""
    start: int
    """From which of its events on it is followed here."""
    root: str
    """Root of the tree of the events before them, hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalImported:
    """Events of another register, signed by it. Sealed: ``actor``."""

    TYPE: ClassVar[str] = "journal.imported"

    register: str
    start: int
    size: int
    peaks: tuple[str, ...]
    """Hashes of the peaks of that register's tree of ``start`` events, left to right."""
    root: str
    """Root of its tree of ``size`` events, hexadecimal."""
    at: str
    signature: str
    """Time and signature of its head of that size."""
    leaves: tuple[dict[str, Any], ...]
    """Its events; the canonical JSON of each is its leaf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceKeyImported:
    """The key of another register's page codes. Sealed: ``actor``, ``agency``, ``secret``."""

    TYPE: ClassVar[str] = "trace_key.imported"

    register: str
    trace_key: str
    """Its id, as it stands in each code, hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceKeyExported:
    """The keys of this register's page codes were written out for another office.

    Sealed: ``actor`` and, where given, ``recipient``.
    """

    TYPE: ClassVar[str] = "trace_key.exported"

    trace_keys: tuple[str, ...]
    """Their ids, hexadecimal, the newest first."""


JournalEvent = (
    JournalIssued | RegisterTrusted | JournalImported | TraceKeyImported | TraceKeyExported
)
JOURNAL = (JournalIssued, RegisterTrusted, JournalImported, TraceKeyImported, TraceKeyExported)

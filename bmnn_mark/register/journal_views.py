# SPDX-License-Identifier: Apache-2.0
"""What a register shows of others that it is not linked to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bmnn_mark.rules import Level
from bmnn_mark.tracking import TraceKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """The key of another register's page codes.

    Attributes:
        register: id of that register.
        agency: whose it is.
        key: opens its codes; could also forge them.
    """

    register: str
    agency: str
    key: TraceKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRegister:
    """How far another register is followed.

    Attributes:
        register: its id.
        fingerprint: of its key.
        agency: whose it is; empty where nobody said.
        first: its first event that is here; none before it ever came.
        size: how many events it had after the last that is here.
        at: when its last journal ended, by its clock.
        journals: how many were taken in.
    """

    register: str
    fingerprint: str
    agency: str
    first: int
    size: int
    at: str
    journals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCount:
    """Acts of one kind, level and day of another register.

    Attributes:
        register: its id.
        act: type of the event.
        level: độ mật at that time; empty where it has none, or was never told.
        kind: direction, kind of copy or kind of incident; empty where there is none.
        abroad: whether the acts led abroad or to foreigners; None where that is no question.
        day: day of the acts.
        acts: how many there are.
        many: copies in all of them.
    """

    register: str
    act: str
    level: str
    kind: str
    abroad: bool | None
    day: str
    acts: int
    many: int


class Heard(StrEnum):
    """What a sheet of another register says, against what that register told here."""

    NOT_CHECKED = "not-checked"
    """That register did not tell of its events up to there."""
    AGREES = "consistent"
    REWRITTEN = "register-rewritten"
    NEVER_ISSUED = "never-issued"
    FORGED = "forged"
    """It names that register's key, and the seal does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSheet:
    """What is known of a sheet whose code names another register's key.

    Attributes:
        register: id of that register.
        agency: whose it is.
        position: of the code in that register; 0, as is ``attempt``, where it is forged.
        attempt: at the copy.
        heard: whether what it told here agrees with the sheet.
        copy: number of the copy; None, as ``level`` and ``document``, where it did not tell.
        level: độ mật of the document when the copy was reserved.
        document: id of the document there.
    """

    register: str
    agency: str
    position: int
    attempt: int
    heard: Heard
    copy: int | None = None
    level: Level | None = None
    document: str | None = None

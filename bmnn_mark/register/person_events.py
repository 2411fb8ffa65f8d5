# SPDX-License-Identifier: Apache-2.0
"""Who confirms a receipt with a PIN; keys of events are for ever (``docs/register-format.md``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEnrolled:
    """A person's PIN is set. Sealed: ``actor``, ``party``, ``verifier``, later ``second_actor``."""

    TYPE: ClassVar[str] = "person.enrolled"

    person: str
    """Blind index of the name, hexadecimal."""
    again: bool
    """It replaces an earlier one, which takes two people."""
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChecked:
    """A PIN was typed for a person. Sealed: ``actor``."""

    TYPE: ClassVar[str] = "person.checked"

    person: str
    """Blind index of the name, hexadecimal."""
    agreed: bool
    on: date


PersonEvent = PersonEnrolled | PersonChecked
#: What the table of acts calls a PIN that did not agree.
REFUSED = "person.refused"

# SPDX-License-Identifier: Apache-2.0
"""PINs by which people confirm that they received a copy.

A PIN is short. What is sealed of it is a scrypt verifier of its HMAC under the register's blind
key, so that who opens the field and has no key cannot try them all; and after five wrong ones
since the last that agreed none is tried any more until two people set a new one.
"""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass
from datetime import date
from hashlib import scrypt

from sqlalchemy import Connection, func, select

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.register.ledger import Entering, Sealing, open_fields, read_event
from bmnn_mark.register.person_events import REFUSED, PersonChecked, PersonEnrolled
from bmnn_mark.register.request import checked_words
from bmnn_mark.register.schema import acts
from bmnn_mark.register.sealing import Value, blind_index

MOST_WRONG = 5
SHORTEST_PIN = 6
_LONGEST_PIN = 64
_SCRYPT = {"n": 1 << 15, "r": 8, "p": 1}
_MEMORY = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PinEntry:
    """A PIN that was typed for a person.

    Attributes:
        party: the person's name.
        pin: what was typed; it is kept nowhere.
        actor: who is at the machine.
        on: the day.
        second_actor: who stood by where an earlier PIN is replaced.
    """

    party: str
    pin: str
    actor: str
    on: date
    second_actor: str | None = None

    def __repr__(self) -> str:
        """Without what was typed."""
        return "PinEntry()"


def is_enrolled(connection: Connection, sealing: Sealing, party: str) -> bool:
    """Whether a person has a PIN."""
    return _last(connection, _person(sealing, party), PersonEnrolled.TYPE) is not None


def enroll(connection: Connection, sealing: Sealing, entering: Entering, entry: PinEntry) -> None:
    """Set a person's PIN; to replace one takes two people.

    Raises:
        UsageRefused: ``input.pin_short``, ``input.needed``, ``input.two_people``, ``input.*``.
    """
    pin = _checked_pin(entry.pin)
    again = is_enrolled(connection, sealing, entry.party)
    words = {"party": entry.party} | ({"second_actor": entry.second_actor or ""} if again else {})
    needed = ("party", "second_actor") if again else ("party",)
    fields = checked_words(entry.actor, words, needed)
    salt = sealing.entropy(16)
    verifier: dict[str, Value] = {**_SCRYPT, "salt": salt.hex()}
    fields["verifier"] = verifier | {"hash": _hash(sealing, pin, salt, _SCRYPT).hex()}
    person = _person(sealing, entry.party)
    entering.enter(PersonEnrolled(person=person, again=again, on=entry.on), fields)


def check(connection: Connection, sealing: Sealing, entering: Entering, entry: PinEntry) -> bool:
    """Whether a PIN is the person's; that it was tried is entered.

    Raises:
        RegisterRefused: ``register.pin_missing``, ``register.pin_locked``.
    """
    person = _person(sealing, entry.party)
    enrolled = _last(connection, person, PersonEnrolled.TYPE)
    if enrolled is None:
        raise RegisterRefused("register.pin_missing")
    since = max(enrolled, _last(connection, person, PersonChecked.TYPE) or 0)
    wrong = connection.execute(
        select(func.count())
        .select_from(acts)
        .where(acts.c.act == REFUSED, acts.c.kind == person, acts.c.n > since)
    ).scalar_one()
    if wrong >= MOST_WRONG:
        raise RegisterRefused("register.pin_locked", wrong=wrong)
    fields = open_fields(sealing.sealer, read_event(connection, enrolled), "verifier")
    agreed = _agrees(sealing, entry.pin, fields.get("verifier"))
    fields_now = checked_words(entry.actor, {}, ())
    entering.enter(PersonChecked(person=person, agreed=agreed, on=entry.on), fields_now)
    return agreed


def _person(sealing: Sealing, name: str) -> str:
    folded = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    return blind_index(sealing.keys.blind, "person", folded).hex()


def _last(connection: Connection, person: str, act: str) -> int | None:
    """The last event of an act of a person; None where there is none."""
    query = select(acts.c.n).where(acts.c.act == act, acts.c.kind == person)
    found: int | None = connection.execute(query.order_by(acts.c.n.desc()).limit(1)).scalar()
    return found


def _checked_pin(untrusted_pin: str) -> str:
    if not SHORTEST_PIN <= len(untrusted_pin) <= _LONGEST_PIN:
        raise UsageRefused("input.pin_short", least=SHORTEST_PIN)
    return untrusted_pin


def _hash(sealing: Sealing, pin: str, salt: bytes, cost: dict[str, int]) -> bytes:
    keyed = hmac.digest(sealing.keys.blind, b"pin\x00" + pin.encode(), "sha256")
    return scrypt(keyed, salt=salt, maxmem=_MEMORY, dklen=32, **cost)


def _agrees(sealing: Sealing, pin: str, verifier: Value) -> bool:
    """Whether a PIN is the one of a verifier.

    Raises:
        RegisterRefused: ``register.pin_missing``: it was forgotten, or is none.
    """
    if not isinstance(verifier, dict):
        raise RegisterRefused("register.pin_missing")
    cost = {name: value for name, value in verifier.items() if isinstance(value, int)}
    salt, known = str(verifier.get("salt")), str(verifier.get("hash"))
    if cost != _SCRYPT:
        raise RegisterRefused("register.newer_format")
    return hmac.compare_digest(_hash(sealing, pin, bytes.fromhex(salt), cost).hex(), known)

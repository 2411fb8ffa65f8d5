# SPDX-License-Identifier: Apache-2.0
"""A receipt confirmed by the receiver's PIN, set at its first use and checked at each later one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.people import PinEntry
from bmnn_mark.register.store import Register
from bmnn_mark.workflow.office import Office


class Asked(StrEnum):
    """Which PIN somebody is asked for."""

    NEW = "new"
    KNOWN = "known"


#: Asks somebody, by name, for a PIN.
AskPin = Callable[[str, Asked], str]


def confirm_receipt(register: Register, party: str, ask: AskPin, *, actor: str, on: date) -> None:
    """Let somebody confirm a receipt.

    Raises:
        RegisterRefused: ``register.pin_wrong``, ``register.pin_locked``.
        UsageRefused: ``input.pin_short``, or what ``ask`` refuses.
    """
    new = not register.is_enrolled(party)
    entry = PinEntry(
        party=party, pin=ask(party, Asked.NEW if new else Asked.KNOWN), actor=actor, on=on
    )
    if new:
        register.enroll(entry)
    elif not register.check_pin(entry):
        raise RegisterRefused("register.pin_wrong")


def set_pin(
    office: Office, party: str, ask: AskPin, *, actor: str, second_actor: str | None
) -> None:
    """Set somebody's PIN; to replace one takes two people.

    Raises:
        UsageRefused: ``input.*``.
    """
    office.open_register().enroll(
        PinEntry(
            party=party,
            pin=ask(party, Asked.NEW),
            actor=actor,
            on=office.today(),
            second_actor=second_actor,
        )
    )

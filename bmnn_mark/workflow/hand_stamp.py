# SPDX-License-Identifier: Apache-2.0
"""Copies whose độ mật mark is stamped by hand: open until a person says that it was."""

from __future__ import annotations

from bmnn_mark import plain
from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.store import Register


def left_to_hand(register: Register, document_id: str) -> bool:
    """Whether the copies of a document came out of the printer without their độ mật mark.

    Raises:
        RegisterRefused: ``register.no_such_document``, ``register.marking_unknown``.
    """
    marking = register.marking(document_id)
    if marking is None:  # not entered by this program: it printed nothing of it
        return False
    try:
        return plain.decode(marking.encode(), dict).get("frame") is True
    except ValueError as error:
        raise RegisterRefused("register.marking_unknown") from error


def demand_stamped(register: Register, attempt_id: str) -> None:
    """Refuse to call an attempt printed whose độ mật mark is left to the hand.

    Raises:
        RegisterRefused: ``register.not_stamped``.
    """
    for one in register.open_attempts():
        if one.attempt.attempt_id == attempt_id and left_to_hand(register, one.document_id):
            raise RegisterRefused("register.not_stamped")

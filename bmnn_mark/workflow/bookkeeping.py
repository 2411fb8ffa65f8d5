# SPDX-License-Identifier: Apache-2.0
"""Keeping the register: make it, verify it, close attempts, clear up after an interruption."""

from __future__ import annotations

from bmnn_mark.errors import Scalar, UsageRefused
from bmnn_mark.files import private_folder
from bmnn_mark.printing import recovery
from bmnn_mark.printing.printer import enrolled
from bmnn_mark.printing.run import AttemptState
from bmnn_mark.register.opening import create_register
from bmnn_mark.register.port import CopyRecord, CopyState, RegisterPort
from bmnn_mark.register.store import Register
from bmnn_mark.register.verification import VerifyReport
from bmnn_mark.register.views import OpenAttempt
from bmnn_mark.worker import OnProgress, Progress, ignore_progress
from bmnn_mark.workflow.office import Office


def create(
    office: Office,
    *,
    agency: str | None,
    rehearsal: bool,
    actor: str,
    passphrase: str | None = None,
) -> Register:
    """Make the office's register and its keys; ``passphrase``, if any, guards the key files.

    Raises:
        UsageRefused: ``input.together`` where no agency is named anywhere;
            ``register.passphrase_weak``.
        RegisterRefused: it exists, or cannot be made.
    """
    name = agency or office.config.agency
    if not name:
        raise UsageRefused("input.together", first="register init", second="--agency")
    private_folder(office.data_folder)
    return create_register(
        office.register_url,
        office.data_folder,
        agency=name,
        actor=actor,
        rehearsal=rehearsal,
        clock=office.now,
        passphrase=passphrase,
    )


def verify(office: Office, on_progress: OnProgress = ignore_progress) -> VerifyReport:
    """Recompute the whole register, also one that cannot be written to any more."""
    register = office.open_register(inspect=True)
    return register.verify(
        lambda done, total: on_progress(Progress(phase="verify", page=done, pages=total))
    )


def close(office: Office, attempt_id: str, outcome: str, *, actor: str) -> None:
    """Record what a person says became of an attempt: ``printed`` or ``spoiled``.

    Raises:
        RegisterRefused: no such attempt, or it is not in a state that can end so.
    """
    office.open_register().record(
        (CopyRecord(attempt_id=attempt_id, state=CopyState(outcome), actor=actor),)
    )


def recover(office: Office, *, actor: str) -> tuple[OpenAttempt, ...]:
    """Settle attempts that an interruption left open, and return those a person must close.

    What never became a file or a job is VOID. What was on its way to a printer is settled by the
    printing room: it pauses and purges the queue first, then says VOID or UNKNOWN.

    Raises:
        PrinterRefused: the printer cannot be asked; its attempts stay open.
    """
    register = office.open_register()
    waiting = register.open_attempts()
    never_made = [one for one in waiting if one.attempt.state in _NEVER_MADE]
    register.record(
        tuple(
            CopyRecord(attempt_id=one.attempt.attempt_id, state=CopyState.VOID, actor=actor)
            for one in never_made
        )
    )
    on_their_way = [
        recovery.OpenAttempt(
            attempt_id=one.attempt.attempt_id, state=AttemptState(one.attempt.state.value)
        )
        for one in waiting
        if one.attempt.state in _ON_THEIR_WAY
    ]
    if on_their_way:
        book = AttemptEntries(register, actor)
        recovery.recover(enrolled(office.data_folder), book, on_their_way)
    return register.open_attempts()


_NEVER_MADE = frozenset({CopyState.RESERVED, CopyState.PRODUCED})
_ON_THEIR_WAY = frozenset(
    {CopyState.CREATED, CopyState.LOADED, CopyState.RELEASING, CopyState.PRINTING}
)


class AttemptEntries:
    """The register as the printing room writes into it."""

    def __init__(self, register: RegisterPort, actor: str) -> None:
        self._register = register
        self._actor = actor

    def record(self, attempt_id: str, state: AttemptState, detail: dict[str, Scalar]) -> None:
        """Enter one step, durable on return."""
        self._register.record(
            (
                CopyRecord(
                    attempt_id=attempt_id,
                    state=CopyState(state.value),
                    actor=self._actor,
                    detail=detail,
                ),
            )
        )

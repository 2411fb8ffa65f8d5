# SPDX-License-Identifier: Apache-2.0
"""Keeping the register: make it, verify it, close attempts, clear up after an interruption."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from bmnn_mark.errors import Scalar, UsageRefused
from bmnn_mark.files import private_folder
from bmnn_mark.printing import recovery
from bmnn_mark.printing.attempt import ON_ITS_WAY, AttemptState
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.model import OfflineReport
from bmnn_mark.register.opening import create_register
from bmnn_mark.register.port import CopyRecord, CopyState, RegisterPort
from bmnn_mark.register.store import Register
from bmnn_mark.register.verification import VerifyReport
from bmnn_mark.register.views import OpenAttempt
from bmnn_mark.worker import OnProgress, Progress, ignore_progress
from bmnn_mark.workflow.guarding import compare_if_guarded, tell_guard
from bmnn_mark.workflow.hand_stamp import demand_stamped
from bmnn_mark.workflow.living import need
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.turns import nobody_makes, printing_turn


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
    """Recompute the whole register, also one that cannot be written to any more.

    Raises:
        RegisterRefused: not found, key missing; ``register.behind_guard``,
            ``register.forked_from_guard``: whole in itself, but another than the guard saw.
    """
    register = office.open_register(inspect=True)
    report = register.verify(
        lambda done, total: on_progress(Progress(phase="verify", page=done, pages=total))
    )
    if report.intact:
        compare_if_guarded(office, register)
    return report


def close(
    office: Office,
    attempt_id: str,
    outcome: str,
    *,
    actor: str,
    words: Mapping[str, str] = MappingProxyType({}),
    stamped: bool = False,
) -> None:
    """Record what a person says became of an attempt: ``printed`` or ``spoiled``.

    Args:
        office: where this is done.
        attempt_id: the attempt.
        outcome: ``printed``: its sheets were counted; ``spoiled``: whatever came out was
            destroyed, or nothing did.
        actor: who says so.
        words: for ``spoiled`` ``second_actor`` and ``reason``: two people destroy a sheet.
        stamped: the độ mật mark, whose place was kept free, is on the paper now.

    Raises:
        UsageRefused: ``input.needed``, ``input.two_people``.
        RegisterRefused: no such attempt, or it is not in a state that can end so;
            ``register.not_stamped``: the độ mật mark is left to the hand.
    """
    state = CopyState(outcome)
    if state is CopyState.SPOILED:
        need(words, "second_actor", "reason")
    register = office.open_register()
    if state is CopyState.PRINTED and not stamped:
        demand_stamped(register, attempt_id)
    told: dict[str, Scalar] = {"stamped": True} if stamped else {}
    register.record(
        (CopyRecord(attempt_id=attempt_id, state=state, actor=actor, words=words, detail=told),)
    )


def recover(office: Office, *, actor: str) -> tuple[OpenAttempt, ...]:
    """Settle attempts that an interruption left open, and return those a person must close.

    What never became a file or a job is VOID, unless somebody on this machine is making it now.
    What was on its way to this machine's printer is settled by the gate's receipts, after the
    guard has emptied the queue. What was on its way to another machine's printer is left to it.

    Raises:
        PrinterRefused: the guard or its scheduler cannot be asked: these attempts stay open;
            ``print.running``: a print is under way.
    """
    register = office.open_register()
    with printing_turn(office):
        compare_if_guarded(office, register, actor)
        settle_never_made(office, register, actor)
        settle_on_their_way(office, register, actor)
        tell_guard(office, register)
    return register.open_attempts()


def settle_never_made(office: Office, register: Register, actor: str) -> None:
    """Void attempts that never became a file or a job, where nobody is about to make them."""
    with nobody_makes(office) as left_behind:
        if left_behind:
            register.record(
                tuple(
                    CopyRecord(attempt_id=one.attempt.attempt_id, state=CopyState.VOID, actor=actor)
                    for one in register.open_attempts()
                    if one.attempt.state in _NEVER_MADE
                )
            )


def settle_on_their_way(office: Office, register: RegisterPort, actor: str) -> int:
    """Settle attempts that were on their way to this machine's printer; how many there were.

    To be called with the turn to print.

    Raises:
        PrinterRefused: the guard or its scheduler cannot be asked; the attempts stay open.
    """
    waiting = register.on_their_way()
    if not waiting:
        return 0
    with GuardLine(office.guard) as guard:
        host = host_mark(guard.report())
        here = [
            recovery.OpenAttempt(attempt_id=one.attempt_id, state=AttemptState(one.state.value))
            for one in waiting
            if one.host in {host, ""}
        ]
        recovery.recover(guard, AttemptEntries(register, actor, host), here)
    return len(here)


def host_mark(report: OfflineReport) -> str:
    """What the register's steps call this machine: no name, the same for ever."""
    return hashlib.sha256(b"bmnn-mark host\x00" + report.machine_id.encode()).hexdigest()[:32]


_NEVER_MADE = frozenset({CopyState.RESERVED, CopyState.PRODUCED})


class AttemptEntries:
    """The register as the printing room writes into it.

    Args:
        register: where steps are entered and tickets signed.
        actor: who prints.
        host: mark of this machine; stands in each step until the last, so that no other machine
            that writes to the register takes the attempt for one that never came to a printer.
    """

    def __init__(self, register: RegisterPort, actor: str, host: str) -> None:
        self._register = register
        self._actor = actor
        self._host = host

    def record(self, attempt_id: str, state: AttemptState, detail: dict[str, Scalar]) -> None:
        """Enter one step, durable on return."""
        where = {"host": self._host} if state in ON_ITS_WAY else {}
        self._register.record(
            (
                CopyRecord(
                    attempt_id=attempt_id,
                    state=CopyState(state.value),
                    actor=self._actor,
                    detail={**detail, **where},
                ),
            )
        )

    def ticket(self, attempt_id: str, payload: bytes) -> bytes:
        """The register's signature of a ticket."""
        return self._register.ticket(attempt_id, payload)

# SPDX-License-Identifier: Apache-2.0
"""Between the guard and the register: what the guard told is taken in, and heads are compared.

The guard keeps its journal and each register's newest head where the clerk cannot write; the
register keeps what the guard told where root's file cannot be made to forget it. Each is the
other's witness, whenever the register is opened for work.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from bmnn_mark.errors import BmnnMarkError, PrinterRefused, RegisterRefused
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.guard.journal import chain_of
from bmnn_mark.printing.guard.protocol import Incident, Journal, KnownHead
from bmnn_mark.register.heads import Head
from bmnn_mark.register.host_events import (
    NO_INCIDENTS,
    HostCommissioned,
    HostEvent,
    HostIncident,
)
from bmnn_mark.register.hosted import plain_detail
from bmnn_mark.register.store import Register
from bmnn_mark.workflow.office import Office

_COMMISSIONED = "host.commissioned"


def compare_with_guard(office: Office, register: Register, actor: str) -> int:
    """Before work: take in what the guard told since, and see that the register is no older copy.

    Args:
        office: says where the guard is, and who is told of new incidents.
        register: opened for work.
        actor: who is at the machine.

    Returns:
        How many incidents were new.

    Raises:
        PrinterRefused: ``guard.absent`` and whatever else :class:`GuardLine` raises.
        RegisterRefused: ``register.behind_guard``: the register was put back to an older copy;
            ``register.forked_from_guard``: its history is another than the guard saw;
            ``register.host_rewritten``: the guard's journal is not the one that was taken in.
    """
    with GuardLine(office.guard) as guard:
        _compare_heads(guard, register)
        new = _take_in(guard, register, actor)
    if new:
        office.on_notice("guard.taken_in", {"many": new})
    return new


def compare_if_guarded(office: Office, register: Register, actor: str | None = None) -> int:
    """As :func:`compare_with_guard` where a guard answers; 0 where none is on this machine.

    Without ``actor`` nothing is taken in: the register is only looked at.
    """
    try:
        if actor is not None:
            return compare_with_guard(office, register, actor)
        with GuardLine(office.guard) as guard:
            _compare_heads(guard, register)
    except PrinterRefused as refusal:
        if refusal.code != "guard.absent":
            raise
    return 0


def tell_guard(office: Office, register: Register) -> None:
    """After work: have the guard keep the register's newest head, if it is this register's guard.

    A guard that is gone meanwhile, or has no room for it, is no fault: the next work tells it. What
    was done until now is to be heard of.
    """
    with suppress(BmnnMarkError), GuardLine(office.guard) as guard:
        guard.raise_head(_known(register.register_id, register.newest_head()))


def _compare_heads(guard: GuardLine, register: Register) -> None:
    known = guard.head(register.register_id)
    if known is None:
        return
    head = Head(
        register=register.register_id,
        size=known.size,
        root=bytes.fromhex(known.root),
        at=known.at,
        signature=bytes.fromhex(known.signature),
    )
    if register.has_head(head) or register.explains(head):
        return
    size = register.newest_head().size
    if size < known.size:
        raise RegisterRefused("register.behind_guard", size=size, known=known.size)
    raise RegisterRefused("register.forked_from_guard", known=known.size)


def _known(register_id: str, head: Head) -> KnownHead:
    return KnownHead(
        register_id=register_id,
        size=head.size,
        root=head.root.hex(),
        at=head.at,
        signature=head.signature.hex(),
    )


def _take_in(guard: GuardLine, register: Register, actor: str) -> int:
    """Take in every part of the journal; how many incidents were new."""
    new = 0
    present = guard.incidents()
    for part in present.parts:
        events = _untold(guard, register, part, present=part == present.id)
        if register.enter_host_events(events, actor):
            new += sum(_is_incident(one) for one in events)
    return new


def _untold(guard: GuardLine, register: Register, part: str, *, present: bool) -> list[HostEvent]:
    """The entries of a part that the register has not; the last it has must still be there.

    An earlier part was given up by the guard because somebody had changed it: what is left of it
    is taken in as far as it goes.
    """
    newest = register.newest_host_event(part)
    after, chain = (newest.number, newest.chain) if newest else (0, "0" * 64)
    entries = _entries(guard, part, max(after - 1, 0))
    if newest is not None:
        if not entries or entries[0].chain != chain:
            if present:
                raise RegisterRefused("register.host_rewritten", number=after)
            return []
        entries = entries[1:]
    for entry in entries:
        if entry.chain != chain_of(chain, entry):
            raise PrinterRefused("guard.garbled")
        chain = entry.chain
    return [_event(part, one) for one in entries]


def _entries(guard: GuardLine, part: str, after: int) -> Sequence[Incident]:
    found: list[Incident] = []
    while True:
        page: Journal = guard.incidents(after, part)
        found += page.incidents
        if not page.incidents or page.incidents[-1].sequence >= page.newest:
            return found
        after = page.incidents[-1].sequence


def _event(part: str, entry: Incident) -> HostEvent:
    detail = entry.detail
    number, sha256 = detail.get("number"), detail.get("baseline")
    policy = detail.get("policy")
    if (
        entry.code == _COMMISSIONED
        and isinstance(number, int)
        and isinstance(sha256, str)
        and isinstance(policy, str)
    ):
        return HostCommissioned(
            guard=part,
            number=entry.sequence,
            at=entry.at,
            boot=entry.boot_id,
            baseline=number,
            policy=policy,
            sha256=sha256,
            chain=entry.chain,
        )
    return HostIncident(
        guard=part,
        number=entry.sequence,
        code=entry.code,
        at=entry.at,
        boot=entry.boot_id,
        detail=plain_detail(detail),
        chain=entry.chain,
    )


def _is_incident(event: HostEvent) -> bool:
    return isinstance(event, HostIncident) and event.code not in NO_INCIDENTS

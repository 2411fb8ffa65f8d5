# SPDX-License-Identifier: Apache-2.0
"""Keeping the register itself: replace keys, forget fields, guard the keys, back up, restore."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.errors import DocumentRefused, RegisterRefused
from bmnn_mark.register.backup import BackupReport
from bmnn_mark.register.erasure import Approval, ErasureRequest
from bmnn_mark.register.keeping_events import KeyKind
from bmnn_mark.register.passphrase import Passphrase
from bmnn_mark.register.restoring import Restoration, RestoreReport, restore_register
from bmnn_mark.register.verification import OnCount, VerifyReport
from bmnn_mark.worker import OnProgress, Progress, ignore_progress
from bmnn_mark.workflow.naming import named_document
from bmnn_mark.workflow.office import Office


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPeople:
    """Who does what one person alone may not, and why.

    Attributes:
        actor: who does it.
        second_actor: who stands by.
        reason: why.
    """

    actor: str
    second_actor: str
    reason: str


def _approval(office: Office, people: TwoPeople) -> Approval:
    return Approval(
        actor=people.actor,
        second_actor=people.second_actor,
        reason=people.reason,
        on=office.today(),
    )


def _counting(on_progress: OnProgress) -> OnCount:
    return lambda done, total: on_progress(Progress(phase="verify", page=done, pages=total))


def rotate_key(office: Office, kind: KeyKind, people: TwoPeople) -> int:
    """Replace a key of the register; the number of the new one.

    Raises:
        RegisterRefused: not found, broken, rolled back, busy.
        UsageRefused: ``input.two_people``, ``input.needed``, ``input.*``.
    """
    return office.open_register().rotate_key(kind, _approval(office, people))


def erase(
    office: Office,
    fields: tuple[str, ...],
    people: TwoPeople,
    *,
    document: str | None = None,
    event: int | None = None,
) -> tuple[int, ...]:
    """Forget sealed fields; the numbers of the events that held them.

    Args:
        office: whose register.
        fields: their names.
        people: who decides it, and why.
        document: as a clerk names it: the fields with which it was entered.
        event: number of another event; one of the two is given.

    Raises:
        RegisterRefused: ``register.not_erasable``, ``register.nothing_to_erase``, no such
            document or event, broken, rolled back, busy.
        UsageRefused: ``input.two_people``, ``input.needed``, ``input.*``.
    """
    register = office.open_register()
    named = None if document is None else named_document(office, register, document)
    request = ErasureRequest(fields=fields, document_id=named, event=event)
    return register.erase(request, _approval(office, people))


def set_passphrase(office: Office, passphrase: str | None) -> None:
    """Guard this machine's key files with a passphrase, or with none any more.

    Raises:
        RegisterRefused: not found, broken, rolled back, busy.
        UsageRefused: ``register.passphrase_weak``.
    """
    office.open_register().set_passphrase(passphrase)


def back_up(
    office: Office,
    target: Path,
    *,
    actor: str,
    passphrase: str | None,
    overwrite: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> BackupReport:
    """Write the register as a sealed backup that was restored and verified before it is there.

    It is made beside the register and only then written to its place, which may be a stick:
    nothing that is not sealed ever lies there.

    Args:
        office: whose register.
        target: the file; mode 0600 where the file system knows of modes.
        actor: who does it.
        passphrase: that seals it, the register's keys in it; None seals it with a key made from
            the register's, which are then not in it.
        overwrite: replace a file of that name.
        on_progress: called for events that are verified.

    Raises:
        UsageRefused: ``register.passphrase_weak``.
        DocumentRefused: ``output.*``.
        RegisterRefused: ``register.backup_unproven``, not found, broken, rolled back, busy.
    """
    files.check_target(target, overwrite=overwrite)
    register = office.open_register()
    with files.draft_folder(office.data_folder) as folder:
        draft = folder / "backup"
        try:
            report = register.backup(
                draft,
                actor=actor,
                on=office.today(),
                passphrase=passphrase,
                on_count=_counting(on_progress),
            )
        except OSError as error:
            raise DocumentRefused("output.unwritable", reason=files.os_reason(error)) from error
        files.deliver(draft, target, overwrite=overwrite)
        if files.sha256_of(draft) != files.sha256_of(target):
            raise RegisterRefused("register.backup_unproven")
    return report


def restore(
    office: Office,
    source: Path,
    *,
    backup_passphrase: Passphrase | None,
    explained: TwoPeople | None = None,
    on_progress: OnProgress = ignore_progress,
) -> tuple[RestoreReport, VerifyReport]:
    """Put the register back from a backup, and verify it there.

    Args:
        office: where.
        source: the backup.
        backup_passphrase: that it was sealed with, or what asks for it; asked only where needed.
        explained: who says why it goes back behind what is known here.
        on_progress: called for events that are verified.

    Raises:
        RegisterRefused: as :func:`bmnn_mark.register.restoring.restore_register`.
        UsageRefused: ``input.two_people``, ``input.needed``, ``input.*``.
    """
    files.private_folder(office.data_folder)
    told = restore_register(
        Restoration(
            source=source,
            url=office.register_url,
            data_folder=office.data_folder,
            backup_passphrase=backup_passphrase,
            passphrase=office.passphrase,
            explained=None if explained is None else _approval(office, explained),
        ),
        clock=office.now,
        entropy=secrets.token_bytes,
    )
    register = office.open_register(inspect=True)
    return told, register.verify(_counting(on_progress))

# SPDX-License-Identifier: Apache-2.0
"""Bản sao under a permission: marked, numbered, coded and entered as a series of their own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from bmnn_mark import files, plain
from bmnn_mark.documents.model import MarkRequest, Reproduction, ReproductionKind
from bmnn_mark.errors import RulesRefused, UsageRefused
from bmnn_mark.register.copying import CopyingRequest
from bmnn_mark.register.life import CopyKind, Permission
from bmnn_mark.register.port import CopyState, Recipient
from bmnn_mark.register.store import Register
from bmnn_mark.register.views import DocumentRow
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.issuing import (
    IssueReport,
    check_folder,
    copy_name,
    issued_copies,
    place_copies,
)
from bmnn_mark.workflow.living import check_day
from bmnn_mark.workflow.naming import Naming, named_thing
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.orders import StampOrder
from bmnn_mark.workflow.producing import (
    make_copies,
    record_all,
    settled_on_failure,
)
from bmnn_mark.workflow.stamping import mark_request, pack_of, with_id
from bmnn_mark.workflow.template import Template, make_template
from bmnn_mark.workflow.turns import making_turn
from bmnn_mark.workflow.unmarking import document_kind


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOrder:
    """Copies to be made of a document of the register.

    Attributes:
        naming: the document, or the copy of it that is copied.
        source: its file or scan; of a trích sao, the extract.
        kind: sao y, sao lục or trích sao.
        permission: who permitted how many.
        recipients: in the order of the copy numbers.
        actor: who makes them.
        authority: capacity under which the stamp is signed; None takes the permission's office.
        signer: who signs it; None takes who permitted.
        purpose: what for; None where nobody said.
        level_there: the file bears its độ mật mark already, as a scan does.
        password: opens an encrypted file.
    """

    naming: Naming
    source: Path
    kind: CopyKind
    permission: Permission
    recipients: tuple[Recipient, ...]
    actor: str
    authority: str | None = None
    signer: str | None = None
    purpose: str | None = None
    level_there: bool = False
    password: str | None = field(default=None, repr=False)

    @property
    def copies(self) -> int:
        """How many are made."""
        return sum(one.copies for one in self.recipients)


def default_folder(source: Path) -> Path:
    """Beside the document, named after it."""
    return source.parent / f"{source.stem}.ban-sao"


def copy_to_folder(
    office: Office,
    order: CopyOrder,
    folder: Path,
    *,
    overwrite: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> IssueReport:
    """Make bản sao of a document as PDF files in ``folder``, and enter permission and copies.

    Args:
        office: where this is done.
        order: what is asked.
        folder: made if missing.
        overwrite: replace files of the same names.
        on_progress: called for pages and copies; may raise to stop.

    Raises:
        RulesRefused: ``register.copying_over`` (more than permitted),
            ``register.copying_forbidden``, ``export.forbidden``; the rules.
        DocumentRefused, RegisterRefused, UsageRefused: no file is left, as of
            :func:`bmnn_mark.workflow.issuing.issue_to_folder`.
    """
    if not office.config.allow_export:
        raise RulesRefused("export.forbidden")
    register = office.open_register()
    document_id, of_copy = named_thing(office, register, order.naming, on_progress)
    row = register.document(document_id).document
    _check(office, register, order, row, of_copy or 0)
    kind = document_kind(office, order.source)
    stamp = _stamp_order(office, order, row)
    names = [
        copy_name(order.source, number, order.copies, "ban-sao")
        for number in range(1, order.copies + 1)
    ]
    check_folder(folder, names, overwrite=overwrite)
    with files.work_folder(memory_only=not register.rehearsal) as work, making_turn(office):
        request = _request(office, register, order, stamp)
        template = make_template(office, stamp, kind, request, work, on_progress)
        reservation = register.permit_copying(_entry(order, row, of_copy or 0, template))
        with (
            settled_on_failure(register, reservation.copies, order.actor) as reached,
            files.draft_folder(folder if files.is_folder(folder) else folder.parent) as drafts,
        ):
            made = make_copies(
                template, register, reservation.copies, order.copies, drafts, on_progress
            )
            reached(CopyState.PRODUCED)
            record_all(register, made, CopyState.PRODUCED, order.actor)
            reached(CopyState.EXPORTED)
            record_all(register, made, CopyState.EXPORTED, order.actor)
            place_copies([path for _, path, _ in made], folder, names, overwrite=overwrite)
        return IssueReport(
            document_id=reservation.document_id,
            folder=folder,
            copies=issued_copies(template, register, order.copies, names, made),
            mark=template.report,
        )


def _check(
    office: Office, register: Register, order: CopyOrder, row: DocumentRow, of_copy: int
) -> None:
    """Refuse what the register would refuse after the work."""
    given: date = order.permission.on
    check_day(office, given)
    if given < row.dated:
        raise UsageRefused("input.not_before", first="--permitted-on", second="--date")
    if order.copies > order.permission.allowed:
        raise RulesRefused(
            "register.copying_over", copies=order.copies, allowed=order.permission.allowed
        )
    register.check_copying(row.document_id, of_copy)


def _stamp_order(office: Office, order: CopyOrder, row: DocumentRow) -> StampOrder:
    return StampOrder(
        source=order.source,
        level=row.level,
        dated=row.dated,
        level_there=order.level_there,
        password=order.password,
        reproduction=Reproduction(
            kind=ReproductionKind(order.kind.value),
            made_on=office.today(),
            number=order.copies,
            quantity=order.copies,
            recipient=None,
            authority=order.authority or order.permission.office,
            signer=order.signer or order.permission.by,
        ),
    )


def _request(
    office: Office, register: Register, order: CopyOrder, stamp: StampOrder
) -> MarkRequest:
    """What is asked of the document room for numbered bản sao."""
    overlay = agency_figures(office)
    return with_id(
        replace(
            mark_request(office, stamp, pack_of(stamp, overlay), overlay),
            copies=order.copies,
            page_code=office.config.page_code,
            rehearsal=register.rehearsal,
        )
    )


def _entry(order: CopyOrder, row: DocumentRow, of_copy: int, template: Template) -> CopyingRequest:
    result = template.report.result
    return CopyingRequest(
        document_id=row.document_id,
        of_copy=of_copy,
        kind=order.kind,
        permission=order.permission,
        recipients=order.recipients,
        pack=template.request.act_pack or template.request.pack,
        pages=result.pages,
        source_sha256=result.source_sha256,
        actor=order.actor,
        purpose=order.purpose,
        marking=plain.encode(template.request).decode(),
    )

# SPDX-License-Identifier: Apache-2.0
"""The proven base of a document's numbered copies, made before any number is spent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bmnn_mark import files, plain
from bmnn_mark.documents import law
from bmnn_mark.documents.model import MarkRequest, Notice
from bmnn_mark.errors import DocumentRefused, Scalar
from bmnn_mark.files import FileKind
from bmnn_mark.register.port import DocumentIdentity, IssueRequest, RegisterPort
from bmnn_mark.worker import OnProgress
from bmnn_mark.workflow.acts import check_numbered
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.stamping import (
    StampReport,
    mark_as_pdf,
    mark_request,
    pack_of,
    task_for,
    with_id,
)
from bmnn_mark.workflow.unconfirmed import unconfirmed_figures
from bmnn_mark.workflow.unmarking import document_kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A proven base of numbered copies.

    Attributes:
        taken: the private copy of the document that was given.
        source: what was marked: that copy, or the PDF made of it where it is a DOCX.
        path: the marked base.
        request: what was asked of the document room.
        report: what was put on it and how it was shown.
        work: private folder they lie in.
        password: opens ``taken``, and ``source`` where that is the same.
    """

    taken: Path
    source: Path
    path: Path
    request: MarkRequest
    report: StampReport
    work: Path
    password: str | None = field(default=None, repr=False)


@contextmanager
def prepared(
    office: Office,
    register: RegisterPort,
    order: IssueOrder,
    on_progress: OnProgress,
    *,
    again: MarkRequest | None = None,
) -> Iterator[Template]:
    """Mark and prove the template of an order's copies; nothing is spent yet.

    Args:
        office: where this is done.
        register: whose copies they will be.
        order: what is asked.
        on_progress: called for pages.
        again: what was asked of the marks when the document was entered, where more attempts at
            its copies are wanted; they look the very same.

    Raises:
        DocumentRefused, RulesRefused, RegisterRefused: register and files are unchanged.
    """
    kind = document_kind(office, order.stamp.source)
    known = None if again else register.check_new(identity_of(register, order))
    request = again or _request(office, register, order)
    with files.work_folder(memory_only=not register.rehearsal) as work:
        template = make_template(office, order.stamp, kind, request, work, on_progress)
        if again is None:
            result = template.report.result
            noticed = _same_file(register, result.source_sha256, known)
            result = replace(result, notices=(*noticed, *result.notices))
            template = replace(template, report=replace(template.report, result=result))
        yield template


def make_template(
    office: Office,
    order: StampOrder,
    kind: FileKind,
    request: MarkRequest,
    work: Path,
    on_progress: OnProgress,
) -> Template:
    """Mark and prove a base of numbered copies in ``work``.

    Args:
        office: where this is done.
        order: the document, and what opens it.
        kind: of its file.
        request: what is asked of the document room.
        work: private folder.
        on_progress: called for pages.

    Raises:
        DocumentRefused, RulesRefused: nothing is left but in ``work``.
    """
    pack = law.pack_of(request)
    unconfirmed = unconfirmed_figures(office, pack, request)
    base = work / "base.pdf"
    taken = files.take_in(order.source, work, office.limits)
    task = task_for(office, taken, base, work, request, order.password)
    result = mark_as_pdf(task, kind, on_progress)
    if result.unchanged:
        raise DocumentRefused("marks.already_marked", marks=len(result.marks))
    return Template(
        taken=taken,
        source=taken if kind is FileKind.PDF else work / "converted.pdf",
        path=base,
        request=request,
        work=work,
        password=order.password,
        report=StampReport(
            source=order.source,
            output=None,
            level=order.level,
            pack=pack.id,
            unconfirmed=unconfirmed,
            result=result,
        ),
    )


def _request(office: Office, register: RegisterPort, order: IssueOrder) -> MarkRequest:
    """What is asked of the document room for numbered copies."""
    check_numbered(order.stamp)
    overlay = agency_figures(office)
    return with_id(
        replace(
            mark_request(office, order.stamp, pack_of(order.stamp, overlay), overlay),
            copies=order.copies,
            page_code=office.config.page_code,
            rehearsal=register.rehearsal,
        )
    )


def _same_file(register: RegisterPort, sha256: str, known: str | None) -> tuple[Notice, ...]:
    """Whether the very file stands in the register under another identity."""
    others = [one for one in register.same_file(sha256) if one != known]
    if not others:
        return ()
    detail: dict[str, Scalar] = {"document": others[0], "documents": len(others)}
    return (Notice(code="register.same_file", detail=detail),)


def identity_of(register: RegisterPort, order: IssueOrder) -> DocumentIdentity:
    """What makes the document that one: agency, number and sign, date."""
    return DocumentIdentity(
        agency=register.agency, number_sign=order.number_sign, dated=order.stamp.dated
    )


def issue_request(register: RegisterPort, order: IssueOrder, template: Template) -> IssueRequest:
    """The order as the register wants it."""
    return IssueRequest(
        identity=identity_of(register, order),
        level=order.stamp.level,
        pack=template.report.pack,
        recipients=order.recipients,
        copies=order.copies,
        pages=template.report.result.pages,
        source_sha256=template.report.result.source_sha256,
        actor=order.actor,
        copying=order.stamp.copying,
        title=order.title,
        drafter=order.stamp.drafter,
        ground=order.ground,
        approved_by=order.approved_by,
        approved_on=order.approved_on,
        overlap_reason=order.stamp.allow_overlap,
        signer=order.signer,
        kept_by=order.kept_by,
        term=order.stamp.term,
        marking=plain.encode(template.request).decode(),
    )

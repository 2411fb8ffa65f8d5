# SPDX-License-Identifier: Apache-2.0
"""Look before stamping: what the document says of itself, and page 1 with the marks in place.

Nothing is delivered but the picture, no number is spent and the register is not written to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents import confined
from bmnn_mark.documents.model import MarkRequest, Notice
from bmnn_mark.documents.proposal import Proposal, ProposeTask, ShowTask, propose_pdf, show_page
from bmnn_mark.files import FileKind
from bmnn_mark.register.port import RegisterPort
from bmnn_mark.rules import Level, pack_ids
from bmnn_mark.worker import OnProgress, Progress, ignore_progress
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.stamping import StampReport, stamp, task_for
from bmnn_mark.workflow.template import prepared
from bmnn_mark.workflow.unmarking import document_kind

#: Resolution of previews, pixels an inch: a page fits a screen and its marks can be read.
PREVIEW_DPI = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be done.

    Attributes:
        picture: the PNG of page 1 that was written.
        mark: the marks, their places and proofs; its ``output`` is None.
        copies: number of copies that would be numbered; None where the document itself is marked.
    """

    picture: Path
    mark: StampReport
    copies: int | None


def propose(
    office: Office,
    source: Path,
    *,
    password: str | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Proposal:
    """Read from a document what a clerk would otherwise type; offered, never taken.

    Args:
        office: where this is done.
        source: a DOCX or PDF.
        password: opens an encrypted document.
        on_progress: called for pages; may raise to stop.

    Raises:
        DocumentRefused: it cannot be opened or shown; a DOCX that bears our marks is
            ``marks.already_marked``.
    """
    kind = document_kind(office, source)
    with files.work_folder() as work:
        taken = paper = files.take_in(source, work, office.limits)
        notices: tuple[Notice, ...] = ()
        if kind is not FileKind.PDF:
            on_progress(Progress(phase="convert"))
            paper = work / "paper.pdf"
            bare = MarkRequest(level=Level.MAT, pack=pack_ids()[-1], as_printout=True)
            task = task_for(office, taken, paper, work, bare, password)
            notices = confined.docx_to_pdf(task, on_progress).notices
        found = propose_pdf(
            ProposeTask(source=str(paper), work=str(work), limits=office.limits, password=password),
            on_progress,
        )
        return replace(
            found, source_sha256=files.sha256_of(taken), notices=(*notices, *found.notices)
        )


def preview(
    office: Office,
    order: StampOrder | IssueOrder,
    picture: Path,
    *,
    register: RegisterPort | None = None,
    overwrite: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> Preview:
    """Mark a document as ordered, prove it, and keep only a picture of its first page.

    Args:
        office: where this is done.
        order: what would be asked; of an :class:`IssueOrder` the base of its copies is shown,
            with the widest copy number and codes that lead nowhere.
        picture: where the PNG goes.
        register: another vendor's register; the office's own where none is given.
        overwrite: replace what is there.
        on_progress: called for pages; may raise to stop.

    Raises:
        DocumentRefused, RulesRefused, RegisterRefused: as the order itself would be refused.
        UsageRefused: ``output.is_source``; as the order itself would be refused.
    """
    source = order.stamp.source if isinstance(order, IssueOrder) else order.source
    files.check_target(picture, overwrite=overwrite, source=source)
    with files.work_folder() as work:
        if isinstance(order, IssueOrder):
            made = _issued(office, order, register, on_progress)
        else:
            made = _stamped(office, order, work, on_progress)
        with made as (paper, report):
            drawn = work / "page.png"
            task = ShowTask(
                source=str(paper), target=str(drawn), work=str(work), page=1, dpi=PREVIEW_DPI,
                limits=office.limits,
            )  # fmt: skip
            show_page(task, on_progress)
            files.deliver(drawn, picture, overwrite=overwrite)
    copies = order.copies if isinstance(order, IssueOrder) else None
    return Preview(picture=picture, mark=replace(report, output=None), copies=copies)


@contextmanager
def _stamped(
    office: Office, order: StampOrder, work: Path, on_progress: OnProgress
) -> Iterator[tuple[Path, StampReport]]:
    """The marked document; the document itself where it bears just these marks already."""
    paper = work / "paper.pdf"
    as_pdf = replace(order, to_pdf=True)
    report = stamp(office, as_pdf, paper, on_progress=on_progress)
    yield (order.source if report.result.unchanged else paper), report


@contextmanager
def _issued(
    office: Office, order: IssueOrder, register: RegisterPort | None, on_progress: OnProgress
) -> Iterator[tuple[Path, StampReport]]:
    """The base of numbered copies, before any number is spent."""
    book = register or office.open_register()
    with prepared(office, book, order, on_progress) as template:
        yield template.path, template.report

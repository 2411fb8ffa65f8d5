# SPDX-License-Identifier: Apache-2.0
"""Mark a PDF: open, plan, write, prove. What is returned has been shown to be so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents.copies import CopyValues, ProveCopyTask, copy_drawings
from bmnn_mark.documents.law import pack_of
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkRequest, MarkResult, MarkTask, PlacedMark
from bmnn_mark.documents.pdf.opening import OpenedPdf, open_pdf
from bmnn_mark.documents.pdf.page_codes import code_template
from bmnn_mark.documents.pdf.plan import plan_marks
from bmnn_mark.documents.pdf.printout import Leave
from bmnn_mark.documents.pdf.proof import prove_pdf
from bmnn_mark.documents.pdf.unmarking import own_marks
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.proof import Pair
from bmnn_mark.documents.raster_proving import ProveRasterTask
from bmnn_mark.documents.rendering import engines
from bmnn_mark.limits import Limits
from bmnn_mark.worker import OnProgress, Progress, ignore_progress


def mark_pdf(task: MarkTask, on_progress: OnProgress = ignore_progress) -> MarkResult:
    """Mark ``task.source`` and leave the proven result at ``task.target``.

    Raises:
        DocumentRefused: the document, its plan or its proof; nothing is left at the target.
        RulesRefused: a stamp cannot be composed, or no such rule pack.
    """
    source, target, work = Path(task.source), Path(task.target), Path(task.work)
    leave = _leave(task.request, task.password)
    with open_pdf(source, task.limits, work, on_progress, leave) as opened:
        earlier = own_marks(opened.pdf)
        if earlier is not None:
            earlier.check_asked_by(task.request)
            return earlier.unchanged(task, opened.sizes, opened.notices)
        plan = _plan(opened, task.request, work, task.limits, on_progress)
        on_progress(Progress(phase="write"))
        try:
            slots = write_marked(
                opened, plan, target, mark_id=task.request.mark_id, pack_id=task.request.pack
            )
            pair = _pair(opened, target, work, task.limits)
            marks = prove_pdf(pair, plan, on_progress, request=task.request)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return MarkResult(
            pages=len(opened.frames),
            page_sizes=opened.sizes,
            marks=marks,
            notices=opened.notices + plan.notices,
            source_sha256=files.sha256_of(source),
            output_sha256=files.sha256_of(target),
            renderers=engines(),
            slots=slots if task.request.copies is not None else (),
        )


def prove_copy(
    task: ProveCopyTask, on_progress: OnProgress = ignore_progress
) -> tuple[PlacedMark, ...]:
    """Show by pixels that a numbered copy is its source with the marks of that copy.

    The plan is made anew from the source, so nothing is taken on trust from the template.

    Raises:
        DocumentRefused: as :func:`mark_pdf`.
    """
    with planned_copy(task, on_progress) as (opened, plan):
        pair = _pair(opened, Path(task.copy), Path(task.work), task.limits)
        return prove_pdf(pair, plan, on_progress)


@contextmanager
def planned_copy(
    task: ProveCopyTask | ProveRasterTask, on_progress: OnProgress
) -> Iterator[tuple[OpenedPdf, MarkPlan]]:
    """The source with the plan of a copy's marks, or of its template's where it has no values.

    Raises:
        DocumentRefused: as :func:`mark_pdf`.
    """
    source, work = Path(task.source), Path(task.work)
    leave = _leave(task.request, task.password)
    with open_pdf(source, task.limits, work, on_progress, leave) as opened:
        plan = _plan(opened, task.request, work, task.limits, on_progress)
        yield opened, _of_copy(plan, task.request, task.values) if task.values else plan


def _leave(request: MarkRequest, password: str | None) -> Leave:
    return Leave(password=password, flatten=request.flatten, as_printout=request.as_printout)


def _plan(
    opened: OpenedPdf, request: MarkRequest, work: Path, limits: Limits, on_progress: OnProgress
) -> MarkPlan:
    return plan_marks(
        opened,
        request,
        pack_of(request),
        code_template(request),
        on_progress,
        work=work,
        limits=limits,
    )


def _pair(opened: OpenedPdf, output: Path, work: Path, limits: Limits) -> Pair:
    return Pair(before=opened.path, after=output, sizes=opened.sizes, work=work, limits=limits)


def _of_copy(plan: MarkPlan, request: MarkRequest, values: CopyValues) -> MarkPlan:
    """The plan with what the copy says in its slots, in the template's boxes."""
    drawings = copy_drawings(request, values)

    def filled(mark: PlannedMark) -> PlannedMark:
        if mark.slot is None:
            return mark
        return replace(mark, drawing=drawings.of(mark.slot, mark.drawing.size))

    return replace(plan, marks=tuple(filled(mark) for mark in plan.marks))

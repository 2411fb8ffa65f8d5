# SPDX-License-Identifier: Apache-2.0
"""Work on untrusted documents, each call in a process of its own; nothing heavy is loaded here."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from bmnn_mark import worker
from bmnn_mark.documents.checking.model import CheckResult, CheckTask
from bmnn_mark.documents.copies import ProveCopyTask
from bmnn_mark.documents.envelopes import EnvelopeResult, EnvelopeTask
from bmnn_mark.documents.model import (
    MarkResult,
    MarkTask,
    PaperResult,
    PlacedMark,
    UnmarkResult,
    UnmarkTask,
)
from bmnn_mark.documents.overprints import OverprintResult, OverprintTask
from bmnn_mark.documents.raster import RasterBaseTask, RasterCopy, RasterCopyTask, RasterFile
from bmnn_mark.documents.raster_proving import ProveRasterTask
from bmnn_mark.worker import OnProgress, ignore_progress

_RASTER_WORKER = "bmnn_mark.documents.raster_worker"
_WORKER = "bmnn_mark.documents.worker"
T = TypeVar("T")


def mark_pdf(task: MarkTask, on_progress: OnProgress = ignore_progress) -> MarkResult:
    """Mark a PDF and prove the result; see :func:`bmnn_mark.documents.pdf.marking.mark_pdf`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("mark-pdf", task, MarkResult, on_progress)


def mark_docx(task: MarkTask, on_progress: OnProgress = ignore_progress) -> MarkResult:
    """Mark a DOCX and prove it; see :func:`bmnn_mark.documents.word.marking.mark_docx`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("mark-docx", task, MarkResult, on_progress)


def docx_to_pdf(task: MarkTask, on_progress: OnProgress = ignore_progress) -> PaperResult:
    """Turn a DOCX into an unmarked PDF; see :func:`bmnn_mark.documents.word.paper.docx_to_pdf`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("docx-to-pdf", task, PaperResult, on_progress)


def prove_copy(
    task: ProveCopyTask, on_progress: OnProgress = ignore_progress
) -> tuple[PlacedMark, ...]:
    """Prove one numbered copy by pixels, like the template.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("prove-copy", task, tuple[PlacedMark, ...], on_progress)


def make_envelopes(task: EnvelopeTask, on_progress: OnProgress = ignore_progress) -> EnvelopeResult:
    """Draw and prove envelopes; see :func:`bmnn_mark.documents.pdf.envelope.make_envelopes`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("envelopes", task, EnvelopeResult, on_progress)


def make_overprint(
    task: OverprintTask, on_progress: OnProgress = ignore_progress
) -> OverprintResult:
    """Draw and prove a stamp alone; see :func:`bmnn_mark.documents.pdf.overprint.make_overprint`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("overprint", task, OverprintResult, on_progress)


def unmark_pdf(task: UnmarkTask, on_progress: OnProgress = ignore_progress) -> UnmarkResult:
    """Take our marks out of a PDF; see :func:`bmnn_mark.documents.pdf.bare.unmark_pdf`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("unmark-pdf", task, UnmarkResult, on_progress)


def unmark_docx(task: UnmarkTask, on_progress: OnProgress = ignore_progress) -> UnmarkResult:
    """Take our marks out of a DOCX; see :func:`bmnn_mark.documents.word.unmarking.unmark_docx`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("unmark-docx", task, UnmarkResult, on_progress)


def check_pdf(task: CheckTask, on_progress: OnProgress = ignore_progress) -> CheckResult:
    """Look at a PDF; see :func:`bmnn_mark.documents.checking.pdf.check_pdf`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("check-pdf", task, CheckResult, on_progress)


def check_docx(task: CheckTask, on_progress: OnProgress = ignore_progress) -> CheckResult:
    """Look at a DOCX; see :func:`bmnn_mark.documents.checking.word.check_docx`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("check-docx", task, CheckResult, on_progress)


def raster_base(task: RasterBaseTask, on_progress: OnProgress = ignore_progress) -> RasterFile:
    """Draw a template's pages; see :func:`bmnn_mark.documents.raster_pages.make_base`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("raster-base", task, RasterFile, on_progress, _RASTER_WORKER)


def raster_copy(task: RasterCopyTask, on_progress: OnProgress = ignore_progress) -> RasterCopy:
    """Draw a copy's own marks; see :func:`bmnn_mark.documents.raster_pages.make_copy`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("raster-copy", task, RasterCopy, on_progress, _RASTER_WORKER)


def prove_raster(task: ProveRasterTask, on_progress: OnProgress = ignore_progress) -> int:
    """Prove a raster file; see :func:`bmnn_mark.documents.raster_proof.prove_raster`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return _call("prove-raster", task, int, on_progress)


_Task = (
    MarkTask
    | UnmarkTask
    | ProveCopyTask
    | CheckTask
    | EnvelopeTask
    | OverprintTask
    | RasterBaseTask
    | RasterCopyTask
    | ProveRasterTask
)


def _call(
    name: str, task: _Task, result: type[T], on_progress: OnProgress, module: str = _WORKER
) -> T:
    return worker.call(
        module, name, task, result,
        home=Path(task.work), limits=task.limits, on_progress=on_progress,
    )  # fmt: skip

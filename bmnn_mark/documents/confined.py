# SPDX-License-Identifier: Apache-2.0
"""Work on untrusted documents, each call in a process of its own; nothing heavy is loaded here."""

from __future__ import annotations

from pathlib import Path

from bmnn_mark import worker
from bmnn_mark.documents.copies import ProveCopyTask
from bmnn_mark.documents.model import MarkResult, MarkTask, PaperResult, PlacedMark
from bmnn_mark.worker import OnProgress, ignore_progress

_WORKER = "bmnn_mark.documents.worker"


def mark_pdf(task: MarkTask, on_progress: OnProgress = ignore_progress) -> MarkResult:
    """Mark a PDF and prove the result; see :func:`bmnn_mark.documents.pdf.marking.mark_pdf`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return worker.call(
        _WORKER, "mark-pdf", task, MarkResult,
        home=Path(task.work), limits=task.limits, on_progress=on_progress,
    )  # fmt: skip


def mark_docx(task: MarkTask, on_progress: OnProgress = ignore_progress) -> MarkResult:
    """Mark a DOCX and prove it; see :func:`bmnn_mark.documents.word.marking.mark_docx`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return worker.call(
        _WORKER, "mark-docx", task, MarkResult,
        home=Path(task.work), limits=task.limits, on_progress=on_progress,
    )  # fmt: skip


def docx_to_pdf(task: MarkTask, on_progress: OnProgress = ignore_progress) -> PaperResult:
    """Turn a DOCX into an unmarked PDF; see :func:`bmnn_mark.documents.word.paper.docx_to_pdf`.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return worker.call(
        _WORKER, "docx-to-pdf", task, PaperResult,
        home=Path(task.work), limits=task.limits, on_progress=on_progress,
    )  # fmt: skip


def prove_copy(
    task: ProveCopyTask, on_progress: OnProgress = ignore_progress
) -> tuple[PlacedMark, ...]:
    """Prove one numbered copy by pixels, like the template.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return worker.call(
        _WORKER, "prove-copy", task, tuple[PlacedMark, ...],
        home=Path(task.work), limits=task.limits, on_progress=on_progress,
    )  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""The search for hidden matter, each call in a process of its own; nothing heavy is loaded here."""

from __future__ import annotations

from pathlib import Path

from bmnn_mark import worker
from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.model import CleanResult, CleanTask, FindTask, PictureTask
from bmnn_mark.files import FileKind
from bmnn_mark.worker import OnProgress, ignore_progress

#: The module that the process runs.
_WORKER = "bmnn_mark.documents.worker"


def find_hidden(
    kind: FileKind, task: FindTask, on_progress: OnProgress = ignore_progress
) -> tuple[Finding, ...]:
    """What a PDF, or else a DOCX, carries that its pages do not show.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return worker.call(
        _WORKER,
        "find-pdf" if kind is FileKind.PDF else "find-docx",
        task,
        tuple[Finding, ...],
        home=Path(task.work),
        limits=task.limits,
        on_progress=on_progress,
    )


def clean(
    kind: FileKind, task: CleanTask, on_progress: OnProgress = ignore_progress
) -> CleanResult:
    """A sanitised copy of a PDF, or else of a DOCX.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return worker.call(
        _WORKER,
        "clean-pdf" if kind is FileKind.PDF else "clean-docx",
        task,
        CleanResult,
        home=Path(task.work),
        limits=task.limits,
        on_progress=on_progress,
    )


def draw_page(task: PictureTask, on_progress: OnProgress = ignore_progress) -> int:
    """A page with its findings as a PNG; its resolution.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return worker.call(
        _WORKER,
        "draw-page",
        task,
        int,
        home=Path(task.work),
        limits=task.limits,
        on_progress=on_progress,
    )

# SPDX-License-Identifier: Apache-2.0
"""The task ``check-docx``: the paper of a DOCX is looked at like any PDF."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents.checking.model import CheckResult, CheckTask
from bmnn_mark.documents.checking.pdf import check_pdf
from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.worker import OnProgress, Progress, ignore_progress


def check_docx(task: CheckTask, on_progress: OnProgress = ignore_progress) -> CheckResult:
    """Convert ``task.source`` as it is and look at its paper.

    Raises:
        DocumentRefused: the document cannot be opened, converted or shown.
        RulesRefused: no such rule pack.
    """
    on_progress(Progress(phase="open"))
    source, work = Path(task.source), Path(task.work)
    open_docx(source, task.limits)
    paper = work / "looked-at.pdf"
    convert(source, paper, work=work, limits=task.limits, on_progress=on_progress)
    result = check_pdf(replace(task, source=str(paper), password=None), on_progress)
    return replace(result, source_sha256=files.sha256_of(source))

# SPDX-License-Identifier: Apache-2.0
"""The task ``check-docx``: the paper of a DOCX is looked at like any PDF."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents.checking.model import CheckResult, CheckTask
from bmnn_mark.documents.checking.pdf import look_at
from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.word.fonts import font_notices
from bmnn_mark.documents.word.opening import OpenedDocx, open_docx
from bmnn_mark.documents.word.ours import own_marks
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.worker import OnProgress, Progress, ignore_progress


def check_docx(task: CheckTask, on_progress: OnProgress = ignore_progress) -> CheckResult:
    """Convert ``task.source`` as it is and look at its paper.

    Raises:
        DocumentRefused: the document cannot be opened, converted or shown.
        RulesRefused: no such rule pack.
    """
    on_progress(Progress(phase="open"))
    source, work = Path(task.source), Path(task.work)
    opened = _opened(source, task)
    plain, paper = work / "looked-at.docx", work / "looked-at.pdf"
    plain.write_bytes(write_package(opened.package.members.values()))
    convert(plain, paper, work=work, limits=task.limits, on_progress=on_progress)
    on_paper = replace(task, source=str(paper), password=None)
    result = look_at(on_paper, on_progress, own_marks(opened))
    fonts = tuple(_of_font(one) for one in font_notices(opened, work))
    return replace(result, findings=result.findings + fonts, source_sha256=files.sha256_of(source))


def _opened(source: Path, task: CheckTask) -> OpenedDocx:
    """The document; where it is signed, what its pages show."""
    try:
        return open_docx(source, task.limits, password=task.password)
    except DocumentRefused as error:
        if error.code != "document.signed":
            raise
    return open_docx(source, task.limits, password=task.password, as_printout=True)


def _of_font(notice: Notice) -> Finding:
    """What is measured on paper holds where the fonts do."""
    other = notice.code == "conversion.font_substituted"
    severity = Severity.WARNING if other else Severity.NOTE
    return Finding(code=notice.code, severity=severity, detail=notice.detail)

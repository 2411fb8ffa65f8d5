# SPDX-License-Identifier: Apache-2.0
"""The task ``check-pdf``: look at every page of a PDF and say what is not in form."""

from __future__ import annotations

import shutil
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents.checking.model import CheckResult, CheckTask
from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.documents.pdf.noi_nhan import find_block
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.survey import survey_first
from bmnn_mark.documents.rendering import engines, pdfium_pages
from bmnn_mark.rules import load_pack
from bmnn_mark.worker import OnProgress, Progress, ignore_progress


def check_pdf(task: CheckTask, on_progress: OnProgress = ignore_progress) -> CheckResult:
    """Look at ``task.source``.

    Raises:
        DocumentRefused: the document cannot be opened or shown.
        RulesRefused: no such rule pack.
    """
    source, work = Path(task.source), Path(task.work)
    pack = load_pack(task.pack, task.overlay)
    findings: list[Finding] = []
    with (
        open_pdf(source, task.limits, work, on_progress) as opened,
        pdfium_pages(opened.path, task.limits) as engine,
    ):
        if task.paper is not None:
            shutil.copyfile(opened.path, task.paper)
        on_progress(Progress(phase="survey", page=1, pages=len(opened.frames)))
        first = survey_first(
            opened.path, opened.pdf.pages[0].obj, opened.frames[0], engine, work, task.limits
        )
        if not first.foreign and first.red_shape is None:
            clause = pack.slots.level_place.source.text
            findings.append(
                Finding(
                    code="finding.level_missing", severity=Severity.FAULT, clause=clause, page=1
                )
            )
        if find_block(engine, opened.frames) is None:
            clause = pack.noi_nhan.heading.source.text
            findings.append(
                Finding(code="finding.noi_nhan_missing", severity=Severity.FAULT, clause=clause)
            )
        return CheckResult(
            pages=len(opened.frames),
            page_sizes=opened.sizes,
            findings=tuple(findings),
            certificates=(),
            source_sha256=files.sha256_of(source),
            renderers=engines(),
        )
